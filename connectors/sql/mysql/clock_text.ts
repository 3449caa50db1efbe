/** Wall clocks as MySQL's text, as strings and as bytes. */
import { calendarDay, MS_PER_DAY } from "sdk";

const ZERO = 0x30;
/** Epoch day of 15 October 1582. */
const FIRST_GREGORIAN_DAY = -141_427;
/** Bytes that `writeDate` and `writeTime` take at most for years of four digits. */
export const CLOCK_BYTES = 32;

/** `2024-02-29` of an epoch day; `isJulian`: in Java's calendar before 1582. */
export function dateText(epochDay: number, isJulian: boolean): string {
  const { year, month, day } = dayOf(epochDay, isJulian);
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

function dayOf(epochDay: number, isJulian: boolean): { readonly year: number; readonly month: number; readonly day: number } {
  if (isJulian || epochDay >= FIRST_GREGORIAN_DAY) return calendarDay(epochDay);
  const date = new Date(epochDay * MS_PER_DAY);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** `13:14:15` or `13:14:15.678` of milliseconds, days left out. */
export function timeText(wall: number): string {
  const ms = wall - Math.floor(wall / MS_PER_DAY) * MS_PER_DAY;
  const seconds = Math.floor(ms / 1000);
  const text = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return ms % 1000 === 0 ? text : `${text}.${String(ms % 1000).padStart(3, "0")}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** Writes dates and times as bytes. The last day is kept: times cluster. */
export class ClockWriter {
  readonly #isJulian: boolean;
  #lastDay = NaN;
  readonly #lastText = new Uint8Array(CLOCK_BYTES);
  #lastLength = 0;

  constructor(isJulianBefore1582: boolean) {
    this.#isJulian = isJulianBefore1582;
  }

  /** `2024-02-29`; returns the place after it. */
  writeDate(to: Uint8Array, at: number, epochDay: number): number {
    if (epochDay !== this.#lastDay) {
      const text = dateText(epochDay, this.#isJulian);
      for (let i = 0; i < text.length; i++) this.#lastText[i] = text.charCodeAt(i);
      this.#lastLength = text.length;
      this.#lastDay = epochDay;
    }
    for (let i = 0; i < this.#lastLength; i++) to[at + i] = this.#lastText[i] as number;
    return at + this.#lastLength;
  }

  /** `13:14:15`, with milliseconds where there are some; returns the place after it. `ms`: within the day. */
  writeTime(to: Uint8Array, at: number, ms: number): number {
    const seconds = (ms / 1000) | 0;
    const hour = (seconds / 3600) | 0;
    const minute = ((seconds - hour * 3600) / 60) | 0;
    writeTwo(to, at, hour);
    to[at + 2] = 0x3a;
    writeTwo(to, at + 3, minute);
    to[at + 5] = 0x3a;
    writeTwo(to, at + 6, seconds - hour * 3600 - minute * 60);
    const rest = ms - seconds * 1000;
    if (rest === 0) return at + 8;
    to[at + 8] = 0x2e;
    const hundreds = (rest / 100) | 0;
    to[at + 9] = ZERO + hundreds;
    writeTwo(to, at + 10, rest - hundreds * 100);
    return at + 12;
  }
}

function writeTwo(to: Uint8Array, at: number, value: number): void {
  const tens = (value / 10) | 0;
  to[at] = ZERO + tens;
  to[at + 1] = ZERO + value - tens * 10;
}
