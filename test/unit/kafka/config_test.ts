import assert from "node:assert/strict";
import { translate, warningOf } from "../../../src/kafka/config.ts";
import type { ClientRole } from "../../../src/kafka/config.ts";
import { ClientConfigError } from "../../../src/kafka/setting.ts";

/** What librdkafka is told, by name. */
function settings(properties: Record<string, string>, role: ClientRole = "producer"): Record<string, string> {
  return Object.fromEntries(translate(properties, role).settings.map((each) => [each.name, each.value]));
}

/** Java's key and value; librdkafka's settings that follow. */
const table: readonly (readonly [key: string, value: string, expected: Record<string, string>])[] = [
  ["bootstrap.servers", " a:9092, b:9092 ", { "bootstrap.servers": "a:9092,b:9092" }],
  ["acks", "all", { "acks": "all" }],
  ["acks", "-1", { "acks": "all" }],
  ["compression.type", "zstd", { "compression.type": "zstd" }],
  ["max.request.size", "2097152", { "message.max.bytes": "2097152" }],
  ["delivery.timeout.ms", "2147483647", { "delivery.timeout.ms": "2147483647" }],
  ["linger.ms", "20", { "linger.ms": "20" }],
  ["buffer.memory", "33554432", { "queue.buffering.max.kbytes": "32768" }],
  ["buffer.memory", "100", { "queue.buffering.max.kbytes": "1" }],
  ["max.in.flight.requests.per.connection", "1", { "max.in.flight": "1" }],
  ["max.in.flight.requests.per.connection", "20", { "max.in.flight": "5" }],
  ["retries", "2147483647", { "retries": "2147483647" }],
  ["batch.size", "16384", {}],
  ["batch.size", "4000000", { "batch.size": "4000000" }],
  ["sluice.batch.size", "16384", { "batch.size": "16384" }],
  ["request.timeout.ms", "40000", { "request.timeout.ms": "40000", "socket.timeout.ms": "40000" }],
  ["request.timeout.ms", "2147483647", { "request.timeout.ms": "900000", "socket.timeout.ms": "300000" }],
  ["retry.backoff.ms", "0", { "retry.backoff.ms": "1" }],
  ["connections.max.idle.ms", "-1", { "connections.max.idle.ms": "0" }],
  ["send.buffer.bytes", "-1", { "socket.send.buffer.bytes": "0" }],
  ["receive.buffer.bytes", "65536", { "socket.receive.buffer.bytes": "65536" }],
  ["metadata.max.age.ms", "60000", { "topic.metadata.refresh.interval.ms": "60000" }],
  ["partitioner.ignore.keys", "true", { "partitioner": "random" }],
  ["partitioner.ignore.keys", "false", {}],
  ["compression.lz4.level", "3", { "compression.level": "3" }],
  ["compression.gzip.level", "3", {}],
  ["client.id", "me", { "client.id": "me" }],
  ["client.dns.lookup", "use_all_dns_ips", { "client.dns.lookup": "use_all_dns_ips" }],
  ["security.protocol", "SASL_SSL", { "security.protocol": "sasl_ssl" }],
  ["sasl.mechanism", "SCRAM-SHA-512", { "sasl.mechanism": "SCRAM-SHA-512" }],
  [
    "sasl.jaas.config",
    'org.apache.kafka.common.security.plain.PlainLoginModule required username="a" password="b";',
    { "sasl.username": "a", "sasl.password": "b" },
  ],
  [
    "sasl.jaas.config",
    'org.apache.kafka.common.security.scram.ScramLoginModule required username="a" password="b" tokenauth="false";',
    { "sasl.username": "a", "sasl.password": "b" },
  ],
  [
    "sasl.jaas.config",
    "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required " +
    'clientId="id" clientSecret="s" scope="kafka" extension_logicalCluster="lkc-1" extension_identityPoolId="p";',
    {
      "sasl.oauthbearer.client.id": "id",
      "sasl.oauthbearer.client.secret": "s",
      "sasl.oauthbearer.scope": "kafka",
      "sasl.oauthbearer.extensions": "logicalCluster=lkc-1,identityPoolId=p",
    },
  ],
  [
    "sasl.jaas.config",
    'x.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="admin" unsecuredLoginLifetimeSeconds="600";',
    { "enable.sasl.oauthbearer.unsecure.jwt": "true", "sasl.oauthbearer.config": "principal=admin lifeSeconds=600" },
  ],
  [
    "sasl.oauthbearer.token.endpoint.url",
    "https://idp/token",
    { "sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.token.endpoint.url": "https://idp/token" },
  ],
  ["ssl.truststore.certificates", "-----BEGIN CERTIFICATE-----", { "ssl.ca.pem": "-----BEGIN CERTIFICATE-----" }],
  ["ssl.keystore.key", "-----BEGIN PRIVATE KEY-----", { "ssl.key.pem": "-----BEGIN PRIVATE KEY-----" }],
  ["ssl.keystore.certificate.chain", "-----BEGIN CERTIFICATE-----", { "ssl.certificate.pem": "-----BEGIN CERTIFICATE-----" }],
  ["ssl.truststore.location", "/tls/ca.pem", { "ssl.ca.location": "/tls/ca.pem" }],
  ["ssl.keystore.location", "/tls/me.pem", { "ssl.key.location": "/tls/me.pem", "ssl.certificate.location": "/tls/me.pem" }],
  ["ssl.keystore.location", "/tls/me.p12", { "ssl.keystore.location": "/tls/me.p12" }],
  ["ssl.key.password", "k", { "ssl.key.password": "k" }],
  ["ssl.endpoint.identification.algorithm", "", { "ssl.endpoint.identification.algorithm": "none" }],
  ["ssl.endpoint.identification.algorithm", "HTTPS", { "ssl.endpoint.identification.algorithm": "https" }],
  ["fetch.max.wait.ms", "100", { "fetch.wait.max.ms": "100" }],
  ["batch.num.messages", "500", { "batch.num.messages": "500" }], // librdkafka's own
];

