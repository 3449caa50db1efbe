/** Timestamps with all their digits, for `timestamp.granularity`: numbers and texts of micro- or nanoseconds, written as bytes. */
import { allocateRegion, type Column, type Region, SPARE_BYTES, writeInteger } from "sdk";
import { type Cells, failNull } from "../../cells/cells.ts";
import type { TypeMapping } from "../dialect.ts";
import { cellOf, type ColumnReader, unfit } from "./reader.ts";
import { instant, readTimestamp, type TimeRules } from "./time_text.ts";

/** `-271821-04-20T00:00:00.000000000` and spare room. */
const CELL_BYTES = 40;

/** The reader for one granularity. Values are exact before 1970 too, where upstream is off by a second. */
export function fineTimestamps(granularity: TypeMapping["granularity"], rules: TimeRules): ColumnReader {
  const digits = granularity.startsWith("micros") ? 6 : 9;
  const isIso = granularity.endsWith("_iso_datetime_string");
  const isNumber = granularity.endsWith("_long");
  let region: Region = allocateRegion(0);
  let at = new Int32Array(0);
  let flags = new Uint8Array(0);
  return (cells: Cells): Column => {
    const { table } = cells;
    const { rows } = table;
    if (at.length < 2 * rows) {
      region = allocateRegion(rows * CELL_BYTES + SPARE_BYTES);
      at = new Int32Array(2 * rows);
      flags = new Uint8Array(rows);
    }
    const to = region.bytes;
    let o = 0;
    for (let row = 0, entry = 2 * cells.position; row < rows; row++, entry += 2 * table.columns) {
      const start = table.at[entry] as number;
      at[2 * row] = o;
      if (start < 0) {
        at[2 * row] = -1;
        if (!cells.schema.optional) failNull(cells, row);
        continue;
      }
      const ms = readTimestamp(cells.region.bytes, start, table.at[entry + 1] as number, rules);
      // A long holds nanoseconds from 1677 to 2262.
      const isTooFar = digits === 9 && isNumber && Math.abs(ms) > 9_223_372_036_854;
      if (Number.isNaN(ms) || isTooFar) cells.fail(row, unfit(cellOf(cells, row), cells.schema));
      else o = isIso ? writeIso(to, o, ms, instant.nanos, digits, rules) : writeCount(to, o, ms, instant.nanos, digits);
      at[2 * row + 1] = o;
    }
    region.used = o;
    return { kind: "slices", region, at, first: 0, stride: 2, form: "plain", flags, checked: isNumber ? "integer" : null };
  };
}

/** Units since the epoch: whole seconds, then the digits within the second. */
function writeCount(to: Uint8Array, at: number, ms: number, nanos: number, digits: number): number {
  const seconds = Math.floor(ms / 1000);
  const fraction = digits === 6 ? Math.floor(nanos / 1000) : nanos;
  const unit = digits === 6 ? 1e6 : 1e9;
  let o = at;
  // The digits are those of the distance from zero, so below it the fraction counts the other way.
  const whole = seconds < 0 && fraction > 0 ? -(seconds + 1) : Math.abs(seconds);
  const rest = seconds < 0 && fraction > 0 ? unit - fraction : fraction;
  if (seconds < 0) to[o++] = 0x2d;
  if (whole === 0) return writeInteger(to, o, rest);
  o = writeInteger(to, o, whole);
  return writePadded(to, o, rest, digits);
}

/** `2024-01-01T00:00:00.123456`, the clocks of the zone. */
function writeIso(to: Uint8Array, at: number, ms: number, nanos: number, digits: number, { zone }: TimeRules): number {
  const seconds = Math.floor(ms / 1000) * 1000;
  const text = new Date(seconds + zone.offsetAt(ms)).toISOString();
  let o = at;
  for (let i = 0; i < text.length - 5; i++) to[o++] = text.charCodeAt(i);
  to[o++] = 0x2e;
  return writePadded(to, o, digits === 6 ? Math.floor(nanos / 1000) : nanos, digits);
}

function writePadded(to: Uint8Array, at: number, value: number, digits: number): number {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    to[i] = 0x30 + rest - next * 10;
    rest = next;
  }
  return at + digits;
}
