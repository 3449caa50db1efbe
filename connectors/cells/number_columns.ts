/** Cells to numbers, byte by byte. What a kernel does not take in its stride it hands to the exact parser, cell by cell. */
import { type Column, Decimal } from "sdk";
import { type Cells, failNull, type TextParser } from "./cells.ts";
import { exactValue, slices, values } from "./exact_columns.ts";

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
/** Integers of up to this many digits are exact doubles. */
const SAFE_DIGITS = 15;
const POWERS = Float64Array.from({ length: 16 }, (_, exponent) => Number(`1e${exponent}`));

/** Numbers and nulls of a column; used again for every batch. */
export class NumberBuffer {
  data = new Float64Array(0);
  nulls = new Uint8Array(0);
  #hasNulls = false;

  /** Makes room and forgets the last batch. */
  start(rows: number): void {
    if (this.data.length < rows) {
      this.data = new Float64Array(rows);
      this.nulls = new Uint8Array(rows);
    } else if (this.#hasNulls) {
      this.nulls.fill(0);
    }
    this.#hasNulls = false;
  }

  /** Notes a null, and that the row fails where null is not allowed. */
  addNull(cells: Cells, row: number): void {
    this.data[row] = 0;
    this.nulls[row] = 1;
    this.#hasNulls = true;
    if (!cells.schema.optional) failNull(cells, row);
  }

