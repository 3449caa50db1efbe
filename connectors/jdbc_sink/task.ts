import { ConnectError, RetriableError, type SinkBatch, type SinkContext, type SinkTask } from "sdk";
import type { Session } from "../sql/dialect.ts";
import { SqlError } from "../sql/sql_error.ts";
import { Connection, type ConnectionParts } from "./connection.ts";
import { type Care, Planner, type WritePlan } from "./planner.ts";
import type { RefusedRow } from "./record_checks.ts";
import { Retries } from "./retries.ts";
import type { Settings } from "./settings.ts";
import { mayBeOfRow, writeAll, writeCarefully } from "./transactions.ts";
import { refusedStatement, shownReason } from "./write_failure.ts";

/** Writes what it is given in one transaction per `put`; when it returns, that is committed. */
export class JdbcSinkTask implements SinkTask {
  readonly #settings: Settings;
  readonly #context: SinkContext;
  readonly #connection: Connection;
  readonly #retries: Retries;
  readonly #equatesTexts: boolean;
  readonly #warned = new Set<string>();
  /** How far the attempt under way has come: what an error means depends on it. */
  #phase: "connecting" | "planning" | "writing" | "committing" | "committing all" = "connecting";
  /** The batches whose commit got no answer, by `shownBatches`. */
  #inDoubt: string | null = null;
  /** The planner of the session it was made for. */
  #planning: { readonly session: Session; readonly planner: Planner } | undefined;

  constructor(parts: ConnectionParts) {
    this.#settings = parts.settings;
    this.#context = parts.context;
    this.#connection = new Connection(parts);
    this.#retries = new Retries(parts.settings, parts.context);
    // MySQL's usual collations take 'a' for 'A'.
    this.#equatesTexts = parts.dialect.name === "MySqlDatabaseDialect";
  }

  /** Invariant 2: returns only when the transaction is committed and refused rows are with the reporter. */
  async put(batches: readonly SinkBatch[]): Promise<void> {
    if (batches.length === 0) return;
    using _ = this.#connection.guard();
    for (let care: Care = "none";;) {
      try {
        await this.#attempt(batches, care);
        return this.#done();
      } catch (error) {
        await this.#undo(error);
        if (this.#wasCommitted(batches, error)) return this.#done();
        care = await this.#next(error, care);
      }
    }
  }

  #done(): void {
    this.#inDoubt = null;
    this.#connection.used();
    this.#retries.succeeded();
  }

  /**
   * Whether a commit without an answer went through after all: its inserts met no row before it, all or none of them are there now, and one
   * of them meets itself. Without this a lost answer would be taken for a bad row.
   */
  #wasCommitted(batches: readonly SinkBatch[], error: unknown): boolean {
    if (this.#settings.insertMode !== "insert") return false;
    const shown = shownBatches(batches);
    if (this.#phase === "committing all" && error instanceof SqlError && error.isConnectionLost) this.#inDoubt = shown;
    const cause = error instanceof BadRowSomewhere ? error.cause : null;
    if (this.#inDoubt !== shown || !(cause instanceof SqlError) || !isDuplicate(cause)) return false;
    this.#context.log.info("A commit whose answer was lost went through: its rows are there");
    return true;
  }

  async stop(): Promise<void> {
    await this.#connection.drop();
  }

  /** Refused rows are reported behind the commit: after a crash between the two all of them come again. */
  async #attempt(batches: readonly SinkBatch[], care: Care): Promise<void> {
    this.#phase = "connecting";
    const session = await this.#connection.session();
    this.#phase = "planning";
    const plan = await this.#plannerOf(session).plan(batches, care);
    this.#requireReporter(plan.refused);
    this.#phase = "writing";
    if (care === "none") await this.#writeAtOnce(session, plan);
    else await this.#writeCarefully(session, plan, care);
  }

  async #writeAtOnce(session: Session, { steps, refused }: WritePlan): Promise<void> {
    try {
      if (steps.length > 0) {
        await writeAll(session, steps, this.#settings);
        await this.#commit(session, refused.length === 0);
      }
    } catch (error) {
      throw mayBeOfRow(error) ? new BadRowSomewhere(error.message, { cause: error }) : error;
    }
    this.#report(refused);
  }

  /** `isWhole`: nothing is left to report behind it. */
  async #commit(session: Session, isWhole: boolean): Promise<void> {
    this.#phase = isWhole ? "committing all" : "committing";
    await session.commit();
  }

