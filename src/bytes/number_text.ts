/** Numbers as Java's text, written as bytes and read from them. */
import { doubleText, floatText } from "../data/java_text.ts";
import { writeUtf8 } from "./utf8.ts";

/** Most bytes `writeInteger`, `writeDouble` and `writeFloat` touch (`-1.2345678901234567E-308`). */
export const MAX_NUMBER_BYTES = 26;

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const BILLION = 1e9;

/** Writes a safe integer; returns the place after it. */
export function writeInteger(to: Uint8Array, at: number, value: number): number {
  let o = at;
  let rest = value;
  if (rest < 0) {
    to[o++] = MINUS;
    rest = -rest;
  }
  if (rest < BILLION) return writeDigits(to, o, rest, digitCount(rest));
  const high = Math.floor(rest / BILLION);
  o = writeDigits(to, o, high, digitCount(high));
  return writeDigits(to, o, rest - high * BILLION, 9);
}

/** Writes exactly `count` digits of a number below 1e9. */
function writeDigits(to: Uint8Array, at: number, value: number, count: number): number {
  let rest = value | 0;
  for (let i = at + count - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    to[i] = ZERO + rest - next * 10;
    rest = next;
  }
  return at + count;
}

function digitCount(value: number): number {
  if (value < 1e4) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  if (value < 1e6) return value < 1e5 ? 5 : 6;
  return value < 1e8 ? (value < 1e7 ? 7 : 8) : 9;
}

const POWERS = Float64Array.from({ length: 16 }, (_, k) => Number(`1e${k}`));

/** Writes Java's Double.toString; returns the place after it. */
export function writeDouble(to: Uint8Array, at: number, value: number): number {
  const size = Math.abs(value);
  if (!(size >= 1e-3 && size < 1e15)) return writeUtf8(doubleText(value), to, at);
  // Decimals of at most 15 digits are all different doubles: one that reads back as the value is its shortest text.
  for (let k = 1; k < 16; k++) {
    const power = POWERS[k] as number;
    const digits = Math.round(size * power);
    if (digits >= 1e15) break;
    if (digits / power !== size) continue;
    return size < 1e7 ? writePlain(to, at, value, digits, k) : writeScientific(to, at, value, digits, k);
  }
  return writeUtf8(doubleText(value), to, at);
}

const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);
/** The value of a float's last bit, by its biased exponent. */
const UNITS = Float64Array.from({ length: 256 }, (_, biased) => 2 ** (biased - 150));

/** Writes Java's Float.toString of a number, rounded to 32 bits first; returns the place after it. */
export function writeFloat(to: Uint8Array, at: number, value: number): number {
  float[0] = value;
  const rounded = float[0] as number;
  const size = Math.abs(rounded);
  if (!(size >= 1e-3 && size < 1e7)) return writeUtf8(floatText(rounded), to, at);
  const fraction = (floatBits[0] as number) & 0x7f_ffff;
  const unit = UNITS[((floatBits[0] as number) >>> 23) & 0xff] as number;
  // All of this is exact: 24 bits times 5^12 fit a double. Nine digits always do, so the loop ends before k = 12.
  for (let k = 1; k <= 12; k++) {
    const power = POWERS[k] as number;
    const exact = size * power;
    const digits = roundToEven(exact);
    if (readsBack(digits - exact, unit * power, fraction)) return writePlain(to, at, rounded, digits, k);
    // At a power of two the nearer decimal may be too far below, where the gap is half as wide, and the one above not.
    if (fraction === 0 && digits < exact && readsBack(digits + 1 - exact, unit * power, fraction)) {
      return writePlain(to, at, rounded, digits + 1, k);
    }
  }
  return writeUtf8(floatText(rounded), to, at);
}

/** The nearest integer; of two that are equally near the even one, as Java picks digits. */
function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Whether a decimal that is `off` from a float is read as that float; `gap`: the distance to the next float above. */
function readsBack(off: number, gap: number, fraction: number): boolean {
  const half = off < 0 && fraction === 0 ? gap / 4 : gap / 2;
  const distance = Math.abs(off);
  return distance < half || distance === half && (fraction & 1) === 0;
}

/** `digits` × 10^-k, at least 1e7, as `d.dddE7`. */
function writeScientific(to: Uint8Array, at: number, value: number, digits: number, k: number): number {
  const first = value < 0 ? at + 1 : at;
  if (value < 0) to[at] = MINUS;
  // One place further right, so that the first digit can move in front of the point.
  let o = writeInteger(to, first + 1, digits);
  const exponent = o - first - 2 - k;
  to[first] = to[first + 1] as number;
  to[first + 1] = POINT;
  while (to[o - 1] === ZERO && o > first + 3) o--;
  to[o++] = 0x45;
  return writeInteger(to, o, exponent);
}

/**
 * Writes the plain text of a decimal, unscaled × 10^-scale, as BigDecimal has it; returns the place after it. `unscaled` is a safe
 * integer below 1e15, `scale` 1 to 15. The caller sees to it that BigDecimal would not go scientific (`isPlainDecimal`).
 */
export function writeScaled(to: Uint8Array, at: number, unscaled: number, scale: number): number {
  return writePlain(to, at, unscaled, Math.abs(unscaled), scale);
}

/** Whether `writeScaled` can write this decimal. */
export function isPlainDecimal(unscaled: number, scale: number): boolean {
  // BigDecimal goes scientific when the first digit stands more than six places behind the point.
  const size = Math.abs(unscaled);
  return scale > 0 && scale <= 15 && size < 1e15 && (scale <= 6 || size >= (POWERS[scale - 6] as number));
}

/** `digits` with `decimals` of them after the point, the sign of `value` in front. */
function writePlain(to: Uint8Array, at: number, value: number, digits: number, decimals: number): number {
  const power = POWERS[decimals] as number;
  const whole = Math.floor(digits / power);
  let o = writeInteger(to, at, value < 0 ? -whole : whole);
  if (value < 0 && whole === 0) {
    to[at] = MINUS;
    to[at + 1] = ZERO;
    o = at + 2;
  }
  to[o++] = POINT;
  const fraction = digits - whole * power;
  if (decimals <= 9) return writeDigits(to, o, fraction, decimals);
  const high = Math.floor(fraction / BILLION);
  o = writeDigits(to, o, high, decimals - 9);
  return writeDigits(to, o, fraction - high * BILLION, 9);
}

/**
 * The integer that bytes spell: digits with an optional sign, at most 15 digits. NaN for anything else, which the caller
 * decodes and judges.
 */
export function readInteger(bytes: Uint8Array, start: number, end: number): number {
  const signed = bytes[start] === MINUS || bytes[start] === 0x2b;
  const first = signed ? start + 1 : start;
  if (first === end || end - first > 15) return NaN;
  let value = 0;
  for (let i = first; i < end; i++) {
    const digit = (bytes[i] as number) - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return bytes[start] === MINUS ? -value : value;
}
