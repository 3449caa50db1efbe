import assert from "node:assert/strict";
import fc from "fast-check";
import { earliestWall } from "../../../../connectors/times/earliest_wall.ts";
import { timeZone } from "../../../../connectors/times/time_zone.ts";

const HOUR = 3_600_000;

Deno.test("earliestWall() has no wall clock of the instant or a later one before it, and is an hour early at most", () => {
  const near = fc.constantFrom(Date.UTC(2024, 2, 10, 7), Date.UTC(2024, 10, 3, 6), Date.UTC(2024, 5, 1));
  fc.assert(fc.property(near, fc.integer({ min: -180, max: 180 }), fc.integer({ min: 1, max: 300 }), (about, minutes, back) => {
    const zone = timeZone("America/New_York");
    const instant = about + minutes * 60_000;
    const wall = earliestWall(instant, zone);
    const earlier = wall - back * 60_000;
    assert.ok(earlier - zone.offsetAtWall(earlier) < instant);
    assert.ok(wall <= instant + zone.offsetAt(instant) && wall >= instant + zone.offsetAt(instant) - HOUR);
  }));
});
