/** One file on its way into Kafka: its flag, its reader, and what is known of its records. */
import { DataError, type HeaderColumn, type RecordBatch, type RowFailure, type TaskLog } from "sdk";
import type { FileHeaders } from "./file_headers.ts";
import type { FileIdentity } from "./file_identity.ts";
import type { ProcessingFlag } from "./processing_flag.ts";
import type { RowBatch, RowReader } from "./row_reader.ts";
import { isUnchanged, lookAgain, type SpoolFile } from "./spool_file.ts";
import { offsetAt, partitionOf } from "./stored_offset.ts";
import type { StampedRows } from "./timestamps.ts";

/** What is to become of a file. `changed`: it was written to while it was read, and will be listed again. */
export type Outcome = "finished" | "failed" | "changed";

/** What every batch of a task has in common. */
export interface BatchSettings {
  readonly topic: string;
  /** Java class name, for failures. */
  readonly component: string;
}

/** Lines of skipped rows that are kept for the log. */
const MAX_SKIPPED_LINES = 10;
const NO_HEADERS: readonly HeaderColumn[] = [];

/** A file that has been flagged. The task owns it until it is settled: flag removed, reader closed. */
export class OpenFile {
  readonly flag: ProcessingFlag;
  readonly startedAt: number;
  reader: RowReader | undefined;
  identity: FileIdentity | undefined;
  headers: FileHeaders | undefined;
  /** Set once nothing more will be read. */
  outcome: Outcome | undefined;
  /** Batches handed out and not yet acknowledged. */
  outstanding = 0;
  /** Rows handed out. */
  rows = 0;
  /** Rows that were tolerated as unreadable, and the physical lines of the first of them. */
  skipped = 0;
  readonly skippedLines: number[] = [];
  /** Number of the last row handed out, or resumed behind; -1 before the first. */
  offset = -1;
  /** Why the file failed. */
  error: unknown;
  /** The error is of one row, and those behind it could be read. */
  isOneRow = false;
  /** Physical line of the row at fault, as the errors' texts have it; undefined when the file failed before its rows. */
  faultLine: number | undefined;
  /** Where the file was put when it had failed. */
  movedTo: string | undefined;
  /** The file was deleted while it was read. */
  isGone = false;
  /** Attempts to move it away that failed, and when to try again. */
  attempts = 0;
  retryAt = 0;

  constructor(readonly file: SpoolFile, flag: ProcessingFlag, startedAt: number) {
    this.flag = flag;
    this.startedAt = startedAt;
  }

  /** The physical line of a row. */
  lineOf(offset: number): number {
    return this.reader?.lineOf(offset) ?? offset;
  }

  /** Closes the reader; no more rows come. */
  end(outcome: Outcome): void {
    this.close();
    this.outcome = outcome;
  }

  close(): void {
    this.reader?.close();
    this.reader = undefined;
  }

  /** Closes the file and takes the flag away; the file stays where it is, free for the next reader. */
  async release(log: TaskLog): Promise<void> {
    this.end("changed");
    await this.removeFlag(log);
  }

  async removeFlag(log: TaskLog): Promise<void> {
    try {
      await this.flag.remove();
    } catch (error) {
      // A flag left behind is taken over once its reader is gone; the file itself is safe.
      log.warn("Cannot remove a processing flag", { file: this.file.path, reason: String(error) });
    }
  }

  /** Whether somebody wrote to the file since it was opened. One that was deleted is read on: the system keeps it until it is closed. */
  async hasChanged(log: TaskLog): Promise<boolean> {
    if (this.isGone) return false;
    try {
      return !isUnchanged(this.file, await lookAgain(this.file));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      this.isGone = true;
      log.error("A file was deleted while it was read: what could be read of it is sent, and there is nothing to move", {
        file: this.file.path,
      });
      return false;
    }
  }

  /** The rows as records. Counted as handed out; the batch's token is this file. */
  batch(rows: RowBatch, stamped: StampedRows, settings: BatchSettings): RecordBatch {
    const identity = this.identity;
    if (identity === undefined) throw new Error(`Cannot make records of '${this.file.path}' before it is identified`);
    const { select, timestamps, failures } = stamped;
    const last = rows.rows - 1;
    const lastOffset = rows.offsets[last] ?? this.offset;
    this.outstanding++;
    this.rows += rows.rows - failures.length;
    this.skipped += failures.length;
    for (const { row } of failures.slice(0, MAX_SKIPPED_LINES - this.skippedLines.length)) {
      this.skippedLines.push(this.lineOf(rows.offsets[row] as number));
    }
    this.offset = lastOffset;
    return {
      rows: rows.rows,
      select,
      topic: settings.topic,
      partition: -1,
      timestamps,
      key: rows.key,
      value: rows.value,
      headers: this.headers?.withOffsets(rows.offsets) ?? NO_HEADERS,
      // Invariant 1: an offset names the row it stands behind. The last one's is kept, as the reader reuses its arrays.
      position: {
        partition: partitionOf(this.file),
        offset: (row) => offsetAt(row === last ? lastOffset : rows.offsets[row] ?? lastOffset, identity),
      },
      failures: failures.map((failure): RowFailure => ({
        row: failure.row,
        stage: "TASK_POLL",
        component: settings.component,
        error: rowError(failure.error, this.file),
      })),
      token: this,
    };
  }
}

/** An unreadable row's error, with its file. */
export function rowError(error: DataError, file: SpoolFile): DataError {
  return new DataError(`${error.message} (file '${file.path}')`, { cause: error, javaClass: error.javaClass });
}

/** An error and its causes in one line, for the log. */
export function reasonOf(error: unknown): string {
  const reasons: string[] = [];
  for (let at: unknown = error; at !== undefined && at !== null; at = at instanceof Error ? at.cause : undefined) reasons.push(String(at));
  return reasons.join(", because of ");
}
