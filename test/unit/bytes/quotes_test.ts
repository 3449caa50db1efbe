import assert from "node:assert/strict";
import fc from "fast-check";
import { writeUndoubled } from "../../../src/bytes/quotes.ts";

Deno.test("writeUndoubled() takes back the doubling of quotes, and leaves a single quote", () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('"', "a", "é", ",") }), (text) => {
    const from = new TextEncoder().encode(`"${text.replaceAll('"', '""')}"`);
    const to = new Uint8Array(from.length);
    assert.equal(new TextDecoder().decode(to.subarray(0, writeUndoubled(from, 1, from.length - 1, to, 0))), text);
  }));
  const to = new Uint8Array(8);
  assert.equal(new TextDecoder().decode(to.subarray(0, writeUndoubled(new TextEncoder().encode('a"b"""'), 0, 6, to, 0))), 'a"b""');
});
