/** Values that name a class: found by class or short name, of the right kind, shown with the full name. */
import { javaTrim } from "../config/java_text.ts";
import { invalidValue } from "../config/parse.ts";
import type { PluginKind } from "./api.ts";
import type { PluginFinder } from "./plugin_set.ts";
import { adviceFor } from "./upstream.ts";
import type { Row } from "./validation_rows.ts";

/** The interface a class of a kind implements, as Kafka Connect's messages name it. */
const INTERFACES: Readonly<Record<PluginKind, string>> = {
  source: "Connector",
  sink: "Connector",
  converter: "Converter",
  header_converter: "HeaderConverter",
  transformation: "Transformation",
  predicate: "Predicate",
};

/** The row with its class resolved; `text` is what the config says, without it the row stays as it is. */
export function resolveClass(row: Row, kind: PluginKind, text: string | null | undefined, plugins: PluginFinder): Row {
  if (text === null || text === undefined) return row;
  const name = javaTrim(text);
  const found = plugins.find(kind, name);
  if (found !== undefined) return withValue(row, found.class, []);
  const other = plugins.findAny(name);
  if (other !== undefined) {
    return withValue(row, other.class, [`Class class ${other.class} does not implement the ${INTERFACES[kind]} interface`]);
  }
  const nested = [`${name}$Key`, `${name}$Value`].filter((inner) => plugins.find(kind, inner) !== undefined);
  if (nested.length > 0) return withValue(row, name, [`This class is abstract and cannot be created. Did you mean ${nested.join(", ")}?`]);
  return withValue(row, null, [notFound(text, name, row.value.name)]);
}

/** The sentence about a class nobody has, with what to use in its place where that is known. `text` is the value as written. */
export function notFound(text: string, name: string, key: string): string {
  const advice = adviceFor(name);
  const sentence = invalidValue(text, key, `Class ${name} could not be found.`);
  return advice === undefined ? sentence : `${sentence} ${advice}`;
}

function withValue(row: Row, value: string | null, errors: string[]): Row {
  return { definition: row.definition, value: { ...row.value, value, errors } };
}
