import { setImmediate } from "node:timers";

/** Time that moves only when told to. Fits every clock port. */
export class FakeClock {
  #now: number;
  #sleepers: { readonly due: number; readonly wake: () => void }[] = [];

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleeper = {
        due: this.#now + ms,
        wake: () => {
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
          signal?.removeEventListener("abort", sleeper.wake);
          resolve();
        },
      };
      signal?.addEventListener("abort", sleeper.wake);
      this.#sleepers.push(sleeper);
    });
  }

  /** How many are waiting: what a test expects to be over must not be among them. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Moves time on, waking sleepers in their order; each has done what it does before the next wakes. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (;;) {
      const [next] = this.#sleepers.filter((sleeper) => sleeper.due <= until).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.due);
      next.wake();
      await settle();
    }
    this.#now = until;
  }
}

/** Lets everything that waits for nothing outside run until it rests. */
export async function settle(): Promise<void> {
  // Each turn of the event loop empties the queue of promises; a second one serves what the first has made ready.
  for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
