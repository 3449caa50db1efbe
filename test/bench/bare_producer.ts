/** librdkafka with nothing around it: batches in, acknowledgements counted. */
import { cString, NativeArena, NativeBuffer, textIn } from "../../src/kafka/memory.ts";
import { native } from "../../src/kafka/symbols.ts";

const F_COPY = 2;
const PARTITION_ANY = -1;
const PRODUCER = 0;
const EVENT_DR = 1;
const QUEUE_FULL = -184;
/** Size of rd_kafka_message_t and of rd_kafka_vu_t, in bytes and in 32-bit words. */
const STRUCT = 72, WORDS = 18;
/** rd_kafka_vtype_t. */
const V_RKT = 2, V_VALUE = 4, V_KEY = 5, V_OPAQUE = 6, V_MSGFLAGS = 7, V_HEADER = 9;
/** Records handed over and not acknowledged; more gains nothing. */
const MOST_IN_FLIGHT = 50_000;
const REPORTS_AT_ONCE = 10_000;

/** A header; `value` is written anew before each record for the one that changes. */
export interface BareHeader {
  readonly name: string;
  readonly value: string;
}

/** Hands records of one topic over, a batch at a time. */
export class BareProducer {
  readonly arena = new NativeArena(1 << 22);
  readonly #client: bigint;
  readonly #topic: bigint;
  readonly #queue: bigint;
  readonly #messages: NativeBuffer;
  readonly #message: Uint32Array;
  readonly #key: NativeBuffer;
  readonly #keyLength: number;
  /** 0 and 0 for records without a key. */
  readonly #keyLow: number;
  readonly #keyHigh: number;
  readonly #reports = new NativeBuffer(REPORTS_AT_ONCE * 8);
  readonly #reported = new BigUint64Array(this.#reports.buffer);
  readonly #report = new NativeBuffer(STRUCT);
  readonly #reportWords = new Int32Array(this.#report.buffer);
  readonly #entries: HeaderEntries;
  /** Records of each batch that are not acknowledged yet, by batch number. */
  readonly #pending = new Int32Array(1 << 20);
  #inFlight = 0;
  #batch = 0;

