import assert from "node:assert/strict";
import fc from "fast-check";
import type { SourceOffset, SourcePartition } from "../../../src/data/record.ts";
import { AckedOffsets, type Delivery, LAST_BATCH_NUMBER } from "../../../src/host/acked_offsets.ts";

const partition: SourcePartition = { file: "a.csv" };

Deno.test("AckedOffsets.take() holds back a batch behind an unacknowledged one", () => {
  const offsets = new AckedOffsets();
  offsets.sent(1, partition, { offset: 500 }, 500);
  offsets.sent(2, partition, { offset: 1000 }, 500);
  offsets.acked(2, 500);
  assert.deepEqual(offsets.take(), new Map());
  offsets.acked(1, 500);
  assert.deepEqual(offsets.take(), new Map([[partition, { offset: 1000 }]]));
});

Deno.test("AckedOffsets.take() gives a position once", () => {
  const offsets = new AckedOffsets();
  offsets.sent(1, partition, { offset: 1 }, 1);
  assert.equal(offsets.hasReached, false);
  assert.equal(offsets.acked(1, 1), true);
  assert.equal(offsets.hasReached, true);
  assert.equal(offsets.take().size, 1);
  assert.equal(offsets.take().size, 0);
  assert.equal(offsets.hasReached, false);
});

Deno.test("AckedOffsets.acked() says when the last row of a batch is done", () => {
  const offsets = new AckedOffsets();
  offsets.sent(1, partition, { offset: 3 }, 3);
  assert.equal(offsets.acked(1, 1), false);
  assert.equal(offsets.acked(1, 2), true);
});

Deno.test("AckedOffsets.sent() with no rows is done as soon as all before it are", () => {
  const offsets = new AckedOffsets();
  offsets.sent(1, partition, { offset: 1 }, 1);
  offsets.sent(2, partition, { offset: 2 }, 0);
  assert.equal(offsets.take().size, 0);
  offsets.acked(1, 1);
  assert.deepEqual([...offsets.take().values()], [{ offset: 2 }]);
  offsets.sent(3, partition, { offset: 3 }, 0);
  assert.deepEqual([...offsets.take().values()], [{ offset: 3 }]);
});

Deno.test("AckedOffsets takes equal partition maps for one, whatever the order of their keys", () => {
  const offsets = new AckedOffsets();
  offsets.sent(1, { a: 1, b: 2 }, { offset: 1 }, 1);
  offsets.sent(2, { b: 2, a: 1 }, { offset: 2 }, 1);
  offsets.acked(2, 1);
  assert.equal(offsets.take().size, 0);
});

Deno.test("AckedOffsets lets one partition go on while another waits", () => {
  const offsets = new AckedOffsets();
  const other = { file: "b.csv" };
  offsets.sent(1, partition, { offset: 1 }, 1);
  for (let number = 2; number < 500; number++) {
    offsets.sent(number, other, { offset: number }, 1);
    offsets.acked(number, 1);
  }
  assert.deepEqual(offsets.take(), new Map([[other, { offset: 499 }]]));
  offsets.acked(1, 1);
  assert.deepEqual(offsets.take(), new Map([[partition, { offset: 1 }]]));
});

Deno.test("AckedOffsets goes on after the last batch number with the first", () => {
  const offsets = new AckedOffsets();
  offsets.sent(LAST_BATCH_NUMBER, partition, { offset: 1 }, 1);
  offsets.sent(1, partition, { offset: 2 }, 1);
  offsets.acked(1, 1);
  assert.equal(offsets.take().size, 0);
  offsets.acked(LAST_BATCH_NUMBER, 1);
  assert.deepEqual([...offsets.take().values()], [{ offset: 2 }]);
});

Deno.test("AckedOffsets.takeDelivered() gives tokens in order, each once, when all parts are done", () => {
  const offsets = new AckedOffsets();
  const first: Delivery = { token: "first", pending: 2 };
  offsets.sent(1, partition, null, 1, first);
  offsets.sent(2, partition, { offset: 1 }, 1, first);
  offsets.sent(3, partition, { offset: 2 }, 1, { token: "second", pending: 1 });
  offsets.acked(3, 1);
  offsets.acked(2, 1);
  assert.deepEqual(offsets.takeDelivered(), []);
  assert.equal(offsets.hasDelivered, false);
  offsets.acked(1, 1);
  assert.equal(offsets.hasDelivered, true);
  assert.deepEqual(offsets.takeDelivered(), ["first", "second"]);
  assert.deepEqual(offsets.takeDelivered(), []);
});

