import type { Logger } from "../base/log.ts";
import type { PartitionOffset, TopicPartition } from "../data/record.ts";

/** What is known of an assigned partition. Offsets are those of the next record. */
interface Partition extends TopicPartition {
  /** Behind the last record whose put returned; null: none since it was assigned. */
  put: number | null;
  /** As far as is committed since it was assigned. */
  committed: number | null;
  /** Of the first record read since it was assigned or sought: where to begin again while nothing is committed. */
  first: number | null;
  /** Paused by the task itself. */
  isPaused: boolean;
}

/** Offsets handed to the broker, with the partitions as they were then: an answer that comes after a rebalance is not taken for the new one. */
export interface CommitAttempt {
  readonly offsets: readonly PartitionOffset[];
  readonly partitions: readonly Partition[];
}

/** Which partitions are this task's right now, and how far each has come. */
export class SinkAssignment {
  readonly #partitions = new Map<string, Partition>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  get list(): readonly TopicPartition[] {
    return [...this.#partitions.values()].map(({ topic, partition }) => ({ topic, partition }));
  }

  /** Partitions the task has not paused. */
  get flowing(): readonly TopicPartition[] {
    return this.list.filter((each) => this.#get(each)?.isPaused === false);
  }

  has(partition: TopicPartition): boolean {
    return this.#get(partition) !== undefined;
  }

  add(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      this.#partitions.set(keyOf({ topic, partition }), {
        topic,
        partition,
        put: null,
        committed: null,
        first: null,
        isPaused: false,
      });
    }
  }

  remove(partitions: readonly TopicPartition[]): void {
    for (const each of partitions) this.#partitions.delete(keyOf(each));
  }

  /** Throws in Kafka Connect's words for a partition that is not assigned (4, WorkerSinkTaskContext). */
  setPaused(partitions: readonly TopicPartition[], isPaused: boolean): void {
    if (!partitions.every((each) => this.has(each))) {
      throw new Error(`SinkTasks may not ${isPaused ? "pause" : "resume"} partitions that are not currently assigned to them.`);
    }
    for (const each of partitions) (this.#get(each) as Partition).isPaused = isPaused;
  }

  /** Records from there on were read. */
  read(starts: readonly PartitionOffset[]): void {
    for (const start of starts) {
      const known = this.#get(start);
      if (known !== undefined) known.first ??= start.offset;
    }
  }

  /** The put of all records before these offsets has returned. Invariant 2 */
  putUpTo(ends: readonly PartitionOffset[]): void {
    for (const end of ends) {
      const known = this.#get(end);
      if (known !== undefined) known.put = end.offset;
    }
  }

  /** The task wants to go on from there: that counts as put and committed (Kafka Connect 4, WorkerSinkTask.rewind). */
  sought(offsets: readonly PartitionOffset[]): void {
    for (const { offset, ...of } of offsets) {
      const known = this.#get(of);
      if (known !== undefined) Object.assign(known, { put: offset, committed: offset, first: offset });
    }
  }

  /** How far these partitions were put; without those of which nothing was. */
  putOffsets(of: readonly TopicPartition[] = this.list): readonly PartitionOffset[] {
    const offsets: PartitionOffset[] = [];
    for (const each of of) {
      const known = this.#get(each);
      if (known !== undefined && known.put !== null) offsets.push({ topic: known.topic, partition: known.partition, offset: known.put });
    }
    return offsets;
  }

  /** Whether something was put that is not committed. */
  get hasUncommitted(): boolean {
    for (const { put, committed } of this.#partitions.values()) if (put !== committed) return true;
    return false;
  }

  /**
   * Of what a task says may be committed, that which can be and is news (Kafka Connect 4, WorkerSinkTask.commitOffsets): nothing beyond
   * what was put, nothing of other partitions than were asked about.
   */
  attempt(given: readonly PartitionOffset[], asked: readonly PartitionOffset[]): CommitAttempt {
    const offsets: PartitionOffset[] = [];
    const partitions: Partition[] = [];
    for (const { topic, partition, offset } of given) {
      const known = this.#get({ topic, partition });
      if (known === undefined || !asked.some((each) => each.topic === topic && each.partition === partition)) {
        this.#log.warn("The task gave an offset of a partition it was not asked about, which is ignored", { topic, partition, offset });
      } else if (known.put === null || offset > known.put) {
        // Invariant 2
        this.#log.warn("The task gave an offset beyond what it was given, which is ignored", { topic, partition, offset, put: known.put });
      } else if (offset !== known.committed) {
        offsets.push({ topic, partition, offset });
        partitions.push(known);
      }
    }
    return { offsets, partitions };
  }

  /** The broker has taken these. */
  committed({ offsets, partitions }: CommitAttempt): void {
    for (const [i, known] of partitions.entries()) known.committed = (offsets[i] as PartitionOffset).offset;
  }

  /** Forgets what was put since the last commit; gives where to read on from. */
  rewind(): readonly PartitionOffset[] {
    const offsets: PartitionOffset[] = [];
    for (const known of this.#partitions.values()) {
      const offset = known.committed ?? known.first;
      known.put = known.committed;
      if (offset !== null) offsets.push({ topic: known.topic, partition: known.partition, offset });
    }
    return offsets;
  }

  #get(of: TopicPartition): Partition | undefined {
    return this.#partitions.get(keyOf(of));
  }
}

/** A partition as a key: no topic's name has a blank. */
export function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition} ${topic}`;
}
