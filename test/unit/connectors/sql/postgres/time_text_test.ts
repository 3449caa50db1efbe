import assert from "node:assert/strict";
import fc from "fast-check";
import { epochDayOf, MS_PER_DAY } from "sdk";
import { timeZone, type Zone } from "../../../../../connectors/times/time_zone.ts";
import {
  instant,
  readDate,
  readTime,
  readTimestamp,
  readTimeTz,
  type TimeRules,
} from "../../../../../connectors/sql/postgres/time_text.ts";

const encoder = new TextEncoder();
const rules = (zone: Zone, isJulianBefore1582 = true): TimeRules => ({ zone, isJulianBefore1582 });
const UTC = rules(timeZone("UTC"));

/** Calls a reader on a text that lies inside others. */
function at<T>(text: string, read: (bytes: Uint8Array, start: number, end: number) => T): T {
  const bytes = encoder.encode(`9${text}9`);
  return read(bytes, 1, bytes.length - 1);
}

/** The row twin: by regular expression and Date. */
function twin(text: string, { zone, isJulianBefore1582 }: TimeRules): { ms: number; nanos: number } {
  const match = /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)?( BC)?$/.exec(text);
  if (match === null) return { ms: NaN, nanos: 0 };
  const [, year, month, day, hour, minute, second, fraction = "", sign, oh = "0", om = "0", os = "0", bc] = match;
  const y = bc === undefined ? Number(year) : 1 - Number(year);
  const date = new Date(0);
  date.setUTCFullYear(y, Number(month) - 1, Number(day));
  const days = isJulianBefore1582 && y < 1583
    ? epochDayOf({ year: y, month: Number(month), day: Number(day) })
    : date.getTime() / MS_PER_DAY;
  const nanos = Number(fraction.padEnd(9, "0"));
  const clock = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + Math.floor(nanos / 1e6);
  const wall = days * MS_PER_DAY + clock;
  if (sign === undefined) return { ms: wall - zone.offsetAtWall(wall), nanos };
  return { ms: wall - (sign === "-" ? -1000 : 1000) * ((Number(oh) * 60 + Number(om)) * 60 + Number(os)), nanos };
}

const two = (max: number) => fc.integer({ min: 0, max }).map((value) => String(value).padStart(2, "0"));
const day = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }).map((date) =>
  date.toISOString().substring(0, 10)
);
const far = fc.tuple(fc.integer({ min: 10_000, max: 270_000 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map(([y, m, d]) => `${y}-${String(m).padStart(2, "0")}-${String(d).padStart(2, "0")}`);
const fraction = fc.integer({ min: 0, max: 999_999 }).map((micros) =>
  micros === 0 ? "" : `.${String(micros).padStart(6, "0").replace(/0+$/, "")}`
);
const offset = fc.constantFrom("", "+00", "+09", "-03:30", "+08:27:52", "-15:59");
const era = fc.constantFrom("", "", "", " BC");
const timestamp = fc.tuple(fc.oneof(day, day, far), two(23), two(59), two(59), fraction, offset, era)
  .map(([d, h, m, s, f, o, e]) => `${d} ${h}:${m}:${s}${f}${o}${e}`);

Deno.test("readTimestamp() reads what the row twin reads, in any zone and calendar", () => {
  for (const zone of ["UTC", "Asia/Seoul", "America/New_York"]) {
    for (const isJulian of [true, false]) {
      const some = rules(timeZone(zone), isJulian);
      fc.assert(
        fc.property(timestamp, (text) => {
          const ms = at(text, (bytes, start, end) => readTimestamp(bytes, start, end, some));
          assert.deepEqual({ ms, nanos: instant.nanos }, twin(text, some), text);
        }),
        { numRuns: 300 },
      );
    }
  }
});

Deno.test("readTimestamp() and readDate() have no number for infinity and for what a Date cannot hold", () => {
  for (const text of ["infinity", "-infinity", "294276-12-31 23:59:59.999999", "300000-01-01 00:00:00", "", "soon"]) {
    assert.ok(Number.isNaN(at(text, (bytes, start, end) => readTimestamp(bytes, start, end, UTC))), text);
  }
  for (const text of ["infinity", "-infinity", "5874897-12-31", ""]) {
    assert.ok(Number.isNaN(at(text, (bytes, start, end) => readDate(bytes, start, end, UTC))), text);
  }
});

Deno.test("readDate() reads days of both calendars", () => {
  const read = (text: string, isJulian: boolean) =>
    at(text, (bytes, start, end) => readDate(bytes, start, end, rules(timeZone("Asia/Seoul"), isJulian))) / MS_PER_DAY;
  assert.deepEqual([read("2024-02-29", true), read("1970-01-01", true), read("1582-10-15", true)], [19_782, 0, -141_427]);
  // What Kafka Connect wrote for the first day of year 1; the other calendar is two days off there.
  assert.deepEqual([read("0001-01-01", true), read("0001-01-01", false)], [-719_164, -719_162]);
  assert.equal(read("1582-10-04", true), -141_428);
  assert.equal(read("4713-01-01 BC", false), Math.round(Date.UTC(-4712, 0, 1) / MS_PER_DAY));
});

Deno.test("readTime() and readTimeTz() read clocks; one with an offset is turned to those of the zone", () => {
  assert.equal(at("23:59:59.123456", readTime), 86_399_123);
  assert.equal(at("24:00:00", readTime), MS_PER_DAY);
  const read = (text: string, zone: string) => at(text, (bytes, start, end) => readTimeTz(bytes, start, end, rules(timeZone(zone))));
  assert.equal(read("23:59:59+02", "UTC"), 79_199_000);
  assert.equal(read("23:00:00+00", "Asia/Seoul"), 8 * 3_600_000);
  assert.equal(read("00:30:00+05:30", "UTC"), 19 * 3_600_000);
});
