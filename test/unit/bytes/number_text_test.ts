import assert from "node:assert/strict";
import fc from "fast-check";
import {
  isPlainDecimal,
  MAX_NUMBER_BYTES,
  readInteger,
  writeDouble,
  writeFloat,
  writeInteger,
  writeScaled,
} from "../../../src/bytes/number_text.ts";
import { decimalText, doubleText, floatText } from "../../../src/data/java_text.ts";
import { Decimal } from "../../../src/data/schema.ts";

type Write = (to: Uint8Array, at: number, value: number) => number;

const safeInteger = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
/** Numbers as data has them: few decimals, of all sizes. */
const shortDecimal = fc.tuple(fc.integer(), fc.integer({ min: 0, max: 9 })).map(([digits, scale]) => digits / 10 ** scale);

function written(write: Write, value: number): string {
  const to = new Uint8Array(64).fill(0x21);
  const end = write(to, 3, value);
  assert.ok(end - 3 <= MAX_NUMBER_BYTES);
  assert.equal(to[3 + MAX_NUMBER_BYTES], 0x21, "nothing is written beyond the bound");
  return new TextDecoder().decode(to.subarray(3, end));
}

Deno.test("writeInteger() writes what String() does, for every safe integer", () => {
  fc.assert(fc.property(fc.oneof(safeInteger, fc.integer({ min: -1000, max: 1000 })), (value) => {
    assert.equal(written(writeInteger, value), String(value));
  }));
  for (let digits = 1; digits < 16; digits++) {
    for (const value of [10 ** digits - 1, 10 ** digits, -(10 ** digits)]) assert.equal(written(writeInteger, value), String(value));
  }
});

Deno.test("writeDouble() writes Java's text, and it reads back as the same double", () => {
  fc.assert(
    fc.property(fc.oneof(fc.double(), shortDecimal), (value) => {
      const text = written(writeDouble, value);
      assert.equal(text, doubleText(value));
      assert.ok(Object.is(Number(text), value));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("writeFloat() writes Java's text, and it reads back as the same float", () => {
  fc.assert(
    fc.property(fc.oneof(fc.float(), shortDecimal.map(Math.fround)), (value) => {
      const text = written(writeFloat, value);
      assert.equal(text, floatText(value));
      assert.ok(Object.is(Math.fround(Number(text)), value));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("writeFloat() and writeDouble() agree with Java's text at every power of two", () => {
  for (let exponent = -1074; exponent < 1024; exponent++) {
    const value = 2 ** exponent;
    assert.equal(written(writeDouble, value), doubleText(value));
    if (exponent >= -149 && exponent < 128) assert.equal(written(writeFloat, value), floatText(value));
  }
});

Deno.test("writeScaled() writes what BigDecimal does wherever isPlainDecimal() holds", () => {
  fc.assert(fc.property(safeInteger, fc.integer({ min: -2, max: 17 }), (unscaled, scale) => {
    const text = decimalText(new Decimal(BigInt(unscaled), scale));
    if (!isPlainDecimal(unscaled, scale)) return;
    assert.equal(written((to, at, value) => writeScaled(to, at, value, scale), unscaled), text);
  }));
  assert.equal(isPlainDecimal(1, 7), false, "BigDecimal writes 1E-7");
  assert.equal(isPlainDecimal(10, 7), true, "and 0.0000010");
});

Deno.test("readInteger() reads up to 15 digits with a sign, and is NaN for all else", () => {
  const read = (text: string) => readInteger(new TextEncoder().encode(text), 0, text.length);
  fc.assert(fc.property(fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }), (value) => {
    assert.equal(read(String(value)), value);
  }));
  assert.deepEqual(["+7", "007", "-12"].map(read), [7, 7, -12]);
  for (const text of ["", "+", "-", "1.0", "1e3", " 1", "1234567890123456", "٣"]) assert.ok(Number.isNaN(read(text)), text);
});
