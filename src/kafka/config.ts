/**
 * Java client properties, as Connect's users write them, in librdkafka's names and values. A key without a rule goes to librdkafka
 * as it is, so everything librdkafka knows can be set; what it does not know is named in one warning.
 */
import { consumerRules } from "./consumer_settings.ts";
import { saslFromJaas } from "./sasl.ts";
import { ClientConfigError, integer, type Rule, type Setting, type Target } from "./setting.ts";
import { keystore, truststore } from "./tls_stores.ts";

/** Properties as librdkafka takes them. */
export interface Translation {
  readonly settings: readonly Setting[];
  /** Keys that mean something to Java clients only. */
  readonly javaOnly: readonly string[];
  /** What was taken otherwise than written, one sentence each. */
  readonly notes: readonly string[];
}

/** What a client is for; some rules differ. */
export type ClientRole = "producer" | "consumer" | "admin";

/** librdkafka's own batch.size. A smaller one doubles the CPU per record and more (100 kB: 4.8 s per million records against 2.2). */
const BATCH_BYTES = 1_000_000;
/** Most requests in flight that the idempotent producer can keep in order (Kafka, ProducerConfig). */
const MAX_IN_FLIGHT = 5;

/** Settings whose value is a secret; any key with these words in it counts as well. */
const secretName = /password|secret|\.key\.pem$|^ssl\.keystore\.key$|jaas|private\.key|oauthbearer\.config|assertion/;

/** Keys that load code into the process, run a program, or belong to this module. */
const refused = new Set([
  "plugin.library.paths",
  "ssl.engine.location",
  "ssl.providers",
  "sasl.kerberos.kinit.cmd",
  "log.queue",
  "opaque",
  "enabled_events",
  "internal.termination.signal",
  "delivery.report.only.error",
  "test.mock.num.brokers",
  "test.mock.broker.rtt",
]);

const rules: Readonly<Record<string, Rule>> = {
  "bootstrap.servers": (value, key, to) => to.set("bootstrap.servers", value.replace(/\s+/g, ""), key),
  "security.protocol": (value, key, to) => to.set("security.protocol", value.trim().toLowerCase(), key),
  "acks": (value, key, to) => to.set("acks", value.trim() === "-1" ? "all" : value.trim(), key),
  "batch.size": batchSize,
  // The worker's own key for it, where a topic's max.message.bytes is below librdkafka's batches.
  "sluice.batch.size": renamed("batch.size"),
  "buffer.memory": (value, key, to) =>
    to.set("queue.buffering.max.kbytes", String(Math.max(1, Math.ceil(integer(value, key) / 1024))), key),
  "max.request.size": renamed("message.max.bytes"),
  "max.in.flight.requests.per.connection": inFlight,
  "compression.gzip.level": compressionLevel,
  "compression.lz4.level": compressionLevel,
  "compression.zstd.level": compressionLevel,
  "partitioner.ignore.keys": (value, key, to) => value.trim() === "true" && to.set("partitioner", "random", key),
  "request.timeout.ms": requestTimeout,
  "metadata.max.age.ms": clamped("topic.metadata.refresh.interval.ms", 1, 3_600_000),
  "retry.backoff.ms": clamped("retry.backoff.ms", 1, 300_000),
  "retry.backoff.max.ms": clamped("retry.backoff.max.ms", 1, 300_000),
  "reconnect.backoff.ms": clamped("reconnect.backoff.ms", 0, 3_600_000),
  "reconnect.backoff.max.ms": clamped("reconnect.backoff.max.ms", 0, 3_600_000),
  "connections.max.idle.ms": clamped("connections.max.idle.ms", 0, 2_147_483_647),
  "socket.connection.setup.timeout.ms": clamped("socket.connection.setup.timeout.ms", 1000, 2_147_483_647),
  "send.buffer.bytes": clamped("socket.send.buffer.bytes", 0, 100_000_000),
  "receive.buffer.bytes": clamped("socket.receive.buffer.bytes", 0, 100_000_000),
  "fetch.max.wait.ms": renamed("fetch.wait.max.ms"),
  "sasl.jaas.config": (value, key, to) => saslFromJaas(value, key, to),
  "sasl.oauthbearer.token.endpoint.url": (value, key, to) => {
    to.set("sasl.oauthbearer.method", "oidc", key);
    to.set(key, value, key);
  },
  "ssl.truststore.location": truststore,
  "ssl.truststore.certificates": renamed("ssl.ca.pem"),
  "ssl.keystore.location": keystore,
  "ssl.keystore.key": renamed("ssl.key.pem"),
  "ssl.keystore.certificate.chain": renamed("ssl.certificate.pem"),
  // Read by the rules of the two locations.
  "ssl.truststore.type": consumed,
  "ssl.truststore.password": consumed,
  "ssl.keystore.type": consumed,
  "ssl.keystore.password": consumed,
  "ssl.endpoint.identification.algorithm": (value, key, to) => to.set(key, value.trim() === "" ? "none" : value.trim().toLowerCase(), key),
};

