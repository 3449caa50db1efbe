import { Buffer } from "node:buffer";
import { DataError, ESCAPED, NON_ASCII, SPARE_BYTES } from "sdk";
import type { CsvFormat } from "../csv_reader.ts";
import type { Dialect } from "./dialect.ts";
import { createRowParser } from "./parser_choice.ts";
import type { RowParser } from "./row_parser.ts";
import type { Cursor, RowTable } from "./scanner.ts";

const QUOTE = '"';
/** opencsv 4.6 shows this much of the text behind a quote that never closes. */
const SHOWN_LOST_CHARACTERS = 100;

/** What became of the row at the cursor. `incomplete`: more bytes are needed, the cursor has not moved. */
export type ExactRow = "row" | "blank" | "incomplete";

/**
 * Reads single rows with the exact parser and puts their cells where the scanner's cells are: into the row table, as slices
 * of the batch's region. They are kept aside until the batch is complete, since the region may still grow at its end.
 */
export class ExactRows {
  readonly #parser: RowParser;
  readonly #dialect: Dialect;
  readonly #maxRowBytes: number;
  readonly #encoder = new TextEncoder();
  #text = Buffer.alloc(0);
  #aside = new Uint8Array(0);
  #asideUsed = 0;
  /** Rows of the table whose slices point into `#aside`. */
  #rows: number[] = [];

  constructor(format: CsvFormat, dialect: Dialect) {
    this.#parser = createRowParser(format);
    this.#dialect = dialect;
    this.#maxRowBytes = format.maxRowBytes;
  }

  /** Cells of the row that `next` has read. */
  get cells(): readonly (string | null)[] {
    return this.#parser.cells;
  }

