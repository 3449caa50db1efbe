/** Watches a family of processes while something runs: time on the processor, memory. */
import { cpuSeconds, familyOf, pssBytes } from "../processes.ts";
import { median } from "./table.ts";

/** Reading the memory map of a process costs it milliseconds, so it is done seldom. */
const INTERVAL_MS = 500;

/** Starts with its construction, ends with `stop`. */
export class Sampler {
  readonly #pid: number;
  readonly #cpuAtStart: number;
  readonly #pss: number[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(pid: number) {
    this.#pid = pid;
    this.#cpuAtStart = cpuSeconds(familyOf(pid));
    this.#timer = setInterval(() => this.#pss.push(pssBytes(familyOf(pid))), INTERVAL_MS);
  }

  /** Ends the sampling and says what was seen. */
  stop(): { readonly cpuSeconds: number; readonly peakPss: number; readonly growth: number } {
    clearInterval(this.#timer);
    const family = familyOf(this.#pid);
    this.#pss.push(pssBytes(family));
    return { cpuSeconds: cpuSeconds(family) - this.#cpuAtStart, peakPss: Math.max(...this.#pss), growth: this.#growth() };
  }

  /** Bytes by which the last fifth of the samples lies above the second fifth; the first is warming up. */
  #growth(): number {
    const fifth = Math.max(1, Math.floor(this.#pss.length / 5));
    return median(this.#pss.slice(-fifth)) - median(this.#pss.slice(fifth, 2 * fifth + 1));
  }
}
