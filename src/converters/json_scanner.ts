/** Payloads as Kafka Connect writes them, or with the blanks Python puts between, from bytes to columns: no string and no object for a cell of text, number or time. */
import {
  base64Bytes,
  CANONICAL,
  ConnectError,
  JsonSyntaxError,
  MS_PER_DAY,
  NOT_TAKEN,
  numberOfBase64,
  numberOfDecimal,
  numberOfDigits,
  parseJson,
  sameBytes,
  scanFloat,
  scanInteger,
  scanText,
} from "sdk";
import { readField } from "./json_read.ts";
import type { GrowingColumn, GrowingSide } from "./json_read_columns.ts";
import { BOOLEAN, BYTES, DATE, DECIMAL, FLOAT, INTEGER, TEXT, TIME, TIMESTAMP } from "./json_read_plan.ts";

const QUOTE = 0x22;
const CLOSE = 0x7d;
/** The words of JSON as `getInt32` reads their first four letters. */
const NULL = 0x6e75_6c6c;
const TRUE = 0x7472_7565;
const FALS = 0x6661_6c73;
const LETTER_E = 0x65;
const LETTER_N = 0x6e;

/** Days that a JavaScript date can hold have nine digits, but not all such; the row twin knows the limit. */
const DAY_DIGITS = 8;
const TIME_DIGITS = 8;
/** The last instant of JavaScript has 16 digits, but not all such are instants. */
const INSTANT_DIGITS = 15;

/** A cell lies in a struct. */
const NESTED = 1;

const latin1 = new TextDecoder("latin1");

/** Scans the payloads of one run. */
export class PayloadScanner {
  readonly #side: GrowingSide;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #replaceNull: boolean;

  readonly #depth: number;
  /** Whether the last payload had blanks behind commas and colons. */
  #isSpaced = false;

  /** `depth`: in how many objects the payload lies. */
  constructor(side: GrowingSide, replaceNull: boolean, depth: 0 | 1) {
    this.#side = side;
    this.#depth = depth + NESTED;
    this.#bytes = side.region.bytes;
    this.#view = side.region.view;
    this.#replaceNull = replaceNull;
  }

