/** Values as PostgreSQL reads them from text: the exact way, by way of strings; the kernels of `cell_writers.ts` agree with it. */
import {
  ConnectError,
  DataError,
  Decimal,
  doubleText,
  floatText,
  logicalType,
  MS_PER_DAY,
  plainDecimalText,
  type Schema,
  type Value,
} from "sdk";
import type { Zone } from "../../times/time_zone.ts";
import type { WriteColumn } from "../dialect.ts";
import { writeClock, writeDay, writeEra, writeOffset, writeWallClock } from "./clock_text.ts";

/** What of the session and the config values are written by. */
export interface WriteRules {
  /** `db.timezone`. */
  readonly zone: Zone;
  /** `date.timezone`. */
  readonly dateZone: Zone;
  readonly isJulianBefore1582: boolean;
}

/** A column of the table values go to. */
export interface Slot {
  readonly column: WriteColumn;
  /** `pg_type.typname` of the column, the base type's for a domain; empty when it is not known. */
  readonly typeName: string;
}

const INTEGERS = new Set(["int2", "int4", "int8"]);
const NUMBERS = new Set(["int2", "int4", "int8", "float4", "float8", "numeric", "oid"]);
const TEXTS = new Set(["text", "varchar", "bpchar", "citext", "name"]);

/** Whether the column takes integers alone: as text no other number fits one. */
export function isIntegerSlot({ typeName }: Slot): boolean {
  return INTEGERS.has(typeName);
}

/** No and yes as the column has them. */
export function booleanTexts({ typeName }: Slot): readonly [no: string, yes: string] {
  if (NUMBERS.has(typeName)) return ["0", "1"];
  return TEXTS.has(typeName) ? ["false", "true"] : ["f", "t"];
}

/**
 * How a timestamp's offset is written: `utc`: the instant in UTC; `none`: the wall clock alone; `both`: wall clock and offset, of which
 * the server takes what the column's type asks for.
 */
export function offsetStyle({ typeName }: Slot): "utc" | "none" | "both" {
  if (typeName === "timestamptz") return "utc";
  return typeName === "" ? "both" : "none";
}

/** The text of a value that is not null. Throws a ConnectError for a type that has none, a DataError for one that does not fit. */
export function valueText(value: NonNullable<Value>, schema: Schema, slot: Slot, rules: WriteRules): string {
  const { epochUnit } = slot.column;
  if (epochUnit !== null && schema === slot.column.schema) return epochText(value, epochUnit, slot, rules);
  switch (typeof value) {
    case "string":
      return value;
    case "bigint":
      return String(value);
    case "boolean":
      return booleanTexts(slot)[value ? 1 : 0];
    case "number":
      return numberText(value, schema, slot);
  }
  if (value instanceof Date) return dateText(value.getTime(), schema, slot, rules);
  if (value instanceof Decimal) return decimalText(value, slot);
  if (value instanceof Uint8Array) return `\\x${value.toHex()}`;
  if (Array.isArray(value) && schema.type === "ARRAY") return arrayText(value as readonly Value[], schema, slot, rules);
  throw new ConnectError(`Unsupported source data type: ${schema.type}`);
}

function numberText(value: number, schema: Schema, slot: Slot): string {
  if (schema.type !== "FLOAT32" && schema.type !== "FLOAT64") return String(value);
  if (isIntegerSlot(slot) && Number.isFinite(value)) return String(BigInt(roundHalfEven(value)));
  return schema.type === "FLOAT32" ? floatText(value) : doubleText(value);
}

/** As the server turns a float into an integer. */
export function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return (rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded) + 0;
}

/** As the server turns a numeric into an integer: halves go away from zero. */
function decimalText(value: Decimal, slot: Slot): string {
  if (!isIntegerSlot(slot) || value.scale <= 0) return plainDecimalText(value);
  const power = 10n ** BigInt(value.scale);
  const size = value.unscaled < 0n ? -value.unscaled : value.unscaled;
  const rounded = (2n * size + power) / (2n * power);
  return String(value.unscaled < 0n ? -rounded : rounded);
}

const scratch = new Uint8Array(64);
const decoder = new TextDecoder();

function written(end: number): string {
  return decoder.decode(scratch.subarray(0, end));
}

