import assert from "node:assert/strict";
import fc from "fast-check";
import { copyOver, padded, sameBytes, startsWith } from "../../../src/bytes/copy.ts";

Deno.test("copyOver() copies every bit, and nothing before its place", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(9), fc.nat(9), (bytes, start, at) => {
    const from = padded(Uint8Array.from([...new Array(start).fill(1), ...bytes]));
    const to = padded(new Uint8Array(at + bytes.length).fill(7));
    assert.equal(copyOver(from.view, start, bytes.length, to.view, at), at + bytes.length);
    assert.deepEqual([...to.bytes.subarray(0, to.length)], [...new Array(at).fill(7), ...bytes]);
  }));
});

Deno.test("copyOver() keeps the bits of numbers that are none", () => {
  const bytes = Uint8Array.of(0x7f, 0xf0, 0, 0, 0, 0, 0, 1, 0xff, 0xf8, 1, 2, 3, 4, 5, 6);
  const to = padded(new Uint8Array(16));
  for (let i = 0; i < 20_000; i++) copyOver(padded(bytes).view, 0, 16, to.view, 0);
  assert.deepEqual(to.bytes.subarray(0, 16), bytes);
});

Deno.test("startsWith() compares as far as the prefix goes", () => {
  fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
    assert.ok(startsWith(Uint8Array.from([...a, ...b]), a));
    assert.equal(startsWith(a, b), a.subarray(0, b.length).toHex() === b.toHex());
  }));
});

Deno.test("sameBytes() compares all bytes that count, and only those", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(9),
      fc.nat(40),
      fc.integer({ min: 1, max: 255 }),
      (bytes, start, place, change) => {
        const from = padded(Uint8Array.from([...new Array(start).fill(1), ...bytes, 9, 9, 9]));
        const wanted = padded(bytes);
        assert.ok(sameBytes(from.view, start, wanted.view, bytes.length));
        if (place >= bytes.length) return;
        wanted.bytes[place] = (wanted.bytes[place] as number) ^ change;
        assert.ok(!sameBytes(from.view, start, wanted.view, bytes.length));
      },
    ),
  );
});
