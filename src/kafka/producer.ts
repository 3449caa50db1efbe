/** A producer of one task: idempotent, records taken in batches from an arena, delivery reports as events drained in batches. */
import { Client, EVENT } from "./client.ts";
import { codeInfo, codeOf, KafkaError } from "./codes.ts";
import { cString, NativeArena, NativeBuffer, textAt } from "./memory.ts";
import { constantHeaderBytes, ENTRY_BYTES, EntryArray, MESSAGE, MessageArray, type OutgoingRecords, recordBytes } from "./outgoing.ts";
import { native } from "./symbols.ts";

/** What librdkafka said of one failed record. */
export interface DeliveryFailure {
  readonly batch: number;
  /** librdkafka's name of the code. */
  readonly code: string;
  readonly message: string;
  readonly retriable: boolean;
  /** The broker refused a batch for its size, and the record may not have been alone in it: nothing is known against the record itself. */
  readonly isOfBatch: boolean;
}

/** Told of delivery reports while `poll` runs: once per batch and poll for what was delivered, once per record for what failed. */
export interface ReportListener {
  delivered(batch: number, count: number): void;
  failed(failure: DeliveryFailure): void;
}

/** Most that is handed over and not yet reported. */
export interface ProducerLimits {
  readonly records: number;
  readonly bytes: number;
}

/**
 * librdkafka's names. Acknowledged by all replicas and retried without end, as Kafka Connect's producers are (Kafka Connect 4, Worker);
 * lz4 and librdkafka's own 1 MB batches halve the CPU; murmur2 puts keys where Java puts them.
 */
const defaults: Readonly<Record<string, string>> = {
  "enable.idempotence": "true",
  "acks": "all",
  "delivery.timeout.ms": "2147483647",
  "max.in.flight": "5",
  "compression.type": "lz4",
  "partitioner": "murmur2_random",
  "linger.ms": "5",
  "message.max.bytes": "1048576", // Java's max.request.size
  "reconnect.backoff.max.ms": "1000", // Java's; librdkafka's 10 s would delay going on
  "log.connection.close": "false",
};

/**
 * Enough in flight to keep a broker busy: 10,000 to 50,000 records are equally fast, while 50,000 take 30 MB more. Beside a record's bytes
 * librdkafka needs some 250 bytes for it, and 100 for each header. The bytes are Java's buffer.memory.
 */
const defaultLimits: ProducerLimits = { records: 20_000, bytes: 32 << 20 };

const F_COPY = 0x2;
const F_PARTITION = 0x8;
/** Delivery reports taken out of an event at a time. */
const REPORTS = 1000;
const QUEUE_FULL = codeOf("_QUEUE_FULL");
/** A broker's words for a batch that is too large. */
const tooLarge = new Set([codeOf("MSG_SIZE_TOO_LARGE"), codeOf("RECORD_LIST_TOO_LARGE")]);
/** librdkafka's own batch.size, bytes. */
const BATCH_BYTES = 1_000_000;
const TOPIC_EXCEPTION = 17;

/** Fits the host's `Producer` by shape. Owned by one task; `close` frees it. */
export class KafkaProducer {
  /** Converters write here; free again once `produce` returned. */
  readonly arena = new NativeArena();
  /** Resolves once `close` has freed everything. */
  closed: Promise<void> = Promise.resolve();
  readonly #client: Client;
  readonly #limits: ProducerLimits;
  /** A record of this size or more is sent alone. */
  readonly #batchBytes: number;
  readonly #topics = new Map<string, bigint>();
  readonly #messages = new MessageArray();
  readonly #entries = new EntryArray();
  readonly #reports = new NativeBuffer(8 * REPORTS);
  readonly #reportAddresses = new BigUint64Array(this.#reports.buffer);
  readonly #report = new NativeBuffer(ENTRY_BYTES);
  readonly #reportWords = new Int32Array(this.#report.buffer);
  #sizes = new Int32Array(1024);
  #outstanding = 0;
  #outstandingBytes = 0;
  /** Delivered in this poll, by batch. */
  readonly #delivered = new Map<number, number>();
  /** Records librdkafka did not take; told at the next poll, as if a broker had refused them. */
  #refused: DeliveryFailure[] = [];
  #isClosed = false;

  constructor(
    properties: Readonly<Record<string, string>>,
    warn: (message: string) => void,
    limits: ProducerLimits = limitsOf(properties),
  ) {
    this.#limits = limits;
    this.#batchBytes = Number(properties["sluice.batch.size"] ?? BATCH_BYTES);
    this.#client = new Client({ role: "producer", properties, defaults: { ...defaults, ...queueRoom(limits) }, warn });
  }