  /**
   * Reads the payload at `p` into the row and returns the place after it. NOT_TAKEN: it is written differently, does not fit, or has
   * no end before `end`; the cells of the row are then to be put.
   */
  scan(row: number, p: number, end: number): number {
    const next = this.#scan(row, p, end);
    if (next !== NOT_TAKEN || !this.#isOtherSpacing(p, end)) return next;
    this.#isSpaced = !this.#isSpaced;
    return this.#scan(row, p, end);
  }

  /** Whether the payload begins in the way that is not expected. */
  #isOtherSpacing(p: number, end: number): boolean {
    const cell = this.#side.columns[0]?.cell;
    if (cell === undefined || cell.field === null) return false;
    const key = this.#isSpaced ? cell.key : cell.spacedKey;
    return p + key.length < end && sameBytes(this.#view, p, key.view, key.length);
  }

  #scan(row: number, p: number, end: number): number {
    const { columns, at, stride, flags } = this.#side;
    const bytes = this.#bytes;
    const view = this.#view;
    const isSpaced = this.#isSpaced;
    let next = p;
    let seen = 0;
    let place = row * stride;
    for (let c = 0; c < columns.length; c++, place += 2) {
      const column = columns[c] as GrowingColumn;
      const { cell } = column;
      const { kind } = cell;
      const key = isSpaced ? cell.spacedKey : cell.key;
      const value = next + key.length;
      if (value >= end || !sameBytes(view, next, key.view, key.length)) return NOT_TAKEN;
      const byte = bytes[value] as number;
      if (byte === LETTER_N) {
        next = this.#null(column, c, row, value);
      } else if (kind === TEXT) {
        if (byte !== QUOTE) return NOT_TAKEN;
        const found = scanText(bytes, value + 1, end, at, place);
        if (found < 0) return NOT_TAKEN;
        seen |= found;
        next = (at[place + 1] as number) + 1;
      } else if (kind === INTEGER) {
        if (scanInteger(bytes, value, end, cell.range, at, place) < 0) return NOT_TAKEN;
        next = at[place + 1] as number;
      } else {
        next = this.#typed(column, c, row, value, end, place);
      }
      if (next < 0) return NOT_TAKEN;
    }
    flags[row] = seen;
    if (this.#side.plan.whole) return next <= end ? next : NOT_TAKEN;
    return next < end && columns.length > 0 && bytes[next] === CLOSE ? next + 1 : NOT_TAKEN;
  }

  #null(column: GrowingColumn, c: number, row: number, value: number): number {
    const { nullValue } = column.cell;
    if (nullValue === undefined || this.#view.getInt32(value) !== NULL) return NOT_TAKEN;
    this.#side.put(c, row, nullValue);
    return value + 4;
  }

  /** A cell that becomes a number or a value. */
  #typed(column: GrowingColumn, c: number, row: number, value: number, end: number, place: number): number {
    const at = this.#side.at;
    const bytes = this.#bytes;
    const { cell, data } = column;
    switch (cell.kind) {
      case FLOAT: {
        const found = scanFloat(bytes, value, end, cell.bits, at, place, data, row);
        if (found === NOT_TAKEN) return this.#other(column, c, row, value, end);
        if (found !== CANONICAL) column.isCanonical = false;
        return at[place + 1] as number;
      }
      case BOOLEAN: {
        const word = this.#view.getInt32(value);
        data[row] = word === TRUE ? 1 : 0;
        return word === TRUE ? value + 4 : word === FALS && bytes[value + 4] === LETTER_E ? value + 5 : NOT_TAKEN;
      }
      case DATE: {
        const days = numberOfDigits(bytes, value, end, DAY_DIGITS, at, place);
        data[row] = days * MS_PER_DAY;
        return Number.isNaN(days) ? NOT_TAKEN : at[place + 1] as number;
      }
      case TIME: {
        const millis = numberOfDigits(bytes, value, end, TIME_DIGITS, at, place);
        data[row] = millis;
        return millis >= 0 && millis <= MS_PER_DAY ? at[place + 1] as number : NOT_TAKEN;
      }
      case TIMESTAMP: {
        const millis = numberOfDigits(bytes, value, end, INSTANT_DIGITS, at, place);
        data[row] = millis;
        return Number.isNaN(millis) ? NOT_TAKEN : at[place + 1] as number;
      }
      case DECIMAL: {
        const quoted = bytes[value] === QUOTE;
        const unscaled = quoted
          ? numberOfBase64(bytes, value + 1, end, at, place)
          : numberOfDecimal(bytes, value, end, cell.scale, at, place);
        if (Number.isNaN(unscaled)) return this.#other(column, c, row, value, end);
        data[row] = unscaled;
        return (at[place + 1] as number) + (quoted ? 1 : 0);
      }
      case BYTES:
        return this.#base64(column, row, value, end, place);
      default:
        return this.#other(column, c, row, value, end);
    }
  }

  #base64(column: GrowingColumn, row: number, value: number, end: number, place: number): number {
    const { at } = this.#side;
    // With escapes or broken inside: the row twin.
    if (this.#bytes[value] !== QUOTE || scanText(this.#bytes, value + 1, end, at, place) !== 0) return NOT_TAKEN;
    const close = at[place + 1] as number;
    const decoded = base64Bytes(latin1.decode(this.#bytes.subarray(value + 1, close)));
    if (decoded === undefined) return NOT_TAKEN;
    column.values[row] = decoded;
    return close + 1;
  }

  /** One cell by the row twin. What fails here fails there again, with the row's own error. */
  #other(column: GrowingColumn, c: number, row: number, value: number, end: number): number {
    const { field } = column.cell;
    if (field === null) return NOT_TAKEN;
    try {
      // From one byte earlier on: at its very beginning a byte order mark would be skipped.
      const parsed = parseJson(this.#bytes.subarray(value - 1, end), 1, this.#depth);
      if (parsed === undefined) return NOT_TAKEN;
      this.#side.put(c, row, readField(field, parsed.node, this.#replaceNull));
      return value - 1 + parsed.end;
    } catch (error) {
      if (error instanceof JsonSyntaxError || error instanceof ConnectError) return NOT_TAKEN;
      throw error;
    }
  }
}
