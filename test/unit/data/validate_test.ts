import assert from "node:assert/strict";
import { DataError } from "../../../src/data/errors.ts";
import { dateSchema, decimalSchema } from "../../../src/data/logical_types.ts";
import {
  arraySchema,
  Decimal,
  mapSchema,
  primitiveSchema,
  Schema,
  SizedNumber,
  Struct,
  structSchema,
  type Value,
} from "../../../src/data/schema.ts";
import { carrierType, validateValue } from "../../../src/data/validate.ts";

const int = primitiveSchema("INT32");
const text = primitiveSchema("STRING");

function refusal(schema: Schema, value: Value): string {
  try {
    validateValue(schema, value);
  } catch (error) {
    if (error instanceof DataError) return error.message;
    throw error;
  }
  return "fits";
}

Deno.test("validateValue() accepts the carrier of every type", () => {
  const row = structSchema([["a", int]]);
  const pairs: readonly (readonly [Schema, Value])[] = [
    [primitiveSchema("INT8"), -128],
    [primitiveSchema("INT16"), 32_767],
    [int, -2_147_483_648],
    [primitiveSchema("INT64"), 2n ** 63n - 1n],
    [primitiveSchema("FLOAT32"), 1.5],
    [primitiveSchema("FLOAT64"), NaN],
    [primitiveSchema("BOOLEAN"), false],
    [text, ""],
    [primitiveSchema("BYTES"), new Uint8Array(0)],
    [decimalSchema(2), new Decimal(1n, 5)],
    [dateSchema(), new Date(1)],
    [arraySchema(text), ["a"]],
    [mapSchema(text, int), new Map([["a", 1]])],
    [row, new Struct(row, [1])],
    [primitiveSchema("STRING", { optional: true }), null],
  ];
  for (const [schema, value] of pairs) assert.equal(refusal(schema, value), "fits", String(schema));
});

Deno.test("validateValue() refuses in Connect's words", () => {
  const nested = structSchema([["a", int], ["list", arraySchema(text)]]);
  const pairs: readonly (readonly [Schema, Value, string])[] = [
    [int, null, "Invalid value: null used for required value, schema type: INT32"],
    [primitiveSchema("INT32", { default: 1 }), null, "Invalid value: null used for required value, schema type: INT32"],
    [int, "x", "Invalid Java object for schema with type INT32: class java.lang.String for value"],
    [primitiveSchema("INT8"), 128, "Invalid Java object for schema with type INT8: class java.lang.Integer for value"],
    [int, 1.5, "Invalid Java object for schema with type INT32: class java.lang.Double for value"],
    [primitiveSchema("INT64"), 5, "Invalid Java object for schema with type INT64: class java.lang.Double for value"],
    [
      dateSchema(),
      5,
      'Invalid Java object for schema "org.apache.kafka.connect.data.Date" with type INT32: class java.lang.Integer for value',
    ],
    [arraySchema(text), ["a", null], "Invalid value: null used for required element of array value, schema type: STRING"],
    [
      mapSchema(text, int),
      new Map([["a", "b"]]),
      "Invalid Java object for schema with type INT32: class java.lang.String for value of map value",
    ],
    [
      mapSchema(int, text),
      new Map([["a", "b"]]),
      "Invalid Java object for schema with type INT32: class java.lang.String for key of map value",
    ],
    [nested, new Struct(structSchema([]), []), "Struct schemas do not match."],
    [nested, new Struct(nested, [null, []]), 'Invalid value: null used for required field: "a", schema type: INT32'],
    [
      nested,
      new Struct(nested, [1, [5]]),
      'Invalid Java object for schema with type STRING: class java.lang.Double for element of array field: "list"',
    ],
    [new Schema({ type: "ARRAY" }), [1], "No schema defined for element of array value"],
  ];
  for (const [schema, value, message] of pairs) assert.equal(refusal(schema, value), message);
});

Deno.test("validateValue() lets a struct's default stand in for null", () => {
  const row = structSchema([["a", primitiveSchema("INT32", { default: 5 })]]);
  assert.equal(refusal(row, new Struct(row, [null])), "fits");
});

Deno.test("carrierType() knows the type a value has without schema, and none of dates and decimals", () => {
  const values = ["a", true, 5n, 1.5, new SizedNumber("INT16", 1), new Uint8Array(1), [1], new Map(), new Date(0), new Decimal(1n, 0)];
  assert.deepEqual(values.map(carrierType), ["STRING", "BOOLEAN", "INT64", "FLOAT64", "INT16", "BYTES", "ARRAY", "MAP", null, null]);
});