  /** Records handed over and not yet reported. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Bytes handed over and not yet reported: keys, values, headers. */
  get outstandingBytes(): number {
    return this.#outstandingBytes;
  }

  /** Set once this producer is of no more use. */
  get fatal(): Error | undefined {
    return this.#client.fatal;
  }

  /** A sentence while no broker can be reached; as new as the last `poll`. */
  get unreachable(): string | undefined {
    return this.#client.unreachable;
  }

  /**
   * Hands records over, copied, starting with record `from`; returns the index of the first one not taken, which is `count` when all
   * were. A record that librdkafka refuses (too large, no such partition) counts as taken, and `poll` reports it as failed.
   * Throws a `KafkaError` when the producer or the topic cannot be used at all.
   */
  produce(records: OutgoingRecords, from: number): number {
    if (this.#client.fatal !== undefined) throw this.#client.fatal;
    const to = this.#room(records, from);
    if (to === from) return from;
    const topic = this.#topic(records.topic);
    if (records.headers.length === 0 && records.timestamps === null) return this.#produceBatch(records, from, to, topic);
    return this.#produceEach(records, from, to, topic);
  }

  /** Drains delivery reports, errors and logs without waiting; returns how many reports there were. */
  poll(listener: ReportListener): number {
    let reports = this.#tellRefused(listener);
    for (let event: bigint; (event = native.rd_kafka_queue_poll(this.#client.queue, 0)) !== 0n;) {
      try {
        const kind = native.rd_kafka_event_type(event);
        if (kind === EVENT.deliveryReports) reports += this.#takeReports(event, listener);
        else this.#client.take(event, kind);
      } finally {
        native.rd_kafka_event_destroy(event);
      }
    }
    for (const [batch, count] of this.#delivered) listener.delivered(batch, count);
    if (this.#delivered.size > 0) this.#client.reached();
    this.#delivered.clear();
    return reports;
  }

  /** Resolves when there is something to poll, or after `timeoutMs`, or when the signal ends. */
  async wakeup(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#refused.length > 0 || native.rd_kafka_queue_length(this.#client.queue) > 0n) return;
    await this.#client.bell.wait(timeoutMs, signal);
  }

  /** Drops what is still queued and frees the client in the background; `closed` tells when that is done. Safe to call twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // Invariant 6: topics before the client they belong to, memory after both.
    for (const topic of this.#topics.values()) native.rd_kafka_topic_destroy(topic);
    this.#topics.clear();
    this.closed = this.#client.close().then(() => {
      for (const memory of [this.arena, this.#messages, this.#entries, this.#reports, this.#report]) memory.release();
    });
  }

  /** Index behind the last record that fits the limits. A record larger than all of them goes alone. */
  #room(records: OutgoingRecords, from: number): number {
    if (this.#sizes.length < records.count) this.#sizes = new Int32Array(records.count * 2);
    const headerBytes = constantHeaderBytes(records.headers);
    const last = Math.min(records.count, from + this.#limits.records - this.#outstanding);
    let bytes = this.#outstandingBytes;
    for (let i = from; i < last; i++) {
      const size = recordBytes(records, i, headerBytes);
      if (bytes > 0 && bytes + size > this.#limits.bytes) return i;
      this.#sizes[i] = size;
      bytes += size;
    }
    return Math.max(from, last);
  }

  /** Key and value only: one call for all, which leaves a code in each entry it did not take. */
  #produceBatch(records: OutgoingRecords, from: number, to: number, topic: bigint): number {
    const { partition } = records;
    this.#messages.fill(records, from, to, this.arena.memory, this.#sizes);
    const flags = typeof partition === "number" ? F_COPY : F_COPY | F_PARTITION;
    const all = typeof partition === "number" ? partition : -1;
    const taken = native.rd_kafka_produce_batch(topic, all, flags, this.#messages.address, to - from);
    for (let i = from; i < to; i++) {
      const code = taken === to - from ? 0 : this.#messages.error(i - from);
      if (code === QUEUE_FULL) return i; // All that follow have it too.
      if (code === 0) this.#sent(i);
      else this.#refuse(records, code);
    }
    return to;
  }

  /** With headers or timestamps: a call per record, some 200 ns dearer, and 190 more for each header. */
  #produceEach(records: OutgoingRecords, from: number, to: number, topic: bigint): number {
    const memory = this.arena.memory;
    const entries = this.#entries;
    entries.prepare(records, topic, F_COPY, memory);
    const { address, count } = entries;
    for (let i = from; i < to; i++) {
      entries.aim(records, i, memory, this.#sizes[i] as number);
      const error = native.rd_kafka_produceva(this.#client.handle, address, count);
      if (error === 0n) this.#sent(i);
      else {
        const code = native.rd_kafka_error_code(error);
        native.rd_kafka_error_destroy(error);
        if (code === QUEUE_FULL) return i;
        this.#refuse(records, code);
      }
    }
    return to;
  }

  #sent(i: number): void {
    this.#outstanding++;
    this.#outstandingBytes += this.#sizes[i] as number;
  }

  /** Not thrown: records behind this one were taken by the same call, and a broker's refusal comes by the same way. */
  #refuse(records: OutgoingRecords, code: number): void {
    this.#refused.push(failure(records.batch, code, records.topic, false));
  }

  #tellRefused(listener: ReportListener): number {
    const refused = this.#refused;
    if (refused.length === 0) return 0;
    this.#refused = [];
    for (const each of refused) listener.failed(each);
    return refused.length;
  }

  /**
   * One event holds the reports of many records. Of each, 72 bytes are copied to read two numbers: that costs less than any other way
   * to look at foreign memory, and no object is made.
   */
  #takeReports(event: bigint, listener: ReportListener): number {
    let total = 0;
    for (let count = REPORTS; count === REPORTS; total += count) {
      count = Number(native.rd_kafka_event_message_array(event, this.#reports.address, BigInt(REPORTS)));
      this.#readReports(count, listener);
    }
    this.#outstanding -= total;
    return total;
  }

  #readReports(count: number, listener: ReportListener): void {
    const report = this.#report.address;
    const words = this.#reportWords;
    let batch = 0;
    let run = 0; // delivered records of `batch` in a row: one step of the map for all of them
    for (let i = 0; i < count; i++) {
      native.memcpy(report, this.#reportAddresses[i] as bigint, 72n);
      const of = words[MESSAGE.opaque] as number;
      const size = words[MESSAGE.opaque + 1] as number;
      this.#outstandingBytes -= size;
      const code = words[MESSAGE.err] as number;
      if (code !== 0) {
        listener.failed(failure(of, code, this.#topicOf(words), tooLarge.has(code) && size < this.#batchBytes));
        continue;
      }
      if (of !== batch) {
        this.#count(batch, run);
        batch = of;
        run = 0;
      }
      run++;
    }
    this.#count(batch, run);
  }

  #count(batch: number, run: number): void {
    if (run > 0) this.#delivered.set(batch, (this.#delivered.get(batch) ?? 0) + run);
  }

  /** Of failed records only: a string per record is too much for the others. */
  #topicOf(words: Int32Array): string {
    const low = BigInt((words[MESSAGE.topic] as number) >>> 0);
    const high = BigInt((words[MESSAGE.topic + 1] as number) >>> 0);
    return textAt(native.rd_kafka_topic_name((high << 32n) | low));
  }

  /** The topic's handle, made once per producer. Making one asks for its metadata. */
  #topic(name: string): bigint {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = native.rd_kafka_topic_new(this.#client.handle, cString(name), 0n);
      if (topic === 0n) throw new KafkaError(TOPIC_EXCEPTION, `Cannot send records to topic "${name}"`);
      this.#topics.set(name, topic);
    }
    return topic;
  }
}

function failure(batch: number, code: number, topic: string, isOfBatch: boolean): DeliveryFailure {
  const { name, retriable } = codeInfo(code);
  const detail = textAt(native.rd_kafka_err2str(code));
  return {
    batch,
    code: name,
    retriable,
    isOfBatch,
    message: new KafkaError(code, `Cannot deliver a record to topic "${topic}"`, detail).message,
  };
}

/** Java's `buffer.memory` bounds the bytes; without it the default does. */
function limitsOf(properties: Readonly<Record<string, string>>): ProducerLimits {
  const bytes = Number(properties["buffer.memory"]);
  return bytes > 0 ? { ...defaultLimits, bytes } : defaultLimits;
}

/** librdkafka's own limits lie above ours, so that they never decide. */
function queueRoom(limits: ProducerLimits): Record<string, string> {
  return {
    "queue.buffering.max.messages": String(limits.records * 2),
    "queue.buffering.max.kbytes": String(Math.ceil(limits.bytes / 512)),
  };
}
