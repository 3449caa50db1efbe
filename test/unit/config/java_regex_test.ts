import assert from "node:assert/strict";
import { javaRegex, validRegex } from "../../../src/config/java_regex.ts";

/** Pattern, texts it matches whole, texts it does not: each checked with java.util.regex of Java 17. */
const MATCHES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["a.*", ["a", "abc"], ["ba"]],
  ["a|bc", ["a", "bc"], ["ac"]],
  ["(?i)abc\\.csv", ["ABC.csv"], ["ABCxcsv"]],
  ["\\Qa.b\\E.*", ["a.b", "a.bc"], ["axb"]],
  ["a++b", ["aab"], ["b"]],
  ["a{2,3}+b", ["aab", "aaab"], ["ab"]],
  ["a\\++", ["a++"], ["aa"]],
  ["\\p{Alpha}+", ["abC"], ["ab1"]],
  ["[\\p{Digit}_]+", ["1_2"], ["a"]],
  ["\\P{Alpha}+", ["12"], ["a"]],
  ["\\p{L}+", ["äé"], ["1"]],
  ["\\p{IsAlphabetic}+", ["äé"], ["1"]],
  ["a\\h*b", ["a \tb"], ["a\nb"]],
  ["\\Aab\\z", ["ab"], ["abc"]],
  ["[a+*]+", ["a+*"], ["b"]],
];

for (const [pattern, yes, no] of MATCHES) {
  Deno.test(`javaRegex() matches whole texts with ${pattern} as Java does`, () => {
    const regex = javaRegex(pattern);
    assert.deepEqual(yes.filter((text) => !regex.test(text)), []);
    assert.deepEqual(no.filter((text) => regex.test(text)), []);
  });
}

Deno.test("validRegex() words what is wrong with a pattern, and says no to what JavaScript would read otherwise", () => {
  const wrong = ["[", "(", "*a", "[a-z&&[^b]]", "\\y", "a**"];
  assert.deepEqual(wrong.filter((pattern) => validRegex()(pattern, "k").length === 0), []);
  assert.deepEqual(validRegex()("[", "k"), ["Invalid value [ for configuration k: Invalid regex: Unterminated character class\n["]);
  assert.deepEqual(validRegex()(null, "k"), []);
});
