/** A connection to a SQLite file. SQLite works in the calling thread: statements are kept small, and a lock is waited for without blocking. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { ConfigError } from "sdk";
import type {
  Cursor,
  Moment,
  NewColumn,
  Query,
  RowWriter,
  Session,
  SessionOptions,
  SqlPart,
  TableDefinition,
  WriteTarget,
} from "../dialect.ts";
import { SqlError } from "../sql_error.ts";
import { quoted, quotedName, type TableId } from "../table_id.ts";
import { describeTable, listTables, RequiredColumns } from "./catalog.ts";
import type { FieldPlan, Reading, StoredRow } from "./columns.ts";
import { SqliteCursor, takeRows } from "./cursor.ts";
import { isLocked, sqliteError } from "./failures.ts";
import type { SqliteTarget } from "./target.ts";
import { formOf, momentLiteral, momentOf, TEXT_FORM, type TimeForm } from "./time_text.ts";
import { declaredType, type Kind, schemaOf, widened } from "./column_types.ts";
import { addColumnSql, createTableSql, sqliteColumnType, sqliteWriter, storedInstant } from "./writing.ts";

/** Milliseconds between two looks at a locked database. */
const LOCK_WAIT_MS = 10;
/** Rows of a query without limit that are read before its columns' types are settled. */
const ROWS_AHEAD = 1000;

/** Opens the file. Throws a `SqlError`. */
export function openSqlite(target: SqliteTarget, options: SessionOptions): Session {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(target.location, {
      readOnly: target.isReadOnly,
      enableForeignKeyConstraints: target.foreignKeys,
      // Waiting is done here: SQLite's own would stop the whole process.
      timeout: 0,
    });
    for (const pragma of target.pragmas) database.exec(pragma);
    return new SqliteSession(database, target, options);
  } catch (error) {
    database?.close();
    throw sqliteError(error);
  }
}

/** What was found of a database's columns outlives the connection, as a query that met a wider value ends it. */
const found = new WeakMap<SqliteTarget, Map<string, Kind>>();

function kindsOf(target: SqliteTarget): Map<string, Kind> {
  const known = found.get(target) ?? new Map<string, Kind>();
  found.set(target, known);
  return known;
}

class SqliteSession implements Session {
  readonly product: string;
  readonly quote: string;
  readonly current = { catalog: null, schema: null };
  readonly #database: DatabaseSync;
  readonly #target: SqliteTarget;
  /** Of the cursor that was opened last: a statement that is left in the middle outlives the connection, and its lock with it. */
  #rows: Iterator<StoredRow> | undefined;
  readonly #reading: Omit<Reading, "granularity">;
  /** Kinds of columns that were found wider than declared, by table and name. */
  readonly #kinds: Map<string, Kind>;
  /** How columns write their instants, by name. */
  readonly #forms = new Map<string, TimeForm>();

