import type { Logger } from "../base/log.ts";
import { backoffMs } from "../base/backoff.ts";
import type { Consumer, HostClock } from "./ports.ts";
import type { TopicChoice } from "./sink_settings.ts";
import { isRetriable } from "./trace.ts";

/** Between looks while no topic matches: somebody waits for the first one. */
const NONE_YET_MS = 2000;
/** Pauses between looks that no broker answers. */
const LOOK_RETRY = { initialMs: 500, maxMs: 10_000 };

export interface SinkSubscriptionOptions {
  readonly topics: TopicChoice;
  readonly consumer: Pick<Consumer, "subscribe" | "topicNames">;
  readonly clock: HostClock;
  readonly log: Logger;
  /** How often topics are looked up for a regex. */
  readonly maxAgeMs: number;
  /** Called when `look` has something to do. */
  readonly ring: () => void;
}

/** The topics a sink task is subscribed to: a fixed list, or all whose names match, looked up again now and then as Java's consumer does. */
export class SinkSubscription {
  readonly #options: SinkSubscriptionOptions;
  #subscribed: readonly string[] = [];
  #nextAt = -Infinity;
  #asking = false;
  #failures = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: SinkSubscriptionOptions) {
    this.#options = options;
  }

  /** Subscribes, or looks for topics when it is time to. Throws what makes looking useless. */
  look(): void {
    const { topics, consumer, clock } = this.#options;
    if (this.#failure !== undefined) throw this.#failure.error;
    if (clock.now() < this.#nextAt || this.#asking) return;
    if ("names" in topics) {
      this.#nextAt = Infinity;
      consumer.subscribe(topics.names);
      return;
    }
    this.#asking = true;
    void this.#ask(topics.matches);
  }

  /** Milliseconds until the next look. */
  get dueMs(): number {
    return this.#asking ? Infinity : Math.max(0, this.#nextAt - this.#options.clock.now());
  }

  /** Never rejects. */
  async #ask(matches: (topic: string) => boolean): Promise<void> {
    const { consumer, clock, log, maxAgeMs, ring } = this.#options;
    try {
      const names = (await consumer.topicNames()).filter(matches).sort();
      this.#failures = 0;
      this.#take(names);
      this.#nextAt = clock.now() + (names.length === 0 ? Math.min(NONE_YET_MS, maxAgeMs) : maxAgeMs);
    } catch (error) {
      if (!isRetriable(error)) this.#failure = { error };
      if (this.#failures++ === 0) log.warn(`Cannot ask Kafka for its topics; trying until it answers: ${error}`);
      this.#nextAt = clock.now() + backoffMs(this.#failures, LOOK_RETRY);
    }
    this.#asking = false;
    ring();
  }

  /** Topics that are gone stay in the subscription while no other matches: Kafka has no subscription to nothing. */
  #take(names: readonly string[]): void {
    const { consumer, log } = this.#options;
    if (names.length === 0) {
      if (this.#subscribed.length === 0) log.info("No topic matches topics.regex yet");
      return;
    }
    if (names.join() === this.#subscribed.join()) return;
    this.#subscribed = names;
    log.info("Subscribed to topics that match topics.regex", { topics: names.join(",") });
    consumer.subscribe(names);
  }
}
