import assert from "node:assert/strict";
import { groupOf, parseTopicCreation } from "../../../src/config/topic_creation.ts";

const defaults = { "topic.creation.default.partitions": "3", "topic.creation.default.replication.factor": "-1" };

Deno.test("parseTopicCreation() leaves topics to the broker without any of its keys", () => {
  assert.deepEqual(parseTopicCreation({ topic: "t" }), { groups: [], problems: [] });
});

Deno.test("parseTopicCreation() asks groups in their order and the default last, wherever it is listed", () => {
  const creation = parseTopicCreation({
    ...defaults,
    "topic.creation.groups": "default, logs ,all",
    "topic.creation.logs.include": "log.*,audit",
    "topic.creation.logs.exclude": ".*secret",
    "topic.creation.logs.partitions": "1",
    "topic.creation.logs.cleanup.policy": "compact",
    "topic.creation.all.include": "a.*",
  });
  assert.deepEqual(creation.problems, []);
  assert.deepEqual(creation.groups.map((group) => group.name), ["logs", "all", "default"]);
  const names = ["logs", "log-secret", "audit", "abc", "other"].map((topic) => groupOf(creation, topic)?.name);
  assert.deepEqual(names, ["logs", "default", "logs", "all", "default"]);
  const { partitions, replicationFactor, configs } = creation.groups[0] ?? {};
  assert.deepEqual({ partitions, replicationFactor, configs }, {
    partitions: 1,
    replicationFactor: -1,
    configs: { "cleanup.policy": "compact" },
  });
});

Deno.test("parseTopicCreation() wants the default group's counts, and wants them possible", () => {
  const { problems } = parseTopicCreation({ "topic.creation.default.partitions": "0", "topic.creation.g.partitions": "x" });
  assert.deepEqual(problems.map((problem) => problem.message), [
    "Invalid value 0 for configuration topic.creation.default.partitions: Number of partitions must be positive, or -1 to use the broker's default",
    'Missing required configuration "topic.creation.default.replication.factor" which has no default value.',
  ]);
});

Deno.test("parseTopicCreation() names a pattern that is no regex", () => {
  const { problems } = parseTopicCreation({ ...defaults, "topic.creation.groups": "g", "topic.creation.g.include": "a,[" });
  assert.equal(problems.length, 1);
  assert.match(
    problems[0]?.message ?? "",
    /^Invalid value \[ for configuration topic.creation.g.include: Syntax error in regular expression/,
  );
});

Deno.test("parseTopicCreation() has a group without patterns match nothing", () => {
  const creation = parseTopicCreation({ ...defaults, "topic.creation.groups": "g" });
  assert.equal(groupOf(creation, "t")?.name, "default");
});
