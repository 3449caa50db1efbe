/** Sink connectors as the parent sees them: they run as sources do, and their offsets lie in Kafka. */
import assert from "node:assert/strict";
import type { ServiceRequest, SinkOffset } from "../../../src/link/messages.ts";
import type { OffsetPair } from "../../../src/worker/api.ts";
import type { ServiceAnswer } from "../../fakes/children.ts";
import { settle } from "../../fakes/clock.ts";
import { inWorld, refusalOf, SINK, type World, type WorldOptions } from "./world.ts";

const KAFKA = "org.apache.kafka.common.errors.";

async function sink(world: World, name: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
  await world.api.create(name, { "connector.class": SINK, name, topics: "t1,t2", file: "/f", ...more }, "STARTED");
  await settle();
}

async function stopped(world: World, name = "a"): Promise<void> {
  await sink(world, name);
  await world.api.stop(name);
  await settle();
}

/** Answers requests about sink offsets in this way, all others as ever; gives what was asked. */
function serving(world: World, answer: ServiceAnswer | ((request: ServiceRequest) => ServiceAnswer)): ServiceRequest[] {
  const asked: ServiceRequest[] = [];
  const { serve } = world.spawner;
  world.spawner.serve = (request) => {
    if (request.what !== "sinkOffsets" && request.what !== "alterSinkOffsets" && request.what !== "fullMatch") return serve(request);
    asked.push(request);
    return typeof answer === "function" ? answer(request) : answer;
  };
  return asked;
}

const pair = (topic: unknown, partition: unknown, offset: unknown): OffsetPair =>
  ({ partition: { kafka_topic: topic, kafka_partition: partition }, offset: { kafka_offset: offset } }) as OffsetPair;

Deno.test("A sink runs, pauses, restarts and stops as a source does, its tasks told the topics", () =>
  inWorld(async (world) => {
    await sink(world, "a", { "tasks.max": "2" });
    assert.equal(world.shown("a"), "RUNNING RUNNING RUNNING");
    assert.equal(world.api.info("a").type, "sink");
    assert.equal(world.api.status("a").type, "sink");
    const [, second] = world.api.tasks("a");
    assert.equal(second?.config["topics"], "t1,t2");
    assert.equal(second?.config["task.class"], "test.HoleSinkTask");
    assert.deepEqual(Object.hasOwn(second?.config ?? {}, "topics.regex"), false);
    const { spec } = world.spawner.hostOf("a", 1).held("a", 1) ?? {};
    assert.equal(spec?.connectorClass, SINK);
    assert.equal(spec?.connectorConfig["topics"], "t1,t2");
    await world.api.pause("a");
    await settle();
    assert.equal(world.shown("a"), "PAUSED PAUSED PAUSED");
    await world.api.resume("a");
    await settle();
    await world.api.restartTask("a", 1);
    await world.api.restart("a", { includeTasks: true, onlyFailed: false });
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING RUNNING");
    await world.api.stop("a");
    await settle();
    assert.equal(world.shown("a"), "STOPPED");
    await world.api.remove("a");
    assert.deepEqual(world.api.connectors(), []);
  }));

Deno.test("A sink with topics.regex gives it to its tasks, and is refused without any topic", () =>
  inWorld(async (world) => {
    await world.api.create("r", { "connector.class": SINK, name: "r", "topics.regex": "x.*" }, "STARTED");
    await settle();
    assert.equal(world.api.tasks("r")[0]?.config["topics.regex"], "x.*");
    const [code, message] = await refusalOf(world.api.create("n", { "connector.class": SINK, name: "n" }, "STARTED"));
    assert.equal(code, "invalid");
    assert.match(message, /following 2 error\(s\):\nMust configure one of topics or topics.regex\n/);
  }));

Deno.test("A regex for topics is held against the dead letter queue in the service host, under a deadline", () =>
  inWorld(async (world) => {
    const create = () =>
      world.api.create("a", {
        "connector.class": SINK,
        name: "a",
        "topics.regex": "r.*",
        "errors.deadletterqueue.topic.name": "ruh",
      }, "STARTED");
    const asked = serving(world, { ok: [true] });
    const [code, message] = await refusalOf(create());
    assert.equal(code, "invalid");
    assert.match(
      message,
      /The DLQ topic 'ruh' may not be matched by the regex for the topics \('topics.regex=r\.\*'\) consumed by the connector/,
    );
    assert.deepEqual(asked, [{ what: "fullMatch", regex: "r.*", texts: ["ruh"] }]);
    serving(world, "never");
    const late = refusalOf(create());
    await world.clock.advance(6_000);
    const [lateCode, lateMessage] = await late;
    assert.equal(lateCode, "timeout");
    assert.match(lateMessage, /^Request timed out\. The worker is currently validating sink connector-specific properties/);
    serving(world, { error: "no" });
    assert.deepEqual(await refusalOf(create()), ["internal", "no"]);
    serving(world, { ok: [false] });
    assert.equal((await create()).type, "sink");
  }));

