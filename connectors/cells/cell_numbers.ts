/** Columns of numbers from cells of a fixed form: dates, times, flags. */
import type { Column } from "sdk";
import type { Cells } from "./cells.ts";
import { NumberBuffer } from "./number_columns.ts";

/** A number of the bytes of a cell; NaN = a fault. */
export type CellNumber = (bytes: Uint8Array, start: number, end: number) => number;
/** What is wrong with a cell, or what to take in its place: null, or a number. */
export type CellFault = (cells: Cells, row: number) => Error | number | null;

/** Reads cells of one form, a number each. What the reader gives lasts until its next call. */
export function numberReader(read: CellNumber, fault: CellFault): (cells: Cells) => Column {
  const buffer = new NumberBuffer();
  return (cells) => {
    const { table, region, position } = cells;
    const { at, rows } = table;
    const bytes = region.bytes;
    buffer.start(rows);
    const data = buffer.data;
    for (let row = 0, entry = 2 * position; row < rows; row++, entry += 2 * table.columns) {
      const start = at[entry] as number;
      if (start < 0) {
        buffer.addNull(cells, row);
        continue;
      }
      const value = read(bytes, start, at[entry + 1] as number);
      data[row] = value;
      if (value === value) continue;
      const found = fault(cells, row);
      if (typeof found === "number") data[row] = found;
      else if (found === null) buffer.addNull(cells, row);
      else {
        data[row] = 0;
        cells.fail(row, found);
      }
    }
    return buffer.column();
  };
}
