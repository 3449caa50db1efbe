/** What the log says of brokers that cannot be reached. */
import type { Logger } from "../base/log.ts";
import type { HostClock, Producer } from "./ports.ts";

/** Between two lines while the brokers stay away. */
const REMINDER_MS = 60_000;

export interface ConnectionWatchOptions {
  /** `outstanding`: records that wait for acknowledgements; a consumer has none. */
  readonly producer: Pick<Producer, "unreachable"> & { readonly outstanding?: number };
  /** What becomes of the records; default: of those to be sent. */
  readonly outlook?: string;
  readonly clock: HostClock;
  readonly log: Logger;
}

/** Looks at one task's connection. The task stays RUNNING while it is lost: nothing is wrong with the task. */
export class ConnectionWatch {
  readonly #options: ConnectionWatchOptions;
  /** When the brokers were found lost, and when that was last said. */
  #lost: { readonly since: number; readonly saidAt: number } | undefined;

  constructor(options: ConnectionWatchOptions) {
    this.#options = options;
  }

  /** Milliseconds until the next line may be due; Infinity while the brokers are there, so that nobody wakes up for nothing. */
  get dueMs(): number {
    if (this.#lost === undefined) return Infinity;
    return Math.max(1, this.#lost.saidAt + REMINDER_MS - this.#options.clock.now());
  }

  /** One line when the brokers are lost, one a minute while they are, one when they are back. */
  look(): void {
    const { producer, clock, log, outlook = "Records wait and are sent when Kafka is back" } = this.#options;
    const waiting = producer.outstanding === undefined ? {} : { waiting: producer.outstanding };
    const reason = producer.unreachable;
    const lost = this.#lost;
    if (reason === undefined && lost === undefined) return;
    const now = clock.now();
    const seconds = Math.round((now - (lost?.since ?? now)) / 1000);
    if (reason === undefined) {
      this.#lost = undefined;
      log.info(`Kafka can be reached again after ${seconds} seconds`);
    } else if (lost === undefined) {
      this.#lost = { since: now, saidAt: now };
      log.warn(`${reason}. ${outlook}`, waiting);
    } else if (now - lost.saidAt >= REMINDER_MS) {
      this.#lost = { since: lost.since, saidAt: now };
      log.warn(`Kafka has been away for ${seconds} seconds now. ${reason}`, waiting);
    }
  }
}
