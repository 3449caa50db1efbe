import assert from "node:assert/strict";
import { EmbeddedKafka, KafkaProducer, type ProducerLimits } from "../../src/kafka/mod.ts";
import { murmur2, partitionOf } from "./murmur2.ts";
import { callOf, noOutcome, noting, readAll, sendAll, settled, type TestRecord } from "./records.ts";

const silent = () => {};

/** A producer on an embedded broker of its own with a topic `t` of `partitions`. */
async function withProducer(
  partitions: number,
  test: (producer: KafkaProducer, kafka: EmbeddedKafka) => Promise<void>,
  properties?: Record<string, string>,
  limits?: ProducerLimits,
): Promise<void> {
  const kafka = EmbeddedKafka.start();
  kafka.createTopic("t", partitions);
  const producer = new KafkaProducer({ "bootstrap.servers": kafka.address, ...properties }, silent, limits);
  try {
    await test(producer, kafka);
  } finally {
    producer.close();
    await producer.closed;
    await kafka.stop();
  }
}

Deno.test("KafkaProducer carries null and empty keys and values as they are", () =>
  withProducer(1, async (producer, kafka) => {
    const records: TestRecord[] = [
      { key: "k", value: "v" },
      { key: null, value: "v" },
      { key: "k", value: null },
      { key: null, value: null },
      { key: "", value: "" },
      { key: "ключ", value: "😀" },
    ];
    const outcome = await sendAll(producer, callOf(producer, "t", records, 9));
    assert.deepEqual([...outcome.delivered], [[9, 6]]);
    assert.deepEqual(outcome.failed, []);
    assert.deepEqual((await readAll(kafka.address, "t", 1)).map(({ key, value }) => ({ key, value })), records);
  }));

Deno.test("KafkaProducer carries headers, null ones too, and timestamps of each record", () =>
  withProducer(1, async (producer, kafka) => {
    const records: TestRecord[] = [
      { key: "a", value: "1", timestamp: 1_000, headers: { file: "é.csv", line: "1", none: null } },
      { key: null, value: null, timestamp: 1_700_000_000_123, headers: { file: "é.csv", line: "2", none: "" } },
    ];
    await sendAll(producer, callOf(producer, "t", records));
    const found = await readAll(kafka.address, "t", 1);
    assert.deepEqual(
      found.map((each) => ({ key: each.key, value: each.value, timestamp: each.timestamp, headers: Object.fromEntries(each.headers) })),
      records,
    );
    assert.deepEqual(found[0]?.headers.map(([name]) => name), ["file", "line", "none"]);
  }));

Deno.test("KafkaProducer stamps records that have headers but no timestamp of their own", () =>
  withProducer(1, async (producer, kafka) => {
    const before = Date.now();
    await sendAll(producer, callOf(producer, "t", [{ value: "v", headers: { h: "x" } }]));
    const [found] = await readAll(kafka.address, "t", 1);
    assert.ok(found !== undefined && found.timestamp >= before && found.timestamp <= Date.now());
  }));

Deno.test("KafkaProducer puts records into the partitions they name, with and without headers", () =>
  withProducer(4, async (producer, kafka) => {
    const plain = [3, 0, 1, 3].map((partition, i): TestRecord => ({ key: "same", value: `p${i}`, partition }));
    const headed = plain.map((record, i): TestRecord => ({ ...record, value: `h${i}`, headers: { h: "x" } }));
    await sendAll(producer, callOf(producer, "t", plain, 1));
    await sendAll(producer, callOf(producer, "t", headed, 2));
    const all = callOf(producer, "t", [{ value: "all 2" }, { value: "all 2" }], 3);
    await sendAll(producer, { ...all, partition: 2 });
    assert.deepEqual((await readAll(kafka.address, "t", 4)).map(({ partition, value }) => [partition, value]), [
      [0, "p1"],
      [0, "h1"],
      [1, "p2"],
      [1, "h2"],
      [2, "all 2"],
      [2, "all 2"],
      [3, "p0"],
      [3, "p3"],
      [3, "h0"],
      [3, "h3"],
    ]);
  }));

Deno.test("murmur2() of the tests gives the values of Kafka's own tests", () => {
  // Kafka 4, UtilsTest.testMurmur2
  const known: Record<string, number> = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
  };
  for (const [text, hash] of Object.entries(known)) assert.equal(murmur2(new TextEncoder().encode(text)), hash, text);
});

Deno.test("KafkaProducer puts a key where Java's producer puts it, with and without headers", () =>
  withProducer(7, async (producer, kafka) => {
    const keys = Array.from({ length: 500 }, (_, i) => "x".repeat(i % 9) + i);
    await sendAll(producer, callOf(producer, "t", keys.map((key) => ({ key, value: "plain" })), 1));
    await sendAll(producer, callOf(producer, "t", keys.map((key) => ({ key, value: "headed", headers: { h: "x" } })), 2));
    const found = await readAll(kafka.address, "t", 7);
    assert.equal(found.length, 1000);
    for (const { key, partition } of found) {
      assert.ok(key !== null);
      assert.equal(partition, partitionOf(new TextEncoder().encode(key), 7), key);
    }
  }));

