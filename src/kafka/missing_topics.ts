/**
 * Waits for subscribed topics that do not exist. librdkafka asks for them once, without having them made, and then as rarely as for all
 * others (5 min). Here they are wished for at once, and looked for again and again; a question for all topics is what its group hears of.
 */
import { backoffMs } from "../base/backoff.ts";
import { systemClock } from "../base/clock.ts";
import { logger } from "../base/log.ts";

/** Between two looks. The broker makes a topic in some 100 ms; one that nobody makes is worth a question every half minute. */
const BACKOFF = { initialMs: 100, maxMs: 30_000 };

/** What the search needs of its consumer. Both reject once that is closed. */
export interface TopicSource {
  /** All topics of the cluster, internal ones too. */
  names(): Promise<readonly string[]>;
  wishFor(topic: string): Promise<void>;
}

/** Owned by one consumer; `close` ends the search. */
export class MissingTopics {
  readonly #source: TopicSource;
  readonly #clock: Pick<typeof systemClock, "sleep">;
  readonly #stop = new AbortController();
  #subscribed: readonly string[] = [];
  #isLooking = false;

  constructor(source: TopicSource, clock: Pick<typeof systemClock, "sleep"> = systemClock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** What is looked for from now on. */
  subscribe(topics: readonly string[]): void {
    this.#subscribed = topics;
  }

  /** Begins to look, when some topic was reported missing, and goes on until none is. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    for (let attempt = 1; await this.#areMissing() && !this.#stop.signal.aborted; attempt++) {
      await this.#clock.sleep(backoffMs(attempt, BACKOFF), this.#stop.signal);
    }
    this.#isLooking = false;
  }

  close(): void {
    this.#stop.abort();
  }

  async #areMissing(): Promise<boolean> {
    try {
      const present = new Set(await this.#source.names());
      const missing = this.#subscribed.filter((topic) => !present.has(topic));
      for (const topic of missing) await this.#source.wishFor(topic);
      return missing.length > 0;
    } catch (error) {
      // No broker answers, or the consumer was closed: the next look tells which.
      logger("kafka").debug(`Cannot look for missing topics: ${error instanceof Error ? error.message : error}`);
      return true;
    }
  }
}
