/** The writing half of SQLite: statements, and cells as SQLite stores them (JDBC connector 10.9 with sqlite-jdbc 3.41, but for
 * INSERT OR REPLACE, which would empty columns the record does not have). */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Column, ConnectError, Decimal, logicalType, plainDecimalText, type Schema, type Value, valueAt } from "sdk";
import type { Zone } from "../../times/time_zone.ts";
import * as ddl from "../ddl.ts";
import type { NewColumn, RowWriter, WriteColumn, WriteTarget } from "../dialect.ts";
import { quoted, quotedName, type TableId } from "../table_id.ts";
import { sqliteError } from "./failures.ts";
import type { DateClass } from "./target.ts";
import { momentLiteral, ofMillis, TEXT_FORM, type TimeReading } from "./time_text.ts";

/** What `node:sqlite` binds. */
type Bound = null | number | bigint | string | Uint8Array;

/** How writing differs with the connection. */
export interface SqliteWriting {
  /** What quotes identifiers; default `"`. */
  readonly quote?: string;
  /** An instant, in ms since the epoch, as the columns of the database have it. Default: the number itself, as sqlite-jdbc writes it. */
  readonly instant?: (ms: number) => Bound;
}

/** Rows of one statement: beyond this a statement gets no faster, and one that is not full costs a statement a row. */
const STATEMENT_ROWS = 50;
/** SQLITE_MAX_VARIABLE_NUMBER. */
const MAX_VARIABLES = 32_766;
/** Rows written before the rest of the process gets its turn: about a millisecond. */
const ROWS_AT_ONCE = 1000;

/** The DDL type of a column, null where there is none. */
export function sqliteColumnType({ schema, epochUnit }: NewColumn): string | null {
  if (epochUnit !== null || logicalType(schema) !== null) return "NUMERIC";
  switch (schema.type) {
    case "INT8":
    case "INT16":
    case "INT32":
    case "INT64":
    case "BOOLEAN":
      return "INTEGER";
    case "FLOAT32":
    case "FLOAT64":
      return "REAL";
    case "STRING":
      return "TEXT";
    case "BYTES":
      return "BLOB";
    default:
      return null;
  }
}

/** CREATE TABLE for the columns; defaults of times are wall clocks of `zone`. */
export function createTableSql(id: TableId, columns: readonly NewColumn[], zone: Zone, quote = '"'): string {
  return ddl.createTableSql(id, columns, wordsOf(zone, quote));
}

/** ALTER TABLE for one column: SQLite takes no more at once. */
export function addColumnSql(id: TableId, column: NewColumn, zone: Zone, quote = '"'): string {
  return ddl.addColumnSql(id, column, wordsOf(zone, quote));
}

function wordsOf(zone: Zone, quote: string): ddl.DdlWords {
  const literals: ddl.LiteralWords = {
    text: (text) => text.includes("\0") ? `CAST(x'${new TextEncoder().encode(text).toHex()}' AS TEXT)` : `'${text.replaceAll("'", "''")}'`,
    bytes: (bytes) => `x'${ddl.hexDigits(bytes)}'`,
    booleans: ["0", "1"],
  };
  return {
    quote,
    columnType: sqliteColumnType,
    literal: (value, column) => {
      const text = ddl.defaultLiteral(value, column, literals, zone);
      return text.startsWith("CAST(") ? `(${text})` : text;
    },
  };
}

/** Writes rows of one target. Statements are made at their first use and kept. */
export function sqliteWriter(database: DatabaseSync, target: WriteTarget, options: SqliteWriting = {}): RowWriter {
  return new SqliteWriter(database, target, options);
}

class SqliteWriter implements RowWriter {
  readonly #database: DatabaseSync;
  readonly #target: WriteTarget;
  readonly #quote: string;
  readonly #instant: (ms: number) => Bound;
  readonly #statementRows: number;
  #many: StatementSync | undefined;
  #one: StatementSync | undefined;
  /** Places of the target's columns in a statement's row of variables. */
  readonly #order: readonly number[];

  constructor(database: DatabaseSync, target: WriteTarget, { quote = '"', instant = (ms) => ms }: SqliteWriting) {
    this.#database = database;
    this.#target = target;
    this.#quote = quote;
    this.#instant = instant;
    const isSet = target.mode === "insert" || target.mode === "upsert";
    this.#statementRows = isSet ? Math.max(1, Math.min(STATEMENT_ROWS, Math.floor(MAX_VARIABLES / target.columns.length))) : 1;
    const places = target.columns.map((_, i) => i);
    const keys = target.columns.filter((column) => column.isKey).length;
    // UPDATE has its keys at the end.
    this.#order = target.mode === "update" ? [...places.slice(keys), ...places.slice(0, keys)] : places;
  }

  async write(columns: readonly Column[], rows: Int32Array, from: number, to: number): Promise<void> {
    const cells = this.#order.map((c) => cellReader(columns[c] as Column, this.#target.columns[c] as WriteColumn, this.#instant));
    for (let at = from; at < to; at += ROWS_AT_ONCE) {
      if (at > from) await new Promise((resolve) => setTimeout(resolve));
      try {
        this.#writeNow(cells, rows, at, Math.min(to, at + ROWS_AT_ONCE));
      } catch (error) {
        throw error instanceof ConnectError ? error : sqliteError(error);
      }
    }
  }

