/**
 * Strings inside JSON bytes, found without making them. What these kernels do not take, for whatever reason, the parser
 * (`json_parse.ts`) is asked about: they refuse more than it, and accept nothing it refuses.
 */
import { ESCAPED, NON_ASCII } from "../data/column.ts";

/** Answer of a kernel that does not take what it was shown. */
export const NOT_TAKEN = -1;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Class of a byte inside a string: 0 = stands for itself. */
const END = 1;
const ESCAPE = 2;
const BEYOND_ASCII = 3;
const CONTROL = 4;
const CLASSES = byteClasses();

/** What may follow a backslash, `u` apart. */
const SHORT_ESCAPES = flagsOf('"\\/bfnrt');
const HEX_DIGITS = flagsOf("0123456789abcdefABCDEF");

function byteClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  classes.fill(CONTROL, 0, 0x20);
  classes.fill(BEYOND_ASCII, 0x80);
  classes[QUOTE] = END;
  classes[BACKSLASH] = ESCAPE;
  return classes;
}

function flagsOf(characters: string): Uint8Array {
  const flags = new Uint8Array(256);
  for (const character of characters) flags[character.charCodeAt(0)] = 1;
  return flags;
}

/**
 * Finds the end of the string whose first byte after the quote is `start`, notes both in `at[place]` and `at[place + 1]` (the
 * closing quote), and returns its flags (ESCAPED, NON_ASCII). Checks escapes, control characters and UTF-8. NOT_TAKEN: no
 * string that ends before `end`.
 */
export function scanText(bytes: Uint8Array, start: number, end: number, at: Int32Array, place: number): number {
  let flags = 0;
  for (let i = start; i < end; i++) {
    const kind = CLASSES[bytes[i] as number] as number;
    if (kind === 0) continue;
    if (kind === END) {
      at[place] = start;
      at[place + 1] = i;
      return flags;
    }
    if (kind === ESCAPE) {
      flags |= ESCAPED;
      i = escapeEnd(bytes, i);
    } else if (kind === BEYOND_ASCII) {
      flags |= NON_ASCII;
      i = characterEnd(bytes, i);
    } else {
      return NOT_TAKEN;
    }
    if (i < 0) return NOT_TAKEN;
  }
  return NOT_TAKEN;
}

/** The last byte of the escape that begins at `i`, or NOT_TAKEN. */
function escapeEnd(bytes: Uint8Array, i: number): number {
  const letter = bytes[i + 1] as number;
  if (SHORT_ESCAPES[letter] === 1) return i + 1;
  if (letter !== 0x75) return NOT_TAKEN;
  for (let digit = i + 2; digit < i + 6; digit++) if (HEX_DIGITS[bytes[digit] as number] !== 1) return NOT_TAKEN;
  return i + 5;
}

/** The last byte of the character of several bytes that begins at `i`, or NOT_TAKEN where that is no UTF-8 (RFC 3629, section 4). */
export function characterEnd(bytes: Uint8Array, i: number): number {
  const first = bytes[i] as number;
  const second = bytes[i + 1] as number;
  if (!isContinuation(second) || first < 0xc2) return NOT_TAKEN;
  if (first < 0xe0) return i + 1;
  if (!isContinuation(bytes[i + 2] as number)) return NOT_TAKEN;
  if (first < 0xf0) {
    // Neither longer than needed nor half of a surrogate pair.
    return (first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f) ? NOT_TAKEN : i + 2;
  }
  if (!isContinuation(bytes[i + 3] as number) || first > 0xf4) return NOT_TAKEN;
  return (first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f) ? NOT_TAKEN : i + 3;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Flags of a stretch of plain text for a slice column (`ESCAPED`: some byte needs an escape in JSON). NOT_TAKEN: no UTF-8. */
export function textFlags(bytes: Uint8Array, start: number, end: number): number {
  let flags = 0;
  for (let i = start; i < end; i++) {
    const kind = CLASSES[bytes[i] as number] as number;
    if (kind === 0) continue;
    if (kind !== BEYOND_ASCII) {
      flags |= ESCAPED;
      continue;
    }
    flags |= NON_ASCII;
    const last = characterEnd(bytes, i);
    if (last < 0 || last >= end) return NOT_TAKEN;
    i = last;
  }
  return flags;
}
