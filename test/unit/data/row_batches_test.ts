import assert from "node:assert/strict";
import fc from "fast-check";
import { batchesOfRows } from "../../../src/data/row_batches.ts";
import { recordAt } from "../../../src/data/row_view.ts";
import type { SourceRecord } from "../../../src/data/record.ts";
import { primitiveSchema, Struct, structSchema, type Value } from "../../../src/data/schema.ts";

const text = primitiveSchema("STRING", { optional: true });
const row = structSchema([["a", text], ["b", text]]);
const otherRow = structSchema([["a", text], ["b", text]]);

function record(parts: Partial<SourceRecord>): SourceRecord {
  return {
    topic: "t",
    partition: null,
    keySchema: null,
    key: null,
    valueSchema: null,
    value: null,
    timestamp: null,
    headers: [],
    sourcePartition: { file: "a" },
    sourceOffset: { line: 1 },
    ...parts,
  };
}

const value = fc.constantFrom<readonly [SourceRecord["valueSchema"], Value]>(
  [row, new Struct(row, ["x", null])],
  [row, new Struct(row, [null, "y"])],
  [row, new Struct(otherRow, ["x", "y"])],
  [row, null],
  [text, "plain"],
  [null, 5n],
  [null, null],
);
const anyRecord = fc.record({
  value,
  topic: fc.constantFrom("t", "u"),
  partition: fc.constantFrom(null, 0, 3),
  timestamp: fc.constantFrom(null, 5),
  file: fc.constantFrom("a", "b"),
  headers: fc.constantFrom([], [{ name: "h", schema: text, value: "x" }], [{ name: "h", schema: text, value: "y" }]),
  line: fc.nat(),
}).map(({ value: [valueSchema, value], file, line, ...rest }) =>
  record({ ...rest, valueSchema, value, sourcePartition: { file }, sourceOffset: { line } })
);

Deno.test("batchesOfRows() keeps every record, in order", () => {
  fc.assert(fc.property(fc.array(anyRecord), (records) => {
    const back = batchesOfRows(records).flatMap((batch) => Array.from({ length: batch.rows }, (_, i) => recordAt(batch, i)));
    assert.deepEqual(back, records);
  }));
});

Deno.test("batchesOfRows() makes one batch of records alike, with a column per field, and constants where all are equal", () => {
  const records = [["x", "1"], ["x", "2"]].map((values) => record({ valueSchema: row, value: new Struct(row, values) }));
  const [batch, ...more] = batchesOfRows(records);
  assert.equal(more.length, 0);
  assert.deepEqual(batch?.value.columns, [{ kind: "values", data: ["x", "x"] }, { kind: "values", data: ["1", "2"] }]);
  assert.deepEqual(batch?.key.columns, [{ kind: "constant", value: null }]);
});

Deno.test("batchesOfRows() begins a batch where schema, source partition, headers or timestamps change", () => {
  const changes: readonly Partial<SourceRecord>[] = [
    {},
    { valueSchema: text },
    { keySchema: text },
    { sourcePartition: { file: "b" } },
    { timestamp: 5 },
    { headers: [{ name: "h", schema: null, value: null }] },
  ];
  for (const change of changes) {
    assert.equal(batchesOfRows([record({}), record(change)]).length, change === changes[0] ? 1 : 2, JSON.stringify(change));
  }
  assert.deepEqual(batchesOfRows([]), []);
});
