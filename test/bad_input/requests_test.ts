/** Requests and configs that cannot work: each answer names what is wrong and where, and nothing of them is kept. */
import assert from "node:assert/strict";
import { until } from "../until.ts";
import { Ground } from "./ground.ts";
import { ordinaryUser } from "./namespaces.ts";
import { type Overrides, Spool } from "./spool.ts";

/** librdkafka's threads answer when they like, and the ground outlives its tests. */
const shared = { sanitizeOps: false, sanitizeResources: false } as const;
const JSON_BODY = { "content-type": "application/json" };

let ground: Ground;
/** Folders and a good config, which each case spoils. */
let spool: Spool;
Deno.test.beforeAll(async () => {
  ground = await Ground.lay({ wrapper: ordinaryUser.wrapper });
  spool = await Spool.open(ground, "bad");
});
Deno.test.afterAll(() => ground[Symbol.asyncDispose]());

interface Refusal {
  readonly what: string;
  readonly method?: "POST" | "PUT";
  readonly path?: string;
  readonly body: string | (() => string);
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly says: RegExp;
}

/** A create request for the connector with these keys spoilt. */
function create(overrides: Overrides): string {
  return JSON.stringify({ name: "bad", config: spool.config(overrides) });
}

const REFUSALS: readonly Refusal[] = [
  { what: "JSON that breaks off", body: '{"name": "bad", "config": {', status: 500, says: /Unexpected end-of-input.*line: 1, column: 28/s },
  {
    what: "JSON without a colon",
    body: '{"name":"bad","config":{"a" "b"}}',
    status: 500,
    says: /was expecting a colon.*line: 1, column: 29/s,
  },
  {
    what: "JSON that breaks off in a config",
    method: "PUT",
    path: "/connectors/bad/config",
    body: '{"a":',
    status: 500,
    says: /Unexpected end-of-input/,
  },
  { what: "no body", body: "", status: 500, says: /no body: it must be a JSON object with "name" and "config"/ },
  {
    what: "an array for an object",
    body: "[]",
    status: 500,
    says: /Cannot deserialize value of type .*CreateConnectorRequest.* from Array value/,
  },
  {
    what: "an object for a value",
    body: '{"name":"bad","config":{"topic":{"a":1}}}',
    status: 500,
    says: /Cannot deserialize value of type `java\.lang\.String` from Object value.*\["topic"\]/s,
  },
  { what: "no config", body: '{"name":"bad"}', status: 500, says: /no "config": it must hold the keys and values/ },
  {
    what: "another content type",
    body: () => create({}),
    headers: { "content-type": "text/plain" },
    status: 415,
    says: /Unsupported Media Type/,
  },
  {
    what: "an unknown class",
    body: () => create({ "connector.class": "com.example.NoSuchConnector" }),
    status: 400,
    says: /Failed to find any class .* matches com\.example\.NoSuchConnector, available connectors are: .*SpoolDirCsvSourceConnector/,
  },
  {
    what: "a connector we lack",
    body: () => create({ "connector.class": "com.github.jcustenborder.kafka.connect.spooldir.SpoolDirAvroSourceConnector" }),
    status: 400,
    says: /SpoolDirAvroSourceConnector.* not part of this version of Sluice\. /,
  },
  { what: "no class", body: () => create({ "connector.class": null }), status: 400, says: /contains no connector type/ },
  { what: "a missing key", body: () => create({ "topic": null }), status: 400, says: /Missing required configuration "topic"/ },
  {
    what: "text for a number",
    body: () => create({ "batch.size": "many" }),
    status: 400,
    says: /Invalid value many for configuration batch\.size: Not a number of type INT/,
  },
  {
    what: "a number too small",
    body: () => create({ "tasks.max": "0" }),
    status: 400,
    says: /Invalid value 0 for configuration tasks\.max: .*at least 1/,
  },
  {
    what: "none of a choice",
    body: () => create({ "cleanup.policy": "BURN" }),
    status: 400,
    says: /'BURN' .*NONE, DELETE, MOVE, MOVEBYDATE.*cleanup\.policy/,
  },
  {
    what: "an unknown converter",
    body: () => create({ "value.converter": "com.example.NoSuchConverter" }),
    status: 400,
    says: /com\.example\.NoSuchConverter for configuration value\.converter/,
  },
  {
    what: "a converter we lack",
    body: () => create({ "value.converter": "io.confluent.connect.avro.AvroConverter" }),
    status: 400,
    says: /AvroConverter for configuration value\.converter.*Use org\.apache\.kafka\.connect\.json\.JsonConverter/,
  },
  { what: "a transform without a type", body: () => create({ "transforms": "a" }), status: 400, says: /"transforms\.a\.type"/ },
  {
    what: "an input.path that is missing",
    body: () => create({ "input.path": spool.path("nowhere") }),
    status: 400,
    says: /'\S+\/nowhere' must be a directory\. for configuration input\.path/,
  },
  {
    what: "an input.path that is a file",
    body: () => create({ "input.path": fileAt("file") }),
    status: 400,
    says: /'\S+\/file' must be a directory\. for configuration input\.path/,
  },
  {
    what: "a relative path",
    body: () => create({ "error.path": "errors" }),
    status: 400,
    says: /File .errors. is not an absolute path\. for configuration error\.path/,
  },
];