Deno.test("KafkaProducer delivers 100,000 records in order and counts each once", () =>
  withProducer(1, async (producer, kafka) => {
    const outcome = noOutcome();
    for (let batch = 1; batch <= 100; batch++) {
      const records = Array.from({ length: 1000 }, (_, i): TestRecord => ({ value: String((batch - 1) * 1000 + i) }));
      const call = callOf(producer, "t", records, batch);
      for (let from = 0; (from = producer.produce(call, from)) < call.count;) {
        await producer.wakeup(5000);
        producer.poll(noting(outcome));
      }
      producer.poll(noting(outcome));
    }
    await settled(producer, outcome);
    assert.deepEqual(outcome.failed, []);
    assert.deepEqual([...outcome.delivered.values()], new Array(100).fill(1000));
    assert.deepEqual([producer.outstanding, producer.outstandingBytes], [0, 0]);
    const found = await readAll(kafka.address, "t", 1);
    assert.equal(found.length, 100_000);
    assert.ok(found.every(({ value, offset }, i) => value === String(i) && offset === i));
  }));

Deno.test("KafkaProducer.produce() takes no more records than its limit and goes on from there", () =>
  withProducer(
    1,
    async (producer, kafka) => {
      const call = callOf(producer, "t", Array.from({ length: 25 }, (_, i): TestRecord => ({ value: `v${i}` })));
      assert.equal(producer.produce(call, 0), 10);
      assert.equal(producer.produce(call, 10), 10);
      assert.equal(producer.outstanding, 10);
      const outcome = await sendAll(producer, call, noOutcome());
      assert.equal(outcome.delivered.get(1), 35);
      assert.equal((await readAll(kafka.address, "t", 1)).length, 35);
    },
    { "linger.ms": "200" }, // so that nothing is delivered before the second call
    { records: 10, bytes: 1 << 20 },
  ));

Deno.test("KafkaProducer.produce() takes no more bytes than its limit, yet one record larger than that", () =>
  withProducer(
    1,
    async (producer) => {
      const records = Array.from(
        { length: 5 },
        (): TestRecord => ({ key: "k".repeat(10), value: "v".repeat(20), headers: { hh: "12345678" } }),
      );
      const call = callOf(producer, "t", records);
      assert.equal(producer.produce(call, 0), 2);
      assert.deepEqual([producer.outstanding, producer.outstandingBytes], [2, 80]);
      const outcome = noOutcome();
      await settled(producer, outcome);
      assert.equal(producer.produce(callOf(producer, "t", [{ value: "x".repeat(500) }], 2), 0), 1);
      await settled(producer, outcome);
      assert.deepEqual(Object.fromEntries(outcome.delivered), { 1: 2, 2: 1 });
    },
    {},
    { records: 1000, bytes: 100 },
  ));

for (const [kind, extra] of [["plain", {}], ["headed", { headers: { h: "x" } }]] as const) {
  Deno.test(`KafkaProducer reports a ${kind} record beyond max.request.size as failed and delivers its neighbours`, () =>
    withProducer(1, async (producer, kafka) => {
      const records: TestRecord[] = ["a", "x".repeat(3000), "b"].map((value) => ({ value, ...extra }));
      const call = callOf(producer, "t", records, 5);
      assert.equal(producer.produce(call, 0), 3);
      const outcome = noOutcome();
      await settled(producer, outcome);
      assert.equal(outcome.delivered.get(5), 2);
      assert.deepEqual(outcome.failed.map(({ batch, code, retriable }) => ({ batch, code, retriable })), [
        { batch: 5, code: "MSG_SIZE_TOO_LARGE", retriable: false },
      ]);
      assert.match(
        outcome.failed[0]?.message ?? "",
        /^Cannot deliver a record to topic "t": the record, or the batch .* max\.message\.bytes/,
      );
      assert.deepEqual((await readAll(kafka.address, "t", 1)).map((each) => each.value), ["a", "b"]);
    }, { "max.request.size": "2000" }));
}

Deno.test("KafkaProducer reports a record for a partition the topic does not have", () =>
  withProducer(2, async (producer) => {
    await sendAll(producer, callOf(producer, "t", [{ value: "known by now" }]));
    const outcome = await sendAll(producer, callOf(producer, "t", [{ value: "v", partition: 7, headers: { h: "x" } }], 2));
    assert.deepEqual(outcome.failed.map(({ batch, code }) => ({ batch, code })), [{ batch: 2, code: "_UNKNOWN_PARTITION" }]);
  }));

