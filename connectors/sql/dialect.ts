/** The seam between the JDBC connectors and a database: one `Dialect` per kind of database, one `Session` per connection. */
import type { Column, Schema, TaskLog } from "sdk";
import type { Zone } from "../times/time_zone.ts";
import type { RunningHash } from "./row_hash.ts";
import type { TableId } from "./table_id.ts";

/** How to reach a database: what `connection.*` of a config says. */
export interface ConnectionOptions {
  readonly url: string;
  /** `connection.user` and `connection.password`; null = not given. Who wins against the URL is the dialect's rule. */
  readonly user: string | null;
  readonly password: string | null;
  /** Every other `connection.X` that no key of the connector is: driver properties, by X. */
  readonly properties: Readonly<Record<string, string>>;
}

/** What a session has to know of the connector's config to turn values into columns and back. */
export interface SessionOptions {
  /** `db.timezone`: the zone of wall clocks without one. */
  readonly zone: Zone;
  /** Java's calendar before 15 October 1582 instead of the proleptic one: `date.calendar.system` LEGACY. */
  readonly isJulianBefore1582: boolean;
  /** Milliseconds until a connection attempt is given up, unless the URL says otherwise. 10,000 is a good number. */
  readonly connectTimeoutMs: number;
  /** `quote.sql.identifiers` is `never`. */
  readonly isUnquoted: boolean;
  readonly log: TaskLog;
}

/** A kind of database. */
export interface Dialect {
  /** `MySqlDatabaseDialect`, as `dialect.name` has it. */
  readonly name: string;
  /** What stands between `jdbc:` and the next colon, small letters. */
  readonly subprotocols: readonly string[];
  /** Key types under which `mode` SERIALIZABLE and so on can be asked for; upper case, as `transaction.isolation.mode` has them. */
  readonly isolationModes: readonly string[];
  /**
   * Judges URL and properties without connecting. Throws a `ConfigError` for what cannot be understood, and for parameters that open
   * files or load code.
   */
  target(options: ConnectionOptions): Target;
  /** One attempt. Loads the driver when first used. Throws a `SqlError`. The signal ends the attempt. */
  connect(target: Target, options: SessionOptions, signal: AbortSignal): Promise<Session>;
}

/** A database that may be connected to. Opaque but for what is shown. */
export interface Target {
  /** Without secrets, for logs: `mysql://user@host:3306/om`. */
  readonly shown: string;
  /** Values that must never be seen: passwords of URL and properties. */
  readonly secrets: readonly string[];
  /** Parameters that mean nothing here, to be named once. */
  readonly ignored: readonly string[];
}

/** An instant as a database has it, to the nanosecond. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly ms: number;
  /** Nanoseconds within the second, 0 to 999,999,999: holds the milliseconds too. */
  readonly nanos: number;
  /**
   * The wall clock it was read from, in ms as if it were UTC, where the column has no zone: an instant cannot be turned back where clocks
   * change. As a value of a statement it is written instead of the instant.
   */
  readonly wall?: number;
}

/** A part of a statement: text as it is, an identifier to quote, or a value. Dialects write values so that none can become text of the statement. */
export type SqlPart =
  | string
  | { readonly name: string }
  | { readonly table: TableId }
  | { readonly integer: bigint }
  /**
   * Written as wall clock of `db.timezone`, with the digits the database can compare by. `column`: what it is compared with, for databases
   * without a type for instants.
   */
  | { readonly moment: Moment; readonly column?: string }
  | { readonly text: string };

/** A statement whose rows are read as columns. */
export interface Query {
  readonly parts: readonly SqlPart[];
  /** Most rows wanted, null = all; written the dialect's way. */
  readonly limit: number | null;
  /** `query.suffix`, at the very end. */
  readonly suffix: string;
  readonly mapping: TypeMapping;
}

/** How columns become Connect's types, beyond their own. */
export interface TypeMapping {
  readonly numeric: "none" | "precision_only" | "best_fit" | "best_fit_eager_double";
  readonly granularity:
    | "connect_logical"
    | "micros_long"
    | "micros_string"
    | "micros_iso_datetime_string"
    | "nanos_long"
    | "nanos_string"
    | "nanos_iso_datetime_string";
}

/** A column of a result. */
export interface ResultField {
  /** The label: alias or name. */
  readonly name: string;
  /** Null: the type has no place in Connect's data model; the column is left out, with a warning. */
  readonly schema: Schema | null;
  /** The database's name of the type, for messages. */
  readonly typeName: string;
}

/** Rows of a result. Belongs to who read it, until `release`. */
export interface Page {
  readonly rows: number;
  /** One per field of the cursor; a constant null for one without schema. */
  readonly columns: readonly Column[];
  /** The first row that cannot become what its schema says (a zero date, a number out of range), and why; rows before it are good. */
  readonly failure: { readonly row: number; readonly error: Error } | null;
  /** The instant in a cell of a date or timestamp column, with all its digits; null for null. */
  moment(field: number, row: number): Moment | null;
  /** Mixes all of a row into a hash as the database sent it, with the columns that have no schema. */
  mix(row: number, hash: RunningHash): void;
  /** What its rows take up, about. */
  readonly bytes: number;
  /** Its memory may be used for another page. */
  release(): void;
}

