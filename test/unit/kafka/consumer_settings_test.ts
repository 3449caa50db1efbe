import assert from "node:assert/strict";
import { translate } from "../../../src/kafka/config.ts";
import { consumerDefaults, pollIntervalMs } from "../../../src/kafka/consumer_settings.ts";

/** What a consumer is told beyond its defaults, by name. */
function settings(properties: Record<string, string>): Record<string, string> {
  return Object.fromEntries(translate(properties, "consumer").settings.map((each) => [each.name, each.value]));
}

/** Java's key and value; librdkafka's settings that follow. */
const table: readonly (readonly [key: string, value: string, expected: Record<string, string>])[] = [
  ["group.id", "connect-x", { "group.id": "connect-x" }],
  ["group.instance.id", "me", { "group.instance.id": "me" }],
  ["group.protocol", "CLASSIC", { "group.protocol": "classic" }],
  ["auto.offset.reset", "latest", { "auto.offset.reset": "latest" }],
  ["auto.offset.reset", "EARLIEST", { "auto.offset.reset": "earliest" }],
  ["auto.offset.reset", "none", { "auto.offset.reset": "error" }],
  ["isolation.level", "READ_COMMITTED", { "isolation.level": "read_committed" }],
  ["session.timeout.ms", "45000", { "session.timeout.ms": "45000" }],
  ["session.timeout.ms", "99999999", { "session.timeout.ms": "3600000" }],
  ["heartbeat.interval.ms", "1000", { "heartbeat.interval.ms": "1000" }],
  ["max.poll.interval.ms", "600000", { "max.poll.interval.ms": "600000" }],
  ["max.poll.interval.ms", "2147483647", { "max.poll.interval.ms": "86400000" }],
  ["max.poll.interval.ms", "5000", { "max.poll.interval.ms": "10000" }],
  ["max.poll.records", "500", {}],
  ["exclude.internal.topics", "false", {}],
  ["default.api.timeout.ms", "1000", {}],
  ["enable.auto.commit", "true", {}],
  ["enable.auto.offset.store", "true", {}],
  ["auto.commit.interval.ms", "1", {}],
  ["fetch.max.bytes", "52428800", { "fetch.max.bytes": "52428800" }],
  ["fetch.max.bytes", "500000", { "fetch.max.bytes": "500000", "message.max.bytes": "500000" }],
  ["fetch.max.bytes", "2147483647", { "fetch.max.bytes": "2147483135" }],
  ["max.partition.fetch.bytes", "1048576", { "fetch.message.max.bytes": "1048576" }],
  ["max.partition.fetch.bytes", "2147483647", { "fetch.message.max.bytes": "1000000000" }],
  ["fetch.min.bytes", "0", { "fetch.min.bytes": "1" }],
  ["fetch.max.wait.ms", "100", { "fetch.wait.max.ms": "100" }],
  ["request.timeout.ms", "40000", { "socket.timeout.ms": "40000" }],
  ["allow.auto.create.topics", "false", { "allow.auto.create.topics": "false" }],
  ["client.rack", "r1", { "client.rack": "r1" }],
  ["check.crcs", "false", { "check.crcs": "false" }],
  ["partition.assignment.strategy", "org.apache.kafka.clients.consumer.RangeAssignor", { "partition.assignment.strategy": "range" }],
  [
    "partition.assignment.strategy",
    "org.apache.kafka.clients.consumer.RoundRobinAssignor, org.apache.kafka.clients.consumer.RangeAssignor",
    { "partition.assignment.strategy": "roundrobin,range" },
  ],
  [
    "partition.assignment.strategy",
    "org.apache.kafka.clients.consumer.RangeAssignor,org.apache.kafka.clients.consumer.CooperativeStickyAssignor", // Java's default
    { "partition.assignment.strategy": "range" },
  ],
  [
    "partition.assignment.strategy",
    "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
    { "partition.assignment.strategy": "cooperative-sticky" },
  ],
  ["partition.assignment.strategy", "cooperative-sticky", { "partition.assignment.strategy": "cooperative-sticky" }],
  ["partition.assignment.strategy", "com.example.Mine", {}],
];

