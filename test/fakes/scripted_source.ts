/** A source whose polls a test writes down beforehand. */
import type { RecordBatch } from "../../src/data/batch.ts";
import type { HeaderColumn } from "../../src/data/column.ts";
import { NULL_SIDE } from "../../src/data/column.ts";
import type { SourcePartition, SourceRecord } from "../../src/data/record.ts";
import { primitiveSchema } from "../../src/data/schema.ts";
import { field } from "../../src/config/field.ts";
import { type AnySource, defineSource, type SourceContext, type SourceTask } from "../../src/sdk/source.ts";

export const SCRIPTED_SOURCE = "test.ScriptedSourceConnector";

export type Polled = RecordBatch | readonly SourceRecord[] | null;

/** What a poll does: gives something, or does whatever a function does. */
export type Step = Polled | (() => Polled | Promise<Polled>);

const TEXT = primitiveSchema("STRING");

/** What of a batch differs from the plainest one. */
export interface BatchParts {
  readonly topic?: string | readonly string[];
  readonly source?: SourcePartition;
  readonly headers?: readonly HeaderColumn[];
  readonly select?: Int32Array | null;
  readonly partition?: number | Int32Array;
  readonly timestamps?: Float64Array | null;
  readonly token?: unknown;
}

/** A batch of these texts; the offset after row i is `{ n: first + i + 1 }`. */
export function textBatch(first: number, texts: readonly string[], parts: BatchParts = {}): RecordBatch {
  return {
    rows: texts.length,
    select: parts.select ?? null,
    topic: parts.topic ?? "t",
    partition: parts.partition ?? -1,
    timestamps: parts.timestamps ?? null,
    key: NULL_SIDE,
    value: { schema: TEXT, whole: true, columns: [{ kind: "values", data: texts }] },
    headers: parts.headers ?? [],
    position: { partition: parts.source ?? { file: "a" }, offset: (row) => ({ n: first + row + 1 }) },
    failures: [],
    token: parts.token,
  };
}

/** Rows `first`, `first + 1`, … as texts. */
export function numbered(first: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => String(first + i));
}

/** The source and what happened to it. After its steps it sleeps a second per poll. */
export class ScriptedSource {
  readonly steps: Step[];
  readonly events: string[] = [];
  readonly delivered: unknown[] = [];
  polls = 0;
  stopped = 0;
  /** Set once started. */
  context: SourceContext | undefined;
  /** What start does before it returns. */
  starting: (() => Promise<void>) | undefined;
  /** What stop and delivered do. */
  stopping: (() => Promise<void>) | undefined;
  onDelivered: ((token: unknown) => void | Promise<void>) | undefined;

  constructor(...steps: Step[]) {
    this.steps = steps;
  }

  /** A definition whose tasks are this source. */
  get definition(): AnySource {
    return defineSource({
      class: SCRIPTED_SOURCE,
      taskClass: "test.ScriptedSourceTask",
      version: "1",
      summary: "For tests.",
      config: {
        "topic": field.string({ importance: "HIGH", default: "t", doc: "Topic." }),
        "password": field.password({ importance: "HIGH", default: null, doc: "Secret." }),
      },
      split: (_config, raw) => [raw],
      start: async (_config, context) => {
        this.context = context;
        this.events.push("start");
        await this.starting?.();
        return this.#task(context);
      },
    });
  }

  #task(context: SourceContext): SourceTask {
    return {
      poll: () => this.#poll(context),
      delivered: (token) => {
        this.delivered.push(token);
        return this.onDelivered?.(token);
      },
      stop: async () => {
        this.stopped++;
        this.events.push("stop");
        await this.stopping?.();
      },
    };
  }

  #poll(context: SourceContext): Polled | Promise<Polled> {
    this.polls++;
    const step = this.steps.shift();
    if (typeof step === "function") return step();
    return step === undefined ? context.sleep(1000).then(() => null) : step;
  }
}