Deno.test("AckedOffsets refuses reports for what it does not track, and numbers out of order", () => {
  const offsets = new AckedOffsets();
  assert.throws(() => offsets.acked(1, 1), RangeError);
  offsets.sent(1, partition, { offset: 1 }, 2);
  assert.throws(() => offsets.acked(1, 3), RangeError);
  assert.throws(() => offsets.acked(2, 1), RangeError);
  assert.throws(() => offsets.sent(3, partition, { offset: 1 }, 2), RangeError);
  offsets.acked(1, 2);
  assert.throws(() => offsets.acked(1, 1), RangeError);
});

/** A step of a random run: send to a partition, acknowledge some rows of the n-th unfinished batch, or take. */
type Step =
  | { readonly do: "send"; readonly partition: number; readonly rows: number }
  | { readonly do: "ack"; readonly which: number; readonly rows: number }
  | { readonly do: "take" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("send" as const), partition: fc.nat(3), rows: fc.nat(5) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("ack" as const), which: fc.nat(200), rows: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("take" as const) }) },
);

/** The obvious twin: per partition a list of batches, searched from its start. */
class PlainOffsets {
  readonly batches: { number: number; partition: number; left: number }[] = [];
  readonly stored = new Map<number, number>();

  committable(partition: number): number | undefined {
    let last: number | undefined;
    for (const batch of this.batches) {
      if (batch.partition !== partition) continue;
      if (batch.left > 0) break;
      last = batch.number;
    }
    return last;
  }
}

Deno.test("AckedOffsets stores the longest acknowledged prefix of every partition, whatever the order of reports", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 400 }), fc.boolean(), (steps, nearWrap) => {
    const start = nearWrap ? LAST_BATCH_NUMBER - 20 : 1;
    const numberOf = (index: number) => (start - 1 + index) % LAST_BATCH_NUMBER + 1;
    const offsets = new AckedOffsets();
    const twin = new PlainOffsets();
    const delivered: number[] = [];
    const take = () => {
      for (const [source, offset] of offsets.take()) twin.stored.set(source["p"] as number, (offset as SourceOffset)["n"] as number);
      delivered.push(...offsets.takeDelivered() as number[]);
    };
    for (const what of steps) {
      if (what.do === "take") take();
      if (what.do === "send") {
        const index = twin.batches.length;
        twin.batches.push({ number: index, partition: what.partition, left: what.rows });
        offsets.sent(numberOf(index), { p: what.partition }, { n: index }, what.rows, { token: index, pending: 1 });
      }
      if (what.do === "ack") {
        const unfinished = twin.batches.filter((batch) => batch.left > 0);
        const batch = unfinished[what.which % Math.max(unfinished.length, 1)];
        if (batch === undefined) continue;
        const rows = Math.min(what.rows, batch.left);
        batch.left -= rows;
        assert.equal(offsets.acked(numberOf(batch.number), rows), batch.left === 0);
      }
    }
    take();
    for (let source = 0; source <= 3; source++) {
      assert.equal(twin.stored.get(source), twin.committable(source));
      const told = delivered.filter((index) => twin.batches[index]?.partition === source);
      const expected = twin.batches.filter((batch) => batch.partition === source && batch.number <= (twin.committable(source) ?? -1));
      assert.deepEqual(told, expected.map((batch) => batch.number));
    }
  }));
});

Deno.test("AckedOffsets.sourceOf() names partition and position of a batch, without our own notes", () => {
  const offsets = new AckedOffsets();
  offsets.sent(1, partition, null, 2);
  offsets.sent(2, partition, { offset: 7, "sluice.length": 3 }, 2);
  assert.equal(offsets.sourceOf(1), 'source partition {"file":"a.csv"}');
  assert.equal(offsets.sourceOf(2), 'source partition {"file":"a.csv"}, up to offset {"offset":7}');
});
