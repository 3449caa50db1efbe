import assert from "node:assert/strict";
import { KafkaAdmin, KafkaProducer } from "../../../src/kafka/mod.ts";
import { until } from "../../until.ts";
import { Member, runAll } from "../members.ts";
import { callOf, sendAll, type TestRecord } from "../records.ts";
import { brokerTest } from "./real_broker.ts";

/** A member learns of a rebalance by its next heartbeat. */
const brisk = { "heartbeat.interval.ms": "200" };

type Write = (records: readonly TestRecord[]) => Promise<unknown>;

/** A topic of these partitions and settings, and a way to write to it. */
async function withTopic(
  broker: string,
  topic: string,
  partitions: number,
  test: (write: Write) => Promise<void>,
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  const admin = new KafkaAdmin({ "bootstrap.servers": broker }, () => {});
  const producer = new KafkaProducer({ "bootstrap.servers": broker }, () => {});
  try {
    await admin.createTopic(topic, partitions, 1, configs);
    await until("the topic shows itself", () => admin.describeTopic(topic));
    await test((records) => sendAll(producer, callOf(producer, topic, records)));
  } finally {
    admin.close();
    producer.close();
    await Promise.all([admin.closed, producer.closed]);
  }
}

/** Values 0 … count - 1 from `from` on, over the partitions in turn. */
function spread(count: number, partitions: number, from = 0): TestRecord[] {
  return Array.from({ length: count }, (_, i) => ({ key: `k${from + i}`, value: String(from + i), partition: (from + i) % partitions }));
}

const valuesOf = (members: readonly Member[]) => members.flatMap((each) => each.seen.map(({ value }) => Number(value)));

/** The ways in which a group shares out its partitions. */
const protocols = [
  ["eager", brisk],
  ["cooperative", { ...brisk, "partition.assignment.strategy": "org.apache.kafka.clients.consumer.CooperativeStickyAssignor" }],
  ["the newer protocol", { "group.protocol": "CONSUMER" }],
] as const;

for (const [name, properties] of protocols) {
  brokerTest(
    `GroupConsumer loses and doubles nothing while members come and go under load (${name})`,
    (broker, topic) =>
      withTopic(broker, topic, 4, async (write) => {
        const total = 12_000;
        const join = () => new Member(broker, topic, [topic], { properties, maxRecords: 50 });
        const members = [join()];
        let written = 0;
        let isWriting = true;
        const writing = (async () => {
          for (; written < total; written += 200) await write(spread(200, 4, written));
          isWriting = false;
        })();
        for (let round = 0; round < (name === "the newer protocol" ? 1 : 3); round++) {
          const second = join();
          members.push(second);
          await runAll(members.slice(-2), "both own half", () => members.slice(-2).every(({ owned }) => owned.size === 2));
          const before = second.seen.length;
          if (isWriting) await runAll(members.slice(-2), "the second reads", () => second.seen.length > before || !isWriting);
          const leaving = members.at(-2) as Member;
          await leaving.commit();
          await leaving.close();
          leaving.owned.clear();
          await second.run("the second owns all", () => second.owned.size === 4);
        }
        const last = members.at(-1) as Member;
        await Promise.all([writing, last.run("all are read", () => valuesOf(members).length >= total)]);
        await last.close();
        assert.deepEqual(valuesOf(members).sort((a, b) => a - b), Array.from({ length: total }, (_, i) => i));
        for (const { events } of members) assert.deepEqual(events.filter((event) => event.is === "error" && !event.retriable), []);
      }),
  );
}

brokerTest(
  "GroupConsumer with the cooperative assignor keeps what it owns while others join",
  (broker, topic) =>
    withTopic(broker, topic, 4, async (write) => {
      await write(spread(40, 4));
      const properties = { ...brisk, "partition.assignment.strategy": "cooperative-sticky" };
      await using first = new Member(broker, topic, [topic], { properties });
      await first.run("it owns all", () => first.owned.size === 4);
      await using second = new Member(broker, topic, [topic], { properties });
      await runAll([first, second], "both own half", () => first.owned.size === 2 && second.owned.size === 2);
      assert.deepEqual(first.events.map((event) => event.is === "error" ? event.code : [event.is, event.partitions.length]), [
        ["assigned", 4],
        ["revoked", 2],
      ]);
    }),
);

brokerTest(
  "GroupConsumer reads 100,000 records in order, each as it was written",
  (broker, topic) =>
    withTopic(broker, topic, 3, async (write) => {
      const value = (i: number) => `${i}:` + "abcdefghij".repeat(i % 40);
      for (let from = 0; from < 100_000; from += 5000) {
        await write(Array.from({ length: 5000 }, (_, i) => ({
          key: (from + i) % 7 === 0 ? null : `key-${from + i}`,
          value: (from + i) % 11 === 0 ? null : value(from + i),
          partition: (from + i) % 3,
          timestamp: 1_700_000_000_000 + from + i,
        })));
      }
      await using member = new Member(broker, topic, [topic], { maxRecords: 3000 });
      await member.run("all are read", () => member.seen.length === 100_000);
      const next = [0, 0, 0];
      for (const { partition, offset, key, value: found, timestamp } of member.seen) {
        assert.equal(offset, next[partition]);
        next[partition] = offset + 1;
        const i = offset * 3 + partition;
        assert.equal(key, i % 7 === 0 ? null : `key-${i}`);
        assert.equal(found, i % 11 === 0 ? null : value(i));
        assert.equal(timestamp, 1_700_000_000_000 + i);
      }
      assert.ok(member.consumer.idleBytes < 4 << 20, `${member.consumer.idleBytes} bytes`);
    }),
);

