/** Bounds on how long a request may take, whatever the worker is waiting for. */
import type { MiddlewareHandler } from "hono";
import { HttpError } from "./errors.ts";

/** Time, given by `main.ts` or a test. */
export interface RestClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves early, without throwing, when the signal ends. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Kafka Connect 4, RestServer.DEFAULT_REST_REQUEST_TIMEOUT_MS. */
const REQUEST_MS = 90_000;

/** Answers 500 once the time is over. What was asked of the worker goes on. */
export function deadline(clock: RestClock): MiddlewareHandler {
  return async (_c, next) => {
    await within(REQUEST_MS, clock, next(), () => {
      throw new HttpError(500, "Request timed out");
    });
  };
}

/** The outcome of `work`, or of `late` once `ms` have passed. */
export async function within<T>(ms: number, clock: RestClock, work: Promise<T>, late: () => T): Promise<T> {
  const done = new AbortController();
  const timer = clock.sleep(ms, done.signal).then(() => done.signal.aborted ? work : late());
  try {
    return await Promise.race([work, timer]);
  } finally {
    done.abort();
  }
}
