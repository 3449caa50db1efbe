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

  /** Milliseconds since the epoch; texts without a zone are read in `zone`. */
  resolve(zone: Zone): number {
    const time = this.#timeOfDay();
    const wall = (this.#epochDay(Math.floor(time / MS_PER_DAY)) * MS_PER_DAY) + time - Math.floor(time / MS_PER_DAY) * MS_PER_DAY;
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
    if (this.#age("weekYear") > this.#age("year")) return this.#weekDate() + extraDays;
    const given = this.#get("year", 1970);
    const year = this.#get("era", 1) === 0 ? 1 - given : given;
    const age = this.#dateAges();
    const best = Math.max(age.dayOfMonth, age.weekOfMonth, age.dayOfWeekInMonth, age.dayOfYear, age.weekOfYear);
    const isInMonth = best === age.dayOfMonth ||
      (best === age.weekOfMonth && this.#age("weekOfMonth") >= this.#age("weekOfYear")) ||
      (best === age.dayOfWeekInMonth && this.#age("dayOfWeekInMonth") >= this.#age("weekOfYear"));
    if (!isInMonth) {
      if (best === age.dayOfYear) return dayOf(year, 0, this.#get("dayOfYear", 1) + extraDays);
      return this.#inWeek(dayOf(year, 0, 1), this.#get("weekOfYear", 1)) + extraDays;
    }
    const month = this.#get("month", 0);
    if (best === age.dayOfMonth) return dayOf(year, month, this.#get("dayOfMonth", 1) + extraDays);
    const first = dayOf(year, month, 1);
    const isWeek = age.weekOfMonth === age.dayOfWeekInMonth
      ? this.#age("weekOfMonth") >= this.#age("dayOfWeekInMonth")
      : best === age.weekOfMonth;
    if (isWeek) return this.#inWeek(first, this.#get("weekOfMonth", 1)) + extraDays;
    return this.#inMonth(first, dayOf(year, month + 1, 0) - first + 1) + extraDays;
  }

  /** How recent each way to say the day is: a week says nothing without a day of the week, unless there is nothing better. */
  #dateAges() {
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

  #weekDate(): number {
    const dayOfWeek = this.#get("dayOfWeek", 1);
    // Java reads a day of the week beyond 1 to 7 as Monday = 1, in the weeks around.
    const [week, day] = dayOfWeek >= 1 && dayOfWeek <= 7 ? [0, dayOfWeek] : carriedDay(dayOfWeek);
    return onOrBefore(dayOf(this.#get("weekYear", 1970), 0, 1), 1) + 7 * (this.#get("weekOfYear", 1) - 1 + week) + day - 1;
  }
}

/** Epoch day; months from 0, and from any year. */
function dayOf(year: number, month: number, day: number): number {
  return epochDayOf({ year, month: month + 1, day });
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
