/** What every source connector of the registry must do, whatever it reads. */
import assert from "node:assert/strict";
import { type AnySource, type Field, recordAt, type RecordBatch, type SourceOffset, type SourceRecord, type SourceTask, Struct } from "sdk";
import { connectors } from "../../connectors/registry.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { liveRow, liveRows } from "../../src/data/batch.ts";
import { batchesOfRows } from "../../src/data/row_batches.ts";
import { offsetText } from "../../src/link/offset_text.ts";
import { type Subject, SUBJECTS } from "./subjects.ts";

/** Polls without a record after which a task has nothing more to give. */
const IDLE_POLLS = 5;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A task under test, with the offsets that were stored of it. */
class Trial {
  readonly #definition: AnySource;
  readonly #config: Readonly<Record<string, string>>;
  readonly stored = new Map<string, SourceOffset>();
  readonly values: string[] = [];
  readonly #subject: Subject;
  #stop = new AbortController();

  constructor(definition: AnySource, subject: Subject) {
    this.#definition = definition;
    this.#subject = subject;
    this.#config = subject.prepare(Deno.makeTempDirSync());
  }

  async start(): Promise<SourceTask> {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const context = { connector: "c", raw: this.#config, log: quiet, signal };
    const parsed = parseConfig(this.#definition.config, this.#config);
    assert.ok(parsed.ok, JSON.stringify(parsed));
    const [taskConfig, ...more] = await this.#definition.split(parsed.values, this.#config, 1, context);
    assert.equal(more.length, 0, "one task was allowed");
    const ofTask = parseConfig(this.#definition.config, taskConfig ?? {});
    assert.ok(ofTask.ok, JSON.stringify(ofTask));
    return await this.#definition.start(ofTask.values, {
      ...context,
      raw: taskConfig ?? {},
      task: 0,
      tolerance: "none",
      offsets: (partitions) => Promise.resolve(partitions.map((partition) => this.stored.get(offsetText(partition)))),
      sleep: () => Promise.resolve(),
      now: () => Date.now(),
    });
  }

  /** Polls until `most` batches came or nothing more does; all are acknowledged but the last `unacknowledged`. */
  async run(task: SourceTask, most = Infinity, unacknowledged = 0): Promise<void> {
    const batches: RecordBatch[] = [];
    const records: SourceRecord[][] = [];
    for (let idle = 0; idle < IDLE_POLLS && batches.length < most;) {
      const polled = await task.poll();
      const found = polled === null ? [] : isBatch(polled) ? [polled] : batchesOfRows(polled);
      idle = found.length === 0 ? idle + 1 : 0;
      for (const batch of found) {
        batches.push(batch);
        records.push(Array.from({ length: liveRows(batch) }, (_, i) => recordAt(batch, liveRow(batch, i))));
        if (unacknowledged === 0) await this.#acknowledge(task, batch, records.at(-1) ?? []);
      }
    }
    if (unacknowledged > 0) {
      for (const [index, batch] of batches.slice(0, -unacknowledged).entries()) await this.#acknowledge(task, batch, records[index] ?? []);
    }
  }

  async #acknowledge(task: SourceTask, batch: RecordBatch, records: readonly SourceRecord[]): Promise<void> {
    for (const record of records) {
      this.values.push(this.#subject.value(textOf(record)));
      if (record.sourceOffset !== null) this.stored.set(offsetText(record.sourcePartition), record.sourceOffset);
    }
    await task.delivered?.(batch.token);
  }

  async stop(task: SourceTask): Promise<void> {
    this.#stop.abort();
    await task.stop?.();
  }
}

function isBatch(polled: RecordBatch | readonly SourceRecord[]): polled is RecordBatch {
  return !Array.isArray(polled);
}

function textOf({ value }: SourceRecord): string {
  return value instanceof Struct ? String(value.values[0]) : String(value);
}

for (const definition of connectors.filter((each) => each.kind === "source")) {
  const subject = SUBJECTS[definition.class];

  Deno.test(`${definition.class} has a subject here, a page, and a sentence for each key`, () => {
    assert.ok(subject !== undefined, "give it a subject in test/conformance/subjects.ts");
    assert.ok(definition.docs !== undefined && definition.summary.endsWith("."));
    const silent = Object.entries<Field<unknown>>(definition.config).filter(([, field]) => !/\.$|\)$/.test(field.doc.trim()));
    assert.deepEqual(silent.map(([key]) => key), []);
  });
  if (subject === undefined) continue;

  Deno.test(`${definition.class} gives every record once, in order`, async () => {
    const trial = new Trial(definition, subject);
    const task = await trial.start();
    await trial.run(task);
    await trial.stop(task);
    assert.deepEqual(trial.values, subject.expected);
  });

  Deno.test(`${definition.class} stopped after any batch goes on behind the last stored offset`, async () => {
    for (let batches = 1; batches <= 7; batches++) {
      const trial: Trial = new Trial(definition, subject);
      const first = await trial.start();
      await trial.run(first, batches);
      await trial.stop(first);
      const second = await trial.start();
      await trial.run(second);
      await trial.stop(second);
      assert.deepEqual(trial.values, subject.expected, `stopped after ${batches} batches`);
    }
  });

  Deno.test(`${definition.class} reads again what was not acknowledged when it crashed`, async () => {
    const trial = new Trial(definition, subject);
    const crashed = await trial.start();
    await trial.run(crashed, 4, 2);
    const next = await trial.start();
    await trial.run(next);
    await trial.stop(next);
    assert.deepEqual(trial.values, subject.expected);
    await trial.stop(crashed);
  });
}
