import { Buffer } from "node:buffer";
import { ConnectError, DataError, type Region, type Schema } from "sdk";
import type { CsvFailure } from "../csv_reader.ts";
import type { Dialect } from "./dialect.ts";
import type { RowTable } from "./scanner.ts";

/** Rows of a batch that did not parse: the first failure of each. */
export class RowFailures {
  readonly #errors = new Map<number, DataError>();

  add(row: number, error: DataError): void {
    if (!this.#errors.has(row)) this.#errors.set(row, error);
  }

  /** In row order. */
  list(): CsvFailure[] {
    return [...this.#errors].map(([row, error]) => ({ row, error })).sort((a, b) => a.row - b.row);
  }

  /** The rows that did parse, null when all did. */
  others(rows: number): Int32Array | null {
    if (this.#errors.size === 0) return null;
    const select = new Int32Array(rows - this.#errors.size);
    let count = 0;
    for (let row = 0; row < rows; row++) if (!this.#errors.has(row)) select[count++] = row;
    return select;
  }
}

/** The cells of one column of a batch. */
export interface Cells {
  readonly table: RowTable;
  readonly region: Region;
  readonly dialect: Dialect;
  /** Of the column, from 0. */
  readonly position: number;
  readonly field: string;
  readonly schema: Schema;
  /** Physical lines before the first row of data. */
  readonly baseLine: number;
  readonly failures: RowFailures;
}

/** Text of the cell, null for a null cell. */
export function cellText(cells: Cells, row: number): string | null {
  const { table, region, dialect, position } = cells;
  const entry = 2 * (row * table.columns + position);
  const start = table.at[entry] as number;
  if (start < 0) return null;
  const text = Buffer.from(region.bytes.buffer, start, (table.at[entry + 1] as number) - start).toString("utf8");
  return dialect.form === "csv" && text.includes('""') ? text.replaceAll('""', '"') : text;
}

/** Takes the row out because its cell does not become a value. The texts are connect-utils' and SpoolDir 2.0.65's. */
export function failCell(cells: Cells, row: number, cause: Error): void {
  const { field, schema, position, baseLine, table } = cells;
  const line = table.lines[row] as number;
  const type = schema.name === undefined ? schema.type : `${schema.type} (${schema.name})`;
  const where = `in the file: line ${line}, column ${position + 1}, ${type} expected`;
  const message = `Exception thrown while parsing data for '${field}'. linenumber=${line - baseLine} (${where})`;
  cells.failures.add(row, new DataError(message, { cause }));
}

/** Takes the row out because a required value is missing. */
export function failNull(cells: Cells, row: number): void {
  const cause = new ConnectError("schema is not optional so input cannot be null.", { javaClass: "java.lang.NullPointerException" });
  failCell(cells, row, cause);
}
