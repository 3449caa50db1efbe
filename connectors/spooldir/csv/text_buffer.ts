import { allocateRegion, SPARE_BYTES } from "sdk";
import type { ByteSource } from "../byte_source.ts";
import type { Cursor } from "./scanner.ts";

/** Smallest region, bytes: about four batches of a thousand usual rows, so that few bytes are moved. */
const MIN_REGION_BYTES = 512 * 1024;

/** The text of a file passing through one region: what is not yet consumed, and the rows of the batch in hand. */
export class TextBuffer {
  readonly cursor: Cursor;
  readonly #source: ByteSource;
  readonly #chunkBytes: number;
  #error: Error | null = null;

  /** `source` delivers valid UTF-8. `chunkBytes` is the least that is asked of it at a time. */
  constructor(source: ByteSource, chunkBytes: number) {
    this.#source = source;
    this.#chunkBytes = chunkBytes;
    this.cursor = { region: allocateRegion(Math.max(MIN_REGION_BYTES, 2 * chunkBytes)), position: 0, final: false, line: 0 };
  }

  /**
   * Moves what is not consumed to the front when little of it is left, so that the next rows have room. Slices found
   * before point nowhere then.
   */
  compact(): void {
    const { cursor } = this;
    const { region, position } = cursor;
    const left = region.used - position;
    if (position === 0 || left > this.#capacity() / 4) return;
    region.bytes.copyWithin(0, position, region.used);
    region.used = left;
    cursor.position = 0;
  }

  /**
   * Reads on. A row that is not complete is scanned anew after this, so at least as much is read as it already has: in all,
   * no byte is scanned more than about three times.
   */
  async fill(): Promise<void> {
    const { cursor } = this;
    const partial = cursor.region.used - cursor.position;
    const target = cursor.region.used + Math.max(this.#chunkBytes, partial);
    this.reserve(target - cursor.region.used);
    const before = cursor.region.used;
    try {
      while (cursor.region.used < target && !cursor.final) {
        if (this.#error !== null) throw this.#error;
        await this.#readSome();
      }
    } catch (error) {
      // What came before the fault is still to be given out; the next call meets the fault again.
      this.#error = error instanceof Error ? error : new Error(String(error));
      if (cursor.region.used === before) throw this.#error;
    }
  }

  async #readSome(): Promise<void> {
    const { region } = this.cursor;
    const answer = this.#source.read(region.bytes.subarray(region.used, this.#capacity()));
    const count = typeof answer === "number" ? answer : await answer;
    if (count === 0) this.cursor.final = true;
    region.used += count;
  }

  /** Makes room for `size` bytes behind the used ones, in a larger region if need be; offsets stay. */
  reserve(size: number): void {
    const { region } = this.cursor;
    const needed = region.used + size;
    if (needed <= this.#capacity()) return;
    const grown = allocateRegion(Math.max(needed, 2 * this.#capacity()));
    grown.bytes.set(region.bytes.subarray(0, region.used));
    grown.used = region.used;
    this.cursor.region = grown;
  }

  close(): void {
    this.#source.close();
  }

  /** Usable bytes: the spare ones hold the scanner's sentinel and the overshoot of copying kernels. */
  #capacity(): number {
    return this.cursor.region.bytes.length - SPARE_BYTES;
  }
}
