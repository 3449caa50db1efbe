import assert from "node:assert/strict";
import { KafkaAdmin, KafkaProducer } from "../../../src/kafka/mod.ts";
import { partitionOf } from "../murmur2.ts";
import { callOf, noOutcome, readAll, sendAll, type TestRecord } from "../records.ts";
import { brokerTest } from "./real_broker.ts";

/** A producer and a topic with these partitions and settings. */
async function withProducer(
  broker: string,
  topic: string,
  wish: { partitions: number; configs?: Record<string, string>; properties?: Record<string, string> },
  test: (producer: KafkaProducer) => Promise<void>,
): Promise<void> {
  const admin = new KafkaAdmin({ "bootstrap.servers": broker }, () => {});
  await admin.createTopic(topic, wish.partitions, 1, wish.configs ?? {});
  admin.close();
  await admin.closed;
  const producer = new KafkaProducer({ "bootstrap.servers": broker, ...wish.properties }, () => {});
  try {
    await test(producer);
  } finally {
    producer.close();
    await producer.closed;
  }
}

brokerTest(
  "KafkaProducer's records are on a real broker what they were here",
  (broker, topic) =>
    withProducer(broker, topic, { partitions: 1 }, async (producer) => {
      const records: TestRecord[] = [
        { key: "k", value: "v", timestamp: 1_700_000_000_000, headers: { file: "é.csv", none: null } },
        { key: null, value: null, timestamp: 1_700_000_000_001, headers: { file: "", none: "x" } },
        { key: "", value: "", timestamp: 1_700_000_000_002, headers: { file: "a", none: null } },
      ];
      await sendAll(producer, callOf(producer, topic, records));
      const found = await readAll(broker, topic, 1);
      assert.deepEqual(
        found.map(({ key, value, timestamp, headers }) => ({ key, value, timestamp, headers: Object.fromEntries(headers) })),
        records,
      );
    }),
);

brokerTest(
  "KafkaProducer keeps order and count over 100,000 keyed records and 6 partitions",
  (broker, topic) =>
    withProducer(broker, topic, { partitions: 6 }, async (producer) => {
      const outcome = noOutcome();
      for (let batch = 1; batch <= 100; batch++) {
        const records = Array.from({ length: 1000 }, (_, i): TestRecord => ({ key: `k${i % 50}`, value: String((batch - 1) * 1000 + i) }));
        await sendAll(producer, callOf(producer, topic, records, batch), outcome);
      }
      assert.deepEqual(outcome.failed, []);
      assert.deepEqual([...outcome.delivered.values()], new Array(100).fill(1000));
      const newest = new Map<string, number>();
      const found = await readAll(broker, topic, 6);
      assert.equal(found.length, 100_000);
      for (const { key, value, partition } of found) {
        assert.ok(key !== null);
        assert.equal(partition, partitionOf(new TextEncoder().encode(key), 6));
        assert.ok(Number(value) > (newest.get(key) ?? -1), `${value} of ${key} stands behind ${newest.get(key)}`);
        newest.set(key, Number(value));
      }
    }),
);

for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"]) {
  brokerTest(
    `KafkaProducer delivers with compression.type=${codec}`,
    (broker, topic) =>
      withProducer(broker, topic, { partitions: 1, properties: { "compression.type": codec } }, async (producer) => {
        const outcome = await sendAll(producer, callOf(producer, topic, Array.from({ length: 100 }, (_, i) => ({ value: `v${i}` }))));
        assert.deepEqual([outcome.delivered.get(1), outcome.failed], [100, []]);
        assert.equal((await readAll(broker, topic, 1)).length, 100);
      }),
  );
}

brokerTest(
  "KafkaProducer reports a record the topic finds too large, and goes on",
  (broker, topic) =>
    withProducer(broker, topic, { partitions: 1, configs: { "max.message.bytes": "5000" } }, async (producer) => {
      const random = Array.from(crypto.getRandomValues(new Uint8Array(20_000)), (byte) => byte.toString(16)).join("");
      const outcome = await sendAll(producer, callOf(producer, topic, [{ value: random }], 1));
      assert.deepEqual(outcome.failed.map(({ code, retriable }) => ({ code, retriable })), [{
        code: "MSG_SIZE_TOO_LARGE",
        retriable: false,
      }]);
      await sendAll(producer, callOf(producer, topic, [{ value: "small" }], 2), outcome);
      assert.equal(outcome.delivered.get(2), 1);
      assert.equal(producer.fatal, undefined);
    }),
);

brokerTest("KafkaProducer with sluice.batch.size keeps batches below what the topic takes", (broker, topic) =>
  withProducer(
    broker,
    topic,
    { partitions: 1, configs: { "max.message.bytes": "20000" }, properties: { "sluice.batch.size": "10000", "compression.type": "none" } },
    async (producer) => {
      const records = Array.from({ length: 500 }, (_, i): TestRecord => ({ value: `${i}`.padEnd(500, "x") }));
      const outcome = await sendAll(producer, callOf(producer, topic, records));
      assert.deepEqual([outcome.delivered.get(1), outcome.failed], [500, []]);
    },
  ));

brokerTest(
  "KafkaProducer reports a record without key for a compacted topic as the broker's refusal",
  (broker, topic) =>
    withProducer(broker, topic, { partitions: 1, configs: { "cleanup.policy": "compact" } }, async (producer) => {
      const outcome = await sendAll(producer, callOf(producer, topic, [{ value: "no key" }]));
      assert.deepEqual(outcome.failed.map((each) => each.code), ["INVALID_RECORD"]);
    }),
);

brokerTest(
  "KafkaProducer reports a topic name Kafka refuses",
  (broker) =>
    withProducer(broker, `kafka-room-${crypto.randomUUID()}`, { partitions: 1 }, async (producer) => {
      const outcome = await sendAll(producer, callOf(producer, "no blanks allowed", [{ value: "v" }]));
      assert.deepEqual(outcome.failed.map((each) => each.code), ["TOPIC_EXCEPTION"]);
    }),
);

brokerTest(
  "KafkaProducer says of records that a topic refused as a batch that they shared it, and of one sent alone that it did not",
  async (broker, topic) => {
    const configs = { "max.message.bytes": "20000" };
    const records = Array.from({ length: 200 }, (): TestRecord => ({ key: null, value: incompressible(1800) }));
    await withProducer(broker, topic, { partitions: 1, configs }, async (producer) => {
      const { failed } = await sendAll(producer, callOf(producer, topic, records));
      assert.ok(failed.length > 0 && failed.every(({ code, isOfBatch }) => code === "MSG_SIZE_TOO_LARGE" && isOfBatch));
    });
    const properties = { "sluice.batch.size": "1" };
    await withProducer(broker, `${topic}-alone`, { partitions: 1, configs, properties }, async (producer) => {
      const { failed, delivered } = await sendAll(
        producer,
        callOf(producer, `${topic}-alone`, [...records, { key: null, value: incompressible(40_000) }]),
      );
      assert.deepEqual(failed.map(({ code, isOfBatch }) => [code, isOfBatch]), [["MSG_SIZE_TOO_LARGE", false]]);
      assert.equal([...delivered.values()].reduce((sum, count) => sum + count, 0), records.length);
    });
  },
);

function incompressible(length: number): string {
  return Array.from({ length: Math.ceil(length / 36) }, () => crypto.randomUUID()).join("");
}
