/**
 * Memory that C reads and writes, and who frees it.
 *
 * - Our buffers (`NativeBuffer`, `NativeArena`, C strings) are ArrayBuffers: the garbage collector frees them after `release()`, never while
 *   `held` names them. Taking an address does not keep a buffer alive by itself. librdkafka copies what it is given (F_COPY), so no buffer has
 *   to outlive the call that was given its address.
 * - Objects of librdkafka (clients, queues, topics, events, messages, lists) belong to the class that asked for them, which
 *   destroys each once. Invariant 6
 * - A `char *` that librdkafka returns belongs to librdkafka; `textAt` copies it at once.
 */

/** Bytes a kernel may write past the end of a slice: copies go eight bytes at a time. */
const SPARE_BYTES = 8;
const FOUR_GIB = 2 ** 32;
const encoder = new TextEncoder();

/** Every buffer whose address C may know. */
const held = new Set<ArrayBuffer>();

/** A buffer with an address that stays the same until `release()`. */
export class NativeBuffer {
  readonly buffer: ArrayBuffer;
  /** Address of byte 0. Never 0. */
  readonly address: bigint;
  /**
   * Address in two words. The high one holds for every byte, since a buffer never crosses a 4 GiB boundary: an address inside is
   * `low + offset`, without bigint arithmetic per record.
   */
  readonly low: number;
  readonly high: number;

  constructor(size: number) {
    const crossing: ArrayBuffer[] = [];
    let buffer = new ArrayBuffer(size);
    // Kept while the next one is allocated, or the same stretch would come back.
    while (crosses(addressOf(buffer), size)) {
      crossing.push(buffer);
      buffer = new ArrayBuffer(size);
    }
    held.add(buffer);
    this.buffer = buffer;
    this.address = addressOf(buffer);
    this.low = Number(this.address % BigInt(FOUR_GIB));
    this.high = Number(this.address / BigInt(FOUR_GIB));
  }

  /** Lets the garbage collector have it. The address must not be used afterwards. */
  release(): void {
    held.delete(this.buffer);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** The place converters write to; librdkafka reads records straight out of it. Fits `Arena` of `data/region.ts` by shape. */
export class NativeArena {
  #memory: NativeBuffer;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;
  used = 0;

  /** `capacity`: usable bytes to begin with; it doubles when they do not do. */
  constructor(capacity = 1 << 20) {
    this.#memory = new NativeBuffer(capacity + SPARE_BYTES);
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#view = new DataView(this.#memory.buffer);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  get view(): DataView<ArrayBuffer> {
    return this.#view;
  }

  /** Where the bytes lie now; good until the next `reserve`. */
  get memory(): NativeBuffer {
    return this.#memory;
  }

  /** Makes room for `size` bytes after `used`, spare bytes not counted. May move the bytes: what was written keeps its offset. */
  reserve(size: number): void {
    const needed = this.used + size + SPARE_BYTES;
    const capacity = this.#memory.buffer.byteLength;
    if (needed <= capacity) return;
    const grown = new NativeBuffer(Math.min(Math.max(needed, capacity * 2), Math.max(needed, FOUR_GIB / 2)));
    const bytes = new Uint8Array(grown.buffer);
    bytes.set(this.#bytes.subarray(0, this.used));
    this.#memory.release();
    this.#memory = grown;
    this.#bytes = bytes;
    this.#view = new DataView(grown.buffer);
  }

  /** Ends its use. */
  release(): void {
    this.#memory.release();
  }
}

/** Whether `size` bytes from `address` reach over a multiple of 4 GiB. */
export function crosses(address: bigint, size: number): boolean {
  return Number(address % BigInt(FOUR_GIB)) + size > FOUR_GIB;
}

/** The text as C wants it, for a parameter declared `buffer`. A NUL inside would cut it short unseen, so it is refused. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) throw new TypeError(`Cannot pass "${text.replaceAll("\0", "\\0")}" to librdkafka: it must not contain NUL`);
  return encoder.encode(text + "\0");
}

/** A C string with an address, for what librdkafka reads through a pointer inside a structure. */
export function nativeText(text: string): NativeBuffer {
  const bytes = cString(text);
  const memory = new NativeBuffer(bytes.length);
  new Uint8Array(memory.buffer).set(bytes);
  return memory;
}

/** The address in the n-th slot of a C array of pointers. */
export function pointerAt(array: bigint, n: number): bigint {
  const pointer = Deno.UnsafePointer.create(array);
  return pointer === null ? 0n : new Deno.UnsafePointerView(pointer).getBigUint64(n * 8);
}

/** The text at a `char *`, copied; empty for a null pointer. */
export function textAt(address: bigint): string {
  const pointer = Deno.UnsafePointer.create(address);
  return pointer === null ? "" : Deno.UnsafePointerView.getCString(pointer);
}

/** The text in a buffer that C filled, up to the first NUL. */
export function textIn(buffer: Uint8Array): string {
  const end = buffer.indexOf(0);
  return new TextDecoder().decode(end < 0 ? buffer : buffer.subarray(0, end));
}

/** Address of a buffer's first byte. The buffer must be held by who uses it. */
function addressOf(buffer: ArrayBuffer): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(new Uint8Array(buffer))));
}
