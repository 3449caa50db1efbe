/** Dates and times in MySQL's fixed layout, digit by digit: `2024-02-29 13:14:15.123456`. */
import { epochDayOf, MS_PER_DAY } from "sdk";
import type { Zone } from "../../times/time_zone.ts";
import type { Moment } from "../dialect.ts";

const ZERO = 0x30;
/** Bytes of a date, and of a date with a time. */
const DATE_BYTES = 10;
const TIME_BYTES = 19;
/** Last year in which the calendar matters. */
const CHANGE_YEAR = 1582;
const FRACTION_UNITS = [0, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000];

/** How wall clocks become instants. */
export interface WallClockSettings {
  readonly zone: Zone;
  readonly isJulianBefore1582: boolean;
}

/** Reads cells; what the last one held stands in its fields, so that nothing is made per cell. */
export class WallClockReader {
  readonly #zone: Zone;
  readonly #isJulian: boolean;
  #lastDate = -1;
  #lastDay = 0;
  /** Milliseconds since the epoch. */
  ms = 0;
  /** The same before the zone came into it. */
  wall = 0;
  /** Nanoseconds beyond the second. */
  nanos = 0;

  constructor({ zone, isJulianBefore1582 }: WallClockSettings) {
    this.#zone = zone;
    this.#isJulian = isJulianBefore1582;
  }

  /** Days since the epoch; NaN for a date with a zero in it, or none at all. */
  day(bytes: Uint8Array, at: number, end: number): number {
    if (end - at < DATE_BYTES) return NaN;
    const year = (digit(bytes, at) * 10 + digit(bytes, at + 1)) * 100 + digit(bytes, at + 2) * 10 + digit(bytes, at + 3);
    const month = digit(bytes, at + 5) * 10 + digit(bytes, at + 6);
    const day = digit(bytes, at + 8) * 10 + digit(bytes, at + 9);
    const date = (year * 16 + month) * 32 + day;
    if (date === this.#lastDate) return this.#lastDay;
    if (!(month > 0 && month < 13 && day > 0 && day < 32)) return NaN;
    this.#lastDate = date;
    return this.#lastDay = this.#isJulian && year <= CHANGE_YEAR ? epochDayOf({ year, month, day }) : gregorianDay(year, month, day);
  }

  /** Reads a date with or without a time into `ms` and `nanos`; false for one with a zero in it. */
  read(bytes: Uint8Array, at: number, end: number): boolean {
    const day = this.day(bytes, at, end);
    if (day !== day) return false;
    let wall = day * MS_PER_DAY;
    let nanos = 0;
    if (end - at >= TIME_BYTES) {
      const hour = digit(bytes, at + 11) * 10 + digit(bytes, at + 12);
      const minute = digit(bytes, at + 14) * 10 + digit(bytes, at + 15);
      wall += ((hour * 60 + minute) * 60 + digit(bytes, at + 17) * 10 + digit(bytes, at + 18)) * 1000;
      if (end - at > TIME_BYTES) {
        nanos = fraction(bytes, at + TIME_BYTES + 1, end);
        wall += Math.floor(nanos / 1e6);
      }
    }
    this.wall = wall;
    this.ms = wall - this.#zone.offsetAtWall(wall);
    this.nanos = nanos;
    return true;
  }

  /** What was read last. */
  moment(): Moment {
    return { ms: this.ms, nanos: this.nanos };
  }
}

/** Milliseconds of a TIME within a day; NaN when it is a duration: negative, or a day and more. */
export function timeOfDay(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 8 || bytes[at + 2] !== 0x3a) return NaN; // -01:00:00, 100:00:00
  const hour = digit(bytes, at) * 10 + digit(bytes, at + 1);
  if (!(hour < 24)) return NaN;
  const minute = digit(bytes, at + 3) * 10 + digit(bytes, at + 4);
  const seconds = (hour * 60 + minute) * 60 + digit(bytes, at + 6) * 10 + digit(bytes, at + 7);
  return seconds * 1000 + (end - at > 9 ? Math.floor(fraction(bytes, at + 9, end) / 1e6) : 0);
}

/** `2024-02-29 13:14:15.123456` of an instant, in a zone, without trailing zeros of the fraction; finer digits are cut. */
export function wallClockText({ ms, nanos, wall }: Moment, zone: Zone): string {
  const millis = Math.floor(nanos / 1e6);
  const seconds = ms - millis;
  const iso = new Date(wall === undefined ? seconds + zone.offsetAt(seconds) : wall - millis).toISOString();
  const text = iso.substring(0, iso.length - 5).replace("T", " ");
  const micros = Math.floor(nanos / 1000);
  return micros === 0 ? text : `${text}.${String(micros).padStart(6, "0").replace(/0+$/, "")}`;
}

function digit(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) - ZERO;
}

/** Nanoseconds of the digits behind a point. */
function fraction(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let p = at; p < end; p++) value = value * 10 + digit(bytes, p);
  return value * (FRACTION_UNITS[end - at] ?? 0);
}

/** Days since the epoch in the calendar JavaScript has. */
function gregorianDay(year: number, month: number, day: number): number {
  // Years that begin in March end with their leap day.
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const ofEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + dayOfYear - 719_468;
}
