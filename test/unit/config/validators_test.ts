import assert from "node:assert/strict";
import { listOf, nonEmpty, nonEmptyList, oneOf, oneOfIgnoringCase, range, topicList } from "../../../src/config/validators.ts";

Deno.test("range() names the bound that is broken, and complains about no value at all", () => {
  const rule = range({ min: 1, max: 9 });
  assert.deepEqual([0, 1, 9, 10, null].map((value) => rule(value, "k")), [
    ["Invalid value 0 for configuration k: Value must be at least 1"],
    [],
    [],
    ["Invalid value 10 for configuration k: Value must be no more than 9"],
    ["Invalid value null for configuration k: Value must be non-null"],
  ]);
});

Deno.test("range() lets an optional key go without a value", () => {
  assert.deepEqual(range({ min: 0, optional: true })(null, "k"), []);
});

Deno.test("oneOf() counts letter case, oneOfIgnoringCase() does not", () => {
  assert.deepEqual(oneOf("a", "b")("A", "k"), ["Invalid value A for configuration k: String must be one of: a, b"]);
  assert.deepEqual(oneOfIgnoringCase("A", "B")("a", "k"), []);
  assert.deepEqual(oneOfIgnoringCase("A", "B")(null, "k"), [
    "Invalid value null for configuration k: String must be one of (case insensitive): A, B",
  ]);
});

Deno.test("nonEmpty() refuses the empty text only", () => {
  assert.deepEqual(nonEmpty()("", "k"), ["Invalid value  for configuration k: String must be non-empty"]);
  assert.deepEqual(nonEmpty()(null, "k"), []);
});

Deno.test("topicList() and nonEmptyList() word lists as Kafka 4.2 does", () => {
  assert.deepEqual(topicList()(["a", "a"], "topics"), ["Configuration 'topics' values must not be duplicated."]);
  assert.deepEqual(topicList()(null, "topics"), ["Configuration 'topics' values must not be null."]);
  assert.deepEqual(nonEmptyList()([], "fields"), [
    "Configuration 'fields' must not be empty. Valid values include: any non-empty value",
  ]);
});

Deno.test("listOf() names the first item that is not allowed", () => {
  assert.deepEqual(listOf("a", "b")(["a", "x", "y"], "k"), ["Invalid value x for configuration k: String must be one of: a, b"]);
});
