/** What a sink's consumer is set to, and the Java consumer properties that librdkafka writes otherwise. */
import { ClientConfigError, integer, type Rule, type Target } from "./setting.ts";

/** Java's assignors of which librdkafka has one alike, by the last part of the class name. */
const assignors: Readonly<Record<string, string>> = {
  RangeAssignor: "range",
  RoundRobinAssignor: "roundrobin",
  CooperativeStickyAssignor: "cooperative-sticky",
};
const COOPERATIVE = "cooperative-sticky";
/** Java's default. */
const POLL_INTERVAL_MS = 300_000;
/** Kafka Connect's sinks have Java's default of 45 s; a task that dies should not hold its partitions for that long. */
const SESSION_TIMEOUT_MS = 10_000;
/** librdkafka's own message.max.bytes, below which it takes no fetch.max.bytes. */
const MESSAGE_BYTES = 1_000_000;
/** Largest answer librdkafka receives, less what it wants beside the records. */
const LARGEST_FETCH = 2_147_483_647 - 512;

/**
 * librdkafka's names, for members of a sink's group (Kafka Connect 4, Worker and ConsumerConfig). What is fetched ahead is bounded by bytes,
 * and by messages since each costs some 500 bytes beside its own. With such small queues librdkafka must look again soon: it would let a
 * second pass before it fetches into a queue that was full.
 */
export function consumerDefaults(properties: Readonly<Record<string, string>>): Record<string, string> {
  const everywhere = {
    "enable.auto.commit": "false", // Invariant 2
    "enable.auto.offset.store": "false",
    "auto.offset.reset": "earliest",
    "isolation.level": "read_uncommitted", // Java's; librdkafka's is read_committed
    "allow.auto.create.topics": "true",
    "check.crcs": "true",
    "queued.min.messages": "30000",
    "queued.max.messages.kbytes": "24576",
    "fetch.max.bytes": String(16 << 20),
    "fetch.queue.backoff.ms": "10",
    "reconnect.backoff.max.ms": "1000", // Java's
    "log.connection.close": "false",
  };
  // The broker has these to itself in the newer protocol.
  if (isNewProtocol(properties)) return everywhere;
  return { ...everywhere, "session.timeout.ms": String(SESSION_TIMEOUT_MS), "partition.assignment.strategy": "range" };
}

/** How long a consumer may be silent before it counts as stuck, ms. */
export function pollIntervalMs(properties: Readonly<Record<string, string>>): number {
  const interval = integer(properties["max.poll.interval.ms"] ?? String(POLL_INTERVAL_MS), "max.poll.interval.ms");
  return Math.max(interval, isNewProtocol(properties) ? 1 : sessionTimeoutMs(properties));
}

/** Rules that hold for consumers alone; they go before those for all clients. */
export const consumerRules: Readonly<Record<string, Rule>> = {
  "enable.auto.commit": ownAffair,
  "enable.auto.offset.store": ownAffair,
  "auto.commit.interval.ms": consumed,
  "auto.offset.reset": offsetReset,
  "partition.assignment.strategy": assignmentStrategy,
  "group.protocol": (value, key, to) => to.set(key, value.trim().toLowerCase(), key),
  "isolation.level": (value, key, to) => to.set(key, value.trim().toLowerCase(), key),
  "session.timeout.ms": classicOnly((value, key, to) => to.set(key, String(clamp(integer(value, key), 1, 3_600_000)), key)),
  "heartbeat.interval.ms": classicOnly((value, key, to) => to.set(key, String(clamp(integer(value, key), 1, 3_600_000)), key)),
  "max.poll.interval.ms": pollInterval,
  "fetch.max.bytes": fetchBytes,
  "max.partition.fetch.bytes": (value, key, to) => to.set("fetch.message.max.bytes", String(clamp(integer(value, key), 1, 1e9)), key),
  "fetch.min.bytes": (value, key, to) => to.set(key, String(clamp(integer(value, key), 1, 1e8)), key),
  "fetch.max.wait.ms": (value, key, to) => to.set("fetch.wait.max.ms", String(clamp(integer(value, key), 0, 300_000)), key),
  "request.timeout.ms": (value, key, to) => to.set("socket.timeout.ms", String(clamp(integer(value, key), 10, 300_000)), key),
  // Read by others: how much to put at a time by the host, the other two by GroupConsumer.
  "max.poll.records": consumed,
  "exclude.internal.topics": consumed,
  "default.api.timeout.ms": consumed,
};

function isNewProtocol(properties: Readonly<Record<string, string>>): boolean {
  return properties["group.protocol"]?.trim().toLowerCase() === "consumer";
}

function sessionTimeoutMs(properties: Readonly<Record<string, string>>): number {
  const written = properties["session.timeout.ms"];
  return written === undefined ? SESSION_TIMEOUT_MS : clamp(integer(written, "session.timeout.ms"), 1, 3_600_000);
}

/** Offsets are committed by the task, when what they stand for has been put; nothing else may do it. */
function ownAffair(value: string, key: string, to: Target): void {
  if (value.trim() !== "false") to.note(`"${key}" ${value.trim()} is taken as false: offsets are committed once their records are put`);
}

function offsetReset(value: string, key: string, to: Target): void {
  const wish = value.trim().toLowerCase();
  if (wish.startsWith("by_duration")) {
    throw new ClientConfigError(key, `"${value}" is not offered here; set earliest, latest or none, or the group's offsets`);
  }
  to.set(key, wish === "none" ? "error" : wish, key);
}

/** Java's classes, or librdkafka's names. Those that revoke everything and the one that does not cannot be offered together here. */
function assignmentStrategy(value: string, key: string, to: Target): void {
  if (isNewProtocol(to.properties)) return to.ignore(key);
  const asked = value.split(",").map((each) => each.trim()).filter((each) => each !== "");
  const known: string[] = [];
  for (const each of asked) {
    const name = assignors[each.slice(each.lastIndexOf(".") + 1)] ?? (Object.values(assignors).includes(each) ? each : undefined);
    if (name === undefined) to.note(`"${key}" "${each}" has no counterpart here and is left out`);
    else if (!known.includes(name)) known.push(name);
  }
  // In Java, too, a list with both makes every member give up everything at each rebalance.
  const eager = known.filter((each) => each !== COOPERATIVE);
  const taken = eager.length > 0 ? eager : known;
  if (taken.length > 0) to.set(key, taken.join(","), key);
}

/** librdkafka refuses one below the session's time-out. */
function pollInterval(value: string, key: string, to: Target): void {
  const asked = integer(value, key);
  const taken = clamp(pollIntervalMs(to.properties), 1, 86_400_000);
  if (taken > asked) to.note(`"${key}" ${asked} is taken as ${taken}: it cannot be below session.timeout.ms`);
  to.set(key, String(taken), key);
}

/** librdkafka wants it to be at least the largest record; Java returns a larger one all the same, and so does librdkafka. */
function fetchBytes(value: string, key: string, to: Target): void {
  const bytes = clamp(integer(value, key), 1000, LARGEST_FETCH);
  to.set(key, String(bytes), key);
  if (bytes < MESSAGE_BYTES) to.set("message.max.bytes", String(bytes), key);
}

function classicOnly(rule: Rule): Rule {
  return (value, key, to) => isNewProtocol(to.properties) ? to.ignore(key) : rule(value, key, to);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

function consumed(): void {}
