/**
 * Dates as Java's GregorianCalendar sees them: Gregorian from 15 October 1582, Julian before. Proleptic Gregorian dates, which
 * JavaScript has, differ by two days around the year 1, and Connect's texts and parsers show it.
 */
import { MS_PER_DAY } from "./logical_types.ts";

/** A day of the calendar; month from 1. Year 0 is 1 BC. */
export interface CalendarDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Epoch day of 15 October 1582, the first Gregorian one. */
const FIRST_GREGORIAN_DAY = -141_427;

/** The day of the calendar on which an epoch day falls. */
export function calendarDay(epochDay: number): CalendarDay {
  // Days since 1 March of year 0 in the calendar at hand: a year that begins in March ends with its leap day.
  const gregorian = epochDay >= FIRST_GREGORIAN_DAY;
  const days = epochDay + (gregorian ? 719_468 : 719_470);
  const era = gregorian ? Math.floor(days / 146_097) : 0;
  const inEra = gregorian ? days - era * 146_097 : days;
  const year = gregorian
    ? Math.floor((inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) / 365)
    : Math.floor((4 * inEra + 3) / 1461);
  const dayOfYear = inEra - (365 * year + Math.floor(year / 4) - (gregorian ? Math.floor(year / 100) : 0));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: year + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}

/** The epoch day of a calendar day. Lenient as Java: month 13 is January of the next year, day 0 the last of the month before. */
export function epochDayOf({ year, month, day }: CalendarDay): number {
  const gregorian = daysBefore(year, month, true) + day - 1;
  return gregorian >= FIRST_GREGORIAN_DAY ? gregorian : daysBefore(year, month, false) + day - 1;
}

/** Epoch day of the first of a month. */
function daysBefore(year: number, month: number, gregorian: boolean): number {
  const shifted = year * 12 + month - 3; // months since March of year 0
  const y = Math.floor(shifted / 12);
  const days = 365 * y + Math.floor(y / 4) + Math.floor((153 * (shifted - y * 12) + 2) / 5);
  return gregorian ? days - Math.floor(y / 100) + Math.floor(y / 400) - 719_468 : days - 719_470;
}

/** Splits an instant into its day and the milliseconds since midnight UTC. */
export function splitInstant(epochMs: number): { readonly day: number; readonly millis: number } {
  const day = Math.floor(epochMs / MS_PER_DAY);
  return { day, millis: epochMs - day * MS_PER_DAY };
}
