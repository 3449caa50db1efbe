import assert from "node:assert/strict";
import fc from "fast-check";
import {
  arraySchema,
  dateSchema,
  decimalSchema,
  mapSchema,
  primitiveSchema,
  type Schema,
  structSchema,
  timeSchema,
  timestampSchema,
} from "sdk";
import { readSchema, writeSchema } from "../../../../connectors/spooldir/schema_json.ts";

const OPTIONAL = { optional: true };
const STRING = primitiveSchema("STRING");

/** Every type once, as the written form has it. */
const ALL_TYPES =
  '{"name":"com.example.V","type":"STRUCT","isOptional":false,"fieldSchemas":{"i8":{"type":"INT8","isOptional":true},"i16":{"type":"INT16","isOptional":true},' +
  '"i32":{"type":"INT32","isOptional":true},"i64":{"type":"INT64","isOptional":false},"f32":{"type":"FLOAT32","isOptional":true},"f64":{"type":"FLOAT64","isOptional":true},' +
  '"b":{"type":"BOOLEAN","defaultValue":false,"isOptional":true},"s":{"doc":"free text","type":"STRING","isOptional":true},"y":{"type":"BYTES","isOptional":true},' +
  '"dec":{"name":"org.apache.kafka.connect.data.Decimal","type":"BYTES","version":1,"parameters":{"scale":"2"},"isOptional":true},' +
  '"d":{"name":"org.apache.kafka.connect.data.Date","type":"INT32","version":1,"isOptional":true},' +
  '"t":{"name":"org.apache.kafka.connect.data.Time","type":"INT32","version":1,"isOptional":true},' +
  '"ts":{"name":"org.apache.kafka.connect.data.Timestamp","type":"INT64","version":1,"isOptional":true},' +
  '"arr":{"type":"ARRAY","isOptional":true,"valueSchema":{"type":"STRING","isOptional":false}},' +
  '"m":{"type":"MAP","isOptional":true,"keySchema":{"type":"STRING","isOptional":false},"valueSchema":{"type":"STRING","isOptional":true}},' +
  '"o":{"name":"com.example.O","type":"STRUCT","isOptional":true,"fieldSchemas":{"x":{"type":"INT32","isOptional":true}}}}}';

function allTypes(): Schema {
  const primitives = (["INT8", "INT16", "INT32"] as const).map((
    type,
    i,
  ): [string, Schema] => [`i${8 << i}`, primitiveSchema(type, OPTIONAL)]);
  return structSchema([
    ...primitives,
    ["i64", primitiveSchema("INT64")],
    ["f32", primitiveSchema("FLOAT32", OPTIONAL)],
    ["f64", primitiveSchema("FLOAT64", OPTIONAL)],
    ["b", primitiveSchema("BOOLEAN", { optional: true, default: false })],
    ["s", primitiveSchema("STRING", { optional: true, doc: "free text" })],
    ["y", primitiveSchema("BYTES", OPTIONAL)],
    ["dec", decimalSchema(2, OPTIONAL)],
    ["d", dateSchema(OPTIONAL)],
    ["t", timeSchema(OPTIONAL)],
    ["ts", timestampSchema(OPTIONAL)],
    ["arr", arraySchema(STRING, OPTIONAL)],
    ["m", mapSchema(STRING, primitiveSchema("STRING", OPTIONAL), OPTIONAL)],
    ["o", structSchema([["x", primitiveSchema("INT32", OPTIONAL)]], { name: "com.example.O", optional: true })],
  ], { name: "com.example.V" });
}

Deno.test("readSchema() and writeSchema() know every type and logical type", () => {
  assert.deepEqual(readSchema(ALL_TYPES, "value.schema"), allTypes());
  assert.equal(writeSchema(allTypes()), ALL_TYPES);
});

Deno.test("readSchema() takes properties in any order, nulls, and what Jackson takes for a string or a truth value", () => {
  const read = (json: string) => readSchema(json, "key.schema");
  assert.deepEqual(read('{"isOptional":"true","name":null,"type":"STRING"}'), primitiveSchema("STRING", OPTIONAL));
  assert.deepEqual(
    read('{"type":"BYTES","version":1,"name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":2}}'),
    decimalSchema(2),
  );
  assert.deepEqual(read('{"type":"STRING","parameters":{"a":true}}')?.parameters, new Map([["a", "true"]]));
  for (const nothing of ["", " ", "null"]) assert.equal(read(nothing), undefined);
});

