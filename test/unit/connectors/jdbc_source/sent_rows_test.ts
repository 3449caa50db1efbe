import assert from "node:assert/strict";
import fc from "fast-check";
import { SentRows } from "../../../../connectors/jdbc_source/sent_rows.ts";

/** One whole reading; the hashes that were new. */
function read(sent: SentRows, hashes: readonly number[]): number[] {
  sent.beginReading();
  const found = hashes.filter((hash, i) => sent.take(hash, i * 100));
  sent.endReading();
  return found;
}

/** What `after` has more than `before`, in order. */
function surplus(before: readonly number[], after: readonly number[]): number[] {
  const left = [...before];
  return after.filter((hash) => !left.includes(hash) || !left.splice(left.indexOf(hash), 1));
}

Deno.test("SentRows gives what a reading has more than the one before, by number, also after a restart", () => {
  const reading = fc.array(fc.nat({ max: 20 }), { maxLength: 60 });
  fc.assert(fc.property(fc.array(reading, { minLength: 1, maxLength: 5 }), (readings) => {
    let sent = new SentRows(1e9);
    let before: readonly number[] = [];
    for (const [i, hashes] of readings.entries()) {
      // 0 and 1 share a place.
      const own = hashes.map((hash) => hash + 1);
      assert.deepEqual(read(sent, own).sort(), surplus(before, own).sort());
      before = own;
      if (i % 2 === 0) continue;
      const note = sent.note();
      assert.ok(note !== null);
      sent = new SentRows(1e9);
      sent.restore(note, 6000);
    }
  }));
});

Deno.test("SentRows: what a reading that was given up has sent is not sent again, what it has passed by is", () => {
  const sent = new SentRows(1e9);
  assert.deepEqual(read(sent, [5, 6, 7]), [5, 6, 7]);
  sent.beginReading();
  assert.ok(!sent.take(6, 200));
  assert.ok(sent.take(6, 200));
  sent.beginReading();
  assert.ok(sent.take(5, 0));
  assert.ok(!sent.take(6, 200));
  assert.ok(!sent.take(6, 200));
  assert.ok(!sent.take(7, 200));
});

Deno.test("SentRows notes two hundred rows and no more", () => {
  for (const count of [200, 201]) {
    const sent = new SentRows(1e9);
    read(sent, Array.from({ length: count }, () => 7));
    assert.equal(sent.note() === null, count > 200);
  }
});

Deno.test("SentRows keeps a million rows, says what it forgot, and forgets by timestamp", () => {
  const sent = new SentRows(1e9);
  sent.beginReading();
  for (let i = 1; i <= 1_100_000; i++) assert.ok(sent.take(i * 1_000_003, i));
  sent.endReading();
  assert.ok(sent.forgottenMs > 0 && sent.forgottenMs <= 150_000);
  sent.beginReading();
  assert.ok(!sent.take(1_100_000 * 1_000_003, 1_100_000));
  sent.forgetBefore(1_200_000);
  assert.ok(sent.take(1_100_000 * 1_000_003, 1_100_000));
});
