import { DataError } from "sdk";
import type { RowBatch, UnreadableRow } from "./row_reader.ts";

/** The rows that can be sent, with the timestamps they are sent with. */
export interface StampedRows {
  readonly select: Int32Array | null;
  readonly timestamps: Float64Array | null;
  readonly failures: readonly UnreadableRow[];
}

/** Timestamps of a batch: the given one for all rows (the file's), or those of the rows; Kafka takes none before 1970, so such rows fail. */
export function withTimestamps(batch: RowBatch, fixed: number | null, lineOf: (offset: number) => number): StampedRows {
  if (fixed !== null) return { select: batch.select, timestamps: new Float64Array(batch.rows).fill(fixed), failures: batch.failures };
  const timestamps = batch.timestamps;
  if (timestamps === null || !hasNegative(batch, timestamps)) return { select: batch.select, timestamps, failures: batch.failures };
  const live: number[] = [];
  const failures = [...batch.failures];
  for (const row of batch.select ?? timestamps.subarray(0, batch.rows).keys()) {
    if ((timestamps[row] as number) >= 0) live.push(row);
    else {
      const offset = batch.offsets[row] as number;
      failures.push({ row, error: negative(timestamps[row] as number, offset, lineOf(offset)) });
    }
  }
  return { select: Int32Array.from(live), timestamps, failures };
}

function hasNegative(batch: RowBatch, timestamps: Float64Array): boolean {
  const live = batch.select?.length ?? batch.rows;
  for (let i = 0; i < live; i++) {
    const row = batch.select === null ? i : batch.select[i] as number;
    if (!((timestamps[row] as number) >= 0)) return true;
  }
  return false;
}

/** The number in the reference's text counts from the first row; the line is what an editor shows. */
function negative(timestamp: number, offset: number, line: number): DataError {
  const message = `Invalid timestamp: ${timestamp}. Timestamp should always be non-negative or null. linenumber=${offset}`;
  return new DataError(`${message} (in the file: line ${line})`, { javaClass: "java.lang.IllegalArgumentException" });
}
