/** Plugins with the classes and keys of those behind the captures, without any code: for what the parent makes of definitions. */
import { type ConfigSpec, field } from "../../src/config/field.ts";
import { parseKey } from "../../src/config/parse.ts";
import { validRegex } from "../../src/config/regex/valid_regex.ts";
import type { ConnectorPlugin, ConverterPlugin, PluginSet, RecordPlugin } from "../../src/worker/plugin_set.ts";
import { bodyText, httpSteps } from "../captures/captured_http.ts";

const KAFKA = "4.2.0";
const doc = "Words of our own.";

/** `FileStreamSource` as Kafka Connect defines it. */
export const fileSource: ConnectorPlugin = {
  kind: "source",
  class: "org.apache.kafka.connect.file.FileStreamSourceConnector",
  version: KAFKA,
  config: {
    "file": field.string({ importance: "HIGH", default: null, doc }),
    "topic": field.string({ importance: "HIGH", doc }),
    "batch.size": field.int({ importance: "LOW", default: 2000, doc }),
  },
};

/** `FileStreamSink` as Kafka Connect defines it. */
export const fileSink: ConnectorPlugin = {
  kind: "sink",
  class: "org.apache.kafka.connect.file.FileStreamSinkConnector",
  version: KAFKA,
  config: { "file": field.string({ importance: "HIGH", default: null, doc }) },
};

const CONVERTERS = [
  ...["Boolean", "ByteArray", "Double", "Float", "Integer", "Long", "Short"].map((type) =>
    `org.apache.kafka.connect.converters.${type}Converter`
  ),
  "org.apache.kafka.connect.json.JsonConverter",
  "org.apache.kafka.connect.storage.StringConverter",
  "org.apache.kafka.connect.storage.SimpleHeaderConverter",
];

const converters = CONVERTERS.map((name): ConverterPlugin => {
  const definition = {
    class: name,
    version: KAFKA,
    config: capturedConfig(["plugins/config-of-converters", "plugins/config-of-json-and-string"], name),
  };
  return name.includes("SimpleHeader") ? definition : { ...definition, create: () => undefined };
});

const TRANSFORMS = "org.apache.kafka.connect.transforms.";

const renames = (value: readonly string[] | null) =>
  value?.every((item) => item.includes(":")) === false
    ? [`Invalid value [${value}] for configuration renames: Invalid rename mapping: ${value.find((item) => !item.includes(":"))}`]
    : [];

const transforms: readonly RecordPlugin[] = [
  ...keyAndValue("Cast", {}),
  plugin("DropHeaders", {}),
  ...keyAndValue("ExtractField", {}),
  plugin("Filter", {}),
  ...keyAndValue("Flatten", {}),
  ...keyAndValue("HeaderFrom", {}),
  ...keyAndValue("HoistField", { field: field.string({ importance: "MEDIUM", doc }) }),
  ...keyAndValue("InsertField", capturedConfig(["plugins/names"], `${TRANSFORMS}InsertField%24Value`)),
  plugin("InsertHeader", {
    "header": field.string({ importance: "HIGH", doc }),
    "value.literal": field.string({ importance: "HIGH", doc }),
  }),
  ...keyAndValue("MaskField", {}),
  plugin("RegexRouter", {}),
  ...keyAndValue("ReplaceField", {
    "exclude": field.list({ importance: "MEDIUM", default: [], doc }),
    "include": field.list({ importance: "MEDIUM", default: [], doc }),
    "renames": field.list({ importance: "MEDIUM", default: [], validate: renames, doc }),
    "replace.null.with.default": field.boolean({ importance: "MEDIUM", default: true, doc }),
  }),
  ...keyAndValue("SetSchemaMetadata", {}),
  ...keyAndValue("TimestampConverter", {}),
  plugin("TimestampRouter", {}),
  plugin("ValueToKey", {}),
];

const predicates: readonly RecordPlugin[] = [
  plugin("predicates.HasHeaderKey", { name: field.string({ importance: "MEDIUM", doc }) }),
  plugin("predicates.RecordIsTombstone", {}),
  plugin("predicates.TopicNameMatches", { pattern: field.string({ importance: "MEDIUM", validate: validRegex(), doc }) }),
];

/** All plugins of the worker the captures were taken from. */
export function capturedPlugins(): PluginSet {
  return { connectors: [fileSource, fileSink, ...otherConnectors()], converters, transforms, predicates };
}

/** The connectors the listing names besides the file ones: with their keys where a capture has them, else without. */
function otherConnectors(): readonly ConnectorPlugin[] {
  const listed = JSON.parse(httpSteps("plugins/listing").map(bodyText)[0] ?? "[]") as {
    class: string;
    type: "sink" | "source";
    version: string;
  }[];
  return listed.filter(({ class: name }) => !name.includes(".file.")).map(({ class: name, type, version }) => {
    const simple = name.slice(name.lastIndexOf(".") + 1).replace(/Connector$/, "");
    return { kind: type, class: name, version, config: capturedConfig(["plugins/config-of-spooldir-csv", "plugins/names"], name, simple) };
  });
}

function plugin(name: string, config: ConfigSpec): RecordPlugin {
  return { class: TRANSFORMS + name, version: KAFKA, config };
}

function keyAndValue(name: string, config: ConfigSpec): readonly RecordPlugin[] {
  return [plugin(`${name}$Key`, config), plugin(`${name}$Value`, config)];
}

interface CapturedKey {
  readonly name: string;
  readonly type: "STRING";
  readonly required: boolean;
  readonly default_value: string | null;
  readonly importance: "HIGH";
  readonly group: string | null;
  readonly order_in_group: number;
  readonly width: "LONG";
  readonly display_name: string;
  readonly dependents: readonly string[];
}

/** The keys a capture shows for a plugin, without those of the framework: a definition read back from its own listing. */
function capturedConfig(cases: readonly string[], ...names: readonly string[]): ConfigSpec {
  const paths = names.map((name) => `/connector-plugins/${name}/config`);
  const step = cases.flatMap((name) => httpSteps(name)).find(({ request }) => paths.includes(request.path));
  const keys = JSON.parse(step === undefined ? "[]" : bodyText(step)) as CapturedKey[];
  const framework = keys.findIndex((key) => key.name === "name");
  return Object.fromEntries(keys.slice(0, framework < 0 ? undefined : framework).map((key) => [key.name, capturedField(key)]));
}

function capturedField(key: CapturedKey): ConfigSpec[string] {
  const base = {
    type: key.type,
    importance: key.importance,
    doc,
    ...(key.group === null ? {} : { group: key.group }),
    order: key.order_in_group,
    width: key.width,
    displayName: key.display_name,
    dependents: key.dependents,
    default: undefined,
  };
  if (key.required) return base;
  return { ...base, default: key.default_value === null ? null : parseKey(base, key.name, { [key.name]: key.default_value }).value };
}
