import assert from "node:assert/strict";
import { workerIdOf } from "../../../src/worker/advertised.ts";
import { sameConfigs, taskConfigsToStore } from "../../../src/worker/task_configs.ts";
import { lostGuarantees, meaninglessKeys, readWorkerConfig } from "../../../src/worker/worker_config.ts";

const JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter";
const minimal = { "key.converter": JSON_CONVERTER, "value.converter": JSON_CONVERTER };

function problemsOf(properties: Record<string, string>): readonly string[] {
  const read = readWorkerConfig(properties);
  return read.ok ? [] : read.problems.map(({ message }) => message);
}

Deno.test("readWorkerConfig() takes Kafka Connect's minimal files, standalone and distributed, and fills in defaults", () => {
  const distributed = {
    ...minimal,
    "bootstrap.servers": "a:1, b:2",
    "group.id": "connect-cluster",
    "config.storage.topic": "connect-configs",
    "offset.storage.topic": "connect-offsets",
    "status.storage.topic": "connect-status",
    "config.storage.replication.factor": "1",
  };
  for (const properties of [{ ...minimal, "offset.storage.file.filename": "/var/lib/connect/offsets" }, distributed]) {
    const read = readWorkerConfig(properties);
    assert.ok(read.ok);
    assert.equal(read.config["offset.flush.interval.ms"], 1000);
    assert.equal(read.config["task.shutdown.graceful.timeout.ms"], 5000);
    assert.equal(read.config["sluice.task.hosts"], null);
    assert.equal(read.config["sluice.rest.secrets"], "shown");
  }
  const read = readWorkerConfig({ ...distributed, "offset.flush.interval.ms": " 60000 ", "unknown.key": "x" });
  assert.ok(read.ok);
  assert.deepEqual(read.config["bootstrap.servers"], ["a:1", "b:2"]);
  assert.equal(read.config["offset.flush.interval.ms"], 60_000);
});

Deno.test("readWorkerConfig() names every problem at once", () => {
  assert.deepEqual(problemsOf({ "offset.flush.interval.ms": "soon", "sluice.task.hosts": "0" }), [
    'Missing required configuration "key.converter" which has no default value.',
    'Missing required configuration "value.converter" which has no default value.',
    "Invalid value soon for configuration offset.flush.interval.ms: Not a number of type LONG",
    "Invalid value 0 for configuration sluice.task.hosts: Value must be at least 1",
  ]);
  assert.deepEqual(problemsOf({ ...minimal, "sluice.rest.secrets": "maybe" }), [
    "Invalid value maybe for configuration sluice.rest.secrets: String must be one of: shown, masked",
  ]);
});

Deno.test("readWorkerConfig() does not pass over a REST extension, which may be what asks for a password", () => {
  assert.match(problemsOf({ ...minimal, "rest.extension.classes": "org.example.BasicAuth" })[0] ?? "", /REST extensions are Java classes/);
  assert.deepEqual(problemsOf({ ...minimal, "rest.extension.classes": " " }), []);
});

Deno.test("meaninglessKeys() names what only a JVM or a cluster needs, and nothing a client or converter reads", () => {
  const keys = ["plugin.path", "config.storage.topic", "offset.storage.partitions", "inter.worker.key.size", "heartbeat.interval.ms"];
  const others = [
    "producer.linger.ms",
    "security.protocol",
    "sasl.jaas.config",
    "key.converter.schemas.enable",
    "topic.creation.enable",
    "group.id",
  ];
  assert.deepEqual(meaninglessKeys(Object.fromEntries([...keys, ...others].map((key) => [key, "x"]))), keys);
});

Deno.test("workerIdOf() takes what is advertised, else where REST listens, else the machine's address", () => {
  const machine = () => "10.0.0.5";
  assert.equal(workerIdOf({}, { hostname: "127.0.0.1", port: 8083 }, machine), "127.0.0.1:8083");
  assert.equal(workerIdOf({}, { hostname: "0.0.0.0", port: 8083 }, machine), "10.0.0.5:8083");
  const advertised = { "rest.advertised.host.name": "connect-1", "rest.advertised.port": "18083" };
  assert.equal(workerIdOf(advertised, { hostname: "0.0.0.0", port: 8083 }, machine), "connect-1:18083");
});

Deno.test("taskConfigsToStore() adds class and topics, and keeps variables as written where the connector had one", () => {
  const connector = { topics: "a,b", "topics.regex": null, password: "${file:/p:k}", plain: "x" };
  assert.deepEqual(taskConfigsToStore(connector, [{ password: "resolved", plain: "y" }, { other: "1" }], "T"), [
    { password: "${file:/p:k}", plain: "y", "task.class": "T", topics: "a,b" },
    { other: "1", "task.class": "T", topics: "a,b" },
  ]);
});

Deno.test("sameConfigs() looks at values, not at the order of keys", () => {
  assert.ok(sameConfigs([{ a: "1", b: null }], [{ b: null, a: "1" }]));
  for (const other of [[], [{ a: "1" }], [{ a: "1", c: null }], [{ a: "1", b: "2" }], [{ a: "1", b: null }, {}]]) {
    assert.equal(sameConfigs([{ a: "1", b: null }], other), false);
  }
});

Deno.test("readWorkerConfig() refuses a way to the brokers that cannot work, with the way out", () => {
  const problems = (more: Record<string, string>) => {
    const read = readWorkerConfig({ "key.converter": "K", "value.converter": "V", ...more });
    return read.ok ? [] : read.problems.map((problem) => problem.message);
  };
  assert.deepEqual(problems({ "security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN" }), []);
  for (const good of ["a:1", "a:1,b:65535", "[::1]:9092", "PLAINTEXT://a:1"]) {
    assert.deepEqual(problems({ "bootstrap.servers": good }), [], good);
  }
  for (const bad of ["nohost", ":1", "h:99999", "h:0", "a:1,b"]) {
    assert.match(problems({ "bootstrap.servers": bad }).join(), /^Invalid url in bootstrap\.servers: .*host:port/, bad);
  }
  assert.match(problems({ "bootstrap.servers": "" }).join(), /No bootstrap urls given/);
  assert.match(problems({ "sluice.host.memory.max.bytes": "1" }).join(), /0, for no limit, or at least/);
  assert.match(problems({ "sluice.task.hosts": "1000000" }).join(), /no more than 256/);
  assert.match(problems({ "security.protocol": "FOO" }).join(), /Invalid value FOO for configuration security\.protocol/);
  assert.match(problems({ "sasl.mechanism": "GSSAPI" }).join(), /Kerberos is not supported; use one of PLAIN/);
});

Deno.test("lostGuarantees() says what cannot be given, and nothing of what nobody asked for", () => {
  assert.deepEqual(lostGuarantees({}), []);
  assert.deepEqual(lostGuarantees({ "exactly.once.source.support": "disabled" }), []);
  assert.match(lostGuarantees({ "exactly.once.source.support": "enabled" }).join(), /at least once/);
  assert.match(lostGuarantees({ "access.control.allow.origin": "*" }).join(), /access\.control\.allow\.origin is not supported/);
});
