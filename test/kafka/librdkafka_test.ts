/** What this room believes of librdkafka, held against the library itself. */
import assert from "node:assert/strict";
import { codeInfo, knownCodes } from "../../src/kafka/codes.ts";
import { translate } from "../../src/kafka/config.ts";
import { consumerDefaults } from "../../src/kafka/consumer_settings.ts";
import { cString, pointerAt, textAt } from "../../src/kafka/memory.ts";
import { Bell } from "../../src/kafka/poll_loop.ts";
import { native } from "../../src/kafka/symbols.ts";

Deno.test("codeInfo() names every code as rd_kafka_err2name does", () => {
  for (const code of knownCodes()) assert.equal(codeInfo(code).name, textAt(native.rd_kafka_err2name(code)));
});

/** Every setting name this librdkafka has, aliases left out. */
function settingNames(): Set<string> {
  const conf = native.rd_kafka_conf_new();
  const count = new BigUint64Array(1);
  const dump = native.rd_kafka_conf_dump(conf, count);
  const names = new Set<string>();
  for (let i = 0; i < Number(count[0]); i += 2) names.add(textAt(pointerAt(dump, i)));
  native.rd_kafka_conf_dump_free(dump, count[0] as bigint);
  native.rd_kafka_conf_destroy(conf);
  return names;
}

/** Whether librdkafka knows a setting, under its own name or an alias, in a client or a topic. */
function isKnown(name: string, value: string): boolean {
  const conf = native.rd_kafka_conf_new();
  const text = new Uint8Array(512);
  const result = native.rd_kafka_conf_set(conf, cString(name), cString(value), text, BigInt(text.length));
  native.rd_kafka_conf_destroy(conf);
  return result !== -2;
}

Deno.test("translate() writes only names that librdkafka knows", () => {
  assert.ok(settingNames().has("queue.buffering.max.kbytes"));
  const everything: Record<string, string> = {
    "bootstrap.servers": "a:1",
    "security.protocol": "SSL",
    "acks": "all",
    "batch.size": "2000000",
    "buffer.memory": "1000000",
    "max.request.size": "1000000",
    "max.in.flight.requests.per.connection": "5",
    "compression.type": "lz4",
    "compression.lz4.level": "1",
    "partitioner.ignore.keys": "true",
    "request.timeout.ms": "1000",
    "metadata.max.age.ms": "1000",
    "retry.backoff.ms": "10",
    "retry.backoff.max.ms": "10",
    "reconnect.backoff.ms": "10",
    "reconnect.backoff.max.ms": "10",
    "connections.max.idle.ms": "10",
    "socket.connection.setup.timeout.ms": "1000",
    "send.buffer.bytes": "10",
    "receive.buffer.bytes": "10",
    "fetch.max.wait.ms": "10",
    "sasl.jaas.config":
      'x.OAuthBearerLoginModule required clientId="a" clientSecret="b" scope="c" extension_x="y" unsecuredLoginStringClaim_sub="d";',
    "sasl.oauthbearer.token.endpoint.url": "http://x",
    "ssl.truststore.location": "/x.pem",
    "ssl.truststore.certificates": "pem",
    "ssl.keystore.location": "/x.p12",
    "ssl.keystore.password": "p",
    "ssl.keystore.key": "pem",
    "ssl.keystore.certificate.chain": "pem",
    "ssl.endpoint.identification.algorithm": "",
  };
  const plain = { "sasl.jaas.config": 'x.PlainLoginModule required username="a" password="b";', "ssl.keystore.location": "/x.pem" };
  const { settings } = translate(everything, "producer");
  const all = [...settings, ...translate(plain, "producer").settings];
  assert.deepEqual(all.filter(({ name, value }) => !isKnown(name, value)).map(({ name }) => name), []);
});

Deno.test("translate() and consumerDefaults() write only names that librdkafka knows for a consumer", () => {
  const java = {
    "group.protocol": "classic",
    "auto.offset.reset": "none",
    "isolation.level": "read_committed",
    "session.timeout.ms": "6000",
    "heartbeat.interval.ms": "1000",
    "max.poll.interval.ms": "6000",
    "group.instance.id": "a",
    "partition.assignment.strategy": "RangeAssignor,RoundRobinAssignor",
    "fetch.max.bytes": "1000",
    "max.partition.fetch.bytes": "1000",
    "fetch.min.bytes": "1",
    "fetch.max.wait.ms": "10",
    "request.timeout.ms": "10000",
    "check.crcs": "true",
    "client.rack": "r",
    "allow.auto.create.topics": "true",
  };
  const { settings } = translate(java, "consumer", consumerDefaults({}));
  assert.deepEqual(settings.filter(({ name, value }) => !isKnown(name, value)).map(({ name }) => name), []);
});

Deno.test("Bell.wait() ends when an attached queue gets its first element", async () => {
  const bell = new Bell();
  const conf = native.rd_kafka_conf_new();
  native.rd_kafka_conf_set(conf, cString("log_level"), cString("2"), new Uint8Array(100), 100n);
  const client = native.rd_kafka_new(0, conf, new Uint8Array(100), 100n);
  const queue = native.rd_kafka_queue_new(client);
  bell.attach(queue);
  const waiting = bell.wait(Infinity);
  const options = hastyOptions(client);
  native.rd_kafka_DescribeCluster(client, options, queue);
  native.rd_kafka_AdminOptions_destroy(options);
  await waiting;
  assert.ok(native.rd_kafka_queue_length(queue) > 0n);
  bell.detach(queue);
  native.rd_kafka_queue_destroy(queue);
  await native.destroy_flags(client, 0);
  await bell.close();
});

/** Options with a time-out so short that the answer is an error, at once. */
function hastyOptions(client: bigint): bigint {
  const options = native.rd_kafka_AdminOptions_new(client, 0);
  native.rd_kafka_AdminOptions_set_request_timeout(options, 1, new Uint8Array(100), 100n);
  return options;
}

Deno.test("Bell.wait() ends by its time-out, by its signal and by close()", async () => {
  const bell = new Bell();
  await bell.wait(1);
  const stop = new AbortController();
  const stopped = bell.wait(Infinity, stop.signal);
  stop.abort();
  await stopped;
  const closed = bell.wait(Infinity);
  await bell.close();
  await closed;
  await bell.wait(Infinity);
});
