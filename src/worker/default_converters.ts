import type { Problem, StringMap } from "../config/field.ts";
import { javaTrim } from "../config/java_text.ts";
import { notFound } from "./class_rules.ts";
import { CONVERTER_KEYS, converterKind } from "./connector_spec.ts";
import type { PluginSet } from "./plugin_set.ts";
import { createPlugins } from "./plugins.ts";
import { adviceFor } from "./upstream.ts";

/** What is wrong with the converters the worker's properties name for connectors that name none: a start with one we lack would fail every such task. */
export function converterProblems(properties: StringMap, plugins: PluginSet): readonly Problem[] {
  const known = createPlugins(plugins);
  return CONVERTER_KEYS.flatMap((key) => {
    const text = properties[key] ?? "";
    const name = javaTrim(text);
    const kind = converterKind(key);
    if (name === "" || known.find(kind, name) !== undefined) return [];
    const others = adviceFor(name) === undefined ? ` Use one of ${known.classes(kind).join(", ")}` : "";
    return [{ key, message: notFound(text, name, key) + others }];
  });
}
