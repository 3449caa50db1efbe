import assert from "node:assert/strict";
import { compileJavaRegex } from "../../../../src/config/regex/java_regex.ts";
import { validRegex } from "../../../../src/config/regex/valid_regex.ts";

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
  Deno.test(`compileJavaRegex() matches whole texts with ${pattern} as Java does`, () => {
    const matches = compileJavaRegex(pattern);
    assert.deepEqual(yes.filter((text) => !matches(text)), []);
    assert.deepEqual(no.filter((text) => matches(text)), []);
  });
}

Deno.test("validRegex() words what is wrong with a pattern as Java does", () => {
  const wrong = ["[", "(", "*a", "\\y"];
  assert.deepEqual(wrong.filter((pattern) => validRegex()(pattern, "k").length === 0), []);
  assert.deepEqual(validRegex()("[", "k"), [
    "Invalid value [ for configuration k: Invalid regex: Unclosed character class near index 0\n[\n^",
  ]);
  assert.deepEqual(validRegex()(null, "k"), []);
  assert.deepEqual(validRegex()("[a-z&&[^b]]", "k"), []);
});
