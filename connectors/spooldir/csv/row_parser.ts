import type { CsvFormat, NullFields } from "../csv_reader.ts";

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

/** Separator 0 selects the RFC 4180 parser too, with NUL as the separator (SpoolDir 2.0.65). */
export function isRfc4180(format: CsvFormat): boolean {
  return format.rfc4180 || format.separator === 0;
}

/** Whether an empty cell is null: one that had nothing between its separators, or one that was quoted. */
export function emptyIsNull(nullFields: NullFields, quoted: boolean): boolean {
  return nullFields === "BOTH" || nullFields === (quoted ? "EMPTY_QUOTES" : "EMPTY_SEPARATORS");
}
