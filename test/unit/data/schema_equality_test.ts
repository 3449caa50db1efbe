import assert from "node:assert/strict";
import { schemasEqual, valuesEqual } from "../../../src/data/schema_equality.ts";
import {
  arraySchema,
  Decimal,
  mapSchema,
  primitiveSchema,
  type Schema,
  SizedNumber,
  Struct,
  structSchema,
} from "../../../src/data/schema.ts";

const text = primitiveSchema("STRING");
const int = primitiveSchema("INT32");

/** Schemas that differ in one attribute each; made anew with every call. */
function schemas(): Schema[] {
  return [
    primitiveSchema("STRING"),
    primitiveSchema("STRING", { optional: true }),
    primitiveSchema("STRING", { name: "a" }),
    primitiveSchema("STRING", { version: 1 }),
    primitiveSchema("STRING", { doc: "a" }),
    primitiveSchema("STRING", { default: "a" }),
    primitiveSchema("STRING", { parameters: new Map([["a", "1"]]) }),
    primitiveSchema("STRING", { parameters: new Map([["a", "2"]]) }),
    arraySchema(text),
    arraySchema(int),
    mapSchema(text, int),
    mapSchema(int, int),
    structSchema([["a", text], ["b", int]]),
    structSchema([["b", int], ["a", text]]),
    structSchema([["a", text]]),
    structSchema([["a", int]]),
  ];
}

Deno.test("schemasEqual() sees every attribute, and no object identity", () => {
  const others = schemas();
  schemas().forEach((a, i) => others.forEach((b, j) => assert.equal(schemasEqual(a, b), i === j, `${i} and ${j}`)));
  assert.equal(schemasEqual(null, undefined), false);
  assert.equal(schemasEqual(text, null), false);
});

Deno.test("schemasEqual() does not mind the order of parameters", () => {
  const a = primitiveSchema("STRING", { parameters: new Map([["a", "1"], ["b", "2"]]) });
  const b = primitiveSchema("STRING", { parameters: new Map([["b", "2"], ["a", "1"]]) });
  assert.ok(schemasEqual(a, b));
});

Deno.test("valuesEqual() compares deeply, as Java's equals", () => {
  const row = structSchema([["a", text]]);
  const values = () => [
    null,
    "a",
    1,
    1n,
    NaN,
    0,
    -0,
    true,
    new Decimal(10n, 1),
    new Decimal(100n, 2),
    new Date(0),
    new SizedNumber("INT8", 1),
    new SizedNumber("INT16", 1),
    Uint8Array.of(1),
    Uint8Array.of(2),
    ["a", null],
    ["a"],
    new Map([[new Date(1), "x"]]),
    new Map([[new Date(2), "x"]]),
    new Struct(row, ["x"]),
    new Struct(row, ["y"]),
  ];
  const others = values();
  values().forEach((a, i) => others.forEach((b, j) => assert.equal(valuesEqual(a, b), i === j, `${i} and ${j}`)));
});
