/**
 * What crosses between the parent and its children, one JSON object per line. Records never do.
 * Every message about a task carries its `generation`: a number the parent raises at each start, so that what a replaced
 * task still says is told apart from what its successor says.
 */
import type { StringMap } from "../config/field.ts";

/** Which task of which connector; `generation` tells this start from earlier ones. */
export interface TaskRef {
  readonly connector: string;
  readonly task: number;
  readonly generation: number;
}

/** All that a host needs to run a task. Held in memory only, as config providers are resolved in it. */
export interface TaskSpec {
  /** Full class name, as in the registry. */
  readonly connectorClass: string;
  /** The task's own config, as `split` made it, resolved. */
  readonly config: StringMap;
  /** The connector's config, resolved: converters, error handling, topic creation, client overrides. */
  readonly connectorConfig: StringMap;
  /** The worker's properties: converters, `producer.`, `bootstrap.servers` and so on. */
  readonly workerConfig: StringMap;
  /** The connector's config, unresolved, for what is logged at start. */
  readonly shownConfig: StringMap;
}

/** An error as it crosses: enough for a trace and for telling the kinds apart. */
export interface WireError {
  /** Java class name, the first word of a trace. */
  readonly javaClass: string;
  readonly message: string;
  /** Whole trace in Java's form: class, message, frames, causes; ends in a line feed. */
  readonly trace: string;
  readonly retriable: boolean;
}

/** One source partition and its offset, both as JSON text; null forgets the partition. */
export type OffsetEntry = readonly [partition: string, offset: string | null];

/** Work that may block, done in the service host under a deadline. */
export type ServiceRequest =
  | { readonly what: "check"; readonly connectorClass: string; readonly connector: string; readonly config: StringMap }
  | {
    readonly what: "split";
    readonly connectorClass: string;
    readonly connector: string;
    readonly config: StringMap;
    readonly maxTasks: number;
  }
  | {
    readonly what: "alterOffsets";
    readonly connectorClass: string;
    readonly config: StringMap;
    /** Partition and offset as JSON text, or null. */
    readonly offsets: readonly (readonly [string | null, string | null])[];
  }
  | { readonly what: "clusterId"; readonly workerConfig: StringMap }
  /** Whether each text as a whole matches a user's regex, in Java's syntax. */
  | { readonly what: "fullMatch"; readonly regex: string; readonly texts: readonly string[] }
  /** The committed offsets of a sink connector's group. */
  | { readonly what: "sinkOffsets"; readonly workerConfig: StringMap; readonly connectorConfig: StringMap; readonly connector: string }
  /** Sets the offsets of a sink's group; null offset = forget that partition; null offsets = forget all, the group with them. */
  | {
    readonly what: "alterSinkOffsets";
    readonly connectorClass: string;
    readonly connector: string;
    readonly workerConfig: StringMap;
    readonly connectorConfig: StringMap;
    readonly offsets: readonly SinkOffset[] | null;
  };

/** An offset of a sink connector's group in one partition. */
export interface SinkOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | null;
}

/** What the child with the embedded broker is asked. */
export type BrokerRequest =
  /** Port 0: any free one. `orNext`: a taken port is no error, the next free one is used. */
  | { readonly what: "broker.open"; readonly host: string; readonly port: number; readonly orNext: boolean }
  | { readonly what: "broker.topic"; readonly topic: string; readonly partitions: number };

/** What each of its requests gives back. */
export interface BrokerAnswers {
  /** Where it listens. */
  "broker.open": { readonly host: string; readonly port: number };
  "broker.topic": "created" | "exists";
}

/** What each request gives back. */
export interface ServiceAnswers {
  /** Problems beyond those of single values. */
  check: readonly { readonly key: string; readonly message: string }[];
  /** One raw config per task. */
  split: readonly StringMap[];
  /** Whether the connector took care of the offsets itself. */
  alterOffsets: boolean;
  /** null: the broker does not tell. Fails while Kafka cannot be reached. */
  clusterId: string | null;
  fullMatch: readonly boolean[];
  sinkOffsets: readonly SinkOffset[];
  /** Whether the connector took care of the offsets itself. */
  alterSinkOffsets: boolean;
}

/** Parent to child. */
export type ToHost =
  /** First message: what the child needs to know of the worker. */
  | {
    readonly do: "hello";
    readonly role: "tasks" | "service";
    readonly logLevel: string;
    readonly logFormat: "text" | "json";
    readonly secrets: readonly string[];
    readonly embeddedKafka: boolean;
  }
  | { readonly do: "ping"; readonly at: number }
  | { readonly do: "start"; readonly task: TaskRef; readonly spec: TaskSpec; readonly paused: boolean }
  /** Ends the task: last acknowledgements awaited, last offsets sent, until `deadlineMs` from now; then `ended`. */
  | { readonly do: "stop"; readonly task: TaskRef; readonly deadlineMs: number }
  | { readonly do: "pause" | "resume"; readonly task: TaskRef }
  | { readonly do: "call"; readonly call: number; readonly request: ServiceRequest; readonly deadlineMs: number }
  | { readonly do: "broker"; readonly call: number; readonly request: BrokerRequest }
  /** Answers `offsets.read` and `topic.create`. */
  | { readonly do: "answer"; readonly call: number; readonly ok?: unknown; readonly error?: WireError }
  | { readonly do: "log"; readonly logger: string; readonly level: string }
  /** Values to be hidden in this child's log from now on. */
  | { readonly do: "secrets"; readonly values: readonly string[] }
  | { readonly do: "exit" };

/** Child to parent. */
export type FromHost =
  | { readonly is: "ready"; readonly pid: number }
  /** `rssBytes`: resident memory of the child. */
  | { readonly is: "pong"; readonly at: number; readonly rssBytes: number }
  | { readonly is: "state"; readonly task: TaskRef; readonly state: "RUNNING" | "PAUSED" }
  /** It has released everything, its last offsets were sent before; a `stop` is still answered with `ended`. */
  | { readonly is: "failed"; readonly task: TaskRef; readonly error: WireError }
  /** The task is gone; its last offsets were sent before. `clean`: stopped before the deadline. */
  | { readonly is: "ended"; readonly task: TaskRef; readonly clean: boolean }
  /** To be stored; the newest wins. */
  | { readonly is: "offsets"; readonly task: TaskRef; readonly entries: readonly OffsetEntry[] }
  /** Topics this task has written to for the first time since it started, or read from since it started or last committed. */
  | { readonly is: "topics"; readonly task: TaskRef; readonly topics: readonly string[] }
  /** Answered with an array: for each partition, in the order asked, its offset as JSON text, or null. */
  | { readonly is: "offsets.read"; readonly call: number; readonly connector: string; readonly partitions: readonly string[] }
  /** Only with an embedded broker, which answers no admin request. Answered with "created" or "exists". */
  | { readonly is: "topic.create"; readonly call: number; readonly topic: string; readonly partitions: number }
  | { readonly is: "answer"; readonly call: number; readonly ok?: unknown; readonly error?: WireError };
