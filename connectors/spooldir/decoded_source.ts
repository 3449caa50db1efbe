import type { ByteSource } from "./byte_source.ts";
import type { OnReplaced } from "./utf8_source.ts";

/** A decoder that takes a text piece by piece. */
export interface TextDecoding {
  write(bytes: Uint8Array<ArrayBuffer>): string;
  /** What the last bytes, cut short, become. */
  end(): string;
}

/** Bytes read at a time. */
const RAW_BYTES = 64 * 1024;

/** Turns text of any charset into UTF-8, by way of strings. `into` must hold 16 bytes. */
export class DecodedSource implements ByteSource {
  readonly #source: ByteSource;
  readonly #create: (first: Uint8Array) => TextDecoding;
  readonly #raw = new Uint8Array(RAW_BYTES);
  readonly #encoder = new TextEncoder();
  #decoding: TextDecoding | null = null;
  /** Decoded text from `#at` on is still to be delivered. */
  #text = "";
  #at = 0;
  #ended = false;
  #onReplaced: OnReplaced | undefined;

  /** `create` makes the decoder, once, with the first bytes of the file to judge by: four, if it has so many. */
  constructor(source: ByteSource, create: (first: Uint8Array) => TextDecoding, onReplaced?: OnReplaced) {
    this.#source = source;
    this.#create = create;
    this.#onReplaced = onReplaced;
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<number> {
    while (this.#at >= this.#text.length) {
      if (this.#ended) return 0;
      await this.#decodeMore();
    }
    // Whole characters only: encodeInto stops before one that does not fit, but takes half a pair of surrogates for broken.
    let end = Math.min(this.#text.length, this.#at + into.length);
    if (end < this.#text.length && isHighSurrogate(this.#text.charCodeAt(end - 1))) end--;
    const { read, written } = this.#encoder.encodeInto(this.#text.slice(this.#at, end), into);
    this.#at += read;
    return written;
  }

  close(): void {
    this.#source.close();
  }

  async #decodeMore(): Promise<void> {
    const count = await this.#fill(this.#decoding === null ? 4 : 1);
    this.#decoding ??= this.#create(this.#raw.subarray(0, count));
    this.#ended = count === 0;
    this.#text = this.#ended ? this.#decoding.end() : this.#decoding.write(this.#raw.subarray(0, count));
    this.#at = 0;
    if (this.#onReplaced === undefined || !this.#text.includes("\ufffd")) return;
    this.#onReplaced();
    this.#onReplaced = undefined;
  }

  /** Reads until there are `least` bytes or no more. */
  async #fill(least: number): Promise<number> {
    let filled = 0;
    while (filled < least) {
      const answer = this.#source.read(this.#raw.subarray(filled));
      const count = typeof answer === "number" ? answer : await answer;
      if (count === 0) break;
      filled += count;
    }
    return filled;
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}
