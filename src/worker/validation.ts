/** Judges a connector's config: what `PUT …/config/validate` answers, and what a create or change is refused for. */
import type { Problem, StringMap } from "../config/field.ts";
import { javaMap, javaTrim } from "../config/java_text.ts";
import { splitList } from "../config/parse.ts";
import { HIDDEN } from "../config/render.ts";
import { looksSecret, maskSecrets, secretsOf } from "../config/secret.ts";
import { validateSpec } from "../config/validate.ts";
import { aliasRows } from "./alias_rows.ts";
import { type Validation, WorkerError } from "./api.ts";
import { resolveClass } from "./class_rules.ts";
import { overrideRows } from "./client_overrides.ts";
import { CONVERTER_KEYS, converterKind, frameworkSpec } from "./connector_spec.ts";
import { converterRows } from "./converter_rows.ts";
import { checkExactlyOnce, checkSink, type FullMatch } from "./cross_rules.ts";
import type { ConnectorPlugin } from "./plugin_set.ts";
import type { Plugins } from "./plugins.ts";
import { type Row, Rows, toRow, toValidation } from "./validation_rows.ts";

/** What a validation needs besides the config. */
export interface ValidationContext {
  readonly plugins: Plugins;
  /** The worker's properties: default converters, override policy, group, config providers. */
  readonly workerConfig: StringMap;
  /**
   * Runs the connector's own `check` in a host, under the deadline of the request; called only for connectors that have one.
   * What it throws becomes the answer: a `WorkerError` as it is, anything else as invalid with its message.
   */
  readonly check: (connectorClass: string, connector: string, config: StringMap) => Promise<readonly Problem[]>;
  /** Runs a user's regex in a host. Needed for sinks; without it what depends on it is not judged. */
  readonly fullMatch?: FullMatch;
}

const NULL_VALUE = "Null value can not be supplied as the configuration value.";

/** Validates for `PUT /connector-plugins/{plugin}/config/validate`: the class in the body must fit the plugin in the path. */
export function validateRequest(plugin: string, config: StringMap, context: ValidationContext): Promise<Validation> {
  const included = config["connector.class"] ?? undefined;
  if (included !== undefined && !withoutEnding(included).endsWith(withoutEnding(plugin))) {
    throw new WorkerError("invalid", `Included connector type ${included} does not match request type ${plugin}`);
  }
  return validateConnector(config, context).catch((error) => {
    throw wrapped(error);
  });
}

/**
 * A refusal inside of validation comes out of a distributed worker as a fault of the server, with the class of the refusal in front
 * (seen on Kafka Connect 4.2, where POST and PUT of the same config answer 400 with the text alone).
 */
function wrapped(error: unknown): unknown {
  if (!(error instanceof WorkerError) || error.code !== "invalid") return error;
  const message = `org.apache.kafka.connect.runtime.rest.errors.BadRequestException: ${error.message}`;
  return new WorkerError("internal", message, { cause: error });
}

/** One ending "Connector" less, if something is left then. */
function withoutEnding(name: string): string {
  return name.length > "Connector".length && name.endsWith("Connector") ? name.slice(0, -"Connector".length) : name;
}

/** Judges every key of a config. Throws invalid when there is no connector to judge it for. */
export async function validateConnector(config: StringMap, context: ValidationContext): Promise<Validation> {
  const className = config["connector.class"] ?? undefined;
  if (className === undefined) throw new WorkerError("invalid", `Connector config ${javaMap(masked(config))} contains no connector type`);
  const connector = context.plugins.requireConnector(className);
  const rows = new Rows();
  const framework = frameworkSpec(connector, config, context.plugins, context.workerConfig);
  for (const row of validateSpec(framework, config).rows.map(toRow)) rows.put(resolveConverter(row, config, context.plugins));
  for (const row of aliasRows(config, context.plugins)) rows.put(row);
  if (connector.kind === "source") checkExactlyOnce(config, rows);
  else await checkSink(config, context.workerConfig["group.id"] ?? "connect-cluster", context.fullMatch, rows);
  for (const row of validateSpec(connector.config, config).rows) rows.put(toRow(row));
  for (const [key, value] of Object.entries(config)) if (value === null) rows.fail(key, NULL_VALUE, null);
  for (const { key, message } of await ownProblems(connector, config, context)) rows.fail(key, message, config[key] ?? null);
  const sections = [...overrideRows(connector.kind, config, context.workerConfig), ...converterRows(config, context.plugins)];
  const secrets = secretsOf({ ...framework, ...connector.config }, config);
  const finish = (row: Row) => withoutSecrets(withReference(row, config, context.workerConfig), secrets);
  return toValidation(className, rows.all().map(finish), sections.map(finish));
}

/** Throws invalid with the sentence Kafka Connect gives for a config that has errors. */
export function refuseInvalid(validation: Validation): void {
  if (validation.errorCount === 0) return;
  const errors = validation.configs.flatMap((row) => row.value?.errors ?? []);
  throw new WorkerError(
    "invalid",
    [
      `Connector configuration is invalid and contains the following ${validation.errorCount} error(s):`,
      ...errors,
      "You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`",
    ].join("\n"),
  );
}

function resolveConverter(row: Row, config: StringMap, plugins: Plugins): Row {
  const key = CONVERTER_KEYS.find((name) => name === row.value.name);
  return key === undefined ? row : resolveClass(row, converterKind(key), config[key], plugins);
}

async function ownProblems(connector: ConnectorPlugin, config: StringMap, context: ValidationContext): Promise<readonly Problem[]> {
  if (connector.check === undefined) return [];
  try {
    return await context.check(connector.class, javaTrim(config["name"] ?? ""), config);
  } catch (error) {
    if (error instanceof WorkerError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new WorkerError("invalid", maskSecrets(message, secretsOf(connector.config, config)), { cause: error });
  }
}

/**
 * A value that refers to a config provider is judged where it is resolved, in the task that needs it: here it stands as written.
 * Text that only looks like a reference (`${topic}`) is a value like any other.
 */
function withReference(row: Row, config: StringMap, workerConfig: StringMap): Row {
  const text = config[row.value.name];
  const providers = splitList(javaTrim(workerConfig["config.providers"] ?? ""));
  if (typeof text !== "string" || !providers.some((provider) => text.includes(`\${${provider}:`))) return row;
  return { definition: row.definition, value: { ...row.value, value: row.definition?.type === "PASSWORD" ? HIDDEN : text, errors: [] } };
}

/** Invariant 5 */
function withoutSecrets(row: Row, secrets: readonly string[]): Row {
  const { value, errors, name } = row.value;
  const shown = row.definition === null && value !== null && looksSecret(name) ? HIDDEN : value;
  return {
    definition: row.definition,
    value: {
      ...row.value,
      // Other keys may rightly hold the same text as a password, a user name for one: in values only the secret's own places are hidden.
      value: shown === null ? null : maskSecrets(shown, []),
      errors: errors.map((error) => maskSecrets(error, secrets)),
    },
  };
}

/** A config of unknown class, for a message: secrets can only be told by the names of their keys. */
function masked(config: StringMap): StringMap {
  const secrets = secretsOf({}, config);
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, value === null ? null : looksSecret(key) ? HIDDEN : maskSecrets(value, secrets)]),
  );
}
