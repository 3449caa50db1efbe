import assert from "node:assert/strict";
import fc from "fast-check";
import { isTimeZone, timeZone } from "../../../../connectors/times/time_zone.ts";

const HOUR = 3_600_000;

Deno.test("Zone.offsetAt() agrees with Temporal at any instant since 1900, in any order of asking", () => {
  for (const id of ["America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]) {
    const zone = timeZone(id);
    fc.assert(fc.property(fc.integer({ min: -2_208_988_800, max: 4_102_444_800 }), (second) => {
      const temporal = Temporal.Instant.fromEpochMilliseconds(second * 1000).toZonedDateTimeISO(id);
      assert.equal(zone.offsetAt(second * 1000), temporal.offsetNanoseconds / 1e6);
    }));
  }
});

Deno.test("Zone.offsetAtWall() takes a skipped time by the offset before, a repeated one by the offset after, as Java", () => {
  const newYork = timeZone("America/New_York");
  assert.equal(newYork.offsetAtWall(Date.UTC(2024, 2, 10, 2, 30)), -5 * HOUR);
  assert.equal(newYork.offsetAtWall(Date.UTC(2024, 10, 3, 1, 30)), -5 * HOUR);
  assert.equal(newYork.offsetAtWall(Date.UTC(2024, 10, 3, 0, 59)), -4 * HOUR);
  assert.equal(newYork.offsetAtWall(Date.UTC(2024, 6, 1)), -4 * HOUR);
  assert.equal(timeZone("Pacific/Apia").offsetAtWall(Date.UTC(2011, 11, 30, 12)), -10 * HOUR); // a whole day was skipped
});

Deno.test("Zone.offsetAt() is today's standard time before 1900, as in Java", () => {
  assert.equal(timeZone("America/New_York").offsetAt(Date.UTC(1850, 6, 1)), -5 * HOUR);
  assert.equal(timeZone("Asia/Seoul").offsetAt(Date.UTC(1899, 0, 1)), 9 * HOUR);
});

Deno.test("timeZone() knows Java's short and custom ids, and takes an unknown id for UTC", () => {
  const july = Date.UTC(2024, 6, 1);
  const offsets = {
    PST: -7,
    EST: -5,
    IST: 5.5,
    "GMT+5": 5,
    "GMT-0530": -5.5,
    "GMT+05:30": 5.5,
    "GMT+25": 0,
    "+05:30": 0,
    "Mars/Olympus": 0,
  };
  for (const [id, hours] of Object.entries(offsets)) assert.equal(timeZone(id).offsetAt(july), hours * HOUR, id);
});

Deno.test("isTimeZone() tells which ids are not silently UTC", () => {
  for (const id of ["UTC", "GMT", "Europe/Paris", "PST", "GMT+5"]) assert.equal(isTimeZone(id), true, id);
  for (const id of ["Mars/Olympus", "+05:30", "GMT+25", ""]) assert.equal(isTimeZone(id), false, id);
});