Deno.test("KafkaProducer says that Kafka cannot be reached, delivers once it comes back, and takes the sentence back", () =>
  withProducer(1, async (producer, kafka) => {
    const outcome = await sendAll(producer, callOf(producer, "t", [{ value: "before" }]));
    await kafka.pause();
    producer.produce(callOf(producer, "t", [{ value: "during" }], 2), 0);
    while (!producer.unreachable?.includes("refused")) {
      await producer.wakeup(5000);
      producer.poll(noting(outcome));
    }
    assert.match(producer.unreachable, new RegExp(`^Cannot reach Kafka at "${kafka.address}": .*Connect to .* failed: Connection refused`));
    assert.equal(producer.outstanding, 1);
    kafka.resume();
    await settled(producer, outcome);
    assert.deepEqual(Object.fromEntries(outcome.delivered), { 1: 1, 2: 1 });
    assert.equal(producer.unreachable, undefined);
    assert.deepEqual((await readAll(kafka.address, "t", 1)).map((each) => each.value), ["before", "during"]);
  }));

Deno.test("KafkaProducer opened while Kafka is down delivers once it is up", async () => {
  const kafka = EmbeddedKafka.start();
  kafka.createTopic("t", 1);
  await kafka.pause();
  const producer = new KafkaProducer({ "bootstrap.servers": kafka.address }, silent);
  const outcome = noOutcome();
  assert.equal(producer.produce(callOf(producer, "t", [{ value: "early" }]), 0), 1);
  while (!producer.unreachable?.includes("refused")) {
    await producer.wakeup(5000);
    producer.poll(noting(outcome));
  }
  kafka.resume();
  await settled(producer, outcome);
  assert.deepEqual([outcome.delivered.get(1), outcome.failed], [1, []]);
  producer.close();
  await producer.closed;
  await kafka.stop();
});

Deno.test("KafkaProducer has records without a timestamp stamped among others that have one", () =>
  withProducer(1, async (producer, kafka) => {
    const before = Date.now();
    await sendAll(producer, callOf(producer, "t", [{ value: "a", timestamp: 5 }, { value: "b", timestamp: NaN }]));
    const [first, second] = await readAll(kafka.address, "t", 1);
    assert.equal(first?.timestamp, 5);
    assert.ok(second !== undefined && second.timestamp >= before);
  }));

Deno.test("KafkaProducer with nothing to send learns that Kafka is back", () =>
  withProducer(1, async (producer, kafka) => {
    const outcome = await sendAll(producer, callOf(producer, "t", [{ value: "v" }]));
    await kafka.pause();
    while (producer.unreachable === undefined) {
      await producer.wakeup(5000);
      producer.poll(noting(outcome));
    }
    kafka.resume();
    while (producer.unreachable !== undefined) {
      await producer.wakeup(5000);
      producer.poll(noting(outcome));
    }
  }));

Deno.test("KafkaProducer.close() drops what cannot be sent, at once and only once", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const dead = `127.0.0.1:${listener.addr.port}`;
  listener.close();
  const producer = new KafkaProducer({ "bootstrap.servers": dead }, silent);
  assert.equal(producer.produce(callOf(producer, "t", [{ value: "v" }]), 0), 1);
  producer.close();
  producer.close();
  await producer.closed;
});

Deno.test("KafkaProducer.wakeup() ends with its signal", () =>
  withProducer(1, async (producer) => {
    const stop = new AbortController();
    const waiting = producer.wakeup(60_000, stop.signal);
    stop.abort();
    await waiting;
  }));

Deno.test("KafkaProducer refuses a topic name that librdkafka cannot hold", () =>
  withProducer(1, (producer) => {
    const call = callOf(producer, "x".repeat(600), [{ value: "v" }]);
    assert.throws(() => producer.produce(call, 0), { name: "KafkaError", code: "TOPIC_EXCEPTION" });
    return Promise.resolve();
  }));

Deno.test("KafkaProducer names unknown properties in one warning", () => {
  const warnings: string[] = [];
  const producer = new KafkaProducer(
    { "bootstrap.servers": "127.0.0.1:9", "max.block.ms": "1", "made.up": "1", "linger.ms": "1" },
    (message) => warnings.push(message),
  );
  producer.close();
  assert.deepEqual(warnings, ["These Kafka client properties mean nothing to librdkafka and are left out: max.block.ms, made.up"]);
  return producer.closed;
});

for (
  const [key, value, message] of [
    ["compression.type", "brotli", /"compression\.type": "brotli" is refused: Invalid value/],
    ["linger.ms", "soon", /"linger\.ms": "soon" is refused/],
    ["ssl.key.password", "hush\0", /"ssl\.key\.password": it must not contain NUL/],
    ["ssl.ca.location", "/no/such/ca.pem", /ssl\.ca\.location/],
    ["sasl.mechanism", "MAGIC", /MAGIC/],
    ["security.protocol", "CARRIER_PIGEON", /"security\.protocol": "carrier_pigeon" is refused: Invalid value/],
  ] as const
) {
  Deno.test(`KafkaProducer refuses ${key}=${JSON.stringify(value)}`, () => {
    const properties = { "bootstrap.servers": "127.0.0.1:9", "security.protocol": "sasl_ssl", "sasl.username": "u", "sasl.password": "p" };
    assert.throws(() => new KafkaProducer({ ...properties, "sasl.mechanism": "PLAIN", [key]: value }, silent), (error: Error) => {
      assert.match(error.message, message);
      return !error.message.includes("hush");
    });
  });
}
