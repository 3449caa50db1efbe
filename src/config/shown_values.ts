/** Which values of a config may be written to a log. */
import type { ConfigSpec, StringMap } from "./field.ts";
import { HIDDEN } from "./render.ts";
import { looksSecret, maskSecrets } from "./secret.ts";

/** Keys of what a connector is made of: aliases, classes and clients have theirs under these. */
const PREFIXES = [
  "transforms.",
  "predicates.",
  "topic.creation.",
  "key.converter.",
  "value.converter.",
  "header.converter.",
  "producer.override.",
  "consumer.override.",
  "admin.override.",
];
/** Keys that workers and connectors add to the configs of tasks. */
const OF_TASKS = new Set(["name", "task.class", "task.index", "task.count", "tables", "tables.fetched", "topics", "topics.regex"]);

/**
 * The value of a key that nobody describes, as a log may show it. Nothing tells whether a key that nobody knows holds a secret: it
 * may be a password's, misspelt, or the setting of a driver. Its value is not shown. Invariant 5
 */
export function shownUndescribed(key: string, raw: StringMap): string {
  if (looksSecret(key)) return HIDDEN;
  const isKnown = OF_TASKS.has(key) || PREFIXES.some((prefix) => key.startsWith(prefix));
  return isKnown ? maskSecrets(raw[key] ?? "null", []) : "(no key of this connector: value not shown)";
}

/** What a start is announced with, as Kafka Connect 4 does: `JdbcSourceConnectorConfig values:`. */
export function valuesTitle(connectorClass: string): string {
  return `${connectorClass.slice(Math.max(connectorClass.lastIndexOf("."), connectorClass.lastIndexOf("$")) + 1)}Config values:`;
}

/** The keys of a map that some spec does not describe. */
export function undescribed(spec: ConfigSpec, raw: StringMap): readonly string[] {
  return Object.keys(raw).filter((key) => !Object.hasOwn(spec, key));
}
