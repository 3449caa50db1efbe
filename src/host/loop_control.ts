/** How a running task is steered from outside: pause, resume, stop with a deadline, failure from a stray error. */
import type { HostClock } from "./ports.ts";

/** The loop, as what it opened sees it. */
export interface TaskControl {
  /** Aborted when the task is to stop. */
  readonly stopping: AbortSignal;
  /** Aborted when nothing is to be waited for any longer. */
  readonly givenUp: AbortSignal;
  /** The task's own sleep. */
  sleep(ms: number): Promise<void>;
  /** Ends that sleep. */
  nudge(): void;
}

/** What is wanted of one task. Its loop looks here; its host, and what it opened, write here. */
export class LoopControl implements TaskControl {
  readonly #clock: HostClock;
  /** The task is to end: its waits return. */
  readonly #ending = new AbortController();
  /** The stop's deadline has passed. */
  readonly #late = new AbortController();
  /** The task's work is not waited for any longer: the deadline has passed, or it failed outside of its calls. */
  readonly #giveUp = new AbortController();
  readonly #gone = new AbortController();
  #deadlineAt: number | undefined;
  #pauseWanted: boolean;
  #resumed = Promise.withResolvers<void>();
  #raised: { readonly error: unknown } | undefined;
  /** Ends the sleep of the task that is going on. */
  #sleeping: AbortController | undefined;
  /** A nudge came while the task was in a call but not asleep: its next sleep is none. */
  #nudged = false;
  #listener: () => void = () => {};

  constructor(clock: HostClock, paused: boolean) {
    this.#clock = clock;
    this.#pauseWanted = paused;
  }

  /** Asks for no more records until `resume`; acknowledgements and offsets go on. */
  pause(): void {
    this.#pauseWanted = true;
    this.nudge();
    this.#listener();
  }

  resume(): void {
    this.#pauseWanted = false;
    this.#resumed.resolve();
    this.#listener();
  }

  /** Ends the task; nothing is waited for after `deadlineMs`. A later call may only bring the end nearer. */
  stop(deadlineMs: number): void {
    const deadlineAt = this.#clock.now() + deadlineMs;
    if (this.#deadlineAt !== undefined && this.#deadlineAt <= deadlineAt) return;
    this.#deadlineAt = deadlineAt;
    this.end();
    void this.#clock.sleep(deadlineMs, this.#gone.signal).then(() => {
      this.#late.abort();
      this.#giveUp.abort();
    });
  }

  /** Fails the task for an error that came up outside of its calls. */
  raise(error: unknown): void {
    this.#raised ??= { error };
    this.end();
    this.#giveUp.abort();
  }

  /** Ends the task's waits; what is under way is finished. Also called by a task that has failed by itself. */
  end(): void {
    this.#ending.abort();
    this.#resumed.resolve();
    this.nudge();
    this.#listener();
  }

  /** Nobody is left to stop: frees the timer of the deadline. */
  gone(): void {
    this.#gone.abort();
  }

  /** Called at every change of what is wanted. */
  listen(listener: () => void): void {
    this.#listener = listener;
  }

  /** Aborted when the task is to stop. */
  get stopping(): AbortSignal {
    return this.#ending.signal;
  }

  /** Aborted when nothing is to be waited for any longer. */
  get givenUp(): AbortSignal {
    return this.#giveUp.signal;
  }

  /** Aborted when a stop's deadline has passed. */
  get late(): AbortSignal {
    return this.#late.signal;
  }

  /** Whether `stop` was called, and so `ended` is to be answered. */
  get isStopAsked(): boolean {
    return this.#deadlineAt !== undefined;
  }

  /** Milliseconds until the deadline of the stop; undefined when there is none. */
  get leftMs(): number | undefined {
    return this.#deadlineAt === undefined ? undefined : Math.max(0, this.#deadlineAt - this.#clock.now());
  }

  get pauseWanted(): boolean {
    return this.#pauseWanted;
  }

  /** What `raise` was called with first. */
  get raised(): { readonly error: unknown } | undefined {
    return this.#raised;
  }

  /** The task's own sleep: ends early when there is something to tell it or it is to pause or stop. */
  async sleep(ms: number): Promise<void> {
    if (this.#nudged || this.#ending.signal.aborted) {
      this.#nudged = false;
      return;
    }
    const sleeping = new AbortController();
    this.#sleeping = sleeping;
    await this.#clock.sleep(ms, sleeping.signal);
    if (this.#sleeping === sleeping) this.#sleeping = undefined;
  }

  /** Ends the task's sleep, if it sleeps. Once per event: a task that sleeps on in its own loop is not kept awake. */
  nudge(): void {
    if (this.#sleeping === undefined) this.#nudged = true;
    this.#sleeping?.abort();
  }

  /** What came before does not shorten the next sleep: the task is about to be told of it anyway. */
  forgetNudge(): void {
    this.#nudged = false;
  }

  /** Resolves when the task is to run, or to end. */
  async untilResumed(): Promise<void> {
    while (this.#pauseWanted && !this.#ending.signal.aborted) {
      this.#resumed = Promise.withResolvers();
      await this.#resumed.promise;
    }
  }
}
