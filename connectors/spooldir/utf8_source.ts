import { isUtf8 } from "node:buffer";
import type { ByteSource } from "./byte_source.ts";

/** U+FFFD in UTF-8, what Java's decoder puts in the place of bytes that mean nothing. */
const REPLACEMENT = Uint8Array.of(0xef, 0xbf, 0xbd);

/** Told once when the first bytes that mean nothing in a file's charset are replaced. */
export type OnReplaced = () => void;

/**
 * Passes UTF-8 on as it is and repairs what is not: the chunks it delivers are valid UTF-8 and never end inside a character.
 * Broken sequences become U+FFFD as often as in Java (java.nio.charset, CodingErrorAction.REPLACE). `into` must hold 16 bytes.
 */
export class Utf8Source implements ByteSource {
  readonly #source: ByteSource;
  /** The beginning of a character whose end the next chunk has. */
  readonly #cut = new Uint8Array(4);
  #cutLength = 0;
  /** Repaired text that did not fit, from `#at` on. */
  #repaired = new Uint8Array(0);
  #at = 0;
  #onReplaced: OnReplaced | undefined;

  constructor(source: ByteSource, onReplaced?: OnReplaced) {
    this.#source = source;
    this.#onReplaced = onReplaced;
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<number> {
    while (this.#at === this.#repaired.length) {
      into.set(this.#cut.subarray(0, this.#cutLength));
      const answer = this.#source.read(into.subarray(this.#cutLength));
      const count = typeof answer === "number" ? answer : await answer;
      if (count === 0) return this.#end(into);
      const filled = this.#cutLength + count;
      const whole = filled - openTail(into, filled);
      this.#cutLength = filled - whole;
      this.#cut.set(into.subarray(whole, filled));
      if (whole === 0) continue;
      if (isUtf8(into.subarray(0, whole))) return whole;
      this.#repaired = this.#repair(into.subarray(0, whole));
      this.#at = 0;
    }
    const part = this.#repaired.subarray(this.#at, this.#at + fitting(this.#repaired, this.#at, into.length));
    into.set(part);
    this.#at += part.length;
    return part.length;
  }

  close(): void {
    this.#source.close();
  }

  /** What is left of a character when the file ends inside it. */
  #end(into: Uint8Array): number {
    if (this.#cutLength === 0) return 0;
    const rest = this.#repair(this.#cut.slice(0, this.#cutLength));
    this.#cutLength = 0;
    into.set(rest);
    return rest.length;
  }

  #repair(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    this.#onReplaced?.();
    this.#onReplaced = undefined;
    return repairUtf8(bytes);
  }
}

/** Valid UTF-8 for any bytes. */
export function repairUtf8(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  // Java replaces an encoded surrogate (ED A0..BF, and a third byte if it fits) as one, the Web's decoder as two or three.
  const single = bytes.slice();
  for (let at = single.indexOf(0xed); at >= 0; at = single.indexOf(0xed, at + 1)) {
    if (((single[at + 1] ?? 0) & 0xe0) !== 0xa0) continue;
    single.set(REPLACEMENT.subarray(0, 2), at); // without a third byte, this is a cut character: one U+FFFD
    if (((single[at + 2] ?? 0) & 0xc0) === 0x80) single[at + 2] = REPLACEMENT[2] as number;
  }
  return new TextEncoder().encode(new TextDecoder("utf-8", { ignoreBOM: true }).decode(single));
}

/** How many bytes at the end begin a character without ending it: 0 to 3. */
function openTail(bytes: Uint8Array, length: number): number {
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}

/** The most bytes from `at` on that fit and end at the end of a character. */
function fitting(bytes: Uint8Array, at: number, room: number): number {
  if (bytes.length - at <= room) return bytes.length - at;
  let end = at + room;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return end - at;
}
