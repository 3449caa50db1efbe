/**
 * Text into JSON strings, with the escapes Kafka Connect writes (Jackson's UTF8JsonGenerator): `\b \t \n \f \r \" \\`, other controls
 * as `\u00XX`, characters beyond U+FFFF as two `\uXXXX`, all else raw. Quotes around the text are the caller's.
 */

/** Most bytes a byte of text can become: a control character becomes `\u00XX`. */
export const MAX_ESCAPED = 6;

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
/** Class of a byte: 0 = copied, a letter = escaped by a backslash and it, the two below. */
const UNICODE_ESCAPE = 1;
const FOUR_BYTES = 2;

const CLASSES = byteClasses();
const HEX = Uint8Array.from("0123456789ABCDEF", (digit) => digit.charCodeAt(0));

function byteClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  classes.fill(UNICODE_ESCAPE, 0, 0x20);
  classes.fill(FOUR_BYTES, 0xf0);
  const letters: readonly (readonly [string, string])[] = [["\b", "b"], ["\t", "t"], ["\n", "n"], ["\f", "f"], ["\r", "r"], ['"', '"'], [
    "\\",
    "\\",
  ]];
  for (const [char, letter] of letters) classes[char.charCodeAt(0)] = letter.charCodeAt(0);
  return classes;
}

/**
 * Whether valid UTF-8 holds a character beyond U+FFFF, four bytes a step. Reads up to three bytes past the end, which are
 * masked off. Such a character is the only one that is not ASCII and yet is not copied raw.
 */
export function hasFourByteCharacter(view: DataView, start: number, end: number): boolean {
  for (let i = start; i < end; i += 4) {
    const word = view.getUint32(i);
    // The four highest bits of some byte are set.
    let hits = word & (word << 1) & (word << 2) & (word << 3) & 0x80808080;
    if (i + 4 > end) hits &= -1 << ((i + 4 - end) * 8);
    if (hits !== 0) return true;
  }
  return false;
}

/** Bytes that `writeEscaped` makes of these, or a few more: what a long text needs, where `MAX_ESCAPED` times its length is too much to ask. */
export function escapedLength(from: Uint8Array, start: number, end: number): number {
  let length = end - start;
  for (let i = start; i < end; i++) {
    const kind = CLASSES[from[i] as number] as number;
    if (kind !== 0) length += kind === FOUR_BYTES ? 8 : kind === UNICODE_ESCAPE ? 5 : 1;
  }
  return length;
}

/** Copies UTF-8 with escapes; returns the place after it. `to` must have room for `MAX_ESCAPED` bytes a byte. */
export function writeEscaped(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  let o = at;
  for (let i = start; i < end; i++) {
    const byte = from[i] as number;
    const kind = CLASSES[byte] as number;
    if (kind === 0) {
      to[o++] = byte;
    } else if (kind === FOUR_BYTES) {
      o = writeSurrogates(codePointAt(from, i), to, o);
      i += 3;
    } else {
      o = writeEscape(kind, byte, to, o);
    }
  }
  return o;
}

/** The same for the inside of a quoted CSV cell, where two quotes stand for one. */
export function writeEscapedCsv(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  let o = at;
  for (let i = start; i < end; i++) {
    const byte = from[i] as number;
    const kind = CLASSES[byte] as number;
    if (kind === 0) {
      to[o++] = byte;
    } else if (kind === FOUR_BYTES) {
      o = writeSurrogates(codePointAt(from, i), to, o);
      i += 3;
    } else {
      if (byte === QUOTE && i + 1 < end && from[i + 1] === QUOTE) i++;
      o = writeEscape(kind, byte, to, o);
    }
  }
  return o;
}

function writeEscape(kind: number, byte: number, to: Uint8Array, at: number): number {
  to[at] = BACKSLASH;
  if (kind !== UNICODE_ESCAPE) {
    to[at + 1] = kind;
    return at + 2;
  }
  return writeHex(byte, to, at + 1);
}

/** `uXXXX`; returns the place after it. */
function writeHex(unit: number, to: Uint8Array, at: number): number {
  to[at] = 0x75;
  to[at + 1] = HEX[unit >> 12] as number;
  to[at + 2] = HEX[(unit >> 8) & 15] as number;
  to[at + 3] = HEX[(unit >> 4) & 15] as number;
  to[at + 4] = HEX[unit & 15] as number;
  return at + 5;
}

function codePointAt(from: Uint8Array, i: number): number {
  const [a, b, c, d] = [from[i] as number, from[i + 1] as number, from[i + 2] as number, from[i + 3] as number];
  return (a & 7) << 18 | (b & 63) << 12 | (c & 63) << 6 | (d & 63);
}

function writeSurrogates(codePoint: number, to: Uint8Array, at: number): number {
  const rest = codePoint - 0x10000;
  to[at] = BACKSLASH;
  const o = writeHex(0xd800 | (rest >> 10), to, at + 1);
  to[o] = BACKSLASH;
  return writeHex(0xdc00 | (rest & 0x3ff), to, o + 1);
}

/** What needs an escape in a JavaScript string. Surrogates are escaped one by one, so that a lone one survives as well. */
// deno-lint-ignore no-control-regex -- control characters are what JSON escapes
const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/;
// deno-lint-ignore no-control-regex -- the same, all of them
const ALL_ESCAPES = /["\\\u0000-\u001f\ud800-\udfff]/g;

/** A JavaScript string as JSON, quotes included: the twin of the byte kernels. */
export function jsonString(text: string): string {
  return NEEDS_ESCAPE.test(text) ? `"${text.replace(ALL_ESCAPES, escapeOf)}"` : `"${text}"`;
}

function escapeOf(char: string): string {
  const unit = char.charCodeAt(0);
  const kind = unit < 256 ? CLASSES[unit] as number : UNICODE_ESCAPE;
  return kind > FOUR_BYTES ? `\\${String.fromCharCode(kind)}` : `\\u${unit.toString(16).toUpperCase().padStart(4, "0")}`;
}
