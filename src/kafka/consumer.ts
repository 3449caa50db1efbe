/** Reads a topic back from its beginning, without a group: for the demo, the preview and tests. */
import { Client } from "./client.ts";
import { codeOf, KafkaError } from "./codes.ts";
import { cString, NativeArena, NativeBuffer, textAt } from "./memory.ts";
import { ENTRY_BYTES, MESSAGE } from "./outgoing.ts";
import { native } from "./symbols.ts";

/** A header as it was written; null = null value. */
export interface ReadHeader {
  readonly name: string;
  readonly value: Uint8Array | null;
}

/** A record as it was written. Its bytes are copies. */
export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds; -1 when the record has none. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly ReadHeader[];
}

/** Records read in one call at most. */
const BATCH = 1000;
const OFFSET_BEGINNING = -2n;
/** Longest wait for the offsets of a partition. */
const ANSWER_MS = 10_000;
const PARTITION_EOF = codeOf("_PARTITION_EOF");

/** Reads all partitions of one topic. Owned by who opened it; `close` frees it. */
export class TopicReader {
  /** Resolves once `close` has freed everything. */
  closed: Promise<void> = Promise.resolve();
  readonly #client: Client;
  readonly #queue: bigint;
  readonly #topic: string;
  readonly #partitions: number;
  readonly #addresses = new NativeBuffer(8 * BATCH);
  readonly #messages = new BigUint64Array(this.#addresses.buffer);
  readonly #struct = new NativeBuffer(ENTRY_BYTES);
  readonly #words = new Int32Array(this.#struct.buffer);
  readonly #longs = new BigUint64Array(this.#struct.buffer);
  /** Four words for what C gives back through pointers. */
  readonly #out = new NativeBuffer(32);
  readonly #outLongs = new BigUint64Array(this.#out.buffer);
  readonly #bytes = new NativeArena(1 << 16);
  /** Partitions whose end was met, and not passed since. */
  readonly #ended = new Set<number>();
  #isClosed = false;

