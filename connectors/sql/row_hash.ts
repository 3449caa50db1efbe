/** Hashes of rows as a database sent them: what tells one reading of a row from another. */

/** Two running hashes of 32 bits: what is told apart by them is told apart by 53. */
export interface RunningHash {
  low: number;
  high: number;
}

const doubles = new Float64Array(1);
const words = new Uint32Array(doubles.buffer);
const encoder = new TextEncoder();
const NULL_MARK = 0x6e756c6c;

/** Murmur's rounds with two sets of constants (Austin Appleby, MurmurHash3, 32 bits). */
function mixWord(hash: RunningHash, word: number): void {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  hash.low = Math.imul(((hash.low ^ k) << 13) | ((hash.low ^ k) >>> 19), 5) + 0xe6546b64 | 0;
  let l = Math.imul(word ^ 0x9e3779b9, 0x85ebca6b);
  l = Math.imul((l << 16) | (l >>> 16), 0xc2b2ae35);
  hash.high = Math.imul(((hash.high ^ l) << 17) | ((hash.high ^ l) >>> 15), 9) + 0x52dce729 | 0;
}

function mixBytes(hash: RunningHash, bytes: Uint8Array, start: number, end: number): void {
  for (let p = start; p < end; p += 4) {
    let word = 0;
    for (let i = 0; i < 4 && p + i < end; i++) word |= (bytes[p + i] as number) << (8 * i);
    mixWord(hash, word);
  }
  mixWord(hash, end - start);
}

/** Mixes in the cells of a row: pairs of start and end in `bytes` from `at[entry]` up to, not including, `at[stop]`; -1 = null. */
export function mixCells(hash: RunningHash, bytes: Uint8Array, at: Int32Array, entry: number, stop: number): void {
  for (let e = entry; e < stop; e += 2) {
    const start = at[e] as number;
    if (start < 0) mixWord(hash, NULL_MARK);
    else mixBytes(hash, bytes, start, at[e + 1] as number);
  }
}

/** Mixes in a value a driver gave: a number, bigint, text, bytes or null. */
export function mixValue(hash: RunningHash, value: unknown): void {
  if (value === null || value === undefined) return mixWord(hash, NULL_MARK);
  if (typeof value === "number") {
    doubles[0] = value;
    mixWord(hash, words[0] as number);
    return mixWord(hash, words[1] as number);
  }
  const bytes = value instanceof Uint8Array ? value : encoder.encode(String(value));
  mixBytes(hash, bytes, 0, bytes.length);
}

/** The hash as one whole number below 2^53. */
export function hashNumber({ low, high }: RunningHash): number {
  return finish(high) % 0x20_0000 * 0x1_0000_0000 + finish(low);
}

function finish(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
