/** Stored values as columns. */
import { type Column, DataError, Decimal, MS_PER_DAY, parseDecimal, type Schema, type Value } from "sdk";
import type { Moment, TypeMapping } from "../dialect.ts";
import { momentOf, type TimeReading } from "./time_text.ts";
import type { Declared, Kind } from "./column_types.ts";

/** A row as `node:sqlite` gives it: integers as bigint. */
export type StoredRow = readonly unknown[];

/** A column of a result and how it is read. */
export interface FieldPlan {
  readonly name: string;
  readonly declared: Declared;
  readonly kind: Kind;
  readonly schema: Schema | null;
}

/** What the values are turned into columns with. */
export interface Reading extends TimeReading {
  readonly granularity: TypeMapping["granularity"];
}

/** Notes the first row that cannot be read. */
export interface FailureNote {
  failure: { readonly row: number; readonly error: Error } | null;
}

/** One column of some rows. */
export function columnOf(rows: readonly StoredRow[], field: number, plan: FieldPlan, reading: Reading, note: FailureNote): Column {
  if (plan.schema === null) return { kind: "constant", value: null };
  const isNumeric = !NOT_NUMBERS.has(plan.kind) && (plan.kind !== "timestamp" || reading.granularity === "connect_logical");
  const read = (value: unknown) => valueOf(value, plan, reading);
  return isNumeric ? numbers(rows, field, plan, read, note) : values(rows, field, plan, read, note);
}

const NOT_NUMBERS: ReadonlySet<Kind> = new Set(["string", "bytes", "decimal"]);

/** A reader's word that a value is none of its type. */
const UNREADABLE = Symbol("unreadable");
type Read = Value | typeof UNREADABLE;

function numbers(
  rows: readonly StoredRow[],
  field: number,
  plan: FieldPlan,
  read: (value: unknown) => Read,
  note: FailureNote,
): Column {
  const data = new Float64Array(rows.length);
  let nulls: Uint8Array | null = null;
  for (let row = 0; row < rows.length; row++) {
    const value = (rows[row] as StoredRow)[field];
    if (value === null) {
      nulls ??= new Uint8Array(rows.length);
      nulls[row] = 1;
      if (plan.schema?.optional === false) fail(note, row, missing(plan));
      continue;
    }
    const number = read(value);
    if (typeof number === "number") data[row] = number;
    else if (typeof number === "bigint") return values(rows, field, plan, read, note);
    else fail(note, row, unreadable(value, plan));
  }
  return { kind: "numbers", data, nulls };
}

function values(
  rows: readonly StoredRow[],
  field: number,
  plan: FieldPlan,
  read: (value: unknown) => Read,
  note: FailureNote,
): Column {
  const data: Value[] = new Array(rows.length);
  for (let row = 0; row < rows.length; row++) {
    const value = (rows[row] as StoredRow)[field];
    const cell = value === null ? null : read(value);
    data[row] = cell === UNREADABLE ? null : inColumnOfValues(cell, plan);
    if (cell === UNREADABLE) fail(note, row, unreadable(value, plan));
    else if (cell === null && plan.schema?.optional === false) fail(note, row, missing(plan));
  }
  return { kind: "values", data };
}

/** In a column of numbers dates are milliseconds and booleans 0 and 1; in one of values they are what they are. */
function inColumnOfValues(cell: Value, { kind }: FieldPlan): Value {
  if (typeof cell !== "number") return cell;
  if (kind === "date" || kind === "timestamp") return new Date(cell);
  return kind === "boolean" ? cell !== 0 : cell;
}

/** Rows come in order within a column, not across columns. */
function fail(note: FailureNote, row: number, error: Error): void {
  if (note.failure === null || row < note.failure.row) note.failure = { row, error };
}

function missing({ name, schema }: FieldPlan): Error {
  return new DataError(`Invalid value: null used for required field: "${name}", schema type: ${schema?.type}`);
}

