/** Whether, when and how often a `put` that failed is tried again. */
import { ConnectError, RetriableError, type SinkContext } from "sdk";
import type { SqlError } from "../sql/sql_error.ts";
import type { Settings } from "./settings.ts";
import { shownReason } from "./write_failure.ts";

/** Deadlocks and locks are tried again inside of one `put` so often; then the engine gets its turn. */
const QUICK_RETRIES = 10;
/** Milliseconds of the first quick retry at most; doubled each time up to the second number. */
const QUICK_FROM_MS = 20;
const QUICK_TO_MS = 1000;

/** What to do about a failure. */
export type Verdict =
  /** Try again now. */
  | { readonly is: "again" }
  /** Throw this: the same batches come again. */
  | { readonly is: "later"; readonly error: RetriableError }
  /** Nothing helps. */
  | { readonly is: "give up" };

/** Counts failures since the last success. */
export class Retries {
  readonly #settings: Settings;
  readonly #context: Pick<SinkContext, "now" | "sleep" | "log">;
  /** Random numbers from 0 to 1. */
  readonly #random: () => number;
  /** By reason: what upstream counts together is counted apart, so that a new fault gets all its tries. */
  readonly #refusals = new Map<string, number>();
  #quick = 0;
  #hasLookedAgain = false;
  #outageSince: number | undefined;
  #hasWarned = false;

  constructor(settings: Settings, context: Pick<SinkContext, "now" | "sleep" | "log">, random: () => number = Math.random) {
    this.#settings = settings;
    this.#context = context;
    this.#random = random;
  }

  /** A `put` went through. */
  succeeded(): void {
    if (this.#outageSince !== undefined) {
      this.#context.log.info("The database takes records again", { afterMs: this.#context.now() - this.#outageSince });
    }
    this.#outageSince = undefined;
    this.#hasWarned = false;
    this.#quick = 0;
    this.#hasLookedAgain = false;
    this.#refusals.clear();
  }

  /** Judges a failure, having waited where a short pause is all it takes. */
  async judge(error: SqlError, isConnecting: boolean): Promise<Verdict> {
    if (error.kind === "retriable") return await this.#outage(error, isConnecting);
    return this.#refusal(error);
  }

  async #outage(error: SqlError, isConnecting: boolean): Promise<Verdict> {
    const { log, now } = this.#context;
    const { outageTimeoutMs, connectionBackoffMs, retryBackoffMs } = this.#settings;
    this.#outageSince ??= now();
    const lasted = now() - this.#outageSince;
    if (lasted > outageTimeoutMs) {
      throw new ConnectError(
        `Cannot write to the database: it has not been usable for ${lasted} ms, which is longer than "sluice.outage.timeout.ms" allows: ${
          this.#shown(error)
        }`,
      );
    }
    if (!isConnecting && !error.isConnectionLost && this.#quick < QUICK_RETRIES) {
      const most = Math.min(QUICK_TO_MS, QUICK_FROM_MS * 2 ** this.#quick++);
      // Two tasks that met once meet again when they wait equally long.
      await this.#context.sleep(Math.ceil(most * this.#random()));
      log.debug("Trying the write again", { reason: this.#shown(error) });
      return { is: "again" };
    }
    this.#quick = 0;
    const retryAfterMs = isConnecting ? connectionBackoffMs : retryBackoffMs;
    // The engine tells of every pause; this tells why the first of them is.
    log[this.#hasWarned ? "debug" : "warn"](`Cannot write to the database now: trying again in ${retryAfterMs} ms`, {
      reason: this.#shown(error),
    });
    this.#hasWarned = true;
    return { is: "later", error: new RetriableError(this.#shown(error), { retryAfterMs }) };
  }

  #refusal(error: SqlError): Verdict {
    const { maxRetries, retryBackoffMs } = this.#settings;
    if (!this.#hasLookedAgain) {
      // A table or column may have come, gone or changed since it was looked at: that is no try of the same thing.
      this.#hasLookedAgain = true;
      return { is: "again" };
    }
    const reason = `${error.sqlState}/${error.code}`;
    const tried = this.#refusals.get(reason) ?? 0;
    if (tried >= maxRetries) return { is: "give up" };
    this.#refusals.set(reason, tried + 1);
    this.#context.log.warn(`Write failed, remainingRetries=${maxRetries - tried}`, { reason: this.#shown(error) });
    return { is: "later", error: new RetriableError(this.#shown(error), { retryAfterMs: retryBackoffMs }) };
  }

  #shown(error: SqlError): string {
    return shownReason(error, this.#settings.trimsSensitive);
  }
}
