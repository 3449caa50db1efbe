import { type Column, decimalScale, type Schema } from "sdk";
import { parserOf, textKind, type TimeFormats } from "../text_to_types.ts";
import type { Cells } from "../../cells/cells.ts";
import { textColumn, values } from "../../cells/exact_columns.ts";
import { booleanReader, decimalReader, floatReader, integerReader } from "../../cells/number_columns.ts";
import { timeReader } from "./time_columns.ts";

/** Turns the cells of a column into the column's values; takes out the rows that do not parse. What it gives lasts until its next call. */
export type ColumnReader = (cells: Cells) => Column;

/** The reader for a schema. */
export function columnReader(schema: Schema, times: TimeFormats): ColumnReader {
  const parse = parserOf(schema, times);
  switch (textKind(schema)) {
    case "STRING":
      return textColumn;
    case "INT8":
      return integerReader(8, parse);
    case "INT16":
      return integerReader(16, parse);
    case "INT32":
      return integerReader(32, parse);
    case "INT64":
      return integerReader(64, parse);
    case "FLOAT32":
      return floatReader(32, parse);
    case "FLOAT64":
      return floatReader(64, parse);
    case "BOOLEAN":
      return booleanReader();
    case "Decimal":
      return decimalReader(decimalScale(schema), parse);
    case "Date":
      return timeReader(times, true, parse);
    case "Time":
    case "Timestamp":
      return timeReader(times, false, parse);
    default:
      return (cells) => values(cells, parse);
  }
}
