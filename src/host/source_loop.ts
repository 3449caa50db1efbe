/** One source task from start to end: poll, send, acknowledge, store offsets. */
import { backoffMs } from "../base/backoff.ts";
import { nextTurn } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { RecordBatch } from "../data/batch.ts";
import type { SourceRecord } from "../data/record.ts";
import { batchesOfRows } from "../data/row_batches.ts";
import type { FromHost, TaskRef } from "../link/messages.ts";
import type { SourceTask } from "../sdk/source.ts";
import { GivenUp } from "./deliveries.ts";
import type { HostClock } from "./ports.ts";
import { Interrupted } from "./sender.ts";
import type { OpenedTask, TaskOpening } from "./task_opening.ts";
import { isRetriable, traceOf, wireError } from "./trace.ts";

/** Pauses between polls that end with a retriable error. */
const POLL_RETRY = { initialMs: 100, maxMs: 10_000 };

/** What `poll` may give. */
type Polled = RecordBatch | readonly SourceRecord[] | null;

export interface SourceLoopOptions {
  readonly ref: TaskRef;
  readonly opening: TaskOpening;
  readonly clock: HostClock;
  readonly log: Logger;
  readonly tell: (message: FromHost) => void;
  readonly paused: boolean;
}

/** Runs one task. Invariant 7: whatever the task throws ends here, as its own failure. */
export class SourceLoop {
  readonly #options: SourceLoopOptions;
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
  /** A nudge came while the task was in a poll but not asleep: its next sleep is none. */
  #nudged = false;
  /** The poll that is going on. */
  #polling: Promise<unknown> | undefined;

  constructor(options: SourceLoopOptions) {
    this.#options = options;
    this.#pauseWanted = options.paused;
  }

  /** Runs the task to its end; never rejects. Called once. */
  async run(): Promise<void> {
    let opened: OpenedTask | undefined;
    let failure: { readonly error: unknown } | undefined;
    try {
      await this.#waitBeforeStart();
      if (!this.#ending.signal.aborted) {
        opened = this.#options.opening.open(this);
        await this.#work(opened);
      }
    } catch (error) {
      failure = this.#failureOf(error);
    }
    await this.#finish(opened, failure);
  }

  /** Asks no more records of the task until `resume`; acknowledgements and offsets go on. */
  pause(): void {
    this.#pauseWanted = true;
    this.nudge();
  }

  resume(): void {
    this.#pauseWanted = false;
    this.#resumed.resolve();
  }

  /** Ends the task; nothing is waited for after `deadlineMs`. A later call may only bring the end nearer. */
  stop(deadlineMs: number): void {
    const { clock } = this.#options;
    const deadlineAt = clock.now() + deadlineMs;
    if (this.#deadlineAt !== undefined && this.#deadlineAt <= deadlineAt) return;
    this.#deadlineAt = deadlineAt;
    this.#end();
    void clock.sleep(deadlineMs, this.#gone.signal).then(() => {
      this.#late.abort();
      this.#giveUp.abort();
    });
  }

  /** Fails the task for an error that came up outside of its calls. */
  raise(error: unknown): void {
    this.#raised ??= { error };
    this.#end();
    this.#giveUp.abort();
  }

  /** Aborted when the task is to stop. */
  get stopping(): AbortSignal {
    return this.#ending.signal;
  }

  /** Aborted when nothing is to be waited for any longer. */
  get givenUp(): AbortSignal {
    return this.#giveUp.signal;
  }

  /** The task's own sleep: ends early when there is something to tell it or it is to pause or stop. */
  async sleep(ms: number): Promise<void> {
    if (this.#nudged || this.#ending.signal.aborted) {
      this.#nudged = false;
      return;
    }
    const sleeping = new AbortController();
    this.#sleeping = sleeping;
    await this.#options.clock.sleep(ms, sleeping.signal);
    if (this.#sleeping === sleeping) this.#sleeping = undefined;
  }

  /** Ends the task's sleep, if it sleeps. Once per event: a task that sleeps on in its own loop is not kept awake. */
  nudge(): void {
    if (this.#sleeping === undefined) this.#nudged = true;
    this.#sleeping?.abort();
  }

  #end(): void {
    this.#ending.abort();
    this.#resumed.resolve();
    this.nudge();
  }

  /** A task that is created paused opens nothing before it is resumed (Kafka Connect 4, WorkerTask). */
  async #waitBeforeStart(): Promise<void> {
    while (this.#pauseWanted && !this.#ending.signal.aborted) {
      this.#tellState("PAUSED");
      await this.#untilResumed();
    }
  }

