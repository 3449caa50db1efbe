/** Text of statements: identifiers and values so quoted that none can end early. */
import { ConnectError, Decimal, logicalType, MS_PER_DAY, plainDecimalText, type Value, wellFormed } from "sdk";
import type { SqlPart, WriteColumn } from "../dialect.ts";
import { SqlError } from "../sql_error.ts";
import { quoted, quotedName } from "../table_id.ts";
import type { Zone } from "../../times/time_zone.ts";
import { dateText, timeText } from "./clock_text.ts";
import { wallClockText } from "./wall_clock.ts";

/** How a session takes text. */
export interface SqlSyntax {
  /** Of identifiers; empty: they are not quoted. */
  readonly quote: string;
  /** `NO_BACKSLASH_ESCAPES` is off, so that a backslash in a string must be doubled. */
  readonly hasBackslashEscapes: boolean;
  /** Of wall clocks: `db.timezone`. */
  readonly zone: Zone;
  readonly isJulianBefore1582: boolean;
}

/** A string literal. */
export function textLiteral(text: string, { hasBackslashEscapes }: Pick<SqlSyntax, "hasBackslashEscapes">): string {
  const doubled = wellFormed(text).replaceAll("'", "''");
  return `'${hasBackslashEscapes ? doubled.replaceAll("\\", "\\\\") : doubled}'`;
}

/** A literal of bytes. */
export function bytesLiteral(bytes: Uint8Array): string {
  return `x'${bytes.toHex()}'`;
}

/** A statement of parts. */
export function statementText(parts: readonly SqlPart[], syntax: SqlSyntax): string {
  return parts.map((part) => partText(part, syntax)).join("");
}

function partText(part: SqlPart, syntax: SqlSyntax): string {
  if (typeof part === "string") return part;
  if ("name" in part) return quoted(part.name, syntax.quote);
  if ("table" in part) return quotedName(part.table, syntax.quote);
  if ("integer" in part) return String(part.integer);
  if ("moment" in part) return `'${wallClockText(part.moment, syntax.zone)}'`;
  return textLiteral(part.text, syntax);
}

/** A value as a literal of its column: the twin of the byte kernels, and the way for values they have no room for. Throws a SqlError. */
export function literalOf(value: Value, column: WriteColumn, dateZone: Zone, syntax: SqlSyntax): string {
  if (value === null) return "NULL";
  if (column.epochUnit !== null) return epochLiteral(value, column, column.epochUnit, syntax);
  switch (typeof value) {
    case "string":
      return textLiteral(value, syntax);
    case "boolean":
      return value ? "1" : "0";
    case "bigint":
      return String(value);
    case "number":
      return numberLiteral(value, column);
  }
  if (value instanceof Uint8Array) return bytesLiteral(value);
  if (value instanceof Decimal) return plainDecimalText(value);
  if (value instanceof Date) return timeLiteral(value.getTime(), column, dateZone, syntax);
  throw new ConnectError(`Unsupported source data type: ${column.schema.type}`);
}

function numberLiteral(value: number, { schema, name }: WriteColumn): string {
  if (!Number.isFinite(value)) throw notANumber(value, name);
  if (schema.type !== "FLOAT32" && schema.type !== "FLOAT64") return String(value);
  if (Object.is(value, -0)) return "'-0'"; // as a number it would lose its sign
  return schema.type === "FLOAT32" ? floatLiteral(value) : String(value);
}

/** The shortest text that reads back as the same float. */
function floatLiteral(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === Math.fround(value)) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}

/** Why NaN and infinities cannot be written. */
export function notANumber(value: number, column: string): SqlError {
  return new SqlError(
    `Cannot write ${value} to column "${column}": MySQL has neither NaN nor infinity; take such values out by a transformation`,
    {
      kind: "data",
      sqlState: "22003",
    },
  );
}

function timeLiteral(ms: number, { schema }: WriteColumn, dateZone: Zone, syntax: SqlSyntax): string {
  switch (logicalType(schema)) {
    case "Date":
      return `'${dateText(Math.floor((ms + dateZone.offsetAt(ms)) / MS_PER_DAY), syntax.isJulianBefore1582)}'`;
    case "Time":
      return `'${timeText(ms + syntax.zone.offsetAt(ms))}'`;
    default: {
      const wall = ms + syntax.zone.offsetAt(ms);
      return `'${dateText(Math.floor(wall / MS_PER_DAY), syntax.isJulianBefore1582)} ${timeText(wall)}'`;
    }
  }
}

/** Micro- or nanoseconds since the epoch, as wall clock with the six digits MySQL has. */
function epochLiteral(value: Value, { name }: WriteColumn, unit: "micros" | "nanos", syntax: SqlSyntax): string {
  const text = String(value);
  if (!/^[+-]?\d{1,25}$/.test(text)) {
    throw new SqlError(`Cannot write "${text}" to column "${name}": timestamp.fields.list says that it holds ${unit} since the epoch`, {
      kind: "data",
      sqlState: "22007",
    });
  }
  const micros = unit === "micros" ? BigInt(text) : floorDivide(BigInt(text), 1000n);
  const seconds = Number(floorDivide(micros, 1_000_000n)) * 1000;
  const rest = Number(micros - floorDivide(micros, 1_000_000n) * 1_000_000n);
  const wall = seconds + syntax.zone.offsetAt(seconds);
  const fraction = rest === 0 ? "" : `.${String(rest).padStart(6, "0")}`;
  return `'${dateText(Math.floor(wall / MS_PER_DAY), syntax.isJulianBefore1582)} ${timeText(wall)}${fraction}'`;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}
