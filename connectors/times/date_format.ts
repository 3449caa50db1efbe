import { type CalendarField, CalendarFields } from "./calendar_fields.ts";
import { found, readNumber } from "./number_prefix.ts";
import { parsePattern, type PatternStep } from "./pattern.ts";
import { timeZone, type Zone } from "./time_zone.ts";
import { ZONE_NAMES } from "./zone_names.ts";

/** A java.text.SimpleDateFormat for English, as far as parsing goes. */
export interface DateFormat {
  readonly steps: readonly PatternStep[];
  readonly zone: Zone;
  /** Milliseconds since the epoch of the time the text begins with, or null; what follows it is not looked at. */
  parse(text: string): number | null;
}

type FieldStep = Extract<PatternStep, { letter: string }>;

const MONTHS = names("January|February|March|April|May|June|July|August|September|October|November|December", 3);
const DAYS = names("Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday", 3);
const ERAS: Names = [["Before Christ", 0], ["Anno Domini", 1], ["BC", 0], ["AD", 1]];
const HALVES: Names = [["AM", 0], ["PM", 1]];
/** Two-digit years fall into the hundred years that begin this long before the format is made. */
const YEARS_BACK = 80;
/** JavaScript's last instant, and so the last we take; Java's are 1,000 times as far. */
const MAX_INSTANT = 8.64e15;

/** Letters that are numbers and nothing else, and what they set. */
const NUMBERS = new Map<string, CalendarField>([
  ["w", "weekOfYear"],
  ["W", "weekOfMonth"],
  ["D", "dayOfYear"],
  ["d", "dayOfMonth"],
  ["F", "dayOfWeekInMonth"],
  ["H", "hourOfDay"],
  ["K", "hour"],
  ["m", "minute"],
  ["s", "second"],
  ["S", "millisecond"],
]);

/** Compiles a pattern. Throws a ConnectError that says what is wrong with it. `now`: milliseconds, for two-digit years. */
export function createDateFormat(pattern: string, zone: Zone, now: number): DateFormat {
  const steps = parsePattern(pattern);
  const centuryStart = new Date(now);
  centuryStart.setUTCFullYear(centuryStart.getUTCFullYear() - YEARS_BACK);
  return { steps, zone, parse: (text) => parse(text, steps, zone, centuryStart) };
}

function parse(text: string, steps: readonly PatternStep[], zone: Zone, centuryStart: Date): number | null {
  const parsing = new Parsing(text, centuryStart.getUTCFullYear());
  let at = 0;
  for (const step of steps) {
    at = "text" in step ? (text.startsWith(step.text, at) ? at + step.text.length : -1) : parsing.field(step, at);
    if (at < 0) return null;
  }
  let instant = parsing.fields.resolve(zone);
  if (parsing.isYearAmbiguous && instant < centuryStart.getTime()) {
    parsing.fields.addCentury();
    instant = parsing.fields.resolve(zone);
  }
  return Math.abs(instant) <= MAX_INSTANT ? instant : null;
}

/** One text being read. */
class Parsing {
  readonly fields = new CalendarFields();
  /** A two-digit year on the edge of the hundred years: only the whole date tells the century. */
  isYearAmbiguous = false;
  readonly #text: string;
  readonly #firstYear: number;

  constructor(text: string, firstYear: number) {
    this.#text = text;
    this.#firstYear = firstYear;
  }

  /** Reads one field from `start` on; returns the place after it, -1 when it is not there. */
  field(step: FieldStep, start: number): number {
    const text = this.#text;
    let at = start;
    while (text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === 0x09) at++;
    if (at >= text.length) return -1;
    const { letter, count } = step;
    switch (letter) {
      case "G":
        return this.#name("era", ERAS, start);
      case "E":
        return this.#name("dayOfWeek", DAYS, start);
      case "a":
        return this.#name("amPm", HALVES, start);
      case "z":
      case "Z":
        return this.#zone(at, start);
      case "X":
        return this.#isoZone(at, count);
      case "M":
      case "L":
        if (count > 2) return this.#name("month", MONTHS, start);
    }
    return this.#number(step, start, at);
  }

