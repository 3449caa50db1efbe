/** How long to wait before trying again. */
export interface BackoffOptions {
  /** Pause before the first repetition. */
  readonly initialMs: number;
  /** No pause is longer. */
  readonly maxMs: number;
  /** A number in [0, 1); default `Math.random`. */
  readonly random?: () => number;
}

/**
 * The pause before repetition `attempt` (from 1): doubled each time, and once it would pass `maxMs` a random share of `maxMs`, so
 * that many who failed together do not come back together (Kafka Connect 4, RetryWithToleranceOperator.backoff).
 */
export function backoffMs(attempt: number, options: BackoffOptions): number {
  const { initialMs, maxMs, random = Math.random } = options;
  const doubled = initialMs * 2 ** (attempt - 1);
  return doubled > maxMs ? Math.floor(random() * maxMs) : doubled;
}

/** Whether attempt `attempt` (from 1) of what may go on for days is worth a warning: 1, 2, 4, 8 and so on are. */
export function isWorthWarning(attempt: number): boolean {
  return Number.isInteger(Math.log2(attempt));
}
