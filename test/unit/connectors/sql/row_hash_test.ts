import assert from "node:assert/strict";
import fc from "fast-check";
import { hashNumber, mixCells, mixValue } from "../../../../connectors/sql/row_hash.ts";

/** The hash of a row of texts as they lie in a page. */
function hash(texts: readonly (string | null)[]): number {
  const bytes = new TextEncoder().encode(texts.join(""));
  const at = new Int32Array(2 * texts.length);
  let end = 0;
  for (const [i, text] of texts.entries()) {
    at[2 * i] = text === null ? -1 : end;
    end += new TextEncoder().encode(text ?? "").length;
    at[2 * i + 1] = end;
  }
  const running = { low: 0, high: 0 };
  mixCells(running, bytes, at, 0, at.length);
  return hashNumber(running);
}

Deno.test("mixCells() tells rows apart by where cells end, and nulls from texts", () => {
  const row = fc.array(fc.option(fc.string({ unit: "binary" }).map((text) => text.toWellFormed())), { maxLength: 5 });
  fc.assert(fc.property(row, row, (a, b) => assert.equal(hash(a) === hash(b), JSON.stringify(a) === JSON.stringify(b))));
  assert.notEqual(hash(["ab", "c"]), hash(["a", "bc"]));
  assert.notEqual(hash([null]), hash([""]));
});

Deno.test("mixCells() and mixValue() tell a hundred thousand values apart", () => {
  const seen = new Set<number>();
  for (let i = 0; i < 50_000; i++) {
    seen.add(hash([`user${i}@example.com`]));
    const running = { low: 0, high: 0 };
    mixValue(running, i);
    seen.add(hashNumber(running));
  }
  assert.equal(seen.size, 100_000);
});
