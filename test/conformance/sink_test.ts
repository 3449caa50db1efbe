/** What every sink connector of the registry must do, wherever it writes. */
import assert from "node:assert/strict";
import { type AnySink, type Field, type PartitionOffset, RetriableError, type SinkBatch, type SinkTask } from "sdk";
import { connectors } from "../../connectors/registry.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { batchesOf } from "./sink_shapes.ts";
import { type Shape, SINK_SUBJECTS, type SinkSubject } from "./subjects.ts";

const PARTITION = { topic: "t", partition: 0 };
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A sink under test, in a folder of its own. */
class Trial {
  readonly folder = Deno.makeTempDirSync();
  readonly #definition: AnySink;
  readonly #subject: SinkSubject;
  readonly #config: Readonly<Record<string, string>>;
  #stop = new AbortController();
  #next = 0;

  constructor(definition: AnySink, subject: SinkSubject) {
    this.#definition = definition;
    this.#subject = subject;
    this.#config = subject.prepare(this.folder);
  }

  /** A task with its partition assigned. */
  async start(): Promise<SinkTask> {
    this.#stop = new AbortController();
    const context = { connector: "c", raw: this.#config, log: quiet, signal: this.#stop.signal };
    const parsed = parseConfig(this.#definition.config, this.#config);
    assert.ok(parsed.ok, JSON.stringify(parsed));
    const [taskConfig, ...more] = await this.#definition.split(parsed.values, this.#config, 1, context);
    assert.equal(more.length, 0, "one task was allowed");
    const ofTask = parseConfig(this.#definition.config, taskConfig ?? {});
    assert.ok(ofTask.ok, JSON.stringify(ofTask));
    const task = await this.#definition.start(ofTask.values, {
      ...context,
      task: 0,
      tolerance: "none",
      reporter: null,
      assignment: () => [PARTITION],
      requestCommit: () => {},
      pause: () => {},
      resume: () => {},
      seek: () => {},
      sleep: () => Promise.resolve(),
      now: () => Date.now(),
    });
    await task.open?.([PARTITION]);
    return task;
  }

  /** Puts and flushes, and checks what the task wants committed. */
  async give(task: SinkTask, batches: readonly SinkBatch[]): Promise<void> {
    await task.put(batches);
    this.#next += batches.reduce((sum, batch) => sum + batch.rows, 0);
    const offsets = [{ ...PARTITION, offset: this.#next }];
    await task.flush?.(offsets);
    refuseBeyond(await task.preCommit?.(offsets) ?? [], this.#next);
  }

  async stop(task: SinkTask): Promise<void> {
    this.#stop.abort();
    await task.close?.([PARTITION]);
    await task.stop?.();
  }

  async arrived(): Promise<readonly string[]> {
    return await this.#subject.arrived(this.folder);
  }
}

function refuseBeyond(offsets: readonly PartitionOffset[], end: number): void {
  assert.deepEqual(offsets.filter(({ offset }) => offset > end), [], "offsets of records that were never put");
}

/** The shapes a sink takes, with what arrives of each. */
function taken(subject: SinkSubject): readonly (readonly [Shape, readonly string[]])[] {
  return Object.entries(subject.expected).flatMap(([shape, expected]) =>
    expected instanceof RegExp ? [] : [[shape as Shape, expected] as const]
  );
}

/** Of the shapes taken the one with most batches. */
function longest(subject: SinkSubject): readonly [Shape, readonly string[]] {
  const [first] = [...taken(subject)].sort(([a], [b]) => batchesOf(b).length - batchesOf(a).length);
  assert.ok(first);
  return first;
}

for (const definition of connectors.filter((each) => each.kind === "sink")) {
  const subject = SINK_SUBJECTS[definition.class];

  Deno.test(`${definition.class} has a subject here, a page, and a sentence for each key`, () => {
    assert.ok(subject !== undefined, "give it a subject in test/conformance/subjects.ts");
    assert.ok(definition.docs !== undefined && definition.summary.endsWith("."));
    const silent = Object.entries<Field<unknown>>(definition.config).filter(([, field]) => !/\.$|\)$/.test(field.doc.trim()));
    assert.deepEqual(silent.map(([key]) => key), []);
    assert.ok(taken(subject).length > 0, "a sink takes records of some shape");
  });
  if (subject === undefined) continue;

  for (const [shape, expected] of Object.entries(subject.expected)) {
    const does = expected instanceof RegExp ? "refuses" : "writes";
    Deno.test(`${definition.class} ${does} ${shape}, in order, before flush returns`, async () => {
      const trial: Trial = new Trial(definition, subject);
      const task = await trial.start();
      const batches = batchesOf(shape as Shape);
      if (expected instanceof RegExp) await assert.rejects(async () => await task.put(batches), expected);
      else await trial.give(task, batches);
      if (!(expected instanceof RegExp)) assert.deepEqual(await trial.arrived(), expected);
      await trial.stop(task);
    });
  }

  Deno.test(`${definition.class} stopped after any flush goes on where it was`, async () => {
    const [shape, expected] = longest(subject);
    const trial = new Trial(definition, subject);
    const batches = batchesOf(shape);
    for (const batch of batches) {
      const task = await trial.start();
      await trial.give(task, [batch]);
      await trial.stop(task);
    }
    assert.deepEqual(await trial.arrived(), expected);
  });

  Deno.test(`${definition.class} keeps what was put when it is stopped, and can be stopped when nothing was`, async () => {
    const [shape, expected] = longest(subject);
    const trial = new Trial(definition, subject);
    await trial.stop(await trial.start());
    const task = await trial.start();
    await trial.give(task, []);
    await trial.give(task, batchesOf(shape));
    await trial.stop(task);
    assert.deepEqual(await trial.arrived(), expected);
  });

  Deno.test(`${definition.class} takes the same batches again, as after a crash before the commit: ${subject.again}`, async () => {
    for (const [shape, expected] of taken(subject)) {
      const trial: Trial = new Trial(definition, subject);
      const crashed = await trial.start();
      await trial.give(crashed, batchesOf(shape));
      const next = await trial.start();
      await trial.give(next, batchesOf(shape));
      assert.deepEqual(await trial.arrived(), subject.again === "copies" ? [...expected, ...expected] : expected, shape);
      await trial.stop(next);
      await trial.stop(crashed);
    }
  });

  const { disturb } = subject;
  if (disturb === undefined) continue;

  Deno.test(`${definition.class} writes each record once when the same batches come again after a retriable error`, async () => {
    for (const [shape, expected] of taken(subject)) {
      const trial: Trial = new Trial(definition, subject);
      const task = await trial.start();
      const batches = batchesOf(shape);
      const calm = disturb(trial.folder);
      await assert.rejects(async () => await task.put(batches), RetriableError);
      calm();
      await trial.give(task, batches);
      assert.deepEqual(await trial.arrived(), expected, shape);
      await trial.stop(task);
    }
  });
}
