/** When and what a sink task commits (Kafka Connect 4, WorkerSinkTask.commitOffsets). */
import { backoffMs } from "../base/backoff.ts";
import type { Logger } from "../base/log.ts";
import type { PartitionOffset, TopicPartition } from "../data/record.ts";
import type { SinkTask } from "../sdk/sink.ts";
import type { DeadLetterQueue } from "./dead_letter_queue.ts";
import { GivenUp } from "./deliveries.ts";
import type { CommitOutcome, Consumer, HostClock } from "./ports.ts";
import type { CommitAttempt, SinkAssignment } from "./sink_assignment.ts";
import type { SinkPump } from "./sink_pump.ts";

/** Pauses between tries of a last commit. */
const LAST_COMMIT_RETRY = { initialMs: 100, maxMs: 1000 };

export interface SinkCommitsOptions {
  readonly consumer: Consumer;
  readonly assignment: SinkAssignment;
  readonly deadLetters: DeadLetterQueue | undefined;
  readonly pump: SinkPump;
  readonly clock: HostClock;
  readonly log: Logger;
  readonly intervalMs: number;
  /** How long a last commit of partitions that are given up is tried again. */
  readonly lastCommitMs: number;
}

/** Commits offsets of one task. Called by its loop alone, never while the task is in a call. */
export class SinkCommits {
  /** What `offset-commit-*` of the task's metrics count. */
  readonly counters = { attempts: 0, failures: 0 };
  readonly #options: SinkCommitsOptions;
  #nextAt: number;
  #isRequested = false;
  #inFlight: Promise<void> | undefined;

  constructor(options: SinkCommitsOptions) {
    this.#options = options;
    this.#nextAt = options.clock.now() + options.intervalMs;
  }

  /** Commits as soon as it can be, without waiting for the interval. */
  request(): void {
    this.#isRequested = true;
  }

  /** Whether a commit is to be made now. At most one is under way. */
  get isDue(): boolean {
    const { assignment, clock } = this.#options;
    if (this.#inFlight !== undefined || !assignment.hasUncommitted) return false;
    return this.#isRequested || clock.now() >= this.#nextAt;
  }

  /** Milliseconds until a commit may be due. */
  get dueMs(): number {
    const { assignment, clock } = this.#options;
    if (this.#inFlight !== undefined || !assignment.hasUncommitted) return Infinity;
    return this.#isRequested ? 0 : Math.max(0, this.#nextAt - clock.now());
  }

  /**
   * Has the task make durable what was put, and commits that, without waiting for the answer. Gives offsets to read on from when the
   * task could not: what it was given since the last commit is to be put again.
   */
  async commit(task: SinkTask, giveUp: AbortSignal): Promise<readonly PartitionOffset[] | undefined> {
    const { assignment, clock, log } = this.#options;
    this.#isRequested = false;
    this.#nextAt = clock.now() + this.#options.intervalMs;
    const asked = assignment.putOffsets();
    await this.#untilDeadLettersSettle(asked, giveUp);
    let given: readonly PartitionOffset[];
    try {
      given = await this.#durable(task, asked, giveUp);
    } catch (error) {
      if (error instanceof GivenUp) throw error;
      this.counters.failures++;
      log.error(`Offset commit failed, rewinding to last committed offsets: ${error}`);
      return assignment.rewind();
    }
    const attempt = assignment.attempt(given, asked);
    if (attempt.offsets.length > 0) this.#inFlight = this.#send(attempt);
    return undefined;
  }

  /** The last commit of partitions that are given up: flush, then the task's `close`, then the commit, and its answer (Kafka Connect 4). Throws what `close` throws. */
  async commitAndClose(task: SinkTask, partitions: readonly TopicPartition[], giveUp: AbortSignal): Promise<void> {
    const { assignment, pump } = this.#options;
    // Its answer, coming later than that of the next, would say less.
    if (this.#inFlight !== undefined) await pump.serveWhile(this.#inFlight, giveUp);
    const asked = assignment.putOffsets(partitions);
    const given = await this.#lastDurable(task, asked, giveUp);
    await pump.call(() => task.close?.(partitions), giveUp);
    const attempt = assignment.attempt(given, asked);
    if (attempt.offsets.length > 0) await this.#sendUntilTaken(attempt, giveUp);
  }

  /** Nothing is committed of what the task cannot make durable; the partitions go all the same. */
  async #lastDurable(task: SinkTask, asked: readonly PartitionOffset[], giveUp: AbortSignal): Promise<readonly PartitionOffset[]> {
    if (asked.length === 0) return [];
    await this.#untilDeadLettersSettle(asked, giveUp);
    try {
      return await this.#durable(task, asked, giveUp);
    } catch (error) {
      if (error instanceof GivenUp) throw error;
      this.counters.failures++;
      this.#options.log.error(`Offset commit failed during close: ${error}`);
      return [];
    }
  }

  /** Invariant 2: only what this gives is committed. */
  async #durable(task: SinkTask, offsets: readonly PartitionOffset[], giveUp: AbortSignal): Promise<readonly PartitionOffset[]> {
    const { pump } = this.#options;
    this.counters.attempts++;
    if (task.preCommit !== undefined) return await pump.call(() => task.preCommit?.(offsets) ?? [], giveUp);
    await pump.call(() => task.flush?.(offsets), giveUp);
    return offsets;
  }

  /** A record that failed is done only once the dead letter queue has it. Throws when it refused one. */
  async #untilDeadLettersSettle(partitions: readonly TopicPartition[], giveUp: AbortSignal): Promise<void> {
    const { deadLetters, pump } = this.#options;
    if (deadLetters !== undefined) await pump.until(() => deadLetters.isSettled(partitions), giveUp);
  }

  async #send(attempt: CommitAttempt): Promise<void> {
    const outcome = await this.#options.consumer.commit(attempt.offsets);
    this.#inFlight = undefined;
    this.#take(attempt, outcome);
    this.#options.pump.ring();
  }

  async #sendUntilTaken(attempt: CommitAttempt, giveUp: AbortSignal): Promise<void> {
    const { consumer, pump, clock, lastCommitMs } = this.#options;
    const until = clock.now() + lastCommitMs;
    for (let tries = 1;; tries++) {
      const outcome = await pump.serveWhile(consumer.commit(attempt.offsets), giveUp);
      this.#take(attempt, outcome);
      if (outcome.ok || !outcome.retriable || clock.now() >= until) return;
      await pump.serveWhile(clock.sleep(backoffMs(tries, LAST_COMMIT_RETRY), giveUp), giveUp);
    }
  }

  #take(attempt: CommitAttempt, outcome: CommitOutcome): void {
    const { assignment, log } = this.#options;
    if (outcome.ok) return assignment.committed(attempt);
    this.counters.failures++;
    log.warn(`Offsets could not be committed: ${outcome.message}. They go with the next commit, or their records are put again`, {
      code: outcome.code,
    });
  }
}
