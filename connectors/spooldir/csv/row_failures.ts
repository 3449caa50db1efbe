import { DataError, type Schema } from "sdk";
import type { CsvFailure } from "../csv_reader.ts";

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

/** The failure of a cell, in connect-utils' and SpoolDir 2.0.65's words. `line`: of the file, from 1; `baseLine`: lines before the first row. */
export function cellError(field: string, schema: Schema, position: number, line: number, baseLine: number, cause: Error): DataError {
  const type = schema.name === undefined ? schema.type : `${schema.type} (${schema.name})`;
  const where = `in the file: line ${line}, column ${position + 1}, ${type} expected`;
  const message = `Exception thrown while parsing data for '${field}'. linenumber=${line - baseLine} (${where})`;
  return new DataError(message, { cause });
}
