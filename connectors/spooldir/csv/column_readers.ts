import type { Column, Schema, SliceColumn, Value } from "sdk";
import { textParser, type TimeTexts } from "../text_to_types.ts";
import { type Cells, cellText, failCell, failNull } from "./cells.ts";

/** Turns the cells of a column into the column's values; takes out the rows that do not parse. */
export type ColumnReader = (cells: Cells) => Column;

/** The reader for a schema. */
export function columnReader(schema: Schema, times: TimeTexts): ColumnReader {
  if (schema.type === "STRING" && schema.name === undefined) return readText;
  const parse = textParser(schema, times);
  return (cells) => readValues(cells, parse);
}

/** Text stays where it is. */
function readText(cells: Cells): SliceColumn {
  if (!cells.schema.optional) failNulls(cells);
  return slices(cells, null);
}

function slices(cells: Cells, checked: SliceColumn["checked"]): SliceColumn {
  const { table, region, dialect, position } = cells;
  return {
    kind: "slices",
    region,
    at: table.at,
    first: 2 * position,
    stride: 2 * table.columns,
    form: dialect.form,
    flags: table.flags,
    checked,
  };
}

function failNulls(cells: Cells): void {
  const { table, position } = cells;
  for (let row = 0; row < table.rows; row++) {
    if ((table.at[2 * (row * table.columns + position)] as number) < 0) failNull(cells, row);
  }
}

/** Any type, by way of strings: the twin of the byte kernels, and the way for values they do not take. */
function readValues(cells: Cells, parse: (text: string) => Value): Column {
  const data: Value[] = [];
  for (let row = 0; row < cells.table.rows; row++) data.push(readValue(cells, row, parse));
  return { kind: "values", data };
}

function readValue(cells: Cells, row: number, parse: (text: string) => Value): Value {
  const text = cellText(cells, row);
  if (text === null) {
    if (!cells.schema.optional) failNull(cells, row);
    return null;
  }
  try {
    return parse(text);
  } catch (error) {
    failCell(cells, row, error instanceof Error ? error : new Error(String(error)));
    return null;
  }
}
