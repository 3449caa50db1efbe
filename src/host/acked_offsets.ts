import type { SourceOffset, SourcePartition } from "../data/record.ts";
import { offsetText } from "../link/offset_text.ts";

/** Told to the task once all `pending` parts of what one `poll` gave are done. Several parts share one. */
export interface Delivery {
  readonly token: unknown;
  /** Parts not yet done. */
  pending: number;
}

/** Batch numbers go from 1 to this and start again: they travel as the opaque of librdkafka's records, in 31 bits. */
export const LAST_BATCH_NUMBER = 2 ** 31 - 1;

/** Remaining rows of a batch that has left its partition's queue. */
const TAKEN_OUT = -1;
const FIRST_CAPACITY = 64;

/** One source partition: its unfinished batches in order, as a list through `#next`, and the position that may be stored. */
interface PartitionQueue {
  readonly text: string;
  readonly partition: SourcePartition;
  /** Sequence numbers of the oldest and the newest batch in the queue; -1 = none. */
  head: number;
  tail: number;
  /** Position behind the longest finished prefix, when it moved since the last `take`. */
  reached: SourceOffset | null;
}

/**
 * Which source offsets may be stored: per source partition the position of the last batch of the longest prefix in which
 * every row is acknowledged, filtered or tolerated (Kafka Connect 4, SubmittedRecords, with batches in the place of records).
 * Batches lie in a ring by number; what is counted per delivery report is one entry of a typed array.
 */
export class AckedOffsets {
  #remaining = new Int32Array(FIRST_CAPACITY);
  #next = new Float64Array(FIRST_CAPACITY);
  #queues: (PartitionQueue | undefined)[] = new Array(FIRST_CAPACITY);
  #positions: (SourceOffset | null)[] = new Array(FIRST_CAPACITY);
  #deliveries: (Delivery | null)[] = new Array(FIRST_CAPACITY);
  /** Batches are counted without end; [first, end) are in the ring. `#firstNumber` is the batch number of `#first`. */
  #first = 0;
  #end = 0;
  #firstNumber = 1;
  readonly #partitions = new Map<string, PartitionQueue>();
  readonly #reached = new Set<PartitionQueue>();
  #done: unknown[] = [];

