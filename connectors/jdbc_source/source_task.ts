/** A task: its tables in turn over one connection. */
import { ConnectError, type RecordBatch, type SourceContext, type SourceTask } from "sdk";
import type { Session } from "../sql/dialect.ts";
import { SqlError } from "../sql/sql_error.ts";
import { withoutSecrets } from "../sql/without_secrets.ts";
import { connect, type Database, Stopped } from "./connecting.ts";
import type { Settings } from "./settings.ts";
import type { TableReader } from "./table_reader.ts";

/** What a task runs on. */
export interface SourceTaskParts {
  readonly database: Database;
  readonly session: Session;
  readonly settings: Settings;
  readonly readers: readonly TableReader[];
  readonly context: SourceContext;
  /** What a new connection needs before it is used. */
  readonly prepare: (session: Session) => Promise<void>;
}

export class JdbcSourceTask implements SourceTask {
  readonly #parts: SourceTaskParts;
  #session: Session | undefined;
  /** The table whose reading is going on. */
  #reading: TableReader | undefined;
  /** Whether the connection has given anything since it was opened: one that has and is then found broken was lost while idle. */
  #wasUsed = false;
  readonly #gone = new Set<TableReader>();
  /** A statement that takes its time is not waited for when the task is to stop. */
  readonly #interrupt = () => void this.#dropSession();

  constructor(parts: SourceTaskParts) {
    this.#parts = parts;
    this.#session = parts.session;
    parts.context.signal.addEventListener("abort", this.#interrupt, { once: true });
  }

  async poll(): Promise<RecordBatch | null> {
    const { context } = this.#parts;
    const reader = this.#reading ?? this.#due();
    if (reader === undefined) {
      await context.sleep(this.#untilDue());
      return null;
    }
    try {
      return await this.#read(reader);
    } catch (error) {
      if (error instanceof Stopped || context.signal.aborted) return null;
      await this.#failed(reader, withoutSecrets(error, this.#parts.database.target.secrets));
      return null;
    }
  }

  async #read(reader: TableReader): Promise<RecordBatch | null> {
    const session = this.#session ??= await this.#reconnect();
    // Nothing is asked of a table that is known to be missing: it would cost the connection.
    if (this.#gone.has(reader) && reader.source.table !== null && await session.describe(reader.source.table) === null) {
      reader.finishedAt = this.#parts.context.now();
      return null;
    }
    this.#reading = reader;
    const batch = await reader.next(session);
    this.#wasUsed = true;
    if (batch !== null) return batch;
    this.#reading = undefined;
    reader.finishedAt = this.#parts.context.now();
    reader.attempts = 0;
    this.#gone.delete(reader);
    return null;
  }

  /** The table that has waited longest, if its time has come. The first reading of each is at once. */
  #due(): TableReader | undefined {
    const next = this.#next();
    return next !== undefined && this.#dueAt(next) <= this.#parts.context.now() ? next : undefined;
  }

  #next(): TableReader | undefined {
    return this.#parts.readers.reduce<TableReader | undefined>(
      (first, reader) => first === undefined || reader.finishedAt < first.finishedAt ? reader : first,
      undefined,
    );
  }

  #dueAt({ finishedAt }: TableReader): number {
    return finishedAt + this.#parts.settings.pollIntervalMs;
  }

  #untilDue(): number {
    const next = this.#next();
    return next === undefined ? this.#parts.settings.pollIntervalMs : Math.max(1, this.#dueAt(next) - this.#parts.context.now());
  }

  async #reconnect(): Promise<Session> {
    const { database, settings, context, prepare } = this.#parts;
    context.log.info("The database connection is invalid. Reconnecting...");
    const session = await connect(database, {
      attempts: settings.connectionAttempts,
      backoffMs: settings.connectionBackoffMs,
      signal: context.signal,
      sleep: (ms) => context.sleep(ms),
      log: context.log,
      level: "info",
    });
    await prepare(session);
    this.#wasUsed = false;
    return session;
  }

  /** What passes is waited for, all else fails the task. */
  async #failed(reader: TableReader, error: unknown): Promise<void> {
    const isConnecting = this.#session === undefined;
    const wasIdle = this.#wasUsed && error instanceof SqlError && error.isConnectionLost && reader.attempts === 0;
    await this.#dropSession();
    reader.giveUp();
    this.#reading = undefined;
    if (!(error instanceof SqlError)) throw pollFailure(error);
    if (error.kind === "retriable") return this.#retryLater(reader, error, wasIdle);
    if (isConnecting || !await this.#isTableGone(reader)) throw pollFailure(error);
    const isNews = !this.#gone.has(reader);
    this.#gone.add(reader);
    if (this.#gone.size === this.#parts.readers.length) throw pollFailure(error);
    if (isNews) {
      this.#parts.context.log.warn("A table is not there any more: it is left out until tables are divided anew or it is back", {
        table: reader.source.shown,
      });
    }
    reader.finishedAt = this.#parts.context.now();
  }

  #retryLater(reader: TableReader, error: SqlError, wasIdle: boolean): void {
    const { settings: { retries }, context } = this.#parts;
    reader.attempts++;
    const of = retries === Infinity ? "unlimited" : String(retries);
    context.log.error(
      `SQL exception while running query for table: ${reader.source.shown}. sqlState: ${error.sqlState}, vendorCode: ${error.code}. ` +
        `Attempting retry ${reader.attempts} of ${of} attempts.`,
      { reason: error.message },
    );
    if (reader.attempts >= retries) {
      throw pollFailure(new ConnectError("Failed to query table after retries", { cause: error }));
    }
    // A connection that was lost while nobody used it says nothing about the database now.
    if (!wasIdle) reader.finishedAt = context.now();
  }

  async #isTableGone({ source: { table } }: TableReader): Promise<boolean> {
    if (table === null) return false;
    try {
      const session = this.#session ??= await this.#reconnect();
      return await session.describe(table) === null;
    } catch (error) {
      this.#parts.context.log.warn("Cannot look whether a table is still there", { reason: String(error) });
      return false;
    }
  }

  /** After an error nobody knows what the connection still has to say. */
  async #dropSession(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  async stop(): Promise<void> {
    this.#parts.context.signal.removeEventListener("abort", this.#interrupt);
    for (const reader of this.#parts.readers) reader.giveUp();
    await this.#dropSession();
  }
}

/** How the reference's traces begin. */
function pollFailure(error: unknown): ConnectError {
  const cause = new ConnectError("Error while processing table querier", { cause: error });
  return new ConnectError("Error while polling for records", { cause });
}
