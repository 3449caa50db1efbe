import type { RecordBatch } from "../data/batch.ts";
import type { SourceOffset, SourcePartition, SourceRecord } from "../data/record.ts";
import type { ConfigOf, ConfigSpec, Problem, StringMap } from "../config/field.ts";

/** Where a task writes its log lines. Fields become columns of the line; never put a payload or a secret into them. */
export interface TaskLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What the engine gives to code that checks or splits a config. */
export interface ConnectorContext {
  readonly connector: string;
  /** The config as it was written, config providers resolved: for keys that no spec can list, such as `connection.*` of a database driver. */
  readonly raw: StringMap;
  readonly log: TaskLog;
  /** Ends when the deadline of the request has passed. */
  readonly signal: AbortSignal;
}

/** What the engine gives to a source task at its start. */
export interface SourceContext extends ConnectorContext {
  readonly task: number;
  /** `errors.tolerance` of the connector: with "all" the task reports bad rows in `failures`, with "none" it throws. */
  readonly tolerance: "none" | "all";
  /** Aborted when the task is to stop: every wait must end then. */
  readonly signal: AbortSignal;
  /** The stored offsets of these partitions, in the same order; undefined where none is stored. */
  offsets(partitions: readonly SourcePartition[]): Promise<(SourceOffset | undefined)[]>;
  /**
   * Waits; returns early, without throwing, when the task is to stop or to pause, and once when something new is there for
   * `delivered`, which is told before the next `poll`: return from `poll` then rather than sleep on.
   */
  sleep(ms: number): Promise<void>;
  /** Milliseconds since the epoch; tests give their own. */
  now(): number;
}

/** A running source task: lives in a task host, is called by one loop, never concurrently. */
export interface SourceTask {
  /**
   * The next records, or null when there are none now. Waits a little itself when idle (`context.sleep`), else it is called
   * again at once. A batch stays untouched until the next call of `poll` or `stop`. A `RetriableError` is logged and polled
   * again after a pause, any other error fails the task. May also return plain rows.
   */
  poll(): Promise<RecordBatch | readonly SourceRecord[] | null> | RecordBatch | readonly SourceRecord[] | null;
  /**
   * Called once per batch, in the order of `poll`, when every record of it and of all earlier batches of its source
   * partition is acknowledged by Kafka, filtered or tolerated; `token` is the batch's, or the array of rows `poll` gave. Never
   * called for a batch that was lost with the task, nor for one cut short by a bad row. What it throws fails the task.
   */
  delivered?(token: unknown): void | Promise<void>;
  /** Called once, after the last `poll` has ended and the last acknowledgements came in (or the deadline passed), also when the task failed. */
  stop?(): void | Promise<void>;
}

/** What a connector's generated README needs beyond its definition. */
export interface ConnectorDocs {
  /** Folder below `connectors/` that gets the README. */
  readonly folder: string;
  /** A config that runs as pasted, but for its folders. */
  readonly example: StringMap;
  /** Markdown: the table of types both ways, limits, differences from upstream with their reasons. */
  readonly notes: string;
}

/** What sources and sinks have in common. */
export interface ConnectorBase<S extends ConfigSpec> {
  /** The Java class name users write; short names derive from it. */
  readonly class: string;
  /** The Java class name of the task, shown as `task.class`. */
  readonly taskClass: string;
  /** The upstream release whose behaviour this follows. */
  readonly version: string;
  readonly summary: string;
  readonly docs?: ConnectorDocs;
  readonly config: S;
  /**
   * Rules that need disk or network, or several keys; runs in a host under a deadline when a config is validated.
   * `values` holds null for a key that did not parse.
   */
  check?(values: { readonly [K in keyof S]: ConfigOf<S>[K] | null }, context: ConnectorContext): AsyncIterable<Problem> | Iterable<Problem>;
  /**
   * Starts the connector: one config per task, at most `maxTasks`. What it throws makes the connector FAILED.
   * `raw` is the connector's config as written, with config providers resolved.
   */
  split(config: ConfigOf<S>, raw: StringMap, maxTasks: number, context: ConnectorContext): Promise<StringMap[]> | StringMap[];
}

/** A source connector: everything that is to be said of it. */
export interface SourceDefinition<S extends ConfigSpec = ConfigSpec> extends ConnectorBase<S> {
  readonly kind: "source";
  /**
   * How long after a `split` it is to be done again, in ms: the tasks are started anew when the configs differ then (tables that came or
   * went; Kafka Connect 4, ConnectorContext.requestTaskReconfiguration). Null or absent: never.
   */
  resplitMs?(config: ConfigOf<S>): number | null;
  /** Opens a task. What it throws makes the task FAILED. */
  start(config: ConfigOf<S>, context: SourceContext): Promise<SourceTask> | SourceTask;
  /**
   * Judges offsets a user wants to store (null resets a partition); throws a `ConnectError` to refuse. Returns whether the
   * connector took care of them itself; without this hook the answer is false (Kafka Connect 4, SourceConnector.alterOffsets).
   */
  alterOffsets?(
    config: StringMap,
    offsets: readonly (readonly [SourcePartition | null, SourceOffset | null])[],
  ): boolean | Promise<boolean>;
}

/** A definition whose config type is not looked at: what registries hold. */
// deno-lint-ignore no-explicit-any -- the config type is known only inside the definition
export type AnySource = SourceDefinition<any>;
/** Ties the types of a definition's functions to its config. */
export function defineSource<S extends ConfigSpec>(definition: Omit<SourceDefinition<S>, "kind">): SourceDefinition<S> {
  return { kind: "source", ...definition };
}
