import assert from "node:assert/strict";
import fc from "fast-check";
import type { SinkBatch } from "../../../src/data/batch.ts";
import { NULL_SIDE, type Side } from "../../../src/data/column.ts";
import { isAbsent, recordAt, sideAt, sinkRecordAt, SinkRowView } from "../../../src/data/row_view.ts";
import { primitiveSchema, structSchema } from "../../../src/data/schema.ts";
import { sliceSide } from "../../../src/data/selection.ts";
import { anyBatch } from "../../fakes/random_batches.ts";

const TEXT = primitiveSchema("STRING");

function sinkBatch(parts: Partial<SinkBatch> = {}): SinkBatch {
  return {
    rows: 2,
    select: null,
    topic: "renamed",
    partition: 3,
    timestamps: Float64Array.of(5, -1),
    key: { schema: TEXT, whole: true, columns: [{ kind: "values", data: ["k", null] }], absent: Uint8Array.of(0, 1) },
    value: NULL_SIDE,
    headers: [{ name: "h", schema: TEXT, column: { kind: "values", data: ["a", "b"] } }],
    failures: [],
    offsets: Float64Array.of(7, 9),
    timestampType: "CreateTime",
    origin: { topic: "t", partition: Int32Array.of(0, 1) },
    ...parts,
  };
}

Deno.test("sinkRecordAt() gives topic and partition as they are now and as they were read, and no schema to a key that is not there", () => {
  const common = { topic: "renamed", partition: 3, valueSchema: null, value: null, timestampType: "CreateTime", originalTopic: "t" };
  assert.deepEqual([sinkRecordAt(sinkBatch(), 0), sinkRecordAt(sinkBatch(), 1)], [
    {
      ...common,
      keySchema: TEXT,
      key: "k",
      timestamp: 5,
      headers: [{ name: "h", schema: TEXT, value: "a" }],
      offset: 7,
      originalPartition: 0,
    },
    {
      ...common,
      keySchema: null,
      key: null,
      timestamp: null,
      headers: [{ name: "h", schema: TEXT, value: "b" }],
      offset: 9,
      originalPartition: 1,
    },
  ]);
});

Deno.test("SinkRowView gives the records sinkRecordAt() gives, for any columns", () => {
  fc.assert(fc.property(anyBatch, ({ batch }) => {
    const { position: _, token: _token, ...columns } = batch;
    const offsets = Float64Array.from({ length: batch.rows }, (_, i) => i);
    const sink: SinkBatch = { ...columns, partition: 0, offsets, timestampType: "CreateTime", origin: { topic: "t", partition: 0 } };
    const view = new SinkRowView(sink);
    for (let row = 0; row < batch.rows; row++) {
      assert.deepEqual(view.record(row), sinkRecordAt(sink, row));
      assert.deepEqual([view.key(row), view.rowValue(row)], [sinkRecordAt(sink, row).key, recordAt(batch, row).value]);
    }
  }));
});

Deno.test("sideAt() is null for a row that has no value at all, whatever its cells hold", () => {
  const schema = structSchema([["a", TEXT]]);
  const side: Side = { schema, whole: false, columns: [{ kind: "values", data: ["x", "left over"] }], absent: Uint8Array.of(0, 1) };
  assert.notEqual(sideAt(side, 0), null);
  assert.deepEqual([sideAt(side, 1), isAbsent(side, 1), isAbsent(side, 0)], [null, true, false]);
});

Deno.test("sliceSide() shows the same values at rows counted from its start", () => {
  fc.assert(fc.property(anyBatch, fc.nat(), fc.nat(), ({ batch }, a, b) => {
    const from = a % (batch.rows + 1);
    const to = from + b % (batch.rows - from + 1);
    const absent = Uint8Array.from({ length: batch.rows }, (_, i) => i % 3 === 1 ? 1 : 0);
    for (const side of [batch.key, batch.value, { ...batch.value, absent }]) {
      const slice = sliceSide(side, batch.rows, from, to);
      for (let row = from; row < to; row++) {
        assert.deepEqual(sideAt(slice, row - from), sideAt(side, row));
        assert.equal(isAbsent(slice, row - from), isAbsent(side, row));
      }
    }
  }));
});
