import { backoffMs, isWorthWarning } from "../base/backoff.ts";
import type { Logger } from "../base/log.ts";
import { ConnectError, RetriableError } from "../sdk/errors.ts";
import type { SinkTask } from "../sdk/sink.ts";
import type { HostClock } from "./ports.ts";
import type { SinkPortion } from "./sink_portion.ts";
import { isRetriable } from "./trace.ts";

/** Pauses between puts of the same records. */
const PUT_RETRY = { initialMs: 100, maxMs: 10_000 };

export interface SinkPutsOptions {
  readonly clock: HostClock;
  readonly log: Logger;
  /** Gives what the task refused through its reporter and did not let out, if it may not. */
  readonly swallowed: () => ConnectError | undefined;
  /** Called when a put has ended. */
  readonly ring: () => void;
}

/** What `settle` found. */
export type PutState = "none" | "busy" | "waiting" | "done";

/** The put that is under way, or that is to be tried again: one at a time. */
export class SinkPuts {
  readonly #options: SinkPutsOptions;
  #portion: SinkPortion | undefined;
  #attempt = 0;
  /** When to try again; undefined: not to be tried again. */
  #retryAt: number | undefined;
  #running: Promise<void> | undefined;
  #outcome: { readonly error: unknown } | "done" | undefined;

  constructor(options: SinkPutsOptions) {
    this.#options = options;
  }

  /** The records that are put now, or wait to be put again. */
  get portion(): SinkPortion | undefined {
    return this.#portion;
  }

  /** The task is in its `put`. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** Ends when the call that is under way does; never rejects. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** Milliseconds until records are to be put again. */
  get dueMs(): number {
    return this.#retryAt === undefined ? Infinity : Math.max(0, this.#retryAt - this.#options.clock.now());
  }

  /** Puts records that nobody has. */
  start(task: SinkTask, portion: SinkPortion): void {
    this.#portion = portion;
    this.#attempt = 0;
    this.#put(task, portion);
  }

  /** Puts the same records again, when it is time to. Gives whether it did. */
  retry(task: SinkTask): boolean {
    if (this.#portion === undefined || this.#retryAt === undefined || this.dueMs > 0) return false;
    this.#retryAt = undefined;
    this.#put(task, this.#portion);
    return true;
  }

  /** Takes in how the put ended. On "done" the portion is the caller's, through `take`. Throws what ends the task. */
  settle(): PutState {
    const outcome = this.#outcome;
    if (outcome === undefined) return this.#running !== undefined ? "busy" : this.#retryAt !== undefined ? "waiting" : "none";
    if (outcome === "done") return "done";
    this.#outcome = undefined;
    this.#failed(outcome.error);
    return "waiting";
  }

  /** The records whose put returned; the next may be put. */
  take(): SinkPortion | undefined {
    const portion = this.#portion;
    this.#portion = undefined;
    this.#outcome = undefined;
    return portion;
  }

  /** Nothing is left of what was to be put, or the task ends: its memory goes back. Not while it is being put. */
  drop(): void {
    this.#retryAt = undefined;
    this.take()?.release();
  }

  #put(task: SinkTask, portion: SinkPortion): void {
    this.#attempt++;
    try {
      const done = portion.batches.length === 0 ? undefined : task.put(portion.batches);
      if (done instanceof Promise) this.#running = this.#follow(done);
      else this.#outcome = this.#ended();
    } catch (error) {
      this.#outcome = { error };
    }
  }

  async #follow(put: Promise<void>): Promise<void> {
    try {
      await put;
      this.#outcome = this.#ended();
    } catch (error) {
      this.#outcome = { error };
    }
    this.#running = undefined;
    this.#options.ring();
  }

  /** A task may not swallow what `errors.tolerance` does not tolerate (Kafka Connect 4, WorkerSinkTask.deliverMessages). */
  #ended(): { readonly error: unknown } | "done" {
    const error = this.#options.swallowed();
    return error === undefined ? "done" : { error };
  }

  #failed(error: unknown): void {
    const { clock, log } = this.#options;
    // Kafka Connect 4: its words.
    if (!isRetriable(error)) throw new ConnectError("Exiting WorkerSinkTask due to unrecoverable exception.", { cause: error });
    const wanted = error instanceof RetriableError ? error.retryAfterMs : undefined;
    const delayMs = wanted ?? backoffMs(this.#attempt, PUT_RETRY);
    this.#retryAt = clock.now() + delayMs;
    const level = isWorthWarning(this.#attempt) ? "warn" : "debug";
    log[level](`The task asks to be given the same records again: ${error}`, { attempt: this.#attempt, delayMs });
  }
}
