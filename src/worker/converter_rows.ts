/** Sections of a validation for the converters a connector sets itself: all keys of each, under its prefix. */
import type { StringMap } from "../config/field.ts";
import { javaTrim } from "../config/java_text.ts";
import { type ConfigRow, validateSpec } from "../config/validate.ts";
import { CONVERTER_KEYS, type ConverterKey, converterKind } from "./connector_spec.ts";
import type { PluginFinder } from "./plugin_set.ts";
import type { Row } from "./validation_rows.ts";

/** Rows of the header, key and value converter, as far as the config names a valid one; sub-keys without a class are not looked at. */
export function converterRows(raw: StringMap, plugins: PluginFinder): readonly Row[] {
  return CONVERTER_KEYS.flatMap((key) => rowsOfConverter(key, raw, plugins));
}

function rowsOfConverter(key: ConverterKey, raw: StringMap, plugins: PluginFinder): readonly Row[] {
  const plugin = plugins.find(converterKind(key), javaTrim(raw[key] ?? ""));
  if (plugin === undefined) return [];
  const prefix = `${key}.`;
  const sent = Object.entries(raw).filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(prefix.length), value]);
  const side = key.slice(0, key.indexOf("."));
  return validateSpec(plugin.config, { ...Object.fromEntries(sent), "converter.type": side }).rows.map((row) => prefixed(row, prefix));
}

/** Only the names carry the prefix; labels and messages speak of the bare key, as in Kafka Connect. */
function prefixed(row: ConfigRow, prefix: string): Row {
  return {
    definition: { ...row.definition, name: prefix + row.definition.name },
    value: { ...row.value, name: prefix + row.value.name, errors: [...row.value.errors] },
  };
}