  /** `partitions`: how many the topic has, as `KafkaAdmin.describeTopic` tells. */
  constructor(
    properties: Readonly<Record<string, string>>,
    topic: string,
    partitions: number,
    warn: (message: string) => void = () => {},
  ) {
    const defaults = {
      "group.id": `sluice-reader-${crypto.randomUUID()}`, // librdkafka asks for one; nothing joins it.
      "enable.auto.commit": "false",
      "enable.partition.eof": "true",
      "fetch.wait.max.ms": "50",
      "log.connection.close": "false",
      "reconnect.backoff.max.ms": "1000",
    };
    this.#topic = topic;
    this.#partitions = partitions;
    this.#client = new Client({ role: "consumer", properties, defaults, warn });
    this.#queue = native.rd_kafka_queue_get_consumer(this.#client.handle);
    this.#client.bell.attach(this.#queue);
    assign(this.#client.handle, topic, partitions);
  }

  /** Whether every partition was read to the end it had when it was met. */
  get atEnd(): boolean {
    return this.#ended.size === this.#partitions;
  }

  /** What has arrived, without waiting: at most 1,000 records, in order within a partition. Throws a `KafkaError` when a partition cannot be read. */
  read(): ReadRecord[] {
    this.#client.drain();
    const count = Number(native.rd_kafka_consume_batch_queue(this.#queue, 0, this.#addresses.address, BigInt(BATCH)));
    const records: ReadRecord[] = [];
    let failure: KafkaError | undefined;
    for (let i = 0; i < count; i++) {
      const message = this.#messages[i] as bigint;
      const record = this.#take(message);
      native.rd_kafka_message_destroy(message); // Invariant 6: also behind a failed one.
      if (record instanceof KafkaError) failure ??= record;
      else if (record !== undefined) records.push(record);
    }
    if (failure !== undefined) throw failure;
    return records;
  }

  /** Resolves when there is something to read, or after `timeoutMs`, or when the signal ends. */
  async wakeup(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (native.rd_kafka_queue_length(this.#queue) > 0n) return;
    await this.#client.bell.wait(timeoutMs, signal);
  }

  /** Every record up to the present end of all partitions. For topics that fit into memory. */
  async readToEnd(signal?: AbortSignal): Promise<ReadRecord[]> {
    const all: ReadRecord[] = [];
    while (!this.atEnd && !signal?.aborted) {
      const records = this.read();
      for (const record of records) all.push(record);
      if (records.length === 0 && !this.atEnd) await this.wakeup(1000, signal);
    }
    return all;
  }

  /** How many offsets the topic spans: newest minus oldest over all partitions. Counts a large topic without reading it. */
  async span(): Promise<number> {
    let total = 0;
    for (let partition = 0; partition < this.#partitions; partition++) {
      const low = new BigInt64Array(1);
      const high = new BigInt64Array(1);
      const code = await native.query_watermark_offsets(this.#client.handle, cString(this.#topic), partition, low, high, ANSWER_MS);
      if (code !== 0) throw new KafkaError(code, `Cannot count topic "${this.#topic}"`);
      total += Number((high[0] as bigint) - (low[0] as bigint));
    }
    return total;
  }

  /** Frees the client in the background; `closed` tells when that is done. Safe to call twice; not while `span` is under way. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#client.bell.detach(this.#queue);
    native.rd_kafka_queue_destroy(this.#queue);
    this.closed = this.#client.close().then(() => {
      for (const memory of [this.#addresses, this.#struct, this.#out, this.#bytes]) memory.release();
    });
  }

  /** A record, the end of a partition (undefined), or what is wrong: librdkafka delivers all three as messages. */
  #take(message: bigint): ReadRecord | KafkaError | undefined {
    native.memcpy(this.#struct.address, message, 72n);
    const partition = this.#words[MESSAGE.partition] as number;
    const code = this.#words[MESSAGE.err] as number;
    if (code === PARTITION_EOF) {
      this.#ended.add(partition);
      return undefined;
    }
    if (code !== 0) return new KafkaError(code, `Cannot read topic "${this.#topic}"`);
    this.#ended.delete(partition);
    const key = this.#copy(this.#longs[MESSAGE.key / 2] as bigint, this.#longs[MESSAGE.keyLength / 2] as bigint);
    const value = this.#copy(this.#longs[MESSAGE.value / 2] as bigint, this.#longs[MESSAGE.valueLength / 2] as bigint);
    const offset = Number(this.#longs[MESSAGE.offset / 2]);
    const timestamp = Number(native.rd_kafka_message_timestamp(message, this.#out.address));
    return { partition, offset, timestamp, key, value, headers: this.#headers(message) };
  }

  /** The list and what it points at belong to the message. */
  #headers(message: bigint): ReadHeader[] {
    const out = this.#out.address;
    const headers: ReadHeader[] = [];
    if (native.rd_kafka_message_headers(message, out) !== 0) return headers; // It has none.
    const list = this.#outLongs[0] as bigint;
    for (let i = 0n; native.rd_kafka_header_get_all(list, i, out + 8n, out + 16n, out + 24n) === 0; i++) {
      const name = textAt(this.#outLongs[1] as bigint);
      headers.push({ name, value: this.#copy(this.#outLongs[2] as bigint, this.#outLongs[3] as bigint) });
    }
    return headers;
  }

  /** Bytes of librdkafka, copied, since they go with their message. */
  #copy(address: bigint, length: bigint): Uint8Array | null {
    if (address === 0n) return null;
    this.#bytes.used = 0;
    this.#bytes.reserve(Number(length));
    if (length > 0n) native.memcpy(this.#bytes.memory.address, address, length);
    return this.#bytes.bytes.slice(0, Number(length));
  }
}

/** Assigned by hand, so no group is joined and no coordinator asked. librdkafka copies the list. */
function assign(client: bigint, topic: string, partitions: number): void {
  const list = native.rd_kafka_topic_partition_list_new(partitions);
  for (let partition = 0; partition < partitions; partition++) {
    native.rd_kafka_topic_partition_list_add(list, cString(topic), partition);
    native.rd_kafka_topic_partition_list_set_offset(list, cString(topic), partition, OFFSET_BEGINNING);
  }
  const code = native.rd_kafka_assign(client, list);
  native.rd_kafka_topic_partition_list_destroy(list);
  if (code !== 0) throw new KafkaError(code, `Cannot read topic "${topic}"`);
}
