/** The topic that receives records that failed (Kafka Connect 4, DeadLetterQueueReporter). */
import { withoutSecrets } from "../base/log.ts";
import type { Logger } from "../base/log.ts";
import type { RowFailure } from "../data/batch.ts";
import type { TopicPartition } from "../data/record.ts";
import { ConnectError } from "../sdk/errors.ts";
import { LAST_BATCH_NUMBER } from "./acked_offsets.ts";
import { kafkaExceptionOf } from "./kafka_exceptions.ts";
import type { ConsumedRecords, DeliveryListener, ProduceHeader, Producer } from "./ports.ts";
import { keyOf } from "./sink_assignment.ts";
import { bytesAt } from "./sink_rows.ts";
import type { TopicAdmin } from "./topic_creation.ts";
import { isRetriable, javaClassOf, messageOf, traceOf } from "./trace.ts";

export interface DeadLetterQueueOptions {
  readonly producer: Producer;
  readonly topic: string;
  readonly connector: string;
  readonly task: number;
  /** Whether each record gets the headers `__connect.errors.…`. */
  readonly contextHeaders: boolean;
  readonly log: Logger;
}

/** What `deadletterqueue-*` of the task's metrics count. */
export interface DeadLetterCounters {
  requests: number;
  failures: number;
}

/** A record on its way, copied: what it was read into is used again before it is acknowledged. */
interface DeadLetter {
  /** Partition it was read from, as a key. */
  readonly home: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly timestamp: number;
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
}

const encoder = new TextEncoder();

/**
 * Sends records of one task as they were read. What was sent counts as done once the queue has it: no offset behind it is
 * committed before. Invariant 2
 */
export class DeadLetterQueue {
  readonly counters: DeadLetterCounters = { requests: 0, failures: 0 };
  readonly #options: DeadLetterQueueOptions;
  readonly #listener: DeliveryListener;
  /** Not yet taken by the producer, oldest first. */
  #waiting: DeadLetter[] = [];
  /** Home of each record that is on its way, by its number as a batch. */
  readonly #sent = new Map<number, string>();
  /** How many of a partition are not acknowledged. */
  readonly #open = new Map<string, number>();
  #lastNumber = 0;
  #failure: ConnectError | undefined;

