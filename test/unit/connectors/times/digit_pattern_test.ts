import assert from "node:assert/strict";
import fc from "fast-check";
import { createDateFormat } from "../../../../connectors/times/date_format.ts";
import { compileDigits, NO_FIT } from "../../../../connectors/times/digit_pattern.ts";
import { timeZone } from "../../../../connectors/times/time_zone.ts";

const PATTERNS = [
  "yyyy-MM-dd'T'HH:mm:ss",
  "yyyy-MM-dd' 'HH:mm:ss",
  "yyyy-MM-dd",
  "yyyyMMddHHmmss",
  "yyyyMMdd",
  "HH:mm:ss",
  "d/M/yyyy H:m",
  "yyyy-MM-dd'T'HH:mm:ss.SSSX",
  "yyyyMMddHHmmssSSS",
  "dd.MM.yyyy",
  "ss",
];

const digits = (length: number) => fc.integer({ min: 0, max: 10 ** length - 1 }).map((value) => String(value).padStart(length, "0"));
const year = fc.oneof(fc.constantFrom("2015", "2024", "1900", "1582", "1583", "0001"), digits(4));
const mostly = (text: fc.Arbitrary<string>) =>
  fc.tuple(text, fc.constantFrom("", "", "", "", "", "", "x", "1", "E1", " ", "-", "é", "٣", "Z")).map((parts) => parts.join(""));

/** A text that fits the pattern, or nearly. */
function nearly(pattern: string): fc.Arbitrary<string> {
  const parts = (pattern.match(/'[^']*'|([a-zA-Z])\1*|./g) ?? []).map((part) => {
    if (part.startsWith("'")) return fc.constant(part.slice(1, -1));
    if (part.startsWith("y")) return year;
    if (part === "X") return fc.constantFrom("Z", "Z", "+01", "-0330");
    return /[a-zA-Z]/.test(part)
      ? fc.oneof(digits(part.length === 3 ? 3 : 2), fc.integer({ min: 1, max: 28 }).map((value) => String(value).padStart(2, "0")))
      : fc.constant(part);
  });
  return fc.tuple(...parts.map(mostly)).map((texts) => texts.join(""));
}

Deno.test("compileDigits() agrees with the general parser wherever it answers", () => {
  const encoder = new TextEncoder();
  let answers = 0;
  for (const zone of [timeZone("UTC"), timeZone("America/New_York"), timeZone("Asia/Seoul")]) {
    for (const pattern of PATTERNS) {
      const format = createDateFormat(pattern, zone, Date.now());
      const reader = compileDigits(format.steps, zone, false);
      assert.ok(reader, pattern);
      fc.assert(
        fc.property(nearly(pattern), (text) => {
          const bytes = encoder.encode(`9${text}9`); // neighbours must not matter
          const instant = reader(bytes, 1, bytes.length - 1);
          if (Number.isNaN(instant)) return;
          answers++;
          assert.equal(instant === NO_FIT ? null : instant, format.parse(text), `${pattern} of ${text}`);
        }),
        { numRuns: 150 },
      );
    }
  }
  assert.ok(answers > 1000, `only ${answers} answers`);
});

Deno.test("compileDigits() leaves to the general parser what is not plain digits", () => {
  for (const pattern of ["yy-MM-dd", "dd MMM yyyy", "hh:mm a", "yyyy'E'MM", "yyyy1MM", "yyyy-MM-dd z", "HH:HH", "EEE"]) {
    assert.equal(compileDigits(createDateFormat(pattern, timeZone("UTC"), 0).steps, timeZone("UTC"), false), null, pattern);
  }
});

Deno.test("compileDigits() takes nothing behind the time when the whole text has to fit", () => {
  const { steps } = createDateFormat("yyyy-MM-dd", timeZone("UTC"), 0);
  const text = new TextEncoder().encode("2020-01-02T");
  assert.equal(compileDigits(steps, timeZone("UTC"), false)?.(text, 0, text.length), Date.UTC(2020, 0, 2));
  assert.equal(compileDigits(steps, timeZone("UTC"), true)?.(text, 0, text.length), NaN);
});
