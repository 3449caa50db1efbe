import { logger } from "../base/log.ts";
import type { OffsetEntry } from "../link/messages.ts";
import type { OffsetStore, TopicStore, WorkerClock } from "./ports.ts";

const log = logger("worker.offsets");

/**
 * What comes within this time is stored in one transaction. Tasks send their offsets each `offset.flush.interval.ms`, so this only
 * gathers those of many tasks; at 10 transactions a second REST's latency is what it is without (measured: p99 0.2 ms each).
 */
const WINDOW_MS = 100;
/** Between two attempts while the store refuses. */
const RETRY_MS = 1000;
/** Between two lines in the log while the store refuses. */
const REPEAT_LOG_MS = 60_000;

/**
 * What tasks report and the store is to keep: source offsets and topics. They wait here until they are stored, and are never
 * dropped: a full disk only makes them wait longer, and a crash then costs repeated records, never lost ones. Invariant 3
 */
export class Journal {
  readonly #offsetStore: OffsetStore;
  readonly #topicStore: TopicStore;
  readonly #clock: WorkerClock;
  /** By connector, then partition; null forgets it. */
  #offsets = new Map<string, Map<string, string | null>>();
  #topics = new Map<string, Set<string>>();
  #failure: string | undefined;
  #loggedAt = 0;
  #isRetryWanted = false;
  #wake: () => void = () => {};

  constructor(offsets: OffsetStore, topics: TopicStore, clock: WorkerClock) {
    this.#offsetStore = offsets;
    this.#topicStore = topics;
    this.#clock = clock;
  }

  /** Why nothing can be stored at the moment; undefined while all is well. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** The newest of a partition wins. */
  addOffsets(connector: string, entries: readonly OffsetEntry[]): void {
    const waiting = this.#offsets.get(connector) ?? new Map<string, string | null>();
    for (const [partition, offset] of entries) waiting.set(partition, offset);
    this.#offsets.set(connector, waiting);
    this.#wake();
  }

  addTopics(connector: string, topics: readonly string[]): void {
    const waiting = this.#topics.get(connector) ?? new Set<string>();
    for (const topic of topics) waiting.add(topic);
    this.#topics.set(connector, waiting);
    this.#wake();
  }

  /** The newest offset of a partition, stored or waiting. */
  offset(connector: string, partition: string): string | undefined {
    const waiting = this.#offsets.get(connector)?.get(partition);
    return waiting === undefined ? this.#offsetStore.read(connector, partition) : waiting ?? undefined;
  }

  /** All offsets of a connector, stored or waiting. */
  offsets(connector: string): readonly (readonly [partition: string, offset: string])[] {
    const all = new Map<string, string | null>([...this.#offsetStore.all(connector), ...this.#offsets.get(connector) ?? []]);
    return [...all].flatMap(([partition, offset]) => offset === null ? [] : [[partition, offset] as const]);
  }

  topics(connector: string): readonly string[] {
    return [...new Set([...this.#topicStore.list(connector), ...this.#topics.get(connector) ?? []])];
  }

  /** Forgets the topics of a connector, durably. Throws when the store refuses. */
  clearTopics(connector: string): void {
    this.#topicStore.clear(connector);
    this.#topics.delete(connector);
  }

  /** After the store has forgotten the connector: its topics are nobody's any more, its offsets stay. */
  forgetTopics(connector: string): void {
    this.#topics.delete(connector);
  }

  /** Stores what waits. Returns whether nothing waits any more; what the store refuses goes on waiting. */
  flush(): boolean {
    try {
      if (this.#offsets.size > 0) {
        this.#offsetStore.write(new Map([...this.#offsets].map(([connector, entries]) => [connector, [...entries]])), false);
        this.#offsets = new Map();
      }
      for (const [connector, topics] of this.#topics) {
        this.#topicStore.add(connector, [...topics]);
        this.#topics.delete(connector);
      }
    } catch (error) {
      this.#refused(error);
      return false;
    }
    if (this.#failure !== undefined) log.info("The store takes source offsets again");
    this.#failure = undefined;
    return true;
  }

  /** Asks for another round of `run` a second later, for others whose writes were refused. */
  retryLater(): void {
    this.#isRetryWanted = true;
    this.#wake();
  }

  /** Flushes again and again until the signal ends; `alongside` is called with each flush. */
  async run(signal: AbortSignal, alongside: () => void): Promise<void> {
    while (!signal.aborted) {
      if (this.#offsets.size === 0 && this.#topics.size === 0 && !this.#isRetryWanted) await this.#something(signal);
      await this.#clock.sleep(this.#failure === undefined && !this.#isRetryWanted ? WINDOW_MS : RETRY_MS, signal);
      this.#isRetryWanted = false;
      this.flush();
      alongside();
    }
  }

  #something(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#wake = () => {};
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener("abort", done);
      if (signal.aborted) done();
    });
  }

  #refused(error: unknown): void {
    const failure = error instanceof Error ? error.message : String(error);
    const isNews = this.#failure === undefined || this.#clock.now() - this.#loggedAt >= REPEAT_LOG_MS;
    this.#failure = failure;
    if (!isNews) return;
    this.#loggedAt = this.#clock.now();
    log.error("Cannot store source offsets; they are kept and tried again each second. After a crash now, records would be repeated", {
      error: failure,
    });
  }
}
