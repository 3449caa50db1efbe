import { logger } from "../base/log.ts";
import type { TaskRef, TaskSpec } from "../link/messages.ts";
import { faultError } from "./host_end.ts";
import type { HostLoss, HostPool, Lodger, Seat, TaskMessage } from "./host_pool.ts";
import type { Journal } from "./journal.ts";
import type { Owned } from "./owned.ts";
import type { HostUse } from "./placement.ts";
import type { WorkerClock } from "./ports.ts";
import type { StatusBoard } from "./status_board.ts";

const log = logger("worker.task");

/** A task that is still there this long after its time to stop has passed is ended with its host, if that host answers at all. */
const STOP_GRACE_MS = 3000;

/** What tasks need of the worker. */
export interface TaskContext {
  readonly pool: HostPool;
  readonly board: StatusBoard;
  readonly journal: Journal;
  readonly clock: WorkerClock;
  readonly owned: Owned;
  /** Time a task has to stop, `task.shutdown.graceful.timeout.ms`. */
  readonly stopMs: number;
  /** Whether active topics are recorded, `topic.tracking.enable`. */
  readonly tracksTopics: boolean;
  /** Ends when the worker does. */
  readonly closing: AbortSignal;
  /** A number no start of any task has had before. */
  readonly nextGeneration: () => number;
}

/** How a task is to run. */
export interface Wanted {
  readonly spec: TaskSpec;
  readonly isPaused: boolean;
  /** Whether all tasks of its connector live in a host of their own. */
  readonly hasOwnHost: boolean;
}

/** Where a task is: nowhere; in a host; or on its way out of one, after a stop or a failure. */
type Phase =
  | { readonly is: "nowhere" }
  | { readonly is: "placed"; readonly ref: TaskRef; readonly seat: Seat; isPaused: boolean }
  | { readonly is: "leaving"; readonly ref: TaskRef; readonly seat: Seat; readonly over: AbortController };

/**
 * One task from its first start to its removal: brings what is to what is wanted. A start is never sent before the one before it
 * has ended, or its host is dead; so no two generations of a task run at a time, and offsets of an older one cannot come after those of a newer.
 */
export class TaskLife {
  readonly #connector: string;
  readonly #task: number;
  readonly #context: TaskContext;
  #wanted: Wanted | undefined;
  #phase: Phase = { is: "nowhere" };
  /** The running start is outdated: stop it and start anew. */
  #isStale = false;
  /** FAILED: no start until asked for. */
  #isHeld = false;
  #isAbandoned = false;
  /** Topics its last start has named, and whether the record of them was cleared since. */
  #topics: readonly string[] = [];
  #areTopicsCleared = false;
  /** Set when a host died under this task; tells where to start it. */
  #use: HostUse | undefined;
  #startWaiters: { readonly started: () => void; readonly failed: (error: Error) => void }[] = [];
  #goneWaiters: (() => void)[] = [];

  constructor(connector: string, task: number, context: TaskContext) {
    this.#connector = connector;
    this.#task = task;
    this.#context = context;
  }

  get isWanted(): boolean {
    return this.#wanted !== undefined;
  }

  /** Nowhere, and not wanted either. */
  get isGone(): boolean {
    return this.#phase.is === "nowhere" && this.#wanted === undefined;
  }

  /** Starts it, or starts it anew with another config: what failed before gets its chance. */
  want(wanted: Wanted): void {
    this.#wanted = wanted;
    this.#use = undefined;
    this.restart();
  }

