import { CorruptFile } from "./byte_reader.ts";

/**
 * Unpacks one LZ4 block behind what `out` already holds up to `at`, which matches may refer to. Returns the place after the
 * last byte, or -1 when `out` is too small.
 */
export function unpackLz4Block(packed: Uint8Array, out: Uint8Array, at: number): number {
  let p = 0;
  let o = at;
  while (p < packed.length) {
    const token = packed[p++] as number;
    let length = token >> 4;
    if (length === 15) {
      let more = 255;
      for (; more === 255; length += more) more = byteAt(packed, p++);
    }
    if (p + length > packed.length) throw cutShort();
    if (o + length > out.length) return -1;
    copyLiterals(packed, p, length, out, o);
    p += length;
    o += length;
    if (p === packed.length) return o; // the last sequence has no match
    const offset = byteAt(packed, p) | (byteAt(packed, p + 1) << 8);
    p += 2;
    if (offset === 0 || offset > o) throw new CorruptFile("it refers to text before its beginning");
    length = (token & 15) + 4;
    if ((token & 15) === 15) {
      let more = 255;
      for (; more === 255; length += more) more = byteAt(packed, p++);
    }
    if (o + length > out.length) return -1;
    copyMatch(out, o, offset, length);
    o += length;
  }
  throw cutShort();
}

/** Calls on typed arrays cost more than a loop up to about this many bytes. */
const LOOP_BYTES = 48;

/** Copies bytes from one array to another. */
export function copyLiterals(from: Uint8Array, start: number, length: number, out: Uint8Array, at: number): void {
  if (length > LOOP_BYTES) out.set(from.subarray(start, start + length), at);
  else for (let i = 0; i < length; i++) out[at + i] = from[start + i] as number;
}

/** Repeats text: the copy may overlap itself, which then repeats what it has just written. */
export function copyMatch(out: Uint8Array, at: number, offset: number, length: number): void {
  if (length > LOOP_BYTES && offset >= length) out.copyWithin(at, at - offset, at - offset + length);
  else for (let i = at; i < at + length; i++) out[i] = out[i - offset] as number;
}

function byteAt(bytes: Uint8Array, index: number): number {
  const byte = bytes[index];
  if (byte === undefined) throw cutShort();
  return byte;
}

function cutShort(): CorruptFile {
  return new CorruptFile("a block ends too early");
}