  async #writeCarefully(session: Session, { steps, refused }: WritePlan, care: Care): Promise<void> {
    const { reporter, tolerance } = this.#context;
    const failed = await writeCarefully(session, steps, {
      settings: this.#settings,
      isOfRow: (error) => mayBeOfRow(error) || (care === "for statements" && error instanceof SqlError && error.kind === "fatal"),
      stopsAtFirst: reporter === null || tolerance === "none",
    });
    const [first] = failed;
    if (first !== undefined && reporter === null) throw first.explained;
    if (first !== undefined && tolerance === "none") reporter?.report(first.batch, first.row, first.explained);
    await this.#commit(session, false);
    this.#report([...refused, ...failed]);
  }

  #plannerOf(session: Session): Planner {
    if (this.#planning?.session !== session) {
      const options = { settings: this.#settings, log: this.#context.log, warned: this.#warned, equatesTexts: this.#equatesTexts };
      this.#planning = { session, planner: new Planner(session, options) };
    }
    return this.#planning.planner;
  }

  /** Before anything is written: when nobody takes refused rows, the first one is the end. */
  #requireReporter([first]: readonly RefusedRow[]): void {
    if (first === undefined) return;
    const { reporter, tolerance } = this.#context;
    if (reporter === null) throw first.error;
    if (tolerance === "none") reporter.report(first.batch, first.row, first.error);
  }

  #report(refused: readonly RefusedRow[]): void {
    for (const { batch, row, error } of refused) this.#context.reporter?.report(batch, row, error);
  }

  /** Leaves nothing of the attempt behind: no transaction, no lost session. */
  async #undo(error: unknown): Promise<void> {
    if (this.#phase === "connecting") return;
    if (error instanceof SqlError && error.isConnectionLost) return await this.#connection.drop();
    try {
      await this.#planning?.session.rollback();
    } catch (failure) {
      this.#context.log.warn("Cannot roll back: closing the connection, which does the same", { reason: String(failure) });
      await this.#connection.drop();
    }
  }

  /** How to go on after an error; throws when this `put` is over. */
  async #next(error: unknown, care: Care): Promise<Care> {
    if (error instanceof BadRowSomewhere) return "for rows";
    if (!(error instanceof SqlError)) throw error;
    const isConnecting = this.#phase === "connecting";
    if (this.#context.signal.aborted) throw new RetriableError(shownReason(error, this.#settings.trimsSensitive));
    if (isConnecting && error.kind !== "retriable") throw new ConnectError(`${error.javaClass}: ${error.message}`, { cause: error });
    if (error.kind !== "retriable") this.#planning?.planner.forget();
    const verdict = await this.#retries.judge(error, isConnecting);
    if (verdict.is === "later") throw verdict.error;
    return verdict.is === "again" ? care : this.#giveUp(error, care);
  }

  /** Statements go on being refused. With a reporter that takes rows, each is tried by itself, as upstream does; else it is the end. */
  #giveUp(error: SqlError, care: Care): Care {
    const { reporter, tolerance } = this.#context;
    if (reporter !== null && tolerance === "all" && care !== "for statements") return "for statements";
    throw refusedStatement(error, {
      isWrite: this.#phase !== "planning",
      trims: this.#settings.trimsSensitive,
    });
  }
}

/** Which records they are, as text: they come again after an error, and must not be kept until then. */
function shownBatches(batches: readonly SinkBatch[]): string {
  return batches.map(({ origin, rows, offsets }) => {
    const partition = typeof origin.partition === "number" ? origin.partition : origin.partition.subarray(0, rows).join();
    return `${origin.topic} ${partition} ${offsets.subarray(0, rows).join()}`;
  }).join("\n");
}

/** Whether a unique key has the row already: PostgreSQL, MySQL and MariaDB, SQLite. */
function isDuplicate({ sqlState, code, message }: SqlError): boolean {
  return sqlState === "23505" || code === 1062 || message.includes("UNIQUE constraint failed");
}

/** Some row of a transaction is bad: it is to be looked for. Never leaves the task. */
class BadRowSomewhere extends Error {}