  #writeNow(cells: readonly ((row: number) => Bound)[], rows: Int32Array, from: number, to: number): void {
    const width = cells.length;
    const size = this.#statementRows;
    let at = from;
    const variables: Bound[] = new Array(size * width);
    for (; at + size <= to; at += size) {
      for (let i = 0, o = 0; i < size; i++) {
        const row = rows[at + i] as number;
        for (let c = 0; c < width; c++) variables[o++] = (cells[c] as (row: number) => Bound)(row);
      }
      this.#many ??= this.#database.prepare(this.#sql(size));
      this.#many.run(...variables);
    }
    if (at === to) return;
    this.#one ??= this.#database.prepare(this.#sql(1));
    for (; at < to; at++) this.#one.run(...cells.map((cell) => cell(rows[at] as number)));
  }

  #sql(rows: number): string {
    const { table, mode, columns } = this.#target;
    const name = quotedName(table, this.#quote);
    const names = (some: readonly WriteColumn[]) => some.map((column) => quoted(column.name, this.#quote));
    const keys = names(columns.filter((column) => column.isKey));
    const others = names(columns.filter((column) => !column.isKey));
    const meets = keys.map((key) => `${key} = ?`).join(" AND ");
    const row = `(${columns.map(() => "?").join(",")})`;
    const insert = `INSERT INTO ${name}(${names(columns).join(",")}) VALUES${new Array(rows).fill(row).join(",")}`;
    switch (mode) {
      case "insert":
        return insert;
      case "upsert":
        return others.length === 0
          ? `${insert} ON CONFLICT(${keys.join(",")}) DO NOTHING`
          : `${insert} ON CONFLICT(${keys.join(",")}) DO UPDATE SET ${others.map((other) => `${other}=excluded.${other}`).join(",")}`;
      case "update":
        return `UPDATE ${name} SET ${others.map((other) => `${other} = ?`).join(", ")} WHERE ${meets}`;
      case "delete":
        return `DELETE FROM ${name} WHERE ${meets}`;
    }
  }
}

/** Gives the cells of a column as they are bound. */
function cellReader(
  column: Column,
  { schema, epochUnit, definition }: WriteColumn,
  instant: (ms: number) => Bound,
): (row: number) => Bound {
  if (epochUnit !== null) return (row) => epochCell(valueAt(column, schema, row), epochUnit, instant);
  const logical = logicalType(schema);
  if (column.kind === "numbers" && logical === null && takesDoubles(definition?.typeName ?? "integer", schema)) {
    const { data, nulls } = column;
    return nulls === null ? (row) => data[row] as number : (row) => nulls[row] === 1 ? null : data[row] as number;
  }
  return (row) => boundValue(valueAt(column, schema, row), schema, instant);
}

/** Whether a double that holds an integer becomes one in a column of that type: `node:sqlite` binds every number as a double (sqlite.org, Datatypes 3.1). */
function takesDoubles(typeName: string, { type }: Schema): boolean {
  if (type === "FLOAT32" || type === "FLOAT64") return true;
  if (/int/i.test(typeName)) return true;
  return typeName !== "" && !/char|clob|text|blob|real|floa|doub/i.test(typeName);
}

function boundValue(value: Value, schema: Schema, instant: (ms: number) => Bound): Bound {
  switch (typeof value) {
    case "string":
    case "bigint":
      return value;
    case "boolean":
      return value ? 1n : 0n;
    case "number":
      return schema.type === "FLOAT32" || schema.type === "FLOAT64" ? value : BigInt(value);
  }
  if (value === null || value instanceof Uint8Array) return value;
  if (value instanceof Date) return instant(value.getTime());
  if (value instanceof Decimal) return plainDecimalText(value);
  throw new ConnectError(`Unsupported source data type: ${schema.type}`);
}

/** An instant as sqlite-jdbc stores it: by default the number of milliseconds, else as `date_class` and its companions say. */
export function storedInstant(ms: number, dateClass: DateClass | null, reading: TimeReading): number | string {
  if (dateClass === "text") {
    // The literal's quotes are not part of the value that is bound.
    return momentLiteral(ofMillis(ms), TEXT_FORM, reading).slice(1, -1).replaceAll("''", "'");
  }
  return Number(momentLiteral(ofMillis(ms), { is: dateClass ?? "integer" }, reading));
}

/** Micro- or nanoseconds since the epoch as an instant; digits below the millisecond have no place in SQLite's numbers. */
function epochCell(value: Value, unit: "micros" | "nanos", instant: (ms: number) => Bound): Bound {
  if (value === null) return null;
  const perMs = unit === "micros" ? 1_000n : 1_000_000n;
  if (typeof value !== "bigint" && !(typeof value === "string" && /^[+-]?\d+$/.test(value))) {
    throw new ConnectError(`Cannot read "${value}" as ${unit} since the epoch: it must be a whole number`);
  }
  const count = BigInt(value);
  const rest = ((count % perMs) + perMs) % perMs;
  return instant(Number((count - rest) / perMs));
}
