/** CSV files as rows of records. */
import type { Column } from "sdk";
import { columnNames } from "./column_names.ts";
import type { CsvBatch, CsvFormat, CsvReader } from "./csv_reader.ts";
import { planSides, type RecordSchemas, requireColumns, type SidePlan } from "./record_schemas.ts";
import type { FileFormat, RowBatch, RowReader } from "./row_reader.ts";
import type { SpoolFile } from "./spool_file.ts";

/** Opens a CSV file: the reader of this folder, or a test's. */
export type OpenCsv = (path: string, format: CsvFormat) => Promise<CsvReader>;

/** What the CSV connector's settings say about its files. */
export interface CsvSettings {
  readonly format: CsvFormat;
  readonly ignoreCase: boolean;
  /** Field whose value is the records' timestamp. */
  readonly timestampField: string | undefined;
}

/** The format; `schemas` is asked at each file, as it may have to be made from the first one. */
export class CsvFiles implements FileFormat {
  readonly #openCsv: OpenCsv;
  readonly #settings: CsvSettings;
  readonly #schemas: (file: SpoolFile) => Promise<RecordSchemas | undefined>;
  #plan: { readonly schemas: RecordSchemas; readonly plan: SidePlan } | undefined;

  constructor(openCsv: OpenCsv, settings: CsvSettings, schemas: (file: SpoolFile) => Promise<RecordSchemas | undefined>) {
    this.#openCsv = openCsv;
    this.#settings = settings;
    this.#schemas = schemas;
  }

  async open(file: SpoolFile): Promise<RowReader> {
    const { format } = this.#settings;
    const schemas = await this.#schemas(file);
    const reader = await this.#openCsv(file.path, format);
    try {
      // Without a header there is no row either.
      if (schemas === undefined || (format.firstRowIsHeader && reader.header === undefined)) return new EmptyFile(reader);
      return this.#bound(reader, schemas);
    } catch (error) {
      reader.close();
      throw error;
    }
  }

  #bound(reader: CsvReader, schemas: RecordSchemas): RowReader {
    const { format, ignoreCase, timestampField } = this.#settings;
    // The converters cache by schema object, so there is one plan for all files.
    if (this.#plan?.schemas !== schemas) this.#plan = { schemas, plan: planSides(schemas) };
    const { plan } = this.#plan;
    const fields = new Set(plan.columns.map((column) => column.name));
    const valueNames = schemas.value.fields.map((field) => field.name);
    const names = reader.header === undefined ? valueNames : columnNames(reader.header, fields, ignoreCase);
    requireColumns(plan, names);
    reader.bind(names, plan.columns);
    const timestampIndex = timestampField === undefined ? -1 : schemas.value.field(timestampField)?.index ?? -1;
    return new CsvRows(reader, plan, linesBeforeRows(format), timestampIndex);
  }
}

/** Physical lines that are not counted in offsets. */
function linesBeforeRows(format: CsvFormat): number {
  return Math.max(0, format.skipLines) + (format.firstRowIsHeader ? 1 : 0);
}

class CsvRows implements RowReader {
  readonly #reader: CsvReader;
  readonly #plan: SidePlan;
  readonly #base: number;
  readonly #timestampIndex: number;
  /** Used again for every batch: a batch is valid until the next call. */
  #offsets = new Float64Array(0);

  constructor(reader: CsvReader, plan: SidePlan, base: number, timestampIndex: number) {
    this.#reader = reader;
    this.#plan = plan;
    this.#base = base;
    this.#timestampIndex = timestampIndex;
  }

  get line(): number {
    return this.#reader.line;
  }

  lineOf(offset: number): number {
    return offset + this.#base;
  }

  resume(offset: number): Promise<void> {
    return this.#reader.skipPast(this.lineOf(offset));
  }

  async read(maxRows: number): Promise<RowBatch | null> {
    const batch = await this.#reader.read(maxRows);
    if (batch === null) return null;
    const { rows, columns, select, failures, fatal } = batch;
    const timestamps = this.#timestampIndex < 0 ? null : epochMs(columns[this.#timestampIndex] as Column, rows);
    const offsets = this.#numbered(batch);
    return { rows, select, key: this.#plan.key(columns), value: this.#plan.value(columns), timestamps, failures, offsets, fatal };
  }

  close(): void {
    this.#reader.close();
  }

  #numbered({ rows, lines }: CsvBatch): Float64Array {
    if (this.#offsets.length < rows) this.#offsets = new Float64Array(rows);
    for (let row = 0; row < rows; row++) this.#offsets[row] = (lines[row] as number) - this.#base;
    return this.#offsets.subarray(0, rows);
  }
}

/** A file without a row, so without columns either. */
class EmptyFile implements RowReader {
  readonly #reader: CsvReader;

  constructor(reader: CsvReader) {
    this.#reader = reader;
  }

  get line(): number {
    return this.#reader.line;
  }

  lineOf(offset: number): number {
    return offset;
  }

  resume(): Promise<void> {
    return Promise.resolve();
  }

  read(): Promise<null> {
    return Promise.resolve(null);
  }

  close(): void {
    this.#reader.close();
  }
}

/** A Timestamp column as epoch milliseconds; NaN where there is none, as in rows that failed. */
function epochMs(column: Column, rows: number): Float64Array {
  if (column.kind === "numbers") return column.data.subarray(0, rows);
  const timestamps = new Float64Array(rows).fill(NaN);
  if (column.kind !== "values") return timestamps;
  for (let row = 0; row < rows; row++) {
    const value = column.data[row];
    if (value instanceof Date) timestamps[row] = value.getTime();
  }
  return timestamps;
}
