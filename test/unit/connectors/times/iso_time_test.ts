import assert from "node:assert/strict";
import fc from "fast-check";
import { parseIsoTime } from "../../../../connectors/times/iso_time.ts";
import { timeZone } from "../../../../connectors/times/time_zone.ts";

const UTC = timeZone("UTC");

Deno.test("parseIsoTime() reads whatever Date.toISOString writes", () => {
  fc.assert(fc.property(fc.date({ noInvalidDate: true }), (date) => assert.equal(parseIsoTime(date.toISOString(), UTC), date.getTime())));
});

Deno.test("parseIsoTime() takes dates, fractions and offsets, and reads zone-less texts in the zone", () => {
  const cases: [text: string, iso: string][] = [
    ["2020-02-29", "2020-02-29T00:00:00.000Z"],
    ["2020-01-02 03:04", "2020-01-02T03:04:00.000Z"],
    ["2020-01-02T03:04:05.1", "2020-01-02T03:04:05.100Z"],
    ["2020-01-02T03:04:05,123456789z", "2020-01-02T03:04:05.123Z"],
    ["2020-01-02T03:04:05+05:30", "2020-01-01T21:34:05.000Z"],
    ["2020-01-02T03:04:05-08", "2020-01-02T11:04:05.000Z"],
    ["2020-01-02T24:00:00", "2020-01-03T00:00:00.000Z"],
  ];
  for (const [text, iso] of cases) assert.equal(new Date(parseIsoTime(text, UTC) ?? NaN).toISOString(), iso, text);
  assert.equal(parseIsoTime("2020-07-01T00:00:00", timeZone("America/New_York")), Date.UTC(2020, 6, 1, 4));
});

Deno.test("parseIsoTime() refuses days that do not exist, and text left over", () => {
  for (
    const text of [
      "2021-02-29",
      "2020-13-01",
      "2020-01-02T",
      "2020-01-02T25:00",
      "2020-01-02T24:00:01",
      "2020-01-02T03:60",
      "2020-01-02x",
      "2020-1-2",
      "",
    ]
  ) {
    assert.equal(parseIsoTime(text, UTC), null, text);
  }
});
