import assert from "node:assert/strict";
import { ConnectError, DataError, RetriableError } from "../../../src/sdk/errors.ts";
import { ScriptedSink } from "../../fakes/scripted_sink.ts";
import { TEXT_CONVERTER } from "../../fakes/text_converter.ts";
import { OneSink, type OneSinkParts, partitionsOf } from "./one_sink.ts";

const DLQ = { "errors.deadletterqueue.topic.name": "dlq" };
const ALL = { "errors.tolerance": "all" };
const HEADERS = { "errors.deadletterqueue.context.headers.enable": "true" };

/** A task whose converter refuses "bad". */
async function taskWith(config: OneSinkParts["config"], sink = new ScriptedSink(), parts: OneSinkParts = {}): Promise<OneSink> {
  const task = new OneSink(sink, { ...parts, config: { ...config } });
  task.converter.bad.add("bad");
  return await task.start();
}

/** Header names of the first record of a captured dead letter queue. */
async function namesOfCapture(): Promise<readonly string[]> {
  const path = new URL("../../captures/golden/errors/dlq-headers.json", import.meta.url);
  const { steps } = JSON.parse(await Deno.readTextFile(path)) as {
    steps: { topic?: string; records?: { headers: [string, unknown][] }[] }[];
  };
  const written = steps.find(({ topic, records }) => topic === "dlq-err-dlq-headers" && records !== undefined);
  return written?.records?.[0]?.headers.map(([name]) => name) ?? [];
}

Deno.test("SinkLoop under none fails for a record that cannot be read, before anything of its batch is put", async () => {
  const task = await taskWith({});
  await task.write("a");
  await task.write("b", "bad", "c");
  assert.equal(
    task.trace,
    "org.apache.kafka.connect.errors.ConnectException: Tolerance exceeded in error handler\n" +
      'Caused by: org.apache.kafka.connect.errors.DataException: Cannot read "bad"\n',
  );
  assert.deepEqual([task.sink.values, task.committed], [["a"], { "t-0": 1 }]);
});

Deno.test("SinkLoop under all leaves out what cannot be read and commits it with the rest", async () => {
  const task = await taskWith(ALL);
  await task.write("a", "bad", "c");
  await task.write("bad");
  await task.stop();
  assert.deepEqual([task.sink.values, task.committed], [["a", "c"], { "t-0": 4 }]);
  assert.deepEqual(task.sink.events.filter((event) => event.startsWith("put")), ["put a c"], "nothing is put while there is nothing");
  assert.equal(task.log.matching("warn", "A record was skipped").length, 1);
});

Deno.test("SinkLoop tells of a failed record in Kafka Connect's words when errors.log.enable says so", async () => {
  const log = { ...ALL, "errors.log.enable": "true", "errors.log.include.messages": "true" };
  const task = await taskWith(log);
  task.consumer.write("t", 0, "a", { value: "bad" }, { value: "x", key: "bad", timestamp: -1 });
  await task.rest();
  const [first = "", second = ""] = task.log.matching("error", "Error encountered");
  assert.equal(
    first.split("\n", 1)[0],
    `Error encountered in task c-0. Executing stage 'VALUE_CONVERTER' with class '${TEXT_CONVERTER}', ` +
      "where consumed record is {topic='t', partition=0, offset=1, timestamp=1001, timestampType=CreateTime}.",
  );
  assert.match(
    second.split("\n", 1)[0] as string,
    /'KEY_CONVERTER' with class 'test.TextConverter', where consumed record is \{topic='t', partition=0, offset=2\}\.$/,
  );
  await task.stop();
});

Deno.test("SinkLoop makes the dead letter queue's topic with one partition before the task starts", async () => {
  const task = await taskWith({ ...DLQ, ...ALL });
  const [admin] = task.kafka.admins;
  assert.deepEqual(admin?.calls, ["describe dlq", "create dlq 1 3 {}"]);
  assert.deepEqual([admin?.properties["client.id"], admin?.closed], ["connector-dlq-adminclient-", true]);
  assert.equal(task.producer.properties["client.id"], "connector-dlq-producer-c-0");
  assert.equal(task.consumer.withHeaders, true);
  await task.stop();
  assert.equal(task.producer.closed, true);
  const embedded = await taskWith(DLQ, undefined, { embedded: true });
  assert.deepEqual([embedded.made, embedded.kafka.admins.length], [["dlq 1"], 0]);
  await embedded.stop();
});

