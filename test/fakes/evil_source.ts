/** A source that does harm where it is told to: connector code at its worst, for judging what keeps it from others. */
import {
  type ConnectorDefinition,
  defineSource,
  field,
  primitiveSchema,
  type SourceContext,
  type SourceRecord,
  type SourceTask,
} from "sdk";

/** Its class, for configs. */
export const EVIL_SOURCE = "test.EvilSourceConnector";

const DEEDS: Readonly<Record<string, () => unknown>> = {
  /** The thread sleeps in one call and never wakes. */
  block: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  spin: () => {
    for (let n = 0n;; n++) if (n < 0n) return;
  },
  heap: () => {
    const kept: unknown[] = [];
    // Few and large: the collector has little to do before the heap is full.
    for (;;) kept.push(new Array(1_000_000).fill(kept.length));
  },
  /** Reads where no memory is, as a wrong pointer in a native library would. */
  native: () => {
    const nowhere = Deno.UnsafePointer.create(8n);
    if (nowhere !== null) new Deno.UnsafePointerView(nowhere).getUint8();
  },
  exit: () => Deno.exit(42),
  /** Writes into the link to the parent what is no message. */
  garble: () => {
    Deno.stdout.writeSync(new TextEncoder().encode("\x1e{ this is no message\n"));
    return Promise.resolve();
  },
  /** Waits for ever, and does not hear that it is to stop. */
  deaf: () => new Promise(() => {}),
  throw: () => {
    throw new TypeError("Nobody expected this");
  },
  /** An error that nobody awaits. */
  stray: () => void Promise.reject(new TypeError("Nobody awaited this")),
};

const config = {
  topic: field.string({ importance: "HIGH", doc: "Topic." }),
  deed: field.string({ importance: "HIGH", doc: "What it does." }),
  place: field.string({ importance: "LOW", default: "poll", doc: "Where it does it: check, split, start, poll or stop." }),
};

/** Sends one record and does its deed at the next poll, or does it where `place` says. */
export const evilSource: ConnectorDefinition = defineSource({
  class: EVIL_SOURCE,
  taskClass: "test.EvilSourceTask",
  version: "1",
  summary: "Does harm.",
  config,
  check: ({ deed, place }) => {
    if (place === "check") act(deed ?? "");
    return [];
  },
  split: ({ deed, place }, raw, maxTasks) => {
    if (place === "split") act(deed);
    return Array.from({ length: maxTasks }, () => raw);
  },
  start: async ({ topic, deed, place }, context) => {
    if (place === "start") await act(deed);
    return new EvilTask(topic, deed, place, context);
  },
});

class EvilTask implements SourceTask {
  #sent = 0;

  constructor(readonly topic: string, readonly deed: string, readonly place: string, readonly context: SourceContext) {}

  async poll(): Promise<SourceRecord[] | null> {
    if (this.#sent > 0) {
      await this.context.sleep(100);
      if (this.place === "poll" && !this.context.signal.aborted) await act(this.deed);
      return null;
    }
    this.#sent++;
    return [this.#record()];
  }

  async stop(): Promise<void> {
    if (this.place === "stop") await act(this.deed);
  }

  #record(): SourceRecord {
    return {
      topic: this.topic,
      partition: null,
      keySchema: null,
      key: null,
      valueSchema: primitiveSchema("STRING"),
      value: this.deed,
      timestamp: null,
      headers: [],
      sourcePartition: { task: this.context.task },
      sourceOffset: { position: this.#sent },
    };
  }
}

function act(deed: string): unknown {
  return DEEDS[deed]?.();
}
