/** From what a connector's `split` gives to the task configs that are stored, and back to what a task is handed. */
import type { StringMap } from "../config/field.ts";
import { WorkerError } from "./api.ts";

/** `${provider:key}` or `${provider:path:key}` (Kafka, ConfigTransformer). */
const VARIABLE = /\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}/;

/** Copied from the connector to each of its tasks (Kafka Connect 4, Worker.connectorTaskConfigs). */
const COPIED_KEYS = ["topics", "topics.regex"];

/** Whether a value refers to a config provider. */
export function hasVariable(text: string | null | undefined): boolean {
  return typeof text === "string" && VARIABLE.test(text);
}

/**
 * The configs to store: each with its task class and the topics of the connector, and with the text as it was written wherever
 * the connector's own value held a variable, so that what a provider gave is never stored. Invariant 5
 */
export function taskConfigsToStore(connector: StringMap, split: readonly StringMap[], taskClass: string): readonly StringMap[] {
  const written = Object.entries(connector).filter(([, value]) => hasVariable(value));
  const copied = COPIED_KEYS.flatMap((key) => typeof connector[key] === "string" ? [[key, connector[key]] as const] : []);
  return split.map((config) => {
    const unresolved = written.filter(([key]) => Object.hasOwn(config, key));
    return { ...config, "task.class": taskClass, ...Object.fromEntries(copied), ...Object.fromEntries(unresolved) };
  });
}

/** Refuses a config that relies on a declared config provider: it would be handed the reference itself as, say, a password. */
export function refuseProviders(config: StringMap, providers: readonly string[]): void {
  for (const [key, value] of Object.entries(config)) {
    const used = providers.find((provider) => value?.includes(`\${${provider}:`));
    if (used === undefined) continue;
    throw new WorkerError(
      "invalid",
      `Cannot resolve "${key}", as this version knows no config providers ("${used}"): write the value itself`,
    );
  }
}

/** Whether two lists hold the same configs, the order of keys aside. */
export function sameConfigs(a: readonly StringMap[], b: readonly StringMap[]): boolean {
  return a.length === b.length && a.every((config, task) => sameConfig(config, b[task] ?? {}));
}

/** Whether two configs hold the same values, the order of keys aside. */
export function sameConfig(a: StringMap, b: StringMap): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}

/** Text of Kafka Connect 4 (TooManyTasksException). */
export function tooManyTasks(name: string, count: number, max: number): string {
  return `The connector ${name} has generated ${count} tasks, which is greater than ${max}, the maximum number of tasks it is configured to ` +
    "create. This behaviour should be considered a bug and is disallowed. If necessary, it can be permitted by reconfiguring the connector with " +
    "'tasks.max.enforce' set to false; however, this option will be removed in a future release of Kafka Connect.";
}
