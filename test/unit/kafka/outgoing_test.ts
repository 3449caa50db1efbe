import assert from "node:assert/strict";
import fc from "fast-check";
import { NativeArena, textAt } from "../../../src/kafka/memory.ts";
import {
  constantHeaderBytes,
  ENTRY_BYTES,
  EntryArray,
  MessageArray,
  type OutgoingRecords,
  recordBytes,
} from "../../../src/kafka/outgoing.ts";

const bytes = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null });
const record = fc.record({
  key: bytes,
  value: bytes,
  partition: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  timestamp: fc.integer({ min: 0, max: 8.64e15 }),
  header: bytes,
});
type Case = { key: Uint8Array | null; value: Uint8Array | null; partition: number; timestamp: number; header: Uint8Array | null };

/** The cases in an arena, as a converter would leave them. */
function written(cases: readonly Case[], arena: NativeArena): OutgoingRecords {
  const put = (field: "key" | "value" | "header") =>
    Int32Array.from(cases.flatMap((each) => {
      const content = each[field];
      if (content === null) return [0, -1];
      const start = arena.used;
      arena.reserve(content.length);
      arena.bytes.set(content, start);
      arena.used += content.length;
      return [start, content.length];
    }));
  const [keys, values, slices] = [put("key"), put("value"), put("header")];
  const headers = [{ name: "constant é", slices: slices.slice(0, 2), constant: true }, { name: "own", slices, constant: false }];
  const partition = Int32Array.from(cases, (each) => each.partition);
  const timestamps = Float64Array.from(cases, (each) => each.timestamp);
  return { topic: "t", count: cases.length, keys, values, partition, timestamps, headers, batch: 77 };
}

/** The structure's memory as C sees it. */
function viewOf(address: bigint, entries: number): DataView {
  const pointer = Deno.UnsafePointer.create(address);
  assert.ok(pointer !== null);
  return new DataView(Deno.UnsafePointerView.getArrayBuffer(pointer, entries * ENTRY_BYTES));
}

/** What an address and a size in the structure point at. */
function sliceAt(view: DataView, at: number): number[] | null {
  const pointer = Deno.UnsafePointer.create(view.getBigUint64(at, true));
  const length = Number(view.getBigUint64(at + 8, true));
  if (pointer === null) return length === 0 ? null : assert.fail("a null with a length") as never;
  return length === 0 ? [] : [...new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, length))];
}

const listed = (content: Uint8Array | null) => content === null ? null : [...content];

Deno.test("MessageArray.fill() lays records out as rd_kafka_message_t", () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 30 }), fc.nat(5), (cases, skip) => {
      const arena = new NativeArena();
      const from = Math.min(skip, cases.length - 1);
      const messages = new MessageArray();
      messages.fill(written(cases, arena), from, cases.length, arena.memory, Int32Array.from(cases, (_, i) => 1000 + i));
      const view = viewOf(messages.address, cases.length - from);
      for (let i = from; i < cases.length; i++) {
        const at = (i - from) * ENTRY_BYTES;
        const expected = cases[i] as Case;
        assert.deepEqual(sliceAt(view, at + 24), listed(expected.value));
        assert.deepEqual(sliceAt(view, at + 40), listed(expected.key));
        assert.equal(view.getInt32(at + 16, true), expected.partition);
        assert.equal(view.getInt32(at + 64, true), 77);
        assert.equal(view.getInt32(at + 68, true), 1000 + i);
      }
      messages.release();
      arena.release();
    }),
    { numRuns: 60 },
  );
});

Deno.test("MessageArray.fill() takes more records than fitted before", () => {
  const arena = new NativeArena();
  const cases = Array.from({ length: 5000 }, (_, i): Case => ({
    key: null,
    value: Uint8Array.of(i & 255),
    partition: 0,
    timestamp: 0,
    header: null,
  }));
  const messages = new MessageArray();
  messages.fill(written(cases, arena), 0, 5000, arena.memory, new Int32Array(5000));
  assert.deepEqual(sliceAt(viewOf(messages.address, 5000), 4999 * ENTRY_BYTES + 24), [4999 & 255]);
  messages.release();
  arena.release();
});