  /** Stops it if it runs and starts it, in the state shown until it runs. */
  restart(shown: "UNASSIGNED" | "RESTARTING" = "UNASSIGNED"): void {
    if (this.#wanted === undefined) return;
    this.#isStale = true;
    this.#isHeld = false;
    if (this.#shown !== undefined) this.#show(shown);
    this.#drive();
  }

  /** Resolves when the next start was sent to a host. Rejects when it cannot be, or the task is not wanted any more. */
  nextStart(): Promise<void> {
    return new Promise((started, failed) => this.#startWaiters.push({ started, failed }));
  }

  /** Pauses or resumes it; one that has FAILED stays so. */
  setPaused(isPaused: boolean): void {
    if (this.#wanted === undefined || this.#wanted.isPaused === isPaused) return;
    this.#wanted = { ...this.#wanted, isPaused };
    this.#drive();
  }

  /** The record of topics was cleared: what it writes to from now on counts anew. */
  forgetTopics(): void {
    this.#areTopicsCleared = true;
  }

  /** Stops it for good and shows it no more. */
  drop(): void {
    this.#context.board.drop(this.#connector, this.#task);
    this.retire();
  }

  /** Stops it, to be wanted again with another config; shown as UNASSIGNED until then. */
  displace(): void {
    if (this.#shown !== undefined) this.#show("UNASSIGNED");
    this.retire();
  }

  /** Like `drop`, for a connector that is removed: topics it names from now on are nobody's. */
  abandon(): void {
    this.#isAbandoned = true;
    this.drop();
  }

  /** Stops it for good; what is shown of it stays. */
  retire(): void {
    this.#wanted = undefined;
    this.#isHeld = false;
    this.#answerStarters(new Error(`Task ${this.#connector}-${this.#task} is not wanted any more`));
    this.#drive();
  }

  /** Resolves when it is nowhere, its last offsets handed over. */
  gone(): Promise<void> {
    return this.isGone ? Promise.resolve() : new Promise((resolve) => this.#goneWaiters.push(resolve));
  }

  get #shown() {
    return this.#context.board.task(this.#connector, this.#task);
  }

  #show(state: "UNASSIGNED" | "RESTARTING" | "RUNNING" | "PAUSED" | "FAILED", trace?: string): void {
    this.#context.board.show(this.#connector, this.#task, state, trace ?? (state === "RESTARTING" ? this.#shown?.trace : undefined));
  }

  /** The one place that decides what happens next; called after every change of what is wanted or of what is. */
  #drive(): void {
    const phase = this.#phase;
    if (phase.is === "leaving") return;
    if (phase.is === "nowhere") {
      if (this.#wanted === undefined) this.#answerGone();
      else if (!this.#isHeld) this.#start(this.#wanted);
    } else if (this.#wanted === undefined || this.#isStale) {
      this.#leave(phase.ref, phase.seat);
    } else if (phase.isPaused !== this.#wanted.isPaused) {
      phase.isPaused = this.#wanted.isPaused;
      phase.seat.send({ do: phase.isPaused ? "pause" : "resume", task: phase.ref });
    }
  }

  /** Only ever from "nowhere". */
  #start(wanted: Wanted): void {
    const { pool, nextGeneration } = this.#context;
    const ref: TaskRef = { connector: this.#connector, task: this.#task, generation: nextGeneration() };
    const lodger: Lodger = { ref, hear: (message) => this.#hear(ref, message), lose: (loss) => this.#lose(ref, loss) };
    const use = this.#use ?? (wanted.hasOwnHost ? { kind: "own", connector: this.#connector } as const : { kind: "shared" } as const);
    this.#isStale = false;
    this.#topics = [];
    try {
      const seat = pool.start(lodger, wanted.spec, wanted.isPaused, use);
      this.#phase = { is: "placed", ref, seat, isPaused: wanted.isPaused };
      this.#answerStarters(undefined);
    } catch (error) {
      this.#isHeld = true;
      this.#show("FAILED", faultError(`Cannot start a task host: ${error instanceof Error ? error.message : error}`).trace);
      this.#answerStarters(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** The host is told to end the task; it answers with `ended`, or dies. */
  #leave(ref: TaskRef, seat: Seat): void {
    const { stopMs, owned } = this.#context;
    const over = new AbortController();
    this.#phase = { is: "leaving", ref, seat, over };
    seat.send({ do: "stop", task: ref, deadlineMs: stopMs });
    owned.add("the wait for a task's end", this.#insist(seat, over.signal));
  }

  /** A host that answers but keeps the task past its time ignores the stop; one that does not answer is the heartbeat's business. */
  async #insist(seat: Seat, over: AbortSignal): Promise<void> {
    await this.#context.clock.sleep(this.#context.stopMs, over);
    while (!over.aborted) {
      await this.#context.clock.sleep(STOP_GRACE_MS, over);
      if (!over.aborted && seat.isResponsive) return seat.evict();
    }
  }

  #hear(ref: TaskRef, message: TaskMessage): void {
    const phase = this.#phase;
    if (phase.is === "nowhere" || phase.ref.generation !== ref.generation) return;
    switch (message.is) {
      case "offsets":
        this.#context.journal.addOffsets(this.#connector, message.entries);
        // Sources name a topic once per start. New offsets mean new records; of several topics all are taken to go on.
        if (this.#areTopicsCleared) this.#trackTopics(this.#topics);
        return;
      case "topics":
        this.#topics = [...new Set([...this.#topics, ...message.topics])];
        return this.#trackTopics(message.topics);
      case "state":
        if (phase.is === "placed") this.#show(message.state);
        return;
      case "failed":
        return this.#failed(phase, message.error.trace);
      case "ended":
        return this.#ended(phase, message.clean);
    }
  }

  #trackTopics(topics: readonly string[]): void {
    this.#areTopicsCleared = false;
    if (this.#context.tracksTopics && !this.#isAbandoned && topics.length > 0) this.#context.journal.addTopics(this.#connector, topics);
  }

  #failed(phase: Exclude<Phase, { readonly is: "nowhere" }>, trace: string): void {
    if (phase.is === "leaving") return log.warn("Task failed while it was stopping", { ...this.#fields, trace });
    this.#isHeld = true;
    this.#show("FAILED", trace);
    // It may take its time to clean up, but not for ever.
    this.#leave(phase.ref, phase.seat);
  }

  #ended(phase: Exclude<Phase, { readonly is: "nowhere" }>, isClean: boolean): void {
    if (phase.is === "placed") {
      this.#isHeld = true;
      this.#show("FAILED", faultError("The task ended by itself, without an error").trace);
    } else {
      phase.over.abort();
      if (!isClean) log.warn("Task did not stop in time; records it had sent last may be repeated", this.#fields);
    }
    // Whatever starts next reads what this one stored. Invariant 3
    this.#context.journal.flush();
    this.#phase = { is: "nowhere" };
    this.#drive();
  }

  /** A task that was leaving has left; one that ran is started elsewhere, unless its host died because of it. */
  #lose(ref: TaskRef, loss: HostLoss): void {
    const phase = this.#phase;
    if (phase.is === "nowhere" || phase.ref.generation !== ref.generation) return;
    this.#phase = { is: "nowhere" };
    if (phase.is === "leaving") phase.over.abort();
    else if (loss.isAtFault) {
      this.#isHeld = true;
      this.#show("FAILED", loss.error.trace);
    } else {
      this.#show("UNASSIGNED");
    }
    if (loss.isAtFault) this.#use = this.#context.pool.apart();
    else if (loss.use !== undefined) this.#use = loss.use;
    this.#context.journal.flush();
    this.#drive();
  }

  get #fields() {
    return { connector: this.#connector, task: this.#task };
  }

  #answerStarters(error: Error | undefined): void {
    const waiters = this.#startWaiters;
    this.#startWaiters = [];
    for (const waiter of waiters) error === undefined ? waiter.started() : waiter.failed(error);
  }

  #answerGone(): void {
    const waiters = this.#goneWaiters;
    this.#goneWaiters = [];
    for (const resolve of waiters) resolve();
  }
}
