/** What happens to records once they are handed over: acknowledgements, offsets to store, refusals, the state of the connection. */
import type { Logger } from "../base/log.ts";
import type { SourceOffset, SourcePartition } from "../data/record.ts";
import type { OffsetEntry } from "../link/messages.ts";
import { offsetText } from "../link/offset_text.ts";
import { ConnectError } from "../sdk/errors.ts";
import { AckedOffsets, type Delivery, LAST_BATCH_NUMBER } from "./acked_offsets.ts";
import { ConnectionWatch } from "./connection_watch.ts";
import type { ErrorPolicy } from "./error_policy.ts";
import { kafkaExceptionOf } from "./kafka_exceptions.ts";
import type { DeliveryError, DeliveryListener, HostClock, Producer } from "./ports.ts";

/** Between two looks at the connection while records wait for acknowledgements. */
const LOOK_MS = 1000;
/** An idle task wakes up this often; reports wake it at once. */
const IDLE_LOOK_MS = 60_000;

/** A wait was ended by the signal that was to end it. */
export class GivenUp extends Error {
  override readonly name = "GivenUp";
}

export interface DeliveriesOptions {
  readonly producer: Producer;
  readonly policy: ErrorPolicy;
  readonly clock: HostClock;
  readonly flushIntervalMs: number;
  readonly log: Logger;
  /** Takes offsets to store. */
  readonly flush: (entries: readonly OffsetEntry[]) => void;
  /** Takes topics that got their first acknowledged record. */
  readonly topics: (topics: readonly string[]) => void;
  /** Called when `takeDelivered` has something it had not before. */
  readonly wake: () => void;
}

