import { type Column, DataError, type Region } from "sdk";
import type { CsvBatch, CsvFormat, WantedColumn } from "../csv_reader.ts";
import { compileTimes } from "../text_to_types.ts";
import type { Cells } from "../../cells/cells.ts";
import { type ColumnReader, columnReader } from "./column_readers.ts";
import type { Dialect } from "./dialect.ts";
import { cellError, RowFailures } from "./row_failures.ts";
import type { RowTable } from "./scanner.ts";

const BYTE_ORDER_MARK = "\ufeff";
const NULL_COLUMN: Column = { kind: "constant", value: null };

/** What `read` gives, once names and wanted columns are known. */
export interface BoundColumns {
  /** Cells kept of each row. */
  readonly width: number;
  batch(table: RowTable, region: Region, fatal: Error | null): CsvBatch;
}

/** A wanted column that the file has. */
interface Binding extends WantedColumn {
  /** Among the wanted columns. */
  readonly index: number;
  /** Among the columns of the file. */
  readonly position: number;
  readonly read: ColumnReader;
}

/** Fits wanted columns to the columns of the file. `baseLine`: physical lines before the first row of data. */
export function bindColumns(
  names: readonly string[],
  wanted: readonly WantedColumn[],
  format: CsvFormat,
  dialect: Dialect,
  baseLine: number,
): BoundColumns {
  const times = compileTimes(format);
  const bindings = wanted
    .map((column, index): Binding => ({
      ...column,
      index,
      position: positionOf(column.name, names),
      read: columnReader(column.schema, times),
    }))
    .filter((binding) => binding.position >= 0)
    // Column by column as they stand in the file: of several faults in a row the first is reported.
    .sort((a, b) => a.position - b.position);
  return {
    width: Math.max(1, names.length),
    batch(table, region, fatal) {
      const failures = new RowFailures();
      for (const [row, cells] of table.short) failures.add(row, shortRow(table.lines[row] as number, cells, names.length));
      const columns = wanted.map(() => NULL_COLUMN);
      for (const { index, position, name, schema, read } of bindings) {
        const fail = (row: number, cause: Error) =>
          failures.add(row, cellError(name, schema, position, table.lines[row] as number, baseLine, cause));
        const cells: Cells = { table, region, form: dialect.form, position, schema, fail };
        columns[index] = read(cells);
      }
      const lines = table.lines.subarray(0, table.rows);
      return { rows: table.rows, columns, select: failures.others(table.rows), failures: failures.list(), lines, fatal };
    },
  };
}

/** The last column of that name, -1 for none. A byte order mark before the first name does not hide it. */
function positionOf(name: string, names: readonly string[]): number {
  const position = names.lastIndexOf(name);
  return position < 0 && names[0] === BYTE_ORDER_MARK + name ? 0 : position;
}

function shortRow(line: number, cells: number, columns: number): DataError {
  // The first half is Java's text.
  return new DataError(`Index ${cells} out of bounds for length ${cells}: the row in line ${line} has ${cells} of ${columns} columns`, {
    javaClass: "java.lang.ArrayIndexOutOfBoundsException",
  });
}
