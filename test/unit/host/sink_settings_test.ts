import assert from "node:assert/strict";
import { consumerProperties, groupOf, sinkSettings } from "../../../src/host/sink_settings.ts";
import { ConfigError } from "../../../src/sdk/errors.ts";
import { scriptedSpec } from "./one_task.ts";

Deno.test("sinkSettings() has Kafka Connect's defaults, larger batches and a shorter commit interval", () => {
  const { topics, ...settings } = sinkSettings(scriptedSpec({ topics: "t" }));
  assert.deepEqual(topics, { names: ["t"] });
  assert.deepEqual(settings, {
    errors: { tolerance: "none", retryTimeoutMs: 0, retryMaxDelayMs: 60_000, logErrors: false, logRecords: false },
    deadLetters: null,
    flushIntervalMs: 1000,
    flushTimeoutMs: 5000,
    maxRecords: 10_000,
    maxBytes: 16 << 20,
    topicsAgeMs: 300_000,
  });
});

Deno.test("sinkSettings() reads what connector and worker say, the connector's consumer keys first", () => {
  const settings = sinkSettings(scriptedSpec({
    "topics.regex": " a.* ",
    "errors.deadletterqueue.topic.name": " dlq ",
    "errors.deadletterqueue.topic.replication.factor": "1",
    "errors.deadletterqueue.context.headers.enable": "true",
    "consumer.override.max.poll.records": "10",
  }, { "consumer.max.poll.records": "20", "consumer.metadata.max.age.ms": "5", "offset.flush.interval.ms": "60000" }));
  assert.deepEqual(settings.deadLetters, { topic: "dlq", replicationFactor: 1, contextHeaders: true });
  assert.deepEqual([settings.maxRecords, settings.topicsAgeMs, settings.flushIntervalMs], [10, 5, 60_000]);
  assert.ok("matches" in settings.topics && settings.topics.matches("ab") && !settings.topics.matches("ba"));
});

Deno.test("sinkSettings() refuses both ways of naming topics, and none, in Kafka Connect's words", () => {
  const both = { name: "ConfigException", message: "topics and topics.regex are mutually exclusive options, but both are set." };
  assert.throws(() => sinkSettings(scriptedSpec({ "topics": "a", "topics.regex": "b" })), both);
  const none = { name: "ConfigException", message: "Must configure one of topics or topics.regex" };
  assert.throws(() => sinkSettings(scriptedSpec()), none);
  assert.throws(() => sinkSettings(scriptedSpec({ "topics": " , " })), none);
});

Deno.test("sinkSettings() refuses consumer keys that cannot work", () => {
  for (const key of ["max.poll.records", "metadata.max.age.ms"]) {
    assert.throws(() => sinkSettings(scriptedSpec({ "topics": "t", [`consumer.override.${key}`]: "0" })), ConfigError);
  }
});

Deno.test("consumerProperties() and groupOf() agree on the group", () => {
  const spec = scriptedSpec({}, { "consumer.group.id": "of-worker" });
  assert.deepEqual([groupOf(spec, "c"), consumerProperties(spec, "c", 0)["group.id"]], ["of-worker", "of-worker"]);
  const own = scriptedSpec({ "consumer.override.group.id": "own" }, { "consumer.group.id": "of-worker" });
  assert.deepEqual([groupOf(own, "c"), consumerProperties(own, "c", 1)["group.id"]], ["own", "own"]);
  assert.deepEqual([groupOf(scriptedSpec(), "c"), consumerProperties(scriptedSpec(), "c", 1)["client.id"]], [
    "connect-c",
    "connector-consumer-c-1",
  ]);
});
