/** The worker's own keys: what is read here, what goes on to clients and converters, and what means nothing in this worker. */
import { type ConfigOf, type ConfigSpec, field, type Problem, type StringMap } from "../config/field.ts";
import { parseConfig } from "../config/parse.ts";
import { oneOf, range } from "../config/validators.ts";

/** Keys the worker itself reads, with Kafka Connect 4's defaults unless said. Unknown keys are never an error: they go to clients and plugins. */
export const workerKeys = {
  "bootstrap.servers": field.list({
    importance: "HIGH",
    default: ["localhost:9092"],
    validate: brokerAddresses,
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
    validate: range({ min: 1, max: 256, optional: true }),
    doc: "Most processes that tasks share; the number of processor cores when not given.",
  }),
  "sluice.host.memory.max.bytes": field.long({
    importance: "MEDIUM",
    default: 2 * 1024 ** 3, // eight times what a connector at full speed needs
    validate: hostMemory,
    doc: "Resident memory at which a process that runs tasks is ended, in bytes; 0 = no limit, else at least 128 MiB.",
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

/** A process that runs tasks needs some 70 MB for itself: with less every one would be ended at once. */
const LEAST_HOST_BYTES = 128 * 1024 ** 2;

function hostMemory(value: number | null, name: string): readonly string[] {
  if (value === null || value === 0 || value >= LEAST_HOST_BYTES) return [];
  return [`Invalid value ${value} for configuration ${name}: Value must be 0, for no limit, or at least ${LEAST_HOST_BYTES}`];
}

/** Texts of Kafka's ClientUtils.parseAndValidateAddresses, with the way out. */
function brokerAddresses(value: readonly string[] | null, name: string): readonly string[] {
  const items = (value ?? []).filter((item) => item !== "");
  if (items.length === 0) {
    return [`Invalid value [] for configuration ${name}: No bootstrap urls given; name at least one broker as host:port`];
  }
  const wrong = items.find((item) => {
    const port = Number(/^(?:[A-Za-z0-9_]+:\/\/)?(?:\[[^\]]+\]|[^:\s]+):(\d{1,5})$/.exec(item)?.[1]);
    return !(port >= 1 && port <= 65535);
  });
  return wrong === undefined ? [] : [`Invalid url in ${name}: ${wrong}; a broker is host:port with a port from 1 to 65535`];
}

/** What a file asks for and this worker cannot give, though it starts: one sentence each. */
export function lostGuarantees(properties: StringMap): readonly string[] {
  const exactlyOnce = properties["exactly.once.source.support"]?.trim() ?? "disabled";
  const lost = exactlyOnce === "disabled" || exactlyOnce === "preparing"
    ? []
    : [`exactly.once.source.support=${exactlyOnce} cannot be given: source records are delivered at least once`];
  const unsupported = UNSUPPORTED.filter((key) => (properties[key]?.trim() ?? "") !== "");
  return [...lost, ...unsupported.map((key) => `${key} is not supported by this version: the worker starts without it`)];
}

/** Keys that change what a client sees or who gets in, and do nothing here yet. */
const UNSUPPORTED = ["config.providers", "access.control.allow.origin", "response.http.headers.config", "admin.listeners"];

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
