/** One connection to MySQL or MariaDB, as the connectors see it. */
import { ConfigError, type TaskLog } from "sdk";
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
import { addColumnsSql, createTableSql } from "../ddl.ts";
import { SqlError } from "../sql_error.ts";
import type { TableId } from "../table_id.ts";
import { MySqlCursor, ResultShape, warnOfDropped } from "./cursor.ts";
import type { ColumnPacket } from "./driver.ts";
import { type Link, openLink } from "./link.ts";
import { describeTable, type ListedTable, listTables } from "./metadata.ts";
import { RawRows } from "./raw_rows.ts";
import { sendTexts } from "./raw_statement.ts";
import { MySqlRowWriter } from "./row_writer.ts";
import type { ServerFacts } from "./server_facts.ts";
import { type SqlSyntax, statementText } from "./sql_text.ts";
import { ddlWords, sqlType } from "./table_ddl.ts";
import type { MySqlTarget } from "./target.ts";
import { WallClockReader } from "./wall_clock.ts";

/** Result shapes kept: a task reads its tables in turn. */
const SHAPES = 32;
const SAVEPOINT = "sluice_batch";
const ISOLATION: Readonly<Record<string, string>> = {
  READ_UNCOMMITTED: "READ UNCOMMITTED",
  READ_COMMITTED: "READ COMMITTED",
  REPEATABLE_READ: "REPEATABLE READ",
  SERIALIZABLE: "SERIALIZABLE",
};

/** Everything a session is made of. */
export interface SessionParts {
  readonly link: Link;
  readonly target: MySqlTarget;
  readonly options: SessionOptions;
  readonly facts: ServerFacts;
}

/** The session of a link that `openSession` has set up. */
export class MySqlSession implements Session {
  readonly product: string;
  readonly quote: string;
  readonly current: { readonly catalog: string | null; readonly schema: null };
  readonly #link: Link;
  readonly #target: MySqlTarget;
  readonly #options: SessionOptions;
  readonly #facts: ServerFacts;
  readonly #syntax: SqlSyntax;
  readonly #shapes: ResultShape[] = [];
  readonly #log: TaskLog;
  /** A cursor that has not ended: nothing else may be asked. */
  #isReading = false;

