import assert from "node:assert/strict";
import { EmbeddedKafka, GroupConsumer, KafkaProducer } from "../../src/kafka/mod.ts";
import { pause, until } from "../until.ts";
import { Member, type MemberOptions } from "./members.ts";
import { callOf, sendAll, type TestRecord } from "./records.ts";

/** Short, as the embedded broker lets a rebalance of a group take a second less than its members' session.timeout.ms. */
const brisk = { "session.timeout.ms": "1200", "heartbeat.interval.ms": "200" };

/** The embedded broker with a topic `t`, and a way to write to it. */
interface Ground {
  readonly kafka: EmbeddedKafka;
  readonly write: (records: readonly TestRecord[]) => Promise<unknown>;
  /** A member of group `g`, closed at the end of the test. */
  readonly join: (options?: MemberOptions, topics?: readonly string[]) => Member;
}

async function withTopic(partitions: number, test: (ground: Ground) => Promise<void>): Promise<void> {
  const kafka = EmbeddedKafka.start();
  kafka.createTopic("t", partitions);
  const producer = new KafkaProducer({ "bootstrap.servers": kafka.address }, () => {});
  const members: Member[] = [];
  const join = (options: MemberOptions = {}, topics: readonly string[] = ["t"]) => {
    const member = new Member(kafka.address, "g", topics, { ...options, properties: { ...brisk, ...options.properties } });
    members.push(member);
    return member;
  };
  try {
    await test({ kafka, join, write: (records) => sendAll(producer, callOf(producer, "t", records)) });
  } finally {
    producer.close();
    await producer.closed;
    for (const member of members) await member.close();
    await kafka.stop();
  }
}

const assigned = (member: Member) => () => member.owned.size > 0;
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, i): TestRecord => ({ value: String(from + i) }));

Deno.test("GroupConsumer.read() gives keys, values and timestamps as they were written, null told from empty", () =>
  withTopic(1, async ({ write, join }) => {
    const written: TestRecord[] = [
      { key: "k", value: "v", timestamp: 1_700_000_000_000 },
      { key: null, value: "", timestamp: 1_700_000_000_001 },
      { key: "", value: null, timestamp: 1_700_000_000_002 },
      { key: null, value: null, timestamp: 1_700_000_000_003 },
      { key: "é", value: "x".repeat(100_000), timestamp: 1_700_000_000_004 },
    ];
    await write(written);
    const member = join();
    await member.run("all are read", () => member.seen.length === written.length);
    assert.deepEqual(member.seen.map(({ key, value, timestamp }) => ({ key, value, timestamp })), written);
    assert.deepEqual(member.seen.map(({ topic, partition, offset, timestampType }) => [topic, partition, offset, timestampType]), [
      ["t", 0, 0, 1],
      ["t", 0, 1, 1],
      ["t", 0, 2, 1],
      ["t", 0, 3, 1],
      ["t", 0, 4, 1],
    ]);
    assert.deepEqual(member.seen.map(({ headers }) => headers), [[], [], [], [], []]);
  }));

Deno.test("GroupConsumer.read() copies headers when it was opened with them: repeated, empty and null ones", () =>
  withTopic(1, async ({ write, join }) => {
    await write([{ value: "a", headers: { "name é": "1", none: null, empty: "" } }]);
    await write([{ value: "b" }]);
    await write(Array.from({ length: 300 }, (_, i): TestRecord => ({ value: `${i}`, headers: { a: `a${i}`, b: `b${i}` } })));
    const member = join({ headers: true });
    await member.run("all are read", () => member.seen.length === 302);
    assert.deepEqual(member.seen[0]?.headers, [["name é", "1"], ["none", null], ["empty", ""]]);
    assert.deepEqual(member.seen[1]?.headers, []);
    member.seen.slice(2).forEach(({ headers }, i) => assert.deepEqual(headers, [["a", `a${i}`], ["b", `b${i}`]]));
  }));

