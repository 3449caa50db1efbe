/** Keeps a sink task's Kafka clients served whatever the task is doing: the consumer stays in its group, the dead letter queue gets its acknowledgements. */
import type { Logger } from "../base/log.ts";
import { ConnectionWatch } from "./connection_watch.ts";
import type { DeadLetterQueue } from "./dead_letter_queue.ts";
import { GivenUp } from "./deliveries.ts";
import type { Consumer, ConsumerEvent, HostClock } from "./ports.ts";

/** Between two looks for events while there is nothing to read for. `wakeup` of the consumer would return at once: records wait there. */
const BUSY_LOOK_MS = 100;
/** Longest time without asking for events. Far below `max.poll.interval.ms`, 5 minutes. */
const IDLE_LOOK_MS = 1000;

export interface SinkPumpOptions {
  readonly consumer: Consumer;
  readonly deadLetters: DeadLetterQueue | undefined;
  readonly clock: HostClock;
  readonly log: Logger;
}

/** The waits of one sink task. Events are gathered in every wait and handled by the loop, in order, when the task is not in a call. */
export class SinkPump {
  /** Events of the consumer not yet handled, oldest first. */
  readonly events: ConsumerEvent[] = [];
  readonly #options: SinkPumpOptions;
  readonly #connection: ConnectionWatch;
  #bell = new AbortController();

  constructor(options: SinkPumpOptions) {
    this.#options = options;
    const { consumer, clock, log } = options;
    this.#connection = new ConnectionWatch({ producer: consumer, clock, log, outlook: "Records are read on when Kafka is back" });
  }

  /** Ends the wait that is going on, or the next one: something is to be looked at. */
  ring(): void {
    this.#bell.abort();
  }

  /** Takes in events and acknowledgements, without waiting. Throws when a client is of no more use. */
  serve(): void {
    const { consumer, deadLetters } = this.#options;
    for (let event = consumer.event(); event !== undefined; event = consumer.event()) this.events.push(event);
    this.#connection.look();
    if (consumer.fatal !== undefined) throw consumer.fatal;
    deadLetters?.serve();
  }

  /** Waits until something happens, `timeoutMs` at most, then serves. `forRecords`: something to read counts. */
  async wait(timeoutMs: number, forRecords: boolean): Promise<void> {
    const { consumer, deadLetters, clock } = this.#options;
    const { signal } = this.#bell;
    if (!signal.aborted) {
      const ms = Math.min(timeoutMs, forRecords ? IDLE_LOOK_MS : BUSY_LOOK_MS);
      const waits = [forRecords ? consumer.wakeup(ms, signal) : clock.sleep(ms, signal)];
      if (deadLetters?.isBusy) waits.push(deadLetters.wakeup(ms, signal));
      await Promise.race(waits);
      this.#bell.abort();
      await Promise.all(waits);
    }
    this.#bell = new AbortController();
    this.serve();
  }

  /** Serves until the work is done, and gives its outcome. Throws `GivenUp` when the signal ends before. */
  async serveWhile<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    let settled = false;
    const settle = () => {
      settled = true;
      this.ring();
    };
    const ring = () => this.ring();
    // A rejection is met below, where `work` is awaited, or by its owner after a `GivenUp`.
    work.then(settle, settle);
    signal.addEventListener("abort", ring);
    try {
      while (!settled && !signal.aborted) await this.wait(BUSY_LOOK_MS, false);
    } finally {
      signal.removeEventListener("abort", ring);
    }
    if (!settled) throw new GivenUp("The wait was ended");
    return await work;
  }

  /** `serveWhile` for a call of the task, which may be done at once. */
  async call<T>(work: () => T | Promise<T>, signal: AbortSignal): Promise<T> {
    const done = work();
    return done instanceof Promise ? await this.serveWhile(done, signal) : done;
  }

  /** Serves until that is so. Throws `GivenUp` when the signal ends before. */
  async until(isSo: () => boolean, signal: AbortSignal): Promise<void> {
    const ring = () => this.ring();
    signal.addEventListener("abort", ring);
    try {
      while (!isSo()) {
        if (signal.aborted) throw new GivenUp("The wait was ended");
        await this.wait(IDLE_LOOK_MS, false);
      }
    } finally {
      signal.removeEventListener("abort", ring);
    }
  }
}
