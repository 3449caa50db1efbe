/** What the engine itself reads of a connector's and the worker's config to run a task; for sinks `sink_settings.ts` goes on. */
import { sourceConnectorKeys } from "../config/connector_keys.ts";
import { type ConfigOf, type ConfigSpec, field, type StringMap } from "../config/field.ts";
import { parseConfig } from "../config/parse.ts";
import type { TaskSpec } from "../link/messages.ts";
import { ConfigError } from "../sdk/errors.ts";

/** How failures of single records are treated; keys `errors.*`. */
export interface ErrorSettings {
  readonly tolerance: "none" | "all";
  /** 0 = no retries, -1 = without end. */
  readonly retryTimeoutMs: number;
  readonly retryMaxDelayMs: number;
  readonly logErrors: boolean;
  readonly logRecords: boolean;
}

/** Settings of a source task, parsed. */
export interface TaskSettings {
  readonly errors: ErrorSettings;
  /** How often source offsets go to the parent. */
  readonly flushIntervalMs: number;
  /** How long a failed task waits for its last acknowledgements. */
  readonly flushTimeoutMs: number;
  /** Whether `topic.creation.*` of the connector is honoured. */
  readonly topicCreation: boolean;
}

const { "errors.tolerance": tolerance, "errors.retry.timeout": retryTimeout, "errors.retry.delay.max.ms": retryDelay } =
  sourceConnectorKeys;
const { "errors.log.enable": logEnable, "errors.log.include.messages": logMessages } = sourceConnectorKeys;

const errorKeys = {
  "errors.tolerance": tolerance,
  "errors.retry.timeout": retryTimeout,
  "errors.retry.delay.max.ms": retryDelay,
  "errors.log.enable": logEnable,
  "errors.log.include.messages": logMessages,
};

/** How often offsets are kept, and how long is waited for that at the end. */
export const flushKeys = {
  "offset.flush.interval.ms": field.long({
    importance: "LOW",
    default: 1000, // Kafka Connect 4: 60 s; a write to SQLite costs so much less than one to a topic, and a crash repeats less
    doc: "How often source offsets are stored and sink offsets committed, in ms.",
  }),
  "offset.flush.timeout.ms": field.long({
    importance: "LOW",
    default: 5000, // Kafka Connect 4
    doc: "How long a failed task waits for its last acknowledgements or its last commit, in ms.",
  }),
};

const workerKeys = {
  ...flushKeys,
  "topic.creation.enable": field.boolean({
    importance: "LOW",
    default: true, // Kafka Connect 4
    doc: "Whether topic.creation.* of source connectors is honoured.",
  }),
};

/** Reads the settings; a value that cannot be read is a `ConfigError` with every problem in it. */
export function taskSettings(spec: TaskSpec): TaskSettings {
  const worker = parsed(workerKeys, spec.workerConfig);
  return {
    errors: errorSettings(spec),
    flushIntervalMs: worker["offset.flush.interval.ms"],
    flushTimeoutMs: worker["offset.flush.timeout.ms"],
    topicCreation: worker["topic.creation.enable"],
  };
}

/** Reads `errors.*` of the connector, but for the dead letter queue. */
export function errorSettings({ connectorConfig }: Pick<TaskSpec, "connectorConfig">): ErrorSettings {
  const errors = parsed(errorKeys, connectorConfig);
  return {
    tolerance: errors["errors.tolerance"] === "all" ? "all" : "none",
    retryTimeoutMs: errors["errors.retry.timeout"],
    retryMaxDelayMs: errors["errors.retry.delay.max.ms"],
    logErrors: errors["errors.log.enable"],
    logRecords: errors["errors.log.include.messages"],
  };
}

/** Reads every key of a spec, or throws a `ConfigError` that names all that is wrong. */
export function parsed<S extends ConfigSpec>(spec: S, raw: StringMap): ConfigOf<S> {
  const config = parseConfig(spec, raw);
  if (config.ok) return config.values;
  throw new ConfigError(config.problems.map((problem) => problem.message).join("\n"));
}

/**
 * Properties of a task's producer, later ones winning: the worker's address and the client id, the worker's `producer.*`, the
 * connector's `producer.override.*` (Kafka Connect 4, Worker.baseProducerConfigs). What is not given is the producer's own
 * default, which is idempotent where Connect's has one request in flight.
 */
export function producerProperties(spec: TaskSpec, clientId: string): Record<string, string> {
  return {
    "bootstrap.servers": bootstrapServers(spec.workerConfig),
    "client.id": clientId,
    ...layeredProperties(spec, "producer."),
  };
}

/** Properties of a task's admin client: the worker's own, its `admin.*`, the connector's `admin.override.*` (Kafka Connect 4, Worker.adminConfigs). */
export function adminProperties(spec: Pick<TaskSpec, "workerConfig" | "connectorConfig">, clientId: string): Record<string, string> {
  const plain = Object.entries(spec.workerConfig).filter(([key]) => !/^(admin|producer|consumer)\./.test(key) && isClientKey(key));
  return {
    "bootstrap.servers": bootstrapServers(spec.workerConfig),
    "client.id": clientId,
    ...withoutNulls(Object.fromEntries(plain)),
    ...layeredProperties(spec, "admin."),
  };
}

/** The part of a map whose keys begin with `prefix`, without it. */
export function withPrefix(config: StringMap, prefix: string): Record<string, string | null> {
  const part: Record<string, string | null> = {};
  for (const [key, value] of Object.entries(config)) if (key.startsWith(prefix)) part[key.slice(prefix.length)] = value;
  return part;
}

/** The worker's keys under the prefix, and over them the connector's under `PREFIXoverride.`. */
export function layeredProperties(
  spec: Pick<TaskSpec, "workerConfig" | "connectorConfig">,
  prefix: "producer." | "consumer." | "admin.",
): Record<string, string> {
  return {
    ...withoutNulls(withPrefix(spec.workerConfig, prefix)),
    ...withoutNulls(withPrefix(spec.connectorConfig, `${prefix}override.`)),
  };
}

/** Of the worker's own keys those that a Kafka client knows; Java passes all and lets the client warn about the rest. */
function isClientKey(key: string): boolean {
  return /^(security\.|ssl\.|sasl\.|client\.|request\.|retry\.|retries$|reconnect\.|connections\.|metadata\.|socket\.|send\.buffer|receive\.buffer)/
    .test(key);
}

/** Where Kafka is. */
export function bootstrapServers(workerConfig: StringMap): string {
  return workerConfig["bootstrap.servers"] ?? "localhost:9092"; // Kafka Connect 4
}

function withoutNulls(config: StringMap): Record<string, string> {
  const given: Record<string, string> = {};
  for (const [key, value] of Object.entries(config)) if (value !== null) given[key] = value;
  return given;
}