/** Follows the records of one task from the producer's queue to the stored offset. */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #offsets = new AckedOffsets();
  readonly #listener: DeliveryListener;
  readonly #connection: ConnectionWatch;
  /** Topics of batches in flight, by batch number. */
  readonly #topicOf = new Map<number, string>();
  readonly #seenTopics = new Set<string>();
  #newTopics: string[] = [];
  #lastNumber = 0;
  #nextFlushAt: number;
  #failure: Error | undefined;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
    this.#connection = new ConnectionWatch(options);
    this.#nextFlushAt = options.clock.now() + options.flushIntervalMs;
    this.#listener = {
      delivered: (batch, count) => this.#delivered(batch, count),
      failed: (error) => this.#failed(error),
    };
  }

  /** Announces records about to be handed over; gives their batch number. See `AckedOffsets.sent`. */
  track(topic: string, partition: SourcePartition, offset: SourceOffset | null, rows: number, delivery: Delivery | null): number {
    const number = this.#lastNumber === LAST_BATCH_NUMBER ? 1 : this.#lastNumber + 1;
    this.#lastNumber = number;
    this.#offsets.sent(number, partition, offset, rows, delivery);
    if (rows > 0) this.#topicOf.set(number, topic);
    return number;
  }

  /** See `AckedOffsets.takeDelivered`. */
  takeDelivered(): readonly unknown[] {
    return this.#offsets.takeDelivered();
  }

  /** Takes in what Kafka has reported, without waiting. Throws what ends the task. */
  serve(): void {
    const { producer, clock } = this.#options;
    const waiting = this.#offsets.hasDelivered;
    producer.poll(this.#listener);
    if (!waiting && this.#offsets.hasDelivered) this.#options.wake();
    if (this.#newTopics.length > 0) {
      this.#options.topics(this.#newTopics);
      this.#newTopics = [];
    }
    this.#connection.look();
    if (this.#offsets.hasReached && clock.now() >= this.#nextFlushAt) this.flush();
    if (producer.fatal !== undefined) this.#failure ??= unrecoverable(producer.fatal);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Waits for reports, or until an offset is due, or the signal ends; then serves. */
  async wait(signal: AbortSignal): Promise<void> {
    await this.#options.producer.wakeup(this.#waitMs(), signal);
    this.serve();
  }

  /** Serves until the work is done, and gives its outcome. Throws `GivenUp` when the signal ends before. */
  async serveWhile<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    const settled = new AbortController();
    const over = new AbortController();
    const end = () => over.abort();
    const settle = () => {
      settled.abort();
      over.abort();
    };
    // A rejection is met below, where `work` is awaited, or by its owner after a `GivenUp`.
    work.then(settle, settle);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    try {
      while (!over.signal.aborted) await this.wait(over.signal);
    } finally {
      signal.removeEventListener("abort", end);
    }
    if (!settled.signal.aborted) throw new GivenUp("The wait was ended");
    return await work;
  }

  /** Serves until every record is reported or the signal ends. Failures are counted and end nothing: the task is ending already. */
  async settle(signal: AbortSignal): Promise<void> {
    const { producer } = this.#options;
    this.#serveQuietly();
    while (producer.outstanding > 0 && producer.fatal === undefined && !signal.aborted) {
      await producer.wakeup(LOOK_MS, signal);
      this.#serveQuietly();
    }
  }

  /** Hands over the offsets that may be stored by now. */
  flush(): void {
    const { clock, flushIntervalMs, flush } = this.#options;
    this.#nextFlushAt = clock.now() + flushIntervalMs;
    const entries: OffsetEntry[] = [];
    for (const [partition, offset] of this.#offsets.take()) entries.push([offsetText(partition), offsetText(offset)]);
    if (entries.length > 0) flush(entries);
  }

  #serveQuietly(): void {
    try {
      this.serve();
    } catch (error) {
      // Known to whoever ends the task, or no news: what is not acknowledged will be read again. Invariant 3
      this.#options.log.debug("A record could not be delivered while the task ends", { reason: String(error) });
    }
  }

  #waitMs(): number {
    const { clock, producer } = this.#options;
    if (this.#offsets.hasReached) return Math.max(1, this.#nextFlushAt - clock.now());
    return Math.min(producer.outstanding > 0 ? LOOK_MS : IDLE_LOOK_MS, this.#connection.dueMs);
  }

  #delivered(batch: number, count: number): void {
    const topic = this.#topicOf.get(batch);
    if (topic !== undefined && !this.#seenTopics.has(topic)) {
      this.#seenTopics.add(topic);
      this.#newTopics.push(topic);
    }
    if (this.#offsets.acked(batch, count)) this.#topicOf.delete(batch);
  }

  /** Invariant 1: a record that is not tolerated is never counted as done, so no offset passes it. */
  #failed(failure: DeliveryError): void {
    const { policy } = this.#options;
    if (this.#failure !== undefined) return;
    const message = `${failure.message}. Read from ${this.#offsets.sourceOf(failure.batch)}`;
    const error = new ConnectError(message, { javaClass: kafkaExceptionOf(failure.code) });
    const isOfRecord = OF_THE_RECORD.has(failure.code) && !failure.isOfBatch;
    if (!isOfRecord || !policy.toleratesUndelivered(error)) {
      this.#failure = unrecoverable(error);
      return;
    }
    if (this.#offsets.acked(failure.batch, 1)) this.#topicOf.delete(failure.batch);
  }
}

/** Text of Kafka Connect 4 (AbstractWorkerSourceTask). */
function unrecoverable(cause: Error): ConnectError {
  return new ConnectError("Unrecoverable exception from producer send callback", { cause });
}

/**
 * Codes that speak of the record itself. Any other (a time-out, a missing right, a lost producer) would be the same for every record:
 * skipping them, whatever is tolerated, would lose good ones. Kafka Connect 4 skips them too. Invariant 3
 */
const OF_THE_RECORD = new Set([
  "MSG_SIZE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
  "INVALID_MSG",
  "INVALID_MSG_SIZE",
  "INVALID_RECORD",
  "INVALID_TIMESTAMP",
  "_UNKNOWN_PARTITION",
]);
