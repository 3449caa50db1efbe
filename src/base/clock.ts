/** Real time. The only place with timers; everything else is given a clock, so that tests need not wait. */
export const systemClock = {
  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now();
  },

  /** Resolves after `ms`, or early, without throwing, when the signal ends. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done);
    });
  },
};

/** Resolves in the next turn of the event loop, after I/O had its chance: what a busy loop awaits to stay a good neighbour. 1.5 µs. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
