/** Rows of several batches as one set of columns, so that a statement can hold rows of all of them. */
import {
  allocateRegion,
  type Column,
  isNullAt,
  type NumberColumn,
  type Schema,
  type SliceColumn,
  SPARE_BYTES,
  type Value,
  valueAt,
} from "sdk";

/** Chosen rows of one batch. */
export interface ChosenRows {
  readonly columns: readonly Column[];
  readonly rows: Int32Array;
}

/** The chosen rows one behind the other, numbered from 0. Bytes are copied. */
export function concatColumns(parts: readonly ChosenRows[], schemas: readonly Schema[]): readonly Column[] {
  const total = parts.reduce((sum, part) => sum + part.rows.length, 0);
  return schemas.map((schema, c) => {
    const columns = parts.map((part) => part.columns[c] as Column);
    const [first] = columns;
    if (first?.kind === "numbers" && columns.every((column) => column.kind === "numbers")) return concatNumbers(parts, columns, total);
    if (first?.kind === "slices" && columns.every((column) => isLike(column, first))) {
      return concatSlices(parts, columns as SliceColumn[], first, total);
    }
    if (first?.kind === "constant" && columns.every((column) => column.kind === "constant" && column.value === first.value)) return first;
    return concatValues(parts, columns, schema, total);
  });
}

function isLike(column: Column, first: SliceColumn): boolean {
  return column.kind === "slices" && column.form === first.form && column.checked === first.checked && first.form !== "csv";
}

function concatNumbers(parts: readonly ChosenRows[], columns: readonly NumberColumn[], total: number): Column {
  const data = new Float64Array(total);
  const nulls = columns.some((column) => column.nulls !== null) ? new Uint8Array(total) : null;
  let to = 0;
  parts.forEach(({ rows }, p) => {
    const column = columns[p] as NumberColumn;
    for (let i = 0; i < rows.length; i++, to++) {
      const row = rows[i] as number;
      data[to] = column.data[row] as number;
      if (nulls !== null && column.nulls !== null) nulls[to] = column.nulls[row] as number;
    }
  });
  return { kind: "numbers", data, nulls };
}

function concatSlices(parts: readonly ChosenRows[], columns: readonly SliceColumn[], like: SliceColumn, total: number): Column {
  const region = allocateRegion(parts.reduce((sum, { rows }, p) => sum + sizeOf(columns[p] as SliceColumn, rows), 0));
  const at = new Int32Array(total * 2);
  const flags = new Uint8Array(total);
  let to = 0;
  parts.forEach(({ rows }, p) => {
    const column = columns[p] as SliceColumn;
    const from = column.region.bytes;
    for (let i = 0; i < rows.length; i++, to++) {
      const row = rows[i] as number;
      const cell = column.first + row * column.stride;
      const start = column.at[cell] as number;
      flags[to] = column.flags[row] as number;
      at[to * 2] = start < 0 ? -1 : region.used;
      if (start >= 0) region.used = copied(from, start, column.at[cell + 1] as number, region.bytes, region.used);
      at[to * 2 + 1] = region.used;
    }
  });
  return { kind: "slices", region, at, first: 0, stride: 2, form: like.form, flags, checked: like.checked };
}

function sizeOf(column: SliceColumn, rows: Int32Array): number {
  let size = 0;
  for (let i = 0; i < rows.length; i++) {
    const cell = column.first + (rows[i] as number) * column.stride;
    const start = column.at[cell] as number;
    if (start >= 0) size += (column.at[cell + 1] as number) - start;
  }
  return size;
}

/** Copies a slice; returns the place after it. Short ones are quicker byte by byte. */
function copied(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  if (end - start > SPARE_BYTES * 8) to.set(from.subarray(start, end), at);
  else for (let i = start, o = at; i < end; i++, o++) to[o] = from[i] as number;
  return at + end - start;
}

function concatValues(parts: readonly ChosenRows[], columns: readonly Column[], schema: Schema, total: number): Column {
  const data: Value[] = new Array(total);
  let to = 0;
  parts.forEach(({ rows }, p) => {
    const column = columns[p] as Column;
    for (const row of rows) data[to++] = isNullAt(column, row) ? null : valueAt(column, schema, row);
  });
  return { kind: "values", data };
}