/** A query under way. The session does nothing else until it has ended or is closed. */
export interface Cursor {
  readonly fields: readonly ResultField[];
  /** The next rows, at most `maxRows` and about 4 MB; null after the last. The server is not asked for more than fits. Throws a `SqlError`. */
  read(maxRows: number): Promise<Page | null>;
  /** Gives up the rest. */
  close(): Promise<void>;
}

/** A column as the database describes it. */
export interface ColumnDefinition {
  readonly name: string;
  /** Lower case, as the database calls it, without length: `varchar`, `int8`. */
  readonly typeName: string;
  readonly isNullable: boolean;
  readonly isAutoIncrement: boolean;
  /** Place in the primary key from 1; 0 = not in it. */
  readonly keyPosition: number;
  /** Texts are equal only where their bytes are; without it the column may take 'a' for 'A'. */
  readonly comparesBytes?: boolean;
}

/** A table or view as the database describes it. */
export interface TableDefinition {
  /** As the database spells it, every part it has. */
  readonly id: TableId;
  /** JDBC's words: `TABLE`, `VIEW`, `PARTITIONED TABLE`, `SYSTEM TABLE` … */
  readonly type: string;
  readonly columns: readonly ColumnDefinition[];
  /** Reading it gives rows of other tables too, which its keys do not count for. */
  readonly hasChildren?: boolean;
  /** Columns of each unique key besides the primary one. */
  readonly uniqueKeys: readonly (readonly string[])[];
}

/** What kind of statement rows are written with. */
export type WriteMode = "insert" | "upsert" | "update" | "delete";

/** A column rows are written to. */
export interface WriteColumn {
  readonly name: string;
  /** Of the values; tells logical types. */
  readonly schema: Schema;
  readonly isKey: boolean;
  /** INT64 or STRING holding this many units per second since the epoch, written as a timestamp (`timestamp.fields.list`); null otherwise. */
  readonly epochUnit: "micros" | "nanos" | null;
  /** The table's column, null when the table was not described. */
  readonly definition: ColumnDefinition | null;
}

/** What is written, and where. */
export interface WriteTarget {
  readonly table: TableId;
  readonly mode: WriteMode;
  /** Key columns first; only those for a delete. */
  readonly columns: readonly WriteColumn[];
  /** The zone in which the day of a Date is rendered (`date.timezone`). */
  readonly dateZone: Zone;
}

/** Writes rows of one target in the session's running transaction. */
export interface RowWriter {
  /**
   * Writes `rows[from]` up to, not including, `rows[to]`: row numbers in `columns`, which go with the target's. Few statements, as large as the
   * server takes them, in order; the next is made while the server works at the one before. With `upsert` the caller gives each key once.
   * Throws a `SqlError`; with kind `data` the transaction is still usable behind a savepoint.
   */
  write(columns: readonly Column[], rows: Int32Array, from: number, to: number): Promise<void>;
}

/** A column to be made. */
export interface NewColumn {
  readonly name: string;
  readonly schema: Schema;
  readonly isKey: boolean;
  readonly epochUnit: "micros" | "nanos" | null;
}

/** A connection. Used by one task, never concurrently. Every method throws a `SqlError`. */
export interface Session {
  /** For the log: `MariaDB 10.11.6`. */
  readonly product: string;
  /** What quotes identifiers; empty with `isUnquoted`. */
  readonly quote: string;
  /** What a name without catalog or schema means; null where the database has no such level. */
  readonly current: { readonly catalog: string | null; readonly schema: string | null };

  /** What a dotted name in a config means. `parts`: one to three, unquoted. Throws a `ConfigError` for too many. */
  tableId(parts: readonly string[]): TableId;
  /** Tables and views, in the driver's order. `catalog` and `schema` are patterns where upstream takes them so; null = the connection's own. */
  tables(
    catalog: string | null,
    schema: string | null,
    types: readonly string[],
  ): Promise<readonly { readonly id: TableId; readonly type: string }[]>;
  /** Null when there is no such table. Parts that are null mean the current ones. */
  describe(id: TableId): Promise<TableDefinition | null>;

  /** The database's clock, to the microsecond, floored. */
  now(): Promise<Moment>;
  /** How long the oldest transaction that may still write has run, in ms; 0 = none, null = cannot be told. Rows of it may appear behind newer ones. */
  oldestWriterMs(): Promise<number | null>;
  /** Asks for columns and their types only: is the query valid? */
  prepare(parts: readonly SqlPart[]): Promise<void>;
  /**
   * Looks how `column` of `source` (a table, or a query in brackets) writes its instants; to be called before moments are compared with it.
   * Only databases have it that do not know themselves.
   */
  learn?(source: readonly SqlPart[], column: string): Promise<void>;
  open(query: Query): Promise<Cursor>;
  /** `mode` as in `isolationModes`. */
  setIsolation(mode: string): Promise<void>;

  /** The DDL type, null where there is none for the schema. */
  columnType(column: NewColumn): string | null;
  createTable(id: TableId, columns: readonly NewColumn[]): Promise<void>;
  addColumns(id: TableId, columns: readonly NewColumn[]): Promise<void>;
  writer(target: WriteTarget): RowWriter;

  /** For tests and one-off statements; rows as JavaScript values, numbers beyond 2^53 as text. */
  execute(sql: string): Promise<readonly (readonly (string | number | null)[])[]>;
  begin(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  savepoint(): Promise<void>;
  rollbackToSavepoint(): Promise<void>;
  isAlive(): Promise<boolean>;
  /** Never throws. */
  close(): Promise<void>;
}
