/** Texts of one column as a reader found them, on their way to typed columns: what CSV files and databases have in common. */
import { Buffer } from "node:buffer";
import { ConnectError, type Form, type Region, type Schema, type Value } from "sdk";

/** Where the cells of a batch lie in its region. */
export interface CellTable {
  /** Cells per row. */
  readonly columns: number;
  readonly rows: number;
  /** Row-major pairs of start and end (exclusive), `2 * columns` entries per row; start -1 = null. */
  readonly at: Int32Array;
  /** ESCAPED and NON_ASCII, per row. */
  readonly flags: Uint8Array;
}

/** The cells of one column of a batch. */
export interface Cells {
  readonly table: CellTable;
  readonly region: Region;
  readonly form: Form;
  /** Of the column, from 0. */
  readonly position: number;
  readonly schema: Schema;
  /** Takes a row out because its cell does not become a value. Who reads the cells words the failure. */
  fail(row: number, cause: Error): void;
}

/** Turns the text of a cell into a value; throws a DataError that names text and type. */
export type TextParser = (text: string) => Value;

/** Text of the cell, null for a null cell. */
export function cellText({ table, region, form, position }: Cells, row: number): string | null {
  const entry = 2 * (row * table.columns + position);
  const start = table.at[entry] as number;
  if (start < 0) return null;
  const text = Buffer.from(region.bytes.buffer, start, (table.at[entry + 1] as number) - start).toString("utf8");
  return form === "csv" && text.includes('""') ? text.replaceAll('""', '"') : text;
}

/** Takes the row out because a required value is missing. */
export function failNull(cells: Cells, row: number): void {
  cells.fail(row, new ConnectError("schema is not optional so input cannot be null.", { javaClass: "java.lang.NullPointerException" }));
}