Deno.test("GroupConsumer.read() ends at the wished number of records, and about the wished number of bytes", () =>
  withTopic(1, async ({ write, join }) => {
    await write(Array.from({ length: 2000 }, (_, i): TestRecord => ({ value: String(i).padEnd(1000) })));
    const member = join();
    await member.run("something is read", () => member.seen.length > 0);
    await member.consumer.seek([{ topic: "t", partition: 0, offset: 0 }]);
    const first = await until("a first batch", () => member.consumer.read(7, 1 << 20));
    assert.equal(first.count, 7);
    assert.deepEqual([...first.offsets.subarray(0, 7)], [0, 1, 2, 3, 4, 5, 6]);
    first.release();
    const second = await until("a second batch", () => member.consumer.read(1000, 20_000));
    assert.ok(second.region.used >= 20_000 && second.region.used <= 40_000, `${second.region.used} bytes`);
    assert.equal(second.offsets[0], 7);
    second.release();
    assert.equal(member.consumer.read(0, 1000), undefined);
  }));

Deno.test("GroupConsumer keeps a batch apart from later ones until it is released", () =>
  withTopic(1, async ({ write, join }) => {
    await write(numbered(3000));
    const member = join();
    await member.run("partitions are assigned", assigned(member));
    const batches = [];
    for (let count = member.seen.length; count < 3000;) {
      const batch = await until("a batch", () => member.consumer.read(500, 1 << 20));
      batches.push(batch);
      count += batch.count;
    }
    const texts = batches.flatMap((batch) =>
      Array.from({ length: batch.count }, (_, i) => {
        const start = batch.values[2 * i] as number;
        return new TextDecoder().decode(batch.region.bytes.subarray(start, start + (batch.values[2 * i + 1] as number)));
      })
    );
    assert.deepEqual([...member.seen.map(({ value }) => value), ...texts], numbered(3000).map(({ value }) => value));
    for (const batch of batches) {
      batch.release();
      batch.release();
    }
  }));

Deno.test("GroupConsumer keeps little memory for later, and none of a huge record", () =>
  withTopic(1, async ({ write, join }) => {
    await write([{ value: "x".repeat(900_000) }, ...numbered(100)]);
    const member = join({ maxBytes: 1000 });
    await member.run("all are read", () => member.seen.length === 101);
    assert.equal(member.seen[0]?.value?.length, 900_000);
    assert.ok(member.consumer.idleBytes < 1 << 20, `${member.consumer.idleBytes} bytes`);
    const lent = [1, 2, 3, 4, 5, 6];
    await write(numbered(lent.length));
    const batches = [];
    for (const _ of lent) batches.push(await until("a batch", () => member.consumer.read(1, 1000)));
    for (const batch of batches) batch.release();
    assert.ok(member.consumer.idleBytes < 1 << 20, `${member.consumer.idleBytes} bytes`);
  }));

Deno.test("GroupConsumer.commit() is what a later member begins with, and committed() tells it", () =>
  withTopic(2, async ({ write, join }) => {
    await write(numbered(10).map((each, i) => ({ ...each, partition: i % 2 })));
    const first = join({ commits: false });
    await first.run("all are read", () => first.seen.length === 10);
    const partitions = [{ topic: "t", partition: 0 }, { topic: "t", partition: 1 }];
    assert.deepEqual(await first.consumer.committed(partitions), [null, null]);
    assert.deepEqual(await first.consumer.commit([{ topic: "t", partition: 1, offset: 3 }]), { ok: true });
    assert.deepEqual(await first.consumer.commit([]), { ok: true });
    assert.deepEqual(await first.consumer.committed(partitions), [null, 3]);
    assert.deepEqual(await first.consumer.committed([]), []);
    await first.close();
    const second = join();
    await second.run("the rest is read", () => second.seen.length === 7);
    assert.deepEqual(second.seen.filter(({ partition }) => partition === 1).map(({ offset }) => offset), [3, 4]);
  }));

