import assert from "node:assert/strict";
import { EmbeddedKafka, KafkaAdmin } from "../../src/kafka/mod.ts";
import { callOf, sendAll } from "./records.ts";
import { KafkaProducer } from "../../src/kafka/mod.ts";

const silent = () => {};

async function withAdmin(test: (admin: KafkaAdmin, kafka: EmbeddedKafka) => Promise<void>): Promise<void> {
  const kafka = EmbeddedKafka.start();
  const admin = new KafkaAdmin({ "bootstrap.servers": kafka.address }, silent);
  try {
    await test(admin, kafka);
  } finally {
    admin.close();
    await admin.closed;
    await kafka.stop();
  }
}

Deno.test("KafkaAdmin.describeTopic() counts partitions", () =>
  withAdmin(async (admin, kafka) => {
    kafka.createTopic("t", 5);
    assert.deepEqual(await admin.describeTopic("t"), { partitions: 5 });
  }));

Deno.test("KafkaAdmin.describeTopic() creates nothing by asking", () =>
  withAdmin(async (admin) => {
    assert.equal(await admin.describeTopic("not there"), undefined);
    assert.equal(await admin.describeTopic("not there"), undefined);
  }));

Deno.test("KafkaAdmin.describeTopic() sees a topic a producer's first record made", () =>
  withAdmin(async (admin, kafka) => {
    const producer = new KafkaProducer({ "bootstrap.servers": kafka.address }, silent);
    await sendAll(producer, callOf(producer, "made", [{ value: "v" }]));
    producer.close();
    await producer.closed;
    assert.deepEqual(await admin.describeTopic("made"), { partitions: 4 });
  }));

Deno.test("KafkaAdmin.clusterId() is the broker's", () =>
  withAdmin(async (admin) => assert.match(await admin.clusterId() ?? "", /^mockCluster[0-9a-f]+$/)));

Deno.test("KafkaAdmin.createTopic() says at once that the embedded broker makes no topics", () =>
  withAdmin(async (admin) => {
    await assert.rejects(admin.createTopic("t", 1, 1, {}), {
      name: "KafkaError",
      code: "_UNSUPPORTED_FEATURE",
      retriable: false,
      message: /^Cannot create topic "t": the broker does not offer that request/,
    });
  }));

Deno.test("KafkaAdmin sets and lists offsets of a group on the embedded broker, which knows no deleting, and says so", () =>
  withAdmin(async (admin, kafka) => {
    assert.deepEqual(await admin.groupOffsets("g"), []);
    kafka.createTopic("t", 3);
    assert.deepEqual(await admin.groupOffsets("g"), []);
    await admin.alterGroupOffsets("g", [{ topic: "t", partition: 1, offset: 7 }]);
    assert.deepEqual(await admin.groupOffsets("g"), [{ topic: "t", partition: 1, offset: 7 }]);
    const refused = { name: "KafkaError", code: "_UNSUPPORTED_FEATURE", retriable: false };
    for (let i = 0; i < 3; i++) {
      await assert.rejects(admin.deleteGroup("g"), refused);
      await assert.rejects(admin.deleteGroupOffsets("g", [{ topic: "t", partition: 1 }]), refused);
    }
    assert.deepEqual(await admin.describeTopic("t"), { partitions: 3 });
  }));

Deno.test("KafkaAdmin answers many questions at once, each with its own answer", () =>
  withAdmin(async (admin, kafka) => {
    for (let i = 1; i <= 20; i++) kafka.createTopic(`t${i}`, i);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => admin.describeTopic(`t${i + 1}`)));
    assert.deepEqual(answers, Array.from({ length: 20 }, (_, i) => ({ partitions: i + 1 })));
  }));

Deno.test("KafkaAdmin.close() fails what is under way and what comes later", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const dead = `127.0.0.1:${listener.addr.port}`;
  listener.close();
  const admin = new KafkaAdmin({ "bootstrap.servers": dead }, silent);
  const asked = admin.clusterId();
  const listed = admin.groupOffsets("g");
  admin.close();
  for (const each of [asked, listed]) await assert.rejects(each, { name: "KafkaError", code: "_DESTROY", retriable: true });
  await assert.rejects(admin.describeTopic("t"), { code: "_DESTROY" });
  await admin.closed;
});
