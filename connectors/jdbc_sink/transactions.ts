/** Carrying out the steps of a `put` in one transaction: at once, or carefully when some row is known to be bad. */
import { ConnectError, RetriableError } from "sdk";
import type { RowWriter, Session } from "../sql/dialect.ts";
import { SqlError } from "../sql/sql_error.ts";
import { type Call, callsOf } from "./calls.ts";
import type { Settings } from "./settings.ts";
import { type FailedRow, failedRow } from "./write_failure.ts";
import type { Step } from "./write_plan.ts";

/** Rows behind one savepoint: few enough that halving them for a bad one costs little, many enough that good ones go quickly. */
const CAREFUL_ROWS = 1000;

/** Whether an error may be one row's fault: then looking for the row is worth it. */
export function mayBeOfRow(error: unknown): error is ConnectError {
  if (error instanceof SqlError) return error.kind === "data" || error.sqlState === CARDINALITY_VIOLATION;
  // A value that a dialect has no form for.
  return error instanceof ConnectError && !(error instanceof RetriableError);
}

/** "ON CONFLICT DO UPDATE command cannot affect row a second time": keys that only the database takes for equal; alone, each row goes well. */
const CARDINALITY_VIOLATION = "21000";

/** Everything in one transaction, which is left open: for the caller to commit or to roll back. */
export async function writeAll(session: Session, steps: readonly Step[], settings: Settings): Promise<void> {
  await session.begin();
  for (const step of steps) {
    for (const call of callsOf(step)) await writeRows(step.writer, call, 0, call.rows.length, settings);
  }
}

/** In statements of at most `batch.size` rows where the user asks for it. */
async function writeRows(writer: RowWriter, { columns, rows }: Call, from: number, to: number, { statementRows }: Settings): Promise<void> {
  for (let at = from; at < to; at += statementRows) await writer.write(columns, rows, at, Math.min(to, at + statementRows));
}

/** How carefully. */
export interface CarefulOptions {
  readonly settings: Settings;
  /** Whether an error is a row's; others are thrown. */
  readonly isOfRow: (error: unknown) => error is ConnectError;
  /** Stop at the first bad row: nobody takes it. */
  readonly stopsAtFirst: boolean;
}

/**
 * The same with a savepoint before every few rows. Rows that are refused are found by halving, and left out; the transaction is left open
 * for the caller to commit or to roll back.
 */
export async function writeCarefully(session: Session, steps: readonly Step[], options: CarefulOptions): Promise<readonly FailedRow[]> {
  const failed: FailedRow[] = [];
  await session.begin();
  for (const step of steps) {
    for (const call of callsOf(step)) {
      const search = new BadRows(session, step, call, options, failed);
      for (let from = 0; from < call.rows.length; from += CAREFUL_ROWS) {
        await search.write(from, Math.min(call.rows.length, from + CAREFUL_ROWS));
        if (options.stopsAtFirst && failed.length > 0) return failed;
      }
    }
  }
  return failed;
}

/** Looks for bad rows of one call. */
class BadRows {
  readonly #session: Session;
  readonly #step: Step;
  readonly #call: Call;
  readonly #options: CarefulOptions;
  readonly #failed: FailedRow[];

  constructor(session: Session, step: Step, call: Call, options: CarefulOptions, failed: FailedRow[]) {
    this.#session = session;
    this.#step = step;
    this.#call = call;
    this.#options = options;
    this.#failed = failed;
  }

  /** Writes what can be written of these rows, in order. */
  async write(from: number, to: number): Promise<void> {
    const error = await this.#try(from, to);
    if (error === null) return;
    if (to - from === 1) {
      this.#failed.push(failedRow(this.#step, this.#call, this.#call.rows[from] as number, error, this.#options.settings.trimsSensitive));
      return;
    }
    const middle = (from + to) >> 1;
    await this.write(from, middle);
    if (this.#options.stopsAtFirst && this.#failed.length > 0) return;
    await this.write(middle, to);
  }

  async #try(from: number, to: number): Promise<ConnectError | null> {
    await this.#session.savepoint();
    try {
      await writeRows(this.#step.writer, this.#call, from, to, this.#options.settings);
      return null;
    } catch (error) {
      if (!this.#options.isOfRow(error)) throw error;
      await this.#session.rollbackToSavepoint();
      return error;
    }
  }
}
