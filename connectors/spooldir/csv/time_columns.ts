import type { Column } from "sdk";
import { dayOfInstant, type TimeFormats } from "../text_to_types.ts";
import { compileDigits, type DigitReader, NO_FIT } from "../../times/digit_pattern.ts";
import type { DateFormat } from "../../times/date_format.ts";
import { parseIsoTime } from "../../times/iso_time.ts";
import { parsePattern } from "../../times/pattern.ts";
import type { Zone } from "../../times/time_zone.ts";
import { type Cells, cellText, type TextParser } from "../../cells/cells.ts";
import { exactValue } from "../../cells/exact_columns.ts";
import { NumberBuffer } from "../../cells/number_columns.ts";

/** A format with the byte readers that may answer for it. */
interface FastFormat {
  readonly readers: readonly DigitReader[];
  /** What a reader finds not to fit is settled: with several readers it is not. */
  readonly isSettled: boolean;
  parse(text: string): number | null;
}

/** Shapes of ISO 8601 that are worth a reader. */
const ISO_SHAPES = ["yyyy-MM-dd'T'HH:mm:ssX", "yyyy-MM-dd'T'HH:mm:ss.SSSX", "yyyy-MM-dd"];

/** Timestamp and Time; or Date, which is the day in the zone. `parse` words the failures. */
export function timeReader(times: TimeFormats, isDate: boolean, parse: TextParser): (cells: Cells) => Column {
  const { zone } = times;
  const formats = times.formats.map((format) => format === null ? fastIso(zone) : fastFormat(format));
  const buffer = new NumberBuffer();
  return (cells) => {
    const { table, position } = cells;
    buffer.start(table.rows);
    for (let row = 0, entry = 2 * position; row < table.rows; row++, entry += 2 * table.columns) {
      if ((table.at[entry] as number) < 0) {
        buffer.addNull(cells, row);
        continue;
      }
      const instant = readTime(cells, row, entry, formats);
      if (Number.isNaN(instant)) exactValue(cells, row, parse);
      else buffer.data[row] = isDate ? dayOfInstant(instant, zone) : instant;
    }
    return buffer.column();
  };
}

/** The first format that fits, NaN for none. */
function readTime(cells: Cells, row: number, entry: number, formats: readonly FastFormat[]): number {
  const { table, region } = cells;
  const start = table.at[entry] as number;
  const end = table.at[entry + 1] as number;
  for (let i = 0; i < formats.length; i++) {
    const { readers, isSettled, parse } = formats[i] as FastFormat;
    let instant = NaN;
    for (let k = 0; k < readers.length; k++) {
      instant = (readers[k] as DigitReader)(region.bytes, start, end);
      if (Number.isFinite(instant)) return instant;
    }
    if (instant === NO_FIT && isSettled) continue;
    const found = parse(cellText(cells, row) ?? "");
    if (found !== null) return found;
  }
  return NaN;
}

function fastFormat(format: DateFormat): FastFormat {
  const reader = compileDigits(format.steps, format.zone, false);
  return { readers: reader === null ? [] : [reader], isSettled: true, parse: format.parse };
}

function fastIso(zone: Zone): FastFormat {
  const readers = ISO_SHAPES.map((shape) => compileDigits(parsePattern(shape), zone, true)).filter((reader) => reader !== null);
  return { readers, isSettled: false, parse: (text) => parseIsoTime(text, zone) };
}