Deno.test("Worker.offsets() of a sink shows what Kafka has of its group, in any state", () =>
  inWorld(async (world) => {
    await sink(world, "a");
    const offsets: SinkOffset[] = [
      { topic: "t2", partition: 0, offset: 7 },
      { topic: "t1", partition: 10, offset: 0 },
      { topic: "t1", partition: 9, offset: 5 },
      { topic: "t1", partition: 1, offset: null },
    ];
    const [asked] = [serving(world, { ok: offsets })];
    const shown = await world.api.offsets("a");
    assert.equal(
      JSON.stringify(shown),
      JSON.stringify([
        { partition: { kafka_partition: 9, kafka_topic: "t1" }, offset: { kafka_offset: 5 } },
        { partition: { kafka_partition: 10, kafka_topic: "t1" }, offset: { kafka_offset: 0 } },
        { partition: { kafka_partition: 0, kafka_topic: "t2" }, offset: { kafka_offset: 7 } },
      ]),
    );
    const [request] = asked;
    assert.ok(request?.what === "sinkOffsets");
    assert.deepEqual([request.connector, request.connectorConfig["topics"]], ["a", "t1,t2"]);
    assert.ok(Object.hasOwn(request.workerConfig, "key.converter"));
    serving(world, { error: "Broker: Group authorization failed", javaClass: `${KAFKA}GroupAuthorizationException` });
    assert.deepEqual(await refusalOf(world.api.offsets("a")), [
      "internal",
      "Failed to retrieve consumer group offsets for sink connector a: Broker: Group authorization failed",
    ]);
    serving(world, "never");
    const late = refusalOf(world.api.offsets("a"));
    await world.clock.advance(31_000);
    assert.match((await late)[1], /^Failed to retrieve consumer group offsets for sink connector a: /);
  }));

Deno.test("Worker.alterOffsets() of a sink refuses what is no offset of Kafka, before anyone is asked", () =>
  inWorld(async (world) => {
    await sink(world, "a");
    const asked = serving(world, { ok: true });
    const refused = (...pairs: OffsetPair[]) => refusalOf(world.api.alterOffsets("a", pairs));
    assert.match((await refused(pair("t1", 0, 1)))[1], /^Connectors must be in the STOPPED state/);
    await world.api.stop("a");
    await settle();
    const cases: [OffsetPair, RegExp][] = [
      [{ partition: null, offset: null }, /^The partition for a sink connector offset cannot be null or missing$/],
      [{ partition: {}, offset: null }, /^The partition for a sink .* must contain the keys 'kafka_topic' and 'kafka_partition'$/],
      [pair(null, 0, 1), /^Kafka topic names must be valid strings and may not be null$/],
      [pair("t1", null, 1), /^Kafka partitions must be valid numbers and may not be null$/],
      [pair("t1", "0x1", 1), /^Failed to parse the following Kafka partition value in the provided offsets: '0x1'\. Partition values/],
      [pair("t1", " 1", 1), /'\ 1'\. Partition values/],
      [pair("t1", 2147483648, 1), /'2147483648'\. Partition values/],
      [
        { partition: { kafka_topic: "t1", kafka_partition: 0 }, offset: {} },
        /^The offset for a sink connector should either be null or contain/,
      ],
      [pair("t1", 0, null), /^Failed to parse the following Kafka offset value in the provided offsets: 'null'\. Offset values/],
      [pair("t1", 0, true), /'true'\. Offset values/],
      [pair("t1", 0, "9223372036854775808"), /'9223372036854775808'\. Offset values/],
    ];
    for (const [wrong, text] of cases) {
      const [code, message] = await refused(pair("t1", 5, 5), wrong);
      assert.equal(code, "invalid", message);
      assert.match(message, text);
    }
    for (const offset of [-5, 9223372036854775807n]) {
      const [code, message] = await refused(pair("t1", 0, offset));
      assert.equal(code, "internal");
      assert.match(message, /^Failed to modify offsets for sink connector a: the offset of partition 0 of topic "t1" must be/);
    }
    const [code, message] = await refused(pair("t1", -1, 5));
    assert.deepEqual([code, message], [
      "internal",
      'Failed to alter consumer group offsets for connector a: there is no partition -1 of topic "t1"',
    ]);
    assert.deepEqual(asked, []);
  }));

Deno.test("Worker.alterOffsets() and resetOffsets() of a sink hand the change to the service host", () =>
  inWorld(async (world) => {
    await stopped(world);
    const asked = serving(world, { ok: true });
    const pairs = [pair("t1", "0", "+7"), pair("t1", 1, 3n), { ...pair("t2", 0, 0), offset: null }, pair("t1", 0, 9)];
    assert.equal(await world.api.alterOffsets("a", pairs), "The offsets for this connector have been altered successfully");
    assert.equal(await world.api.resetOffsets("a"), "The offsets for this connector have been reset successfully");
    const [altered, reset] = asked;
    assert.ok(altered?.what === "alterSinkOffsets" && reset?.what === "alterSinkOffsets");
    assert.deepEqual(altered.offsets, [
      { topic: "t1", partition: 0, offset: 9 },
      { topic: "t1", partition: 1, offset: 3 },
      { topic: "t2", partition: 0, offset: null },
    ]);
    assert.deepEqual([altered.connectorClass, altered.connector, altered.connectorConfig["file"]], [SINK, "a", "/f"]);
    assert.equal(reset.offsets, null);
    serving(world, { ok: false });
    assert.match(
      await world.api.resetOffsets("a"),
      /^The Connect framework-managed offsets for this connector have been reset successfully\./,
    );
  }));

