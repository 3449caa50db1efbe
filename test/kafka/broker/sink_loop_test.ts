/** Sink tasks over a real broker: their group, its rebalances, what is committed. */
import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/clock.ts";
import type { StringMap } from "../../../src/config/field.ts";
import { converters } from "../../../src/converters/mod.ts";
import { LoopControl } from "../../../src/host/loop_control.ts";
import { SinkLoop } from "../../../src/host/sink_loop.ts";
import { SinkOpening } from "../../../src/host/sink_opening.ts";
import { kafka, KafkaAdmin } from "../../../src/kafka/mod.ts";
import type { FromHost } from "../../../src/link/messages.ts";
import { FakeLog } from "../../fakes/fake_log.ts";
import { SCRIPTED_SINK, ScriptedSink } from "../../fakes/scripted_sink.ts";
import { type NewRecord, Topics } from "../../topics.ts";
import { until } from "../../until.ts";
import { brokerTest } from "./real_broker.ts";

const STRING = "org.apache.kafka.connect.storage.StringConverter";
const encoder = new TextEncoder();

/** One task of connector `NAME`, whose group is a topic's own. */
class RealSink {
  readonly sink = new ScriptedSink();
  readonly log = new FakeLog();
  readonly messages: FromHost[] = [];
  readonly control = new LoopControl(systemClock, false);
  readonly #ended: Promise<void>;

  constructor(broker: string, name: string, task: number, config: StringMap) {
    const connectorConfig = {
      "name": name,
      "connector.class": SCRIPTED_SINK,
      "key.converter": STRING,
      "value.converter": STRING,
      "consumer.override.heartbeat.interval.ms": "200",
      ...config,
    };
    const spec = {
      connectorClass: SCRIPTED_SINK,
      config: connectorConfig,
      connectorConfig,
      shownConfig: connectorConfig,
      workerConfig: { "bootstrap.servers": broker, "offset.flush.interval.ms": "200" },
    };
    const ref = { connector: name, task, generation: 1 };
    const tell = (message: FromHost) => void this.messages.push(message);
    const parent = { readOffsets: () => Promise.resolve([]), createTopic: undefined };
    const { log, control } = this;
    const opening = new SinkOpening({
      ref,
      spec,
      connectors: [this.sink.definition],
      converters,
      kafka,
      clock: systemClock,
      log,
      tell,
      parent,
    });
    this.#ended = new SinkLoop({ ref, opening, control, clock: systemClock, log, tell }).run();
  }

  get trace(): string {
    const failed = this.messages.find((message) => message.is === "failed");
    return failed?.is === "failed" ? failed.error.trace : "";
  }

  async stop(): Promise<void> {
    this.control.stop(10_000);
    await this.#ended;
  }
}

function numbered(from: number, count: number, partitions: number): NewRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: null,
    value: encoder.encode(String(from + i)),
    partition: (from + i) % partitions,
    headers: [],
    timestamp: undefined,
  }));
}

/** What the group has committed, summed over the partitions. */
async function committed(broker: string, group: string): Promise<number> {
  const admin = new KafkaAdmin({ "bootstrap.servers": broker }, () => {});
  try {
    return (await admin.groupOffsets(group)).reduce((sum, { offset }) => sum + offset, 0);
  } finally {
    admin.close();
    await admin.closed;
  }
}

brokerTest("SinkLoop shares partitions with others that come and go: every record is put, and all is committed", async (broker, topic) => {
  await using topics = new Topics(broker);
  await topics.create(topic, 4);
  const config = { "topics": topic, "consumer.override.max.poll.records": "40" };
  const started: RealSink[] = [];
  const start = (task: number) => {
    const each = new RealSink(broker, topic, task, config);
    // A database of some 4,000 rows a second.
    for (let i = 0; i < 10_000; i++) each.sink.steps.push(() => systemClock.sleep(10));
    started.push(each);
    return each;
  };
  const first = start(0);
  const total = 6000;
  const writing = (async () => {
    for (let from = 0; from < total; from += 750) await topics.produce(topic, numbered(from, 750, 4));
  })();
  await until("the first task puts", () => first.sink.kept.length > 0 || undefined);
  const second = start(1);
  await until("the second task has its share", () => second.sink.kept.length > 0 || undefined);
  first.control.pause();
  await until("the first task pauses", () => first.messages.some((each) => each.is === "state" && each.state === "PAUSED") || undefined);
  await second.stop();
  first.control.resume();
  const third = start(2);
  await writing;
  const seen = () => new Set(started.flatMap(({ sink }) => sink.values));
  await until("all are put", () => seen().size === total || undefined);
  await Promise.all([first.stop(), third.stop()]);
  for (const { trace } of started) assert.equal(trace, "");
  assert.equal(await committed(broker, `connect-${topic}`), total);
  const puts = started.reduce((sum, { sink }) => sum + sink.kept.length, 0);
  assert.equal(puts, total, "nobody died, so nothing was put twice");
});

