/** What becomes of rows that fail: `errors.tolerance`, `errors.log.*` and `errors.retry.*` (Kafka Connect 4, RetryWithToleranceOperator). */
import { backoffMs } from "../base/backoff.ts";
import type { RecordBatch, RowFailure, Stage } from "../data/batch.ts";
import type { Logger } from "../base/log.ts";
import { recordAt } from "../data/row_view.ts";
import { ConnectError } from "../sdk/errors.ts";
import type { HostClock } from "./ports.ts";
import { recordText } from "./record_text.ts";
import type { ErrorSettings } from "./task_settings.ts";
import { traceOf } from "./trace.ts";

/** First pause before a retry (Kafka Connect 4, RetryWithToleranceOperator). */
const FIRST_RETRY_MS = 300;

/** What `task-error-metrics` counts. */
export interface ErrorCounters {
  /** Every failed attempt. */
  failures: number;
  /** Every operation that ended failed. */
  errors: number;
  skipped: number;
  retries: number;
  logged: number;
  /** Milliseconds since the epoch; 0 = never. */
  lastErrorAt: number;
}

/** The end of a task under tolerance `none`: rows before `row` are still to be sent. */
export interface Verdict {
  readonly row: number;
  readonly error: ConnectError;
}

/** What failed rows were, for who hears of them. */
export interface FailureOrigin {
  /** Goes into the log line behind the class, when `errors.log.include.messages` says so. */
  details(row: number): string;
  /** Hands the record to the dead letter queue. */
  readonly deadLetter?: ((failure: RowFailure) => void) | undefined;
}

/** The stage of records that a sink task refuses through its reporter, and what Kafka Connect 4 names as the class. */
const PUT = { stage: "TASK_PUT", component: "org.apache.kafka.connect.sink.SinkTask" } as const;

export interface ErrorPolicyOptions {
  readonly settings: ErrorSettings;
  /** `name-N`, as log lines of Kafka Connect name the task. */
  readonly taskId: string;
  readonly log: Logger;
  readonly clock: HostClock;
}

/** Judges failures of one task. */
export class ErrorPolicy {
  readonly counters: ErrorCounters = { failures: 0, errors: 0, skipped: 0, retries: 0, logged: 0, lastErrorAt: 0 };
  readonly #options: ErrorPolicyOptions;

  constructor(options: ErrorPolicyOptions) {
    this.#options = options;
  }

  /** Takes in the failures of a source's converted batch: undefined when the rest may go on, else what ends the task. */
  judge(batch: RecordBatch): Verdict | undefined {
    return this.judgeRows(batch.failures, { details: (row) => `, where source record is = ${shownRecord(batch, row)}` });
  }

  /** `judge` for failures of any origin. Rows are reported in their order. */
  judgeRows(all: readonly RowFailure[], origin: FailureOrigin): Verdict | undefined {
    const failures = firstPerRow(all);
    const [first] = failures;
    if (first === undefined) return undefined;
    if (this.#options.settings.tolerance === "all") {
      for (const failure of failures) {
        this.#count();
        this.#skip(origin);
        this.#report(failure, origin);
      }
      return undefined;
    }
    this.#count();
    this.#report(first, origin);
    return { row: first.row, error: exceeded(first.error) };
  }

  /** Takes in a row that a sink task refused (Kafka Connect 4, WorkerErrantRecordReporter): undefined when that is tolerated, else what ends the task. */
  judgeRefused(row: number, error: Error, origin: FailureOrigin): ConnectError | undefined {
    this.#count();
    this.#report({ row, ...PUT, error }, origin);
    return this.#options.settings.tolerance === "all" ? undefined : exceeded(error);
  }

  /** Takes in a record that Kafka refused: whether it is tolerated. Its bytes are gone, so the log line names no record. */
  toleratesUndelivered(error: Error): boolean {
    this.#count();
    if (this.#options.settings.tolerance === "none") return false;
    this.#skip({});
    this.#log("KAFKA_PRODUCE", "org.apache.kafka.connect.runtime.WorkerSourceTask", error, "");
    return true;
  }

  /** The pause before retry `attempt` (from 1) of a conversion first tried at `startedAt`; undefined when it is to be given up. */
  retryDelayMs(attempt: number, startedAt: number): number | undefined {
    const { settings, clock } = this.#options;
    const left = settings.retryTimeoutMs < 0 ? Infinity : startedAt + settings.retryTimeoutMs - clock.now();
    if (left <= 0) return undefined;
    this.counters.failures++;
    this.counters.retries++;
    return Math.min(backoffMs(attempt, { initialMs: FIRST_RETRY_MS, maxMs: settings.retryMaxDelayMs }), left);
  }

  #count(): void {
    this.counters.failures++;
    this.counters.errors++;
    this.counters.lastErrorAt = this.#options.clock.now();
  }

  /** Kafka Connect says nothing unless errors.log.enable is set. One line is enough to know that something is missing. */
  #skip({ deadLetter }: Pick<FailureOrigin, "deadLetter">): void {
    const { settings, log } = this.#options;
    if (this.counters.skipped === 0 && !settings.logErrors && deadLetter === undefined) {
      log.warn("A record was skipped, as errors.tolerance=all says; more may follow unsaid. errors.log.enable=true tells of each");
    }
    this.counters.skipped++;
  }

  #report(failure: RowFailure, origin: FailureOrigin): void {
    const { settings } = this.#options;
    const { row, stage, component, error } = failure;
    if (settings.logErrors) this.#log(stage, component, error, settings.logRecords ? origin.details(row) : "");
    origin.deadLetter?.(failure);
  }

  /** LogReporter of Kafka Connect 4, its words. The record's text only stands there when the user asked for it. */
  #log(stage: Stage, component: string, error: Error, details: string): void {
    const { settings, log, taskId } = this.#options;
    if (!settings.logErrors) return;
    this.counters.logged++;
    const line = `Error encountered in task ${taskId}. Executing stage '${stage}' with class '${component}'${details}.`;
    log.error(`${line}\n${traceOf(error).trimEnd()}`);
  }
}

/** The error a task ends with when a row failed and none may. */
export function exceeded(cause: Error): ConnectError {
  return new ConnectError("Tolerance exceeded in error handler", { cause });
}

/** A row may be so broken that not even its record can be made; the report of its failure must not fail for that. */
function shownRecord(batch: RecordBatch, row: number): string {
  try {
    return recordText(recordAt(batch, row));
  } catch (error) {
    return `(cannot be shown: ${error})`;
  }
}

/** A row that failed in two stages failed in the first: Kafka Connect stops there. Stages append in order. The rows come sorted. */
function firstPerRow(failures: readonly RowFailure[]): readonly RowFailure[] {
  if (failures.length < 2) return failures;
  const byRow = new Map<number, RowFailure>();
  for (const failure of failures) if (!byRow.has(failure.row)) byRow.set(failure.row, failure);
  return [...byRow.values()].sort((a, b) => a.row - b.row);
}