Deno.test("GroupConsumer commits nothing by itself, whatever a user writes", () =>
  withTopic(1, async ({ write, join }) => {
    await write(numbered(5));
    const first = join({ commits: false, properties: { "enable.auto.commit": "true", "auto.commit.interval.ms": "1" } });
    await first.run("all are read", () => first.seen.length === 5);
    assert.match(first.warnings.join(), /"enable\.auto\.commit" true is taken as false/);
    await first.close();
    const second = join();
    await second.run("all are read again", () => second.seen.length === 5);
  }));

Deno.test("GroupConsumer.assign() starts where it is told", () =>
  withTopic(1, async ({ kafka, write }) => {
    await write(numbered(10));
    const consumer = new GroupConsumer({ "bootstrap.servers": kafka.address, "group.id": "g", ...brisk }, false, () => {});
    consumer.subscribe(["t"]);
    const event = await until("partitions are assigned", () => consumer.event());
    assert.deepEqual(event, { is: "assigned", partitions: [{ topic: "t", partition: 0 }] });
    consumer.assign([{ topic: "t", partition: 0, offset: 6 }]);
    const batch = await until("a batch", () => consumer.read(100, 1 << 20));
    assert.equal(batch.offsets[0], 6);
    batch.release();
    await consumer.close(5000);
    await consumer.closed;
  }));

Deno.test("GroupConsumer.seek() goes back and forth; nothing fetched before is returned", () =>
  withTopic(1, async ({ write, join }) => {
    await write(numbered(1000));
    const member = join({ maxRecords: 10 });
    await member.run("something is read", () => member.seen.length >= 10);
    for (const offset of [0, 500, 3, 999]) {
      await member.consumer.seek([{ topic: "t", partition: 0, offset }]);
      const before = member.seen.length;
      await member.run("records after the seek", () => member.seen.length > before);
      assert.equal(member.seen[before]?.offset, offset);
    }
    await member.consumer.seek([]);
    await assert.rejects(member.consumer.seek([{ topic: "elsewhere", partition: 0, offset: 0 }]), {
      name: "KafkaError",
      message: /Cannot seek in topic "elsewhere", partition 0/,
    });
  }));

Deno.test("GroupConsumer.seek() waits for a partition that has not begun", () =>
  withTopic(1, async ({ kafka, write }) => {
    await write(numbered(10));
    const consumer = new GroupConsumer({ "bootstrap.servers": kafka.address, "group.id": "g", ...brisk }, false, () => {});
    consumer.subscribe(["t"]);
    await until("partitions are assigned", () => consumer.event());
    consumer.assign([{ topic: "t", partition: 0, offset: null }]);
    await consumer.seek([{ topic: "t", partition: 0, offset: 8 }]);
    const batch = await until("a batch", () => consumer.read(100, 1 << 20));
    assert.equal(batch.offsets[0], 8);
    batch.release();
    await consumer.close(5000);
    await consumer.closed;
  }));

Deno.test("GroupConsumer.pause() keeps records back, resume() goes on without a gap", () =>
  withTopic(2, async ({ write, join }) => {
    await write(numbered(2000).map((each, i) => ({ ...each, partition: i % 2 })));
    const member = join({ maxRecords: 100 });
    await member.run("both are read from", () => new Set(member.seen.map(({ partition }) => partition)).size === 2);
    const before = member.seen.filter(({ partition }) => partition === 0).length;
    member.consumer.pause([{ topic: "t", partition: 0 }]);
    await member.run("the other is read", () => member.seen.filter(({ partition }) => partition === 1).length === 1000);
    assert.equal(member.seen.filter(({ partition }) => partition === 0).length, before);
    member.consumer.resume([{ topic: "t", partition: 0 }]);
    await member.run("all are read", () => member.seen.length === 2000);
    const offsets = member.seen.filter(({ partition }) => partition === 0).map(({ offset }) => offset);
    assert.deepEqual(offsets, Array.from({ length: 1000 }, (_, i) => i));
  }));