brokerTest(
  "SinkLoop with a broken record sends it to a dead letter queue it makes, and goes on where it left off after a restart",
  async (broker, topic) => {
    await using topics = new Topics(broker);
    await topics.create(topic, 1);
    const text = (value: string): NewRecord => ({
      key: null,
      value: encoder.encode(value),
      partition: 0,
      headers: [["h", encoder.encode("v")]],
      timestamp: undefined,
    });
    await topics.produce(topic, [text("1"), text("{"), text("3")]);
    const config = {
      "topics": topic,
      "value.converter": "org.apache.kafka.connect.json.JsonConverter",
      "value.converter.schemas.enable": "false",
      "errors.tolerance": "all",
      "errors.deadletterqueue.topic.name": `${topic}-dlq`,
      "errors.deadletterqueue.topic.replication.factor": "1",
      "errors.deadletterqueue.context.headers.enable": "true",
    };
    const first = new RealSink(broker, topic, 0, config);
    await until("both good records are put", () => first.sink.kept.length === 2 || undefined);
    await first.stop();
    assert.equal(first.trace, "");
    assert.deepEqual([await committed(broker, `connect-${topic}`), first.sink.values.map(Number)], [3, [1, 3]]);
    const [letter] = await topics.all(`${topic}-dlq`);
    assert.deepEqual(new TextDecoder().decode(letter?.value ?? undefined), "{");
    assert.deepEqual(letter?.headers.slice(0, 2).map(({ name }) => name), ["h", "__connect.errors.topic"]);
    await topics.produce(topic, [text("4")]);
    const second = new RealSink(broker, topic, 0, config);
    await until("the rest is put", () => second.sink.kept.length > 0 || undefined);
    await second.stop();
    assert.deepEqual(second.sink.values.map(Number), [4]);
    topics.close();
  },
);

brokerTest("SinkLoop whose task pauses and seeks partitions reads them again from where it says", async (broker, topic) => {
  await using topics = new Topics(broker);
  await topics.create(topic, 2);
  const config = { "topics.regex": `${topic}.*`, "consumer.override.max.poll.records": "10" };
  const one = new RealSink(broker, topic, 0, config);
  await topics.produce(topic, numbered(0, 100, 2));
  await until("all are put", () => one.sink.kept.length === 100 || undefined);
  const [partition] = one.sink.context.assignment();
  if (partition === undefined) throw new Error("nothing is assigned");
  one.sink.context.pause([partition]);
  await topics.produce(topic, numbered(100, 100, 2));
  await until("the other partition flows", () => one.sink.kept.length === 150 || undefined);
  one.sink.context.seek([{ ...partition, offset: 40 }]);
  one.sink.context.resume([partition]);
  await until("ten are put again, and the new ones", () => one.sink.kept.length === 210 || undefined);
  await one.stop();
  assert.equal(one.trace, "");
  assert.equal(await committed(broker, `connect-${topic}`), 200);
});

brokerTest(
  "SinkLoop reads again what it had read ahead of a partition the task pauses, and what a failed flush undid",
  async (broker, topic) => {
    await using topics = new Topics(broker);
    await topics.create(topic, 1);
    await topics.produce(topic, numbered(0, 100, 1));
    const one = new RealSink(broker, topic, 0, { "topics": topic, "consumer.override.max.poll.records": "10" });
    const { sink } = one;
    sink.steps.push(async () => {
      await systemClock.sleep(300); // Long enough for the next ten to be read.
      sink.context.pause(sink.context.assignment());
    });
    await until("the first ten are put", () => sink.kept.length === 10 || undefined);
    await systemClock.sleep(300);
    assert.equal(sink.kept.length, 10);
    sink.context.resume(sink.context.assignment());
    await until("all are put", () => sink.kept.length === 100 || undefined);
    assert.deepEqual(sink.values.map(Number), Array.from({ length: 100 }, (_, i) => i));
    await until("all are committed", async () => await committed(broker, `connect-${topic}`) === 100 || undefined);
    sink.flushing = () => {
      sink.flushing = undefined;
      throw new Error("disk full");
    };
    await topics.produce(topic, numbered(100, 50, 1));
    await until("the new ones are committed", async () => await committed(broker, `connect-${topic}`) === 150 || undefined);
    await one.stop();
    assert.equal(one.trace, "");
    assert.ok(sink.kept.length > 150, "what was put before the flush failed is put again");
    const after = sink.values.slice(sink.values.lastIndexOf("100")).map(Number);
    assert.deepEqual(after, Array.from({ length: 50 }, (_, i) => 100 + i));
  },
);
