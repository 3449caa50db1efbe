import { type ByteReader, CorruptFile } from "./byte_reader.ts";

const FIRST_BITS = 9;
const MAX_BITS = 16;
const CLEAR = 256;
/** Flag of the third byte: code 256 clears the table. */
const BLOCK_MODE = 0x80;

/**
 * Unpacks what Unix `compress` writes (LZW, codes of 9 to 16 bits). The format has neither length nor sum: a file cut short
 * cannot be told from a whole one, unless it is cut within its head.
 */
export async function* uncompress(input: ByteReader): AsyncGenerator<Uint8Array> {
  const head = await input.take(3);
  const flags = head[2] as number;
  const maxBits = flags & 0x1f;
  if (head[0] !== 0x1f || head[1] !== 0x9d || maxBits < FIRST_BITS || maxBits > MAX_BITS) throw new CorruptFile("it has no compress head");
  const decoder = new LzwDecoder(maxBits, (flags & BLOCK_MODE) !== 0);
  for (let chunk = await input.some(); chunk !== null; chunk = await input.some()) {
    for (const packed of chunk) decoder.push(packed);
    yield decoder.unpacked();
  }
}

class LzwDecoder {
  readonly #maxBits: number;
  readonly #blockMode: boolean;
  readonly #prefix = new Uint16Array(1 << MAX_BITS);
  readonly #suffix = new Uint8Array(1 << MAX_BITS);
  readonly #stack = new Uint8Array(1 << MAX_BITS);
  #out = new Uint8Array(64 * 1024);
  #length = 0;
  /** Bits not yet used, the lowest first. */
  #pool = 0;
  #poolBits = 0;
  #bits = FIRST_BITS;
  /** Codes since the width last changed: they come in groups of eight, filled up with codes that mean nothing. */
  #codes = 0;
  /** Codes to pass over until `#bits` becomes `#nextBits`. */
  #fill = 0;
  #nextBits = FIRST_BITS;
  /** Next code to be given a meaning. */
  #free: number;
  #last = -1;
  #lastFirst = 0;

  constructor(maxBits: number, blockMode: boolean) {
    this.#maxBits = maxBits;
    this.#blockMode = blockMode;
    this.#free = blockMode ? CLEAR + 1 : CLEAR;
  }

  /** Takes the next byte of the file. */
  push(byte: number): void {
    this.#pool |= byte << this.#poolBits;
    this.#poolBits += 8;
    if (this.#poolBits < this.#bits) return; // codes are longer than a byte: there is one at most
    const code = this.#pool & ((1 << this.#bits) - 1);
    this.#pool >>>= this.#bits;
    this.#poolBits -= this.#bits;
    if (this.#fill > 0) {
      if (--this.#fill === 0) this.#changeWidth();
      return;
    }
    this.#codes++;
    if (code === CLEAR && this.#blockMode) {
      this.#free = CLEAR + 1;
      this.#last = -1;
      this.#planWidth(FIRST_BITS);
      return;
    }
    this.#write(code);
    if (this.#free >= 1 << this.#bits && this.#bits < this.#maxBits) this.#planWidth(this.#bits + 1);
  }

  /** What was unpacked since the last call. */
  unpacked(): Uint8Array {
    const part = this.#out.slice(0, this.#length);
    this.#length = 0;
    return part;
  }

  #planWidth(bits: number): void {
    this.#nextBits = bits;
    this.#fill = (8 - this.#codes % 8) % 8;
    if (this.#fill === 0) this.#changeWidth();
  }

  #changeWidth(): void {
    this.#bits = this.#nextBits;
    this.#codes = 0;
  }

  /** Writes the text of a code, and gives the next free code the text of the one before and the first byte of this. */
  #write(code: number): void {
    const isNext = code === this.#free && this.#last >= 0;
    if (code >= this.#free && !isNext) throw new CorruptFile("it holds a code that has no meaning yet");
    let depth = 0;
    let rest = code;
    if (isNext) {
      this.#stack[depth++] = this.#lastFirst;
      rest = this.#last;
    }
    for (; rest >= 256; rest = this.#prefix[rest] as number) this.#stack[depth++] = this.#suffix[rest] as number;
    this.#stack[depth++] = rest;
    this.#reserve(depth);
    while (depth > 0) this.#out[this.#length++] = this.#stack[--depth] as number;
    if (this.#last >= 0 && this.#free < 1 << this.#maxBits) {
      this.#prefix[this.#free] = this.#last;
      this.#suffix[this.#free] = rest;
      this.#free++;
    }
    this.#last = code;
    this.#lastFirst = rest;
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#out.length) return;
    const grown = new Uint8Array(2 * (this.#length + size));
    grown.set(this.#out.subarray(0, this.#length));
    this.#out = grown;
  }
}
