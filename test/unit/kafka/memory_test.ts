import assert from "node:assert/strict";
import fc from "fast-check";
import { crosses, cString, NativeArena, NativeBuffer, nativeText, pointerAt, textAt, textIn } from "../../../src/kafka/memory.ts";

/** The bytes as C would see them. */
function bytesAt(address: bigint, length: number): Uint8Array {
  const pointer = Deno.UnsafePointer.create(address);
  assert.ok(pointer !== null);
  return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, length).slice(0));
}

Deno.test("NativeBuffer's two words make up its address, which is where its bytes are", () => {
  using memory = new NativeBuffer(64);
  new Uint8Array(memory.buffer).set([1, 2, 3]);
  assert.equal(BigInt(memory.high) * 2n ** 32n + BigInt(memory.low), memory.address);
  assert.deepEqual([...bytesAt(memory.address, 3)], [1, 2, 3]);
});

Deno.test("NativeBuffer stays on one side of every 4 GiB boundary", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1 << 22 }), (size) => {
      using memory = new NativeBuffer(size);
      assert.ok(!crosses(memory.address, size));
      assert.ok(memory.low + size <= 2 ** 32);
    }),
    { numRuns: 30 },
  );
});

Deno.test("crosses() looks at the last byte", () => {
  assert.equal(crosses(0xffff_fff0n, 16), false);
  assert.equal(crosses(0xffff_fff0n, 17), true);
  assert.equal(crosses(0x1_0000_0000n, 4096), false);
});

Deno.test("NativeArena.reserve() keeps what was written at its offset, however it grows", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 20 }), (pieces) => {
      const arena = new NativeArena(16);
      const starts: number[] = [];
      for (const piece of pieces) {
        arena.reserve(piece.length);
        starts.push(arena.used);
        arena.bytes.set(piece, arena.used);
        arena.used += piece.length;
      }
      const seen = bytesAt(arena.memory.address, arena.used);
      pieces.forEach((piece, i) => {
        const start = starts[i] as number;
        assert.deepEqual(seen.subarray(start, start + piece.length), Uint8Array.from(piece));
      });
      arena.release();
    }),
    { numRuns: 50 },
  );
});

Deno.test("NativeArena.reserve() leaves eight spare bytes behind what was asked for", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: 100_000 }), (used, size) => {
    const arena = new NativeArena(1000);
    arena.reserve(used);
    arena.used = used;
    arena.reserve(size);
    assert.ok(arena.bytes.length >= used + size + 8);
    assert.equal(arena.view.buffer, arena.bytes.buffer);
    arena.release();
  }));
});

Deno.test("NativeArena.reserve() moves nothing while there is room", () => {
  const arena = new NativeArena(1000);
  const { address } = arena.memory;
  arena.used = 400;
  arena.reserve(600);
  assert.equal(arena.memory.address, address);
  arena.release();
});

Deno.test("cString() ends with a NUL and takes none inside", () => {
  assert.deepEqual([...cString("é")], [0xc3, 0xa9, 0]);
  assert.throws(() => cString("a\0b"), { name: "TypeError", message: 'Cannot pass "a\\0b" to librdkafka: it must not contain NUL' });
});

Deno.test("textAt() reads back what nativeText() wrote, and nothing at address 0", () => {
  using text = nativeText("über 😀");
  assert.equal(textAt(text.address), "über 😀");
  assert.equal(textAt(0n), "");
});

Deno.test("textIn() stops at the first NUL", () => {
  assert.equal(textIn(new Uint8Array([104, 105, 0, 120])), "hi");
  assert.equal(textIn(new Uint8Array([104, 105])), "hi");
});

Deno.test("pointerAt() reads the n-th address of an array", () => {
  using array = new NativeBuffer(16);
  new BigUint64Array(array.buffer).set([7n, 0xffff_ffff_ffffn]);
  assert.equal(pointerAt(array.address, 1), 0xffff_ffff_ffffn);
  assert.equal(pointerAt(0n, 0), 0n);
});
