import assert from "node:assert/strict";
import { EmbeddedKafka, KafkaProducer } from "../../src/kafka/mod.ts";
import { callOf, readAll, sendAll } from "./records.ts";

/** A port nobody listens on, and that nobody is given meanwhile. */
function takenPort(): Deno.TcpListener {
  return Deno.listen({ hostname: "127.0.0.1", port: 0 });
}

async function send(kafka: EmbeddedKafka, value: string): Promise<void> {
  const producer = new KafkaProducer({ "bootstrap.servers": kafka.address }, () => {});
  await sendAll(producer, callOf(producer, "t", [{ value }]));
  producer.close();
  await producer.closed;
}

Deno.test("EmbeddedKafka survives clients coming and going, and broken connections", async () => {
  const kafka = EmbeddedKafka.start();
  kafka.createTopic("t", 1);
  await send(kafka, "one");
  const rude = await Deno.connect({ hostname: kafka.host, port: kafka.port });
  await rude.write(new Uint8Array([0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
  rude.close();
  await send(kafka, "two");
  assert.deepEqual((await readAll(kafka.address, "t", 1)).map((each) => each.value), ["one", "two"]);
  await kafka.stop();
});

Deno.test("EmbeddedKafka.start() advertises the address it was told to listen on", async () => {
  const listener = takenPort();
  const { port } = listener.addr;
  listener.close();
  const kafka = EmbeddedKafka.start({ host: "127.0.0.1", port });
  assert.equal(kafka.address, `127.0.0.1:${port}`);
  kafka.createTopic("t", 1);
  await send(kafka, "v");
  assert.equal((await readAll(kafka.address, "t", 1)).length, 1);
  await kafka.stop();
});

Deno.test("EmbeddedKafka.start() takes the next free port only when told to", async () => {
  const taken = takenPort();
  const { port } = taken.addr;
  assert.throws(() => EmbeddedKafka.start({ port }), {
    message: new RegExp(`^Cannot start the embedded Kafka on "127\\.0\\.0\\.1:${port}": `),
  });
  const kafka = EmbeddedKafka.start({ port, nextFree: true });
  assert.ok(kafka.port > port && kafka.port <= port + 100);
  await kafka.stop();
  taken.close();
});

Deno.test("EmbeddedKafka.createTopic() refuses a topic that exists", async () => {
  const kafka = EmbeddedKafka.start();
  kafka.createTopic("t", 1);
  assert.throws(() => kafka.createTopic("t", 1), { name: "KafkaError", code: "TOPIC_ALREADY_EXISTS" });
  await kafka.stop();
});

Deno.test("EmbeddedKafka.stop() ends with a client connected, paused, and twice", async () => {
  const kafka = EmbeddedKafka.start();
  const client = await Deno.connect({ hostname: kafka.host, port: kafka.port });
  await kafka.pause();
  await kafka.stop();
  await kafka.stop();
  client.close();
});

Deno.test("EmbeddedKafka keeps its records over pause() and resume()", async () => {
  const kafka = EmbeddedKafka.start();
  kafka.createTopic("t", 1);
  await send(kafka, "kept");
  await kafka.pause();
  await assert.rejects(Deno.connect({ hostname: kafka.host, port: kafka.port }), Deno.errors.ConnectionRefused);
  kafka.resume();
  assert.deepEqual((await readAll(kafka.address, "t", 1)).map((each) => each.value), ["kept"]);
  await kafka.stop();
});
