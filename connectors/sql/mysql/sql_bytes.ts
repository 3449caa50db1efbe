/** Text of statements as bytes, in memory that is used again. */
import { SPARE_BYTES } from "sdk";

const QUOTE = 0x27;
const BACKSLASH = 0x5c;
/** Hexadecimal digits of each byte. */
const HEX = Uint8Array.from({ length: 512 }, (_, i) => ((i & 1) === 0 ? i >> 5 : (i >> 1) & 15).toString(16).charCodeAt(0));

/** A buffer that grows. Writers reserve first, then write from `used` on. */
export class SqlBytes {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  used = 0;

  constructor(capacity: number) {
    const buffer = new ArrayBuffer(capacity + SPARE_BYTES);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
  }

  /** Makes room for `size` bytes behind `used`. What was written keeps its place, `bytes` may be another array. */
  reserve(size: number): void {
    const needed = this.used + size + SPARE_BYTES;
    if (needed <= this.bytes.length) return;
    const buffer = new ArrayBuffer(Math.max(needed, this.bytes.length * 2));
    const bytes = new Uint8Array(buffer);
    bytes.set(this.bytes.subarray(0, this.used));
    this.bytes = bytes;
    this.view = new DataView(buffer);
  }

  /** Appends bytes as they are. */
  add(text: Uint8Array): void {
    this.reserve(text.length);
    this.bytes.set(text, this.used);
    this.used += text.length;
  }
}

/**
 * Copies UTF-8 with quotes doubled, and backslashes too where they count; returns the place after it. `to` must have room for twice
 * the bytes and eight more. Four bytes a step while there is neither; reads up to three bytes past the end.
 */
export function writeSqlText(
  from: Uint8Array,
  fromView: DataView,
  start: number,
  end: number,
  to: Uint8Array,
  toView: DataView,
  at: number,
  escapesBackslash: boolean,
): number {
  let i = start;
  let o = at;
  const slashes = escapesBackslash ? 0x5c5c5c5c : 0x27272727;
  while (i < end) {
    const word = fromView.getUint32(i);
    const quote = word ^ 0x27272727;
    const slash = word ^ slashes;
    if (((((quote - 0x01010101) & ~quote) | ((slash - 0x01010101) & ~slash)) & 0x80808080) === 0) {
      toView.setUint32(o, word);
      i += 4;
      o += 4;
      continue;
    }
    const stop = i + 4 < end ? i + 4 : end;
    for (; i < stop; i++) {
      const byte = from[i] as number;
      to[o++] = byte;
      if (byte === QUOTE || (byte === BACKSLASH && escapesBackslash)) to[o++] = byte;
    }
  }
  return i > end ? o - (i - end) : o;
}

/** The same for the inside of a JSON string: its escapes become characters first. Half a surrogate pair becomes `?`, as in Java. */
export function writeSqlJson(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number, escapesBackslash: boolean): number {
  let o = at;
  for (let i = start; i < end; i++) {
    let byte = from[i] as number;
    if (byte === BACKSLASH) {
      byte = from[++i] as number;
      if (byte === 0x75) {
        const unit = hexUnit(from, i + 1);
        i += 4;
        if (unit < 0x80) {
          byte = unit;
        } else if (unit >= 0xd800 && unit < 0xdc00 && from[i + 1] === BACKSLASH && from[i + 2] === 0x75 && isLow(hexUnit(from, i + 3))) {
          o = writeCodePoint(0x10000 + ((unit - 0xd800) << 10) + hexUnit(from, i + 3) - 0xdc00, to, o);
          i += 6;
          continue;
        } else {
          o = writeCodePoint(unit >= 0xd800 && unit < 0xe000 ? 0x3f : unit, to, o);
          continue;
        }
      } else {
        byte = escaped(byte);
      }
    }
    to[o++] = byte;
    if (byte === QUOTE || (byte === BACKSLASH && escapesBackslash)) to[o++] = byte;
  }
  return o;
}

/** The same for the inside of a quoted CSV cell, where two quotes stand for one. */
export function writeSqlCsv(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number, escapesBackslash: boolean): number {
  let o = at;
  for (let i = start; i < end; i++) {
    const byte = from[i] as number;
    to[o++] = byte;
    if (byte === QUOTE || (byte === BACKSLASH && escapesBackslash)) to[o++] = byte;
    if (byte === 0x22 && from[i + 1] === 0x22 && i + 1 < end) i++;
  }
  return o;
}

/** Writes bytes as hexadecimal digits; returns the place after them. */
export function writeHexDigits(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  let o = at;
  for (let i = start; i < end; i++) {
    const pair = (from[i] as number) << 1;
    to[o++] = HEX[pair] as number;
    to[o++] = HEX[pair + 1] as number;
  }
  return o;
}

/** What a letter behind a backslash stands for; a quote, slash or backslash is itself. */
function escaped(letter: number): number {
  switch (letter) {
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return letter;
  }
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

/** Four hexadecimal digits; negative when some byte is none. */
function hexUnit(from: Uint8Array, at: number): number {
  let unit = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = from[i] as number;
    const digit = byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
    unit = unit << 4 | digit;
  }
  return unit;
}

function writeCodePoint(code: number, to: Uint8Array, at: number): number {
  if (code < 0x80) {
    to[at] = code;
    return at + 1;
  }
  if (code < 0x800) {
    to[at] = 0xc0 | (code >> 6);
    to[at + 1] = 0x80 | (code & 63);
    return at + 2;
  }
  if (code < 0x10000) {
    to[at] = 0xe0 | (code >> 12);
    to[at + 1] = 0x80 | ((code >> 6) & 63);
    to[at + 2] = 0x80 | (code & 63);
    return at + 3;
  }
  to[at] = 0xf0 | (code >> 18);
  to[at + 1] = 0x80 | ((code >> 12) & 63);
  to[at + 2] = 0x80 | ((code >> 6) & 63);
  to[at + 3] = 0x80 | (code & 63);
  return at + 4;
}