Deno.test("readSchema() keeps fields in order, numbers for names included", () => {
  const json =
    '{"type":"STRUCT","isOptional":false,"fieldSchemas":{"z":{"type":"STRING","isOptional":true},"2020":{"type":"STRING","isOptional":true},"1":{"type":"STRING","isOptional":true}}}';
  assert.deepEqual(readSchema(json, "value.schema")?.fields.map((field) => field.name), ["z", "2020", "1"]);
  assert.equal(writeSchema(readSchema(json, "value.schema") as Schema), json);
});

Deno.test("readSchema() fits default values to their types, to the last digit", () => {
  const cases: readonly (readonly [string, string, unknown])[] = [
    ["INT8", "127", 127],
    ["INT64", "9223372036854775807", 9223372036854775807n],
    ["FLOAT32", "0.1", Math.fround(0.1)],
    ["FLOAT64", "5", 5],
    ["BOOLEAN", "true", true],
    ["STRING", '"x"', "x"],
  ];
  for (const [type, json, value] of cases) {
    const schema = readSchema(`{"type":"${type}","defaultValue":${json}}`, "value.schema");
    assert.deepEqual(schema?.default, value);
    assert.deepEqual(readSchema(writeSchema(schema as Schema), "value.schema"), schema);
  }
});

Deno.test("readSchema() refuses what is no schema: the key outside, the fault and its place in the cause", () => {
  const struct = (field: string) => `{"type":"STRUCT","fieldSchemas":{"f":${field}}}`;
  const cases: readonly (readonly [string, RegExp])[] = [
    ["{", /JSON|input/i],
    ["[]", /Cannot read the schema: a schema is a JSON object, this is an array/],
    ['{"type":"STRING"} x', /text follows its end, 'x'/],
    ['{"type":"string"}', /Type "string" is not known in the schema: it must be one of INT8, /],
    ["{}", /There is no type in the schema/],
    ['{"type":"STRING","optional":true}', /Unrecognized field "optional" in the schema: known are name, doc, type/],
    ['{"type":"STRUCT"}', /fieldSchemas is missing in the schema/],
    ['{"type":"STRUCT","fieldSchemas":[]}', /fieldSchemas an array in the schema must be an object of schemas/],
    ['{"type":"ARRAY"}', /valueSchema is missing in the schema/],
    ['{"type":"MAP","valueSchema":{"type":"STRING"}}', /keySchema is missing in the schema/],
    [struct('{"type":"INT7"}'), /Type "INT7" is not known in field 'f' of the schema/],
    [struct('{"type":"INT8","isOptional":1}'), /isOptional 1 in field 'f' of the schema must be true or false/],
    [struct('{"type":"INT8","version":"1"}'), /version "1" in field 'f' of the schema must be an integer/],
    [struct('{"type":"INT8","doc":5}'), /doc 5 in field 'f'/],
    [struct('{"type":"INT8","parameters":{"a":{}}}'), /Parameter 'a' an object in field 'f'/],
    [struct('{"type":"INT8","defaultValue":128}'), /Invalid default value 128 in field 'f' of the schema: it must fit type INT8/],
    [struct('{"type":"INT32","defaultValue":1.5}'), /Invalid default value 1.5/],
    [struct('{"type":"STRING","defaultValue":1}'), /Invalid default value 1/],
    [struct('{"type":"BYTES","defaultValue":"eA=="}'), /Invalid default value/],
    [struct('{"name":"org.apache.kafka.connect.data.Date","type":"INT32","defaultValue":1}'), /Invalid default value 1 .*Date/],
  ];
  for (const [json, cause] of cases) {
    assert.throws(() => readSchema(json, "value.schema"), (error: Error) => {
      assert.equal(error.message, "Could not read schema from 'value.schema'");
      assert.match(String(error.cause), cause, json);
      return true;
    });
  }
});

Deno.test("writeSchema() and readSchema() undo one another for any names and texts", () => {
  const text = fc.string({ unit: "grapheme" });
  const field = fc.record({ name: fc.option(text, { nil: undefined }), doc: fc.option(text, { nil: undefined }), optional: fc.boolean() });
  fc.assert(fc.property(fc.uniqueArray(fc.tuple(text, field), { selector: ([name]) => name }), text, (fields, name) => {
    const schema = structSchema(
      fields.map(([fieldName, { optional, ...rest }]) => {
        const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
        return [fieldName, primitiveSchema("STRING", { ...given, optional })];
      }),
      { name },
    );
    assert.deepEqual(readSchema(writeSchema(schema), "value.schema"), schema);
  }));
});