for (const [key, value, expected] of table) {
  Deno.test(`translate() for a consumer ${key}=${value.slice(-50)}`, () => assert.deepEqual(settings({ [key]: value }), expected));
}

Deno.test("translate() for a consumer leaves the newer protocol what librdkafka takes with it", () => {
  const { settings, javaOnly } = translate(
    {
      "group.protocol": "consumer",
      "session.timeout.ms": "6000",
      "heartbeat.interval.ms": "1000",
      "partition.assignment.strategy": "range",
      "max.poll.interval.ms": "5000",
    },
    "consumer",
    consumerDefaults({ "group.protocol": "Consumer" }),
  );
  const names = settings.map(({ name }) => name);
  for (const refused of ["session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy"]) {
    assert.ok(!names.includes(refused));
  }
  assert.deepEqual(javaOnly, ["session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy"]);
  assert.equal(settings.find(({ name }) => name === "max.poll.interval.ms")?.value, "5000");
});

Deno.test("translate() for a consumer says what it takes otherwise than written", () => {
  const { notes } = translate(
    {
      "enable.auto.commit": "true",
      "max.poll.interval.ms": "5000",
      "session.timeout.ms": "20000",
      "partition.assignment.strategy": "org.apache.kafka.clients.consumer.StickyAssignor,range",
    },
    "consumer",
  );
  assert.deepEqual(notes, [
    '"enable.auto.commit" true is taken as false: offsets are committed once their records are put',
    '"max.poll.interval.ms" 5000 is taken as 20000: it cannot be below session.timeout.ms',
    '"partition.assignment.strategy" "org.apache.kafka.clients.consumer.StickyAssignor" has no counterpart here and is left out',
  ]);
  assert.deepEqual(translate({ "enable.auto.commit": "false" }, "consumer").notes, []);
});

Deno.test("translate() for a consumer refuses a reset by duration and says what there is", () => {
  assert.throws(() => settings({ "auto.offset.reset": "by_duration:PT1H" }), {
    name: "ClientConfigError",
    message: 'Invalid value for Kafka client property "auto.offset.reset": "by_duration:PT1H" is not offered here; ' +
      "set earliest, latest or none, or the group's offsets",
  });
});

Deno.test("translate() leaves the consumer's rules to consumers", () => {
  const { settings } = translate({ "request.timeout.ms": "40000", "auto.offset.reset": "none" }, "producer");
  assert.deepEqual(settings.map(({ name, value }) => [name, value]), [
    ["request.timeout.ms", "40000"],
    ["socket.timeout.ms", "40000"],
    ["auto.offset.reset", "none"],
  ]);
});

Deno.test("consumerDefaults() are those of a sink's consumer", () => {
  const defaults = consumerDefaults({});
  assert.deepEqual(
    ["enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset", "isolation.level", "session.timeout.ms"].map((name) =>
      defaults[name]
    ),
    ["false", "false", "earliest", "read_uncommitted", "10000"],
  );
  assert.equal(defaults["allow.auto.create.topics"], "true");
});

Deno.test("pollIntervalMs() is never below the session's time-out", () => {
  assert.equal(pollIntervalMs({}), 300_000);
  assert.equal(pollIntervalMs({ "max.poll.interval.ms": "1000" }), 10_000);
  assert.equal(pollIntervalMs({ "max.poll.interval.ms": "1000", "session.timeout.ms": "500" }), 1000);
  assert.equal(pollIntervalMs({ "session.timeout.ms": "900000" }), 900_000);
  assert.equal(pollIntervalMs({ "max.poll.interval.ms": "1000", "group.protocol": "consumer" }), 1000);
});
