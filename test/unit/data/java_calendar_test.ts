import assert from "node:assert/strict";
import fc from "fast-check";
import { calendarDay, epochDayOf, splitInstant } from "../../../src/data/java_calendar.ts";

Deno.test("calendarDay() is JavaScript's from 15 October 1582 on", () => {
  fc.assert(fc.property(fc.integer({ min: -141_427, max: 100_000_000 }), (day) => {
    const date = new Date(day * 86_400_000);
    assert.deepEqual(calendarDay(day), { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() });
  }));
});

Deno.test("calendarDay() goes from 15 October 1582 back to the 4th, and to 1 January of the year 1", () => {
  assert.deepEqual(calendarDay(-141_427), { year: 1582, month: 10, day: 15 });
  assert.deepEqual(calendarDay(-141_428), { year: 1582, month: 10, day: 4 });
  assert.deepEqual(calendarDay(-719_164), { year: 1, month: 1, day: 1 }); // as captured of Kafka Connect
});

Deno.test("epochDayOf() takes calendarDay() back", () => {
  fc.assert(fc.property(fc.integer({ min: -1_000_000, max: 10_000_000 }), (day) => assert.equal(epochDayOf(calendarDay(day)), day)));
});

Deno.test("epochDayOf() carries months and days over, as Java's lenient calendar", () => {
  assert.equal(epochDayOf({ year: 2019, month: 13, day: 1 }), epochDayOf({ year: 2020, month: 1, day: 1 }));
  assert.equal(epochDayOf({ year: 2020, month: 3, day: 0 }), epochDayOf({ year: 2020, month: 2, day: 29 }));
  assert.equal(epochDayOf({ year: 2020, month: -1, day: 31 }), epochDayOf({ year: 2019, month: 12, day: 1 }));
});

Deno.test("splitInstant() counts milliseconds from midnight, before the epoch too", () => {
  assert.deepEqual(splitInstant(-1), { day: -1, millis: 86_399_999 });
  assert.deepEqual(splitInstant(86_400_000), { day: 1, millis: 0 });
});
