import assert from "node:assert/strict";
import fc from "fast-check";
import { base64Text } from "../../../src/bytes/base64.ts";
import { NOT_TAKEN } from "../../../src/bytes/json_scan.ts";
import {
  CANONICAL,
  integerRange,
  numberOfBase64,
  numberOfDecimal,
  numberOfDigits,
  scanFloat,
  scanInteger,
} from "../../../src/bytes/number_scan.ts";
import { bytesOfInteger, integerOfBytes } from "../../../src/data/decimal_bytes.ts";
import { doubleText, floatText } from "../../../src/data/java_text.ts";
import { parseDecimal } from "../../../src/data/logical_types.ts";

const encoder = new TextEncoder();

type Scan = (bytes: Uint8Array, start: number, end: number, at: Int32Array) => number;

/** What a kernel says of a text in the middle of others, and how much of it it takes. */
function around(text: string, scan: Scan): readonly [found: number, end: number] {
  const bytes = encoder.encode(`9${text},9`);
  const at = new Int32Array(2);
  return [scan(bytes, 1, bytes.length - 1, at), (at[1] as number) - 1];
}

const anyInteger = fc.oneof(
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
  fc.tuple(fc.constantFrom(7n, 8n, 15n, 16n, 31n, 32n, 53n, 63n, 64n), fc.bigInt({ min: -2n, max: 2n }), fc.boolean())
    .map(([bits, near, negative]) => (negative ? -(2n ** bits) : 2n ** bits) + near),
);

Deno.test("scanInteger() takes the integers of its width and no others", () => {
  for (const bits of [8, 16, 32, 64] as const) {
    const range = integerRange(bits);
    fc.assert(
      fc.property(anyInteger, (value) => {
        const [found, end] = around(String(value), (bytes, start, end, at) => scanInteger(bytes, start, end, range, at, 0));
        const fits = BigInt.asIntN(bits, value) === value;
        assert.equal(found, fits ? 0 : NOT_TAKEN, String(value));
        if (fits) assert.equal(end, String(value).length);
      }),
      { numRuns: 500 },
    );
  }
});

Deno.test("scanInteger() takes only what Java would print", () => {
  const range = integerRange(32);
  for (const text of ["-0", "00", "007", "-07", "+1", "", "-", "a", " 1"]) {
    const [found] = around(text, (bytes, start, end, at) => scanInteger(bytes, start, end, range, at, 0));
    assert.equal(found, NOT_TAKEN, text);
  }
});

Deno.test("numberOfDigits() reads integers of up to so many digits", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), fc.integer({ min: 1, max: 15 }), fc.nat(2), (value, most, zeros) => {
      const digits = "0".repeat(zeros) + String(value).replace("-", "");
      const text = value < 0n ? `-${digits}` : digits;
      const [found, end] = around(text, (bytes, start, end, at) => numberOfDigits(bytes, start, end, most, at, 0));
      assert.equal(found, digits.length <= most ? Number(value) : NaN);
      if (digits.length <= most) assert.equal(end, text.length);
    }),
  );
});

Deno.test("numberOfDecimal() reads the unscaled value where the scale is the wanted one", () => {
  fc.assert(fc.property(fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n }), fc.nat(6), fc.nat(6), (unscaled, scale, wanted) => {
    const digits = String(unscaled).replace("-", "").padStart(scale + 1, "0");
    const text = `${unscaled < 0n ? "-" : ""}${digits.slice(0, digits.length - scale)}${scale > 0 ? "." : ""}${
      scale > 0 ? digits.slice(-scale) : ""
    }`;
    assert.equal(parseDecimal(text)?.unscaled, unscaled);
    const [found] = around(text, (bytes, start, end, at) => numberOfDecimal(bytes, start, end, wanted, at, 0));
    assert.equal(found, scale === wanted && digits.length <= 15 ? Number(unscaled) : NaN, text);
  }));
});

Deno.test("scanFloat() reads what Number() reads, and knows Java's text when it sees it", () => {
  const anyText = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(doubleText),
    fc.integer().map((n) => String(n / 100)),
    fc.float({ noNaN: true, noDefaultInfinity: true }).map(floatText),
    fc.tuple(fc.integer(), fc.nat(99_999)).map(([whole, fraction]) => `${whole}.${fraction}`),
    fc.constantFrom(
      "0.0",
      "-0.0",
      "0.00",
      "1.0",
      "1.10",
      "01.5",
      "0.001",
      "0.0001",
      "9999999.0",
      "10000000.0",
      "1.",
      ".5",
      "-",
      "1..2",
      "16777217.0",
    ),
  );
  fc.assert(
    fc.property(anyText, fc.constantFrom<32 | 64>(32, 64), (text, bits) => {
      const data = new Float64Array(2);
      const [found, end] = around(text, (bytes, start, end, at) => scanFloat(bytes, start, end, bits, at, 0, data, 1));
      if (found === NOT_TAKEN) return assert.ok(!/^-?\d{1,7}(\.\d{1,7})?$/.test(text), text);
      const value = bits === 32 ? Math.fround(Number(text.slice(0, end))) : Number(text.slice(0, end));
      assert.ok(Object.is(data[1], value), text);
      const printed = bits === 32 ? floatText(value) : doubleText(value);
      // Some canonical texts are not seen to be, but none is taken for one that is not.
      if (found === CANONICAL) assert.equal(text.slice(0, end), printed);
      else assert.ok(text !== printed || /E|^-?\d{7}/.test(text) || bits === 32, text);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("numberOfBase64() reads the integers that doubles hold", () => {
  fc.assert(
    fc.property(anyInteger, fc.boolean(), fc.nat(2), (value, minimal, more) => {
      const fill = value < 0n ? 0xff : 0;
      const bytes = minimal ? bytesOfInteger(value) : Uint8Array.from([...new Array(more).fill(fill), ...bytesOfInteger(value)]);
      assert.equal(integerOfBytes(bytes), value);
      const text = base64Text(bytes);
      const [found, end] = around(`${text}"`, (bytes, start, end, at) => numberOfBase64(bytes, start, end, at, 0));
      if (Number.isNaN(found)) return assert.ok(bytes.length > 7 || !Number.isSafeInteger(Number(value)), text);
      assert.equal(found, Number(value));
      assert.ok(Number.isSafeInteger(found));
      assert.equal(end, text.length);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("numberOfBase64() leaves to others what is no plain base64", () => {
  for (
    const text of [
      '"',
      'Q"',
      'QQ"',
      'QQ="',
      'Q==="',
      'QR=="',
      'QUJ="',
      'Q Q=="',
      '\\u0051Q=="',
      "QQ==",
      'QUJD=="',
      'QQ==QQ=="',
      'AAAAAAAAAAA="',
    ]
  ) {
    const [found] = around(text, (bytes, start, end, at) => numberOfBase64(bytes, start, end, at, 0));
    assert.ok(Number.isNaN(found), text);
  }
});
