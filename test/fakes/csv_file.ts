/** CSV files in memory for the tests of the reader, and what the reader makes of them as plain rows. */
import { CsvFileReader } from "../../connectors/spooldir/csv/reader.ts";
import { Utf8Source } from "../../connectors/spooldir/utf8_source.ts";
import type { ByteSource } from "../../connectors/spooldir/byte_source.ts";
import type { CsvBatch, CsvFormat, CsvReader } from "../../connectors/spooldir/csv_reader.ts";
import { type Column, primitiveSchema, type SliceColumn } from "sdk";

/** The connector's defaults, with small buffers. */
export const DEFAULT_FORMAT: CsvFormat = {
  separator: 0x2c,
  quote: 0x22,
  escape: 0x5c,
  strictQuotes: false,
  ignoreLeadingWhitespace: true,
  ignoreQuotations: false,
  keepCarriageReturn: false,
  rfc4180: false,
  nullFields: "NEITHER",
  charset: "UTF-8",
  skipLines: 0,
  firstRowIsHeader: false,
  bufferBytes: 16,
  maxRowBytes: 1_000_000,
  timeZone: "UTC",
  timeFormats: ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd' 'HH:mm:ss"],
};

/** One row: its line count, and its cells; of a short row only those it has. */
export interface PlainRow {
  readonly line: number;
  readonly cells: readonly (string | null)[];
}

/** Delivers bytes in chunks whose sizes go round in `sizes`; then fails if there is an `error`. */
export function chunkedSource(bytes: Uint8Array, sizes?: readonly number[], error?: Error): ByteSource {
  let at = 0;
  let turn = 0;
  return {
    read(into) {
      if (at === bytes.length && error !== undefined) throw error;
      const size = sizes === undefined ? into.length : Math.max(1, sizes[turn++ % sizes.length] ?? 1);
      const part = bytes.subarray(at, at + Math.min(size, into.length));
      into.set(part);
      at += part.length;
      return part.length;
    },
    close() {},
  };
}

/** Opens a text, or bytes in UTF-8, as a CSV file. */
export function openText(text: string | Uint8Array, format?: Partial<CsvFormat>, sizes?: readonly number[]): Promise<CsvReader> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return CsvFileReader.open(new Utf8Source(chunkedSource(bytes, sizes)), { ...DEFAULT_FORMAT, ...format });
}

/** Binds a reader to `width` optional STRING columns, all wanted. */
export function bindText(reader: CsvReader, width: number): void {
  const names = Array.from({ length: width }, (_, index) => `c${index}`);
  reader.bind(names, names.map((name) => ({ name, schema: primitiveSchema("STRING", { optional: true }) })));
}

/** Everything a reader bound to text columns has left, and what ended it if not the end of the file. */
export async function readRows(reader: CsvReader, maxRows = 100): Promise<{ rows: PlainRow[]; error: Error | null }> {
  const rows: PlainRow[] = [];
  try {
    for (let batch = await reader.read(maxRows); batch !== null; batch = await reader.read(maxRows)) rows.push(...plainRows(batch));
    return { rows, error: null };
  } catch (error) {
    if (error instanceof Error) return { rows, error };
    throw error;
  }
}

function plainRows(batch: CsvBatch): PlainRow[] {
  const short = new Map(batch.failures.map(({ row, error }) => [row, Number(/^Index (\d+) /.exec(error.message)?.[1])]));
  return Array.from({ length: batch.rows }, (_, row) => ({
    line: batch.lines[row] ?? -1,
    cells: batch.columns.slice(0, short.get(row)).map((column) => sliceText(column, row)),
  }));
}

/** Text of a slice, by the rules of `Form` and the row's flags alone. */
export function sliceText(column: Column | undefined, row: number): string | null {
  if (column?.kind !== "slices") throw new TypeError(`No slice column: ${column?.kind}`);
  const start = column.at[column.first + row * column.stride] ?? -1;
  if (start < 0) return null;
  const end = column.at[column.first + row * column.stride + 1] ?? start;
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(column.region.bytes.subarray(start, end));
  checkFlags(column, row, text);
  return column.form === "csv" ? text.replaceAll('""', '"') : text;
}

/** A flag may be set without need, never missing. */
function checkFlags(column: SliceColumn, row: number, text: string): void {
  const flags = column.flags[row] ?? 0;
  // deno-lint-ignore no-control-regex -- control characters are what JSON has to escape
  if (/["\\\u0000-\u001f]/.test(text) && (flags & 4) === 0) throw new Error(`Row ${row} lacks flag ESCAPED: ${text}`);
  // deno-lint-ignore no-control-regex -- ASCII includes them
  if (/[^\u0000-\u007f]/.test(text) && (flags & 8) === 0) throw new Error(`Row ${row} lacks flag NON_ASCII: ${text}`);
}
