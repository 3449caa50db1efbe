/** Connector configs without their secrets, for `sluice.rest.secrets=masked`: what clients read, edit and put back. */
import type { ConfigSpec, StringMap } from "../config/field.ts";
import { HIDDEN } from "../config/render.ts";
import { looksSecret, maskSecrets } from "../config/secret.ts";
import { hasVariable } from "./task_configs.ts";

/** The config with its secrets replaced by a mask; a reference to a config provider is no secret. Invariant 5 */
export function maskConfig(spec: ConfigSpec, config: StringMap): StringMap {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, maskValue(spec, key, value)]));
}

/** A config as a client sent it, every mask replaced by the stored value it stands for: "unchanged". */
export function unmaskConfig(spec: ConfigSpec, sent: StringMap, stored: StringMap): StringMap {
  const masked = maskConfig(spec, stored);
  const restored = (key: string, value: string | null) => value !== null && masked[key] === value ? stored[key] ?? value : value;
  return Object.fromEntries(Object.entries(sent).map(([key, value]) => [key, restored(key, value)]));
}

function maskValue(spec: ConfigSpec, key: string, value: string | null): string | null {
  if (value === null || hasVariable(value)) return value;
  const type = Object.hasOwn(spec, key) ? spec[key]?.type : undefined;
  return type === "PASSWORD" || (type === undefined && looksSecret(key)) ? HIDDEN : maskSecrets(value, []);
}
