import assert from "node:assert/strict";
import fc from "fast-check";
import { liveRow, liveRows, type RecordBatch } from "../../../src/data/batch.ts";
import { keepRows, sliceLive, withoutFailures } from "../../../src/data/selection.ts";
import { anyBatch } from "../../fakes/random_batches.ts";

function live(batch: RecordBatch): number[] {
  return Array.from({ length: liveRows(batch) }, (_, i) => liveRow(batch, i));
}

Deno.test("keepRows() leaves the live rows that are wanted, in order, and the given batch as it was", () => {
  fc.assert(fc.property(anyBatch, fc.func(fc.boolean()), ({ batch }, keep) => {
    const before = live(batch);
    const kept = keepRows(batch, (row) => keep(row));
    assert.deepEqual(live(kept), before.filter((row) => keep(row)));
    assert.deepEqual(live(batch), before);
  }));
});

Deno.test("keepRows() gives the batch itself when all stay", () => {
  fc.assert(fc.property(anyBatch, ({ batch }) => assert.equal(keepRows(batch, () => true), batch)));
});

Deno.test("withoutFailures() takes out exactly the rows that failed", () => {
  fc.assert(fc.property(anyBatch, fc.array(fc.nat(5)), ({ batch }, failed) => {
    const failures = failed.map((row) => ({ row, stage: "TRANSFORMATION", component: "c", error: new Error("e") } as const));
    assert.deepEqual(live(withoutFailures({ ...batch, failures })), live(batch).filter((row) => !failed.includes(row)));
  }));
});

Deno.test("sliceLive() counts live rows, not rows", () => {
  fc.assert(fc.property(anyBatch, fc.nat(6), fc.nat(6), ({ batch }, a, b) => {
    const [from, to] = [a, b].map((each) => Math.min(each, liveRows(batch))).sort() as [number, number];
    assert.deepEqual(live(sliceLive(batch, from, to)), live(batch).slice(from, to));
  }));
});