/** Entries by kind: the numbers are rd_kafka_vtype_t's. */
function entriesOf(entries: EntryArray): Map<number, DataView[]> {
  const view = viewOf(entries.address, Number(entries.count));
  const found = new Map<number, DataView[]>();
  for (let at = 0; at < view.byteLength; at += ENTRY_BYTES) {
    const kind = view.getInt32(at, true);
    found.set(kind, [...(found.get(kind) ?? []), new DataView(view.buffer, at + 8, ENTRY_BYTES - 8)]);
  }
  return found;
}

Deno.test("EntryArray.aim() rewrites exactly what differs from record to record", () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (cases) => {
      const arena = new NativeArena();
      const records = written(cases, arena);
      const entries = new EntryArray();
      entries.prepare(records, 0xffff_8000_1234n, 2, arena.memory);
      cases.forEach((expected, i) => {
        entries.aim(records, i, arena.memory, 55);
        const found = entriesOf(entries);
        const one = (kind: number) => found.get(kind)?.[0] ?? assert.fail(`no entry of kind ${kind}`);
        assert.equal(one(2).getBigUint64(0, true), 0xffff_8000_1234n);
        assert.equal(one(3).getInt32(0, true), expected.partition);
        assert.deepEqual(sliceAt(one(4), 0), listed(expected.value));
        assert.deepEqual(sliceAt(one(5), 0), listed(expected.key));
        assert.deepEqual([one(6).getInt32(0, true), one(6).getInt32(4, true)], [77, 55]);
        assert.equal(one(7).getInt32(0, true), 2);
        assert.equal(one(8).getBigInt64(0, true), BigInt(expected.timestamp));
        const [constant, own] = found.get(9) ?? [];
        assert.ok(constant !== undefined && own !== undefined);
        assert.deepEqual([textAt(constant.getBigUint64(0, true)), textAt(own.getBigUint64(0, true))], ["constant é", "own"]);
        assert.deepEqual(sliceAt(constant, 8), listed((cases[0] as Case).header));
        assert.deepEqual(sliceAt(own, 8), listed(expected.header));
      });
      entries.release();
      arena.release();
    }),
    { numRuns: 40 },
  );
});

Deno.test("EntryArray.prepare() leaves out what records do not have, and takes any number of headers", () => {
  const arena = new NativeArena();
  const entries = new EntryArray();
  const plain = {
    ...written([{ key: null, value: null, partition: 0, timestamp: 0, header: null }], arena),
    timestamps: null,
    partition: 4,
  };
  entries.prepare({ ...plain, headers: [] }, 1n, 2, arena.memory);
  assert.deepEqual([...entriesOf(entries).keys()].sort(), [2, 3, 4, 5, 6, 7]);
  const headers = Array.from({ length: 200 }, (_, i) => ({ name: `h${i}`, slices: Int32Array.of(0, -1), constant: true }));
  entries.prepare({ ...plain, headers }, 1n, 2, arena.memory);
  assert.equal(entriesOf(entries).get(9)?.length, 200);
  entries.release();
  arena.release();
});

Deno.test("recordBytes() counts keys, values, header names and values, and nothing for nulls", () => {
  const headers = [
    { name: "ab", slices: Int32Array.of(0, 5), constant: true },
    { name: "c", slices: Int32Array.of(0, 7, 0, -1), constant: false },
  ];
  const records = {
    topic: "t",
    count: 2,
    keys: Int32Array.of(0, 3, 0, -1),
    values: Int32Array.of(0, 10, 0, 20),
    partition: 0,
    timestamps: null,
    headers,
    batch: 1,
  };
  const constant = constantHeaderBytes(headers);
  assert.equal(constant, 2 + 5 + 1);
  assert.equal(recordBytes(records, 0, constant), 8 + 3 + 10 + 7);
  assert.equal(recordBytes(records, 1, constant), 8 + 20);
});
