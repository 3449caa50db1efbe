/** What the host needs from outside, in its own words. `kafka/` fits these by shape; `main.ts` joins them. */
import type { PartitionOffset, TopicPartition } from "../data/record.ts";
import type { Arena, Region } from "../data/region.ts";

/** One call of the producer: `count` records of one topic whose bytes lie in the arena. */
export interface ProduceRequest {
  readonly topic: string;
  readonly count: number;
  /** Pairs of start and length per record; length -1 = null. Records with length -2 on either side are left out by the caller. */
  readonly keys: Int32Array;
  readonly values: Int32Array;
  /** Kafka partition of all, or per record; -1 = the partitioner decides. */
  readonly partition: number | Int32Array;
  /** Epoch milliseconds per record; null = librdkafka stamps them. */
  readonly timestamps: Float64Array | null;
  readonly headers: readonly ProduceHeader[];
  /** Comes back with the delivery reports; 1 … 2^31-1, unique among those in flight. */
  readonly batch: number;
}

/** A header of every record: `constant` = one slice for all, else pairs per record. Length -1 = null value. */
export interface ProduceHeader {
  readonly name: string;
  readonly slices: Int32Array;
  readonly constant: boolean;
}

/** What librdkafka said of one failed record. */
export interface DeliveryError {
  readonly batch: number;
  /** librdkafka's name of the code, e.g. `MSG_SIZE_TOO_LARGE`. */
  readonly code: string;
  readonly message: string;
  readonly retriable: boolean;
  /** The broker refused a batch for its size, and the record may not have been alone in it: nothing is known against the record itself. */
  readonly isOfBatch: boolean;
}

/** Told of delivery reports while `poll` runs. */
export interface DeliveryListener {
  /** `count` records of that batch are acknowledged. Called at most a few times per batch and poll. */
  delivered(batch: number, count: number): void;
  failed(error: DeliveryError): void;
}

/** A librdkafka producer of one task, with idempotence on. Owned by that task. */
export interface Producer {
  /** Converters write here; free again once `produce` returned. */
  readonly arena: Arena;
  /**
   * Hands records over, copied, starting with record `from`. Returns the index of the first one not taken: `count` when all
   * were, less when as many records or bytes are on their way as may be (wait, poll, then go on from there): the one back pressure
   * there is. A single record that is refused counts as taken and is reported as failed. Throws when the topic or the producer
   * cannot be used at all.
   */
  produce(request: ProduceRequest, from: number): number;
  /** Records handed over and not yet reported. */
  readonly outstanding: number;
  /** Bytes handed over and not yet reported, keys and values and headers. */
  readonly outstandingBytes: number;
  /** Drains delivery reports and errors without waiting; returns how many reports there were. */
  poll(listener: DeliveryListener): number;
  /** Resolves when there are reports to drain, or after `timeoutMs`, or when the signal ends. */
  wakeup(timeoutMs: number, signal?: AbortSignal): Promise<void>;
  /** The error that makes this producer useless, if there was one. */
  readonly fatal: Error | undefined;
  /** Whether brokers are known to be unreachable right now, with a sentence for the log. */
  readonly unreachable: string | undefined;
  /** Drops what is still queued and frees the client. Never waits longer than a second. */
  close(): void;
}

/** A header of a consumed record; null = null value. */
export interface RawHeader {
  readonly name: string;
  readonly value: Uint8Array | null;
}

/** Records as they were consumed, in order within each partition. Whoever read them releases them, once. */
export interface ConsumedRecords {
  readonly count: number;
  /** Topic of record i is `topics[topicIndex[i]]`. */
  readonly topics: readonly string[];
  readonly topicIndex: Int32Array;
  readonly partitions: Int32Array;
  readonly offsets: Float64Array;
  /** Epoch milliseconds; -1 = none. */
  readonly timestamps: Float64Array;
  /** 0 = none, 1 = CreateTime, 2 = LogAppendTime. */
  readonly timestampTypes: Uint8Array;
  /** Holds keys and values; `used` bytes of it. */
  readonly region: Region;
  /** Pairs of start and length per record; length -1 = null. */
  readonly keys: Int32Array;
  readonly values: Int32Array;
  /** Headers of record i, copies. Empty unless the consumer was opened with headers. */
  headers(i: number): readonly RawHeader[];
  /** Its memory may be used again. */
  release(): void;
}

