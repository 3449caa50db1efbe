import { ESCAPED, type Form, NON_ASCII } from "sdk";
import type { CsvFormat } from "../csv_reader.ts";
import { emptyIsNull, isRfc4180 } from "./row_parser.ts";

/** Byte classes at which the scanner stops; the classes below are the row flags ESCAPED and NON_ASCII, to be or-ed together. */
export const STOP = 16;
/** The separator. */
export const SEPARATOR = 16;
/** Line feed: ends a row outside quotes, a line inside. */
export const LINE_FEED = 32;
/** Carriage return that ends a line. */
export const CARRIAGE_RETURN = 64;
/** The quote, or a byte that only the exact parser understands. */
export const UNUSUAL = 128;

/** A CSV format as the byte scanner wants it. */
export interface Dialect {
  /** Class of each byte outside quotes. */
  readonly outside: Uint8Array;
  /** Class of each byte inside quotes. */
  readonly inside: Uint8Array;
  /** The quote, -1 for none. */
  readonly quote: number;
  /** How slices stand for text. `csv` undoubles `""`, so other quotes than `"` need the exact parser where they are doubled. */
  readonly form: Form;
  /** An empty cell with nothing between its separators is null. */
  readonly nullUnquoted: boolean;
  /** An empty cell in quotes is null. */
  readonly nullQuoted: boolean;
  /** CR is data and lines end at LF alone. */
  readonly keepCarriageReturn: boolean;
  /** No row can be trusted to the scanner. */
  readonly exactOnly: boolean;
}

/** Builds the class tables of a format. */
export function dialectOf(format: CsvFormat): Dialect {
  const rfc4180 = isRfc4180(format);
  const escape = rfc4180 ? null : format.escape;
  const outside = flagTable();
  const inside = flagTable();
  inside[0x0a] = outside[0x0a] = LINE_FEED;
  if (!format.keepCarriageReturn) {
    outside[0x0d] = CARRIAGE_RETURN;
    inside[0x0d] = UNUSUAL; // becomes a line feed in the cell
  }
  outside[format.separator] = SEPARATOR;
  // Quote or escape 0 means none, but opencsv still compares with it: a NUL in the file is then its quote or escape.
  outside[format.quote] = inside[format.quote] = UNUSUAL;
  if (escape !== null) outside[escape] = inside[escape] = UNUSUAL;
  return {
    outside,
    inside,
    quote: format.quote === 0 ? -1 : format.quote,
    form: format.quote === 0x22 ? "csv" : "plain",
    nullUnquoted: emptyIsNull(format.nullFields, false),
    nullQuoted: emptyIsNull(format.nullFields, true),
    keepCarriageReturn: format.keepCarriageReturn,
    exactOnly: (!rfc4180 && (format.strictQuotes || format.ignoreQuotations)) ||
      ![format.separator, format.quote, escape ?? 0].every(isPlainByte),
  };
}

/** One byte in UTF-8, and not a line end. */
function isPlainByte(code: number): boolean {
  return code < 0x80 && code !== 0x0a && code !== 0x0d;
}

/** The row flag of each byte: needs an escape in JSON, or is not ASCII. */
function flagTable(): Uint8Array {
  const table = new Uint8Array(256);
  table.fill(ESCAPED, 0, 0x20);
  table[0x22] = table[0x5c] = ESCAPED;
  table.fill(NON_ASCII, 0x80);
  return table;
}
