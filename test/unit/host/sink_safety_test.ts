/** Whatever the group, the database and Kafka do, in any order: no record is lost, and nothing is committed before its put returned. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { PartitionOffset, SinkRecord } from "../../../src/data/record.ts";
import { ConnectError, RetriableError } from "../../../src/sdk/errors.ts";
import type { FakeConsumer } from "../../fakes/fake_consumer.ts";
import { nameOf } from "../../fakes/fake_consumer.ts";
import { type PutStep, ScriptedSink } from "../../fakes/scripted_sink.ts";
import { OneSink, partitionsOf } from "./one_sink.ts";

const PARTITIONS = [0, 1, 2];

/** What happens next. Numbers are partitions, milliseconds or counts. */
type Move =
  | { readonly do: "write"; readonly partition: number; readonly count: number }
  | { readonly do: "assign" | "revoke" | "lose"; readonly partition: number }
  | { readonly do: "advance"; readonly ms: number }
  | { readonly do: "finish" | "retry" | "failFlush" | "failCommit" | "pause" | "resume" };

const partition = fc.constantFrom(...PARTITIONS);
const anyMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("write" as const), partition, count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("assign" as const, "revoke" as const, "lose" as const), partition }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.constantFrom(0, 50, 400, 1000, 3000) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "finish" as const,
        "retry" as const,
        "failFlush" as const,
        "failCommit" as const,
        "pause" as const,
        "resume" as const,
      ),
    }),
  },
);

/** A sink whose puts end when the test says so, and the judge of what is committed. */
class Scene {
  readonly sink = new ScriptedSink();
  readonly task: OneSink;
  readonly assigned = new Set<number>();
  #violation: { readonly error: unknown } | undefined;
  #ending: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
  readonly #step: PutStep = () =>
    new Promise((resolve, reject) => {
      this.#ending = { resolve, reject };
    });

  /** How many of the kept records are durable: those put before the last flush. */
  #durable = 0;
  #flushFails = false;

  constructor() {
    this.sink.flushing = () => {
      if (this.#flushFails) {
        // What a database has not committed is gone.
        this.sink.kept.splice(this.#durable);
        this.#flushFails = false;
        throw new ConnectError("disk full");
      }
      this.#durable = this.sink.kept.length;
    };
    this.sink.closing = (partitions) => {
      const closed = new Set(partitions.map(nameOf));
      const open = this.sink.kept.splice(this.#durable).filter(({ topic, partition }) => !closed.has(nameOf({ topic, partition })));
      this.sink.kept.push(...open);
    };
    for (let i = 0; i < 2000; i++) this.sink.steps.push(this.#step);
    this.task = new OneSink(this.sink, { partitions: 0, config: { "consumer.override.max.poll.records": "3" } });
  }

  async start(): Promise<void> {
    await this.task.start();
    const { consumer } = this.task;
    const commit = consumer.commit.bind(consumer);
    consumer.commit = (offsets) => {
      try {
        this.#judge(offsets, consumer);
      } catch (error) {
        // The loop logs what its last commit throws, and goes on.
        this.#violation ??= { error };
      }
      return commit(offsets);
    };
  }

  /** What was durable before this start. */
  begin(kept: readonly SinkRecord[]): void {
    this.sink.kept.push(...kept);
    this.#durable = kept.length;
  }

  async make(move: Move): Promise<void> {
    const { consumer, control } = this.task;
    switch (move.do) {
      case "write":
        for (let i = 0; i < move.count; i++) {
          const at = consumer.log.records.get(`t-${move.partition}`)?.length ?? 0;
          consumer.write("t", move.partition, `${move.partition}/${at}`);
        }
        break;
      case "assign":
        if (!this.assigned.has(move.partition)) consumer.assignNow(...partitionsOf(move.partition));
        this.assigned.add(move.partition);
        break;
      case "revoke":
        if (this.assigned.delete(move.partition)) consumer.revokeNow(...partitionsOf(move.partition));
        break;
      case "lose":
        if (this.assigned.delete(move.partition)) consumer.loseNow(...partitionsOf(move.partition));
        break;
      case "advance":
        await this.task.clock.advance(move.ms);
        break;
      case "finish":
        this.#ending?.resolve();
        this.#ending = undefined;
        break;
      case "retry":
        this.#ending?.reject(new RetriableError("busy", { retryAfterMs: 200 }));
        this.#ending = undefined;
        break;
      case "failFlush":
        this.#flushFails = true;
        break;
      case "failCommit":
        consumer.commitOutcomes.push({ ok: false, code: "X", message: "no", retriable: false });
        break;
      case "pause":
        control.pause();
        break;
      case "resume":
        control.resume();
        break;
    }
    for (let turn = 0; turn < 4; turn++) await this.task.clock.advance(0);
  }

  /** Throws when something was committed that may not be. */
  mustBeSafe(): void {
    if (this.#violation !== undefined) throw this.#violation.error;
  }

  /** All partitions come, nothing fails any more, all puts end: then everything that was written was put, and committed. */
  async end(): Promise<void> {
    const { consumer, control } = this.task;
    this.#flushFails = false;
    consumer.commitOutcomes.length = 0;
    control.resume();
    for (const each of PARTITIONS) await this.make({ do: "assign", partition: each });
    for (let i = 0; i < 60; i++) {
      await this.make({ do: "finish" });
      await this.make({ do: "advance", ms: 400 });
    }
    await this.task.stop();
    this.mustBeSafe();
    assert.equal(this.task.trace, "");
    for (const [name, records] of consumer.log.records) {
      assert.equal(consumer.log.committed.get(name), records.length, `${name} is committed to its end`);
      for (const { value } of records) assert.ok(this.sink.values.includes(value), `${value} was put`);
    }
    assert.equal(consumer.released, consumer.reads, "all memory went back");
  }

  /** Invariant 2. Partitions that are no longer ours are not committed either. */
  #judge(offsets: readonly PartitionOffset[], consumer: FakeConsumer): void {
    const kept = new Set(this.sink.values);
    for (const each of offsets) {
      assert.ok(consumer.assigned.includes(nameOf(each)), `${nameOf(each)} is committed while it is assigned`);
      const records = consumer.log.records.get(nameOf(each)) ?? [];
      for (const { value } of records.slice(0, each.offset)) assert.ok(kept.has(value), `${value} is committed before its put returned`);
    }
  }
}

Deno.test("SinkLoop loses no record and commits none before its put returned, whatever happens in whatever order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyMove, { minLength: 5, maxLength: 60 }), async (moves) => {
      const scene = new Scene();
      await scene.start();
      for (const move of moves) await scene.make(move);
      await scene.end();
    }),
    { numRuns: 150 },
  );
});

Deno.test("SinkLoop that is stopped at any moment has committed only what was put, and the next start puts the rest", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyMove, { minLength: 5, maxLength: 40 }), async (moves) => {
      const first = new Scene();
      await first.start();
      for (const move of moves) await first.make(move);
      first.task.control.stop(500);
      for (let i = 0; i < 3; i++) await first.task.advance(500);
      assert.equal(first.task.ended, true);
      first.mustBeSafe();
      const { records, committed } = first.task.kafka.log;
      const second = new Scene();
      await second.start();
      for (const [name, log] of records) second.task.kafka.log.records.set(name, log);
      for (const [name, offset] of committed) second.task.kafka.log.committed.set(name, offset);
      second.begin(first.sink.kept);
      await second.end();
    }),
    { numRuns: 60 },
  );
});
