import type { ByteSource } from "../byte_source.ts";

/** Compressed bytes read at a time. Small, since a few kilobytes may become a thousand times as many. */
const CHUNK_BYTES = 32 * 1024;

/** Thrown where a compressed file ends too early, or is not what its name says. */
export class CorruptFile extends Error {
  override readonly name = "CorruptFile";
}

/** Compressed bytes, taken in the portions that a format has. */
export class ByteReader {
  readonly #source: ByteSource;
  #bytes = new Uint8Array(CHUNK_BYTES);
  #start = 0;
  #end = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Some bytes, as they come; null at the end. Valid until the next call. */
  async some(): Promise<Uint8Array<ArrayBuffer> | null> {
    if (!(await this.#has(1))) return null;
    const part = this.#bytes.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return part;
  }

  /** Exactly so many bytes, or a CorruptFile. Valid until the next call. */
  async take(count: number): Promise<Uint8Array<ArrayBuffer>> {
    if (!(await this.#has(count))) throw new CorruptFile("it ends too early");
    this.#start += count;
    return this.#bytes.subarray(this.#start - count, this.#start);
  }

  /** Looks at up to so many bytes without taking them; fewer only at the end. Valid until the next call. */
  async peek(count: number): Promise<Uint8Array<ArrayBuffer>> {
    await this.#has(count);
    return this.#bytes.subarray(this.#start, Math.min(this.#end, this.#start + count));
  }

  /** All that is left, at most `limit` bytes, or a CorruptFile. */
  async rest(limit: number): Promise<Uint8Array<ArrayBuffer>> {
    if (await this.#has(limit + 1)) throw new CorruptFile(`it is one block of more than ${limit} bytes, which does not fit into memory`);
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** A 32-bit number, low byte first. */
  async uint32(): Promise<number> {
    return littleEndian(await this.take(4));
  }

  /** Whether so many bytes are there, once read. */
  async #has(count: number): Promise<boolean> {
    while (this.#end - this.#start < count) {
      this.#makeRoom(count);
      const answer = this.#source.read(this.#bytes.subarray(this.#end));
      const got = typeof answer === "number" ? answer : await answer;
      if (got === 0) return false;
      this.#end += got;
    }
    return true;
  }

  #makeRoom(count: number): void {
    if (this.#end < this.#bytes.length && this.#start + count <= this.#bytes.length) return;
    const left = this.#bytes.subarray(this.#start, this.#end);
    // Doubling and not at once to `count`, which a corrupt file may have made up.
    const size = left.length < this.#bytes.length ? this.#bytes.length : 2 * this.#bytes.length;
    const next = size === this.#bytes.length ? this.#bytes : new Uint8Array(size);
    next.set(left);
    this.#bytes = next;
    this.#end = left.length;
    this.#start = 0;
  }
}

/** Up to four bytes as a number, low byte first. */
export function littleEndian(bytes: Uint8Array): number {
  let value = 0;
  for (let i = bytes.length - 1; i >= 0; i--) value = value * 256 + (bytes[i] as number);
  return value;
}
