import assert from "node:assert/strict";
import { Decimal } from "sdk";
import { parseFloating, parseInteger, parseScaled } from "../../../../connectors/spooldir/java_numbers.ts";

type Kind = "8" | "16" | "32" | "64" | "f" | "d" | "0" | "2";

const bits = new DataView(new ArrayBuffer(8));

/** The result in the shape of the captures: null for what is no number. */
function read(kind: Kind, text: string): string | null {
  try {
    switch (kind) {
      case "f":
        bits.setFloat32(0, parseFloating(text, 32));
        return bits.getUint32(0).toString(16);
      case "d":
        bits.setFloat64(0, parseFloating(text, 64));
        return bits.getBigUint64(0).toString(16);
      case "0":
      case "2":
        return String(parseScaled(text, Number(kind)).unscaled);
      default:
        return String(parseInteger(text, Number(kind) as 8 | 16 | 32 | 64));
    }
  } catch (error) {
    assert.match(
      error instanceof Error && "javaClass" in error ? String(error.javaClass) : "",
      /^java\.lang\.(NumberFormat|Arithmetic)Exception$/,
    );
    return null;
  }
}

Deno.test("parseInteger(), parseFloating() and parseScaled() read every captured text as Java 17 does", () => {
  const capture = new URL("../../../captures/spooldir/java-numbers.jsonl", import.meta.url);
  const cases: [Kind, string, string | null][] = Deno.readTextFileSync(capture).trimEnd().split("\n").slice(1).map((line) =>
    JSON.parse(line)
  );
  assert.equal(cases.length, 1500);
  for (const [kind, text, expected] of cases) assert.equal(read(kind, text), expected, `${kind} ${JSON.stringify(text)}`);
});

Deno.test("parseInteger() words its refusals as Java", () => {
  assert.throws(() => parseInteger("x", 32), { message: 'For input string: "x"' });
  assert.throws(() => parseInteger("128", 8), { message: 'Value out of range. Value:"128" Radix:10' });
  assert.throws(() => parseInteger("9223372036854775808", 64), { message: 'For input string: "9223372036854775808"' });
});

Deno.test("parseFloating() rounds a decimal to a float once, not by way of a double", () => {
  // A hair above the middle between 1 and the next float: the nearest double is the middle itself, and would round to 1.
  assert.equal(parseFloating("1.00000005960464477539062500000000001", 32), 1 + 2 ** -23);
  assert.equal(parseFloating("1.000000059604644775390625", 32), 1);
});

Deno.test("parseScaled() never rounds, and refuses numbers too long to write", () => {
  assert.deepEqual(parseScaled("1.230", 2), new Decimal(123n, 2));
  assert.deepEqual(parseScaled("1e2", 2), new Decimal(10000n, 2));
  assert.throws(() => parseScaled("1.234", 2), { message: "Rounding necessary", javaClass: "java.lang.ArithmeticException" });
  assert.throws(() => parseScaled("1e999999999", 2), { message: /^More than/ });
  assert.throws(() => parseScaled("1e-999999999", 2), { message: "Rounding necessary" });
});