Deno.test("Worker.alterOffsets() of a sink says in Kafka Connect's words what Kafka or the connector refuses", () =>
  inWorld(async (world) => {
    await stopped(world);
    const one = [pair("t1", 77, 1)];
    const cases = [
      [`${KAFKA}UnknownTopicOrPartitionException`, "Failed to alter consumer group offsets for connector a: why"],
      ["org.apache.kafka.connect.errors.ConnectException", "why"],
      [
        "java.lang.UnsupportedOperationException",
        "Failed to modify offsets for connector a because it doesn't support external modification of offsets",
      ],
      ["TypeError", "Failed to modify offsets for sink connector a"],
    ] as const;
    for (const [javaClass, expected] of cases) {
      serving(world, { error: "why", javaClass });
      assert.deepEqual(await refusalOf(world.api.alterOffsets("a", one)), ["internal", expected]);
    }
    serving(world, { error: "why", javaClass: `${KAFKA}GroupNotEmptyException` });
    assert.match(
      (await refusalOf(world.api.resetOffsets("a")))[1],
      /^Failed to reset consumer group offsets for connector a either because/,
    );
    serving(world, { error: "why", javaClass: `${KAFKA}UnknownMemberIdException` });
    assert.match(
      (await refusalOf(world.api.alterOffsets("a", one)))[1],
      /alter its offsets could be successfully completed\. .* zombie sink tasks\.$/,
    );
    serving(world, { error: "why", javaClass: `${KAFKA}TimeoutException` });
    assert.equal((await refusalOf(world.api.resetOffsets("a")))[1], "Failed to reset consumer group offsets for sink connector a: why");
    serving(world, "never");
    const late = refusalOf(world.api.alterOffsets("a", one));
    await world.clock.advance(31_000);
    assert.deepEqual(await late, ["internal", "Timed out while calling the 'alterOffsets' method for sink connector a"]);
  }));

Deno.test("Changes of offsets that the embedded broker cannot make are refused with the way out", () => {
  const embedded: WorldOptions = { replace: () => ({ createTopic: () => Promise.resolve("created") }) };
  return inWorld(async (world) => {
    await stopped(world);
    const way = /^Failed to (alter|reset) consumer group offsets for (sink )?connector a: the embedded broker .* Use a Kafka of your own/;
    for (const javaClass of ["org.apache.kafka.common.KafkaException", `${KAFKA}UnknownMemberIdException`]) {
      serving(world, { error: "No", javaClass });
      for (const call of [() => world.api.resetOffsets("a"), () => world.api.alterOffsets("a", [pair("t1", 0, 0)])]) {
        const [code, message] = await refusalOf(call());
        assert.equal(code, "internal");
        assert.match(message, way);
      }
    }
    serving(world, { error: "No such topic", javaClass: `${KAFKA}UnknownTopicOrPartitionException` });
    assert.match((await refusalOf(world.api.alterOffsets("a", [pair("t1", 0, 1)])))[1], /: No such topic$/);
  }, embedded);
});

Deno.test("Offsets of a sink are changed only once its tasks have left the group", () =>
  inWorld(async (world) => {
    await sink(world, "a");
    world.spawner.stopsAtOnce = false;
    await world.api.stop("a");
    const asked = serving(world, { ok: true });
    const altered = world.api.alterOffsets("a", [pair("t1", 0, 1)]);
    await settle();
    assert.deepEqual(asked, []);
    const host = world.spawner.hostOf("a");
    const held = host.held("a", 0);
    assert.ok(held);
    host.finish(held);
    await altered;
    assert.equal(asked.length, 1);
    world.spawner.stopsAtOnce = true;
  }));

Deno.test("Worker.topics() of a sink lists what its tasks have read from", () =>
  inWorld(async (world) => {
    await sink(world, "a");
    const host = world.spawner.hostOf("a");
    const held = host.held("a", 0);
    assert.ok(held);
    host.say({ is: "topics", task: held.ref, topics: ["t1"] });
    await settle();
    assert.deepEqual(world.api.topics("a"), ["t1"]);
    world.api.resetTopics("a");
    assert.deepEqual(world.api.topics("a"), []);
    host.say({ is: "topics", task: held.ref, topics: ["t1"] });
    await settle();
    assert.deepEqual(world.api.topics("a"), ["t1"], "it has read more of it since");
  }));