  constructor(options: DeadLetterQueueOptions) {
    this.#options = options;
    this.#listener = {
      delivered: (number, count) => this.#delivered(number, count),
      failed: ({ batch, code, message }) => this.#failed(batch, new ConnectError(message, { javaClass: kafkaExceptionOf(code) })),
    };
  }

  /** Queues a consumed record. Never waits: `isFull` says when to. */
  send(records: ConsumedRecords, index: number, failure: RowFailure): void {
    const { region } = records;
    const topic = records.topics[records.topicIndex[index] as number] as string;
    const partition = records.partitions[index] as number;
    const home = keyOf({ topic, partition });
    const given = records.headers(index).map(({ name, value }) => [name, value] as const);
    this.counters.requests++;
    this.#open.set(home, (this.#open.get(home) ?? 0) + 1);
    this.#waiting.push({
      home,
      key: bytesAt({ region, slices: records.keys }, index),
      value: bytesAt({ region, slices: records.values }, index),
      timestamp: records.timestampTypes[index] === 0 ? -1 : records.timestamps[index] as number,
      headers: this.#options.contextHeaders
        ? [...given, ...this.#contextOf(topic, partition, records.offsets[index] as number, failure)]
        : given,
    });
    this.#handOver();
  }

  /** Whether some wait for room in the producer: nothing more is put meanwhile. */
  get isFull(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether any is not acknowledged. */
  get isBusy(): boolean {
    return this.#open.size > 0;
  }

  /** Whether all that came from these partitions are acknowledged. Throws when one was refused: the task fails before anything is committed. */
  isSettled(partitions: readonly TopicPartition[]): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return !partitions.some((each) => this.#open.has(keyOf(each)));
  }

  /** Takes in what Kafka has reported, and hands over what has room now. Throws when the producer is lost. */
  serve(): void {
    const { producer } = this.#options;
    producer.poll(this.#listener);
    if (this.#waiting.length > 0) this.#handOver();
    if (producer.fatal !== undefined) throw undeliverable(this.#options.topic, producer.fatal);
  }

  /** Resolves when there is something to serve, or after `timeoutMs`, or when the signal ends. */
  async wakeup(timeoutMs: number, signal: AbortSignal): Promise<void> {
    await this.#options.producer.wakeup(timeoutMs, signal);
  }

  /** Nobody waits for these any more: others read the partitions now, and meet the same records. */
  forget(partitions: readonly TopicPartition[]): void {
    for (const each of partitions) this.#open.delete(keyOf(each));
  }

  /** Drops what is not acknowledged and frees the producer. */
  close(): void {
    this.#options.producer.close();
  }

  #handOver(): void {
    let taken = 0;
    for (const letter of this.#waiting) {
      if (!this.#produce(letter)) break;
      taken++;
    }
    if (taken > 0) this.#waiting = this.#waiting.slice(taken);
  }

  /** Gives whether it needs to wait no longer: it was taken, or refused at once. */
  #produce({ home, key, value, timestamp, headers }: DeadLetter): boolean {
    const { producer, topic } = this.#options;
    const { arena } = producer;
    const number = this.#lastNumber === LAST_BATCH_NUMBER ? 1 : this.#lastNumber + 1;
    arena.used = 0;
    const place = (bytes: Uint8Array | null): Int32Array => {
      const slice = Int32Array.of(arena.used, bytes?.length ?? -1);
      if (bytes === null) return slice;
      arena.reserve(bytes.length);
      arena.bytes.set(bytes, arena.used);
      arena.used += bytes.length;
      return slice;
    };
    const request = {
      topic,
      count: 1,
      keys: place(key),
      values: place(value),
      partition: -1,
      timestamps: timestamp < 0 ? null : Float64Array.of(timestamp),
      headers: headers.map(([name, bytes]): ProduceHeader => ({ name, slices: place(bytes), constant: true })),
      batch: number,
    };
    this.#lastNumber = number;
    this.#sent.set(number, home);
    try {
      if (producer.produce(request, 0) === 1) return true;
      this.#sent.delete(number);
      return false;
    } catch (error) {
      this.#failed(number, error);
      return true;
    }
  }

  #delivered(number: number, count: number): void {
    const home = this.#sent.get(number);
    this.#sent.delete(number);
    const open = home === undefined ? undefined : this.#open.get(home);
    if (home === undefined || open === undefined) return;
    if (open > count) this.#open.set(home, open - count);
    else this.#open.delete(home);
  }

  /** The record stays open for ever: its offset must not be passed. */
  #failed(number: number, error: unknown): void {
    const { topic, log } = this.#options;
    if (!this.#sent.delete(number)) return;
    this.counters.failures++;
    this.#failure ??= undeliverable(topic, error);
    log.error(`Could not produce message to dead letter queue. topic=${topic}\n${traceOf(error).trimEnd()}`);
  }

  /** In Kafka Connect's order; Invariant 5: what an error says is masked by value. */
  #contextOf(topic: string, partition: number, offset: number, failure: RowFailure): (readonly [string, Uint8Array | null])[] {
    const { connector, task } = this.#options;
    const { stage, component, error } = failure;
    const message = withoutSecrets(messageOf(error));
    const texts: readonly (readonly [string, string | null])[] = [
      ["topic", topic],
      ["partition", String(partition)],
      ["offset", String(offset)],
      ["connector.name", connector],
      ["task.id", String(task)],
      ["stage", stage],
      ["class.name", component],
      ["exception.class.name", javaClassOf(error)],
      ["exception.message", message === "" ? null : message],
      ["exception.stacktrace", traceOf(error)],
    ];
    return texts.map(([name, text]) => [`__connect.errors.${name}`, text === null ? null : encoder.encode(text)] as const);
  }
}

/** Makes the topic if it is missing, with one partition. A retriable error comes out as it is. */
export async function makeDeadLetterTopic(admin: TopicAdmin, topic: string, replicationFactor: number, log: Logger): Promise<void> {
  try {
    if (await admin.describeTopic(topic) !== undefined) return;
    if (await admin.createTopic(topic, 1, replicationFactor, {}) === "created") {
      log.info("Created the dead letter queue's topic", { topic });
    }
  } catch (error) {
    if (isRetriable(error)) throw error;
    // Kafka Connect 4, DeadLetterQueueReporter.createAndSetup: its words.
    throw new ConnectError(`Could not initialize dead letter queue with topic=${topic}`, { cause: error });
  }
}

function undeliverable(topic: string, cause: unknown): ConnectError {
  return new ConnectError(
    `Cannot send a record that failed to the dead letter queue "${topic}": it would be lost if the task went on. ` +
      "Make the topic writable and restart the task, which then reads the record again",
    { cause },
  );
}
