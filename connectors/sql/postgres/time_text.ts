/** Dates and times as PostgreSQL's ISO style writes them, read from bytes. */
import { epochDayOf, MS_PER_DAY } from "sdk";
import type { Zone } from "../../times/time_zone.ts";

/** What a reader found, as there is no room for two numbers in a return value. Valid until the next call. */
export const instant = { ms: 0, nanos: 0, wall: NaN };

/** How dates and clocks become instants. */
export interface TimeRules {
  readonly zone: Zone;
  /** Julian before 15 October 1582. */
  readonly isJulianBefore1582: boolean;
}

const DASH = 0x2d;
const COLON = 0x3a;
const POINT = 0x2e;
const SPACE = 0x20;
const PLUS = 0x2b;
const CAPITAL_B = 0x42;
const ZERO = 0x30;
/** Days a JavaScript Date goes to either side of 1970. */
const MAX_DAYS = 100_000_000;

/** Position behind what was read last. */
let end = 0;

/** The digits from `at` on as a number, -1 for none; `end` behind them. */
function digits(bytes: Uint8Array, at: number, limit: number): number {
  let value = 0;
  let p = at;
  for (; p < limit; p++) {
    const digit = (bytes[p] as number) - ZERO;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  end = p;
  return p === at ? -1 : value;
}

/** Days since the epoch of `2024-02-29` with four digits of the year or more; NaN for other text. `end` behind the day, ` BC` not read. */
function readDay(bytes: Uint8Array, start: number, stop: number, { isJulianBefore1582 }: TimeRules): number {
  const isBc = stop - start > 3 && bytes[stop - 1] === 0x43 && bytes[stop - 2] === CAPITAL_B && bytes[stop - 3] === SPACE;
  const year = digits(bytes, start, stop);
  if (year < 0 || bytes[end] !== DASH) return NaN;
  const month = digits(bytes, end + 1, stop);
  if (month < 0 || bytes[end] !== DASH) return NaN;
  const day = digits(bytes, end + 1, stop);
  if (day < 0) return NaN;
  if (isBc || year < 1583 || year > 9999) return rareDay(isBc ? 1 - year : year, month, day, isJulianBefore1582);
  return gregorianDay(year, month, day);
}

/** Days since the epoch, by counting years from March (the days_from_civil algorithm). */
function gregorianDay(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const shifted = month <= 2 ? month + 9 : month - 3;
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + Math.floor((153 * shifted + 2) / 5) + day - 719_469;
}

function rareDay(year: number, month: number, day: number, isJulianBefore1582: boolean): number {
  const days = gregorianDay(year, month, day);
  if (days > MAX_DAYS || days < -MAX_DAYS) return NaN;
  return isJulianBefore1582 ? epochDayOf({ year, month, day }) : days;
}

/** Milliseconds since midnight of `13:14:15.123456`, NaN for other text; nanoseconds of the second to `instant.nanos`. */
function readClock(bytes: Uint8Array, start: number, stop: number): number {
  const hour = digits(bytes, start, stop);
  if (hour < 0 || bytes[end] !== COLON) return NaN;
  const minute = digits(bytes, end + 1, stop);
  if (minute < 0 || bytes[end] !== COLON) return NaN;
  const second = digits(bytes, end + 1, stop);
  if (second < 0) return NaN;
  let nanos = 0;
  if (end < stop && bytes[end] === POINT) {
    let unit = 1e9;
    let p = end + 1;
    for (; p < stop; p++) {
      const digit = (bytes[p] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      unit /= 10;
      nanos += digit * unit;
    }
    end = p;
  }
  instant.nanos = nanos;
  return ((hour * 60 + minute) * 60 + second) * 1000 + Math.floor(nanos / 1e6);
}

/** Milliseconds of `+09`, `-03:30` or `+08:27:52`, NaN for other text. */
function readOffset(bytes: Uint8Array, start: number, stop: number): number {
  const sign = bytes[start];
  if (sign !== PLUS && sign !== DASH) return NaN;
  let seconds = digits(bytes, start + 1, stop) * 3600;
  if (seconds < 0) return NaN;
  if (end < stop && bytes[end] === COLON) seconds += digits(bytes, end + 1, stop) * 60;
  if (end < stop && bytes[end] === COLON) seconds += digits(bytes, end + 1, stop);
  return (sign === DASH ? -1000 : 1000) * seconds;
}

/** A date: midnight UTC in ms. NaN for `infinity` and days beyond what a Date holds. Leaves `instant` alone. */
export function readDate(bytes: Uint8Array, start: number, stop: number, rules: TimeRules): number {
  return readDay(bytes, start, stop, rules) * MS_PER_DAY;
}

/**
 * A timestamp, with or without offset: milliseconds since the epoch, floored, and all of its fraction in `instant.nanos`. Without an
 * offset it is a wall clock of the zone, and in `instant.wall`, which is NaN else. NaN for `infinity` and what a Date cannot hold.
 */
export function readTimestamp(bytes: Uint8Array, start: number, stop: number, rules: TimeRules): number {
  const day = readDay(bytes, start, stop, rules);
  if (Number.isNaN(day) || bytes[end] !== SPACE) return NaN;
  const wall = day * MS_PER_DAY + readClock(bytes, end + 1, stop);
  instant.wall = NaN;
  if (end < stop && bytes[end] !== SPACE) return wall - readOffset(bytes, end, stop);
  instant.wall = wall;
  return wall - rules.zone.offsetAtWall(wall);
}

/** A time of day in ms, digits beyond cut. NaN for other text. */
export function readTime(bytes: Uint8Array, start: number, stop: number): number {
  return readClock(bytes, start, stop);
}

/** A time of day with an offset, as the clocks of the zone showed it on 1 January 1970. NaN for other text. */
export function readTimeTz(bytes: Uint8Array, start: number, stop: number, { zone }: TimeRules): number {
  const clock = readClock(bytes, start, stop);
  const utc = clock - readOffset(bytes, end, stop);
  const shifted = utc + zone.offsetAt(0);
  return shifted - Math.floor(shifted / MS_PER_DAY) * MS_PER_DAY;
}
