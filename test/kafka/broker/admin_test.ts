import assert from "node:assert/strict";
import { KafkaAdmin } from "../../../src/kafka/mod.ts";
import { until } from "../../until.ts";
import { brokerTest } from "./real_broker.ts";

async function withAdmin(broker: string, test: (admin: KafkaAdmin) => Promise<void>): Promise<void> {
  const admin = new KafkaAdmin({ "bootstrap.servers": broker }, () => {});
  try {
    await test(admin);
  } finally {
    admin.close();
    await admin.closed;
  }
}

/** A broker answers "created" before the news of it has come back to itself (KRaft: the controller decides, the broker follows). */
function shown(admin: KafkaAdmin, topic: string): Promise<{ readonly partitions: number }> {
  return until(`topic ${topic} shows itself`, () => admin.describeTopic(topic));
}

brokerTest("KafkaAdmin.createTopic() makes a topic once, with its partitions", (broker, topic) =>
  withAdmin(broker, async (admin) => {
    assert.equal(await admin.createTopic(topic, 3, 1, { "cleanup.policy": "compact" }), "created");
    assert.equal(await admin.createTopic(topic, 3, 1, {}), "exists");
    assert.deepEqual(await shown(admin, topic), { partitions: 3 });
  }));

brokerTest("KafkaAdmin.createTopic() leaves -1 to the broker", (broker, topic) =>
  withAdmin(broker, async (admin) => {
    assert.equal(await admin.createTopic(topic, -1, -1, {}), "created");
    assert.ok((await shown(admin, topic)).partitions > 0);
  }));

brokerTest("KafkaAdmin.createTopic() says what the broker refuses", (broker, topic) =>
  withAdmin(broker, async (admin) => {
    await assert.rejects(admin.createTopic("no blanks", 1, 1, {}), { code: "TOPIC_EXCEPTION", retriable: false, message: /"no blanks"/ });
    await assert.rejects(admin.createTopic(topic, 0, 1, {}), { code: "INVALID_PARTITIONS" });
    await assert.rejects(admin.createTopic(topic, 1, 99, {}), { code: "INVALID_REPLICATION_FACTOR" });
    await assert.rejects(admin.createTopic(topic, 1, 1, { "made.up": "x" }), { code: "INVALID_CONFIG", message: /made\.up/ });
    assert.equal(await admin.describeTopic(topic), undefined);
  }));

brokerTest(
  "KafkaAdmin.describeTopic() does not create what it asks for, though the broker would",
  (broker, topic) =>
    withAdmin(broker, async (admin) => {
      assert.equal(await admin.describeTopic(topic), undefined);
      assert.equal(await admin.describeTopic(topic), undefined);
    }),
);

brokerTest(
  "KafkaAdmin.clusterId() is there",
  (broker) => withAdmin(broker, async (admin) => assert.match(await admin.clusterId() ?? "", /^[\w-]{22}$/)),
);