  /**
   * A batch is about to be handed to the producer. Numbers follow one another (1 after `LAST_BATCH_NUMBER`). `offset` is the position
   * after it, null when a later part of the same rows carries it. `rows` counts what will be reported; 0 = nothing is left of it.
   */
  sent(number: number, partition: SourcePartition, offset: SourceOffset | null, rows: number, delivery: Delivery | null = null): void {
    if (this.#end === this.#first) this.#firstNumber = number;
    const sequence = this.#sequenceOf(number);
    if (sequence !== this.#end) throw new RangeError(`Cannot track batch ${number}, as it does not follow the one before`);
    if (this.#end - this.#first === this.#remaining.length) this.#grow();
    this.#end++;
    const slot = sequence % this.#remaining.length;
    const queue = this.#queueOf(partition);
    this.#remaining[slot] = rows;
    this.#next[slot] = -1;
    this.#queues[slot] = queue;
    this.#positions[slot] = offset;
    this.#deliveries[slot] = delivery;
    if (queue.tail >= 0) this.#next[queue.tail % this.#remaining.length] = sequence;
    else queue.head = sequence;
    queue.tail = sequence;
    if (rows === 0) this.#advance(queue);
  }

  /** `rows` more rows of the batch are done. Returns whether that was the last of it. */
  acked(number: number, rows: number): boolean {
    const sequence = this.#sequenceOf(number);
    const slot = sequence % this.#remaining.length;
    const left = (this.#remaining[slot] as number) - rows;
    const queue = this.#queues[slot];
    if (sequence >= this.#end || queue === undefined || left < 0) {
      throw new RangeError(`Cannot count ${rows} acknowledged rows for batch ${number}, as it has fewer left`);
    }
    this.#remaining[slot] = left;
    if (left > 0) return false;
    this.#advance(queue);
    return true;
  }

  /** Where the rows of an unfinished batch come from, for messages: source partition, and position behind the last row if this batch carries it. */
  sourceOf(number: number): string {
    const slot = this.#sequenceOf(number) % this.#remaining.length;
    const position = this.#positions[slot];
    const upTo = position === null || position === undefined ? "" : `, up to offset ${offsetText(withoutOwnNotes(position))}`;
    return `source partition ${this.#queues[slot]?.text}${upTo}`;
  }

  /** Positions that may be stored and were not given by an earlier call. */
  take(): Map<SourcePartition, SourceOffset> {
    const taken = new Map<SourcePartition, SourceOffset>();
    for (const queue of this.#reached) {
      if (queue.reached !== null) taken.set(queue.partition, queue.reached);
      queue.reached = null;
      this.#forgetIfIdle(queue);
    }
    this.#reached.clear();
    return taken;
  }

  /** Tokens of what is done with all before it in its partition, in order, each once. */
  takeDelivered(): readonly unknown[] {
    if (this.#done.length === 0) return NOTHING;
    const done = this.#done;
    this.#done = [];
    return done;
  }

  /** Whether `take` would give something. */
  get hasReached(): boolean {
    return this.#reached.size > 0;
  }

  /** Whether `takeDelivered` would give something. */
  get hasDelivered(): boolean {
    return this.#done.length > 0;
  }

  /** Takes finished batches off the head of a partition. Invariant 1: the first unfinished one ends it. */
  #advance(queue: PartitionQueue): void {
    while (queue.head >= 0) {
      const slot = queue.head % this.#remaining.length;
      if (this.#remaining[slot] !== 0) break;
      const position = this.#positions[slot];
      if (position !== null && position !== undefined) {
        queue.reached = position;
        this.#reached.add(queue);
      }
      this.#finish(this.#deliveries[slot] ?? null);
      this.#remaining[slot] = TAKEN_OUT;
      this.#queues[slot] = undefined;
      this.#positions[slot] = null;
      this.#deliveries[slot] = null;
      queue.head = this.#next[slot] as number;
    }
    if (queue.head < 0) {
      queue.tail = -1;
      this.#forgetIfIdle(queue);
    }
    this.#dropTakenOut();
  }

  #finish(delivery: Delivery | null): void {
    if (delivery === null) return;
    delivery.pending--;
    if (delivery.pending === 0) this.#done.push(delivery.token);
  }

  /** Sources with a partition per file or table row would else leave a queue for each behind. */
  #forgetIfIdle(queue: PartitionQueue): void {
    if (queue.tail < 0 && queue.reached === null) this.#partitions.delete(queue.text);
  }

  #dropTakenOut(): void {
    while (this.#first < this.#end && this.#remaining[this.#first % this.#remaining.length] === TAKEN_OUT) {
      this.#first++;
      this.#firstNumber = this.#firstNumber === LAST_BATCH_NUMBER ? 1 : this.#firstNumber + 1;
    }
  }

  #queueOf(partition: SourcePartition): PartitionQueue {
    const text = offsetText(partition);
    const known = this.#partitions.get(text);
    if (known !== undefined) return known;
    const queue: PartitionQueue = { text, partition, head: -1, tail: -1, reached: null };
    this.#partitions.set(text, queue);
    return queue;
  }

  #sequenceOf(number: number): number {
    return this.#first + (number - this.#firstNumber + LAST_BATCH_NUMBER) % LAST_BATCH_NUMBER;
  }

  #grow(): void {
    const old = this.#remaining.length;
    const capacity = old * 2;
    const remaining = new Int32Array(capacity);
    const next = new Float64Array(capacity);
    const queues: (PartitionQueue | undefined)[] = new Array(capacity);
    const positions: (SourceOffset | null)[] = new Array(capacity);
    const deliveries: (Delivery | null)[] = new Array(capacity);
    for (let sequence = this.#first; sequence < this.#end; sequence++) {
      const from = sequence % old;
      const to = sequence % capacity;
      remaining[to] = this.#remaining[from] as number;
      next[to] = this.#next[from] as number;
      queues[to] = this.#queues[from];
      positions[to] = this.#positions[from] ?? null;
      deliveries[to] = this.#deliveries[from] ?? null;
    }
    this.#remaining = remaining;
    this.#next = next;
    this.#queues = queues;
    this.#positions = positions;
    this.#deliveries = deliveries;
  }
}

const NOTHING: readonly unknown[] = [];

/** Members of ours mean nothing to who reads a message. */
function withoutOwnNotes(offset: SourceOffset): SourceOffset {
  return Object.fromEntries(Object.entries(offset).filter(([name]) => !name.startsWith("sluice.")));
}
