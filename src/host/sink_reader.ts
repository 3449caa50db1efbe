import type { Logger } from "../base/log.ts";
import type { PartitionOffset, TopicPartition } from "../data/record.ts";
import type { ErrorPolicy } from "./error_policy.ts";
import type { Consumer, HostClock } from "./ports.ts";
import { keyOf, type SinkAssignment } from "./sink_assignment.ts";
import type { SinkChain } from "./sink_chain.ts";
import { SinkPortion } from "./sink_portion.ts";
import { isRetriable } from "./trace.ts";

export interface SinkReaderOptions {
  readonly consumer: Consumer;
  readonly assignment: SinkAssignment;
  readonly chain: SinkChain;
  readonly policy: ErrorPolicy;
  readonly clock: HostClock;
  readonly log: Logger;
  readonly maxRecords: number;
  readonly maxBytes: number;
}

/** A conversion that is to be tried again. */
interface Trial {
  readonly startedAt: number;
  readonly attempt: number;
  readonly retryAt: number;
}

/** Reads and converts the records of the next put, while the last ones are being put. */
export class SinkReader {
  readonly #options: SinkReaderOptions;
  /** What was read and is nobody's yet. */
  #portion: SinkPortion | undefined;
  #isReady = false;
  #trial: Trial | undefined;

  constructor(options: SinkReaderOptions) {
    this.#options = options;
  }

  /** Nothing is at hand: records that arrive are of interest. */
  get isEmpty(): boolean {
    return this.#portion === undefined;
  }

  /** Milliseconds until a conversion is to be tried again. */
  get dueMs(): number {
    return this.#trial === undefined ? Infinity : Math.max(0, this.#trial.retryAt - this.#options.clock.now());
  }

  /** Reads, if nothing is at hand, and converts. Gives whether there was anything to do. */
  advance(): boolean {
    if (this.#isReady || (this.#trial !== undefined && this.dueMs > 0)) return false;
    if (this.#portion === undefined && !this.#read()) return false;
    this.#convert(this.#portion as SinkPortion);
    return true;
  }

  /** The converted records, if there are any, for their put. */
  take(): SinkPortion | undefined {
    if (!this.#isReady) return undefined;
    const portion = this.#portion;
    this.#portion = undefined;
    this.#isReady = false;
    return portion;
  }

  /** Takes out what was read of partitions that are others' now, or are to be read from elsewhere. */
  drop(partitions: readonly TopicPartition[]): void {
    this.#portion?.drop(partitions);
  }

  /** Takes out what was read of these partitions; gives where to read on from so that it is read again. */
  unread(partitions: readonly TopicPartition[]): readonly PartitionOffset[] {
    const keys = new Set(partitions.map(keyOf));
    const starts = this.#portion?.starts.filter((start) => keys.has(keyOf(start))) ?? [];
    this.drop(partitions);
    return starts;
  }

  /** Forgets what was read. */
  clear(): void {
    this.#portion?.release();
    this.#portion = undefined;
    this.#isReady = false;
    this.#trial = undefined;
  }

  #read(): boolean {
    const { consumer, assignment, maxRecords, maxBytes } = this.#options;
    const records = consumer.read(maxRecords, maxBytes);
    if (records === undefined) return false;
    this.#portion = new SinkPortion(records);
    assignment.read(this.#portion.starts);
    return true;
  }

  /** Converts, or makes a note to try again where a converter asks for that and `errors.retry.timeout` allows it. */
  #convert(portion: SinkPortion): void {
    const { chain, policy, clock, log } = this.#options;
    const { startedAt, attempt } = this.#trial ?? { startedAt: clock.now(), attempt: 1 };
    this.#trial = undefined;
    try {
      portion.fill(chain.convert(portion.records));
    } catch (error) {
      if (!isRetriable(error)) throw error;
      const delayMs = policy.retryDelayMs(attempt, startedAt);
      if (delayMs !== undefined) {
        log.warn("A converter asks to be called again", { attempt, delayMs, reason: String(error) });
        this.#trial = { startedAt, attempt: attempt + 1, retryAt: clock.now() + delayMs };
        return;
      }
      portion.fill(chain.convert(portion.records, true));
    }
    this.#isReady = true;
  }
}
