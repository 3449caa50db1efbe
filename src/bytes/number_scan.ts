/** Numbers inside JSON bytes. Like the kernels of `json_scan.ts` these refuse more than the parser, and accept nothing it refuses. */
import { NOT_TAKEN } from "./json_scan.ts";

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const PAD = 0x3d;
/** Integers of up to this many digits are exact doubles. */
const SAFE_DIGITS = 15;
const POWERS = Float64Array.from({ length: 16 }, (_, exponent) => Number(`1e${exponent}`));

/** Largest magnitudes of integers by width; negative ones reach one further, which is an 8 as last digit in all of them. */
const LARGEST = new Map([[8, "127"], [16, "32767"], [32, "2147483647"], [64, "9223372036854775807"]]);

/** The range of an integer of that many bits, as digits. */
export function integerRange(bits: 8 | 16 | 32 | 64): Uint8Array {
  return Uint8Array.from(LARGEST.get(bits) as string, (digit) => digit.charCodeAt(0));
}

/**
 * Notes where the integer that begins at `start` lies, in `at[place]` and `at[place + 1]`. Returns 0, or NOT_TAKEN where its text is not
 * canonical (`-?(0|[1-9][0-9]*)`, but not `-0`) or its value not in the range. What follows the digits is for the caller to judge.
 */
export function scanInteger(bytes: Uint8Array, start: number, end: number, range: Uint8Array, at: Int32Array, place: number): number {
  const negative = bytes[start] === MINUS;
  const first = negative ? start + 1 : start;
  let i = first;
  while (i < end && isDigit(bytes[i] as number)) i++;
  const digits = i - first;
  if (digits === 0 || (bytes[first] === ZERO && (digits > 1 || negative))) return NOT_TAKEN;
  if (digits >= range.length && (digits > range.length || !isInRange(bytes, first, range, negative))) return NOT_TAKEN;
  at[place] = start;
  at[place + 1] = i;
  return 0;
}

