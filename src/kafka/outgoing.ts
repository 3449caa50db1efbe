/**
 * Writes the two structures librdkafka takes records in: an array of `rd_kafka_message_t` for records of key and value, and an array
 * of `rd_kafka_vu_t` for records that have headers or timestamps. Both are 72 bytes an entry, allocated once, rewritten in place.
 */
import { NativeBuffer, nativeText } from "./memory.ts";

/** A header of every record: `constant` = one slice for all, else pairs per record. Length -1 = null value. */
export interface OutgoingHeader {
  readonly name: string;
  readonly slices: Int32Array;
  readonly constant: boolean;
}

/** Records of one topic whose bytes lie in an arena. Slices are pairs of start and length; length -1 = null. */
export interface OutgoingRecords {
  readonly topic: string;
  readonly count: number;
  readonly keys: Int32Array;
  readonly values: Int32Array;
  /** Of all, or per record; -1 = the partitioner decides. */
  readonly partition: number | Int32Array;
  /** Epoch milliseconds, NaN = librdkafka stamps this one; null = it stamps them all. */
  readonly timestamps: Float64Array | null;
  readonly headers: readonly OutgoingHeader[];
  /** 1 … 2^31-1. */
  readonly batch: number;
}

/** Bytes of one entry of either structure, and the 32-bit words in it. */
export const ENTRY_BYTES = 72;
const WORDS = ENTRY_BYTES / 4;

/** Words of `rd_kafka_message_t`: err 0, rkt 2, partition 4, payload 6, len 8, key 10, key_len 12, offset 14, _private 16. */
export const MESSAGE = {
  err: 0,
  topic: 2,
  partition: 4,
  value: 6,
  valueLength: 8,
  key: 10,
  keyLength: 12,
  offset: 14,
  opaque: 16,
} as const;

/** Kinds of `rd_kafka_vu_t` entries (rd_kafka_vtype_t). The kind is word 0, the union begins at word 2. */
const KIND = { topic: 2, partition: 3, value: 4, key: 5, opaque: 6, flags: 7, timestamp: 8, header: 9 } as const;

/** Bytes a record counts for: key, value, header names and values. */
export function recordBytes(records: OutgoingRecords, i: number, headerBytes: number): number {
  let size = headerBytes + Math.max(0, records.keys[2 * i + 1] as number) + Math.max(0, records.values[2 * i + 1] as number);
  for (const header of records.headers) if (!header.constant) size += Math.max(0, header.slices[2 * i + 1] as number);
  return size;
}

/** Bytes of what is the same for every record: header names, constant values. */
export function constantHeaderBytes(headers: readonly OutgoingHeader[]): number {
  let size = 0;
  for (const header of headers) size += header.name.length + (header.constant ? Math.max(0, header.slices[1] as number) : 0);
  return size;
}

/** The array `rd_kafka_produce_batch` reads and writes error codes into. */
export class MessageArray {
  #memory = new NativeBuffer(ENTRY_BYTES * 1024);
  #words = new Int32Array(this.#memory.buffer);

  get address(): bigint {
    return this.#memory.address;
  }

  /** Error code librdkafka left for the n-th message of the last call. */
  error(n: number): number {
    return this.#words[n * WORDS + MESSAGE.err] as number;
  }

  /** Fills the array with records `from` to `to`. `sizes[i]`: what record i counts for; it comes back in the high half of the opaque. */
  fill(records: OutgoingRecords, from: number, to: number, arena: NativeBuffer, sizes: Int32Array): void {
    this.#grow(to - from);
    const { keys, values, partition, batch } = records;
    const { low, high } = arena;
    const words = this.#words;
    const partitions = typeof partition === "number" ? null : partition;
    for (let i = from, w = 0; i < to; i++, w += WORDS) {
      const valueLength = values[2 * i + 1] as number;
      const keyLength = keys[2 * i + 1] as number;
      words[w + MESSAGE.value] = valueLength < 0 ? 0 : low + (values[2 * i] as number);
      words[w + MESSAGE.value + 1] = valueLength < 0 ? 0 : high;
      words[w + MESSAGE.valueLength] = valueLength < 0 ? 0 : valueLength;
      words[w + MESSAGE.key] = keyLength < 0 ? 0 : low + (keys[2 * i] as number);
      words[w + MESSAGE.key + 1] = keyLength < 0 ? 0 : high;
      words[w + MESSAGE.keyLength] = keyLength < 0 ? 0 : keyLength;
      words[w + MESSAGE.opaque] = batch;
      words[w + MESSAGE.opaque + 1] = sizes[i] as number;
      if (partitions !== null) words[w + MESSAGE.partition] = partitions[i] as number;
    }
  }

  release(): void {
    this.#memory.release();
  }

  #grow(count: number): void {
    if (count * ENTRY_BYTES <= this.#memory.buffer.byteLength) return;
    this.#memory.release();
    this.#memory = new NativeBuffer(ENTRY_BYTES * count * 2);
    this.#words = new Int32Array(this.#memory.buffer);
  }
}

