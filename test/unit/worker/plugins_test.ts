import assert from "node:assert/strict";
import { connectors } from "../../../connectors/registry.ts";
import { converters } from "../../../src/converters/mod.ts";
import { createPlugins } from "../../../src/worker/plugins.ts";
import type { ConnectorPlugin } from "../../../src/worker/plugin_set.ts";
import { adviceFor } from "../../../src/worker/upstream.ts";
import { capturedPlugins, fileSink, fileSource } from "../../fakes/plugins.ts";

const plugins = createPlugins(capturedPlugins());

Deno.test("Plugins.list() gives connectors alone, or every kind in Kafka Connect's order", () => {
  assert.deepEqual([...new Set(plugins.list(true).map((plugin) => plugin.kind))], ["sink", "source"]);
  const kinds = ["sink", "source", "transformation", "predicate", "converter", "header_converter"];
  assert.deepEqual([...new Set(plugins.list(false).map((plugin) => plugin.kind))], kinds);
});

Deno.test("Plugins.connector() finds by class, by simple name and without the ending, letter case counting", () => {
  for (const name of [fileSource.class, "FileStreamSourceConnector", "FileStreamSource"]) assert.equal(plugins.connector(name), fileSource);
  for (const name of ["filestreamsource", "FileStream", "", "JsonConverter"]) assert.equal(plugins.connector(name), undefined);
});

Deno.test("Plugins.find() gives nested classes by their full name only, as Key and Value stand for many", () => {
  assert.equal(plugins.find("transformation", "Key"), undefined);
  assert.equal(plugins.find("transformation", "org.apache.kafka.connect.transforms.Cast$Key")?.kind, "transformation");
  assert.equal(plugins.find("transformation", "Filter")?.class, "org.apache.kafka.connect.transforms.Filter");
});

Deno.test("Plugins.find() knows a converter of headers only by that kind", () => {
  assert.equal(plugins.find("converter", "Simple"), undefined);
  assert.equal(plugins.find("header_converter", "Simple")?.class, "org.apache.kafka.connect.storage.SimpleHeaderConverter");
});

Deno.test("Plugins.requireConnector() lists what there is, sources first", () => {
  const two = createPlugins({ connectors: [fileSink, fileSource], converters: [] });
  const described = (plugin: ConnectorPlugin) =>
    `PluginDesc{klass=class ${plugin.class}, name='${plugin.class}', version='4.2.0', encodedVersion=4.2.0, type=${plugin.kind}, typeName='${plugin.kind}', location='classpath'}`;
  assert.throws(() => two.requireConnector("Nope"), {
    code: "invalid",
    message: `Failed to find any class that implements Connector and which name matches Nope, available connectors are: ${
      described(fileSource)
    }, ${described(fileSink)}`,
  });
});

Deno.test("Plugins.requireConnector() says what to use in place of a connector only Kafka Connect has", () => {
  for (const name of ["org.apache.kafka.connect.mirror.MirrorSourceConnector", "MirrorSource", "SpoolDirJsonSource"]) {
    assert.throws(() => createPlugins({ connectors: [fileSource], converters: [] }).requireConnector(name), {
      message: /^Failed to find any class that implements Connector .*\}\. This connector is not part of this version of Sluice\. \S+/,
    });
  }
});

Deno.test("Plugins.requireConnector() refuses a short name that fits two classes", () => {
  const twin = { ...fileSource, class: "org.example.FileStreamSourceConnector" };
  const ambiguous = createPlugins({ connectors: [fileSource, twin], converters: [] });
  assert.throws(() => ambiguous.requireConnector("FileStreamSource"), {
    code: "invalid",
    message:
      /^More than one connector matches alias FileStreamSource\. Please use full package and class name instead\. Classes found: PluginDesc/,
  });
  assert.equal(ambiguous.requireConnector(twin.class), twin);
});

Deno.test("Plugins.describe() lists a connector's own keys, then the framework's it does not define itself", () => {
  const own = {
    ...fileSource,
    config: {
      ...fileSource.config,
      ...{ "tasks.max": { ...fileSource.config["batch.size"], default: 1 } as ConnectorPlugin["config"][string] },
    },
  };
  const names = createPlugins({ connectors: [own], converters: [] }).describe("FileStreamSource").map((key) => key.name);
  assert.deepEqual(names.slice(0, 5), ["file", "topic", "batch.size", "tasks.max", "name"]);
  assert.equal(names.filter((name) => name === "tasks.max").length, 1);
});

Deno.test("Plugins.describe() tells an unknown name from a plugin of another kind", () => {
  assert.throws(() => plugins.describe("Nope"), { code: "not_found", message: "Unknown plugin Nope." });
  assert.throws(() => plugins.describe("FileConfigProvider"), { code: "invalid" });
});

Deno.test("Advice on what to use in place of a class is never given for one this program has", () => {
  const own = createPlugins({ connectors, converters });
  const held = own.list(false).map((plugin) => plugin.class);
  assert.deepEqual(held.filter((name) => adviceFor(name) !== undefined), [], "take them out of src/worker/upstream.ts");
});
