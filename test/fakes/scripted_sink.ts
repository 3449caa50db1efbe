/** A sink that keeps what it is given, and does what a test has written down beforehand. */
import { liveRow, liveRows, type SinkBatch } from "../../src/data/batch.ts";
import type { PartitionOffset, SinkRecord, TopicPartition } from "../../src/data/record.ts";
import { sinkRecordAt } from "../../src/data/row_view.ts";
import { field } from "../../src/config/field.ts";
import { type AnySink, defineSink, type SinkContext, type SinkTask } from "../../src/sdk/sink.ts";
import { nameOf } from "./fake_consumer.ts";

export const SCRIPTED_SINK = "test.ScriptedSinkConnector";

/** What a put does besides keeping what it got: throws, waits, reports. */
export type PutStep = (batches: readonly SinkBatch[]) => void | Promise<void>;

/** The sink and what happened to it. */
export class ScriptedSink {
  /** Calls in order: `put a b`, `flush t-0=2`, `open t-0`, … A put is noted when it begins. */
  readonly events: string[] = [];
  /** Records whose put returned. */
  readonly kept: SinkRecord[] = [];
  /** What the next puts do; later ones just keep. */
  readonly steps: PutStep[] = [];
  /** What flush does. */
  flushing: ((offsets: readonly PartitionOffset[]) => void | Promise<void>) | undefined;
  /** Set: the task has `preCommit` in place of `flush`. */
  preCommit: ((offsets: readonly PartitionOffset[]) => readonly PartitionOffset[] | Promise<readonly PartitionOffset[]>) | undefined;
  opening: ((partitions: readonly TopicPartition[]) => void | Promise<void>) | undefined;
  closing: ((partitions: readonly TopicPartition[]) => void | Promise<void>) | undefined;
  starting: (() => void | Promise<void>) | undefined;
  stopping: (() => void | Promise<void>) | undefined;
  readsHeaders = false;
  /** Set once started. */
  started: SinkContext | undefined;
  /** Calls under way: never more than one. */
  #calls = 0;

  get context(): SinkContext {
    if (this.started === undefined) throw new Error("the sink was not started");
    return this.started;
  }

  /** Values whose put returned. */
  get values(): readonly unknown[] {
    return this.kept.map((record) => record.value);
  }

  /** A definition whose tasks are this sink. */
  get definition(): AnySink {
    return defineSink({
      class: SCRIPTED_SINK,
      taskClass: "test.ScriptedSinkTask",
      version: "1",
      summary: "For tests.",
      config: { "password": field.password({ importance: "HIGH", default: null, doc: "Secret." }) },
      readsHeaders: this.readsHeaders,
      split: (_config, raw) => [raw],
      start: async (_config, context) => {
        this.started = context;
        this.events.push("start");
        await this.starting?.();
        return this.#task();
      },
    });
  }

  #task(): SinkTask {
    const { preCommit } = this;
    const named = (partitions: readonly TopicPartition[]) => partitions.map(nameOf).join(" ");
    const offsetsOf = (offsets: readonly PartitionOffset[]) => offsets.map((each) => `${nameOf(each)}=${each.offset}`).join(" ");
    return {
      open: (partitions) => this.#alone(`open ${named(partitions)}`, () => this.opening?.(partitions)),
      put: (batches) => this.#put(batches),
      flush: (offsets) => this.#alone(`flush ${offsetsOf(offsets)}`, () => this.flushing?.(offsets)),
      ...(preCommit === undefined ? {} : {
        preCommit: (offsets) => this.#alone(`preCommit ${offsetsOf(offsets)}`, () => preCommit(offsets)),
      }),
      close: (partitions) => this.#alone(`close ${named(partitions)}`, () => this.closing?.(partitions)),
      stop: () => this.#alone("stop", () => this.stopping?.()),
    };
  }

  #put(batches: readonly SinkBatch[]): void | Promise<void> {
    const records = batches.flatMap((batch) => Array.from({ length: liveRows(batch) }, (_, i) => sinkRecordAt(batch, liveRow(batch, i))));
    const step = this.steps.shift();
    const keep = () => {
      // Whoever released the bytes too early shows here.
      const again = batches.flatMap((batch) =>
        Array.from({ length: liveRows(batch) }, (_, i) => sinkRecordAt(batch, liveRow(batch, i)).value)
      );
      if (again.join() !== records.map(({ value }) => value).join()) throw new Error("records changed during their put");
      this.kept.push(...records);
    };
    return this.#alone(`put ${records.map(({ value }) => value).join(" ")}`, () => {
      const done = step?.(batches);
      return done instanceof Promise ? done.then(keep) : keep();
    });
  }

  /** Notes a call, and that it does not meet another. */
  #alone<T>(what: string, call: () => T | Promise<T>): T | Promise<T> {
    this.events.push(what);
    if (this.#calls > 0) throw new Error(`"${what}" while the task is in another call`);
    this.#calls++;
    let result: T | Promise<T>;
    try {
      result = call();
    } catch (error) {
      this.#calls--;
      throw error;
    }
    if (result instanceof Promise) return result.finally(() => this.#calls--);
    this.#calls--;
    return result;
  }
}