Deno.test("SinkLoop waits for a broker that cannot be asked for the dead letter queue, and fails when it refuses", async () => {
  const away = await taskWith(DLQ, undefined, { kafka: (kafka) => kafka.adminErrors.push(new RetriableError("no broker")), partitions: 0 });
  assert.deepEqual([away.sink.events, away.log.matching("warn", "Cannot ask Kafka for a topic").length], [[], 1]);
  await away.advance(100);
  assert.deepEqual(away.sink.events, ["start"]);
  await away.stop();
  const refusal = new ConnectError("Replication factor: 3 larger than available brokers: 1.");
  const refused = await taskWith(DLQ, undefined, { kafka: (kafka) => kafka.adminErrors.push(refusal), partitions: 0 });
  assert.equal(
    refused.trace,
    "org.apache.kafka.connect.errors.ConnectException: Could not initialize dead letter queue with topic=dlq\n" +
      "Caused by: org.apache.kafka.connect.errors.ConnectException: Replication factor: 3 larger than available brokers: 1.\n",
  );
});

Deno.test("SinkLoop sends failed records to the dead letter queue as they were, in order, with the context headers in Kafka Connect's order", async () => {
  const task = await taskWith({ ...DLQ, ...ALL, ...HEADERS });
  const headers = [["h", "v"], ["n", null]] as const;
  task.consumer.write("t", 0, "a", { key: "k1", value: "bad", headers }, { key: "bad", value: null, timestamp: -1 }, "b");
  await task.rest();
  assert.deepEqual(task.sink.values, ["a", "b"]);
  const [first, second] = task.producer.records;
  assert.deepEqual([first?.topic, first?.key, first?.value, first?.timestamp, first?.partition], ["dlq", "k1", "bad", 1001, -1]);
  assert.deepEqual([second?.key, second?.value, second?.timestamp], ["bad", null, null]);
  assert.deepEqual(first?.headers.slice(0, 11), [
    ...headers,
    ["__connect.errors.topic", "t"],
    ["__connect.errors.partition", "0"],
    ["__connect.errors.offset", "1"],
    ["__connect.errors.connector.name", "c"],
    ["__connect.errors.task.id", "0"],
    ["__connect.errors.stage", "VALUE_CONVERTER"],
    ["__connect.errors.class.name", TEXT_CONVERTER],
    ["__connect.errors.exception.class.name", "org.apache.kafka.connect.errors.DataException"],
    ["__connect.errors.exception.message", 'Cannot read "bad"'],
  ]);
  const [name, trace] = first?.headers[11] ?? [];
  assert.equal(name, "__connect.errors.exception.stacktrace");
  assert.match(String(trace), /^org\.apache\.kafka\.connect\.errors\.DataException: Cannot read "bad"\n\tat /);
  assert.deepEqual(first?.headers.map(([each]) => each), await namesOfCapture(), "what Kafka Connect 4.2 wrote");
  assert.deepEqual(second?.headers.find(([each]) => each === "__connect.errors.stage")?.[1], "KEY_CONVERTER");
  await task.stop();
});

Deno.test("SinkLoop sends only the first failed record there under none, and waits for it before it is gone", async () => {
  const task = await taskWith({ ...DLQ });
  task.producer.autoAck = false;
  await task.write("a", "bad", "bad");
  assert.deepEqual([task.producer.records.length, task.producer.closed], [1, false]);
  task.producer.ackAll();
  await task.rest();
  assert.deepEqual([task.told.at(-1), task.producer.closed, task.committed, task.sink.values], ["failed", true, {}, []]);
});

Deno.test("SinkLoop commits nothing before the dead letter queue has acknowledged", async () => {
  const task = new OneSink(new ScriptedSink(), { config: { ...DLQ, ...ALL } });
  task.converter.bad.add("bad");
  task.kafka.autoAck = false;
  await task.start();
  await task.write("a", "bad");
  await task.advance(5000);
  assert.deepEqual([task.committed, task.sink.values], [{}, ["a"]]);
  task.producer.ackAll();
  await task.rest();
  assert.deepEqual(task.committed, { "t-0": 2 });
  await task.stop();
});

Deno.test("SinkLoop fails, and commits nothing, when the dead letter queue refuses a record", async () => {
  const task = new OneSink(new ScriptedSink(), { config: { ...DLQ, ...ALL } });
  task.converter.bad.add("bad");
  task.kafka.autoAck = false;
  await task.start();
  await task.write("bad", "a");
  task.producer.fail(1, "TOPIC_AUTHORIZATION_FAILED", "Cannot deliver");
  await task.advance(1000);
  assert.match(
    task.trace,
    /^org.apache.kafka.connect.errors.ConnectException: Cannot send a record that failed to the dead letter queue "dlq"/,
  );
  assert.match(task.trace, /Caused by: org.apache.kafka.common.errors.TopicAuthorizationException: Cannot deliver\n$/);
  assert.deepEqual([task.committed, task.log.matching("error", "Could not produce message to dead letter queue. topic=dlq").length], [
    {},
    1,
  ]);
});

