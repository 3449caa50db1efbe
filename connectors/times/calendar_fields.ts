import { epochDayOf, MS_PER_DAY } from "sdk";
import type { Zone } from "./time_zone.ts";

/** The fields of java.util.Calendar that a pattern can set. */
export type CalendarField =
  | "era"
  | "year"
  | "weekYear"
  | "month"
  | "weekOfYear"
  | "weekOfMonth"
  | "dayOfMonth"
  | "dayOfYear"
  | "dayOfWeek"
  | "dayOfWeekInMonth"
  | "amPm"
  | "hour"
  | "hourOfDay"
  | "minute"
  | "second"
  | "millisecond";

/** How a text fixes the zone itself: an offset, or a zone's clocks with or without daylight saving, or whatever they show. */
export type TextZone =
  | { readonly offset: number }
  | { readonly zone: Zone; readonly daylight: boolean | null };

/** Epoch day of a year, a month from 0, and a day, each of which may be out of range. */
type DayOf = (year: number, month: number, day: number) => number;

/** How recent each way to say the day of the year is, 0 = not said. */
interface DateAges {
  dayOfMonth: number;
  weekOfMonth: number;
  dayOfWeekInMonth: number;
  dayOfYear: number;
  weekOfYear: number;
}

/** Epoch day of 15 October 1582. */
const FIRST_GREGORIAN_DAY = -141_427;
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
/** Daylight saving of a zone's daylight name, milliseconds: one hour but for a few zones of the past. */
const SAVING = 3_600_000;

/**
 * Fields read from a text, to be resolved to an instant as a lenient GregorianCalendar does for English: values out of range
 * carry over, of contradicting fields the one set last counts, weeks begin on Sunday and the first holds 1 January.
 */
export class CalendarFields {
  /** Set fields, the latest last. Months from 0, days of the week from Sunday = 1. */
  readonly #values = new Map<CalendarField, number>();
  #zone: TextZone | null = null;

  set(field: CalendarField, value: number): void {
    this.#values.delete(field);
    this.#values.set(field, value);
  }

  setZone(zone: TextZone): void {
    this.#zone = zone;
  }

  /** Moves the year, however it was given, into the next century. */
  addCentury(): void {
    for (const field of ["year", "weekYear"] as const) {
      const value = this.#values.get(field);
      if (value !== undefined) this.#values.set(field, value + 100); // stays as old as it is
    }
  }

  /** Milliseconds since the epoch; texts without a zone are read in `zone`. */
  resolve(zone: Zone): number {
    const time = this.#timeOfDay();
    const extraDays = Math.floor(time / MS_PER_DAY);
    const wall = this.#epochDay(extraDays) * MS_PER_DAY + (time - extraDays * MS_PER_DAY);
    if (this.#zone === null) return wall - zone.offsetAtWall(wall);
    if ("offset" in this.#zone) return wall - this.#zone.offset;
    const { zone: named, daylight } = this.#zone;
    if (daylight === null) return wall - named.offsetAtWall(wall);
    return wall - named.standardOffset(wall) - (daylight ? SAVING : 0);
  }

  #get(field: CalendarField, otherwise: number): number {
    return this.#values.get(field) ?? otherwise;
  }

  /** When a field was set, compared with others: 0 = never. */
  #age(field: CalendarField): number {
    let age = 1;
    for (const key of this.#values.keys()) {
      if (key === field) return age;
      age++;
    }
    return 0;
  }

  /** When both of two fields were set. */
  #ageOfBoth(a: CalendarField, b: CalendarField): number {
    const [ageA, ageB] = [this.#age(a), this.#age(b)];
    return ageA === 0 || ageB === 0 ? 0 : Math.max(ageA, ageB);
  }

  #timeOfDay(): number {
    const hour = this.#isHourOfDay() ? this.#get("hourOfDay", 0) : this.#get("hour", 0) + 12 * this.#get("amPm", 0);
    return ((hour * 60 + this.#get("minute", 0)) * 60 + this.#get("second", 0)) * 1000 + this.#get("millisecond", 0);
  }

  /** Hour of the day or hour with AM and PM: the pair counts when its later half was set after. */
  #isHourOfDay(): boolean {
    const ofDay = this.#age("hourOfDay");
    return ofDay !== 0 && ofDay >= this.#ageOfBoth("hour", "amPm");
  }

