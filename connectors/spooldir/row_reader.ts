import type { DataError, Side } from "sdk";
import type { SpoolFile } from "./spool_file.ts";

/** A row that could not be read. */
export interface UnreadableRow {
  readonly row: number;
  readonly error: DataError;
}

/** Rows of a file, and where each stands in it. Valid until the next call of the reader. */
export interface RowBatch {
  readonly rows: number;
  /** Readable rows, or null when all are. */
  readonly select: Int32Array | null;
  readonly key: Side;
  readonly value: Side;
  /** Timestamps the rows themselves give, epoch milliseconds; null: they give none. */
  readonly timestamps: Float64Array | null;
  readonly failures: readonly UnreadableRow[];
  /** Number of each row in its file: what `resume` takes, what the offset and the header file.offset hold. */
  readonly offsets: Float64Array;
  /** Why the file cannot be read beyond these rows; the next `read` throws it. */
  readonly fatal: Error | null;
}

/** An open file, read front to back. What it throws fails the file, never the task's other files. */
export interface RowReader {
  /** Physical lines of the file consumed so far. */
  readonly line: number;
  /** The physical line of the row with this number. */
  lineOf(offset: number): number;
  /** Drops the rows up to and with the one of this number. Called once, before `read`. */
  resume(offset: number): Promise<void>;
  /** At most `maxRows` rows, or null at the true end of the file. */
  read(maxRows: number): Promise<RowBatch | null>;
  close(): void;
}

/** What a connector adds to the common core: how its files become rows. */
export interface FileFormat {
  open(file: SpoolFile): Promise<RowReader>;
}
