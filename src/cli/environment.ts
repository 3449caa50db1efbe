/** Variables that configure Java's logging in the container images, not the worker. */
const NOT_KEYS = "CONNECT_LOG4J_";
const PREFIX = "CONNECT_";

/**
 * Worker keys from `CONNECT_*` variables, as Kafka Connect's container images take them: lower case, `___` stands for `_`,
 * `__` for `-`, `_` for `.`.
 */
export function environmentKeys(environment: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || name.startsWith(NOT_KEYS) || name.length === PREFIX.length) continue;
    keys.set(keyOf(name.slice(PREFIX.length)), value.trim());
  }
  return keys;
}

function keyOf(name: string): string {
  return name.toLowerCase().replace(/___|__|_/g, (run) => run === "___" ? "_" : run === "__" ? "-" : ".");
}
