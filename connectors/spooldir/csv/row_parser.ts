import { ConnectError } from "sdk";
import type { CsvFormat, NullFields } from "../csv_reader.ts";
import { DefaultRowParser } from "./default_parser.ts";
import { Rfc4180RowParser } from "./rfc4180_parser.ts";

/**
 * The exact parser: physical lines in, cells out, as JavaScript strings. It decides every row in which the byte scanner
 * meets anything but the plain shapes, and it is the twin the scanner is tested against.
 */
export interface RowParser {
  /** Forgets a row that is not complete. */
  reset(): void;
  /** Takes the next physical line without its terminator. True when the row is complete and `cells` holds it. */
  take(line: string): boolean;
  /** Cells of the last complete row, null where the null indicator says so; valid until the next `take`. */
  readonly cells: readonly (string | null)[];
  /** Text of the cell that still waits for its closing quote. */
  readonly openText: string;
}

/** The parser that the connector's keys select. Throws for a format no row can be read with. */
export function createRowParser(format: CsvFormat): RowParser {
  const { separator, quote } = format;
  const rfc4180 = isRfc4180(format);
  const escape = rfc4180 ? 0 : format.escape;
  if (same(separator, quote) || same(separator, escape) || same(quote, escape)) {
    // The text is opencsv 4.6's, which meets it when a file is opened.
    throw new ConnectError("The separator, quote, and escape characters must be different!", {
      javaClass: "java.lang.UnsupportedOperationException",
    });
  }
  return rfc4180 ? new Rfc4180RowParser(format) : new DefaultRowParser(format);
}

/** Separator 0 selects the RFC 4180 parser too, with NUL as the separator (SpoolDir 2.0.65). */
export function isRfc4180(format: CsvFormat): boolean {
  return format.rfc4180 || format.separator === 0;
}

/** Whether an empty cell is null: one that had nothing between its separators, or one that was quoted. */
export function emptyIsNull(nullFields: NullFields, quoted: boolean): boolean {
  return nullFields === "BOTH" || nullFields === (quoted ? "EMPTY_QUOTES" : "EMPTY_SEPARATORS");
}

/** Zero means "no such character" and may stand twice. */
function same(a: number, b: number): boolean {
  return a !== 0 && a === b;
}
