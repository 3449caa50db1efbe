import assert from "node:assert/strict";
import { field, type StringMap } from "../../../src/config/field.ts";
import { compileJavaRegex } from "../../../src/config/regex/java_regex.ts";
import { WorkerError } from "../../../src/worker/api.ts";
import { createPlugins } from "../../../src/worker/plugins.ts";
import { refuseInvalid, validateConnector, validateRequest, type ValidationContext } from "../../../src/worker/validation.ts";
import { validation as onWire } from "../../../src/rest/wire.ts";
import { bodyText, httpSteps } from "../../captures/captured_http.ts";
import { compareJson } from "../../captures/compare.ts";
import { capturedPlugins, fileSource } from "../../fakes/plugins.ts";

const context: ValidationContext = {
  plugins: createPlugins(capturedPlugins()),
  workerConfig: {},
  check: () => Promise.resolve([]),
  fullMatch: (regex, text) => Promise.resolve(compileJavaRegex(regex)(text)),
};

const CASES = [
  "validate/file-source-missing",
  "validate/file-sink",
  "validate/exactly-once",
  "validate/sink-group-conflict",
  "validate/predicates",
  "validate/smt-replacefield-value-a",
  "validate/smt-insertheader-h-1",
];

for (const name of CASES) {
  Deno.test(`validateRequest() answers ${name} as Kafka Connect did`, async () => {
    for (const step of httpSteps(name)) {
      const { request } = step;
      const plugin = decodeURIComponent(request.path.split("/")[2] ?? "");
      const answer = await validateRequest(plugin, JSON.parse(request.body ?? "{}") as StringMap, context);
      const found = compareJson(request.body ?? "", JSON.parse(bodyText(step)), onWire(answer) as unknown);
      // Even the wording, but for what a regex engine says of a bad pattern.
      assert.deepEqual(found.filter((difference) => !String(difference.expected).includes("Invalid regex")), []);
    }
  });
}

const SOURCE = { name: "v", "connector.class": "FileStreamSource", topic: "t" };

async function rowsOf(config: StringMap, changes: Partial<ValidationContext> = {}) {
  const answer = await validateConnector({ ...SOURCE, ...config }, { ...context, ...changes });
  return { answer, find: (name: string) => answer.configs.find((row) => row.value?.name === name) };
}

Deno.test("validateConnector() takes the worker's converters for defaults, by class or short name", async () => {
  const { find } = await rowsOf({}, { workerConfig: { "value.converter": " String " } });
  assert.equal(find("value.converter")?.definition?.defaultValue, "org.apache.kafka.connect.storage.StringConverter");
  assert.equal(find("value.converter.plugin.version")?.value?.value, "4.2.0");
});

Deno.test("validateConnector() shows a class given by its short name in full", async () => {
  const { find } = await rowsOf({ "key.converter": "Json" });
  assert.equal(find("key.converter")?.value?.value, "org.apache.kafka.connect.json.JsonConverter");
});

Deno.test("validateConnector() adds all keys of a converter the connector sets, and counts rows with errors there, not errors", async () => {
  const { answer, find } = await rowsOf({
    "value.converter": "Json",
    "value.converter.schemas.enable": "perhaps",
    "value.converter.decimal.format": "HEX",
  });
  assert.deepEqual(answer.groups.slice(-2), ["Schemas", "Serialization"]);
  const row = find("value.converter.schemas.enable");
  assert.deepEqual([row?.definition?.displayName, row?.value?.value], ["Enable Schemas", null]);
  assert.deepEqual(row?.value?.errors, [
    "Invalid value perhaps for configuration schemas.enable: Expected value to be either true or false",
  ]);
  assert.equal(find("value.converter.converter.type")?.value?.value, "value");
  assert.equal(answer.errorCount, 1);
});

Deno.test("validateConnector() looks at no key of a converter the connector does not set", async () => {
  const { answer } = await rowsOf({ "value.converter.schemas.enable": "perhaps" });
  assert.equal(answer.errorCount, 0);
});

Deno.test("validateConnector() refuses a class that only Kafka Connect has, and says what to use instead", async () => {
  const only = createPlugins({ connectors: [fileSource], converters: [] });
  const { find } = await rowsOf({ transforms: "c", "transforms.c.type": "org.apache.kafka.connect.transforms.Cast$Value" }, {
    plugins: only,
  });
  const [error] = find("transforms.c.type")?.value?.errors ?? [];
  assert.match(
    error ?? "",
    /^Invalid value org\.apache\.kafka\.connect\.transforms\.Cast\$Value for configuration transforms\.c\.type: Class .* could not be found\. .*"value\.schema"/,
  );
});

