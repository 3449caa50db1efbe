/** One source task from start to end: poll, send, acknowledge, store offsets. */
import { backoffMs, isWorthWarning } from "../base/backoff.ts";
import { nextTurn } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { RecordBatch } from "../data/batch.ts";
import type { SourceRecord } from "../data/record.ts";
import { batchesOfRows } from "../data/row_batches.ts";
import type { FromHost, TaskRef } from "../link/messages.ts";
import type { SourceTask } from "../sdk/source.ts";
import { GivenUp } from "./deliveries.ts";
import type { LoopControl } from "./loop_control.ts";
import type { HostClock } from "./ports.ts";
import { Interrupted } from "./sender.ts";
import type { OpenedTask, TaskOpening } from "./task_opening.ts";
import { endedBefore, tellEnd, waitBeforeStart } from "./task_end.ts";
import { isRetriable } from "./trace.ts";

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
  readonly control: LoopControl;
}

/** Runs one task. Invariant 7: whatever the task throws ends here, as its own failure. */
export class SourceLoop {
  readonly #options: SourceLoopOptions;
  /** The poll that is going on. */
  #polling: Promise<unknown> | undefined;

  constructor(options: SourceLoopOptions) {
    this.#options = options;
  }

  /** Runs the task to its end; never rejects. Called once. */
  async run(): Promise<void> {
    let opened: OpenedTask | undefined;
    let failure: { readonly error: unknown } | undefined;
    try {
      await waitBeforeStart(this.#options);
      if (!this.#options.control.stopping.aborted) {
        opened = this.#options.opening.open(this.#options.control);
        await this.#work(opened);
      }
    } catch (error) {
      failure = this.#failureOf(error);
    }
    await this.#finish(opened, failure);
  }

  async #work(opened: OpenedTask): Promise<void> {
    const { deliveries } = opened;
    const { control } = this.#options;
    const task = await deliveries.serveWhile(opened.start(), control.givenUp);
    if (!control.stopping.aborted) this.#tellState("RUNNING");
    while (!control.stopping.aborted) {
      if (control.pauseWanted) await this.#pauseHere(opened);
      await this.#tellDelivered(opened);
      const polled = await this.#poll(opened, task);
      if (polled !== null) await this.#send(opened, polled);
      deliveries.serve();
      // Heartbeats, commands and the other tasks of this process get their turn after every batch. Invariant 7
      await nextTurn();
    }
  }

  async #pauseHere({ deliveries }: OpenedTask): Promise<void> {
    const { control } = this.#options;
    this.#tellState("PAUSED");
    await deliveries.serveWhile(control.untilResumed(), control.givenUp);
    if (!control.stopping.aborted) this.#tellState("RUNNING");
  }

  /** One poll; retriable errors are logged and polled again after a pause, which grows while they go on. */
  async #poll({ deliveries }: OpenedTask, task: SourceTask): Promise<Polled> {
    const { clock, log, control } = this.#options;
    for (let attempt = 1; !control.stopping.aborted; attempt++) {
      control.forgetNudge();
      try {
        const polled = task.poll();
        return polled instanceof Promise ? await this.#awaitPoll(polled, deliveries) : polled;
      } catch (error) {
        if (control.stopping.aborted && !(error instanceof GivenUp)) {
          log.debug("The last poll ended with an error, as the task is to stop", { reason: String(error) });
          return null;
        }
        if (!isRetriable(error)) throw error;
        const delayMs = backoffMs(attempt, POLL_RETRY);
        log[isWorthWarning(attempt) ? "warn" : "debug"](`The task asks to be polled again: ${error}`, { attempt, delayMs });
        await deliveries.serveWhile(clock.sleep(delayMs, control.stopping), control.givenUp);
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
    return settled ? await polled : await deliveries.serveWhile(polled, this.#options.control.givenUp);
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
      if (told instanceof Promise) await deliveries.serveWhile(told, this.#options.control.givenUp);
    }
  }

  /** What ended the task as a failure; undefined for a stop. */
  #failureOf(error: unknown): { readonly error: unknown } | undefined {
    const { raised } = this.#options.control;
    if (raised !== undefined) return raised;
    if (error instanceof GivenUp || error instanceof Interrupted) return undefined;
    return { error };
  }

  /** Last acknowledgements, last offsets, the task's own end, the producer's; then the parent is told. */
  async #finish(opened: OpenedTask | undefined, failed: { readonly error: unknown } | undefined): Promise<void> {
    const { control } = this.#options;
    const failure = failed ?? control.raised;
    control.end();
    const clean = opened === undefined || await this.#release(opened, failure !== undefined);
    tellEnd(this.#options, failure, clean);
  }

  /** Gives back whether all of it was done in time. */
  async #release(opened: OpenedTask, failed: boolean): Promise<boolean> {
    const { clock, log, control } = this.#options;
    const { deliveries } = opened;
    const over = new AbortController();
    const end = () => over.abort();
    // A failed task waits for its last acknowledgements as long as a flush may take; a stop's deadline may come first.
    const limit = failed ? clock.sleep(opened.flushTimeoutMs, over.signal).then(end) : undefined;
    control.late.addEventListener("abort", end);
    if (control.late.aborted) end();
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
    control.late.removeEventListener("abort", end);
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
