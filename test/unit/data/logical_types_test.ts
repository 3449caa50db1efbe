import assert from "node:assert/strict";
import fc from "fast-check";
import {
  dateSchema,
  daysOfDate,
  decimalScale,
  decimalSchema,
  logicalType,
  millisOfTime,
  parseDecimal,
  requireScale,
  timeOfMillis,
  timeSchema,
  timestampSchema,
} from "../../../src/data/logical_types.ts";
import { Decimal, primitiveSchema } from "../../../src/data/schema.ts";

Deno.test("logicalType() goes by the schema's name alone", () => {
  const schemas = [decimalSchema(2), dateSchema(), timeSchema(), timestampSchema({ optional: true }), primitiveSchema("INT32"), null];
  assert.deepEqual(schemas.map(logicalType), ["Decimal", "Date", "Time", "Timestamp", null, null]);
  assert.equal(logicalType(primitiveSchema("STRING", { name: "org.apache.kafka.connect.data.Date" })), "Date");
});

Deno.test("decimalScale() reads the parameter, negative too, and says what is wrong with it", () => {
  assert.equal(decimalScale(decimalSchema(-3)), -3);
  assert.throws(() => decimalScale(primitiveSchema("BYTES")), /Invalid Decimal schema: scale parameter not found\./);
  const wrong = primitiveSchema("BYTES", { parameters: new Map([["scale", "two"]]) });
  assert.throws(() => decimalScale(wrong), /Invalid scale parameter found in Decimal schema: /);
});

Deno.test("requireScale() never rescales", () => {
  requireScale(decimalSchema(2), new Decimal(5n, 2));
  assert.throws(() => requireScale(decimalSchema(2), new Decimal(0n, 0)), {
    message: "Decimal value has mismatching scale for given Decimal schema. Schema has scale 2, value has scale 0.",
  });
});

Deno.test("daysOfDate() and millisOfTime() refuse an instant of the other kind, timeOfMillis() one beyond a day", () => {
  assert.equal(daysOfDate(-86_400_000), -1);
  assert.throws(() => daysOfDate(1), /Date type should not have any time fields set to non-zero values\./);
  assert.deepEqual([0, 86_400_000].map(millisOfTime), [0, 86_400_000]);
  for (const ms of [-1, 86_400_001]) {
    assert.throws(() => millisOfTime(ms), /Time type should not have any date fields set to non-zero values\./);
    assert.throws(() => timeOfMillis(ms), /Time values must use number of milliseconds greater than 0 and less than 86400000/);
  }
});

Deno.test("parseDecimal() is null for what BigDecimal refuses", () => {
  for (const text of ["", ".", "+", "e5", "1e", "1 ", "0x1", "NaN", "1_0", "1e99999999999", "1e3000000000"]) {
    assert.equal(parseDecimal(text), null, text);
  }
  assert.deepEqual(parseDecimal("+5."), new Decimal(5n, 0));
  assert.deepEqual(parseDecimal(".5e-1"), new Decimal(5n, 2));
});

Deno.test("parseDecimal() keeps every digit of any length", () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 60 }), (digits) => {
    assert.deepEqual(parseDecimal(`-${digits}.${digits}`), new Decimal(-BigInt(digits + digits), digits.length));
  }));
});
