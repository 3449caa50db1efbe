/** Columns without a kernel of their own: text that stays where it is, and values by way of strings. */
import type { SliceColumn, Value, ValueColumn } from "sdk";
import { type Cells, cellText, failNull, type TextParser } from "./cells.ts";

/** The cells as they stand in the region. */
export function slices(cells: Cells, checked: SliceColumn["checked"]): SliceColumn {
  const { table, region, form, position } = cells;
  return {
    kind: "slices",
    region,
    at: table.at,
    first: 2 * position,
    stride: 2 * table.columns,
    form,
    flags: table.flags,
    checked,
  };
}

/** Text, whose only fault can be that it is missing. */
export function textColumn(cells: Cells): SliceColumn {
  const { table, position } = cells;
  if (!cells.schema.optional) {
    for (let row = 0; row < table.rows; row++) {
      if ((table.at[2 * (row * table.columns + position)] as number) < 0) failNull(cells, row);
    }
  }
  return slices(cells, null);
}

/** Any type: the twin of the kernels, and the way for values they have no room for. */
export function values(cells: Cells, parse: TextParser): ValueColumn {
  const data: Value[] = [];
  for (let row = 0; row < cells.table.rows; row++) data.push(exactValue(cells, row, parse));
  return { kind: "values", data };
}

/** The value of one cell; null, with the failure noted, when it has none. */
export function exactValue(cells: Cells, row: number, parse: TextParser): Value {
  const text = cellText(cells, row);
  if (text === null) {
    if (!cells.schema.optional) failNull(cells, row);
    return null;
  }
  try {
    return parse(text);
  } catch (error) {
    cells.fail(row, error instanceof Error ? error : new Error(String(error)));
    return null;
  }
}
