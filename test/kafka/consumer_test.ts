import assert from "node:assert/strict";
import { EmbeddedKafka, KafkaProducer, TopicReader } from "../../src/kafka/mod.ts";
import { callOf, readAll, sendAll, type TestRecord } from "./records.ts";

const silent = () => {};

/** An embedded broker with a topic `t` of `partitions`, and a way to write to it. */
async function withTopic(
  partitions: number,
  test: (kafka: EmbeddedKafka, write: (records: TestRecord[]) => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const kafka = EmbeddedKafka.start();
  kafka.createTopic("t", partitions);
  const producer = new KafkaProducer({ "bootstrap.servers": kafka.address }, silent);
  try {
    await test(kafka, (records) => sendAll(producer, callOf(producer, "t", records)));
  } finally {
    producer.close();
    await producer.closed;
    await kafka.stop();
  }
}

Deno.test("TopicReader is at the end of an empty topic", () =>
  withTopic(3, async (kafka) => assert.deepEqual(await readAll(kafka.address, "t", 3), [])));

Deno.test("TopicReader goes on with what arrives behind the end", () =>
  withTopic(1, async (kafka, write) => {
    await write([{ value: "first" }]);
    const reader = new TopicReader({ "bootstrap.servers": kafka.address }, "t", 1);
    assert.equal((await reader.readToEnd()).length, 1);
    assert.ok(reader.atEnd);
    await write([{ value: "second" }]);
    let found = reader.read();
    while (found.length === 0) {
      await reader.wakeup(5000);
      found = reader.read();
    }
    assert.deepEqual(found.map((each) => new TextDecoder().decode(each.value ?? new Uint8Array())), ["second"]);
    assert.equal(found[0]?.offset, 1);
    reader.close();
    await reader.closed;
  }));

Deno.test("TopicReader's bytes are copies that outlive the reader", () =>
  withTopic(1, async (kafka, write) => {
    await write(
      Array.from({ length: 2500 }, (_, i): TestRecord => ({ key: `k${i}`, value: "v".repeat(i % 500), headers: { n: String(i) } })),
    );
    const reader = new TopicReader({ "bootstrap.servers": kafka.address }, "t", 1);
    const records = await reader.readToEnd();
    reader.close();
    await reader.closed;
    assert.equal(records.length, 2500);
    const text = (bytes: Uint8Array | null | undefined) => new TextDecoder().decode(bytes ?? new Uint8Array());
    records.forEach(({ key, value, headers }, i) => {
      assert.deepEqual([text(key), value?.length, text(headers[0]?.value)], [`k${i}`, i % 500, String(i)]);
    });
  }));

Deno.test("TopicReader.span() counts records without reading them", () =>
  withTopic(3, async (kafka, write) => {
    await write(Array.from({ length: 300 }, (_, i): TestRecord => ({ key: String(i), value: "v" })));
    const reader = new TopicReader({ "bootstrap.servers": kafka.address }, "t", 3);
    assert.equal(await reader.span(), 300);
    reader.close();
    reader.close();
    await reader.closed;
  }));
