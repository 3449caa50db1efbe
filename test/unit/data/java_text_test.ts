import assert from "node:assert/strict";
import fc from "fast-check";
import { dateText, decimalText, doubleText, floatText, javaText, plainDecimalText } from "../../../src/data/java_text.ts";
import { decimalSchema, parseDecimal } from "../../../src/data/logical_types.ts";
import { arraySchema, Decimal, mapSchema, primitiveSchema, SizedNumber, Struct, structSchema } from "../../../src/data/schema.ts";

interface NumberTexts {
  readonly double: Readonly<Record<string, string>>;
  readonly float: Readonly<Record<string, string>>;
}

const captured: NumberTexts = JSON.parse(
  Deno.readTextFileSync(new URL("../../captures/converters/number-texts.json", import.meta.url)),
);
const view = new DataView(new ArrayBuffer(8));

Deno.test("doubleText() and floatText() are Java's, bit by bit", () => {
  for (const [bits, text] of Object.entries(captured.double)) {
    view.setBigUint64(0, BigInt(`0x${bits}`));
    assert.equal(doubleText(view.getFloat64(0)), text);
  }
  for (const [bits, text] of Object.entries(captured.float)) {
    view.setUint32(0, Number(`0x${bits}`));
    assert.equal(floatText(view.getFloat32(0)), text);
  }
});

Deno.test("doubleText() and floatText() of the numbers at every edge", () => {
  const doubles = [1e7, 9_999_999, 0.001, 0.00099, 5e-324, -0, 0, NaN, -Infinity, 123456789, 1e300, 2e23, 1.7976931348623157e308];
  assert.deepEqual(doubles.map(doubleText), [
    "1.0E7",
    "9999999.0",
    "0.001",
    "9.9E-4",
    "4.9E-324",
    "-0.0",
    "0.0",
    "NaN",
    "-Infinity",
    "1.23456789E8",
    "1.0E300",
    "2.0E23",
    "1.7976931348623157E308",
  ]);
  assert.deepEqual([3.4028235e38, 1.4e-45, 0.1, 16_777_216, 1e10, 2.3694278e-38, -0].map(floatText), [
    "3.4028235E38",
    "1.4E-45",
    "0.1",
    "1.6777216E7",
    "1.0E10",
    "2.3694278E-38",
    "-0.0",
  ]);
});

Deno.test("floatText() gives no more digits than it must", () => {
  fc.assert(fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
    const digits = floatText(value).replace(/E.*/, "").replace(/[-.]/g, "").replace(/^0+|0+$/g, "");
    if (digits.length <= 2) return;
    // No text with one digit less reads back.
    assert.notEqual(Math.fround(Number(value.toPrecision(digits.length - 1))), value);
  }));
});

Deno.test("decimalText() is BigDecimal's, and parseDecimal() reads it back digit for digit", () => {
  const texts = [
    "1E+5",
    "1.00",
    "12.34",
    "-0.01",
    "0.000001",
    "1E-7",
    "1.2E-7",
    "0",
    "0.00",
    "0E-7",
    "-99999999999999999999.99",
    "1.5E+30",
  ];
  for (const text of texts) {
    const decimal = parseDecimal(text);
    assert.ok(decimal !== null);
    assert.equal(decimalText(decimal), text);
  }
  fc.assert(fc.property(fc.bigInt(), fc.integer({ min: -50, max: 50 }), (unscaled, scale) => {
    assert.deepEqual(parseDecimal(decimalText(new Decimal(unscaled, scale))), new Decimal(unscaled, scale));
  }));
});

Deno.test("plainDecimalText() never goes scientific", () => {
  assert.deepEqual(
    [new Decimal(1n, -3), new Decimal(-5n, 9), new Decimal(1234n, 2), new Decimal(7n, 0)].map(plainDecimalText),
    ["1000", "-0.000000005", "12.34", "7"],
  );
});

Deno.test("dateText() is java.util.Date's, in the Julian calendar before October 1582", () => {
  assert.deepEqual(
    [1_577_934_245_678, -1000, -719_164 * 86_400_000, 253_402_300_799_000, -141_427 * 86_400_000, -141_428 * 86_400_000].map((ms) =>
      dateText(new Date(ms))
    ),
    [
      "Thu Jan 02 03:04:05 UTC 2020",
      "Wed Dec 31 23:59:59 UTC 1969",
      "Sat Jan 01 00:00:00 UTC 1",
      "Fri Dec 31 23:59:59 UTC 9999",
      "Fri Oct 15 00:00:00 UTC 1582",
      "Thu Oct 04 00:00:00 UTC 1582",
    ],
  );
});

Deno.test("javaText() of lists, maps and structs, nulls left out of structs alone", () => {
  const int = primitiveSchema("INT32", { optional: true });
  const row = structSchema([["a", int], ["b", primitiveSchema("STRING", { optional: true, default: "x" })], ["c", decimalSchema(2)]]);
  const struct = new Struct(row, [1, null, new Decimal(1230n, 2)]);
  assert.equal(javaText(row, struct), "Struct{a=1,c=12.30}");
  assert.equal(javaText(arraySchema(primitiveSchema("FLOAT64", { optional: true })), [1, null, 1e7]), "[1.0, null, 1.0E7]");
  assert.equal(javaText(mapSchema(primitiveSchema("STRING"), int), new Map([["k", 1], ["k2", null]])), "{k=1, k2=null}");
  assert.equal(javaText(null, new Map<string, bigint | SizedNumber>([["a", 5n], ["b", new SizedNumber("FLOAT32", 0.1)]])), "{a=5, b=0.1}");
});
