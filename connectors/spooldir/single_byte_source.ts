import { isAscii } from "node:buffer";
import type { ByteSource } from "./byte_source.ts";
import type { OnReplaced } from "./utf8_source.ts";

/** Most bytes a character of one byte becomes in UTF-8. */
const MAX_UTF8 = 3;

/** Turns a charset of one byte per character into UTF-8 without making strings. `into` must hold 16 bytes. */
export class SingleByteSource implements ByteSource {
  readonly #source: ByteSource;
  /** UTF-8 of each byte: four places apiece, the first holding the length. */
  readonly #table = new Uint8Array(256 * 4);
  /** ASCII stands for itself, so that a chunk of nothing else is passed on. */
  readonly #keepsAscii: boolean;
  /** Bytes that mean nothing. */
  readonly #meaningless: ReadonlySet<number>;
  #onReplaced: OnReplaced | undefined;
  #raw = new Uint8Array(0);

  /** `characters`: one for each byte. */
  constructor(source: ByteSource, characters: readonly string[], onReplaced?: OnReplaced) {
    this.#source = source;
    this.#onReplaced = onReplaced;
    this.#meaningless = new Set(characters.flatMap((character, byte) => character === "\ufffd" ? [byte] : []));
    const encoder = new TextEncoder();
    characters.forEach((character, byte) => {
      const { written } = encoder.encodeInto(character, this.#table.subarray(4 * byte + 1, 4 * byte + 4));
      this.#table[4 * byte] = written;
    });
    this.#keepsAscii = characters.slice(0, 0x80).every((character, byte) => character === String.fromCharCode(byte));
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<number> {
    const room = Math.floor(into.length / MAX_UTF8);
    if (this.#raw.length < room) this.#raw = new Uint8Array(room);
    const answer = this.#source.read(this.#raw.subarray(0, room));
    const count = typeof answer === "number" ? answer : await answer;
    const raw = this.#raw.subarray(0, count);
    if (!this.#keepsAscii || !isAscii(raw)) return this.#translate(raw, into);
    into.set(raw);
    return count;
  }

  close(): void {
    this.#source.close();
  }

  #translate(raw: Uint8Array, into: Uint8Array): number {
    if (this.#onReplaced !== undefined && this.#meaningless.size > 0 && raw.some((byte) => this.#meaningless.has(byte))) {
      this.#onReplaced();
      this.#onReplaced = undefined;
    }
    const table = this.#table;
    let o = 0;
    for (let i = 0; i < raw.length; i++) {
      const entry = 4 * (raw[i] as number);
      const length = table[entry] as number;
      into[o++] = table[entry + 1] as number;
      if (length > 1) into[o++] = table[entry + 2] as number;
      if (length > 2) into[o++] = table[entry + 3] as number;
    }
    return o;
  }
}
