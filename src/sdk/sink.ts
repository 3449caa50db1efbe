import type { SinkBatch } from "../data/batch.ts";
import type { PartitionOffset, TopicPartition } from "../data/record.ts";
import type { ConfigOf, ConfigSpec, StringMap } from "../config/field.ts";
import type { ConnectorBase, ConnectorContext } from "./source.ts";

/** Takes records that the sink's system refused (Kafka Connect 4, ErrantRecordReporter). */
export interface ErrantRecordReporter {
  /**
   * Hands a row of a batch that is being put to the dead letter queue and the log, as the config says. Throws a `ConnectError` when
   * `errors.tolerance` is none: let it out of `put`. Otherwise the row counts as done once the queue has it; no offset behind it
   * is committed before.
   */
  report(batch: SinkBatch, row: number, error: Error): void;
}

/** What the engine gives to a sink task at its start. */
export interface SinkContext extends ConnectorContext {
  readonly task: number;
  readonly tolerance: "none" | "all";
  /** Aborted when the task is to stop: every wait must end then. */
  readonly signal: AbortSignal;
  /** Null when neither a dead letter queue nor `errors.log.enable` is configured: then a record that is refused fails the task. */
  readonly reporter: ErrantRecordReporter | null;
  /** Partitions assigned right now. */
  assignment(): readonly TopicPartition[];
  /** Asks for a flush and a commit soon, before `offset.flush.interval.ms` is over. */
  requestCommit(): void;
  /** Reads no more of these partitions until `resume`. Both throw for a partition that is not assigned. */
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** Reads on from these offsets; for sinks that keep their own. Effective before the next `put`. */
  seek(offsets: readonly PartitionOffset[]): void;
  /** Waits; returns early, without throwing, when the task is to stop. */
  sleep(ms: number): Promise<void>;
  /** Milliseconds since the epoch; tests give their own. */
  now(): number;
}

/** A running sink task: lives in a task host, is called by one loop, never concurrently. */
export interface SinkTask {
  /** Partitions were newly assigned; before any of their records. */
  open?(partitions: readonly TopicPartition[]): Promise<void> | void;
  /**
   * Takes records, in order. When it returns (or its promise resolves) they count as put, and may be committed after the next `flush`. A
   * `RetriableError` has the same batches given again after `retryAfterMs` of the error, or 100 ms and more; any other error fails the task. The batches may be read
   * until then and no longer. Nothing is put while there is nothing.
   */
  put(batches: readonly SinkBatch[]): Promise<void> | void;
  /** Before a commit: whatever was put must be durable when it returns. What it throws undoes nothing: the records since the last commit are put again. */
  flush?(offsets: readonly PartitionOffset[]): Promise<void> | void;
  /**
   * In place of `flush`, for a task that knows better what is durable: the offsets to commit, at most those given, for all or some
   * of the partitions (Kafka Connect 4, SinkTask.preCommit).
   */
  preCommit?(offsets: readonly PartitionOffset[]): Promise<readonly PartitionOffset[]> | readonly PartitionOffset[];
  /** Partitions are no longer this task's; after their last commit. */
  close?(partitions: readonly TopicPartition[]): Promise<void> | void;
  /** Called once, last, also when the task failed. */
  stop?(): Promise<void> | void;
}

/** A sink connector: everything that is to be said of it. */
export interface SinkDefinition<S extends ConfigSpec = ConfigSpec> extends ConnectorBase<S> {
  readonly kind: "sink";
  /** Whether the task looks at headers: reading them costs more than all else of a small record. Default false. */
  readonly readsHeaders?: boolean;
  /** Opens a task, before any partition is assigned. What it throws makes the task FAILED. */
  start(config: ConfigOf<S>, context: SinkContext): Promise<SinkTask> | SinkTask;
  /**
   * Judges offsets a user wants to set (null resets a partition); throws a `ConnectError` to refuse. Returns whether the connector
   * took care of them itself; without this hook the answer is false (Kafka Connect 4, SinkConnector.alterOffsets).
   */
  alterOffsets?(
    config: StringMap,
    offsets: readonly (readonly [TopicPartition, number | null])[],
  ): boolean | Promise<boolean>;
}

/** A definition whose config type is not looked at: what registries hold. */
// deno-lint-ignore no-explicit-any -- the config type is known only inside the definition
export type AnySink = SinkDefinition<any>;

/** Ties the types of a definition's functions to its config. */
export function defineSink<S extends ConfigSpec>(definition: Omit<SinkDefinition<S>, "kind">): SinkDefinition<S> {
  return { kind: "sink", ...definition };
}
