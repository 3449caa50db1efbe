/** What the host needs from outside, in its own words. `kafka/` fits these by shape; `main.ts` joins them. */
import type { Arena } from "../data/region.ts";

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
  close(): void;
}

/** Opens Kafka clients. `properties` are Java client properties, translated inside; unknown ones are named in one warning through `warn`. */
export interface KafkaPort {
  openProducer(properties: Readonly<Record<string, string>>, warn: (message: string) => void): Producer;
  openAdmin(properties: Readonly<Record<string, string>>, warn: (message: string) => void): Admin;
}

/** Time, given by `main.ts` or a test. */
export interface HostClock {
  now(): number;
  /** Resolves early, without throwing, when the signal ends. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
