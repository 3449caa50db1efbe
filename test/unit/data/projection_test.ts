import assert from "node:assert/strict";
import { DataError } from "../../../src/data/errors.ts";
import { project } from "../../../src/data/projection.ts";
import { arraySchema, mapSchema, primitiveSchema, type Schema, Struct, structSchema, type Value } from "../../../src/data/schema.ts";

const int = primitiveSchema("INT32");
const long = primitiveSchema("INT64");
const text = primitiveSchema("STRING");

function refusal(source: Schema, value: Value, target: Schema): string {
  try {
    project(source, value, target);
  } catch (error) {
    if (error instanceof DataError && error.javaClass.endsWith(".SchemaProjectorException")) return error.message;
    throw error;
  }
  return "fits";
}

Deno.test("project() promotes numbers in the carrier of the wider type, and never narrows", () => {
  assert.equal(project(int, 5, long), 5n);
  assert.equal(project(long, 5n, primitiveSchema("FLOAT64")), 5);
  assert.equal(project(int, 5, int), 5);
  assert.equal(refusal(long, 5n, int), "Schema type mismatch. source type: INT64 and target type: INT32");
  assert.equal(refusal(int, 5, text), "Schema type mismatch. source type: INT32 and target type: STRING");
});

Deno.test("project() wants equal names and parameters", () => {
  assert.equal(
    refusal(int, 1, primitiveSchema("INT32", { name: "a" })),
    "Schema name mismatch. source name: null and target name: a",
  );
  assert.equal(
    refusal(int, 1, primitiveSchema("INT32", { parameters: new Map([["a", "1"]]) })),
    "Schema parameters not equal. source parameters: null and target parameters: {a=1}",
  );
});

Deno.test("project() takes fields by name, drops those the target lacks, and adds its defaults", () => {
  const source = structSchema([["a", int], ["gone", text], ["b", text]]);
  const target = structSchema([
    ["b", text],
    ["a", long],
    ["extra", primitiveSchema("STRING", { default: "x" })],
    ["more", primitiveSchema("STRING", { optional: true })],
  ]);
  const projected = project(source, new Struct(source, [1, "y", "z"]), target);
  assert.deepEqual(projected, new Struct(target, ["z", 1n, "x", null]));
  assert.equal(
    refusal(source, new Struct(source, [1, "y", "z"]), structSchema([["need", text]], { name: "T" })),
    "Schema name mismatch. source name: null and target name: T",
  );
  assert.equal(
    refusal(source, new Struct(source, [1, "y", "z"]), structSchema([["need", text]])),
    "Required field `need` is missing from source schema: Schema{STRUCT}",
  );
  assert.equal(refusal(source, new Struct(source, [1, "y", "z"]), structSchema([["a", text]])), "Error projecting a");
});

Deno.test("project() of null needs an optional target or a default", () => {
  const optional = primitiveSchema("INT32", { optional: true });
  assert.equal(project(optional, null, optional), null);
  assert.equal(project(optional, null, primitiveSchema("INT32", { default: 7 })), 7);
  assert.equal(refusal(optional, null, int), "Writer schema is optional, however, target schema does not provide a default value.");
});

Deno.test("project() goes into lists and maps, keys included", () => {
  assert.deepEqual(project(arraySchema(int), [1, 2], arraySchema(long)), [1n, 2n]);
  assert.deepEqual(project(mapSchema(int, int), new Map([[1, 2]]), mapSchema(long, long)), new Map([[1n, 2n]]));
});
