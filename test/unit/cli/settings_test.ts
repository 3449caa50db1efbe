import assert from "node:assert/strict";
import { parseArguments, UsageError } from "../../../src/cli/arguments.ts";
import { putConnectorFiles, readConnectorFile } from "../../../src/cli/connector_files.ts";
import { environmentKeys } from "../../../src/cli/environment.ts";
import { FileError, readProperties } from "../../../src/cli/properties.ts";
import { gatherSettings } from "../../../src/cli/settings.ts";

function file(name: string, content: string | Uint8Array): string {
  const path = `${Deno.makeTempDirSync()}/${name}`;
  Deno.writeFileSync(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
  return path;
}

Deno.test("environmentKeys() spells keys as the container images do", () => {
  const keys = environmentKeys({
    CONNECT_BOOTSTRAP_SERVERS: "k:9092",
    CONNECT_A__B___C_D: "1",
    CONNECT_LOG4J_ROOT_LOGLEVEL: "DEBUG",
    CONNECT_: "x",
    OTHER: "y",
  });
  assert.deepEqual([...keys], [["bootstrap.servers", "k:9092"], ["a-b_c.d", "1"]]);
});

Deno.test("gatherSettings() lets flags win over the environment and the environment over the file", () => {
  const path = file("w.properties", "bootstrap.servers=file:1\ngroup.id=file\nrest.x=file\nkey.converter=K\n");
  const args = parseArguments(["--bootstrap-servers", "flag:1", path]);
  const settings = gatherSettings(args, { HOME: "/h", CONNECT_BOOTSTRAP_SERVERS: "env:1", CONNECT_GROUP_ID: "env" });
  assert.equal(settings.properties.get("bootstrap.servers"), "flag:1");
  assert.equal(settings.properties.get("group.id"), "env");
  assert.equal(settings.properties.get("rest.x"), "file");
  assert.equal(settings.properties.has("value.converter"), false, "a worker file must say its converters itself");
});

Deno.test("gatherSettings() defaults to loopback, JsonConverter and the user's data folder", () => {
  const settings = gatherSettings(parseArguments([]), { HOME: "/h" });
  assert.deepEqual(settings.listeners, [{ host: "127.0.0.1", port: 8083 }]);
  assert.equal(settings.listenersFrom, undefined);
  assert.equal(settings.properties.get("value.converter"), "org.apache.kafka.connect.json.JsonConverter");
  assert.equal(settings.dataFolder, "/h/.local/share/sluice");
  assert.equal(gatherSettings(parseArguments([]), { XDG_DATA_HOME: "/x", HOME: "/h" }).dataFolder, "/x/sluice");
});

Deno.test("gatherSettings() reads listeners as Kafka Connect does", () => {
  const read = (text: string) => gatherSettings(parseArguments(["--set", `listeners=${text}`]), { HOME: "/h" }).listeners;
  assert.deepEqual(read("http://:8083"), [{ host: "0.0.0.0", port: 8083 }]);
  assert.deepEqual(read("HTTP://[::1]:1, http://b:2"), [{ host: "::1", port: 1 }, { host: "b", port: 2 }]);
  for (const bad of ["", "http://a:1,,http://b:2", "a:1", "ftp://a:1", "https://a:1", "http://a:99999"]) {
    assert.throws(() => read(bad), UsageError, bad);
  }
});

Deno.test("gatherSettings() refuses to guess a data folder without HOME", () => {
  assert.throws(() => gatherSettings(parseArguments([]), {}), /--data DIR/);
  assert.throws(() => gatherSettings(parseArguments(["--data", ""]), { HOME: "/h" }), /names no folder/);
});

Deno.test("readProperties() follows Java's rules for escapes, continuation, separators and charset", () => {
  const path = file("p.properties", "# c\n! d\na = 1\\\n  2\nb:\\u00e9\nc x y \nempty=\nd=é\n");
  assert.deepEqual([...readProperties(path)], [["a", "12"], ["b", "é"], ["c", "x y"], ["empty", ""], ["d", "é"]]);
  assert.equal(readProperties(file("l.properties", Uint8Array.of(0x61, 0x3d, 0xe9))).get("a"), "é");
});

Deno.test("readProperties() names the file it cannot read", () => {
  assert.throws(() => readProperties("/no/such.properties"), (error) => error instanceof FileError && /no\/such/.test(error.message));
});

Deno.test("readConnectorFile() takes the three forms of Kafka Connect's standalone worker", () => {
  const flat = readConnectorFile(file("a.json", `{"name":"n","tasks.max":1.50,"x":true}`));
  assert.deepEqual(flat, { name: "n", config: { name: "n", "tasks.max": "1.50", x: "true" }, target: "STARTED" });
  const request = readConnectorFile(file("b.json", `{"name":"n","config":{"a":"b"},"initial_state":"paused"}`));
  assert.deepEqual(request, { name: "n", config: { a: "b", name: "n" }, target: "PAUSED" });
  assert.equal(readConnectorFile(file("c.properties", "name=n\na=b\n")).config.a, "b");
});

Deno.test("readConnectorFile() refuses what it cannot use, naming the file", () => {
  const refused = [
    file("a.json", `{"a":"b"}`),
    file("b.json", `{"name":"n"`),
    file("c.json", `{"name":"n","x":{"y":1}}`),
    file("d.json", `{"name":"n","config":{"name":"m"}}`),
    file("e.json", `{"name":"n","config":{},"initial_state":"SLEEPING"}`),
    file("f.properties", "a=b\n"),
  ];
  for (const path of refused) {
    assert.throws(() => readConnectorFile(path), (error) => error instanceof FileError && error.message.includes(path), path);
  }
});

Deno.test("gatherSettings() takes a first file that describes a connector for a connector's, and the worker has none", () => {
  const path = file("c.properties", "name=n\nconnector.class=C\n");
  const settings = gatherSettings(parseArguments([path, "d.json"]), { HOME: "/h" });
  assert.deepEqual(settings.connectorFiles, [path, "d.json"]);
  assert.equal(settings.properties.get("key.converter"), "org.apache.kafka.connect.json.JsonConverter");
  assert.equal(settings.properties.has("connector.class"), false);
});

Deno.test("putConnectorFiles() creates, updates what has changed, and leaves alone what has not", async () => {
  const calls: string[] = [];
  const stored: Record<string, Record<string, string>> = { same: { name: "same", a: "1" }, other: { name: "other", a: "1", b: "2" } };
  const worker = {
    connectors: () => Object.keys(stored),
    info: (name: string) => ({ config: stored[name] ?? {} }),
    put: (name: string) => Promise.resolve(calls.push(`put ${name}`)),
    create: (name: string, _: unknown, target: string) => Promise.resolve(calls.push(`create ${name} ${target}`)),
  };
  const same = file("same.properties", "a=1\nname=same\n");
  const other = file("other.properties", "name=other\na=1\n");
  const fresh = file("new.json", `{"name":"new","config":{"a":"1"},"initial_state":"PAUSED"}`);
  await putConnectorFiles(worker, [same, other, fresh]);
  assert.deepEqual(calls, ["put other", "create new PAUSED"]);
  const refusing = { ...worker, put: () => Promise.reject(new Error("a is wrong")) };
  await assert.rejects(putConnectorFiles(refusing, [other]), (error) => error instanceof FileError && error.message.includes(other));
});