Deno.test("GroupConsumer.unassign() ends at once what read() returns, though it was fetched ahead", () =>
  withTopic(2, async ({ write, join }) => {
    await write(numbered(2000).map((each, i) => ({ ...each, partition: i % 2 })));
    const member = join({ maxRecords: 10 });
    await member.run("something is read", () => member.seen.length >= 10);
    member.consumer.unassign([{ topic: "t", partition: 0 }, { topic: "t", partition: 1 }]);
    assert.equal(member.consumer.read(1000, 1 << 20), undefined);
  }));

Deno.test("GroupConsumer.topicNames() tells all topics", () =>
  withTopic(1, async ({ kafka, join }) => {
    kafka.createTopic("another", 1);
    assert.deepEqual([...await join().consumer.topicNames()].sort(), ["another", "t"]);
  }));

Deno.test("GroupConsumer.event() tells of a topic that is not there, and reads it once it is", () =>
  withTopic(1, async ({ kafka, write, join }) => {
    const member = join({ properties: { "allow.auto.create.topics": "false" } }, ["t", "later"]);
    await member.run("it says so", () => member.events.some(({ is }) => is === "error"));
    const error = member.events.find((event) => event.is === "error");
    assert.ok(error?.is === "error" && error.retriable);
    assert.equal(error.code, "UNKNOWN_TOPIC_OR_PART");
    assert.match(error.message, /Consumer group "g" met an error: there is no such topic.* later/);
    await write(numbered(3));
    await member.run("the other one is read", () => member.seen.length === 3);
    kafka.createTopic("later", 1);
    await member.run("the new one is assigned", () => member.owned.has("later-0"));
  }));

Deno.test("GroupConsumer.event() with auto.offset.reset=none says that there is no offset to begin with", () =>
  withTopic(1, async ({ write, join }) => {
    await write(numbered(3));
    const member = join({ properties: { "auto.offset.reset": "none" } });
    await member.run("it says so", () => member.events.some(({ is }) => is === "error"));
    const error = member.events.find((event) => event.is === "error");
    assert.ok(error?.is === "error" && !error.retriable);
    assert.equal(error.code, "_AUTO_OFFSET_RESET");
    assert.match(error.message, /Cannot read topic "t", partition 0: the group has no usable offset/);
  }));

Deno.test("GroupConsumer stays in its group by event() alone, and loses its partitions without", () =>
  withTopic(1, async ({ write, join }) => {
    await write(numbered(10));
    const properties = { ...brisk, "max.poll.interval.ms": "1200" };
    const member = join({ properties });
    await member.run("partitions are assigned", assigned(member));
    const busy = Date.now() + 3000; // more than twice the interval, as while a put takes long
    await until("a long put", async () => {
      await member.answer();
      return Date.now() > busy ? true : undefined;
    });
    assert.deepEqual(member.events.map(({ is }) => is), ["assigned"]);
    await pause(2000); // Nothing but time makes it late.
    await member.run("it is assigned again", () => member.events.filter(({ is }) => is === "assigned").length === 2);
    const [, error, revoked] = member.events;
    assert.ok(error?.is === "error" && error.code === "_MAX_POLL_EXCEEDED" && error.retriable, JSON.stringify(error));
    assert.deepEqual(revoked, { is: "revoked", partitions: [{ topic: "t", partition: 0 }], isLost: true });
  }));

Deno.test("GroupConsumer.commit() after the partitions were lost says why it failed", () =>
  withTopic(1, async ({ write, join }) => {
    await write(numbered(10));
    const properties = { ...brisk, "max.poll.interval.ms": "1200" };
    const member = join({ properties });
    await member.run("all are read", () => member.seen.length === 10);
    await pause(2500); // Nothing but time makes it late.
    const result = await member.consumer.commit([{ topic: "t", partition: 0, offset: 10 }]);
    assert.ok(!result.ok, "committed");
    assert.match(result.message, /^Cannot commit offsets of group "g": /);
    assert.deepEqual(await member.consumer.committed([{ topic: "t", partition: 0 }]), [null]);
  }));

