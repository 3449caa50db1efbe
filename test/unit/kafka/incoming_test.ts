import assert from "node:assert/strict";
import { type IncomingRecords, RecordPool } from "../../../src/kafka/incoming.ts";

const encoder = new TextEncoder();

/** Puts text at the end of the region. */
function place(records: IncomingRecords, text: string): [at: number, length: number] {
  const bytes = encoder.encode(text);
  records.region.reserve(bytes.length);
  const at = records.region.used;
  records.region.bytes.set(bytes, at);
  records.region.used += bytes.length;
  return [at, bytes.length];
}

function header(records: IncomingRecords, name: string, value: string | null): void {
  const nameSlice = place(records, name);
  const [at, length] = value === null ? [0, -1] : place(records, value);
  records.addHeader(...nameSlice, at, length);
}

Deno.test("IncomingRecords.headers() belong to their record, in order", () => {
  const records = new RecordPool().take(10, 1000);
  header(records, "a", "1");
  header(records, "a", "2");
  records.endHeaders(0);
  records.endHeaders(1);
  header(records, "é", null);
  header(records, "", "");
  records.endHeaders(2);
  const found = [0, 1, 2].map((i) =>
    records.headers(i).map(({ name, value }) => [name, value === null ? null : new TextDecoder().decode(value)])
  );
  assert.deepEqual(found, [[["a", "1"], ["a", "2"]], [], [["é", null], ["", ""]]]);
  records.release();
});

Deno.test("IncomingRecords.headers() are copies, and grow beyond any first guess", () => {
  const records = new RecordPool().take(1, 1000);
  for (let i = 0; i < 5000; i++) header(records, `n${i}`, `v${i}`);
  records.endHeaders(0);
  const headers = records.headers(0);
  records.region.bytes.fill(0);
  assert.equal(headers.length, 5000);
  headers.forEach(({ name, value }, i) => assert.deepEqual([name, new TextDecoder().decode(value ?? undefined)], [`n${i}`, `v${i}`]));
  records.release();
});

Deno.test("RecordPool.take() gives what was released, emptied", () => {
  const pool = new RecordPool();
  const first = pool.take(100, 1000);
  first.count = 5;
  header(first, "a", "1");
  first.endHeaders(0);
  first.release();
  const again = pool.take(50, 1000);
  assert.equal(again, first);
  assert.deepEqual([again.count, again.region.used], [0, 0]);
  again.endHeaders(0);
  assert.deepEqual(again.headers(0), []);
  assert.notEqual(pool.take(50, 1000), again);
});

Deno.test("RecordPool.take() makes columns for as many records as are asked for", () => {
  const pool = new RecordPool();
  pool.take(10, 1000).release();
  const larger = pool.take(1000, 1000);
  assert.equal(larger.capacity, 1000);
  assert.equal(larger.keys.length, 2000);
});

Deno.test("RecordPool keeps three at most, and none that was released twice", () => {
  const pool = new RecordPool();
  const lent = Array.from({ length: 6 }, () => pool.take(10, 1000));
  for (const records of lent) {
    records.release();
    records.release();
  }
  assert.equal(pool.idleBytes, 3 * (lent[0]?.region.bytes.length ?? 0));
  assert.equal(new Set(lent.map(() => pool.take(10, 1000))).size, 6);
});

Deno.test("RecordPool keeps no arena that a huge record has grown, but one that is asked for again and again", () => {
  const pool = new RecordPool();
  const huge = pool.take(10, 1000);
  huge.region.reserve(50 << 20);
  huge.release();
  assert.equal(pool.idleBytes, 0);
  const usual = pool.take(10, 8 << 20);
  usual.region.reserve(8 << 20);
  usual.release();
  assert.equal(pool.idleBytes, usual.region.bytes.length);
});

Deno.test("RecordPool.close() lets go of everything, also of what comes back later", () => {
  const pool = new RecordPool();
  const early = pool.take(10, 1000);
  const late = pool.take(10, 1000);
  early.release();
  pool.close();
  late.release();
  assert.equal(pool.idleBytes, 0);
});
