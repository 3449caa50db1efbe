import type { HeaderColumn, Side } from "./column.ts";
import type { SourceOffset, SourcePartition, TimestampType } from "./record.ts";

/** Where a record failed (Kafka Connect 4, runtime.errors.Stage). */
export type Stage =
  | "TASK_POLL"
  | "TRANSFORMATION"
  | "KEY_CONVERTER"
  | "VALUE_CONVERTER"
  | "HEADER_CONVERTER"
  | "KAFKA_PRODUCE"
  | "KAFKA_CONSUME"
  | "TASK_PUT";

/** One row that could not be read, transformed or converted; the error policy decides what becomes of it. */
export interface RowFailure {
  readonly row: number;
  readonly stage: Stage;
  /** Java class name of the executing component, for the log and dead letter queue headers. */
  readonly component: string;
  readonly error: Error;
}

/** Where the rows of a batch stand in their source partition. */
export interface BatchPosition {
  readonly partition: SourcePartition;
  /**
   * The offset to store once row `row` and all before it are acknowledged; null = none is stored. Asked once per batch, or per row by a
   * header or a transformation.
   */
  offset(row: number): SourceOffset | null;
}

/**
 * Rows of one schema on their way through a task, column by column: the one form records have in memory.
 * Valid until the next `poll()` (source) or until the `put()` it was given to has ended (sink): who needs it longer copies it.
 */
export interface Batch {
  /** Rows held, the dead ones included. */
  readonly rows: number;
  /** Live rows in order (indexes below `rows`), or null when all are live. */
  readonly select: Int32Array | null;
  /** One topic for all rows, or one per row. */
  readonly topic: string | readonly string[];
  /** Kafka partition of all rows, or per row; -1 = the producer's partitioner decides. */
  readonly partition: number | Int32Array;
  /** Epoch milliseconds per row; null: none has one, the producer stamps them. */
  readonly timestamps: Float64Array | null;
  readonly key: Side;
  readonly value: Side;
  readonly headers: readonly HeaderColumn[];
  /** Rows taken out of `select` because something failed. Appended to by kernels. */
  readonly failures: RowFailure[];
}

/** A batch on its way to Kafka. */
export interface RecordBatch extends Batch {
  readonly position: BatchPosition;
  /** Whatever the source wants back in `delivered()`. */
  readonly token?: unknown;
}

/**
 * A batch read from Kafka: consecutive records of one topic as they were consumed, of one or of several of its partitions, in
 * order within each. All rows that have a key share its schema, likewise the values; rows without one are marked in `Side.absent`.
 */
export interface SinkBatch extends Batch {
  /** Kafka's offset per row, whatever transformations did. */
  readonly offsets: Float64Array;
  readonly timestampType: TimestampType;
  /** Where the rows were read from; `topic` and `partition` are what transformations made of it. */
  readonly origin: { readonly topic: string; readonly partition: number | Int32Array };
}

/** Number of live rows. */
export function liveRows(batch: Batch): number {
  return batch.select === null ? batch.rows : batch.select.length;
}

/** Index of the i-th live row. */
export function liveRow(batch: Batch, i: number): number {
  return batch.select === null ? i : batch.select[i] as number;
}
