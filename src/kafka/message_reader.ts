/**
 * The hot path of a consumer: messages popped from a queue in batches, keys and values copied into an arena, every message destroyed.
 * Nothing is allocated per record but bigints that V8 keeps in registers; symbols.ts says what keeps the calls fast.
 */
import { type IncomingRecords, RecordPool } from "./incoming.ts";
import { NativeBuffer, textAt } from "./memory.ts";
import { ENTRY_BYTES, MESSAGE } from "./outgoing.ts";
import { native } from "./symbols.ts";
import type { TopicPartition } from "./topic_partition.ts";

/** Most messages popped in one call. */
const POP = 1024;
/** Most records of one batch, whatever is asked for: its columns take 57 bytes a record. */
const MOST_RECORDS = 1 << 16;
/** Bytes kernels may write past the end of a slice. */
const SPARE_BYTES = 8;
/** Longs of a `rd_kafka_message_t`. */
const VALUE = MESSAGE.value / 2;
const VALUE_LENGTH = MESSAGE.valueLength / 2;
const KEY = MESSAGE.key / 2;
const KEY_LENGTH = MESSAGE.keyLength / 2;

/** Told of what librdkafka delivers in place of a record. `detail` is its own text. */
export type MessageErrorListener = (code: number, at: TopicPartition, detail: string) => void;

/** A topic that has assigned partitions. */
interface AssignedTopic {
  readonly index: number;
  readonly partitions: Set<number>;
}

/** Owned by one consumer, which destroys the queue it reads from. */
export class MessageReader {
  /** Whether headers are copied. */
  readonly #withHeaders: boolean;
  readonly #onError: MessageErrorListener;
  readonly #pool = new RecordPool();
  readonly #addresses = new NativeBuffer(8 * POP);
  readonly #messages = new BigUint64Array(this.#addresses.buffer);
  /** One `rd_kafka_message_t`, copied here to be looked at. */
  readonly #struct = new NativeBuffer(ENTRY_BYTES);
  readonly #words = new Int32Array(this.#struct.buffer);
  readonly #longs = new BigUint64Array(this.#struct.buffer);
  /** What C gives back through pointers: a timestamp's type, or a list of headers, a name, a value and its length. */
  readonly #out = new NativeBuffer(32);
  readonly #outWords = new Int32Array(this.#out.buffer);
  readonly #outLongs = new BigUint64Array(this.#out.buffer);
  /** Topics as batches name them; replaced, never changed, since batches hold it. */
  #topics: readonly string[] = [];
  #assigned = new Map<string, AssignedTopic>();
  /** Assigned topics by librdkafka's address, which stays theirs only as long as the assignment holds. */
  #byAddress = new Map<bigint, AssignedTopic>();
  /** Bytes of a record, as the last ones had them: how many to pop for what room there is. */
  #average = 1000;

  constructor(withHeaders: boolean, onError: MessageErrorListener) {
    this.#withHeaders = withHeaders;
    this.#onError = onError;
  }

  /** Bytes of memory kept for the next batches. */
  get idleBytes(): number {
    return this.#pool.idleBytes;
  }

  /**
   * From now on records of exactly these partitions are returned. librdkafka drops what an unassign has outdated, but stops a fetcher
   * only some time after the unassign has returned; this holds at once.
   */
  setAssignment(partitions: Iterable<TopicPartition>): void {
    this.#byAddress = new Map();
    this.#assigned = new Map();
    for (const { topic, partition } of partitions) {
      const known = this.#assigned.get(topic);
      if (known === undefined) this.#assigned.set(topic, { index: this.#assigned.size, partitions: new Set([partition]) });
      else known.partitions.add(partition);
    }
    this.#topics = [...this.#assigned.keys()];
  }

