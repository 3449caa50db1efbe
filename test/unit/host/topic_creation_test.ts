import assert from "node:assert/strict";
import type { StringMap } from "../../../src/config/field.ts";
import { topicGroupsOf, TopicMaker } from "../../../src/host/topic_creation.ts";
import { RetriableError } from "../../../src/sdk/errors.ts";
import { FakeAdmin } from "../../fakes/fake_kafka.ts";
import { FakeLog } from "../../fakes/fake_log.ts";

const DEFAULTS = { "topic.creation.default.partitions": "4", "topic.creation.default.replication.factor": "2" };
const GROUPS = {
  ...DEFAULTS,
  "topic.creation.groups": "compacted, logs",
  "topic.creation.compacted.include": "state\\..*,other",
  "topic.creation.compacted.exclude": "state\\.raw",
  "topic.creation.compacted.partitions": "1",
  "topic.creation.compacted.cleanup.policy": "compact",
  "topic.creation.logs.include": ".*raw",
  "topic.creation.logs.replication.factor": "-1",
};

function makerOf(config: StringMap): { maker: TopicMaker; admin: FakeAdmin; log: FakeLog } {
  const creation = topicGroupsOf(true, config);
  if (creation === undefined) throw new Error("no groups");
  const admin = new FakeAdmin({});
  const log = new FakeLog();
  return { maker: new TopicMaker(creation, admin, log), admin, log };
}

Deno.test("TopicMaker.ensure() asks for the topic, then makes it as the first group says that matches the whole name", async () => {
  const cases: readonly (readonly [topic: string, created: string])[] = [
    ["state.a", `1 2 {"cleanup.policy":"compact"}`],
    ["other", `1 2 {"cleanup.policy":"compact"}`],
    ["another", "4 2 {}"],
    ["state.raw", "4 -1 {}"],
    ["xraw", "4 -1 {}"],
    ["xraw2", "4 2 {}"],
  ];
  for (const [topic, created] of cases) {
    const { maker, admin } = makerOf(GROUPS);
    await maker.ensure(topic);
    assert.deepEqual(admin.calls, [`describe ${topic}`, `create ${topic} ${created}`]);
  }
});

Deno.test("TopicMaker.ensure() makes no topic that exists, and asks once", async () => {
  const { maker, admin, log } = makerOf(DEFAULTS);
  admin.topics.set("t", 1);
  assert.equal(maker.knows("t"), false);
  await maker.ensure("t");
  assert.equal(maker.knows("t"), true);
  assert.deepEqual([admin.calls, log.lines], [["describe t"], []]);
});

Deno.test("TopicMaker.ensure() is content when someone else made the topic in between", async () => {
  const { maker, admin, log } = makerOf(DEFAULTS);
  admin.describeTopic = () => Promise.resolve(undefined);
  admin.topics.set("t", 1);
  await maker.ensure("t");
  assert.deepEqual([maker.knows("t"), log.lines], [true, []]);
});

Deno.test("TopicMaker.ensure() passes retriable errors on and tries anew when called again", async () => {
  const { maker, admin } = makerOf(DEFAULTS);
  admin.describeTopic = () => Promise.resolve(undefined);
  admin.errors.push(new RetriableError("the controller has moved"));
  await assert.rejects(() => maker.ensure("t"), RetriableError);
  assert.equal(maker.knows("t"), false);
  await maker.ensure("t");
  assert.equal(admin.topics.get("t"), 4);
});

Deno.test("TopicMaker.ensure() says in Kafka Connect's words that a topic cannot be made", async () => {
  const { maker, admin } = makerOf({ ...DEFAULTS, "topic.creation.default.partitions": "-1", "topic.creation.default.retention.ms": "5" });
  admin.describeTopic = () => Promise.resolve(undefined);
  const cause = new Error("not authorized");
  admin.errors.push(cause);
  await assert.rejects(() => maker.ensure("t"), {
    message: "Task failed to create new topic (name=t, numPartitions=default, replicationFactor=2, replicasAssignments=null, " +
      "configs={retention.ms=5}). Ensure that the task is authorized to create topics or that the topic exists and restart the task",
    cause,
  });
});

Deno.test("topicGroupsOf() leaves topics to the broker without keys, or when the worker says so", () => {
  assert.equal(topicGroupsOf(true, { topic: "t" }), undefined);
  assert.equal(topicGroupsOf(false, DEFAULTS), undefined);
  assert.equal(topicGroupsOf(false, { "topic.creation.default.partitions": "x" }), undefined);
});

Deno.test("topicGroupsOf() refuses keys that cannot be read, all of them", () => {
  assert.throws(
    () => topicGroupsOf(true, { ...DEFAULTS, "topic.creation.default.partitions": "0", "topic.creation.default.replication.factor": "x" }),
    {
      name: "ConfigException",
      message: "Invalid value 0 for configuration topic.creation.default.partitions: " +
        "Number of partitions must be positive, or -1 to use the broker's default\n" +
        "Invalid value x for configuration topic.creation.default.replication.factor: Not a number of type SHORT",
    },
  );
});
