/** CREATE TABLE and ALTER TABLE in the shape the JDBC connector 10.9 gives them; what databases differ in comes with `DdlWords`. */
import { ConnectError, Decimal, logicalType, plainDecimalText, type Value } from "sdk";
import type { Zone } from "../times/time_zone.ts";
import type { NewColumn } from "./dialect.ts";
import { quoted, quotedName, type TableId } from "./table_id.ts";

/** What a database has words of its own for. */
export interface DdlWords {
  /** What quotes identifiers; empty = nothing does. */
  readonly quote: string;
  /** The type of a column, null where there is none for the schema (`Session.columnType`). */
  columnType(column: NewColumn): string | null;
  /**
   * The default of a column as a literal, null where the database takes no default for the type: then there is none, and the column
   * takes nulls. `defaultLiteral` knows all but bytes and arrays of most databases.
   */
  literal(value: Value, column: NewColumn): string | null;
}

/** How a database writes literals. Both functions must leave nothing in the value that could end the literal. */
export interface LiteralWords {
  text(value: string): string;
  bytes(value: Uint8Array): string;
  readonly booleans: readonly [no: string, yes: string];
}

/** A table with its columns in the order given; those that are keys make the primary key, in the same order. */
export function createTableSql(id: TableId, columns: readonly NewColumn[], words: DdlWords): string {
  const lines = columns.map((column) => columnSql(column, words));
  const keys = columns.filter((column) => column.isKey).map((column) => quoted(column.name, words.quote));
  if (keys.length > 0) lines.push(`PRIMARY KEY(${keys.join(",")})`);
  return `CREATE TABLE ${quotedName(id, words.quote)} (\n${lines.join(",\n")})`;
}

/** One statement for all columns, as MySQL and PostgreSQL take it. */
export function addColumnsSql(id: TableId, columns: readonly NewColumn[], words: DdlWords): string {
  const [only] = columns;
  if (columns.length === 1 && only !== undefined) return addColumnSql(id, only, words);
  const lines = columns.map((column) => `ADD ${columnSql(column, words)}`);
  return `ALTER TABLE ${quotedName(id, words.quote)} \n${lines.join(",\n")}`;
}

/** One column a statement, for databases that take no more. */
export function addColumnSql(id: TableId, column: NewColumn, words: DdlWords): string {
  return `ALTER TABLE ${quotedName(id, words.quote)} ADD ${columnSql(column, words)}`;
}

/** Name, type and what follows. A column with a default takes nulls, also where the field is required: as upstream has it. */
function columnSql(column: NewColumn, words: DdlWords): string {
  const { schema } = column;
  const type = words.columnType(column);
  if (type === null) throw unmappedType(column);
  const head = `${quoted(column.name, words.quote)} ${type}`;
  if (schema.default !== undefined && schema.default !== null) {
    const literal = words.literal(schema.default, column);
    return literal === null ? `${head} NULL` : `${head} DEFAULT ${literal}`;
  }
  return `${head} ${schema.optional && !column.isKey ? "NULL" : "NOT NULL"}`;
}

/** Why a column cannot be made, in upstream's words. */
export function unmappedType({ schema }: NewColumn): ConnectError {
  return new ConnectError(`${schema.name ?? null} (${schema.type}) type doesn't have a mapping to the SQL database column type`);
}

/** The literal of a default: the wall clocks of times are those of `zone`, the day of a Date is that of UTC. */
export function defaultLiteral(value: Value, { schema, epochUnit }: NewColumn, words: LiteralWords, zone: Zone): string {
  if (epochUnit !== null) return words.text(epochText(value, epochUnit, zone));
  switch (typeof value) {
    case "string":
      return words.text(value);
    case "boolean":
      return words.booleans[value ? 1 : 0];
    case "number":
    case "bigint":
      return String(value);
  }
  if (value instanceof Decimal) return plainDecimalText(value);
  if (value instanceof Uint8Array) return words.bytes(value);
  if (value instanceof Date) return words.text(timeText(value.getTime(), logicalType(schema), zone));
  throw new ConnectError(`Cannot write the default of a field of type ${schema.type} as a literal: only scalars have one`);
}

function timeText(ms: number, type: ReturnType<typeof logicalType>, zone: Zone): string {
  switch (type) {
    case "Date":
      return wallClock(ms).substring(0, 10);
    case "Time":
      return wallClock(ms + zone.offsetAt(ms)).substring(11);
    default:
      return wallClock(ms + zone.offsetAt(ms));
  }
}

/** Micro- or nanoseconds since the epoch with all their digits. */
function epochText(value: Value, unit: "micros" | "nanos", zone: Zone): string {
  const digits = unit === "micros" ? 6 : 9;
  const perMs = unit === "micros" ? 1_000n : 1_000_000n;
  const count = BigInt(value as bigint | string);
  const rest = ((count % perMs) + perMs) % perMs;
  const ms = Number((count - rest) / perMs);
  return wallClock(ms + zone.offsetAt(ms)) + String(rest).padStart(digits - 3, "0");
}

/** `2024-02-29 13:14:15.123` of milliseconds that count as UTC. */
function wallClock(ms: number): string {
  return new Date(ms).toISOString().replace("T", " ").replace("Z", "");
}

/** The text of hexadecimal digits, capital, without anything around. */
export function hexDigits(bytes: Uint8Array): string {
  return bytes.toHex().toUpperCase();
}