  constructor(bootstrap: string, topic: string, key: string | null, headers: readonly BareHeader[], batchRows: number) {
    this.#client = openClient(bootstrap);
    this.#queue = native.rd_kafka_queue_get_main(this.#client);
    this.#topic = native.rd_kafka_topic_new(this.#client, cString(topic), 0n);
    const keyBytes = new TextEncoder().encode(key ?? "");
    this.#key = new NativeBuffer(Math.max(1, keyBytes.length));
    new Uint8Array(this.#key.buffer).set(keyBytes);
    this.#keyLength = keyBytes.length;
    this.#keyLow = key === null ? 0 : this.#key.low;
    this.#keyHigh = key === null ? 0 : this.#key.high;
    this.#messages = new NativeBuffer(batchRows * STRUCT);
    this.#message = new Uint32Array(this.#messages.buffer);
    this.#entries = new HeaderEntries(this.#topic, this.#key, this.#keyLength, headers);
  }

  /** Sends `rows` records without headers: record i lies at `slices[i]` … `slices[i + 1]` in the arena. */
  sendBatch(slices: Int32Array, rows: number): void {
    const words = this.#message, { low, high } = this.arena.memory;
    this.#pending[++this.#batch] = rows;
    for (let i = 0, w = 0; i < rows; i++, w += WORDS) {
      const start = slices[i] as number;
      words[w + 6] = low + start;
      words[w + 7] = high;
      words[w + 8] = (slices[i + 1] as number) - start;
      words[w + 10] = this.#keyLow;
      words[w + 11] = this.#keyHigh;
      words[w + 12] = this.#keyLength;
      words[w + 16] = this.#batch;
    }
    this.#handOver(rows);
  }

  /** Sends at most a batch of records with keys of their own; a null value is a tombstone. */
  sendKeyed(records: readonly { readonly key: Uint8Array; readonly value: Uint8Array | null }[]): void {
    const words = this.#message;
    this.arena.used = 0;
    this.arena.reserve(records.reduce((size, { key, value }) => size + key.length + (value?.length ?? 0), 0));
    const { low, high } = this.arena.memory;
    const place = (bytes: Uint8Array) => {
      this.arena.bytes.set(bytes, this.arena.used);
      this.arena.used += bytes.length;
      return low + this.arena.used - bytes.length;
    };
    this.#pending[++this.#batch] = records.length;
    for (const [i, { key, value }] of records.entries()) {
      const w = i * WORDS;
      words.set(value === null ? [0, 0, 0] : [place(value), high, value.length], w + 6);
      words.set([place(key), high, key.length], w + 10);
      words[w + 16] = this.#batch;
    }
    this.#handOver(records.length);
  }

  /** The same with headers, the last of which counts up from `first`. */
  sendWithHeaders(slices: Int32Array, rows: number, first: number): void {
    const entries = this.#entries, { low, high } = this.arena.memory;
    this.#pending[++this.#batch] = rows;
    for (let i = 0; i < rows; i++) {
      const start = slices[i] as number;
      entries.set(low + start, high, (slices[i + 1] as number) - start, this.#batch, first + i);
      for (;;) {
        const error = native.rd_kafka_produceva(this.#client, entries.address, entries.count);
        if (error === 0n) break;
        const code = native.rd_kafka_error_code(error);
        native.rd_kafka_error_destroy(error);
        if (code !== QUEUE_FULL) throw new Error(`librdkafka refused a record with code ${code}`);
        this.#drain(10);
      }
      this.#inFlight++;
    }
    this.#drain(0);
    this.#holdBack();
  }

  /** Waits until all is acknowledged. */
  finish(): void {
    while (this.#inFlight > 0) this.#drain(50);
  }

  /** Frees the client. */
  async close(): Promise<void> {
    native.rd_kafka_topic_destroy(this.#topic);
    native.rd_kafka_queue_destroy(this.#queue);
    await native.destroy_flags(this.#client, 0);
  }

  #handOver(rows: number): void {
    for (let from = 0; from < rows;) {
      const address = this.#messages.address + BigInt(from * STRUCT);
      const taken = native.rd_kafka_produce_batch(this.#topic, PARTITION_ANY, F_COPY, address, rows - from);
      this.#inFlight += taken;
      from += taken;
      this.#drain(from < rows ? 10 : 0);
    }
    this.#holdBack();
  }

  #holdBack(): void {
    while (this.#inFlight > MOST_IN_FLIGHT) this.#drain(10);
  }

  #drain(waitMs: number): void {
    for (let event = native.rd_kafka_queue_poll(this.#queue, waitMs); event !== 0n; event = native.rd_kafka_queue_poll(this.#queue, 0)) {
      if (native.rd_kafka_event_type(event) === EVENT_DR) this.#acknowledge(event);
      native.rd_kafka_event_destroy(event);
    }
  }

  #acknowledge(event: bigint): void {
    for (;;) {
      const count = Number(native.rd_kafka_event_message_array(event, this.#reports.address, BigInt(REPORTS_AT_ONCE)));
      if (count === 0) return;
      for (let i = 0; i < count; i++) {
        native.memcpy(this.#report.address, this.#reported[i] as bigint, 72n);
        if (this.#reportWords[0] !== 0) throw new Error(`A record was not delivered: code ${this.#reportWords[0]}`);
        const batch = this.#reportWords[16] as number;
        this.#pending[batch] = (this.#pending[batch] as number) - 1;
      }
      this.#inFlight -= count;
    }
  }
}

/** The array `rd_kafka_produceva` takes, built once; value, opaque and the counting header are rewritten per record. */
class HeaderEntries {
  readonly count: bigint;
  readonly address: bigint;
  readonly #words: Uint32Array;
  readonly #value: number;
  readonly #opaque: number;
  readonly #counter: number;
  readonly #counterText = new Uint8Array(new NativeBuffer(20).buffer);
  readonly #buffers: NativeBuffer[] = [];

  constructor(topic: bigint, key: NativeBuffer, keyLength: number, headers: readonly BareHeader[]) {
    const count = 5 + headers.length;
    const memory = new NativeBuffer(count * STRUCT);
    this.#buffers.push(memory);
    this.count = BigInt(count);
    this.address = memory.address;
    this.#words = new Uint32Array(memory.buffer);
    let w = 0;
    const entry = (type: number, ...words: number[]) => {
      this.#words[w] = type;
      this.#words.set(words, w + 2);
      w += WORDS;
      return w - WORDS;
    };
    entry(V_RKT, Number(topic & 0xffffffffn), Number(topic >> 32n));
    entry(V_MSGFLAGS, F_COPY);
    entry(V_KEY, key.low, key.high, keyLength, 0);
    this.#value = entry(V_VALUE);
    this.#opaque = entry(V_OPAQUE);
    let counter = 0;
    for (const { name, value } of headers) {
      const nameText = this.#text(name + "\0"), valueText = this.#text(value);
      counter = entry(V_HEADER, nameText.low, nameText.high, valueText.low, valueText.high, valueText.buffer.byteLength, 0);
    }
    const digits = new NativeBuffer(20);
    this.#buffers.push(digits);
    this.#counterText = new Uint8Array(digits.buffer);
    this.#counter = counter;
    if (counter > 0) this.#words.set([digits.low, digits.high], counter + 4);
  }

  set(low: number, high: number, length: number, opaque: number, counted: number): void {
    const words = this.#words;
    words[this.#value + 2] = low;
    words[this.#value + 3] = high;
    words[this.#value + 4] = length;
    words[this.#opaque + 2] = opaque;
    words[this.#counter + 6] = this.#count(counted);
  }

  #count(value: number): number {
    let size = 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) size++;
    for (let i = size - 1, rest = value; i >= 0; i--) {
      const tenth = Math.floor(rest / 10);
      this.#counterText[i] = 48 + rest - tenth * 10;
      rest = tenth;
    }
    return size;
  }

  #text(text: string): NativeBuffer {
    const bytes = new TextEncoder().encode(text);
    const memory = new NativeBuffer(bytes.length);
    new Uint8Array(memory.buffer).set(bytes);
    this.#buffers.push(memory);
    return memory;
  }
}

/** The product's defaults: idempotent, lz4, a short linger, librdkafka's own batch size. */
function openClient(bootstrap: string): bigint {
  const conf = native.rd_kafka_conf_new();
  const problem = new Uint8Array(512);
  const settings = {
    "bootstrap.servers": bootstrap,
    "enable.idempotence": "true",
    "compression.type": "lz4",
    "linger.ms": "5",
    "partitioner": "murmur2_random",
    "log_level": "3",
  };
  for (const [name, value] of Object.entries(settings)) {
    if (native.rd_kafka_conf_set(conf, cString(name), cString(value), problem, 512n) !== 0) throw new Error(textIn(problem));
  }
  native.rd_kafka_conf_set_events(conf, EVENT_DR);
  const client = native.rd_kafka_new(PRODUCER, conf, problem, 512n);
  if (client === 0n) throw new Error(textIn(problem));
  return client;
}