/** What the group, or a partition, has come to. */
export type ConsumerEvent =
  /** Answer with `assign`: nothing is fetched before. With the cooperative protocol only what is new. */
  | { readonly is: "assigned"; readonly partitions: readonly TopicPartition[] }
  /** Answer with `unassign` once what was put is committed. `isLost`: others may have them already, nothing can be committed. */
  | { readonly is: "revoked"; readonly partitions: readonly TopicPartition[]; readonly isLost: boolean }
  /** A partition or topic cannot be read. `retriable`: librdkafka goes on trying by itself. */
  | { readonly is: "error"; readonly code: string; readonly message: string; readonly retriable: boolean };

/** What became of a commit. */
export type CommitOutcome = { readonly ok: true } | {
  readonly ok: false;
  readonly code: string;
  readonly message: string;
  readonly retriable: boolean;
};

/**
 * A member of a sink connector's group. Offsets are committed only by `commit`. As long as `event` is called now and then it stays in the group, whatever
 * else its task does.
 */
export interface Consumer {
  /** Replaces the subscription. Topics that do not exist yet are made by the broker if it does so. */
  subscribe(topics: readonly string[]): void;
  /** All topics of the cluster, internal ones left out. Rejects with a retriable error when no broker answers. */
  topicNames(): Promise<readonly string[]>;
  /** The next event, without waiting; undefined when there is none. Also keeps the membership alive. */
  event(): ConsumerEvent | undefined;
  /** Starts fetching at these offsets, null = where the group left off (or `auto.offset.reset`). */
  assign(partitions: readonly (TopicPartition & { readonly offset: number | null })[]): void;
  unassign(partitions: readonly TopicPartition[]): void;
  /** What has been fetched, without waiting: at most `maxRecords` and about `maxBytes`; undefined when there is nothing. */
  read(maxRecords: number, maxBytes: number): ConsumedRecords | undefined;
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** Reads on from there; what was fetched before of these partitions is dropped. */
  seek(offsets: readonly PartitionOffset[]): Promise<void>;
  /** The group's committed offsets, null where there is none. Rejects with a retriable error when no broker answers. */
  committed(partitions: readonly TopicPartition[]): Promise<readonly (number | null)[]>;
  /** Resolves whatever happens. */
  commit(offsets: readonly PartitionOffset[]): Promise<CommitOutcome>;
  /** Resolves when there is an event or something to read, or after `timeoutMs`, or when the signal ends. */
  wakeup(timeoutMs: number, signal?: AbortSignal): Promise<void>;
  /** The error that makes this consumer useless, if there was one. */
  readonly fatal: Error | undefined;
  /** Whether brokers are known to be unreachable right now, with a sentence for the log. */
  readonly unreachable: string | undefined;
  /** Leaves the group and frees the client; waits at most `deadlineMs`. Revocations on the way are not told any more. */
  close(deadlineMs: number): Promise<void>;
}

/** What becomes of `createTopic`. */
export type TopicOutcome = "created" | "exists";

/** Topic administration for a task. */
export interface Admin {
  /** Partition count, or undefined when there is no such topic. Throws a retriable error when no broker answers. */
  describeTopic(topic: string): Promise<{ readonly partitions: number } | undefined>;
  /** -1 = the broker's default. */
  createTopic(
    topic: string,
    partitions: number,
    replicationFactor: number,
    configs: Readonly<Record<string, string>>,
  ): Promise<TopicOutcome>;
  clusterId(): Promise<string | null>;
  /** All committed offsets of a group; empty for a group nobody knows. */
  groupOffsets(group: string): Promise<readonly PartitionOffset[]>;
  /** Sets offsets of a group without members. Throws a `ConnectError` that says so when it has some. */
  alterGroupOffsets(group: string, offsets: readonly PartitionOffset[]): Promise<void>;
  /** Forgets offsets of a group without members on these partitions. */
  deleteGroupOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void>;
  /** Deletes a group without members; one that does not exist is no error. */
  deleteGroup(group: string): Promise<void>;
  close(): void;
}

/** Opens Kafka clients. `properties` are Java client properties, translated inside; unknown ones are named in one warning through `warn`. */
export interface KafkaPort {
  openProducer(properties: Readonly<Record<string, string>>, warn: (message: string) => void): Producer;
  /** `headers`: whether `ConsumedRecords.headers` is wanted, which costs. */
  openConsumer(properties: Readonly<Record<string, string>>, headers: boolean, warn: (message: string) => void): Consumer;
  openAdmin(properties: Readonly<Record<string, string>>, warn: (message: string) => void): Admin;
}

/** Time, given by `main.ts` or a test. */
export interface HostClock {
  now(): number;
  /** Resolves early, without throwing, when the signal ends. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