  constructor(database: DatabaseSync, target: SqliteTarget, options: SessionOptions) {
    this.#database = database;
    this.#target = target;
    this.#kinds = kindsOf(target);
    this.quote = options.isUnquoted ? "" : '"';
    this.#reading = {
      zone: options.zone,
      isJulianBefore1582: options.isJulianBefore1582,
      countsSeconds: target.countsSeconds,
      countsDays: target.dateClass === "real",
      pattern: target.pattern,
    };
    this.product = `SQLite ${database.prepare("SELECT sqlite_version() AS version").get()?.version}`;
  }

  tableId(parts: readonly string[]): TableId {
    const [first, second] = parts;
    if (parts.length > 2 || first === undefined) {
      throw new ConfigError(`Cannot find "${parts.join(".")}": SQLite's names have at most two parts`);
    }
    return second === undefined ? { catalog: null, schema: null, name: first } : { catalog: null, schema: first, name: second };
  }

  tables(_catalog: string | null, _schema: string | null, types: readonly string[]) {
    return this.#unlocked(() => listTables(this.#database, types));
  }

  describe(id: TableId): Promise<TableDefinition | null> {
    return this.#unlocked(() => describeTable(this.#database, id));
  }

  now(): Promise<Moment> {
    return this.#unlocked(() => {
      const row = this.#database.prepare("SELECT strftime('%Y-%m-%dT%H:%M:%fZ','now') AS now").get();
      const moment = momentOf(String(row?.now), { ...this.#reading, pattern: null });
      if (moment === null) throw new SqlError(`Cannot read the database's clock "${row?.now}"`, { kind: "fatal" });
      return moment;
    });
  }

  /** One writer at a time, and nobody can say since when. */
  oldestWriterMs(): Promise<number | null> {
    return Promise.resolve(null);
  }

  prepare(parts: readonly SqlPart[]): Promise<void> {
    return this.#unlocked(() => void this.#database.prepare(this.#text(parts)).columns());
  }

  /** Looks how a column writes its instants, so that others are bound like them. Nothing in it yet: the next call looks again. */
  learn(source: readonly SqlPart[], column: string): Promise<void> {
    if (this.#target.dateClass !== null || this.#forms.has(column)) return Promise.resolve();
    const name = quoted(column, this.quote);
    return this.#unlocked(() => {
      const statement = this.#database.prepare(`SELECT ${name} AS value FROM ${this.#text(source)} WHERE ${name} IS NOT NULL LIMIT 1`);
      statement.setReadBigInts(true);
      const value = statement.get()?.value;
      if (typeof value !== "bigint" && typeof value !== "number" && typeof value !== "string") return;
      const form = formOf(value, this.#reading);
      if (form !== null) this.#forms.set(column, form);
    });
  }

  open(query: Query): Promise<Cursor> {
    const limit = query.limit === null ? "" : ` LIMIT ${query.limit}`;
    const suffix = query.suffix === "" ? "" : ` ${query.suffix}`;
    return this.#unlocked(() => {
      const statement = this.#database.prepare(`${this.#text(query.parts)}${limit}${suffix}`);
      returnArrays(statement);
      const rows = statement.iterate() as unknown as Iterator<StoredRow>;
      const ahead = takeRows(rows, query.limit ?? ROWS_AHEAD);
      // A statement that is not at its end keeps the database locked against writers; all that was asked for is here.
      if (ahead.length === query.limit) rows.return?.();
      this.#rows = rows;
      const reading: Reading = { ...this.#reading, granularity: query.mapping.granularity };
      const plans = this.#plans(statement, ahead, query);
      return new SqliteCursor({
        rows,
        ahead,
        plans: plans.map(({ plan }) => plan),
        fields: plans.map(({ plan, typeName }) => ({ name: plan.name, schema: plan.schema, typeName })),
        reading,
        widen: (plan, kind) => {
          const wide = plans.find((each) => each.plan === plan);
          if (wide !== undefined) this.#kinds.set(wide.key, kind);
        },
      });
    });
  }

  #plans(statement: StatementSync, ahead: readonly StoredRow[], { mapping }: Query) {
    const required = new RequiredColumns(this.#database);
    return statement.columns().map(({ name, column, table, database, type }, field) => {
      const declared = declaredType(type);
      const key = `${table ?? ""}\0${column ?? name}`;
      const kind = widened(declared, this.#kinds.get(key) ?? declared.kind, ahead.map((row) => row[field]));
      if (kind !== declared.kind) this.#kinds.set(key, kind);
      const isRequired = database !== null && table !== null && column !== null && required.has(database, table, column);
      const plan: FieldPlan = { name, declared, kind, schema: schemaOf(kind, declared, !isRequired, mapping) };
      return { plan, key, typeName: type ?? "NULL" };
    });
  }

  setIsolation(mode: string): Promise<void> {
    return this.#unlocked(() => this.#database.exec(`PRAGMA read_uncommitted=${mode === "READ_UNCOMMITTED" ? 1 : 0}`));
  }

  columnType(column: NewColumn): string | null {
    return sqliteColumnType(column);
  }

  createTable(id: TableId, columns: readonly NewColumn[]): Promise<void> {
    return this.#unlocked(() => this.#database.exec(createTableSql(id, columns, this.#reading.zone, this.quote)));
  }

  async addColumns(id: TableId, columns: readonly NewColumn[]): Promise<void> {
    for (const column of columns) {
      await this.#unlocked(() => this.#database.exec(addColumnSql(id, column, this.#reading.zone, this.quote)));
    }
  }

  writer(target: WriteTarget): RowWriter {
    return sqliteWriter(this.#database, target, {
      quote: this.quote,
      instant: (ms) => storedInstant(ms, this.#target.dateClass, this.#reading),
    });
  }

  execute(sql: string): Promise<readonly (readonly (string | number | null)[])[]> {
    return this.#unlocked(() => {
      const statement = this.#database.prepare(sql);
      returnArrays(statement);
      return (statement.all() as unknown as StoredRow[]).map((row) => row.map(plainValue));
    });
  }

  begin(): Promise<void> {
    // A writer that begins as a reader may find at its first write that it is too late to become one.
    return this.#unlocked(() => this.#database.exec("BEGIN IMMEDIATE"));
  }

  commit(): Promise<void> {
    return this.#unlocked(() => this.#database.exec("COMMIT"));
  }

  rollback(): Promise<void> {
    return this.#unlocked(() => {
      // Some errors have ended the transaction already.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
    });
  }

  savepoint(): Promise<void> {
    // SQLite keeps savepoints of one name in a pile, which would grow; letting go of one that is not there is an error.
    return this.#unlocked(() => this.#database.exec("SAVEPOINT sluice"));
  }

  rollbackToSavepoint(): Promise<void> {
    return this.#unlocked(() => this.#database.exec("ROLLBACK TO sluice"));
  }

  isAlive(): Promise<boolean> {
    return Promise.resolve(this.#database.isOpen);
  }

  close(): Promise<void> {
    this.#rows?.return?.();
    if (this.#database.isOpen) this.#database.close();
    return Promise.resolve();
  }

  /** Does it, again and again while another connection holds the database, until `busy_timeout` is over. */
  async #unlocked<T>(work: () => T): Promise<T> {
    const until = performance.now() + this.#target.busyTimeoutMs;
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!isLocked(error) || performance.now() >= until) throw sqliteError(error);
      }
      await new Promise((resolve) => setTimeout(resolve, LOCK_WAIT_MS));
    }
  }

  #text(parts: readonly SqlPart[]): string {
    return parts.map((part) => this.#partText(part)).join("");
  }

  #partText(part: SqlPart): string {
    if (typeof part === "string") return part;
    if ("name" in part) return quoted(part.name, this.quote);
    if ("table" in part) return quotedName(part.table, this.quote);
    if ("integer" in part) return String(part.integer);
    if ("moment" in part) return momentLiteral(part.moment, this.#form(part.column), this.#reading);
    return textLiteral(part.text);
  }

  #form(column: string | undefined): TimeForm {
    const { dateClass } = this.#target;
    if (dateClass !== null) return dateClass === "text" ? TEXT_FORM : { is: dateClass };
    return this.#forms.get(column ?? "") ?? TEXT_FORM;
  }
}

/** Rows as arrays, integers as bigint: two columns may have one name, and integers have 64 bits. */
function returnArrays(statement: StatementSync): void {
  statement.setReadBigInts(true);
  // Deno 2.9 has the method, its types do not.
  (statement as StatementSync & { setReturnArrays(enabled: boolean): void }).setReturnArrays(true);
}

/** Nothing in the text can end the literal: quotes are doubled, and a zero byte, which would end the statement, is written as a number. */
function textLiteral(text: string): string {
  if (!text.includes("\0")) return `'${text.replaceAll("'", "''")}'`;
  return `CAST(x'${new TextEncoder().encode(text).toHex()}' AS TEXT)`;
}

function plainValue(value: unknown): string | number | null {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return value instanceof Uint8Array ? value.toHex() : String(value);
}
