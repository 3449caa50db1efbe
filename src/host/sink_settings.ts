/** What the engine itself reads of a connector's and the worker's config to run a sink task. */
import { sinkConnectorKeys } from "../config/connector_keys.ts";
import { type ConfigSpec, field } from "../config/field.ts";
import { compileJavaRegex } from "../config/regex/java_regex.ts";
import { range } from "../config/validators.ts";
import type { TaskSpec } from "../link/messages.ts";
import { ConfigError } from "../sdk/errors.ts";
import { bootstrapServers, type ErrorSettings, errorSettings, flushKeys, layeredProperties, parsed } from "./task_settings.ts";

/** Most bytes of keys and values that are read at a time, which is two times in memory: one part is put while the next is read. */
const MAX_READ_BYTES = 16 << 20;

/** Where records that failed go; keys `errors.deadletterqueue.*`. */
export interface DeadLetterSettings {
  readonly topic: string;
  readonly replicationFactor: number;
  /** Whether each gets the headers `__connect.errors.…`. */
  readonly contextHeaders: boolean;
}

/** Which topics a connector reads. */
export type TopicChoice = { readonly names: readonly string[] } | { readonly matches: (topic: string) => boolean };

/** Settings of a sink task, parsed. */
export interface SinkSettings {
  readonly errors: ErrorSettings;
  readonly deadLetters: DeadLetterSettings | null;
  readonly topics: TopicChoice;
  /** How often offsets are committed. */
  readonly flushIntervalMs: number;
  /** How long a last commit is tried again, and how long a failed task is waited for. */
  readonly flushTimeoutMs: number;
  /** Most that one `put` gets. */
  readonly maxRecords: number;
  readonly maxBytes: number;
  /** How often topics are looked up for `topics.regex`. */
  readonly topicsAgeMs: number;
}

const { topics, "topics.regex": topicsRegex, "errors.deadletterqueue.topic.name": deadTopic } = sinkConnectorKeys;
const { "errors.deadletterqueue.topic.replication.factor": deadFactor } = sinkConnectorKeys;
const { "errors.deadletterqueue.context.headers.enable": deadHeaders } = sinkConnectorKeys;

const sinkKeys = {
  // Without its own rule: what this list makes of empty and doubled names, Kafka Connect's tasks make of it too.
  topics: field.list({ importance: topics.importance, default: [], doc: topics.doc }),
  "topics.regex": topicsRegex,
  "errors.deadletterqueue.topic.name": deadTopic,
  "errors.deadletterqueue.topic.replication.factor": deadFactor,
  "errors.deadletterqueue.context.headers.enable": deadHeaders,
} as const satisfies ConfigSpec;

/** Keys of Java's consumer that the loop itself goes by. */
const consumerKeys = {
  "max.poll.records": field.int({
    importance: "MEDIUM",
    // Java: 500. Batches of thousands are what makes a database fast, and columns make them cheap.
    default: 10_000,
    validate: range({ min: 1 }),
    doc: "Most records of one put.",
  }),
  "metadata.max.age.ms": field.long({
    importance: "LOW",
    default: 300_000, // Java's consumer
    validate: range({ min: 1 }),
    doc: "How often topics are looked up for topics.regex, in ms.",
  }),
};

/** Reads the settings; a value that cannot be read is a `ConfigError` with every problem in it. */
export function sinkSettings(spec: TaskSpec): SinkSettings {
  const sink = parsed(sinkKeys, spec.connectorConfig);
  const worker = parsed(flushKeys, spec.workerConfig);
  const consumer = parsed(consumerKeys, layeredProperties(spec, "consumer."));
  const topic = sink["errors.deadletterqueue.topic.name"]?.trim() ?? "";
  return {
    errors: errorSettings(spec),
    deadLetters: topic === "" ? null : {
      topic,
      replicationFactor: sink["errors.deadletterqueue.topic.replication.factor"],
      contextHeaders: sink["errors.deadletterqueue.context.headers.enable"],
    },
    topics: topicChoice(sink.topics, sink["topics.regex"]),
    flushIntervalMs: worker["offset.flush.interval.ms"],
    flushTimeoutMs: worker["offset.flush.timeout.ms"],
    maxRecords: consumer["max.poll.records"],
    maxBytes: MAX_READ_BYTES,
    topicsAgeMs: consumer["metadata.max.age.ms"],
  };
}

/** The group of a sink connector: `connect-NAME` (Kafka Connect 4, SinkUtils) unless worker or connector override it. */
export function groupOf(spec: Pick<TaskSpec, "workerConfig" | "connectorConfig">, connector: string): string {
  return layeredProperties(spec, "consumer.")["group.id"] ?? `connect-${connector}`;
}

/**
 * Properties of a task's consumer, later ones winning: the worker's address, group and client id, the worker's `consumer.*`, the
 * connector's `consumer.override.*` (Kafka Connect 4, Worker.baseConsumerConfigs).
 */
export function consumerProperties(spec: TaskSpec, connector: string, task: number): Record<string, string> {
  return {
    "bootstrap.servers": bootstrapServers(spec.workerConfig),
    "group.id": `connect-${connector}`,
    "client.id": `connector-consumer-${connector}-${task}`,
    "auto.offset.reset": "earliest",
    ...layeredProperties(spec, "consumer."),
  };
}

/** Kafka Connect 4, SinkConnectorConfig: its words. */
function topicChoice(list: readonly string[], regex: string | null): TopicChoice {
  const names = [...new Set(list.map((name) => name.trim()).filter((name) => name !== ""))];
  const pattern = regex?.trim() ?? "";
  if (names.length > 0 && pattern !== "") {
    throw new ConfigError("topics and topics.regex are mutually exclusive options, but both are set.");
  }
  if (pattern !== "") return { matches: compileJavaRegex(pattern) };
  if (names.length === 0) throw new ConfigError("Must configure one of topics or topics.regex");
  return { names };
}