Deno.test("validateConnector() asks the connector's own check, and puts its problems where they belong", async () => {
  const plugins = createPlugins({ ...capturedPlugins(), connectors: [{ ...fileSource, check: () => [] }] });
  const asked: unknown[] = [];
  const check = (...args: unknown[]) => {
    asked.push(args);
    return Promise.resolve([{ key: "file", message: "No such file" }, { key: "elsewhere", message: "Odd" }]);
  };
  const { answer, find } = await rowsOf({ file: "f" }, { plugins, check });
  assert.deepEqual(asked, [[fileSource.class, "v", { ...SOURCE, file: "f" }]]);
  assert.deepEqual(find("file")?.value?.errors, ["No such file"]);
  assert.deepEqual(answer.configs[0], {
    definition: null,
    value: { name: "elsewhere", value: null, recommendedValues: [], errors: ["Odd"], visible: true },
  });
});

Deno.test("validateConnector() passes on what a check throws: a refusal as it is, anything else as invalid", async () => {
  const plugins = createPlugins({ ...capturedPlugins(), connectors: [{ ...fileSource, check: () => [] }] });
  const failing = (error: Error) => rowsOf({}, { plugins, check: () => Promise.reject(error) });
  await assert.rejects(failing(new WorkerError("timeout", "Request timed out")), { code: "timeout" });
  await assert.rejects(failing(new Error("Charset 'UTF-9' is invalid")), { code: "invalid", message: "Charset 'UTF-9' is invalid" });
});

Deno.test("validateConnector() never asks a connector without a check", async () => {
  await rowsOf({}, { check: () => Promise.reject(new Error("asked")) });
});

Deno.test("validateConnector() reports a null on the connector's own keys too", async () => {
  const { find } = await rowsOf({ topic: null, unknown: null });
  const message = "Null value can not be supplied as the configuration value.";
  assert.deepEqual([find("topic")?.value?.errors, find("unknown")?.value?.errors], [[message], [message]]);
});

Deno.test("validateConnector() shows client overrides with the client's definition, their type judged", async () => {
  const { find } = await rowsOf({
    "producer.override.linger.ms": " 5",
    "producer.override.no.such": "x",
    "consumer.override.group.id": "g",
  });
  assert.deepEqual(find("producer.override.linger.ms")?.definition?.displayName, "linger.ms");
  assert.deepEqual(find("producer.override.linger.ms")?.value?.value, "5");
  assert.equal(find("producer.override.no.such")?.definition, null);
  assert.equal(find("consumer.override.group.id"), undefined, "a source has no consumer of its own");
  await assert.rejects(rowsOf({ "producer.override.linger.ms": "abc" }), {
    code: "invalid",
    message: "Invalid value abc for configuration linger.ms: Not a number of type LONG",
  });
});

Deno.test("validateConnector() shows a sink's overrides of its consumer, and with a dead letter queue those of its producer and admin client", async () => {
  const overrides = {
    "consumer.override.max.poll.records": "7",
    "producer.override.acks": "1",
    "admin.override.retries": "2",
    "consumer.override.odd": "x",
  };
  const shown = async (more: StringMap) => {
    const { configs } = await validateConnector(
      { name: "v", "connector.class": "FileStreamSink", topics: "t", ...overrides, ...more },
      context,
    );
    return configs.flatMap(({ value }) => value?.name.includes(".override.") ? [`${value.name}=${value.value}`] : []);
  };
  assert.deepEqual(await shown({}), ["consumer.override.max.poll.records=7", "consumer.override.odd=x"]);
  assert.deepEqual(await shown({ "errors.deadletterqueue.topic.name": "dlq" }), [
    "producer.override.acks=1",
    "consumer.override.max.poll.records=7",
    "consumer.override.odd=x",
    "admin.override.retries=2",
  ]);
  const bad = { "consumer.override.max.poll.records": "many" };
  await assert.rejects(shown(bad), {
    code: "invalid",
    message: "Invalid value many for configuration max.poll.records: Not a number of type INT",
  });
});

