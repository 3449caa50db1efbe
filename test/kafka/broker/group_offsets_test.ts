import assert from "node:assert/strict";
import { KafkaAdmin } from "../../../src/kafka/mod.ts";
import { until } from "../../until.ts";
import { Member } from "../members.ts";
import { brokerTest } from "./real_broker.ts";

/** An admin client and a topic of two partitions; the group has the topic's name. */
async function withAdmin(broker: string, topic: string, test: (admin: KafkaAdmin) => Promise<void>): Promise<void> {
  const admin = new KafkaAdmin({ "bootstrap.servers": broker }, () => {});
  try {
    await admin.createTopic(topic, 2, 1, {});
    await until("the topic shows itself", () => admin.describeTopic(topic));
    await test(admin);
  } finally {
    admin.close();
    await admin.closed;
  }
}

/** By partition, as a broker answers in any order. */
async function offsetsOf(admin: KafkaAdmin, group: string): Promise<(readonly [string, number, number])[]> {
  const offsets = await admin.groupOffsets(group);
  return offsets.map(({ topic, partition, offset }) => [topic, partition, offset] as const).sort((a, b) => a[1] - b[1]);
}

brokerTest(
  "KafkaAdmin.groupOffsets() is empty for a group nobody knows",
  (broker, topic) => withAdmin(broker, topic, async (admin) => assert.deepEqual(await admin.groupOffsets(topic), [])),
);

brokerTest(
  "KafkaAdmin.alterGroupOffsets() sets what a member begins with, deleteGroupOffsets() forgets it",
  (broker, topic) =>
    withAdmin(broker, topic, async (admin) => {
      await admin.alterGroupOffsets(topic, [{ topic, partition: 0, offset: 5 }, { topic, partition: 1, offset: 2 ** 40 }]);
      await admin.alterGroupOffsets(topic, []);
      assert.deepEqual(await offsetsOf(admin, topic), [[topic, 0, 5], [topic, 1, 2 ** 40]]);
      const member = new Member(broker, topic, [topic]);
      assert.deepEqual(await member.consumer.committed([{ topic, partition: 1 }, { topic, partition: 0 }]), [2 ** 40, 5]);
      await member.close();
      await admin.deleteGroupOffsets(topic, [{ topic, partition: 0 }, { topic, partition: 7 }, { topic: "no-such-topic", partition: 0 }]);
      await admin.deleteGroupOffsets(topic, []);
      assert.deepEqual(await offsetsOf(admin, topic), [[topic, 1, 2 ** 40]]);
    }),
);

brokerTest(
  "KafkaAdmin.deleteGroup() deletes all offsets, and minds no group that is gone",
  (broker, topic) =>
    withAdmin(broker, topic, async (admin) => {
      await admin.alterGroupOffsets(topic, [{ topic, partition: 0, offset: 5 }]);
      await admin.deleteGroup(topic);
      assert.deepEqual(await admin.groupOffsets(topic), []);
      await admin.deleteGroup(topic);
      await admin.deleteGroupOffsets(topic, [{ topic, partition: 0 }]);
    }),
);

brokerTest(
  "KafkaAdmin refuses to change a group that has members, and says so",
  (broker, topic) =>
    withAdmin(broker, topic, async (admin) => {
      const member = new Member(broker, topic, [topic]);
      await member.run("it owns all", () => member.owned.size === 2);
      assert.deepEqual(await member.consumer.commit([{ topic, partition: 0, offset: 3 }]), { ok: true });
      const refused = { name: "KafkaError", code: "NON_EMPTY_GROUP", retriable: false, message: /the consumer group has active members/ };
      await assert.rejects(admin.alterGroupOffsets(topic, [{ topic, partition: 0, offset: 9 }]), refused);
      await assert.rejects(admin.deleteGroupOffsets(topic, [{ topic, partition: 0 }]), refused);
      await assert.rejects(admin.deleteGroup(topic), refused);
      assert.deepEqual(await offsetsOf(admin, topic), [[topic, 0, 3]]);
      await member.close();
      await admin.alterGroupOffsets(topic, [{ topic, partition: 0, offset: 9 }]);
      assert.deepEqual(await offsetsOf(admin, topic), [[topic, 0, 9]]);
    }),
);

brokerTest("KafkaAdmin.alterGroupOffsets() names a topic that is not there", (broker, topic) =>
  withAdmin(broker, topic, async (admin) => {
    await assert.rejects(admin.alterGroupOffsets(topic, [{ topic: "no-such-topic", partition: 3, offset: 9 }]), {
      code: "UNKNOWN_TOPIC_OR_PART",
      message: /Cannot set offsets of group ".*", topic "no-such-topic", partition 3: /,
    });
  }));