  #epochDay(extraDays: number): number {
    const isWeekDate = this.#age("weekYear") > this.#age("year");
    const given = this.#get(isWeekDate ? "weekYear" : "year", 1970);
    const year = this.#get("era", 1) === 0 ? 1 - given : given;
    if (isWeekDate) return this.#weekDate(year) + extraDays;
    const julian = this.#dateIn(year, extraDays, julianDay);
    if (year < 1582 || (year === 1582 && !julian.isInMonth)) return julian.day;
    const gregorian = this.#dateIn(year, extraDays, gregorianDay);
    return gregorian.day >= FIRST_GREGORIAN_DAY ? gregorian.day : julian.day;
  }

  #dateIn(year: number, extraDays: number, dayOf: DayOf): { readonly day: number; readonly isInMonth: boolean } {
    const age = this.#dateAges();
    const best = Math.max(age.dayOfMonth, age.weekOfMonth, age.dayOfWeekInMonth, age.dayOfYear, age.weekOfYear);
    const isInMonth = best === age.dayOfMonth ||
      (best === age.weekOfMonth && this.#age("weekOfMonth") >= this.#age("weekOfYear")) ||
      (best === age.dayOfWeekInMonth && this.#age("dayOfWeekInMonth") >= this.#age("weekOfYear"));
    const day = isInMonth
      ? this.#inMonthDate(year, best, age, dayOf)
      : best === age.dayOfYear
      ? dayOf(year, 0, this.#get("dayOfYear", 1))
      : this.#inWeek(dayOf(year, 0, 1), this.#get("weekOfYear", 1));
    return { day: day + extraDays, isInMonth };
  }

  #inMonthDate(year: number, best: number, age: DateAges, dayOf: DayOf): number {
    const month = this.#get("month", 0);
    if (best === age.dayOfMonth) return dayOf(year, month, this.#get("dayOfMonth", 1));
    const first = dayOf(year, month, 1);
    const isWeek = age.weekOfMonth === age.dayOfWeekInMonth
      ? this.#age("weekOfMonth") >= this.#age("dayOfWeekInMonth")
      : best === age.weekOfMonth;
    if (isWeek) return this.#inWeek(first, this.#get("weekOfMonth", 1));
    return this.#inMonth(first, dayOf(year, month + 1, 0) - first + 1);
  }

  /** How recent each way to say the day is: a week says nothing without a day of the week, unless there is nothing better. */
  #dateAges(): DateAges {
    const dayOfWeek = this.#age("dayOfWeek");
    const ages = {
      dayOfMonth: this.#age("dayOfMonth"),
      weekOfMonth: this.#ageOfBoth("weekOfMonth", "dayOfWeek"),
      dayOfWeekInMonth: this.#ageOfBoth("dayOfWeekInMonth", "dayOfWeek"),
      dayOfYear: this.#age("dayOfYear"),
      weekOfYear: this.#ageOfBoth("weekOfYear", "dayOfWeek"),
    };
    if (Math.max(...Object.values(ages)) > 0) return ages;
    ages.weekOfMonth = this.#age("weekOfMonth");
    ages.dayOfWeekInMonth = Math.max(this.#age("dayOfWeekInMonth"), dayOfWeek);
    ages.weekOfYear = this.#age("weekOfYear");
    if (Math.max(...Object.values(ages)) === 0) ages.dayOfMonth = this.#age("month");
    return ages;
  }

  /** The day of the week, Sunday unless set, in the n-th week of what begins on `first`. */
  #inWeek(first: number, week: number): number {
    return onOrBefore(first, 1) + 7 * (week - 1) + mod(this.#get("dayOfWeek", 1) - 1, 7);
  }

  /** The n-th such day of the week in a month, counted from its end when n is negative. */
  #inMonth(first: number, length: number): number {
    const count = this.#get("dayOfWeekInMonth", 1);
    const last = count >= 0 ? first + 7 * count - 1 : first + length + 7 * (count + 1) - 1;
    return onOrBefore(last, this.#get("dayOfWeek", 1));
  }

  #weekDate(year: number): number {
    const dayOfWeek = this.#get("dayOfWeek", 1);
    // Java reads a day of the week beyond 1 to 7 as Monday = 1, in the weeks around.
    const [week, day] = dayOfWeek >= 1 && dayOfWeek <= 7 ? [0, dayOfWeek] : carriedDay(dayOfWeek);
    return onOrBefore(epochDayOf({ year, month: 1, day: 1 }), 1) + 7 * (this.#get("weekOfYear", 1) - 1 + week) + day - 1;
  }
}

/** Epoch day of a day of the Gregorian calendar, extended to before it was in use. */
function gregorianDay(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 1);
  return date.getTime() / MS_PER_DAY + day - 1;
}

/** Epoch day of a day of the Julian calendar. */
function julianDay(year: number, month: number, day: number): number {
  const y = year + Math.floor(month / 12);
  const isLeap = mod(y, 4) === 0;
  const before = DAYS_BEFORE_MONTH[mod(month, 12)] as number;
  // 1 January of year 1 was epoch day -719164.
  return -719_164 + 365 * (y - 1) + Math.floor((y - 1) / 4) + before + (isLeap && mod(month, 12) > 1 ? 1 : 0) + day - 1;
}

/** The last such day of the week (Sunday = 1) up to an epoch day. Epoch day 3 was a Sunday. */
function onOrBefore(epochDay: number, dayOfWeek: number): number {
  return epochDay - mod(epochDay - 3 - (dayOfWeek - 1), 7);
}

/** Weeks to add, and the day of the week with Sunday = 1. */
function carriedDay(dayOfWeek: number): [weeks: number, day: number] {
  const fromMonday = dayOfWeek >= 8 ? dayOfWeek - 1 : dayOfWeek;
  const weeks = dayOfWeek >= 8 ? Math.floor(fromMonday / 7) : -Math.ceil((1 - fromMonday) / 7);
  const day = dayOfWeek >= 8 ? fromMonday % 7 + 1 : fromMonday - 7 * weeks;
  return [weeks, day === 7 ? 1 : day + 1];
}

function mod(value: number, by: number): number {
  return value - by * Math.floor(value / by);
}
