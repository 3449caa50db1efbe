/** Days and clocks written as bytes, in PostgreSQL's ISO style. */
import { MS_PER_DAY } from "sdk";
import { dayOf } from "./literals.ts";

/** First Gregorian day, 15 October 1582: days before it are not on the fast path. */
const FIRST_GREGORIAN_DAY = -141_427;
/** Most bytes any of these functions writes. */
export const CLOCK_BYTES = 48;

function two(to: Uint8Array, at: number, value: number): number {
  const tens = (value / 10) | 0;
  to[at] = 0x30 + tens;
  to[at + 1] = 0x30 + value - 10 * tens;
  return at + 2;
}

/** Writes `2024-02-29` of days since the epoch; returns the place after it. A year before 1 lacks its ` BC`: see `isBeforeChrist`. */
export function writeDay(to: Uint8Array, at: number, epochDay: number, isJulianBefore1582: boolean): number {
  if (epochDay < FIRST_GREGORIAN_DAY) return writeRareDay(to, at, epochDay, isJulianBefore1582);
  // Years that begin in March (the civil_from_days algorithm).
  const days = epochDay + 719_468;
  const era = Math.floor(days / 146_097);
  const inEra = days - era * 146_097;
  const yearOfEra = Math.floor((inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) / 365);
  const dayOfYear = inEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return writeDate(to, at, year, month, dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1);
}

function writeRareDay(to: Uint8Array, at: number, epochDay: number, isJulianBefore1582: boolean): number {
  const { year, month, day } = dayOf(epochDay, isJulianBefore1582);
  return writeDate(to, at, year > 0 ? year : 1 - year, month, day);
}

function writeDate(to: Uint8Array, at: number, year: number, month: number, day: number): number {
  let o = at;
  if (year > 9999) {
    for (const digit of String(Math.floor(year / 10_000))) to[o++] = digit.charCodeAt(0);
  }
  o = two(to, o, Math.floor((year % 10_000) / 100));
  o = two(to, o, year % 100);
  to[o++] = 0x2d;
  o = two(to, o, month);
  to[o++] = 0x2d;
  return two(to, o, day);
}

/** Writes ` BC` behind a day before year 1, with all that belongs to it; returns the place after it. */
export function writeEra(to: Uint8Array, at: number, epochDay: number, isJulianBefore1582: boolean): number {
  if (epochDay >= FIRST_GREGORIAN_DAY || dayOf(epochDay, isJulianBefore1582).year > 0) return at;
  to[at] = 0x20;
  to[at + 1] = 0x42;
  to[at + 2] = 0x43;
  return at + 3;
}

/** Writes `13:14:15.678` of milliseconds since midnight; no fraction when there is none. Returns the place after it. */
export function writeClock(to: Uint8Array, at: number, millis: number): number {
  const seconds = Math.floor(millis / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  let o = two(to, at, hours);
  to[o++] = 0x3a;
  o = two(to, o, minutes - hours * 60);
  to[o++] = 0x3a;
  o = two(to, o, seconds - minutes * 60);
  const fraction = millis - seconds * 1000;
  if (fraction === 0) return o;
  to[o++] = 0x2e;
  const hundreds = (fraction / 100) | 0;
  to[o++] = 0x30 + hundreds;
  return two(to, o, fraction - hundreds * 100);
}

/** Writes `+09`, `-03:30` or `+08:27:52`; returns the place after it. */
export function writeOffset(to: Uint8Array, at: number, offset: number): number {
  const size = Math.abs(offset) / 1000;
  to[at] = offset < 0 ? 0x2d : 0x2b;
  const hours = Math.floor(size / 3600);
  let o = two(to, at + 1, hours);
  const rest = size - hours * 3600;
  if (rest === 0) return o;
  const minutes = Math.floor(rest / 60);
  to[o++] = 0x3a;
  o = two(to, o, minutes);
  if (rest === minutes * 60) return o;
  to[o++] = 0x3a;
  return two(to, o, rest - minutes * 60);
}

/** Writes `2024-02-29 13:14:15.678` of a wall clock, with its offset unless that is null, and the era. Returns the place after it. */
export function writeWallClock(to: Uint8Array, at: number, wall: number, offset: number | null, isJulianBefore1582: boolean): number {
  const day = Math.floor(wall / MS_PER_DAY);
  let o = writeDay(to, at, day, isJulianBefore1582);
  to[o++] = 0x20;
  o = writeClock(to, o, wall - day * MS_PER_DAY);
  if (offset !== null) o = writeOffset(to, o, offset);
  return writeEra(to, o, day, isJulianBefore1582);
}