  /**
   * What is in the queue, without waiting; undefined when there is nothing. `maxBytes` is about: it is reached by as many records as
   * were expected to fill it.
   */
  read(queue: bigint, maxRecords: number, maxBytes: number): IncomingRecords | undefined {
    if (maxRecords < 1 || native.rd_kafka_queue_length(queue) === 0n) return undefined;
    const most = Math.min(maxRecords, MOST_RECORDS);
    const records = this.#pool.take(most, maxBytes);
    records.topics = this.#topics;
    while (records.count < most && records.region.used < maxBytes) {
      const wish = Math.min(most - records.count, POP, Math.ceil((maxBytes - records.region.used) / this.#average));
      const popped = Number(native.rd_kafka_consume_batch_queue(queue, 0, this.#addresses.address, BigInt(wish)));
      if (popped > 0) this.#take(records, popped);
      if (popped < wish) break;
    }
    if (records.count > 0) return records;
    records.release();
    return undefined;
  }

  /** Frees its memory. Records that were read stay good until they are released. */
  close(): void {
    this.#pool.close();
    for (const memory of [this.#addresses, this.#struct, this.#out]) memory.release();
  }

  /** Each message becomes the next record, but one that is an error or of a partition that is not assigned. All are destroyed. */
  #take(records: IncomingRecords, popped: number): void {
    const from = { count: records.count, used: records.region.used };
    const messages = this.#messages;
    let destroyed = 0;
    try {
      while (destroyed < popped) {
        const message = messages[destroyed] as bigint;
        this.#copy(records, message);
        destroyed++;
        native.rd_kafka_message_destroy(message);
      }
    } finally {
      // Invariant 6. Some are left when an arena could not grow, and a client with messages left cannot be freed.
      for (; destroyed < popped; destroyed++) native.rd_kafka_message_destroy(messages[destroyed] as bigint);
    }
    const count = records.count - from.count;
    if (count > 0) this.#average = Math.max(1, (records.region.used - from.used) / count);
  }

  #copy(records: IncomingRecords, message: bigint): void {
    const words = this.#words;
    const longs = this.#longs;
    native.memcpy(this.#struct.address, message, 72n);
    const partition = words[MESSAGE.partition] as number;
    const topic = this.#topic(longs[MESSAGE.topic / 2] as bigint, partition);
    if (topic === undefined) return;
    if (words[MESSAGE.err] !== 0) return this.#tellError(message, topic, partition);
    const keyLength = words[MESSAGE.keyLength] as number;
    const valueLength = words[MESSAGE.valueLength] as number;
    const { region, keys, values, count: i } = records;
    const at = region.used;
    if (at + keyLength + valueLength + SPARE_BYTES > region.bytes.length) region.reserve(keyLength + valueLength);
    const base = region.memory.address;
    if (keyLength > 0) native.memcpy(BigInt.asUintN(64, base + BigInt(at)), longs[KEY] as bigint, longs[KEY_LENGTH] as bigint);
    const valueAt = at + keyLength;
    if (valueLength > 0) native.memcpy(BigInt.asUintN(64, base + BigInt(valueAt)), longs[VALUE] as bigint, longs[VALUE_LENGTH] as bigint);
    region.used = valueAt + valueLength;
    // Address 0 is a null, which an empty key or value is not.
    keys[2 * i] = at;
    keys[2 * i + 1] = keyLength === 0 && longs[KEY] === 0n ? -1 : keyLength;
    values[2 * i] = valueAt;
    values[2 * i + 1] = valueLength === 0 && longs[VALUE] === 0n ? -1 : valueLength;
    records.topicIndex[i] = topic.index;
    records.partitions[i] = partition;
    records.offsets[i] = Number(longs[MESSAGE.offset / 2]);
    records.timestamps[i] = Number(native.rd_kafka_message_timestamp(message, this.#out.address));
    records.timestampTypes[i] = this.#outWords[0] as number;
    if (this.#withHeaders) this.#headers(records, message);
    records.endHeaders(i);
    records.count = i + 1;
  }

  /** The topic of a message, undefined when its partition is not assigned. Its name is asked for once per assignment. */
  #topic(address: bigint, partition: number): AssignedTopic | undefined {
    let topic = this.#byAddress.get(address);
    if (topic === undefined) {
      topic = this.#assigned.get(textAt(native.rd_kafka_topic_name(address)));
      if (topic === undefined || !topic.partitions.has(partition)) return undefined;
      this.#byAddress.set(address, topic);
    }
    return topic.partitions.has(partition) ? topic : undefined;
  }

  /** The list and what it points at belong to the message. */
  #headers(records: IncomingRecords, message: bigint): void {
    const out = this.#out.address;
    const longs = this.#outLongs;
    if (native.rd_kafka_message_headers(message, out) !== 0) return; // It has none.
    const list = longs[0] as bigint;
    const { region } = records;
    for (let i = 0n; native.rd_kafka_header_get_all(list, i, out + 8n, out + 16n, out + 24n) === 0; i++) {
      const [, name, value, valueSize] = longs as unknown as readonly [bigint, bigint, bigint, bigint];
      const nameSize = native.strlen(name);
      const nameLength = Number(nameSize);
      const valueLength = value === 0n ? 0 : Number(valueSize);
      region.reserve(nameLength + valueLength);
      const at = region.used;
      const base = region.memory.address;
      native.memcpy(base + BigInt(at), name, nameSize);
      if (valueLength > 0) native.memcpy(base + BigInt(at + nameLength), value, valueSize);
      region.used = at + nameLength + valueLength;
      records.addHeader(at, nameLength, at + nameLength, value === 0n ? -1 : valueLength);
    }
  }

  #tellError(message: bigint, topic: AssignedTopic, partition: number): void {
    const detail = textAt(native.rd_kafka_message_errstr(message));
    this.#onError(this.#words[MESSAGE.err] as number, { topic: this.#topics[topic.index] as string, partition }, detail);
  }
}