Deno.test("SinkLoop puts nothing more while failed records wait for room in the producer", async () => {
  const task = await taskWith({ ...DLQ, ...ALL }, undefined, {
    kafka: (kafka) => {
      kafka.autoAck = false;
      kafka.capacity = 1;
    },
  });
  await task.write("bad", "bad", "a");
  await task.write("b");
  assert.deepEqual([task.producer.records.length, task.sink.values], [1, ["a"]]);
  task.producer.ackAll();
  await task.rest();
  assert.deepEqual([task.producer.records.length, task.sink.values], [2, ["a", "b"]]);
  task.producer.ackAll();
  await task.stop();
  assert.deepEqual(task.committed, { "t-0": 4 });
});

Deno.test("SinkLoop forgets failed records of lost partitions: others meet them again", async () => {
  const task = await taskWith({ ...DLQ, ...ALL }, undefined, { kafka: (kafka) => void (kafka.autoAck = false), partitions: 2 });
  await task.write("bad");
  task.consumer.loseNow(...partitionsOf(0));
  task.consumer.write("t", 1, "x");
  await task.advance(1000);
  assert.deepEqual(task.committed, { "t-1": 1 });
  await task.stop(0);
  await task.advance(10);
});

Deno.test("SinkContext.reporter is null without a dead letter queue and without errors.log.enable", async () => {
  const plain = await taskWith(ALL);
  assert.equal(plain.sink.context.reporter, null);
  await plain.stop();
  const logs = await taskWith({ "errors.log.enable": "true" });
  assert.notEqual(logs.sink.context.reporter, null);
  await logs.stop();
});

Deno.test("SinkContext.reporter sends the record a row was read from, at stage TASK_PUT, also from a batch the sink has cut", async () => {
  const sink = new ScriptedSink();
  sink.steps.push((batches) => {
    const [batch] = batches;
    if (batch === undefined) throw new Error("no batch");
    sink.context.reporter?.report({ ...batch, select: Int32Array.of(2) }, 2, new DataError("too long"));
  });
  const task = await taskWith({ ...DLQ, ...ALL, ...HEADERS }, sink);
  task.consumer.write("t", 0, "a", { key: "k", value: "bad" }, { key: "k2", value: "c" });
  await task.rest();
  const [, refused] = task.producer.records;
  assert.deepEqual([refused?.key, refused?.value], ["k2", "c"]);
  const context = Object.fromEntries(refused?.headers ?? []);
  assert.deepEqual([context["__connect.errors.offset"], context["__connect.errors.stage"]], ["2", "TASK_PUT"]);
  assert.equal(context["__connect.errors.class.name"], "org.apache.kafka.connect.sink.SinkTask");
  await task.stop();
  assert.deepEqual(task.committed, { "t-0": 3 });
});

Deno.test("SinkContext.reporter throws under none, and the task fails even if it does not let that out", async () => {
  const sink = new ScriptedSink();
  sink.steps.push((batches) => {
    const [batch] = batches;
    if (batch === undefined) throw new Error("no batch");
    assert.throws(() => sink.context.reporter?.report(batch, 0, new DataError("too long")), ConnectError);
  });
  const task = await taskWith({ ...DLQ }, sink);
  await task.write("a");
  assert.equal(
    task.trace,
    "org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask due to unrecoverable exception.\n" +
      "Caused by: org.apache.kafka.connect.errors.ConnectException: Tolerance exceeded in error handler\n" +
      "Caused by: org.apache.kafka.connect.errors.DataException: too long\n",
  );
  assert.deepEqual([task.committed, task.producer.records.length], [{}, 1]);
});

Deno.test("SinkContext.reporter takes no row once its put has ended", async () => {
  const sink = new ScriptedSink();
  let late = () => {};
  sink.steps.push((batches) => {
    late = () => batches.forEach((batch) => sink.context.reporter?.report(batch, 0, new DataError("too late")));
  });
  const task = await taskWith({ ...DLQ, ...ALL }, sink);
  await task.write("a");
  assert.throws(late, { message: "Cannot report a record: the put it was given to has ended" });
  await task.stop();
});

Deno.test("SinkLoop converts again while a converter asks for it and errors.retry.timeout allows it, then fails the row", async () => {
  const task = await taskWith({ ...ALL, "errors.retry.timeout": "2000" });
  task.converter.retries = 2;
  await task.write("a");
  assert.deepEqual(task.sink.values, []);
  const { eventCalls } = task.consumer;
  await task.advance(300);
  await task.advance(600);
  assert.deepEqual(task.sink.values, ["a"]);
  assert.ok(task.consumer.eventCalls > eventCalls, "the group is served meanwhile");
  task.converter.retries = 5;
  await task.write("b", "c");
  await task.advance(5000);
  assert.deepEqual(task.sink.values, ["a", "c"]);
  await task.stop();
  assert.deepEqual(task.committed, { "t-0": 3 });
});
