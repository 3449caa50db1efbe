/** Cells of a page to typed columns: one reader per column, made once per shape of a result. */
import { type Column, DataError, MS_PER_DAY, type Value } from "sdk";
import { type Cells, cellText } from "../../cells/cells.ts";
import { slices } from "../../cells/exact_columns.ts";
import { type CellFault, numberReader } from "../../cells/cell_numbers.ts";
import { decimalReader, floatReader, integerReader } from "../../cells/number_columns.ts";
import type { TypeMapping } from "../dialect.ts";
import { type CellKind, noTimeOfDay, outOfRange, zeroDate } from "./column_types.ts";
import type { ZeroDates } from "./target.ts";
import { timeOfDay, WallClockReader, type WallClockSettings } from "./wall_clock.ts";

/** Turns the cells of one column into a column. It may use its memory again for the next page. */
export type CellReader = (cells: Cells) => Column;

/** What readers of dates and times need to know. */
export interface TimeSettings extends WallClockSettings {
  readonly zeroDates: ZeroDates;
}

/** Midnight of 1 January of year 1, what ROUND makes of a zero date: days since the epoch, Julian as Java has it and proleptic. */
const FIRST_DAY = { julian: -719_164, proleptic: -719_162 };

/** The reader for a kind of cells; `name` is the column's, for messages. */
export function cellReader(kind: CellKind, times: TimeSettings, name: string): CellReader {
  if (kind === null) return () => ({ kind: "constant", value: null });
  switch (kind.is) {
    case "integer":
      // What MySQL prints is what Java would.
      return kind.isCanonical ? (cells) => slices(cells, "integer") : integerReader(kind.bits, kind.parse);
    case "float":
      return floatReader(kind.bits, kind.parse);
    case "decimal":
      return decimalReader(kind.scale, kind.parse);
    case "text":
    case "bytes":
      return (cells) => slices(cells, null);
    case "boolean":
      return numberReader((bytes, start, end) => end - start === 1 && bytes[start] === 0x30 ? 0 : 1, noFault);
    case "flag":
      return numberReader((bytes, start) => bytes[start] === 0 ? 0 : 1, noFault);
    case "bit":
      return numberReader(readBit, bitFault);
    case "year":
      return numberReader(readYear, noFault);
    case "time":
      return numberReader(timeOfDay, (cells, row) => noTimeOfDay(cellText(cells, row) ?? ""));
    case "date":
      return dateReader(times, zeroFault(times, name));
    case "timestamp":
      return timestampReader(kind.granularity, times, zeroFault(times, name));
  }
}

function noFault(): null {
  return null;
}

/** The low byte, signed, of up to eight bytes; NaN when a higher one is not zero. */
function readBit(bytes: Uint8Array, start: number, end: number): number {
  for (let p = start; p < end - 1; p++) if (bytes[p] !== 0) return NaN;
  return ((bytes[end - 1] as number) << 24) >> 24;
}

function bitFault(cells: Cells, row: number): Error {
  const { table, region, position } = cells;
  const entry = 2 * (row * table.columns + position);
  let value = 0n;
  for (let p = table.at[entry] as number; p < (table.at[entry + 1] as number); p++) value = value << 8n | BigInt(region.bytes[p] as number);
  return outOfRange(String(BigInt.asIntN(64, value)), "Byte");
}

/** 1 January of the year; two digits mean 1970 to 2069, as Connector/J has it. */
function readYear(bytes: Uint8Array, start: number, end: number): number {
  let year = 0;
  for (let p = start; p < end; p++) year = year * 10 + (bytes[p] as number) - 0x30;
  return Date.UTC(year < 70 ? year + 2000 : year < 100 ? year + 1900 : year, 0, 1);
}

/** What the settings make of a zero date. */
function zeroFault(times: TimeSettings, name: string): CellFault {
  const first = times.isJulianBefore1582 ? FIRST_DAY.julian : FIRST_DAY.proleptic;
  return (cells) => {
    switch (times.zeroDates) {
      case "EXCEPTION":
        return zeroDate();
      case "ROUND":
        return first * MS_PER_DAY;
      case "CONVERT_TO_NULL":
        return cells.schema.optional ? null : requiredNull(cells, name);
    }
  };
}

/** A zero date that became null in a column that takes none. */
function requiredNull({ schema }: Cells, name: string): DataError {
  return new DataError(`Invalid value: null used for required field: "${name}", schema type: ${schema.type}`);
}

function dateReader(times: TimeSettings, fault: CellFault): CellReader {
  const clock = new WallClockReader(times);
  return numberReader((bytes, start, end) => clock.day(bytes, start, end) * MS_PER_DAY, fault);
}

function timestampReader(granularity: TypeMapping["granularity"], times: TimeSettings, fault: CellFault): CellReader {
  const clock = new WallClockReader(times);
  const milliseconds = numberReader((bytes, start, end) => clock.read(bytes, start, end) ? clock.ms : NaN, fault);
  if (granularity === "connect_logical") return milliseconds;
  return (cells) => {
    const data: Value[] = [];
    for (let row = 0; row < cells.table.rows; row++) data.push(fineTime(cells, row, granularity, clock, fault, times));
    return { kind: "values", data };
  };
}

/** A timestamp with all its digits, in the shape asked for. */
function fineTime(
  cells: Cells,
  row: number,
  granularity: TypeMapping["granularity"],
  clock: WallClockReader,
  fault: CellFault,
  times: TimeSettings,
): Value {
  const { table, region, position } = cells;
  const entry = 2 * (row * table.columns + position);
  const start = table.at[entry] as number;
  if (start < 0) return null;
  const end = table.at[entry + 1] as number;
  if (!clock.read(region.bytes, start, end)) {
    const found = fault(cells, row);
    if (typeof found !== "number") {
      if (found !== null) cells.fail(row, found);
      return null;
    }
    clock.ms = found - times.zone.offsetAtWall(found);
    clock.nanos = 0;
    if (granularity.endsWith("iso_datetime_string")) {
      return `0001-01-01T00:00:00.${granularity.startsWith("micros") ? "000000" : "000000000"}`;
    }
  } else if (granularity.endsWith("iso_datetime_string")) {
    return isoText(cellText(cells, row) ?? "", granularity.startsWith("micros") ? 6 : 9);
  }
  // Seconds and what is beyond them, both exact, also before 1970.
  const seconds = BigInt((clock.ms - Math.floor(clock.nanos / 1e6)) / 1000);
  const units = granularity.startsWith("micros")
    ? seconds * 1_000_000n + BigInt(Math.floor(clock.nanos / 1000))
    : seconds * 1_000_000_000n + BigInt(clock.nanos);
  return granularity.endsWith("long") ? units : String(units);
}

/** The wall clock itself: `2024-01-01T00:00:00.123456`. */
function isoText(text: string, digits: number): string {
  const whole = text.length === 10 ? `${text} 00:00:00` : text;
  const [clock = "", fraction = ""] = whole.split(".");
  return `${clock.replace(" ", "T")}.${fraction.padEnd(digits, "0")}`;
}
