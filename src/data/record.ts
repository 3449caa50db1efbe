import type { Schema } from "./schema.ts";
import type { Value } from "./value.ts";

/** What a source partition or offset may hold (Kafka Connect 4, OffsetUtils): no nesting. */
export type OffsetValue = string | number | bigint | boolean | null;
/** Names a part of the source, for instance a file or a table. */
export type SourcePartition = Readonly<Record<string, OffsetValue>>;
/** A position in a source partition. */
export type SourceOffset = Readonly<Record<string, OffsetValue>>;

/** One header of a record, in order; names may repeat. */
export interface Header {
  readonly name: string;
  readonly schema: Schema | null;
  readonly value: Value;
}

/** One record as transformations and simple connectors see it. */
export interface ConnectRecord {
  readonly topic: string;
  /** null: the producer's partitioner decides. */
  readonly partition: number | null;
  readonly keySchema: Schema | null;
  readonly key: Value;
  readonly valueSchema: Schema | null;
  readonly value: Value;
  /** Epoch milliseconds; null: the producer stamps it. */
  readonly timestamp: number | null;
  readonly headers: readonly Header[];
}

/** A record on its way to Kafka, with the position to store once it is acknowledged. */
export interface SourceRecord extends ConnectRecord {
  readonly sourcePartition: SourcePartition;
  /** Null: none is stored, as for a source that always begins anew. */
  readonly sourceOffset: SourceOffset | null;
}

/** How Kafka came by the timestamps of a topic (Kafka Connect 4, TimestampType). */
export type TimestampType = "NoTimestampType" | "CreateTime" | "LogAppendTime";

/** A record read from Kafka, as `put` of a simple sink sees it. A tombstone has value null and value schema null. */
export interface SinkRecord extends ConnectRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestampType: TimestampType;
  readonly originalTopic: string;
  readonly originalPartition: number;
}

/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** An offset in a partition: that of the next record to read. */
export interface PartitionOffset extends TopicPartition {
  readonly offset: number;
}