for (const [key, value, expected] of table) {
  Deno.test(`translate() ${key}=${value.slice(0, 40)}`, () => assert.deepEqual(settings({ [key]: value }), expected));
}

Deno.test("translate() puts what the user wrote over the defaults", () => {
  const { settings } = translate({ "compression.type": "none" }, "producer", { "compression.type": "lz4", "linger.ms": "5" });
  assert.deepEqual(settings.map(({ name, value }) => [name, value]), [["compression.type", "none"], ["linger.ms", "5"]]);
});

Deno.test("translate() takes a keystore of a said type with its password", () => {
  const translated = settings({ "ssl.keystore.type": "PKCS12", "ssl.keystore.location": "/me", "ssl.keystore.password": "pw" });
  assert.deepEqual(translated, { "ssl.keystore.location": "/me", "ssl.keystore.password": "pw" });
  assert.deepEqual(settings({ "ssl.truststore.type": "PEM", "ssl.truststore.location": "/ca" }), { "ssl.ca.location": "/ca" });
});

Deno.test("translate() refuses a JKS store and says how to convert it", () => {
  const jks = { "ssl.truststore.location": "/tls/ca.jks", "ssl.truststore.password": "changeit" };
  assert.throws(() => settings(jks), (error: Error) => {
    assert.match(error.message, /"ssl\.truststore\.location": a trust store of type JKS cannot be read/);
    assert.match(error.message, /keytool -importkeystore -srckeystore \/tls\/ca\.jks .*openssl pkcs12 .* ssl\.truststore\.type=PEM/);
    return !error.message.includes("changeit");
  });
  assert.throws(() => settings({ "ssl.keystore.location": "/tls/me.jks" }), /a key store of type JKS cannot be read/);
  assert.throws(() => settings({ "ssl.truststore.location": "/tls/ca.p12" }), /a trust store of type PKCS12 cannot be read/);
  assert.throws(() => settings({ "ssl.keystore.location": "/x", "ssl.keystore.type": "BKS" }), /"BKS" must be PEM, PKCS12 or JKS/);
});

Deno.test("translate() names a login module that has no counterpart, and no secret", () => {
  const jaas = 'com.sun.security.auth.module.Krb5LoginModule required keyTab="/k" password="hush";';
  assert.throws(() => settings({ "sasl.jaas.config": jaas }), (error: Error) => {
    assert.match(error.message, /the login module "Krb5LoginModule" has no counterpart here/);
    return !error.message.includes("hush");
  });
  assert.throws(
    () => settings({ "sasl.jaas.config": 'x.PlainLoginModule required username="a";' }),
    /PlainLoginModule needs the option "password"/,
  );
});

Deno.test("translate() marks every credential as secret", () => {
  const { settings } = translate(
    {
      "sasl.jaas.config": 'x.PlainLoginModule required username="a" password="b";',
      "ssl.key.password": "k",
      "ssl.keystore.key": "pem",
      "ssl.keystore.location": "/x.p12",
      "ssl.keystore.password": "p",
      "sasl.oauthbearer.client.secret": "s",
      "sasl.password": "own",
    },
    "producer",
  );
  const plain = settings.filter((each) => !each.secret).map((each) => each.name);
  assert.deepEqual(plain, ["ssl.keystore.location"]);
});

Deno.test("translate() refuses keys that load code or run programs", () => {
  for (const key of ["plugin.library.paths", "ssl.engine.location", "sasl.kerberos.kinit.cmd", "dr_msg_cb", "log.queue"]) {
    assert.throws(() => settings({ [key]: "/tmp/x.so" }), (error: unknown) => error instanceof ClientConfigError && error.key === key);
  }
});

Deno.test("translate() refuses text where a number must stand", () => {
  assert.throws(() => settings({ "batch.size": "lots" }), {
    message: 'Invalid value for Kafka client property "batch.size": "lots" must be a whole number',
  });
});

Deno.test("translate() gives up idempotence for acks=1 as Java does, keeping the order", () => {
  assert.deepEqual(settings({ acks: "1" }), { "acks": "1", "enable.idempotence": "false", "max.in.flight": "1" });
  assert.deepEqual(settings({ retries: "0" })["enable.idempotence"], "false");
  assert.deepEqual(settings({ acks: "1", "enable.idempotence": "true" })["enable.idempotence"], "true");
  assert.equal(settings({ acks: "1" }, "admin")["enable.idempotence"], undefined);
});

Deno.test("translate() leaves many requests in flight to a producer that is not idempotent", () => {
  const translated = settings({ "enable.idempotence": "false", "max.in.flight.requests.per.connection": "20" });
  assert.equal(translated["max.in.flight"], "20");
});

Deno.test("warningOf() names what Java alone knows and what was taken otherwise, in one text", () => {
  const { javaOnly, notes } = translate({ "max.block.ms": "1", "batch.size": "16384", "linger.ms": "1" }, "producer");
  assert.equal(
    warningOf([...javaOnly, "made.up"], notes),
    "These Kafka client properties mean nothing to librdkafka and are left out: max.block.ms, made.up. " +
      '"batch.size" 16384 is taken as 1000000: librdkafka fills large batches without waiting, and small ones cost CPU',
  );
  assert.equal(warningOf([], []), undefined);
});
