/** The worker's own keys: what is read here, what goes on to clients and converters, and what means nothing in this worker. */
import { type ConfigOf, type ConfigSpec, field, type Problem, type StringMap } from "../config/field.ts";
import { parseConfig } from "../config/parse.ts";
import { oneOf, range } from "../config/validators.ts";

/** Keys the worker itself reads, with Kafka Connect 4's defaults unless said. Unknown keys are never an error: they go to clients and plugins. */
export const workerKeys = {
  "bootstrap.servers": field.list({
    importance: "HIGH",
    default: ["localhost:9092"],
    doc: "Brokers, host:port, separated by commas; used by every connector that does not override them.",
  }),
  "key.converter": field.class({ importance: "HIGH", doc: "Converter of record keys where a connector names none." }),
  "value.converter": field.class({ importance: "HIGH", doc: "Converter of record values where a connector names none." }),
  "header.converter": field.class({
    importance: "LOW",
    default: "org.apache.kafka.connect.storage.SimpleHeaderConverter",
    doc: "Converter of record headers where a connector names none.",
  }),
  "security.protocol": field.string({
    importance: "MEDIUM",
    default: "PLAINTEXT",
    validate: oneOf("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    doc: "How the worker itself talks to brokers; connectors need it under producer. as well, as in Kafka Connect.",
  }),
  "sasl.mechanism": field.string({
    importance: "MEDIUM",
    default: null,
    validate: knownMechanism,
    doc: "How the worker itself logs in: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER.",
  }),
  "group.id": field.string({
    importance: "HIGH",
    default: null,
    doc: "Name of the cluster of workers; a sink connector's consumer group may not have the same.",
  }),
  "offset.flush.interval.ms": field.long({
    importance: "LOW",
    default: 1000, // Kafka Connect 4: 60 s; a write to SQLite costs so much less than one to a topic
    doc: "How often tasks have their source offsets stored, in ms.",
  }),
  "offset.flush.timeout.ms": field.long({
    importance: "LOW",
    default: 5000,
    doc: "How long a task that has failed waits for its last acknowledgements, in ms.",
  }),
  "task.shutdown.graceful.timeout.ms": field.long({
    importance: "LOW",
    default: 5000,
    validate: range({ min: 0 }),
    doc: "How long tasks have to stop, all of them together, in ms.",
  }),
  "topic.creation.enable": field.boolean({
    importance: "LOW",
    default: true,
    doc: "Whether topic.creation.* of source connectors is honoured.",
  }),
  "topic.tracking.enable": field.boolean({ importance: "LOW", default: true, doc: "Whether the topics each connector uses are recorded." }),
  "topic.tracking.allow.reset": field.boolean({ importance: "LOW", default: true, doc: "Whether that record may be cleared over REST." }),
  "config.providers": field.list({ importance: "LOW", default: [], doc: "Names of config providers." }),
  "rest.advertised.host.name": field.string({ importance: "LOW", default: null, doc: "Host in the worker's id." }),
  "rest.advertised.port": field.int({ importance: "LOW", default: null, doc: "Port in the worker's id." }),
  "sluice.task.hosts": field.int({
    importance: "MEDIUM",
    default: null,
    validate: range({ min: 1, optional: true }),
    doc: "Most processes that tasks share; the number of processor cores when not given.",
  }),
  "sluice.host.memory.max.bytes": field.long({
    importance: "MEDIUM",
    default: 2 * 1024 ** 3, // eight times what a connector at full speed needs
    validate: range({ min: 0 }),
    doc: "Resident memory at which a process that runs tasks is ended, in bytes; 0 = no limit.",
  }),
  "sluice.host.heartbeat.timeout.ms": field.long({
    importance: "LOW",
    default: 20_000, // echoes take up to 1.1 s on saturated cores
    validate: range({ min: 4000 }),
    doc: "Silence after which a process that runs tasks is ended, in ms. A single call that blocks longer is fatal to its task.",
  }),
  "sluice.rest.secrets": field.string({
    importance: "MEDIUM",
    default: "shown",
    validate: oneOf("shown", "masked"),
    doc: "Whether REST gives connector configs back as written, or with secrets masked; a mask that is put back means unchanged.",
  }),
} as const satisfies ConfigSpec;

/** The worker's config, parsed. */
export type WorkerConfig = ConfigOf<typeof workerKeys>;

/** Reads the worker's properties; problems are whole sentences, all of them at once. */
export function readWorkerConfig(
  properties: StringMap,
): { readonly ok: true; readonly config: WorkerConfig } | { readonly ok: false; readonly problems: readonly Problem[] } {
  const parsed = parseConfig(workerKeys, properties);
  const refused = refusedKeys(properties);
  if (parsed.ok && refused.length === 0) return { ok: true, config: parsed.values };
  return { ok: false, problems: [...parsed.ok ? [] : parsed.problems, ...refused] };
}

/** Keys that are accepted and mean nothing here, for one line in the log. */
export function meaninglessKeys(properties: StringMap): readonly string[] {
  return Object.keys(properties).filter((key) => MEANINGLESS.has(key) || MEANINGLESS_PREFIXES.some((prefix) => key.startsWith(prefix)));
}

/** What a file asks for and this worker cannot give, though it starts: one sentence each. */
export function lostGuarantees(properties: StringMap): readonly string[] {
  const exactlyOnce = properties["exactly.once.source.support"]?.trim() ?? "disabled";
  if (exactlyOnce === "disabled" || exactlyOnce === "preparing") return [];
  return [`exactly.once.source.support=${exactlyOnce} cannot be given: source records are delivered at least once`];
}

/** Mechanisms librdkafka is built with here. */
const MECHANISMS = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"];

/** Kerberos would be found out only at the first connection. */
function knownMechanism(value: string | null, name: string): readonly string[] {
  if (value === null || MECHANISMS.includes(value)) return [];
  const reason = value === "GSSAPI" ? "Kerberos is not supported" : "the mechanism is not known";
  return [`Invalid value ${value} for configuration ${name}: ${reason}; use one of ${MECHANISMS.join(", ")}`];
}

/** Java's class path and reporters, a cluster's internal topics and its group: there is one process, and one file instead of topics. */
const MEANINGLESS = new Set([
  "plugin.path",
  "plugin.discovery",
  "metric.reporters",
  "metrics.num.samples",
  "metrics.sample.window.ms",
  "metrics.recording.level",
  "auto.include.jmx.reporter",
  "offset.storage.file.filename",
  "session.timeout.ms",
  "heartbeat.interval.ms",
  "rebalance.timeout.ms",
  "worker.sync.timeout.ms",
  "worker.unsync.backoff.ms",
  "connect.protocol",
  "scheduled.rebalance.max.delay.ms",
  "exactly.once.source.support",
  "rest.advertised.listener",
  "rest.host.name",
  "rest.port",
  "internal.key.converter",
  "internal.value.converter",
  "ssl.keymanager.algorithm",
  "ssl.trustmanager.algorithm",
  "ssl.secure.random.implementation",
  "ssl.engine.factory.class",
  "ssl.provider",
]);
const MEANINGLESS_PREFIXES = [
  "config.storage.",
  "offset.storage.",
  "status.storage.",
  "inter.worker.",
  "internal.key.converter.",
  "internal.value.converter.",
  "metrics.context.",
];

/** What must not be passed over in silence: a REST extension may be what asks for a password. */
function refusedKeys(properties: StringMap): readonly Problem[] {
  const key = "rest.extension.classes";
  const extensions = properties[key]?.trim() ?? "";
  if (extensions === "") return [];
  return [{
    key,
    message:
      `Invalid value ${extensions} for configuration ${key}: REST extensions are Java classes, which this worker cannot load; remove the key, ` +
      "and where it asked for a login put a proxy in front that does",
  }];
}
