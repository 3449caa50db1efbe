import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesOfInteger, integerOfBytes, writeIntegerBytes } from "../../../src/data/decimal_bytes.ts";

Deno.test("bytesOfInteger() is BigInteger.toByteArray: big-endian, two's complement, no byte too many", () => {
  const known: readonly (readonly [bigint, string])[] = [
    [0n, "00"],
    [-1n, "ff"],
    [127n, "7f"],
    [128n, "0080"],
    [-128n, "80"],
    [-129n, "ff7f"],
    [255n, "00ff"],
    [256n, "0100"],
    [1230n, "04ce"],
    [-9999999999999999999999n, "fde1e61f36454dc00001"],
  ];
  for (const [value, hex] of known) assert.equal(bytesOfInteger(value).toHex(), hex);
});

Deno.test("integerOfBytes() reads what bytesOfInteger() wrote, of any size, and nothing of no bytes", () => {
  fc.assert(fc.property(fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }), (value) => {
    assert.equal(integerOfBytes(bytesOfInteger(value)), value);
  }));
  assert.equal(integerOfBytes(new Uint8Array(0)), undefined);
});

Deno.test("writeIntegerBytes() writes what bytesOfInteger() does, for every safe integer", () => {
  const scratch = new Uint8Array(8);
  const near = fc.tuple(fc.integer({ min: 0, max: 53 }), fc.integer({ min: -2, max: 2 })).map(([bits, off]) => 2 ** bits + off);
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeInteger(), near, near.map((value) => -value)), (value) => {
      if (!Number.isSafeInteger(value)) return;
      assert.equal(scratch.subarray(writeIntegerBytes(value, scratch)).toHex(), bytesOfInteger(BigInt(value)).toHex());
    }),
    { numRuns: 1000 },
  );
});