/** Whether as many digits as the largest has are no more than it. */
function isInRange(bytes: Uint8Array, first: number, range: Uint8Array, negative: boolean): boolean {
  for (let i = 0; i < range.length; i++) {
    const difference = (bytes[first + i] as number) - (range[i] as number);
    if (difference !== 0) return difference < 0 || (negative && difference === 1 && i === range.length - 1);
  }
  return true;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

/** Digits that are counted up as 32-bit integers, which is three times as fast as doubles are. */
const INT_DIGITS = 9;

/** The integer of up to `maxDigits` (15 at most) digits at `start`; its end goes to `at[place + 1]`. NaN: not taken. */
export function numberOfDigits(bytes: Uint8Array, start: number, end: number, maxDigits: number, at: Int32Array, place: number): number {
  const negative = bytes[start] === MINUS;
  const first = negative ? start + 1 : start;
  const middle = Math.min(first + INT_DIGITS, end);
  let head = 0;
  let i = first;
  for (; i < middle && isDigit(bytes[i] as number); i++) head = (Math.imul(head, 10) + (bytes[i] as number) - ZERO) | 0;
  let value = head;
  if (i === middle) {
    const last = Math.min(middle + INT_DIGITS, end);
    let tail = 0;
    for (; i < last && isDigit(bytes[i] as number); i++) tail = (Math.imul(tail, 10) + (bytes[i] as number) - ZERO) | 0;
    if (i - first > maxDigits) return NaN;
    value = head * (POWERS[i - middle] as number) + tail;
  }
  const digits = i - first;
  if (digits === 0 || digits > maxDigits) return NaN;
  at[place + 1] = i;
  return negative ? 0 - value : value;
}

/**
 * The decimal of up to 15 digits at `start` as its unscaled value; its end goes to `at[place + 1]`. NaN: not taken, also where it has
 * not exactly `scale` digits after the point.
 */
export function numberOfDecimal(bytes: Uint8Array, start: number, end: number, scale: number, at: Int32Array, place: number): number {
  const negative = bytes[start] === MINUS;
  const first = negative ? start + 1 : start;
  let value = 0;
  let point = -1;
  let i = first;
  for (; i < end; i++) {
    const byte = bytes[i] as number;
    if (isDigit(byte)) value = value * 10 + (byte - ZERO);
    else if (byte === POINT && point < 0) point = i;
    else break;
  }
  const decimals = point < 0 ? 0 : i - point - 1;
  const whole = (point < 0 ? i : point) - first;
  if (whole === 0 || point === i - 1 || decimals !== scale || whole + decimals > SAFE_DIGITS) return NaN;
  at[place + 1] = i;
  return negative ? 0 - value : value;
}

/** Answers of `scanFloat`: the text is what Java would print, or only a number. */
export const CANONICAL = 1;
export const NUMERIC = 0;

/**
 * The float at `start`: its value goes to `data[row]`, its place to `at[place]` and `at[place + 1]`. Takes up to 15 digits without an
 * exponent. `bits` 32: the value is rounded to a float after it was to a double, as Jackson does it.
 */
export function scanFloat(
  bytes: Uint8Array,
  start: number,
  end: number,
  bits: 32 | 64,
  at: Int32Array,
  place: number,
  data: Float64Array,
  row: number,
): number {
  const negative = bytes[start] === MINUS;
  const first = negative ? start + 1 : start;
  let digits = 0;
  let point = -1;
  let i = first;
  for (; i < end; i++) {
    const byte = bytes[i] as number;
    if (isDigit(byte)) digits = digits * 10 + (byte - ZERO);
    else if (byte === POINT && point < 0) point = i;
    else break;
  }
  const decimals = point < 0 ? 0 : i - point - 1;
  const whole = (point < 0 ? i : point) - first;
  if (whole === 0 || point === i - 1 || whole + decimals > SAFE_DIGITS) return NOT_TAKEN;
  // Both are exact, so the quotient is the nearest double.
  const size = digits / (POWERS[decimals] as number);
  const value = negative ? -size : size;
  data[row] = bits === 32 ? Math.fround(value) : value;
  at[place] = start;
  at[place + 1] = i;
  const isPlain = decimals > 0 && (bytes[first] !== ZERO || whole === 1) && (bytes[i - 1] !== ZERO || decimals === 1);
  // Decimals of so many digits all read back from a float (double), so they are its shortest text.
  const shortest = POWERS[bits === 32 ? 6 : SAFE_DIGITS] as number;
  // Java goes scientific below 0.001 and from 10,000,000 on.
  return isPlain && digits < shortest && ((size >= 1e-3 && size < 1e7) || digits === 0) ? CANONICAL : NUMERIC;
}

/** Value of a base64 digit, 64 for what is none. */
const BASE64 = new Uint8Array(256).fill(64);
Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", (digit, value) => BASE64[digit.charCodeAt(0)] = value);

/**
 * The integer whose big-endian two's complement bytes the base64 string at `start` (after its quote) holds; the closing quote goes to
 * `at[place + 1]`. NaN: not taken, also where no double holds it.
 */
export function numberOfBase64(bytes: Uint8Array, start: number, end: number, at: Int32Array, place: number): number {
  let high = 0; // The first three bytes, the others are `low`.
  let low = 0;
  let i = start;
  for (; i < end; i++) {
    const digit = BASE64[bytes[i] as number] as number;
    if (digit === 64) break;
    if (i - start < 4) high = (high << 6) | digit;
    else low = low * 64 + digit;
  }
  const digits = i - start;
  const pads = digits & 3 ? 4 - (digits & 3) : 0;
  if (digits === 0 || digits > 10 || pads === 3) return NaN;
  for (let pad = 0; pad < pads; pad++) if (bytes[i++] !== PAD) return NaN;
  if (i >= end || bytes[i] !== 0x22) return NaN;
  at[place + 1] = i;
  if (digits <= 4) return fewBytes(high, digits);
  // Two digits more than whole bytes carry 4 bits of nothing, three carry 2.
  const spare = pads === 2 ? 16 : pads === 1 ? 4 : 1;
  const lowBytes = Math.floor(((digits - 4) * 6) / 8);
  if (low % spare !== 0) return NaN;
  const value = ((high << 8) >> 8) * 2 ** (8 * lowBytes) + low / spare;
  return Number.isSafeInteger(value) ? value : NaN;
}

/** One to three bytes, from the bits of two to four digits. */
function fewBytes(bits: number, digits: number): number {
  const spare = digits === 2 ? 4 : digits === 3 ? 2 : 0;
  if ((bits & ((1 << spare) - 1)) !== 0) return NaN;
  const used = digits * 6 - spare;
  return (bits << (32 - used - spare)) >> (32 - used);
}