for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"]) {
  brokerTest(`GroupConsumer reads what was compressed with ${codec}`, (broker, topic) =>
    withTopic(broker, topic, 1, async () => {
      const producer = new KafkaProducer({ "bootstrap.servers": broker, "compression.type": codec }, () => {});
      await sendAll(producer, callOf(producer, topic, spread(500, 1)));
      producer.close();
      await producer.closed;
      await using member = new Member(broker, topic, [topic]);
      await member.run("all are read", () => member.seen.length === 500);
      assert.deepEqual(valuesOf([member]), Array.from({ length: 500 }, (_, i) => i));
    }));
}

brokerTest(
  "GroupConsumer tells the broker's timestamps from the writer's",
  (broker, topic) =>
    withTopic(broker, topic, 1, async (write) => {
      await write([{ value: "v", timestamp: 1000 }]);
      await using member = new Member(broker, topic, [topic]);
      await member.run("it is read", () => member.seen.length === 1);
      assert.equal(member.seen[0]?.timestampType, 2);
      assert.ok((member.seen[0]?.timestamp ?? 0) > 1_700_000_000_000);
    }, { "message.timestamp.type": "LogAppendTime" }),
);

brokerTest("GroupConsumer has a missing topic made by the broker, and reads it", async (broker, topic) => {
  await using member = new Member(broker, topic, [topic]);
  await member.run("it is assigned", () => member.owned.has(`${topic}-0`));
  const producer = new KafkaProducer({ "bootstrap.servers": broker }, () => {});
  await sendAll(producer, callOf(producer, topic, spread(10, 1)));
  producer.close();
  await producer.closed;
  await member.run("all are read", () => member.seen.length === 10);
});

brokerTest(
  "GroupConsumer.subscribe() replaces what was subscribed, and gives up what is left out",
  (broker, topic) =>
    withTopic(broker, topic, 1, (write) =>
      withTopic(broker, `${topic}-b`, 2, async (writeB) => {
        await write(spread(5, 1));
        await writeB(spread(6, 2));
        await using member = new Member(broker, topic, [topic]);
        await member.run("the first is read", () => member.seen.length === 5);
        member.consumer.subscribe([topic, `${topic}-b`]);
        await member.run("both are read", () => member.owned.size === 3 && member.seen.length === 11);
        member.consumer.subscribe([`${topic}-b`]);
        await member.run("one is given up", () => member.owned.size === 2 && !member.owned.has(`${topic}-0`));
        assert.ok((await member.consumer.topicNames()).includes(`${topic}-b`));
      })),
);

brokerTest("GroupConsumer.topicNames() leaves internal topics out, unless asked for", async (broker, topic) => {
  await using member = new Member(broker, topic, [topic]);
  await member.run("the group is there, so its topic too", () => member.owned.size === 1);
  assert.ok(!(await member.consumer.topicNames()).includes("__consumer_offsets"));
  await using all = new Member(broker, topic, [topic], { properties: { "exclude.internal.topics": "false" } });
  assert.ok((await all.consumer.topicNames()).includes("__consumer_offsets"));
});

brokerTest(
  "GroupConsumer.close() leaves the group at once, not after session.timeout.ms",
  (broker, topic) =>
    withTopic(broker, topic, 2, async () => {
      const slow = { properties: { ...brisk, "session.timeout.ms": "300000" } }; // far longer than the test has patience
      const first = new Member(broker, topic, [topic], slow);
      await first.run("it owns all", () => first.owned.size === 2);
      await using second = new Member(broker, topic, [topic], slow);
      await runAll([first, second], "both own one", () => first.owned.size === 1 && second.owned.size === 1);
      await first.close();
      await second.run("it owns all", () => second.owned.size === 2);
    }),
);

for (const [name, properties] of protocols) {
  brokerTest(
    `GroupConsumer.close() in the middle of a rebalance ends (${name})`,
    (broker, topic) =>
      withTopic(broker, topic, 4, async () => {
        const first = new Member(broker, topic, [topic], { properties });
        await first.run("it owns all", () => first.owned.size === 4);
        const second = new Member(broker, topic, [topic], { properties });
        // The second wants its share; the first is told to revoke and never answers.
        await until("it is told", async () => {
          await second.answer();
          await first.consumer.wakeup(50);
          return first.consumer.event()?.is === "revoked" ? true : undefined;
        });
        await Promise.all([first.close(), second.close()]);
      }),
  );
}

brokerTest(
  "GroupConsumer keeps its partitions by event() alone, longer than max.poll.interval.ms",
  (broker, topic) =>
    withTopic(broker, topic, 1, async () => {
      // 6 s is the least session the broker takes.
      const properties = { "session.timeout.ms": "6000", "max.poll.interval.ms": "6000", "heartbeat.interval.ms": "1000" };
      await using member = new Member(broker, topic, [topic], { properties });
      await member.run("it owns all", () => member.owned.size === 1);
      const busy = Date.now() + 8000;
      await until("a long put", async () => {
        await member.answer();
        return Date.now() > busy ? true : undefined;
      });
      await member.commit();
      assert.deepEqual(member.events.filter(({ is }) => is !== "error").length, 1);
    }),
);

brokerTest(
  "GroupConsumer that is fenced by a newer one of its group.instance.id is of no more use",
  (broker, topic) =>
    withTopic(broker, topic, 1, async () => {
      const properties = { ...brisk, "group.instance.id": "me" };
      const first = new Member(broker, topic, [topic], { properties });
      await first.run("it owns all", () => first.owned.size === 1);
      await using second = new Member(broker, topic, [topic], { properties });
      await runAll([first, second], "the first is fenced", () => first.consumer.fatal !== undefined);
      assert.match(
        first.consumer.fatal?.message ?? "",
        /The Kafka consumer cannot go on: another member has joined with the same group\.instance\.id/,
      );
      await first.close();
    }),
);
