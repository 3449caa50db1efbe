import assert from "node:assert/strict";
import { RegexSyntaxError } from "../../../../src/config/regex/cursor.ts";
import { compileJavaRegex } from "../../../../src/config/regex/java_regex.ts";

/** What Java 17 said, taken from a real java.util.regex.Pattern. */
interface Capture {
  readonly names: readonly string[];
  readonly patterns: readonly { readonly pattern: string; readonly error?: string; readonly matches?: readonly number[] }[];
}

const capture: Capture = JSON.parse(
  Deno.readTextFileSync(new URL("../../../captures/config/java-regex.json", import.meta.url)),
);

/** The names that match, or the error. */
function outcome(pattern: string): readonly string[] | string {
  try {
    return capture.names.filter(compileJavaRegex(pattern));
  } catch (error) {
    if (error instanceof RegexSyntaxError) return error.message;
    throw error;
  }
}

Deno.test("compileJavaRegex() matches the names that Java matches", () => {
  for (const { pattern, matches } of capture.patterns) {
    if (matches === undefined) continue;
    assert.deepEqual(outcome(pattern), matches.map((index) => capture.names[index]), pattern);
  }
});

Deno.test("compileJavaRegex() refuses what Java refuses, nearly in Java's words", () => {
  const refused = capture.patterns.filter(({ error }) => error !== undefined);
  const sameWords = refused.filter(({ pattern, error }) => outcome(pattern) === error);
  for (const { pattern } of refused) assert.equal(typeof outcome(pattern), "string", pattern);
  assert.ok(sameWords.length >= refused.length - 5, `${sameWords.length} of ${refused.length} in Java's words`);
});

Deno.test("compileJavaRegex() says what it cannot do instead of guessing", () => {
  for (const pattern of ["\\p{InGreek}+", "(?U)\\w+", "\\X", "\\N{DIGIT ONE}"]) {
    assert.throws(() => compileJavaRegex(pattern), RegexSyntaxError);
  }
});
