import assert from "node:assert/strict";
import fc from "fast-check";
import { timeOfDay, WallClockReader, wallClockText } from "../../../../../connectors/sql/mysql/wall_clock.ts";
import { timeZone } from "../../../../../connectors/times/time_zone.ts";

const encoder = new TextEncoder();

function read(reader: WallClockReader, text: string): number | null {
  const bytes = encoder.encode(text);
  return reader.read(bytes, 0, bytes.length) ? reader.ms : null;
}

Deno.test("WallClockReader.read() agrees with JavaScript's own dates in UTC, to the microsecond", () => {
  const reader = new WallClockReader({ zone: timeZone("UTC"), isJulianBefore1582: false });
  const instants = fc.date({ min: new Date("1000-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true });
  fc.assert(fc.property(instants, fc.integer({ min: 0, max: 999_999 }), fc.integer({ min: 0, max: 6 }), (date, micros, digits) => {
    const fraction = String(micros).padStart(6, "0").substring(0, digits);
    const seconds = date.toISOString().substring(0, 19).replace("T", " ");
    const expected = Date.parse(`${seconds.replace(" ", "T")}Z`) + Number(fraction.padEnd(6, "0").substring(0, 3));
    assert.equal(read(reader, digits === 0 ? seconds : `${seconds}.${fraction}`), expected);
    assert.equal(reader.nanos, Number(fraction.padEnd(9, "0")));
  }));
});

Deno.test("WallClockReader.read() takes the clocks of its zone, as java.util.Calendar takes those that are skipped or shown twice", () => {
  const reader = new WallClockReader({ zone: timeZone("America/New_York"), isJulianBefore1582: true });
  assert.equal(read(reader, "2024-01-01 00:00:00"), Date.parse("2024-01-01T05:00:00Z"));
  assert.equal(read(reader, "2024-07-01 00:00:00.5"), Date.parse("2024-07-01T04:00:00.500Z"));
  assert.equal(read(reader, "2024-03-10 02:30:00"), Date.parse("2024-03-10T07:30:00Z"));
  assert.equal(read(reader, "2024-11-03 01:30:00"), Date.parse("2024-11-03T06:30:00Z"));
});

Deno.test("WallClockReader.read() counts days before 1582 by the calendar it is told to", () => {
  const julian = new WallClockReader({ zone: timeZone("UTC"), isJulianBefore1582: true });
  const proleptic = new WallClockReader({ zone: timeZone("UTC"), isJulianBefore1582: false });
  assert.equal(read(julian, "1000-01-01"), -354_280 * 86_400_000); // captured from the Java connector
  assert.equal(read(proleptic, "1000-01-01"), -354_285 * 86_400_000);
  assert.equal(read(julian, "1582-10-15"), read(proleptic, "1582-10-15"));
});

Deno.test("WallClockReader.read() refuses dates with a zero in them, and keeps nothing of them", () => {
  const reader = new WallClockReader({ zone: timeZone("UTC"), isJulianBefore1582: true });
  for (const text of ["0000-00-00", "0000-00-00 00:00:00", "2024-00-10", "2024-01-00 12:00:00"]) {
    assert.equal(read(reader, text), null, text);
  }
  assert.equal(read(reader, "1970-01-02"), 86_400_000);
});

Deno.test("timeOfDay() takes times of a day and no durations", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["00:00:00", 0],
    ["23:59:59", 86_399_000],
    ["01:02:03.456", 3_723_456],
    ["23:59:59.999999", 86_399_999],
    ["24:00:00", NaN],
    ["26:00:00", NaN],
    ["-01:00:00", NaN],
    ["838:59:59", NaN],
  ];
  for (const [text, ms] of cases) {
    const bytes = encoder.encode(text);
    assert.equal(timeOfDay(bytes, 0, bytes.length), ms, text);
  }
});

Deno.test("wallClockText() is what WallClockReader.read() reads back, cut to microseconds", () => {
  for (const id of ["UTC", "Asia/Seoul", "America/St_Johns"]) {
    const zone = timeZone(id);
    const reader = new WallClockReader({ zone, isJulianBefore1582: false });
    fc.assert(fc.property(fc.integer({ min: -2e9, max: 8e9 }), fc.integer({ min: 0, max: 999_999_999 }), (seconds, nanos) => {
      const moment = { ms: seconds * 1000 + Math.floor(nanos / 1e6), nanos };
      const text = wallClockText(moment, zone);
      read(reader, text);
      // An hour that the clocks show twice is ambiguous; nothing else is.
      if (reader.ms !== moment.ms) assert.equal(Math.abs(reader.ms - moment.ms), 3_600_000);
      assert.equal(reader.nanos, Math.floor(nanos / 1000) * 1000);
    }));
  }
  assert.equal(wallClockText({ ms: 1_704_067_200_500, nanos: 500_000_000 }, timeZone("UTC")), "2024-01-01 00:00:00.5");
  assert.equal(wallClockText({ ms: 0, nanos: 0 }, timeZone("America/New_York")), "1969-12-31 19:00:00");
});
