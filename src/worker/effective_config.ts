import type { StringMap } from "../config/field.ts";
import { maskSecrets } from "../config/secret.ts";
import { shownUndescribed, undescribed } from "../config/shown_values.ts";
import { validateSpec } from "../config/validate.ts";
import { frameworkSpec } from "./connector_spec.ts";
import type { ConnectorPlugin } from "./plugin_set.ts";
import type { Plugins } from "./plugins.ts";

/**
 * The config a connector starts with as a log shows it: by key, sorted, defaults filled in, without secrets and without values of
 * keys that nobody knows; values that refer to config providers as they were written. Invariant 5
 */
export function effectiveConfig(
  connector: ConnectorPlugin,
  config: StringMap,
  plugins: Plugins,
  workerConfig: StringMap,
): Readonly<Record<string, string>> {
  const spec = { ...frameworkSpec(connector, config, plugins, workerConfig), ...connector.config };
  const known = validateSpec(spec, config).rows.filter(({ value }) => Object.hasOwn(spec, value.name))
    .map(({ value }) => [value.name, maskSecrets(value.value ?? "null", [])] as const);
  const others = undescribed(spec, config).map((key) => [key, shownUndescribed(key, config)] as const);
  return Object.fromEntries([...known, ...others].sort(([a], [b]) => a < b ? -1 : 1));
}
