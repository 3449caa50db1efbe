/** Choosing live rows of a batch. Nothing is written into a batch that was given: what comes back shares its columns. */
import { liveRow, liveRows, type RecordBatch } from "./batch.ts";

/** The batch with only those live rows for which `keep` holds; the batch itself when all stay. */
export function keepRows(batch: RecordBatch, keep: (row: number) => boolean): RecordBatch {
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
export function withoutFailures(batch: RecordBatch): RecordBatch {
  if (batch.failures.length === 0) return batch;
  const failed = new Uint8Array(batch.rows);
  for (const { row } of batch.failures) failed[row] = 1;
  return keepRows(batch, (row) => failed[row] === 0);
}

/** The batch with the live rows from the `from`-th up to, not including, the `to`-th. */
export function sliceLive(batch: RecordBatch, from: number, to: number): RecordBatch {
  if (from === 0 && to === liveRows(batch)) return batch;
  return { ...batch, select: Int32Array.from({ length: to - from }, (_, i) => liveRow(batch, from + i)) };
}