  #number({ letter, count, abuts }: FieldStep, start: number, at: number): number {
    // Java counts the characters of abutting fields from before the blanks.
    const limit = abuts ? start + count : this.#text.length;
    if (limit > this.#text.length || !readNumber(this.#text, at, limit)) return -1;
    const { value, end } = found;
    switch (letter) {
      case "y":
        return this.#year("year", value, count, at, end);
      case "Y":
        return this.#year("weekYear", value, count, at, end);
      case "M":
      case "L":
        this.fields.set("month", value - 1);
        return end;
      case "u":
        this.fields.set("dayOfWeek", value < 1 || value > 7 ? value : value === 7 ? 1 : value + 1);
        return end;
      case "k":
        this.fields.set("hourOfDay", value === 24 ? 0 : value);
        return end;
      case "h":
        this.fields.set("hour", value === 12 ? 0 : value);
        return end;
    }
    const field = NUMBERS.get(letter);
    if (field !== undefined) this.fields.set(field, value);
    return end;
  }

  #year(field: "year" | "weekYear", value: number, count: number, at: number, end: number): number {
    let year = value;
    if (count <= 2 && end - at === 2 && /^\p{Nd}{2}$/u.test(this.#text.slice(at, end))) {
      const first = this.#firstYear;
      year += Math.floor(first / 100) * 100 + (value < first % 100 ? 100 : 0);
      this.isYearAmbiguous = value === first % 100;
    }
    this.fields.set(field, year);
    return end;
  }

  /** The longest of the names that stands at `start`: Java skips no blanks here. */
  #name(field: CalendarField, choice: Names, start: number): number {
    const hit = choice.find(([name]) => startsWithIgnoringCase(this.#text, name, start));
    if (hit === undefined) return -1;
    this.fields.set(field, hit[1]);
    return start + hit[0].length;
  }

  /** `+0530`, `GMT`, `GMT+5:30` or a name. */
  #zone(at: number, start: number): number {
    const sign = signAt(this.#text, at);
    if (sign !== 0) return this.#offset(at + 1, sign, false, false, true);
    // Java looks for it before the blanks it has skipped.
    if (startsWithIgnoringCase(this.#text, "GMT", start)) {
      const gmtSign = signAt(this.#text, at + 3);
      if (gmtSign !== 0) return this.#offset(at + 4, gmtSign, true, true, true);
      this.fields.setZone({ offset: 0 });
      return at + 3;
    }
    const named = ZONE_NAMES.find(({ name }) => startsWithIgnoringCase(this.#text, name, at));
    if (named === undefined) return -1;
    const zone = timeZone(named.zone);
    // A daylight name of a zone that has no daylight saving any more says no more than the zone.
    this.fields.setZone({ zone, daylight: named.daylight && !zone.savesDaylight ? null : named.daylight });
    return at + named.name.length;
  }

  /** `Z`, or by count `+05`, `+0530`, `+05:30`. */
  #isoZone(at: number, count: number): number {
    if (this.#text.charAt(at) === "Z") {
      this.fields.setZone({ offset: 0 });
      return at + 1;
    }
    const sign = signAt(this.#text, at);
    return sign === 0 ? -1 : this.#offset(at + 1, sign, false, count === 3, count !== 1);
  }

  #offset(at: number, sign: number, oneDigit: boolean, colon: boolean, minutes: boolean): number {
    const shape = minutes ? (colon ? (oneDigit ? /(\d{1,2}):(\d\d)/y : /(\d\d):(\d\d)/y) : /(\d\d)(\d\d)/y) : /(\d\d)()/y;
    shape.lastIndex = at;
    const match = shape.exec(this.#text);
    if (match === null || Number(match[1]) > 23 || Number(match[2]) > 59) return -1;
    this.fields.setZone({ offset: sign * (Number(match[1]) * 60 + Number(match[2])) * 60_000 });
    return at + match[0].length;
  }
}

/** Names and the numbers they stand for, longest first. */
type Names = readonly (readonly [name: string, value: number])[];

/** Full names and short ones, of months from 0, of days from 1. */
function names(list: string, short: number): Names {
  const full = list.split("|");
  const first = full.length === 7 ? 1 : 0;
  return [...full, ...full.map((name) => name.slice(0, short))]
    .map((name, index): [string, number] => [name, index % full.length + first])
    .sort(([a], [b]) => b.length - a.length);
}

function startsWithIgnoringCase(text: string, name: string, at: number): boolean {
  return text.slice(at, at + name.length).toLowerCase() === name.toLowerCase();
}

function signAt(text: string, at: number): number {
  const c = text.charAt(at);
  return c === "+" ? 1 : c === "-" ? -1 : 0;
}
