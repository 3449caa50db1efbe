/** Time as the heartbeat needs it. */
interface Clock {
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** How patient a heartbeat is. */
export interface HeartbeatOptions {
  /** Between two questions; default 2 s. */
  readonly intervalMs?: number;
  /** Silence after which the other end is given up; default 20 s, as echoes take up to 1.1 s on saturated cores and one long call may block a healthy task. */
  readonly giveUpMs?: number;
}

/**
 * Asks the other end again and again whether it still answers. Silence is counted in questions, not by the wall clock: after a
 * suspended laptop, or a pause of this process, no time has passed in which the other end could have answered.
 */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #ask: () => void;
  readonly #intervalMs: number;
  readonly #patience: number;
  #unanswered = 0;

  constructor(clock: Clock, ask: () => void, options: HeartbeatOptions = {}) {
    this.#clock = clock;
    this.#ask = ask;
    this.#intervalMs = options.intervalMs ?? 2000;
    this.#patience = Math.max(1, Math.ceil((options.giveUpMs ?? 20_000) / this.#intervalMs));
  }

  /** Questions since the last sign of life; 0 or 1 while all is well. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** To be called when anything is heard from the other end. */
  heard(): void {
    this.#unanswered = 0;
  }

  /** Asks until the signal ends (gives true) or the other end is given up (gives false). */
  async run(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (this.#unanswered >= this.#patience) return false;
      this.#unanswered++;
      this.#ask();
      await this.#clock.sleep(this.#intervalMs, signal);
    }
    return true;
  }
}
