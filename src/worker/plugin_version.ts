/** Which versions a `…plugin.version` key asks for (Kafka Connect 4.1, PluginUtils and Maven's version ranges). */
import type { ConfigSpec, Validator } from "../config/field.ts";
import { javaTrim } from "../config/java_text.ts";
import type { Plugin } from "./plugin_set.ts";

/** A version key whose default and only choice is the version of the plugin; without a plugin there is neither. */
export function versionKey(base: ConfigSpec[string], plugin: Pick<Plugin, "class" | "version"> | undefined): ConfigSpec[string] {
  if (plugin === undefined) return base;
  return { ...base, default: plugin.version, recommended: () => [plugin.version], validate: versionRule(plugin) };
}

/** The rule that the one version there is meets the one asked for: `1.2.3`, `[1.2.3]`, `latest`, or a range such as `[1.0,2.0)`. */
function versionRule(plugin: { readonly class: string; readonly version: string }): Validator<string> {
  return (wanted) => {
    if (wanted === null || meets(plugin.version, javaTrim(wanted))) return [];
    return [`Plugin ${plugin.class} not found that matches the version range ${wanted}, available versions: [${plugin.version}]`];
  };
}

function meets(version: string, wanted: string): boolean {
  if (wanted === "latest" || wanted === version) return true;
  const range = /^([[(])([^,]*)(,?)([^,]*)([\])])$/.exec(wanted);
  if (range === null) return false;
  const [, open, low = "", comma, high = "", close] = range;
  if (comma === "") return javaTrim(low) === version;
  const fromLow = low.trim() === "" ? 1 : compareVersions(version, low.trim());
  const toHigh = high.trim() === "" ? 1 : compareVersions(high.trim(), version);
  return (fromLow > 0 || (fromLow === 0 && open === "[")) && (toHigh > 0 || (toHigh === 0 && close === "]"));
}

/** Number by number; a missing one counts as 0. */
function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0));
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
