import { type Column, DataError, type Schema } from "sdk";
import type { Cells } from "../../cells/cells.ts";

/** Makes a column of the cells of one page. Its memory is used again by the next call. */
export type ColumnReader = (cells: Cells) => Column;

/** Why a cell's text is no value of its type. Tells apart what the database has and Connect has not. */
export function unfit(text: string, schema: Schema | string): DataError {
  const type = typeof schema === "string" ? schema : schema.toString();
  return new DataError(`Cannot read "${text}" as ${type}: Kafka Connect has no such value`);
}

/** The text of a cell that is not null, for a message. */
export function cellOf({ table, region, position }: Cells, row: number): string {
  const entry = 2 * (row * table.columns + position);
  return new TextDecoder().decode(region.bytes.subarray(table.at[entry], table.at[entry + 1]));
}