function unreadable(value: unknown, { name, kind }: FieldPlan): Error {
  const shown = value instanceof Uint8Array ? `${value.length} bytes` : `"${String(value).slice(0, 60)}"`;
  return new DataError(
    `Cannot read ${shown} in column "${name}" as ${kind}: SQLite stores what it is given, whatever is declared; mend the row, or read through a query with CAST`,
  );
}

function valueOf(value: unknown, plan: FieldPlan, reading: Reading): Read {
  switch (plan.kind) {
    case "int16":
      return integer(value, 16);
    case "int32":
      return integer(value, 32);
    case "int64":
      return integer(value, 64);
    case "float32":
      return float(value, Math.fround);
    case "float64":
      return float(value, Number);
    case "boolean":
      return boolean(value);
    case "string":
      return typeof value === "string" ? value : value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value);
    case "bytes":
      return value instanceof Uint8Array ? value : typeof value === "string" ? new TextEncoder().encode(value) : UNREADABLE;
    case "decimal":
      return decimal(value, plan.declared.scale);
    case "date":
    case "timestamp":
      return instant(value, plan.kind, reading);
    case "unknown":
      return UNREADABLE;
  }
}

function integer(value: unknown, bits: 16 | 32 | 64): Read {
  const whole = typeof value === "number" && Number.isInteger(value) && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof whole !== "bigint" || BigInt.asIntN(bits, whole) !== whole) return UNREADABLE;
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}

function float(value: unknown, round: (value: number) => number): Read {
  return typeof value === "number" || typeof value === "bigint" ? round(Number(value)) : UNREADABLE;
}

function boolean(value: unknown): Read {
  if (typeof value === "bigint" || typeof value === "number") return Number(value) === 0 ? 0 : 1;
  const text = typeof value === "string" ? value.toLowerCase() : "";
  return text === "true" ? 1 : text === "false" ? 0 : UNREADABLE;
}

/** The shortest decimal text of a stored double, under the declared scale; digits beyond it are none of that type. */
function decimal(value: unknown, scale: number): Read {
  const found = typeof value === "bigint" ? new Decimal(value, 0) : parseDecimal(String(value));
  if (found === null) return UNREADABLE;
  if (found.scale <= scale) return new Decimal(found.unscaled * 10n ** BigInt(scale - found.scale), scale);
  const divisor = 10n ** BigInt(found.scale - scale);
  return found.unscaled % divisor === 0n ? new Decimal(found.unscaled / divisor, scale) : UNREADABLE;
}

function instant(value: unknown, kind: "date" | "timestamp", reading: Reading): Read {
  if (typeof value !== "bigint" && typeof value !== "number" && typeof value !== "string") return UNREADABLE;
  // The day of a date is that of UTC, whatever the zone (JDBC connector 10.9).
  const moment = momentOf(value, kind === "date" ? { ...reading, zone: UTC } : reading);
  if (moment === null) return UNREADABLE;
  if (kind === "date") return Math.floor(moment.ms / MS_PER_DAY) * MS_PER_DAY;
  return timeValue(moment, reading);
}

const UTC = { offsetAt: () => 0, offsetAtWall: () => 0, standardOffset: () => 0, savesDaylight: false };

/** An instant as `timestamp.granularity` wants it. */
function timeValue(moment: Moment, { granularity, zone }: Reading): Value {
  if (granularity === "connect_logical") return moment.ms;
  const nanos = BigInt(Math.floor(moment.ms / 1000)) * 1_000_000_000n + BigInt(moment.nanos);
  const isMicros = granularity.startsWith("micros");
  const units = isMicros ? nanos / 1000n : nanos;
  if (granularity.endsWith("_long")) return Number.isSafeInteger(Number(units)) ? Number(units) : units;
  if (!granularity.endsWith("_iso_datetime_string")) return String(units);
  const wall = new Date(moment.ms + zone.offsetAt(moment.ms)).toISOString().slice(0, -5);
  const digits = String(moment.nanos).padStart(9, "0");
  return `${wall}.${isMicros ? digits.substring(0, 6) : digits}`;
}
