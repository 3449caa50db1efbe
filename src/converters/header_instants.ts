/** Dates, times and timestamps in headers, recognised by their length, with Java's lenient calendar: 13 is the month after December. */
import { dateSchema, epochDayOf, MS_PER_DAY, type Schema, timeSchema, timestampSchema } from "sdk";

const DATE = dateSchema();
const TIME = timeSchema();
const TIMESTAMP = timestampSchema();
const DATE_PATTERN = /^(\d+)-[ \t]*(-?\d+)-[ \t]*(-?\d+)/;
const TIME_PATTERN = /^(\d+):[ \t]*(-?\d+):[ \t]*(-?\d+)\.[ \t]*(-?\d+)Z/;

/** The instant a token spells, or null. */
export function parseInstant(token: string): { readonly schema: Schema; readonly value: Date } | null {
  const text = token.replaceAll("\\:", ":");
  switch (text.length) {
    case "yyyy-MM-dd".length:
      return found(DATE, dayOf(text)?.epochMs);
    case "HH:mm:ss.SSSZ".length:
      return found(TIME, timeOf(text));
    case "yyyy-MM-ddTHH:mm:ss.SSSZ".length: {
      const day = dayOf(text);
      const time = day === undefined || text[day.end] !== "T" ? undefined : timeOf(text.substring(day.end + 1));
      return day === undefined || time === undefined ? null : found(TIMESTAMP, day.epochMs + time);
    }
    default:
      return null;
  }
}

function found(schema: Schema, epochMs: number | undefined): { schema: Schema; value: Date } | null {
  return epochMs === undefined ? null : { schema, value: new Date(epochMs) };
}

function dayOf(text: string): { readonly epochMs: number; readonly end: number } | undefined {
  const match = DATE_PATTERN.exec(text);
  if (match === null) return undefined;
  const [all, year, month, day] = match;
  return { epochMs: epochDayOf({ year: Number(year), month: Number(month), day: Number(day) }) * MS_PER_DAY, end: all.length };
}

function timeOf(text: string): number | undefined {
  const match = TIME_PATTERN.exec(text);
  if (match === null) return undefined;
  const [, hours, minutes, seconds, millis] = match.map(Number) as [number, number, number, number, number];
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis;
}
