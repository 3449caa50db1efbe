/** Consumed records in memory of our own, and the pool that memory comes from and goes back to. */
import { NativeArena } from "./memory.ts";

/** A header as it was written; null = null value. */
export interface IncomingHeader {
  readonly name: string;
  readonly value: Uint8Array | null;
}

/** Most sets of columns and bytes that wait for their next use: one being filled, one being put, one to spare. */
const KEPT = 3;
/** Bytes an arena begins with, and may keep whatever is asked for. */
const ARENA_BYTES = 256 << 10;
/** Words of one header: start and length of its name, start and length of its value. */
const HEADER_WORDS = 4;
const decoder = new TextDecoder();

/** Fits the host's `ConsumedRecords` by shape. Columns may be longer than `count`. */
export class IncomingRecords {
  count = 0;
  topics: readonly string[] = [];
  readonly topicIndex: Int32Array<ArrayBuffer>;
  readonly partitions: Int32Array<ArrayBuffer>;
  readonly offsets: Float64Array<ArrayBuffer>;
  /** Epoch milliseconds; -1 = none. */
  readonly timestamps: Float64Array<ArrayBuffer>;
  /** 0 = none, 1 = CreateTime, 2 = LogAppendTime. */
  readonly timestampTypes: Uint8Array<ArrayBuffer>;
  readonly region = new NativeArena(ARENA_BYTES);
  /** Pairs of start and length per record; length -1 = null. */
  readonly keys: Int32Array<ArrayBuffer>;
  readonly values: Int32Array<ArrayBuffer>;
  /** Per record the number of the first header behind its own. */
  readonly #headerEnds: Int32Array<ArrayBuffer>;
  #headerSlices = new Int32Array(0);
  #headerCount = 0;
  readonly #pool: RecordPool;
  #isFree = true;

  /** `capacity`: most records it can hold. */
  constructor(capacity: number, pool: RecordPool) {
    this.topicIndex = new Int32Array(capacity);
    this.partitions = new Int32Array(capacity);
    this.offsets = new Float64Array(capacity);
    this.timestamps = new Float64Array(capacity);
    this.timestampTypes = new Uint8Array(capacity);
    this.keys = new Int32Array(2 * capacity);
    this.values = new Int32Array(2 * capacity);
    this.#headerEnds = new Int32Array(capacity);
    this.#pool = pool;
  }

  /** Most records it can hold. */
  get capacity(): number {
    return this.topicIndex.length;
  }

  /** Headers of record i, copies; empty unless they were read. */
  headers(i: number): IncomingHeader[] {
    const headers: IncomingHeader[] = [];
    const { bytes } = this.region;
    const end = this.#headerEnds[i] as number;
    for (let h = i === 0 ? 0 : this.#headerEnds[i - 1] as number; h < end; h++) {
      const [nameAt, nameLength, valueAt, valueLength] = this.#headerSlices.subarray(h * HEADER_WORDS) as unknown as HeaderSlices;
      const name = decoder.decode(bytes.subarray(nameAt, nameAt + nameLength));
      headers.push({ name, value: valueLength < 0 ? null : bytes.slice(valueAt, valueAt + valueLength) });
    }
    return headers;
  }

  /** Its memory may be used again. A second call does nothing. */
  release(): void {
    if (this.#isFree) return;
    this.#isFree = true;
    this.#pool.give(this);
  }

  /** Told by the pool: empty, and in somebody's hands. */
  begin(): void {
    this.#isFree = false;
    this.count = 0;
    this.#headerCount = 0;
    this.region.used = 0;
  }

  /** Adds a header to the record that `endHeaders` closes. The slices lie in the region. */
  addHeader(nameAt: number, nameLength: number, valueAt: number, valueLength: number): void {
    const at = this.#headerCount++ * HEADER_WORDS;
    if (at + HEADER_WORDS > this.#headerSlices.length) {
      const grown = new Int32Array(Math.max(1024, this.#headerSlices.length * 2));
      grown.set(this.#headerSlices);
      this.#headerSlices = grown;
    }
    this.#headerSlices[at] = nameAt;
    this.#headerSlices[at + 1] = nameLength;
    this.#headerSlices[at + 2] = valueAt;
    this.#headerSlices[at + 3] = valueLength;
  }

  /** Record i has all its headers. */
  endHeaders(i: number): void {
    this.#headerEnds[i] = this.#headerCount;
  }
}

type HeaderSlices = readonly [nameAt: number, nameLength: number, valueAt: number, valueLength: number];

/** Lends out records and takes them back; owned by one consumer. */
export class RecordPool {
  #free: IncomingRecords[] = [];
  /** An arena beyond this is not kept: one huge record must not cost memory for ever. */
  #keptBytes = ARENA_BYTES;
  #isClosed = false;

  /** Empty records with room for `maxRecords`; their arena grows as needed. */
  take(maxRecords: number, maxBytes: number): IncomingRecords {
    this.#keptBytes = Math.max(ARENA_BYTES, 2 * maxBytes);
    let records = this.#free.pop();
    if (records !== undefined && records.capacity < maxRecords) {
      records.region.release();
      records = undefined;
    }
    records ??= new IncomingRecords(maxRecords, this);
    records.begin();
    return records;
  }

  /** Called by `release` of the records. */
  give(records: IncomingRecords): void {
    const isHuge = records.region.bytes.length > this.#keptBytes + ARENA_BYTES;
    if (this.#isClosed || isHuge || this.#free.length >= KEPT) records.region.release();
    else this.#free.push(records);
  }

  /** Bytes of the arenas that wait for their next use. */
  get idleBytes(): number {
    return this.#free.reduce((sum, each) => sum + each.region.bytes.length, 0);
  }

  /** Lets go of what is here; what is lent out is let go of when it comes back. */
  close(): void {
    this.#isClosed = true;
    for (const records of this.#free) records.region.release();
    this.#free = [];
  }
}