  constructor({ link, target, options, facts }: SessionParts) {
    this.#link = link;
    this.#target = target;
    this.#options = options;
    this.#facts = facts;
    this.#log = options.log;
    this.product = facts.product;
    this.quote = options.isUnquoted ? "" : facts.hasAnsiQuotes ? '"' : "`";
    this.current = { catalog: facts.database, schema: null };
    this.#syntax = {
      quote: this.quote,
      hasBackslashEscapes: facts.hasBackslashEscapes,
      zone: options.zone,
      isJulianBefore1582: options.isJulianBefore1582,
    };
  }

  /** Two parts are database and table, for the source and the sink alike. */
  tableId(parts: readonly string[]): TableId {
    const [first = "", second] = parts;
    if (parts.length === 1) return { catalog: this.current.catalog, schema: null, name: first };
    if (parts.length === 2 && second !== undefined) return { catalog: first, schema: null, name: second };
    throw new ConfigError(
      `Cannot use "${
        parts.join(".")
      }" as the name of a table: MySQL has two levels, database and table; put quotes around a name that has dots`,
    );
  }

  tables(catalog: string | null, _schema: string | null, types: readonly string[]): Promise<readonly ListedTable[]> {
    return listTables(this.#link, catalog ?? this.current.catalog, types, this.#syntax);
  }

  describe({ catalog, schema, name }: TableId): Promise<TableDefinition | null> {
    const database = catalog ?? schema ?? this.current.catalog;
    if (database === null) {
      throw new ConfigError(`Cannot look for table "${name}": connection.url names no database, and the table's name neither`);
    }
    return describeTable(this.#link, database, name, this.#syntax);
  }

  async now(): Promise<Moment> {
    const [row] = await this.#link.query("SELECT CURRENT_TIMESTAMP(6)");
    const bytes = new TextEncoder().encode(row?.[0] ?? "");
    const reader = new WallClockReader(this.#options);
    if (!reader.read(bytes, 0, bytes.length)) {
      throw new SqlError("Cannot read the clock of the database: it gave no time", { kind: "fatal" });
    }
    return reader.moment();
  }

  async oldestWriterMs(): Promise<number | null> {
    try {
      // One that only reads makes no rows appear; one that has written, or is at work on its first statement, may.
      const [row] = await this.#link.query(
        "SELECT MAX(TIMESTAMPDIFF(MICROSECOND, trx_started, NOW(6))) FROM information_schema.INNODB_TRX " +
          "WHERE trx_mysql_thread_id <> CONNECTION_ID() AND trx_is_read_only = 0 AND trx_autocommit_non_locking = 0 " +
          "AND (trx_rows_modified > 0 OR trx_query IS NOT NULL)",
      );
      return row?.[0] === null || row?.[0] === undefined ? 0 : Math.max(0, Math.ceil(Number(row[0]) / 1000));
    } catch (error) {
      if (error instanceof SqlError && !error.isConnectionLost && error.kind === "fatal") return null; // needs the right PROCESS
      throw error;
    }
  }

  prepare(parts: readonly SqlPart[]): Promise<void> {
    return this.#link.prepare(statementText(parts, this.#syntax));
  }

  async open({ parts, limit, suffix, mapping }: Query): Promise<Cursor> {
    const limited = limit === null ? "" : ` LIMIT ${limit}`;
    const sql = `${statementText(parts, this.#syntax)}${limited}${suffix === "" ? "" : ` ${suffix}`}`;
    const rows = await RawRows.open(this.#link, sql);
    const shape = this.#shapeOf(rows.fields, mapping);
    this.#isReading = true;
    return new MySqlCursor(rows, shape, () => this.#isReading = false, () => this.#stop(rows));
  }

  async setIsolation(mode: string): Promise<void> {
    const level = ISOLATION[mode];
    if (level === undefined) {
      throw new SqlError(`Cannot set isolation "${mode}": MySQL has ${Object.keys(ISOLATION).join(", ")}`, { kind: "fatal" });
    }
    await this.#link.query(`SET SESSION TRANSACTION ISOLATION LEVEL ${level}`);
  }

  columnType(column: NewColumn): string | null {
    return sqlType(column);
  }

  async createTable(id: TableId, columns: readonly NewColumn[]): Promise<void> {
    await this.#link.query(createTableSql(id, columns, ddlWords(columns, this.#syntax, this.#facts.textDefaults)));
  }

  async addColumns(id: TableId, columns: readonly NewColumn[]): Promise<void> {
    await this.#link.query(addColumnsSql(id, columns, ddlWords(columns, this.#syntax, this.#facts.textDefaults)));
  }

  writer(target: WriteTarget): RowWriter {
    return new MySqlRowWriter(this.#link, target, this.#syntax, this.#facts);
  }

  execute(sql: string): Promise<readonly (readonly (string | number | null)[])[]> {
    return new Promise((resolve, reject) => {
      this.#link.rows(sql, (error, rows, fields) => {
        if (error !== null) return reject(error);
        resolve(rows.map((row) => row.map((cell, i) => plainValue(cell, fields?.[i]))));
      });
    });
  }

  /**
   * Without autocommit, for a deadlock ends the transaction: what was sent behind the statement that met it must not be committed on its
   * own. Both in one round trip.
   */
  begin(): Promise<void> {
    return sendTexts(this.#link, ["SET autocommit = 0", "START TRANSACTION"]);
  }

  commit(): Promise<void> {
    return sendTexts(this.#link, ["COMMIT", "SET autocommit = 1"]);
  }

  rollback(): Promise<void> {
    return sendTexts(this.#link, ["ROLLBACK", "SET autocommit = 1"]);
  }

  async savepoint(): Promise<void> {
    await this.#link.query(`SAVEPOINT ${SAVEPOINT}`);
  }

  async rollbackToSavepoint(): Promise<void> {
    await this.#link.query(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}`);
  }

  isAlive(): Promise<boolean> {
    return this.#link.isAlive();
  }

  close(): Promise<void> {
    return this.#link.close(this.#isReading);
  }

  #shapeOf(packets: readonly ColumnPacket[], mapping: Query["mapping"]): ResultShape {
    const known = this.#shapes.find((one) => one.fits(packets, mapping));
    if (known !== undefined) return known;
    const times = {
      zone: this.#options.zone,
      isJulianBefore1582: this.#options.isJulianBefore1582,
      zeroDates: this.#target.values.zeroDates,
    };
    const shape = new ResultShape(packets, mapping, this.#target.values, times);
    warnOfDropped(shape.fields, this.#log);
    if (this.#shapes.length >= SHAPES) this.#shapes.shift();
    this.#shapes.push(shape);
    return shape;
  }

  /** Ends a query whose rows are not wanted any more, by a second connection; without one the first is given up. */
  async #stop(rows: RawRows): Promise<void> {
    try {
      const other = await openLink(this.#target, this.#options, AbortSignal.timeout(this.#options.connectTimeoutMs));
      await other.query(`KILL QUERY ${this.#facts.connectionId}`);
      await other.close(false);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      this.#log.warn("The rest of a query could not be cancelled; its connection is closed", { error: error.message });
      this.#link.cut();
    }
    await rows.drain();
  }
}

const decoder = new TextDecoder();

/** A cell as a number where its column is one and the number is exact, else as text. */
function plainValue(cell: Uint8Array | null, field: ColumnPacket | undefined): string | number | null {
  if (cell === null) return null;
  const text = decoder.decode(cell);
  const isNumber = field !== undefined && [1, 2, 3, 4, 5, 8, 9, 13].includes(field.columnType);
  if (!isNumber) return text;
  const value = Number(text);
  return Number.isInteger(value) && !Number.isSafeInteger(value) && field.columnType === 8 ? text : value;
}
