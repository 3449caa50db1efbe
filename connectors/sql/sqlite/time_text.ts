/** Instants as SQLite's users write them: ISO texts, epoch numbers, Julian days. */
import { calendarDay, ConfigError, epochDayOf, MS_PER_DAY } from "sdk";
import type { Zone } from "../../times/time_zone.ts";
import type { Moment } from "../dialect.ts";

/** How wall clocks become instants. */
export interface TimeReading {
  readonly zone: Zone;
  readonly isJulianBefore1582: boolean;
  readonly countsSeconds: boolean;
  /** Whole numbers are Julian days: a real that is whole is stored as an integer. */
  readonly countsDays: boolean;
  readonly pattern: TimePattern | null;
}

/** A text form of the user's own (`date_string_format`). */
export interface TimePattern {
  readonly regex: RegExp;
  /** What stands where: letters of the pattern or text as it is. */
  readonly parts: readonly string[];
}

/** How a column writes its instants, found by looking at one of them. */
export type TimeForm =
  | { readonly is: "integer" }
  | { readonly is: "real" }
  | { readonly is: "text"; readonly separator: string; readonly digits: number; readonly suffix: string; readonly isDay: boolean };

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:([ T])(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?$/;
/** Julian day of the epoch (sqlite.org, Date And Time Functions). */
const EPOCH_JULIAN_DAY = 2_440_587.5;
const FIELDS = /yyyy|MM|dd|HH|mm|ss|SSS|'[^']*'|[^A-Za-z']+/y;

/** Reads a pattern of the letters whose texts sort like their instants. Throws a `ConfigError` for others. */
export function timePattern(text: string): TimePattern {
  const parts: string[] = [];
  FIELDS.lastIndex = 0;
  while (FIELDS.lastIndex < text.length) {
    const [part] = FIELDS.exec(text) ?? [];
    if (part === undefined) {
      throw new ConfigError(
        `Cannot use "${text}" as date_string_format: only yyyy, MM, dd, HH, mm, ss and SSS can be read, and quoted text`,
      );
    }
    parts.push(part.startsWith("'") ? part.slice(1, -1) : part);
  }
  const regex = parts.map((part) => LETTERS.test(part) ? `(?<${part}>\\d{${part.length}})` : RegExp.escape(part)).join("");
  return { regex: new RegExp(`^${regex}$`), parts };
}

const LETTERS = /^(yyyy|MM|dd|HH|mm|ss|SSS)$/;

/** The instant a stored value stands for; null when it stands for none. */
export function momentOf(value: bigint | number | string, reading: TimeReading): Moment | null {
  if (typeof value === "bigint" && !reading.countsDays) return ofMillis(Number(value) * (reading.countsSeconds ? 1000 : 1));
  if (typeof value === "bigint") return momentOf(Number(value), reading);
  if (typeof value === "number") return ofMillis(Math.round((value - EPOCH_JULIAN_DAY) * MS_PER_DAY));
  return reading.pattern === null ? ofIso(value, reading) : ofPattern(value, reading.pattern, reading);
}

/** An instant of whole milliseconds. */
export function ofMillis(ms: number): Moment {
  return { ms, nanos: (ms - Math.floor(ms / 1000) * 1000) * 1_000_000 };
}

function ofIso(text: string, reading: TimeReading): Moment | null {
  const found = ISO.exec(text);
  if (found === null) return null;
  const [, year, month, day, , hour = "0", minute = "0", second = "0", fraction = "", suffix] = found;
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  const nanos = Number(fraction.padEnd(9, "0"));
  const wall = dayMs(Number(year), Number(month), Number(day), reading) + seconds * 1000 + Math.floor(nanos / 1e6);
  if (seconds >= 86_400 || Number(month) > 12 || Number(month) < 1 || Number(day) < 1 || Number(day) > 31) return null;
  if (suffix !== undefined) return { ms: wall - suffixMs(suffix), nanos };
  return { ms: wall - reading.zone.offsetAtWall(wall), nanos, wall };
}