  column(): Column {
    return { kind: "numbers", data: this.data, nulls: this.#hasNulls ? this.nulls : null };
  }
}

/** The value of a cell that a kernel left to the exact parser, as a number; 0 for a row that fails. */
function exactNumber(cells: Cells, row: number, parse: TextParser): number {
  const value = exactValue(cells, row, parse);
  return typeof value === "number" ? value : 0;
}

/** INT8 to INT64. Where all texts are what Java would print they stay texts, and integers of any size may. */
export function integerReader(bits: 8 | 16 | 32 | 64, parse: TextParser): (cells: Cells) => Column {
  const buffer = new NumberBuffer();
  const limit = 2 ** (bits - 1);
  return (cells) => {
    const { table, region, position } = cells;
    const { at, rows } = table;
    const bytes = region.bytes;
    const stride = 2 * table.columns;
    let isCanonical = true;
    let isSafe = true;
    buffer.start(rows);
    const data = buffer.data;
    for (let row = 0, entry = 2 * position; row < rows; row++, entry += stride) {
      const start = at[entry] as number;
      if (start < 0) {
        buffer.addNull(cells, row);
        continue;
      }
      const end = at[entry + 1] as number;
      const sign = bytes[start];
      const first = sign === MINUS || sign === PLUS ? start + 1 : start;
      let value = 0;
      let p = first;
      for (; p < end; p++) {
        const digit = (bytes[p] as number) - ZERO;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      const isPlain = sign !== PLUS && (bytes[first] !== ZERO || (end === first + 1 && sign !== MINUS));
      if (p === end && p > first && p - first <= SAFE_DIGITS) {
        data[row] = sign === MINUS ? 0 - value : value;
        if (!isPlain) isCanonical = false;
        if (value < limit || (value === limit && sign === MINUS)) continue;
      }
      if (bits === 64 && p === end && isPlain && isLong(bytes, first, end)) {
        isSafe = false; // as text it can stay
        continue;
      }
      // Too large, oddly written, or no integer at all.
      const exact = exactValue(cells, row, parse);
      if (typeof exact === "number") data[row] = exact;
      else if (exact !== null) isSafe = setBigInt(data, row, exact) && isSafe;
      if (exact === null || !isPlain || p < end) isCanonical = false;
    }
    if (isCanonical) return slices(cells, "integer");
    return isSafe ? buffer.column() : values(cells, parse);
  };
}

/** Whether digits without leading zeros are for certain a Java long; the few beyond 9e18 are left open. */
function isLong(bytes: Uint8Array, first: number, end: number): boolean {
  return end - first > SAFE_DIGITS && (end - first < 19 || (end - first === 19 && bytes[first] !== 0x39));
}

/** Stores an INT64 as a number; false when it is none that a number holds. */
function setBigInt(data: Float64Array, row: number, value: unknown): boolean {
  data[row] = Number(value);
  return Number.isSafeInteger(data[row]);
}

const double = new Float64Array(1);
const doubleBits = new Uint32Array(double.buffer);
const LOW_WORD = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 0 : 1;

/** FLOAT32 and FLOAT64. Where all texts are what Java would print they stay texts. */
export function floatReader(bits: 32 | 64, parse: TextParser): (cells: Cells) => Column {
  const buffer = new NumberBuffer();
  // Decimals of so many digits all read back from a float (double), so they are its shortest text.
  const shortestDigits = bits === 32 ? 6 : SAFE_DIGITS;
  return (cells) => {
    const { table, region, position } = cells;
    const { at, rows } = table;
    const bytes = region.bytes;
    const stride = 2 * table.columns;
    let isCanonical = true;
    buffer.start(rows);
    const data = buffer.data;
    for (let row = 0, entry = 2 * position; row < rows; row++, entry += stride) {
      const start = at[entry] as number;
      if (start < 0) {
        buffer.addNull(cells, row);
        continue;
      }
      const end = at[entry + 1] as number;
      const sign = bytes[start];
      const first = sign === MINUS || sign === PLUS ? start + 1 : start;
      let digits = 0;
      let point = -1;
      let p = first;
      for (; p < end; p++) {
        const digit = (bytes[p] as number) - ZERO;
        if (digit >= 0 && digit <= 9) digits = digits * 10 + digit;
        else if (bytes[p] === POINT && point < 0) point = p;
        else break;
      }
      const count = p - first - (point < 0 ? 0 : 1);
      const decimals = point < 0 ? 0 : p - point - 1;
      if (p !== end || count === 0 || count > SAFE_DIGITS || (bits === 32 && isMidway(digits / (POWERS[decimals] as number)))) {
        data[row] = exactNumber(cells, row, parse);
        isCanonical = false;
        continue;
      }
      // Both are exact, so the quotient is the nearest double.
      const size = digits / (POWERS[decimals] as number);
      data[row] = sign === MINUS ? -size : size;
      if (bits === 32) data[row] = Math.fround(data[row] as number);
      if (!isCanonical) continue;
      const isPlain = sign !== PLUS && decimals > 0 && point > first && (bytes[first] !== ZERO || point === first + 1) &&
        (bytes[end - 1] !== ZERO || decimals === 1);
      // Java goes scientific below 0.001 and from 10,000,000 on.
      isCanonical = isPlain && digits < (POWERS[shortestDigits] as number) && ((size >= 1e-3 && size < 1e7) || digits === 0);
    }
    return isCanonical ? slices(cells, "float") : buffer.column();
  };
}

/** Whether a double lies midway between two floats, so that rounding it once more may go wrong. */
function isMidway(value: number): boolean {
  double[0] = value;
  return ((doubleBits[LOW_WORD] as number) & 0x1fff_ffff) === 0x1000_0000;
}

/** BOOLEAN: `true` in any case, and everything else is false. */
export function booleanReader(): (cells: Cells) => Column {
  const buffer = new NumberBuffer();
  return (cells) => {
    const { table, region, position } = cells;
    const bytes = region.bytes;
    buffer.start(table.rows);
    for (let row = 0, entry = 2 * position; row < table.rows; row++, entry += 2 * table.columns) {
      const start = table.at[entry] as number;
      if (start < 0) buffer.addNull(cells, row);
      else buffer.data[row] = table.at[entry + 1] as number - start === 4 && isTrue(bytes, start) ? 1 : 0;
    }
    return buffer.column();
  };
}

/** Whether four bytes spell `true`; setting bit 5 makes an ASCII letter small, and nothing else a letter of these. */
function isTrue(bytes: Uint8Array, p: number): boolean {
  return ((bytes[p] as number) | 0x20) === 0x74 && ((bytes[p + 1] as number) | 0x20) === 0x72 &&
    ((bytes[p + 2] as number) | 0x20) === 0x75 && ((bytes[p + 3] as number) | 0x20) === 0x65;
}

/** Decimal: the unscaled value under the schema's scale. Larger ones than a number holds make the batch's column one of values. */
export function decimalReader(scale: number, parse: TextParser): (cells: Cells) => Column {
  if (scale < 0 || scale > SAFE_DIGITS) return (cells) => values(cells, parse);
  const buffer = new NumberBuffer();
  return (cells) => {
    const { table, region, position } = cells;
    const { at, rows } = table;
    const bytes = region.bytes;
    const stride = 2 * table.columns;
    buffer.start(rows);
    const data = buffer.data;
    for (let row = 0, entry = 2 * position; row < rows; row++, entry += stride) {
      const start = at[entry] as number;
      if (start < 0) {
        buffer.addNull(cells, row);
        continue;
      }
      const end = at[entry + 1] as number;
      const sign = bytes[start];
      const first = sign === MINUS || sign === PLUS ? start + 1 : start;
      let digits = 0;
      let point = -1;
      let p = first;
      for (; p < end; p++) {
        const digit = (bytes[p] as number) - ZERO;
        if (digit >= 0 && digit <= 9) digits = digits * 10 + digit;
        else if (bytes[p] === POINT && point < 0) point = p;
        else break;
      }
      const count = p - first - (point < 0 ? 0 : 1);
      const missing = scale - (point < 0 ? 0 : p - point - 1);
      if (p !== end || count === 0 || missing < 0 || count + missing > SAFE_DIGITS) {
        if (!setExact(cells, row, parse, data)) return values(cells, parse);
        continue;
      }
      const unscaled = digits * (POWERS[missing] as number);
      data[row] = sign === MINUS ? 0 - unscaled : unscaled;
    }
    return buffer.column();
  };
}

/** Stores the unscaled value the exact parser finds; false when no number holds it. */
function setExact(cells: Cells, row: number, parse: TextParser, data: Float64Array): boolean {
  const value = exactValue(cells, row, parse);
  data[row] = value instanceof Decimal ? Number(value.unscaled) : 0;
  return Number.isSafeInteger(data[row]);
}
