import assert from "node:assert/strict";
import { heapArena, makeRoom, SPARE_BYTES } from "../../../src/data/region.ts";

Deno.test("makeRoom() grows an arena only when it must, and keeps what was written", () => {
  const arena = heapArena(16);
  const { bytes } = arena;
  arena.bytes.set([1, 2, 3]);
  makeRoom(arena, 3, 13);
  assert.equal(arena.bytes, bytes);
  makeRoom(arena, 3, 14);
  assert.notEqual(arena.bytes, bytes);
  assert.ok(arena.bytes.length >= 3 + 14 + SPARE_BYTES);
  assert.deepEqual([...arena.bytes.subarray(0, 3)], [1, 2, 3]);
});
