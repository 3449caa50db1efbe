/** One sink task from start to end: join the group, read, convert, put, flush, commit. */
import { nextTurn } from "../base/clock.ts";
import type { Logger } from "../base/log.ts";
import type { FromHost, TaskRef } from "../link/messages.ts";
import type { SinkTask } from "../sdk/sink.ts";
import { GivenUp } from "./deliveries.ts";
import type { LoopControl } from "./loop_control.ts";
import type { HostClock } from "./ports.ts";
import type { OpenedSink, SinkOpening } from "./sink_opening.ts";
import type { SinkPortion } from "./sink_portion.ts";
import { SinkRebalance } from "./sink_rebalance.ts";
import { endedBefore, tellEnd, waitBeforeStart } from "./task_end.ts";

/** How long a task that failed or whose stop has no time left waits for the group to let it go. */
const LEAVE_MS = 1000;

export interface SinkLoopOptions {
  readonly ref: TaskRef;
  readonly opening: SinkOpening;
  readonly control: LoopControl;
  readonly clock: HostClock;
  readonly log: Logger;
  readonly tell: (message: FromHost) => void;
}

/** A task that has started. */
interface Running {
  readonly sink: OpenedSink;
  readonly task: SinkTask;
  readonly rebalance: SinkRebalance;
}

/**
 * Runs one task. Invariant 7: whatever the task throws ends here, as its own failure. The loop never stands still for the task: while a put is under way
 * the next records are read and converted and the consumer is served, so that a slow database costs time and not the membership.
 * All other calls of the task come one after the other, between puts.
 */
export class SinkLoop {
  readonly #options: SinkLoopOptions;
  readonly #seenTopics = new Set<string>();
  #isPaused = false;

  constructor(options: SinkLoopOptions) {
    this.#options = options;
  }

  /** Runs the task to its end; never rejects. Called once. */
  async run(): Promise<void> {
    const { control, opening } = this.#options;
    let sink: OpenedSink | undefined;
    let running: Running | undefined;
    let failure: { readonly error: unknown } | undefined;
    try {
      await waitBeforeStart(this.#options);
      if (!control.stopping.aborted) {
        sink = opening.open(control);
        running = await this.#start(sink);
        await this.#work(running);
      }
    } catch (error) {
      if (!(error instanceof GivenUp)) failure = { error };
    }
    await this.#finish(sink, running, control.raised ?? failure);
  }

  async #start(sink: OpenedSink): Promise<Running> {
    const { control, log } = this.#options;
    control.listen(() => sink.pump.ring());
    const task = await sink.pump.serveWhile(sink.start(), control.givenUp);
    if (!control.stopping.aborted) this.#tellState("RUNNING");
    return { sink, task, rebalance: new SinkRebalance(sink, task, log, control.givenUp) };
  }

  async #work(running: Running): Promise<void> {
    const { control } = this.#options;
    const { pump } = running.sink;
    while (!control.stopping.aborted) {
      pump.serve();
      // Heartbeats, commands and the other tasks of this process get their turn after every step. Invariant 7
      if (await this.#step(running)) await nextTurn();
      else await pump.wait(this.#waitMs(running.sink), this.#wantsRecords(running.sink));
    }
  }

  /** Does one thing; gives whether there was anything to do. */
  async #step(running: Running): Promise<boolean> {
    const { sink, task, rebalance } = running;
    const { puts, pump, reader, commits, deadLetters } = sink;
    sink.subscription.look();
    const state = puts.settle();
    if (state === "busy") return this.#isPaused ? false : reader.advance();
    if (state === "done") return this.#putDone(sink);
    const event = pump.events.shift();
    if (event !== undefined) {
      await rebalance.handle(event);
      return true;
    }
    if (await this.#steer(running)) return true;
    if (commits.isDue) {
      await this.#commit(running);
      return true;
    }
    // What waits for room in the dead letter queue goes first; it would grow without end.
    if (this.#isPaused || deadLetters?.isFull) return false;
    if (state === "waiting") return puts.retry(task);
    const portion = reader.take();
    if (portion === undefined) return reader.advance();
    this.#put(running, portion);
    return true;
  }

  /** What the user or the task wants otherwise than before; gives whether there was anything. */
  async #steer({ sink, rebalance }: Running): Promise<boolean> {
    const { control } = this.#options;
    const { wishes, commits } = sink;
    const isPauseNew = control.pauseWanted !== this.#isPaused;
    if (!isPauseNew && !wishes.pausesChanged && wishes.seeks.length === 0) return false;
    this.#isPaused = control.pauseWanted;
    if (isPauseNew || wishes.pausesChanged) await rebalance.applyPauses(this.#isPaused);
    if (wishes.seeks.length > 0) await rebalance.applySeeks();
    if (!isPauseNew) return true;
    if (this.#isPaused) commits.request();
    this.#tellState(this.#isPaused ? "PAUSED" : "RUNNING");
    return true;
  }

  #put({ sink, task }: Running, portion: SinkPortion): void {
    const { deadLetters, policy, puts } = sink;
    const failure = portion.judge(policy, deadLetters && ((...of) => deadLetters.send(...of)));
    if (failure !== undefined) {
      portion.release();
      throw failure;
    }
    this.#tellTopics(portion.topics);
    puts.start(task, portion);
  }

  /** Invariant 2: only now may these offsets be committed, once a flush has returned too. */
  #putDone({ puts, assignment }: OpenedSink): boolean {
    const portion = puts.take();
    if (portion !== undefined) assignment.putUpTo(portion.ends);
    portion?.release();
    return true;
  }

  /** What the task could not make durable is read and put again. */
  async #commit({ sink, task, rebalance }: Running): Promise<void> {
    const rewound = await sink.commits.commit(task, this.#options.control.givenUp);
    // Named again with the next records: the record of topics may have been reset meanwhile.
    this.#seenTopics.clear();
    if (rewound !== undefined) await rebalance.readFrom(rewound);
  }

  #wantsRecords({ puts, reader, deadLetters }: OpenedSink): boolean {
    if (this.#isPaused || !reader.isEmpty) return false;
    return puts.isBusy || (puts.portion === undefined && !(deadLetters?.isFull ?? false));
  }

  /** Until something is due that `#step` would do in this state: a wait for anything else would be none, over and over. */
  #waitMs({ subscription, commits, puts, reader, deadLetters }: OpenedSink): number {
    const reads = this.#isPaused || deadLetters?.isFull ? Infinity : puts.portion === undefined || puts.isBusy ? reader.dueMs : puts.dueMs;
    return Math.min(subscription.dueMs, reads, puts.isBusy ? Infinity : commits.dueMs);
  }

