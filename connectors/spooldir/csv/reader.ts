import type { DataError } from "sdk";
import type { ByteSource } from "../byte_source.ts";
import type { CsvBatch, CsvFormat, CsvReader, WantedColumn } from "../csv_reader.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import { ExactRows, oversizedRow } from "./exact_rows.ts";
import { createRowTable, type Cursor, type RowTable, scanRows } from "./scanner.ts";
import { bindColumns, type BoundColumns } from "./bound_columns.ts";
import { TextBuffer } from "./text_buffer.ts";

/** A batch is ended early at this many bytes, so that long rows cost no unbounded memory. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;
/** Most cells a batch has places for. */
const MAX_BATCH_CELLS = 1024 * 1024;
/** Rows dropped at a time when a file is resumed. */
const SKIP_ROWS = 512;

/** One CSV file, read front to back: bytes → region → row table → columns. */
export class CsvFileReader implements CsvReader {
  readonly #format: CsvFormat;
  readonly #dialect: Dialect;
  readonly #exact: ExactRows;
  readonly #buffer: TextBuffer;
  readonly #cursor: Cursor;
  #header: readonly string[] | undefined;
  #bound: BoundColumns | null = null;
  #table: RowTable | null = null;
  /** What ended the file before its end; thrown by every `read` after the rows before it were given out. */
  #fatal: Error | null = null;

  private constructor(source: ByteSource, format: CsvFormat) {
    this.#format = format;
    this.#dialect = dialectOf(format);
    this.#exact = new ExactRows(format, this.#dialect);
    this.#buffer = new TextBuffer(source, format.bufferBytes);
    this.#cursor = this.#buffer.cursor;
  }

  /** Takes over `source`, which delivers valid UTF-8, and reads up to the first row of data. */
  static async open(source: ByteSource, format: CsvFormat): Promise<CsvFileReader> {
    const reader = new CsvFileReader(source, format);
    await reader.#skipLines(format.skipLines);
    if (format.firstRowIsHeader) reader.#header = await reader.#readHeader();
    return reader;
  }

  get header(): readonly string[] | undefined {
    return this.#header;
  }

  get line(): number {
    return this.#cursor.line;
  }

  bind(names: readonly string[], wanted: readonly WantedColumn[]): void {
    const baseLine = Math.max(0, this.#format.skipLines) + (this.#format.firstRowIsHeader ? 1 : 0);
    this.#bound = bindColumns(names, wanted, this.#format, this.#dialect, baseLine);
  }

  async skipPast(line: number): Promise<void> {
    while (this.#cursor.line < line) {
      this.#buffer.compact();
      let { position, line: lineBefore } = this.#cursor;
      const table = createRowTable(1, Math.min(SKIP_ROWS, line - lineBefore), true);
      await this.#fillTable(table);
      this.#exact.discard();
      if (this.#fatal !== null) throw this.#fatal;
      if (table.rows === 0) return;
      // Back to the end of the last row that ends in time: a later one may span many lines.
      for (let row = 0; row < table.rows && (table.lines[row] as number) <= line; row++) {
        position = table.ends[row] as number;
        lineBefore = table.lines[row] as number;
      }
      const isDone = (table.lines[table.rows - 1] as number) > line;
      if (!isDone) continue;
      this.#cursor.position = position;
      this.#cursor.line = lineBefore;
      return;
    }
  }

  async read(maxRows: number): Promise<CsvBatch | null> {
    if (this.#fatal !== null) throw this.#fatal;
    const bound = this.#bound;
    if (bound === null) throw new Error("bind() must come before read()");
    const table = this.#tableFor(bound.width, maxRows);
    await this.#fillTable(table);
    this.#buffer.reserve(this.#exact.asideBytes);
    this.#exact.flush(this.#cursor, table);
    if (table.rows === 0) {
      if (this.#fatal !== null) throw this.#fatal;
      return null;
    }
    return bound.batch(table, this.#cursor.region, this.#fatal);
  }

  close(): void {
    this.#buffer.close();
  }

  /** Adds rows until the table is full, the batch is long enough, or the file ends, well or not. */
  async #fillTable(table: RowTable): Promise<void> {
    this.#buffer.compact();
    const cursor = this.#cursor;
    const first = cursor.position;
    try {
      for (;;) {
        const stop = scanRows(cursor, table, this.#dialect, this.#format.maxRowBytes);
        if (stop === "full") return;
        if (stop === "oversized") throw this.#oversized();
        if (stop === "unusual") {
          const found = this.#exact.next(cursor, table.keepsEmptyLines);
          if (found === "row") this.#exact.store(table, cursor);
          if (found !== "incomplete") continue;
        }
        if (cursor.final) return;
        if (table.rows > 0 && cursor.region.used - first >= MAX_BATCH_BYTES) return;
        await this.#readOn();
      }
    } catch (error) {
      this.#fatal = error instanceof Error ? error : new Error(String(error));
    }
  }

  async #skipLines(count: number): Promise<void> {
    while (this.#cursor.line < count) {
      if (this.#exact.skipLine(this.#cursor)) continue;
      if (this.#cursor.final) return;
      this.#buffer.compact();
      await this.#readOn();
    }
  }

  async #readHeader(): Promise<readonly string[] | undefined> {
    for (;;) {
      const found = this.#exact.next(this.#cursor, false);
      if (found === "row") return this.#exact.cells.map((cell) => cell ?? "");
      if (found === "blank") continue;
      if (this.#cursor.final) return undefined;
      this.#buffer.compact();
      await this.#readOn();
    }
  }

  /** Reads more for a row that is not complete, unless it is too long already. */
  async #readOn(): Promise<void> {
    // Two bytes of line end do not count.
    if (this.#cursor.region.used - this.#cursor.position > this.#format.maxRowBytes + 2) throw this.#oversized();
    await this.#buffer.fill();
  }

  #oversized(): DataError {
    return oversizedRow(this.#cursor.line + 1, this.#format.maxRowBytes);
  }

  #tableFor(width: number, maxRows: number): RowTable {
    const rows = Math.max(1, Math.min(maxRows, Math.floor(MAX_BATCH_CELLS / width)));
    // Of several columns an empty line has too few; of one it has the empty text, unless such a cell is null.
    const keepsEmptyLines = width === 1 && !this.#dialect.nullUnquoted;
    if (this.#table?.maxRows !== rows) this.#table = createRowTable(width, rows, keepsEmptyLines);
    this.#table.rows = 0;
    this.#table.short.clear();
    return this.#table;
  }
}
