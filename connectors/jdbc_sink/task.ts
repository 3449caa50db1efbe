import { ConnectError, RetriableError, type SinkBatch, type SinkContext, type SinkTask } from "sdk";
import type { Session } from "../sql/dialect.ts";
import { SqlError } from "../sql/sql_error.ts";
import { Connection, type ConnectionParts } from "./connection.ts";
import { outcomeOf, RowSet } from "./lost_commit.ts";
import { type Care, Planner, type WritePlan } from "./planner.ts";
import type { RefusedRow } from "./record_checks.ts";
import { Retries } from "./retries.ts";
import type { Settings } from "./settings.ts";
import { mayBeOfRow, writeAll, writeCarefully } from "./transactions.ts";
import { isDuplicate, refusedStatement, shownReason } from "./write_failure.ts";
import type { Step } from "./write_plan.ts";

/** Writes what it is given in one transaction per `put`; when it returns, that is committed. */
export class JdbcSinkTask implements SinkTask {
  readonly #settings: Settings;
  readonly #context: SinkContext;
  readonly #connection: Connection;
  readonly #retries: Retries;
  readonly #warned = new Set<string>();
  /** How far the attempt under way has come: what an error means depends on it. */
  #phase: "connecting" | "planning" | "writing" | "committing" = "connecting";
  /** The batches whose commit got no answer, by `shownBatches`: inserts that meet rows may meet themselves. */
  #inDoubt: string | null = null;
  /** The planner of the session it was made for. */
  #planning: { readonly session: Session; readonly planner: Planner } | undefined;

  constructor(parts: ConnectionParts) {
    this.#settings = parts.settings;
    this.#context = parts.context;
    this.#connection = new Connection(parts);
    this.#retries = new Retries(parts.settings, parts.context);
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
        this.#doubt(batches, error);
        care = await this.#next(error, care);
      }
    }
  }

  #done(): void {
    this.#inDoubt = null;
    this.#connection.used();
    this.#retries.succeeded();
  }

  /** Remembers a commit that got no answer. Only inserts need it: all else may be done twice. */
  #doubt(batches: readonly SinkBatch[], error: unknown): void {
    const isUnanswered = this.#phase === "committing" && error instanceof SqlError && error.isConnectionLost;
    if (isUnanswered && this.#settings.insertMode === "insert") this.#inDoubt = shownBatches(batches);
  }

  /**
   * Whether the commit without an answer went through, now that an insert met a row: its own, or somebody else's. Null when it did not, else
   * the rows it was without. Ends the transaction.
   */
  async #lostCommit(session: Session, steps: readonly Step[], bad: (batch: SinkBatch, row: number) => boolean): Promise<RowSet | null> {
    await session.rollback();
    const outcome = await outcomeOf(session, steps, bad);
    if (outcome.is === "unknown") throw new ConnectError(UNKNOWN_OUTCOME);
    return outcome.is === "committed" ? outcome.repeats : null;
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
    if (care === "none") await this.#writeAtOnce(session, batches, plan);
    else await this.#writeCarefully(session, batches, plan, care);
  }

  async #writeAtOnce(session: Session, batches: readonly SinkBatch[], { steps, refused }: WritePlan): Promise<void> {
    try {
      if (steps.length > 0) {
        await writeAll(session, steps, this.#settings);
        await this.#commit(session);
      }
    } catch (error) {
      if (!mayBeOfRow(error)) throw error;
      const repeats = isDuplicate(error) && this.#isInDoubt(batches) ? await this.#lostCommit(session, steps, () => false) : null;
      // Repeats were refused one by one: so they must be again.
      if (repeats === null || !repeats.isEmpty) throw new BadRowSomewhere(error.message, { cause: error });
      this.#context.log.info(WENT_THROUGH);
    }
    this.#report(refused);
  }

  #isInDoubt(batches: readonly SinkBatch[]): boolean {
    return this.#inDoubt !== null && this.#inDoubt === shownBatches(batches);
  }

  async #commit(session: Session): Promise<void> {
    this.#phase = "committing";
    await session.commit();
  }

  async #writeCarefully(session: Session, batches: readonly SinkBatch[], { steps, refused }: WritePlan, care: Care): Promise<void> {
    const { reporter, tolerance } = this.#context;
    const options = {
      settings: this.#settings,
      isOfRow: (error: unknown): error is ConnectError =>
        mayBeOfRow(error) || (care === "for statements" && error instanceof SqlError && error.kind === "fatal"),
      stopsAtFirst: reporter === null || tolerance === "none",
    };
    let failed = await writeCarefully(session, steps, options);
    if (!options.stopsAtFirst && failed.some((row) => row.isDuplicate) && this.#isInDoubt(batches)) {
      const others = failed.filter((row) => !row.isDuplicate);
      const bad = new RowSet(others);
      const repeats = await this.#lostCommit(session, steps, (batch, row) => bad.has(batch, row));
      if (repeats !== null) {
        this.#context.log.info(WENT_THROUGH);
        return this.#report([...refused, ...failed.filter((row) => !row.isDuplicate || repeats.has(row.batch, row.row))]);
      }
      // Whom they met is somebody else: from here on it is as if they had never been sent.
      this.#inDoubt = null;
      failed = await writeCarefully(session, steps, options);
    }
    const [first] = failed;
    if (first !== undefined && reporter === null) throw first.explained;
    if (first !== undefined && tolerance === "none") reporter?.report(first.batch, first.row, first.explained);
    await this.#commit(session);
    this.#report([...refused, ...failed]);
  }

  #plannerOf(session: Session): Planner {
    if (this.#planning?.session !== session) {
      const options = { settings: this.#settings, log: this.#context.log, warned: this.#warned };
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
    // A server that takes no writes may have been replaced by another one, which only a new connection finds.
    if (verdict.is === "later" && error.kind === "retriable") await this.#connection.drop();
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

const WENT_THROUGH = "A commit whose answer was lost went through: its rows are there";

const UNKNOWN_OUTCOME =
  "Cannot tell whether the last transaction was committed: the connection was lost before the database answered, an insert " +
  "of the same records now meets a row that is there, and they have no unique key by which all of them could be looked for. Nothing was skipped: " +
  'look whether the rows are in the table, and use "insert.mode=upsert" with keys, which may be written twice, before the connector is restarted';

/** Some row of a transaction is bad: it is to be looked for. Never leaves the task. */
class BadRowSomewhere extends Error {}
