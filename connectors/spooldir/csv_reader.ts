import type { Column, DataError, Schema } from "sdk";

/** Which empty cells are null (csv.null.field.indicator). */
export type NullFields = "EMPTY_SEPARATORS" | "EMPTY_QUOTES" | "BOTH" | "NEITHER";

/** How a CSV file is to be read: the `csv.*` keys of the connector, parsed. Characters are UTF-16 codes, 0 = none. */
export interface CsvFormat {
  readonly separator: number;
  readonly quote: number;
  readonly escape: number;
  readonly strictQuotes: boolean;
  readonly ignoreLeadingWhitespace: boolean;
  readonly ignoreQuotations: boolean;
  readonly keepCarriageReturn: boolean;
  /** The RFC 4180 parser instead of the default one. */
  readonly rfc4180: boolean;
  readonly nullFields: NullFields;
  /** Java charset name; checked by `isCharset`. */
  readonly charset: string;
  /** Physical lines dropped before anything else. */
  readonly skipLines: number;
  readonly firstRowIsHeader: boolean;
  /** Read buffer, bytes. */
  readonly bufferBytes: number;
  /** Longest row in bytes of UTF-8; a longer one fails the file with its line number. */
  readonly maxRowBytes: number;
  /** Zone in which zone-less times are read. */
  readonly timeZone: string;
  /** SimpleDateFormat patterns, tried in order. */
  readonly timeFormats: readonly string[];
}

/** A column the caller wants: the header cell (or field) of that name, as that type. */
export interface WantedColumn {
  readonly name: string;
  readonly schema: Schema;
}

/** A row that did not parse. */
export interface CsvFailure {
  readonly row: number;
  readonly error: DataError;
}

/** Rows read by one call; valid until the next call. */
export interface CsvBatch {
  readonly rows: number;
  /** One per wanted column, in order; a wanted column the file does not have is a constant null. */
  readonly columns: readonly Column[];
  /** Rows that parsed, or null when all did. */
  readonly select: Int32Array | null;
  readonly failures: readonly CsvFailure[];
  /** Physical lines read once row i was complete, from the start of the file, skipped lines and header counted. */
  readonly lines: Int32Array;
  /** What keeps the file from being read beyond these rows (disk, truncated gzip, open quote, oversized row); the next `read` throws it. */
  readonly fatal: Error | null;
}

/** An open CSV file. Read errors (disk, truncated gzip, bad charset name) throw; they are never taken for the end of the file. */
export interface CsvReader {
  /** Cells of the header row, untrimmed; undefined without `firstRowIsHeader`. An empty file has none either. */
  readonly header: readonly string[] | undefined;
  /** Physical lines consumed so far. */
  readonly line: number;
  /** What `read` gives from now on. Called once, before the first `read`; `names` are the columns' names in file order (the header, or the value schema's field names). */
  bind(names: readonly string[], wanted: readonly WantedColumn[]): void;
  /** Drops rows until `line` physical lines are consumed; a row that ends on or before that line is dropped. */
  skipPast(line: number): Promise<void>;
  /** At most `maxRows` rows, or null at the end of the file. Blank lines are skipped and counted in `lines`; in a file of one column they are its empty text, if that is not null. */
  read(maxRows: number): Promise<CsvBatch | null>;
  close(): void;
}