Deno.test("GroupConsumer.close() frees a consumer that never joined, one in mid-join, and one whose assignment nobody answered", () =>
  withTopic(1, async ({ kafka }) => {
    const open = (group: string) => new GroupConsumer({ "bootstrap.servers": kafka.address, "group.id": group, ...brisk }, false, () => {});
    const idle = open("a");
    const joining = open("b");
    joining.subscribe(["t"]);
    joining.event();
    const unanswered = open("c");
    unanswered.subscribe(["t"]);
    await until("partitions are assigned", () => unanswered.event());
    for (const consumer of [idle, joining, unanswered]) {
      await consumer.close(10_000);
      await consumer.close(10_000);
      await consumer.closed;
      assert.equal(consumer.event(), undefined);
      assert.equal(consumer.read(1, 1), undefined);
      assert.throws(() => consumer.subscribe(["t"]), { code: "_DESTROY" });
      await assert.rejects(consumer.topicNames(), { code: "_DESTROY" });
      assert.equal((await consumer.commit([{ topic: "t", partition: 0, offset: 1 }])).ok, false);
      await consumer.wakeup(10_000);
    }
  }));

// A consumer whose leaving was begun and then no longer served could never be freed: it kept its threads and 24 MB of records.
Deno.test("GroupConsumer.close() without time leaves the group in the background", () =>
  withTopic(2, async ({ write, join }) => {
    await write(numbered(2000).map((each, i) => ({ ...each, partition: i % 2 })));
    for (const strategy of ["range", "cooperative-sticky"]) {
      const member = join({ maxRecords: 10, properties: { "partition.assignment.strategy": strategy } });
      await member.run("something is read", () => member.seen.length >= 10);
      await member.close(0);
    }
  }));

Deno.test("GroupConsumer says that no broker can be reached, goes on when it can, and closes in between within its deadline", () =>
  withTopic(1, async ({ kafka, write, join }) => {
    await write(numbered(5));
    const member = join();
    const other = new GroupConsumer({ "bootstrap.servers": kafka.address, "group.id": "other", ...brisk }, false, () => {});
    other.subscribe(["t"]);
    await until("the other is assigned", () => other.event());
    await member.run("all are read", () => member.seen.length === 5);
    await kafka.pause();
    await until("it is said", async () => {
      await member.answer();
      return member.consumer.unreachable;
    });
    assert.match(member.consumer.unreachable ?? "", /^Cannot reach Kafka at "127\.0\.0\.1:\d+": /);
    await assert.rejects(
      new GroupConsumer({ "bootstrap.servers": kafka.address, "group.id": "x", "default.api.timeout.ms": "200" }, false, () => {})
        .topicNames(),
      { name: "KafkaError", retriable: true },
    );
    await other.close(1000);
    kafka.resume();
    await other.closed;
    await member.run("it is well again", () => member.consumer.unreachable === undefined);
    await write(numbered(5, 5));
    await member.run("the rest is read", () => member.seen.some(({ value }) => value === "9"));
  }));

Deno.test("GroupConsumer refuses a wrong property by its name", () => {
  const open = (properties: Record<string, string>) => () =>
    new GroupConsumer({ "bootstrap.servers": "127.0.0.1:1", "group.id": "g", ...properties }, false, () => {});
  assert.throws(open({ "auto.offset.reset": "soon" }), { name: "ClientConfigError", message: /"auto\.offset\.reset".*"soon"/ });
  assert.throws(open({ "session.timeout.ms": "long" }), { name: "ClientConfigError", message: /"session\.timeout\.ms".*"long"/ });
  assert.throws(open({ "group.id": " " }), { name: "ClientConfigError", message: /"group\.id": it must name the consumer group/ });
  assert.throws(open({ "auto.offset.reset": "by_duration:PT1H" }), { message: /set earliest, latest or none/ });
});