Deno.test("validateConnector() lets the override policy decide which client settings a connector may set", async () => {
  const judged = async (policy: string) => {
    const workerConfig = { "connector.client.config.override.policy": policy, "connector.client.config.override.allowlist": "acks" };
    const { answer } = await rowsOf({ "producer.override.acks": "1", "producer.override.sasl.mechanism": "PLAIN" }, { workerConfig });
    return answer.configs.filter((row) => row.value?.errors.length).map((row) => row.value?.name);
  };
  const [acks, mechanism] = ["producer.override.acks", "producer.override.sasl.mechanism"];
  assert.deepEqual(await Promise.all(["All", "None", "Principal", "Allowlist", "no.such.Policy"].map(judged)), [
    [],
    [acks, mechanism],
    [acks],
    [mechanism],
    [acks, mechanism],
  ]);
});

Deno.test("validateConnector() masks secrets in values and in errors", async () => {
  const secretive = {
    ...fileSource,
    config: { ...fileSource.config, pass: field.password({ importance: "HIGH", doc: "Secret." }) },
    check: () => [],
  };
  const plugins = createPlugins({ ...capturedPlugins(), connectors: [secretive] });
  const check = () => Promise.resolve([{ key: "file", message: "Cannot log in with hunter2 at jdbc:x://u:s3cr3t@h" }]);
  const config = {
    pass: "hunter2",
    file: "jdbc:x://u:s3cr3t@h",
    "producer.override.sasl.jaas.config": "hunter2",
    "producer.override.my.secret": "sssh",
  };
  const { answer } = await rowsOf(config, { plugins, check });
  const text = JSON.stringify(answer);
  assert.deepEqual(["hunter2", "s3cr3t", "sssh"].filter((secret) => text.includes(secret)), []);
});

Deno.test("validateConnector() masks what looks secret where no class tells", async () => {
  await assert.rejects(validateConnector({ "connection.password": "hunter2", url: "x://u:pw@h", topic: "t" }, context), {
    message: "Connector config {connection.password=[hidden], url=x://u:[hidden]@h, topic=t} contains no connector type",
  });
});

Deno.test("validateConnector() leaves a reference to a config provider to the task that resolves it", async () => {
  const reference = { "batch.size": "${env:SIZE}" };
  const { find } = await rowsOf(reference, { workerConfig: { "config.providers": "file, env" } });
  assert.deepEqual(find("batch.size")?.value, {
    name: "batch.size",
    value: "${env:SIZE}",
    recommendedValues: [],
    errors: [],
    visible: true,
  });
  const { answer } = await rowsOf(reference);
  assert.equal(answer.errorCount, 1, "without such a provider it is only text");
});

Deno.test("validateConnector() takes the one version of a plugin, and ranges it lies in", async () => {
  const errors = async (version: string) =>
    (await rowsOf({ "connector.plugin.version": version })).find("connector.plugin.version")?.value?.errors;
  for (const fine of ["4.2.0", "[4.2.0]", "latest", "[4.0,5.0)", "(,4.2.0]", "(4.1,)"]) assert.deepEqual(await errors(fine), [], fine);
  for (const wrong of ["4.1.0", "[1.0,2.0]", "(4.2.0,5.0]", "[3.0,4.2.0)", "x"]) {
    assert.deepEqual(await errors(wrong), [
      `Plugin ${fileSource.class} not found that matches the version range ${wrong}, available versions: [4.2.0]`,
    ]);
  }
});

Deno.test("refuseInvalid() throws what Kafka Connect answers to a create, errors in the order of the keys", async () => {
  const { answer } = await rowsOf({ "tasks.max": "0", "batch.size": "abc" });
  assert.throws(() => refuseInvalid(answer), {
    code: "invalid",
    message: [
      "Connector configuration is invalid and contains the following 2 error(s):",
      "Invalid value 0 for configuration tasks.max: Value must be at least 1",
      "Invalid value abc for configuration batch.size: Not a number of type INT",
      "You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`",
    ].join("\n"),
  });
  refuseInvalid((await rowsOf({})).answer);
});

Deno.test("validateRequest() lets the path name the end of the class in the body", async () => {
  const answers = (plugin: string, name: string) =>
    Promise.resolve().then(() => validateRequest(plugin, { ...SOURCE, "connector.class": name }, context));
  assert.equal((await answers("FileStreamSourceConnector", "FileStreamSource")).name, "FileStreamSource");
  assert.equal((await answers("Connector", "FileStreamSourceConnector").catch((error) => error)).code, "invalid");
});