  async #work(opened: OpenedTask): Promise<void> {
    const { deliveries } = opened;
    const task = await deliveries.serveWhile(opened.start(), this.#giveUp.signal);
    if (!this.#ending.signal.aborted) this.#tellState("RUNNING");
    while (!this.#ending.signal.aborted) {
      if (this.#pauseWanted) await this.#pauseHere(opened);
      await this.#tellDelivered(opened);
      const polled = await this.#poll(opened, task);
      if (polled !== null) await this.#send(opened, polled);
      deliveries.serve();
      // Heartbeats, commands and the other tasks of this process get their turn after every batch. Invariant 7
      await nextTurn();
    }
  }

  async #pauseHere({ deliveries }: OpenedTask): Promise<void> {
    this.#tellState("PAUSED");
    await deliveries.serveWhile(this.#untilResumed(), this.#giveUp.signal);
    if (!this.#ending.signal.aborted) this.#tellState("RUNNING");
  }

  async #untilResumed(): Promise<void> {
    while (this.#pauseWanted && !this.#ending.signal.aborted) {
      this.#resumed = Promise.withResolvers();
      await this.#resumed.promise;
    }
  }

  /** One poll; retriable errors are logged and polled again after a pause, which grows while they go on. */
  async #poll({ deliveries }: OpenedTask, task: SourceTask): Promise<Polled> {
    const { clock, log } = this.#options;
    for (let attempt = 1; !this.#ending.signal.aborted; attempt++) {
      this.#nudged = false;
      try {
        const polled = task.poll();
        return polled instanceof Promise ? await this.#awaitPoll(polled, deliveries) : polled;
      } catch (error) {
        if (this.#ending.signal.aborted && !(error instanceof GivenUp)) {
          log.debug("The last poll ended with an error, as the task is to stop", { reason: String(error) });
          return null;
        }
        if (!isRetriable(error)) throw error;
        const delayMs = backoffMs(attempt, POLL_RETRY);
        log.warn(`The task asks to be polled again: ${error}`, { attempt, delayMs });
        await deliveries.serveWhile(clock.sleep(delayMs, this.#ending.signal), this.#giveUp.signal);
      }
    }
    return null;
  }

  async #awaitPoll(polled: Promise<Polled>, deliveries: OpenedTask["deliveries"]): Promise<Polled> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    this.#polling = polled.then(settle, settle);
    // Most polls of files and databases are done in one turn; only for the others it pays to watch for acknowledgements.
    await nextTurn();
    return settled ? await polled : await deliveries.serveWhile(polled, this.#giveUp.signal);
  }

  async #send({ sender, tellsDelivered }: OpenedTask, polled: RecordBatch | readonly SourceRecord[]): Promise<void> {
    const rows = isRows(polled);
    const batches = rows ? batchesOfRows(polled) : [polled];
    const token = rows ? polled : polled.token;
    await sender.send(batches, tellsDelivered ? { token, pending: 0 } : null);
  }

  async #tellDelivered({ deliveries, delivered }: OpenedTask): Promise<void> {
    for (const token of deliveries.takeDelivered()) {
      const told = delivered(token);
      if (told instanceof Promise) await deliveries.serveWhile(told, this.#giveUp.signal);
    }
  }

  /** What ended the task as a failure; undefined for a stop. */
  #failureOf(error: unknown): { readonly error: unknown } | undefined {
    if (this.#raised !== undefined) return this.#raised;
    if (error instanceof GivenUp || error instanceof Interrupted) return undefined;
    return { error };
  }

  /** Last acknowledgements, last offsets, the task's own end, the producer's; then the parent is told. */
  async #finish(opened: OpenedTask | undefined, failed: { readonly error: unknown } | undefined): Promise<void> {
    const failure = failed ?? this.#raised;
    const { ref, tell, log } = this.#options;
    this.#end();
    let clean = true;
    if (opened !== undefined) clean = await this.#release(opened, failure !== undefined);
    if (failure !== undefined) {
      log.error(
        "Task threw an uncaught and unrecoverable exception. Task is being killed and will not recover until manually restarted\n" +
          traceOf(failure.error).trimEnd(),
      );
      tell({ is: "failed", task: ref, error: wireError(failure.error) });
    }
    if (this.#deadlineAt !== undefined) tell({ is: "ended", task: ref, clean });
    this.#gone.abort();
  }

  /** Gives back whether all of it was done in time. */
  async #release(opened: OpenedTask, failed: boolean): Promise<boolean> {
    const { clock, log } = this.#options;
    const { deliveries } = opened;
    const over = new AbortController();
    const end = () => over.abort();
    // A failed task waits for its last acknowledgements as long as a flush may take; a stop's deadline may come first.
    const limit = failed ? clock.sleep(opened.flushTimeoutMs, over.signal).then(end) : undefined;
    this.#late.signal.addEventListener("abort", end);
    if (this.#late.signal.aborted) end();
    const polled = await endedBefore(this.#polling, over.signal);
    await deliveries.settle(over.signal);
    const inTime = !over.signal.aborted;
    try {
      for (const token of deliveries.takeDelivered()) await opened.delivered(token);
    } catch (error) {
      log.warn(`The task could not take in its last acknowledgements: ${error}`);
    }
    deliveries.flush();
    if (polled) await this.#stopTask(opened, over.signal);
    else void this.#polling?.then(() => opened.stop()).catch((error) => log.warn(`The task could not be stopped: ${error}`));
    opened.close();
    end();
    await limit;
    this.#late.signal.removeEventListener("abort", end);
    return inTime;
  }

  async #stopTask(opened: OpenedTask, limit: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const stopped = opened.stop().catch((error) => log.warn(`The task could not be stopped cleanly: ${error}`));
    if (!await endedBefore(stopped, limit)) log.warn("The task did not stop in time and is left to itself");
  }

  #tellState(state: "RUNNING" | "PAUSED"): void {
    this.#options.tell({ is: "state", task: this.#options.ref, state });
  }
}

function isRows(polled: RecordBatch | readonly SourceRecord[]): polled is readonly SourceRecord[] {
  return Array.isArray(polled);
}

/** Waits for the work or the signal; gives whether the work was done first, or was as good as done. */
async function endedBefore(work: Promise<unknown> | undefined, signal: AbortSignal): Promise<boolean> {
  if (work === undefined) return true;
  let ended = false;
  const over = Promise.withResolvers<void>();
  const abort = () => over.resolve();
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  const done = work.then(() => {
    ended = true;
  });
  await Promise.race([done, over.promise]);
  if (!ended) await nextTurn();
  signal.removeEventListener("abort", abort);
  return ended;
}
