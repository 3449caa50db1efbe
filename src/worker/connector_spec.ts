/** The framework's keys dressed for one connector: versions, the worker's converters as defaults, the classes to choose from. */
import { sinkConnectorKeys, sourceConnectorKeys } from "../config/connector_keys.ts";
import type { ConfigSpec, StringMap } from "../config/field.ts";
import { javaTrim } from "../config/java_text.ts";
import { describeSpec, type KeyDefinition } from "../config/validate.ts";
import { versionKey } from "./plugin_version.ts";
import type { ConnectorPlugin, Plugin, PluginFinder } from "./plugin_set.ts";

/** The places of a record a converter serves, in the order of a validation's last sections. */
export const CONVERTER_KEYS = ["header.converter", "key.converter", "value.converter"] as const;
export type ConverterKey = typeof CONVERTER_KEYS[number];

const CONVERTER_DEFAULTS: Readonly<Record<ConverterKey, string>> = {
  "header.converter": "org.apache.kafka.connect.storage.SimpleHeaderConverter",
  "key.converter": "org.apache.kafka.connect.json.JsonConverter",
  "value.converter": "org.apache.kafka.connect.json.JsonConverter",
};

/** The kind of plugin a converter key names. */
export function converterKind(key: ConverterKey): "converter" | "header_converter" {
  return key === "header.converter" ? "header_converter" : "converter";
}

/** All keys of a connector as `/config` lists them: its own, then those of the framework it does not define itself. */
export function describeConnector(connector: ConnectorPlugin): readonly KeyDefinition[] {
  const framework = withVersion(frameworkKeys(connector.kind), "connector.plugin.version", connector);
  const own = describeSpec(connector.config);
  const taken = new Set(own.map((key) => key.name));
  return [...own, ...describeSpec(framework).filter((key) => !taken.has(key.name))];
}

/** The framework's keys for validating one config of this connector. */
export function frameworkSpec(connector: ConnectorPlugin, raw: StringMap, plugins: PluginFinder, workerConfig: StringMap): ConfigSpec {
  const spec = withVersion(frameworkKeys(connector.kind), "connector.plugin.version", connector);
  return CONVERTER_KEYS.reduce((dressed, key) => withConverter(dressed, key, raw, plugins, workerConfig), spec);
}

function frameworkKeys(kind: ConnectorPlugin["kind"]): ConfigSpec {
  return kind === "source" ? sourceConnectorKeys : sinkConnectorKeys;
}

function withConverter(spec: ConfigSpec, key: ConverterKey, raw: StringMap, plugins: PluginFinder, workerConfig: StringMap): ConfigSpec {
  const kind = converterKind(key);
  const byWorker = javaTrim(workerConfig[key] ?? CONVERTER_DEFAULTS[key]);
  const fallback = plugins.find(kind, byWorker)?.class ?? byWorker;
  const chosen = plugins.find(kind, javaTrim(raw[key] ?? fallback));
  return withVersion(withClasses(spec, key, fallback, plugins.classes(kind)), `${key}.plugin.version`, chosen);
}

function withClasses(spec: ConfigSpec, key: string, fallback: string, classes: readonly string[]): ConfigSpec {
  const base = spec[key];
  return base === undefined ? spec : { ...spec, [key]: { ...base, default: fallback, recommended: () => classes } };
}

function withVersion(spec: ConfigSpec, key: string, plugin: Pick<Plugin, "class" | "version"> | undefined): ConfigSpec {
  const base = spec[key];
  return base === undefined ? spec : { ...spec, [key]: versionKey(base, plugin) };
}
