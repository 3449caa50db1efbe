import assert from "node:assert/strict";
import { Lru } from "../../../src/converters/lru.ts";

Deno.test("Lru drops what was used longest ago", () => {
  const lru = new Lru<string, number>(2);
  lru.set("a", 1);
  lru.set("b", 2);
  lru.get("a");
  lru.set("c", 3);
  assert.deepEqual(["a", "b", "c"].map((key) => lru.get(key)), [1, undefined, 3]);
});

Deno.test("Lru of size 0 or less keeps nothing", () => {
  for (const size of [0, -1]) {
    const lru = new Lru<string, number>(size);
    lru.set("a", 1);
    assert.equal(lru.get("a"), undefined);
  }
});