  /** Reads the row at the cursor and moves behind it. Throws a DataError when a quote is open at the end of the file. */
  next(cursor: Cursor, keepsEmptyLines: boolean): ExactRow {
    const { region, final, position } = cursor;
    const text = this.#textOf(region.bytes);
    let start = position;
    for (let lines = 1;; lines++) {
      const end = this.#lineEnd(region.bytes, start, region.used);
      const isCut = end < 0 || (region.bytes[end] === 0x0d && end + 1 === region.used);
      if (isCut && (!final || start >= region.used)) {
        if (final && lines > 1) throw this.#unterminated(cursor.line + 1);
        this.#parser.reset();
        return "incomplete";
      }
      const contentEnd = end < 0 ? region.used : end;
      if (contentEnd - position > this.#maxRowBytes) throw oversizedRow(cursor.line + 1, this.#maxRowBytes);
      const line = text.toString("utf8", start, contentEnd);
      start = end < 0 ? region.used : end + this.#breakLength(region.bytes, end, region.used);
      const isBlank = !keepsEmptyLines && lines === 1 && (line === "" || (this.#dialect.keepCarriageReturn && line === "\r"));
      if (!isBlank && !this.#parser.take(line)) continue;
      cursor.position = start;
      cursor.line += lines;
      return isBlank || (this.cells.length === 1 && this.cells[0] === null) ? "blank" : "row";
    }
  }

  /** Moves behind one physical line, whatever it holds. False: more bytes are needed, or there are none. */
  skipLine(cursor: Cursor): boolean {
    const { region, final, position } = cursor;
    const end = this.#lineEnd(region.bytes, position, region.used);
    const isCut = end < 0 || (region.bytes[end] === 0x0d && end + 1 === region.used);
    if (isCut && (!final || position >= region.used)) return false;
    cursor.position = end < 0 ? region.used : end + this.#breakLength(region.bytes, end, region.used);
    cursor.line++;
    return true;
  }

  /** Forgets the rows kept aside. */
  discard(): void {
    this.#rows = [];
    this.#asideUsed = 0;
  }

  /** Adds the row that `next` has read, and behind which the cursor stands, to the table. */
  store(table: RowTable, cursor: Cursor): void {
    const { columns, at, rows } = table;
    const cells = this.cells;
    let flags = 0;
    let entry = 2 * columns * rows;
    for (let i = 0; i < columns; i++, entry += 2) {
      const text = cells[i] ?? null;
      if (text !== null && this.#isDoubled(text)) this.#write(QUOTE);
      at[entry] = text === null ? -1 : this.#asideUsed;
      if (text !== null) flags |= this.#write(this.#isDoubled(text) ? text.replaceAll(QUOTE, QUOTE + QUOTE) : text);
      at[entry + 1] = this.#asideUsed;
    }
    if (cells.length < columns) table.short.set(rows, cells.length);
    table.flags[rows] = flags;
    table.lines[rows] = cursor.line;
    table.ends[rows] = cursor.position;
    this.#rows.push(rows);
    table.rows++;
  }

  /** Bytes that `flush` will append to the region. */
  get asideBytes(): number {
    return this.#asideUsed;
  }

  /** Appends what was kept aside behind the region's used bytes, where there must be room for it, and directs the slices there. */
  flush(cursor: Cursor, table: RowTable): void {
    const { region } = cursor;
    region.bytes.set(this.#aside.subarray(0, this.#asideUsed), region.used);
    for (const row of this.#rows) {
      const stride = 2 * table.columns;
      for (let entry = row * stride; entry < (row + 1) * stride; entry += 2) {
        if ((table.at[entry] as number) >= 0) table.at[entry] = (table.at[entry] as number) + region.used;
        table.at[entry + 1] = (table.at[entry + 1] as number) + region.used;
      }
    }
    this.discard();
  }

  /** Whether the cell is kept as a quoted one of the file would be: quotes doubled, and a quote before it, which is how form `csv` is told. */
  #isDoubled(text: string): boolean {
    return this.#dialect.form === "csv" && text.includes(QUOTE);
  }

  #write(text: string): number {
    this.#reserve(text.length * 3);
    const start = this.#asideUsed;
    this.#asideUsed += this.#encoder.encodeInto(text, this.#aside.subarray(start)).written;
    let flags = 0;
    for (let i = start; i < this.#asideUsed; i++) {
      const byte = this.#aside[i] as number;
      if (byte >= 0x80) flags |= NON_ASCII;
      else if (byte < 0x20 || byte === 0x22 || byte === 0x5c) flags |= ESCAPED;
    }
    return flags;
  }

  #reserve(size: number): void {
    if (this.#asideUsed + size <= this.#aside.length) return;
    const grown = new Uint8Array(Math.max(4096, 2 * this.#aside.length, this.#asideUsed + size + SPARE_BYTES));
    grown.set(this.#aside.subarray(0, this.#asideUsed));
    this.#aside = grown;
  }

  /** Index of the next byte that ends a line, or -1. */
  #lineEnd(bytes: Uint8Array, start: number, used: number): number {
    const keep = this.#dialect.keepCarriageReturn;
    for (let i = start; i < used; i++) {
      const byte = bytes[i] as number;
      if (byte === 0x0a || (byte === 0x0d && !keep)) return i;
    }
    return -1;
  }

  #breakLength(bytes: Uint8Array, end: number, used: number): number {
    return bytes[end] === 0x0d && end + 1 < used && bytes[end + 1] === 0x0a ? 2 : 1;
  }

  /** The region's bytes as a Buffer; made once per region. */
  #textOf(bytes: Uint8Array<ArrayBuffer>): Buffer {
    if (this.#text.buffer !== bytes.buffer) this.#text = Buffer.from(bytes.buffer);
    return this.#text;
  }

  #unterminated(line: number): DataError {
    const lost = this.#parser.openText.slice(0, SHOWN_LOST_CHARACTERS);
    const message = `Unterminated quoted field at end of CSV line. Beginning of lost text: [${lost}]. The row begins in line ${line}.`;
    return new DataError(message, {
      javaClass: "com.opencsv.exceptions.CsvMalformedLineException",
    });
  }
}

/** A row longer than the connector takes. */
export function oversizedRow(line: number, maxRowBytes: number): DataError {
  return new DataError(
    `Row that begins in line ${line} is longer than ${maxRowBytes} bytes: a quote may be left open there, or raise sluice.csv.max.row.bytes`,
  );
}
