import assert from "node:assert/strict";
import { adminProperties, producerProperties, taskSettings } from "../../../src/host/task_settings.ts";
import { scriptedSpec } from "./one_task.ts";

Deno.test("taskSettings() has Kafka Connect's defaults, but for offsets, which are stored every second", () => {
  assert.deepEqual(taskSettings(scriptedSpec()), {
    errors: { tolerance: "none", retryTimeoutMs: 0, retryMaxDelayMs: 60_000, logErrors: false, logRecords: false },
    flushIntervalMs: 1000,
    flushTimeoutMs: 5000,
    topicCreation: true,
  });
});

Deno.test("taskSettings() reads errors.* from the connector and the rest from the worker", () => {
  const connector = {
    "errors.tolerance": "all",
    "errors.retry.timeout": "-1",
    "errors.retry.delay.max.ms": "5",
    "errors.log.enable": "TRUE",
    "errors.log.include.messages": "true",
    "offset.flush.interval.ms": "7",
  };
  const worker = {
    "offset.flush.interval.ms": "60000",
    "offset.flush.timeout.ms": "9",
    "topic.creation.enable": "false",
    "errors.tolerance": "x",
  };
  assert.deepEqual(taskSettings(scriptedSpec(connector, worker)), {
    errors: { tolerance: "all", retryTimeoutMs: -1, retryMaxDelayMs: 5, logErrors: true, logRecords: true },
    flushIntervalMs: 60_000,
    flushTimeoutMs: 9,
    topicCreation: false,
  });
});

Deno.test("producerProperties() lets the connector's overrides win over the worker's, and those over ours", () => {
  const worker = {
    "producer.linger.ms": "5",
    "producer.client.id": "mine",
    "producer.acks": null,
    "consumer.x": "1",
    "sasl.mechanism": "PLAIN",
  };
  const connector = { "producer.override.linger.ms": "9", "producer.override.bootstrap.servers": "other:1", "admin.override.y": "2" };
  assert.deepEqual(producerProperties(scriptedSpec(connector, worker), "connector-producer-c-3"), {
    "bootstrap.servers": "other:1",
    "client.id": "mine",
    "linger.ms": "9",
  });
  assert.deepEqual(producerProperties({ ...scriptedSpec(), workerConfig: {} }, "connector-producer-c-3"), {
    "bootstrap.servers": "localhost:9092",
    "client.id": "connector-producer-c-3",
  });
});

Deno.test("adminProperties() takes the worker's own client settings, then its admin.*, then the connector's overrides", () => {
  const worker = {
    "security.protocol": "SASL_SSL",
    "sasl.mechanism": "PLAIN",
    "request.timeout.ms": "10",
    "admin.request.timeout.ms": "20",
    "admin.retries": "1",
    "producer.linger.ms": "5",
    "offset.storage.topic": "x",
    "rest.port": "8083",
  };
  assert.deepEqual(adminProperties(scriptedSpec({ "admin.override.retries": "2" }, worker), "id"), {
    "bootstrap.servers": "broker:9092",
    "client.id": "id",
    "security.protocol": "SASL_SSL",
    "sasl.mechanism": "PLAIN",
    "request.timeout.ms": "20",
    "retries": "2",
  });
});
