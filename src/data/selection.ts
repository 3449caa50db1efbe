/** Choosing live rows of a batch. Nothing is written into a batch that was given: what comes back shares its columns. */
import { type Batch, liveRow, liveRows } from "./batch.ts";
import type { Column, Side } from "./column.ts";

/** The batch with only those live rows for which `keep` holds; the batch itself when all stay. */
export function keepRows<B extends Batch>(batch: B, keep: (row: number) => boolean): B {
  const live = liveRows(batch);
  const select = new Int32Array(live);
  let kept = 0;
  for (let i = 0; i < live; i++) {
    const row = liveRow(batch, i);
    if (keep(row)) select[kept++] = row;
  }
  return kept === live ? batch : { ...batch, select: select.slice(0, kept) };
}

/** The batch without the rows that are in its `failures`, which it keeps. */
export function withoutFailures<B extends Batch>(batch: B): B {
  if (batch.failures.length === 0) return batch;
  const failed = new Uint8Array(batch.rows);
  for (const { row } of batch.failures) failed[row] = 1;
  return keepRows(batch, (row) => failed[row] === 0);
}

/** The batch with the live rows from the `from`-th up to, not including, the `to`-th. */
export function sliceLive<B extends Batch>(batch: B, from: number, to: number): B {
  if (from === 0 && to === liveRows(batch)) return batch;
  return { ...batch, select: Int32Array.from({ length: to - from }, (_, i) => liveRow(batch, from + i)) };
}

/** Rows `from` up to, not including, `to` of a side, as rows 0 and on; cells stay where they are. `rows`: how many the side has. */
export function sliceSide(side: Side, rows: number, from: number, to: number): Side {
  if (from === 0 && to === rows) return side;
  const columns = side.columns.map((column) => sliceColumn(column, from, to));
  const { absent } = side;
  return absent === undefined || absent === null ? { ...side, columns } : { ...side, columns, absent: absent.subarray(from, to) };
}

function sliceColumn(column: Column, from: number, to: number): Column {
  switch (column.kind) {
    case "constant":
      return column;
    case "values":
      return { kind: "values", data: column.data.slice(from, to) };
    case "numbers":
      return { kind: "numbers", data: column.data.subarray(from, to), nulls: column.nulls?.subarray(from, to) ?? null };
    case "slices":
      return { ...column, first: column.first + from * column.stride, flags: column.flags.subarray(from, to) };
  }
}