  /** The put under way, a last commit of what was put, the task's own end, the group; then the parent is told. */
  async #finish(
    sink: OpenedSink | undefined,
    running: Running | undefined,
    failed: { readonly error: unknown } | undefined,
  ): Promise<void> {
    const { control } = this.#options;
    control.end();
    const clean = sink === undefined || await this.#release(sink, running, failed !== undefined);
    tellEnd(this.#options, failed ?? control.raised, clean);
  }

  /** Gives back whether all of it was done in time. */
  async #release(sink: OpenedSink, running: Running | undefined, failed: boolean): Promise<boolean> {
    const { clock, control } = this.#options;
    const over = new AbortController();
    const end = () => over.abort();
    // A failed task is waited for as long as a flush may take; a stop's deadline may come first.
    const limit = failed ? clock.sleep(sink.settings.flushTimeoutMs, over.signal).then(end) : undefined;
    control.late.addEventListener("abort", end);
    if (control.late.aborted) end();
    const isIdle = await this.#lastPut(sink, over.signal);
    if (isIdle && running !== undefined && control.raised === undefined) await this.#lastCommit(running, over.signal);
    const stopped = isIdle && await this.#stopTask(sink, over.signal);
    await this.#lastDeadLetters(sink, over.signal);
    const inTime = stopped && !over.signal.aborted;
    end();
    await limit;
    control.late.removeEventListener("abort", end);
    sink.reader.clear();
    if (isIdle) sink.puts.drop();
    else void this.#stopLater(sink);
    await sink.close(Math.max(LEAVE_MS, failed ? LEAVE_MS : control.leftMs ?? LEAVE_MS));
    return inTime;
  }

  /** Waits for the put that is under way; gives whether it has ended. Its records count if it was done. */
  async #lastPut(sink: OpenedSink, limit: AbortSignal): Promise<boolean> {
    const { pump, puts } = sink;
    try {
      if (puts.running !== undefined) await pump.serveWhile(puts.running, limit);
      if (puts.settle() === "done") this.#putDone(sink);
    } catch (error) {
      if (error instanceof GivenUp) return !puts.isBusy;
      this.#options.log.warn(`The last put ended with an error, as the task is to end: ${error}`);
      await endedBefore(puts.running, limit);
    }
    return !puts.isBusy;
  }

  /** What was put is not put again after the next start, if the task can make it durable. */
  async #lastCommit({ sink, task }: Running, limit: AbortSignal): Promise<void> {
    try {
      if (sink.assignment.list.length > 0) await sink.commits.commitAndClose(task, sink.assignment.list, limit);
    } catch (error) {
      this.#options.log.warn(`The last offsets could not be committed, their records will be put again: ${error}`);
    }
  }

  /** The record a task fails with is sent there too, though its offset is never passed (Kafka Connect 4; golden: errors/dlq-but-none). */
  async #lastDeadLetters({ deadLetters, pump }: OpenedSink, limit: AbortSignal): Promise<void> {
    if (deadLetters === undefined) return;
    try {
      await pump.until(() => deadLetters.isSettled([]) && !deadLetters.isBusy, limit);
    } catch (error) {
      this.#options.log.warn(`The last records may be missing in the dead letter queue: ${error}`);
    }
  }

  async #stopTask(sink: OpenedSink, limit: AbortSignal): Promise<boolean> {
    const { log } = this.#options;
    const stopped = sink.stop().catch((error) => log.warn(`The task could not be stopped cleanly: ${error}`));
    const inTime = await endedBefore(stopped, limit);
    if (!inTime) log.warn("The task did not stop in time and is left to itself");
    return inTime;
  }

  /** The deadline has passed in the middle of a put: nobody waits for it, but what it reads stays until it has ended. */
  async #stopLater({ puts, stop }: OpenedSink): Promise<void> {
    await puts.running;
    puts.drop();
    await stop().catch((error) => this.#options.log.warn(`The task could not be stopped: ${error}`));
  }

  /** Topics by the names they were read under (Kafka Connect 4, topic tracking). */
  #tellTopics(topics: readonly string[]): void {
    const fresh = topics.filter((topic) => !this.#seenTopics.has(topic));
    if (fresh.length === 0) return;
    for (const topic of fresh) this.#seenTopics.add(topic);
    this.#options.tell({ is: "topics", task: this.#options.ref, topics: fresh });
  }

  #tellState(state: "RUNNING" | "PAUSED"): void {
    this.#options.tell({ is: "state", task: this.#options.ref, state });
  }
}