/**
 * The array `rd_kafka_produceva` reads, one record at a time. `prepare` lays out the entries of a call and writes what all its
 * records share; `aim` rewrites what differs.
 */
export class EntryArray {
  #memory = new NativeBuffer(ENTRY_BYTES * 32);
  #words = new Int32Array(this.#memory.buffer);
  #longs = new BigInt64Array(this.#memory.buffer);
  /** Header names by their text: C strings that stay where they are. */
  readonly #names = new Map<string, NativeBuffer>();
  /** Where the entries that change have their union: partition in words, timestamp in longs; -1 = nothing to rewrite. */
  #partitionAt = -1;
  #timestampAt = -1;
  #varying: { readonly at: number; readonly slices: Int32Array }[] = [];
  /** Entries of a record. */
  count = 0n;

  get address(): bigint {
    return this.#memory.address;
  }

  /** `topic`: the `rd_kafka_topic_t *`; `flags`: of librdkafka's messages. */
  prepare(records: OutgoingRecords, topic: bigint, flags: number, arena: NativeBuffer): void {
    const { partition, timestamps, headers, batch } = records;
    this.#grow(7 + headers.length);
    this.#words.fill(0);
    // `aim` counts on these three being entries 0, 1 and 2.
    this.#begin(0, KIND.value);
    this.#begin(1, KIND.key);
    this.#words[this.#begin(2, KIND.opaque)] = batch;
    this.#longs[this.#begin(3, KIND.topic) / 2] = BigInt.asIntN(64, topic);
    this.#words[this.#begin(4, KIND.flags)] = flags;
    const partitionAt = this.#begin(5, KIND.partition);
    this.#words[partitionAt] = typeof partition === "number" ? partition : -1;
    this.#partitionAt = typeof partition === "number" ? -1 : partitionAt;
    // A timestamp of 0 would be stamped by librdkafka, so records without one of their own get no entry at all.
    this.#timestampAt = timestamps === null ? -1 : this.#begin(6, KIND.timestamp) / 2;
    const first = timestamps === null ? 6 : 7;
    this.#headers(headers, first, arena);
    this.count = BigInt(first + headers.length);
  }

  /** Rewrites the entries for record `i`, which counts for `size` bytes. */
  aim(records: OutgoingRecords, i: number, arena: NativeBuffer, size: number): void {
    const words = this.#words;
    slice(words, 2, records.values[2 * i] as number, records.values[2 * i + 1] as number, arena);
    slice(words, WORDS + 2, records.keys[2 * i] as number, records.keys[2 * i + 1] as number, arena);
    words[2 * WORDS + 3] = size;
    if (this.#partitionAt >= 0) words[this.#partitionAt] = (records.partition as Int32Array)[i] as number;
    if (this.#timestampAt >= 0) this.#longs[this.#timestampAt] = milliseconds((records.timestamps as Float64Array)[i] as number);
    for (const { at, slices } of this.#varying) {
      const length = slices[2 * i + 1] as number;
      slice(words, at, slices[2 * i] as number, length, arena);
    }
  }

  release(): void {
    this.#memory.release();
    for (const name of this.#names.values()) name.release();
  }

  /** Writes an entry's kind; returns the first word of its union, which is aligned to 8 bytes. */
  #begin(entry: number, kind: number): number {
    this.#words[entry * WORDS] = kind;
    return entry * WORDS + 2;
  }

  /** A header's union: name, value, size. */
  #headers(headers: readonly OutgoingHeader[], first: number, arena: NativeBuffer): void {
    this.#varying = [];
    headers.forEach((header, i) => {
      const name = this.#begin(first + i, KIND.header);
      this.#longs[name / 2] = BigInt.asIntN(64, this.#name(header.name));
      const value = name + 2;
      if (header.constant) slice(this.#words, value, header.slices[0] as number, header.slices[1] as number, arena);
      else this.#varying.push({ at: value, slices: header.slices });
    });
  }

  #name(text: string): bigint {
    let name = this.#names.get(text);
    if (name === undefined) {
      name = nativeText(text);
      this.#names.set(text, name);
    }
    return name.address;
  }

  #grow(entries: number): void {
    if (entries * ENTRY_BYTES <= this.#memory.buffer.byteLength) return;
    this.#memory.release();
    this.#memory = new NativeBuffer(ENTRY_BYTES * entries * 2);
    this.#words = new Int32Array(this.#memory.buffer);
    this.#longs = new BigInt64Array(this.#memory.buffer);
  }
}

/** NaN is a record without a timestamp among others that have one; 0 has librdkafka stamp it. */
function milliseconds(timestamp: number): bigint {
  return Number.isNaN(timestamp) ? 0n : BigInt(Math.trunc(timestamp));
}

/** Address and size of a slice at word `w`; a null is address 0. */
function slice(words: Int32Array, w: number, start: number, length: number, arena: NativeBuffer): void {
  const present = length >= 0;
  words[w] = present ? arena.low + start : 0;
  words[w + 1] = present ? arena.high : 0;
  words[w + 2] = present ? length : 0;
}