/** Java's own, of which librdkafka has a setting of the same name with another meaning, or none. */
const javaOnly = new Set([
  "max.block.ms",
  "key.serializer",
  "value.serializer",
  "key.deserializer",
  "value.deserializer",
  "interceptor.classes",
  "partitioner.class",
  "partition.assignment.strategy",
  "max.poll.records",
  "default.api.timeout.ms",
  "transactional.id",
  "transaction.timeout.ms",
  "ssl.cipher.suites",
  "ssl.protocol",
  "ssl.enabled.protocols",
  "socket.connection.setup.timeout.max.ms",
]);

/** Translates what a user wrote, over `defaults` given in librdkafka's own names. Opens no connection; reads no file. */
export function translate(
  properties: Readonly<Record<string, string>>,
  role: ClientRole,
  defaults: Readonly<Record<string, string>> = {},
): Translation {
  const settings = new Map<string, Setting>();
  const ignored: string[] = [];
  const notes: string[] = [];
  const target: Target = {
    properties,
    set: (name, value, key, secret = secretName.test(name) || secretName.test(key)) => settings.set(name, { name, value, key, secret }),
    note: (sentence) => notes.push(sentence),
    ignore: (key) => ignored.push(key),
  };
  for (const [name, value] of Object.entries(defaults)) target.set(name, value, name);
  for (const [key, value] of Object.entries(properties)) {
    if (refused.has(key) || key.endsWith("_cb")) {
      throw new ClientConfigError(key, "this key loads code or belongs to Sluice, and cannot be set");
    }
    const rule = (role === "consumer" ? consumerRules[key] : undefined) ?? rules[key];
    if (rule !== undefined) rule(value, key, target);
    else if (javaOnly.has(key)) ignored.push(key);
    else target.set(key, value.trim(), key);
  }
  if (role === "producer") withoutIdempotence(target);
  return { settings: [...settings.values()], javaOnly: ignored, notes };
}

/** The one warning about what was left out or taken otherwise; undefined when there is nothing to say. */
export function warningOf(javaOnlyKeys: readonly string[], notes: readonly string[]): string | undefined {
  const sentences = [...notes];
  if (javaOnlyKeys.length > 0) {
    sentences.unshift(`These Kafka client properties mean nothing to librdkafka and are left out: ${javaOnlyKeys.join(", ")}`);
  }
  return sentences.length === 0 ? undefined : sentences.join(". ");
}

/** As Java does, `acks` or `retries` that rule out idempotence switch it off, unless the user asks for both (then librdkafka refuses). */
function withoutIdempotence(target: Target): void {
  const { acks = "all", retries = "1", "enable.idempotence": asked } = target.properties;
  const possible = ["all", "-1"].includes(acks.trim()) && retries.trim() !== "0";
  if (possible || asked !== undefined) return;
  target.set("enable.idempotence", "false", "acks");
  // One request at a time keeps the order that idempotence kept.
  if (target.properties["max.in.flight.requests.per.connection"] === undefined) target.set("max.in.flight", "1", "acks");
  target.note(`The producer is not idempotent, because of acks=${acks} and retries=${retries}`);
}

function batchSize(value: string, key: string, to: Target): void {
  const size = integer(value, key);
  if (size >= BATCH_BYTES) to.set("batch.size", String(size), key);
  else to.note(`"batch.size" ${size} is taken as ${BATCH_BYTES}: librdkafka fills large batches without waiting, and small ones cost CPU`);
}

function inFlight(value: string, key: string, to: Target): void {
  const asked = integer(value, key);
  const idempotent = to.properties["enable.idempotence"] !== "false";
  if (idempotent && asked > MAX_IN_FLIGHT) {
    to.note(`"${key}" ${asked} is taken as ${MAX_IN_FLIGHT}, the most an idempotent producer allows`);
  }
  to.set("max.in.flight", String(idempotent ? Math.min(asked, MAX_IN_FLIGHT) : asked), key);
}

/** Java has a level per codec, librdkafka one for the codec in use. */
function compressionLevel(value: string, key: string, to: Target): void {
  const codec = (to.properties["compression.type"] ?? "lz4").trim();
  if (key === `compression.${codec}.level`) to.set("compression.level", value.trim(), key);
}

/** How long the client waits, and how long it tells the broker to wait for replicas. */
function requestTimeout(value: string, key: string, to: Target): void {
  const ms = integer(value, key);
  to.set("request.timeout.ms", String(Math.min(Math.max(ms, 1), 900_000)), key);
  to.set("socket.timeout.ms", String(Math.min(Math.max(ms, 10), 300_000)), key);
}

function renamed(name: string): Rule {
  return (value, key, to) => to.set(name, value.trim(), key);
}

/** Java allows values beyond librdkafka's range: the nearest one does the same. */
function clamped(name: string, least: number, most: number): Rule {
  return (value, key, to) => to.set(name, String(Math.min(Math.max(integer(value, key), least), most)), key);
}

function consumed(): void {}
