import { MS_PER_DAY } from "sdk";
import type { PatternStep } from "./pattern.ts";
import type { Zone } from "./time_zone.ts";

/** The text certainly does not fit the pattern. Any number is a fit; NaN leaves the question to the general parser. */
export const NO_FIT = Infinity;

/** Reads a time from the bytes of a slice: milliseconds since the epoch, NO_FIT, or NaN. */
export type DigitReader = (bytes: Uint8Array, start: number, end: number) => number;

// Slots of the values read.
const YEAR = 0;
const MONTH = 1;
const DAY = 2;
const HOUR = 3;
const MINUTE = 4;
const SECOND = 5;
const MILLISECOND = 6;
/** Pseudo slots: a byte that must be there; the zone letter X. */
const LITERAL = 7;
const ZULU = 8;

const SLOTS = new Map([["y", YEAR], ["M", MONTH], ["L", MONTH], ["d", DAY], ["H", HOUR], ["m", MINUTE], ["s", SECOND], ["S", MILLISECOND]]);
const NO_VALUES = [1970, 1, 1, 0, 0, 0, 0];

/**
 * Compiles a pattern of plain numbers in their usual widths, for years from 1583 on, into a reader of bytes. Null for any other
 * pattern. With `whole` nothing may follow. It agrees with the general parser wherever it gives an answer.
 */
export function compileDigits(steps: readonly PatternStep[], zone: Zone, whole: boolean): DigitReader | null {
  const program = programOf(steps);
  if (program === null) return null;
  const values = new Int32Array(7);
  return (bytes, start, end) => {
    values.set(NO_VALUES);
    let p = start;
    let isUtc = false;
    for (let i = 0; i < program.length; i += 2) {
      const slot = program[i] as number;
      const argument = program[i + 1] as number;
      if (slot < LITERAL) {
        let value = 0;
        const stop = p + argument;
        if (stop > end) return NaN;
        for (; p < stop; p++) {
          const digit = (bytes[p] as number) - 0x30;
          if (digit < 0 || digit > 9) return NaN;
          value = value * 10 + digit;
        }
        values[slot] = value;
      } else if (p >= end) {
        return NO_FIT;
      } else if (bytes[p] === argument) {
        p++;
        isUtc ||= slot === ZULU;
      } else {
        return slot === ZULU || mayBelongToNumber(bytes[p] as number) ? NaN : NO_FIT;
      }
    }
    if (p < end && (whole || mayBelongToNumber(bytes[p] as number))) return NaN;
    const wall = wallOf(values);
    return isUtc || Number.isNaN(wall) ? wall : wall - zone.offsetAtWall(wall);
  };
}

/** Pairs of slot and width, or of pseudo slot and byte. */
function programOf(steps: readonly PatternStep[]): Uint8Array | null {
  const program: number[] = [];
  const seen = new Set<number>();
  let afterNumber = false;
  for (const step of steps) {
    if ("text" in step) {
      // Java reads `2015E03` as one number, so text that could belong to one is left to the general parser.
      if (!/^[\x20-\x7e]+$/.test(step.text) || (afterNumber && mayBelongToNumber(step.text.charCodeAt(0)))) return null;
      for (const c of step.text) program.push(LITERAL, c.charCodeAt(0));
      afterNumber = false;
    } else if (step.letter === "X") {
      program.push(ZULU, 0x5a);
      afterNumber = false;
    } else {
      const slot = SLOTS.get(step.letter);
      const width = widthOf(step.letter, step.count, step.abuts);
      if (slot === undefined || width === 0 || seen.has(slot)) return null;
      seen.add(slot);
      program.push(slot, width);
      afterNumber = true;
    }
  }
  return Uint8Array.from(program);
}

/** Digits a field has in the usual case; 0 = not one of ours. */
function widthOf(letter: string, count: number, abuts: boolean): number {
  if (letter === "y") return count === 4 || (!abuts && count !== 2) ? 4 : 0;
  if ((letter === "M" || letter === "L") && count > 2) return 0;
  const usual = letter === "S" ? 3 : 2;
  return abuts ? Math.min(count, 9) : usual;
}

/** A digit of any script, or the E of an exponent. */
function mayBelongToNumber(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x45 || byte >= 0x80;
}

/** NaN for what only a lenient calendar takes. */
function wallOf(values: Int32Array): number {
  const year = values[YEAR] as number;
  const month = values[MONTH] as number;
  const day = values[DAY] as number;
  const hour = values[HOUR] as number;
  const minute = values[MINUTE] as number;
  const second = values[SECOND] as number;
  if (year < 1583 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return NaN;
  if (hour > 23 || minute > 59 || second > 59) return NaN;
  return epochDay(year, month, day) * MS_PER_DAY + ((hour * 60 + minute) * 60 + second) * 1000 + (values[MILLISECOND] as number);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Gregorian, for years after 1582; counted in years that begin in March and end with their leap day. */
function epochDay(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const m = month > 2 ? month - 3 : month + 9;
  const century = (y / 100) | 0;
  return 365 * y + (y >> 2) - century + (century >> 2) + (((153 * m + 2) / 5) | 0) + day - 719_469;
}