function dateText(ms: number, schema: Schema, slot: Slot, rules: WriteRules): string {
  switch (logicalType(schema)) {
    case "Date":
      return written(writeDateOf(scratch, 0, ms, rules));
    case "Time":
      return written(writeTimeOf(scratch, 0, ms, rules));
    default:
      return written(writeTimestampOf(scratch, 0, ms, offsetStyle(slot), rules));
  }
}

/** Writes the day on which an instant falls in `date.timezone`; returns the place after it. */
export function writeDateOf(to: Uint8Array, at: number, ms: number, { dateZone, isJulianBefore1582 }: WriteRules): number {
  const day = Math.floor((ms + dateZone.offsetAt(ms)) / MS_PER_DAY);
  return writeEra(to, writeDay(to, at, day, isJulianBefore1582), day, isJulianBefore1582);
}

/** Writes the time of day that clocks in `db.timezone` show; returns the place after it. */
export function writeTimeOf(to: Uint8Array, at: number, ms: number, { zone }: WriteRules): number {
  const wall = ms + zone.offsetAt(ms);
  return writeClock(to, at, wall - Math.floor(wall / MS_PER_DAY) * MS_PER_DAY);
}

/** Writes a timestamp; returns the place after it. */
export function writeTimestampOf(
  to: Uint8Array,
  at: number,
  ms: number,
  style: ReturnType<typeof offsetStyle>,
  { zone, isJulianBefore1582 }: WriteRules,
): number {
  if (style === "utc") return writeWallClock(to, at, ms, 0, isJulianBefore1582);
  const offset = zone.offsetAt(ms);
  return writeWallClock(to, at, ms + offset, style === "none" ? null : offset, isJulianBefore1582);
}

/** A timestamp of micro- or nanoseconds since the epoch; the server rounds to microseconds. */
function epochText(value: NonNullable<Value>, unit: "micros" | "nanos", slot: Slot, { zone, isJulianBefore1582 }: WriteRules): string {
  const text = String(value).trim();
  if (!/^[+-]?\d{1,19}$/.test(text)) {
    throw new DataError(`Cannot write "${text}" to column "${slot.column.name}" as a timestamp: it must be ${unit} since the epoch`);
  }
  const count = BigInt(text);
  const perSecond = unit === "micros" ? 1_000_000n : 1_000_000_000n;
  const fraction = ((count % perSecond) + perSecond) % perSecond;
  const seconds = Number((count - fraction) / perSecond) * 1000;
  if (Math.abs(seconds) > 8.64e15) throw new DataError(`Cannot write "${text}" to column "${slot.column.name}": it is out of range`);
  const style = offsetStyle(slot);
  const offset = style === "utc" ? 0 : zone.offsetAt(seconds);
  const wall = seconds + offset;
  const clock = written(writeWallClock(scratch, 0, wall, null, isJulianBefore1582));
  const digits = fraction === 0n ? "" : `.${String(fraction).padStart(unit === "micros" ? 6 : 9, "0")}`;
  const era = clock.endsWith(" BC") ? " BC" : "";
  const shown = style === "none" ? "" : written(writeOffset(scratch, 0, offset));
  return `${clock.substring(0, clock.length - era.length)}${digits}${shown}${era}`;
}

/** `{1,NULL,"a b"}`. */
function arrayText(values: readonly Value[], schema: Schema, slot: Slot, rules: WriteRules): string {
  const element = schema.valueSchema;
  if (element === undefined) throw new ConnectError("Unsupported source data type: ARRAY");
  const elementSlot: Slot = { column: { ...slot.column, schema: element, epochUnit: null }, typeName: slot.typeName.replace(/^_/, "") };
  const texts = values.map((value) => {
    if (value === null) return "NULL";
    if (element.type === "ARRAY") return arrayText(value as readonly Value[], element, slot, rules);
    return quotedElement(valueText(value, element, elementSlot, rules));
  });
  return `{${texts.join(",")}}`;
}

/** An element of an array in quotes: inside them only quotes and backslashes mean something. */
export function quotedElement(text: string): string {
  return `"${/["\\]/.test(text) ? text.replace(/["\\]/g, "\\$&") : text}"`;
}