function ofPattern(text: string, pattern: TimePattern, reading: TimeReading): Moment | null {
  const groups = pattern.regex.exec(text)?.groups;
  if (groups === undefined) return null;
  const number = (name: string, fallback: number) => Number(groups[name] ?? fallback);
  const day = dayMs(number("yyyy", 1970), number("MM", 1), number("dd", 1), reading);
  const wall = day + (number("HH", 0) * 3600 + number("mm", 0) * 60 + number("ss", 0)) * 1000 + number("SSS", 0);
  return { ...ofMillis(wall - reading.zone.offsetAtWall(wall)), wall };
}

function dayMs(year: number, month: number, day: number, reading: TimeReading): number {
  if (reading.isJulianBefore1582) return epochDayOf({ year, month, day }) * MS_PER_DAY;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime();
}

function suffixMs(suffix: string): number {
  if (suffix === "Z") return 0;
  const minutes = Number(suffix.substring(1, 3)) * 60 + Number(suffix.slice(-2));
  return (suffix.startsWith("-") ? -1 : 1) * minutes * 60_000;
}

/** The form of a stored value, to write others like it; null when it is no instant. */
export function formOf(value: bigint | number | string, reading: TimeReading): TimeForm | null {
  if (typeof value === "bigint") return { is: "integer" };
  if (typeof value === "number") return { is: "real" };
  if (reading.pattern !== null) return { ...TEXT_FORM };
  const found = ISO.exec(value);
  if (found === null) return null;
  return { is: "text", separator: found[4] ?? " ", digits: found[8]?.length ?? 0, suffix: found[9] ?? "", isDay: found[4] === undefined };
}

/** What sqlite-jdbc writes: `yyyy-MM-dd HH:mm:ss.SSS`. */
export const TEXT_FORM: TimeForm = { is: "text", separator: " ", digits: 3, suffix: "", isDay: false };

/** The instant as a literal that compares with values of that form. A form is widened where the instant has more digits. */
export function momentLiteral(moment: Moment, form: TimeForm, reading: TimeReading): string {
  if (form.is === "integer") return String(reading.countsSeconds ? Math.floor(moment.ms / 1000) : moment.ms);
  if (form.is === "real") return (moment.ms / MS_PER_DAY + EPOCH_JULIAN_DAY).toFixed(9);
  return `'${reading.pattern === null ? isoText(moment, form, reading) : patternText(moment, reading.pattern, reading)}'`;
}

function isoText({ ms, nanos, wall }: Moment, form: Extract<TimeForm, { is: "text" }>, reading: TimeReading): string {
  const shown = form.suffix === "" ? wall ?? ms + reading.zone.offsetAt(ms) : ms + suffixMs(form.suffix);
  const { date, time } = wallOf(shown, reading);
  if (form.isDay && time === "00:00:00" && nanos === 0) return date;
  const all = String(nanos).padStart(9, "0");
  const fraction = all.substring(0, Math.max(form.digits, all.replace(/0+$/, "").length));
  return `${date}${form.separator}${time}${fraction === "" ? "" : `.${fraction}`}${form.suffix}`;
}

function patternText({ ms, nanos, wall }: Moment, pattern: TimePattern, reading: TimeReading): string {
  const { date, time } = wallOf(wall ?? ms + reading.zone.offsetAt(ms), reading);
  const fields = new Map([
    ["yyyy", date.substring(0, 4)],
    ["MM", date.substring(5, 7)],
    ["dd", date.substring(8)],
    ["HH", time.substring(0, 2)],
    ["mm", time.substring(3, 5)],
    ["ss", time.substring(6)],
    ["SSS", String(Math.floor(nanos / 1e6)).padStart(3, "0")],
  ]);
  return pattern.parts.map((part) => fields.get(part) ?? part).join("").replaceAll("'", "''");
}

/** Date and time to the second of a wall clock. */
function wallOf(wall: number, reading: TimeReading): { readonly date: string; readonly time: string } {
  const iso = new Date(wall).toISOString();
  const time = iso.slice(-13, -5);
  if (!reading.isJulianBefore1582) return { date: iso.slice(0, -14), time };
  const { year, month, day } = calendarDay(Math.floor(wall / MS_PER_DAY));
  const two = (value: number) => String(value).padStart(2, "0");
  return { date: `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`, time };
}