for (const { what, method = "POST", path = "/connectors", body, headers = JSON_BODY, status, says } of REFUSALS) {
  Deno.test({ name: `request with ${what} is refused with ${status}, and nothing of it is kept`, ...shared }, async () => {
    const answer = await ground.program.ask(method, path, typeof body === "string" ? body : body(), headers);
    const text = new TextDecoder().decode(answer.body);
    assert.equal(answer.status, status, text);
    const { error_code, message } = JSON.parse(text);
    assert.equal(error_code, status);
    assert.match(message, says);
    assert.equal((await ground.program.ask("GET", "/connectors/bad")).status, 404);
    assert.equal((await ground.program.ask("GET", "/connectors/bad/status")).status, 404);
  });
}

Deno.test({
  name: `request with an input.path that may not be read is refused by key and path${ordinaryUser.because}`,
  ignore: ordinaryUser.missing,
  ...shared,
}, async () => {
  for (const mode of [0o000, 0o500]) {
    const folder = spool.path(`closed-${mode}`);
    await Deno.mkdir(folder);
    await Deno.chmod(folder, mode);
    const answer = await ground.program.ask("POST", "/connectors", create({ "input.path": folder }), JSON_BODY);
    assert.equal(answer.status, 400);
    assert.match(new TextDecoder().decode(answer.body), /File '\S+\/closed-\d+' should be writable\. for configuration input\.path/);
    await Deno.remove(folder);
  }
});

/** Faults that only the start of a connector or task finds. */
const STARTS: readonly { readonly what: string; readonly name: string; readonly overrides: Overrides; readonly says: RegExp }[] = [
  {
    what: "a pattern that is no regular expression",
    name: "pattern",
    overrides: { "input.file.pattern": "[" },
    says: /Unclosed character class[^]*input\.file\.pattern/,
  },
  {
    what: "no schema and none generated",
    name: "schema",
    overrides: { "schema.generation.enabled": "false" },
    says: /'key\.schema' must be set if 'schema\.generation\.enabled' = false/,
  },
  {
    what: "a setting Kafka's client refuses",
    name: "client",
    overrides: { "producer.override.acks": "maybe" },
    says: /"acks": "maybe" is refused/,
  },
  {
    what: "schemas that are no JSON",
    name: "json",
    overrides: { "schema.generation.enabled": "false", "value.schema": "{", "key.schema": "{" },
    says: /key\.schema/,
  },
];

for (const { what, name, overrides, says } of STARTS) {
  Deno.test({ name: `connector with ${what} is FAILED with a trace that says so, and starts once it is mended`, ...shared }, async () => {
    const broken = await Spool.open(ground, name);
    await broken.connect(overrides);
    const trace = await until(`${name} is FAILED`, async () => {
      const status = await ground.program.status(name);
      return [status?.connector, ...status?.tasks ?? []].find((each) => each?.state === "FAILED")?.trace;
    });
    assert.match(trace, says);
    await ground.othersGoOn();
    await broken.connect();
    await broken.drop("rows.csv", "id,text\n1,a\n");
    await broken.delivers(["1"]);
  });
}

Deno.test({
  name: `folder that becomes unreadable is named in the log, and read again once it is readable${ordinaryUser.because}`,
  ignore: ordinaryUser.missing,
  ...shared,
}, async () => {
  const closed = await Spool.open(ground, "closed");
  await closed.connect();
  await closed.drop("a.csv", "id,text\n1,a\n");
  await closed.has("finished", "a.csv");
  await Deno.chmod(closed.path("in"), 0o000);
  await ground.logged(/WARN +\[closed\|task-0\] Cannot list a directory.*\/closed\/in reason=PermissionDenied/);
  await ground.othersGoOn();
  await Deno.chmod(closed.path("in"), 0o755);
  await closed.drop("b.csv", "id,text\n2,b\n");
  await closed.delivers(["1", "2"]);
});

Deno.test({
  name: `file that may not be read fails its task by name, and lies below error.path${ordinaryUser.because}`,
  ignore: ordinaryUser.missing,
  ...shared,
}, async () => {
  const secret = await Spool.open(ground, "secret");
  await Deno.writeTextFile(secret.path("draft/a.csv"), "id,text\n1,a\n", { mode: 0o000 });
  await Deno.rename(secret.path("draft/a.csv"), secret.path("in/a.csv"));
  await secret.connect();
  assert.match(await ground.failure("secret"), /FileNotFoundException: \S+\/secret\/in\/a\.csv \(Permission denied\)/);
  assert.deepEqual(secret.files("error"), ["a.csv"]);
  await ground.othersGoOn();
});

Deno.test({ name: "SIGTERM after all refusals ends the worker with 0", ...shared }, async () => {
  await ground.othersGoOn();
  await ground.stopsCleanly();
});

function fileAt(name: string): string {
  Deno.writeTextFileSync(spool.path(name), "");
  return spool.path(name);
}
