import type { StringMap } from "../config/field.ts";
import { HIDDEN } from "../config/render.ts";
import { looksSecret, maskSecrets } from "../config/secret.ts";
import { validateSpec } from "../config/validate.ts";
import { frameworkSpec } from "./connector_spec.ts";
import type { ConnectorPlugin } from "./plugin_set.ts";
import type { Plugins } from "./plugins.ts";

/**
 * The config a connector starts with, defaults filled in, one `key = value` per line, sorted, secrets hidden; values that refer
 * to config providers as they were written. Invariant 5
 */
export function effectiveConfig(
  connector: ConnectorPlugin,
  config: StringMap,
  plugins: Plugins,
  workerConfig: StringMap,
): readonly string[] {
  const spec = { ...frameworkSpec(connector, config, plugins, workerConfig), ...connector.config };
  const known = validateSpec(spec, config).rows.map(({ value }) => [value.name, value.value] as const);
  const unknown = Object.entries(config).filter(([key]) => !Object.hasOwn(spec, key))
    .map(([key, value]) => [key, value !== null && looksSecret(key) ? HIDDEN : value] as const);
  return [...known, ...unknown].map(([key, value]) => `${key} = ${value === null ? "null" : maskSecrets(value, [])}`).sort();
}
