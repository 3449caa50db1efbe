import { littleEndian } from "./byte_reader.ts";

const PRIME_1 = 0x9e3779b1;
const PRIME_2 = 0x85ebca77;
const PRIME_3 = 0xc2b2ae3d;
const PRIME_4 = 0x27d4eb2f;
const PRIME_5 = 0x165667b1;

/** XXH32 with seed 0, the sum that LZ4 frames carry. */
export class Xxh32 {
  #lanes = [(PRIME_1 + PRIME_2) | 0, PRIME_2 | 0, 0, -PRIME_1 | 0];
  /** Bytes that do not make up sixteen yet. */
  readonly #rest = new Uint8Array(16);
  #restLength = 0;
  #total = 0;

  update(bytes: Uint8Array): void {
    this.#total += bytes.length;
    let at = 0;
    if (this.#restLength > 0) {
      at = Math.min(16 - this.#restLength, bytes.length);
      this.#rest.set(bytes.subarray(0, at), this.#restLength);
      this.#restLength += at;
      if (this.#restLength < 16) return;
      this.#mix(this.#rest, 0);
      this.#restLength = 0;
    }
    for (; at + 16 <= bytes.length; at += 16) this.#mix(bytes, at);
    this.#rest.set(bytes.subarray(at));
    this.#restLength = bytes.length - at;
  }

  /** The sum of all bytes so far, unsigned. */
  digest(): number {
    const [a, b, c, d] = this.#lanes as [number, number, number, number];
    let sum = this.#total < 16 ? PRIME_5 : rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    sum = (sum + this.#total) | 0;
    let at = 0;
    for (; at + 4 <= this.#restLength; at += 4) {
      const word = littleEndian(this.#rest.subarray(at, at + 4));
      sum = Math.imul(rotate((sum + Math.imul(word, PRIME_3)) | 0, 17), PRIME_4);
    }
    for (; at < this.#restLength; at++) sum = Math.imul(rotate((sum + Math.imul(this.#rest[at] as number, PRIME_5)) | 0, 11), PRIME_1);
    sum = Math.imul(sum ^ (sum >>> 15), PRIME_2);
    sum = Math.imul(sum ^ (sum >>> 13), PRIME_3);
    return (sum ^ (sum >>> 16)) >>> 0;
  }

  #mix(bytes: Uint8Array, at: number): void {
    for (let lane = 0; lane < 4; lane++) {
      const i = at + 4 * lane;
      const word = (bytes[i] as number) | ((bytes[i + 1] as number) << 8) | ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24);
      this.#lanes[lane] = Math.imul(rotate(((this.#lanes[lane] as number) + Math.imul(word, PRIME_2)) | 0, 13), PRIME_1);
    }
  }
}

/** The sum of some bytes. */
export function xxh32(bytes: Uint8Array): number {
  const hash = new Xxh32();
  hash.update(bytes);
  return hash.digest();
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
