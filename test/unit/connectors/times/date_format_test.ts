import assert from "node:assert/strict";
import { createDateFormat } from "../../../../connectors/times/date_format.ts";
import { timeZone } from "../../../../connectors/times/time_zone.ts";

type Case = [zone: string, pattern: string, text: string, expected: number | string | null];

const UTC = timeZone("UTC");
const NOW = Date.UTC(2026, 10, 22);

function parse([zone, pattern, text]: Case, now: number): number | string | null {
  try {
    return createDateFormat(pattern, timeZone(zone), now).parse(text);
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
}

Deno.test("DateFormat.parse() reads every captured text as Java 17's SimpleDateFormat does", () => {
  const capture = new URL("../../../captures/spooldir/java-times.jsonl", import.meta.url);
  const [head, ...lines] = Deno.readTextFileSync(capture).trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.ok(lines.length > 1200);
  for (const one of lines as Case[]) assert.equal(parse(one, head.now), one[3], JSON.stringify(one));
});

/** The table of essentials: what users stumble over. */
const ESSENTIALS: Record<string, [text: string, iso: string | null][]> = {
  "yyyy-MM-dd'T'HH:mm:ss": [
    ["2015-09-30T15:29:03.123", "2015-09-30T15:29:03.000Z"],
    ["2015-09-30T15:29:03Z", "2015-09-30T15:29:03.000Z"],
    ["2015-09-30T15:29:03+05:00", "2015-09-30T15:29:03.000Z"],
    ["2015-9-3T1:2:3", "2015-09-03T01:02:03.000Z"],
    [" 2015-02-31T25:00:00", "2015-03-04T01:00:00.000Z"],
    ["2020-13-40T00:00:00", "2021-02-09T00:00:00.000Z"],
    ["2015-09-30", null],
    ["x2015-09-30T15:29:03", null],
  ],
  "yyyyMMddHHmmss": [["20180530143000.167", "2018-05-30T14:30:00.000Z"], ["2018053014300", "2018-05-30T14:30:00.000Z"]],
  "yyyy-MM-dd HH:mm:ss.SSS": [
    ["2015-01-01 00:00:00.5", "2015-01-01T00:00:00.005Z"],
    ["2015-01-01 00:00:00.123456", "2015-01-01T00:02:03.456Z"],
  ],
  "dd MMM yyyy": [["02 Jan 2020", "2020-01-02T00:00:00.000Z"], ["2 january 2020", "2020-01-02T00:00:00.000Z"], ["2 jänner 2020", null]],
  "yy-MM-dd hh:mm a": [["45-01-01 12:00 AM", "2045-01-01T00:00:00.000Z"], ["47-01-01 12:30 pm", "1947-01-01T12:30:00.000Z"]],
  "yyyy-MM-dd HH:mm XXX": [["2020-01-01 00:00 +05:30", "2019-12-31T18:30:00.000Z"], ["2020-01-01 00:00 Z", "2020-01-01T00:00:00.000Z"]],
  "yyyy-MM-dd HH:mm z": [["2020-07-01 00:00 PDT", "2020-07-01T07:00:00.000Z"], ["2020-07-01 00:00 Europe/Paris", null]],
};

Deno.test("DateFormat.parse() matches a prefix, carries over, and counts letters only between adjoining numbers", () => {
  for (const [pattern, cases] of Object.entries(ESSENTIALS)) {
    const format = createDateFormat(pattern, UTC, NOW);
    for (const [text, iso] of cases) {
      const instant = format.parse(text);
      assert.equal(instant === null ? null : new Date(instant).toISOString(), iso, `${pattern} of ${text}`);
    }
  }
});

Deno.test("DateFormat.parse() counts days before 15 October 1582 by the Julian calendar", () => {
  const format = createDateFormat("yyyy-MM-dd", UTC, NOW);
  assert.equal(format.parse("0001-01-01"), -719_164 * 86_400_000);
  assert.equal(Number(format.parse("1582-10-15")) - Number(format.parse("1582-10-04")), 86_400_000);
});

Deno.test("createDateFormat() refuses bad patterns with Java's words", () => {
  for (
    const [pattern, message] of [
      ["yyyy-MM-ddTHH:mm", "Illegal pattern character 'T'"],
      ["q", "Illegal pattern character 'q'"],
      ["yyyy'T", "Unterminated quote"],
      ["XXXX", "invalid ISO 8601 format: length=4"],
    ] as const
  ) {
    assert.throws(() => createDateFormat(pattern, UTC, NOW), { message, javaClass: "java.lang.IllegalArgumentException" });
  }
});
