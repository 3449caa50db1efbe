/** Values as text of a statement. */
import { calendarDay, DataError, MS_PER_DAY } from "sdk";
import type { Moment, SqlPart } from "../dialect.ts";
import { quoted, quotedName } from "../table_id.ts";
import type { TimeRules } from "./time_text.ts";

/** What quotes identifiers. */
export const QUOTE = '"';

/** The parts as one text. Throws a DataError for text with a NUL character, which PostgreSQL cannot hold. */
export function statementText(parts: readonly SqlPart[], quote: string, rules: TimeRules): string {
  return parts.map((part) => {
    if (typeof part === "string") return part;
    if ("name" in part) return quoted(part.name, quote);
    if ("table" in part) return quotedName(part.table, quote);
    if ("integer" in part) return integerLiteral(part.integer);
    if ("moment" in part) return textLiteral(momentText(part.moment, rules));
    return textLiteral(part.text);
  }).join("");
}

/** Text in quotes, right whatever `standard_conforming_strings` says. */
export function textLiteral(text: string): string {
  if (text.includes("\0")) throw new DataError("Cannot write a text with a NUL character: PostgreSQL cannot hold it");
  const doubled = text.replaceAll("'", "''");
  return doubled.includes("\\") ? ` E'${doubled.replaceAll("\\", "\\\\")}'` : `'${doubled}'`;
}

/** A minus sign could join one before it to a comment. */
function integerLiteral(value: bigint): string {
  return value < 0n ? `'${value}'::int8` : String(value);
}

/**
 * A wall clock of the zone with its offset, to the microsecond. The literal has no type: next to a `timestamp` column the server
 * ignores the offset, next to a `timestamptz` column it takes it, so that both compare right.
 */
export function momentText({ ms, nanos, wall }: Moment, rules: TimeRules): string {
  const offset = wall === undefined ? rules.zone.offsetAt(ms) : wall - ms;
  const micros = Math.floor(nanos / 1000);
  const seconds = Math.floor(ms / 1000) * 1000;
  const fraction = micros === 0 ? "" : `.${String(micros).padStart(6, "0")}`;
  return withEra(seconds + offset, rules, (day, clock) => `${day} ${clock}${fraction}${offsetText(offset)}`);
}

/** Calls `join` with the day and the clock of wall clock milliseconds; ` BC` goes to the very end. */
function withEra(wall: number, rules: TimeRules, join: (day: string, clock: string) => string): string {
  const days = Math.floor(wall / MS_PER_DAY);
  const { year, month, day } = dayOf(days, rules.isJulianBefore1582);
  const clock = new Date(wall - days * MS_PER_DAY).toISOString().substring(11, 19);
  const shown = year > 0 ? year : 1 - year;
  const date = `${String(shown).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
  return join(date, clock) + (year > 0 ? "" : " BC");
}

/** The day of the calendar, Julian before 15 October 1582 or not. */
export function dayOf(epochDay: number, isJulianBefore1582: boolean): { year: number; month: number; day: number } {
  if (isJulianBefore1582) return calendarDay(epochDay);
  const date = new Date(epochDay * MS_PER_DAY);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** `+09`, `-03:30`, `+08:27:52`. */
export function offsetText(offset: number): string {
  const seconds = Math.abs(offset) / 1000;
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const text = `${offset < 0 ? "-" : "+"}${two(seconds / 3600)}`;
  const rest = seconds % 3600;
  return rest === 0 ? text : `${text}:${two(rest / 60)}${rest % 60 === 0 ? "" : `:${two(rest % 60)}`}`;
}
