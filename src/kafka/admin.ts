/** Topic administration and facts about the cluster, through librdkafka's event queues: nothing here blocks the JavaScript thread. */
import { Client } from "./client.ts";
import { codeOf, KafkaError } from "./codes.ts";
import { alterOffsets, deleteGroup, deleteOffsets, type GroupRequest, listOffsets } from "./group_offsets.ts";
import { cString, NativeBuffer, nativeText, pointerAt, textAt, textIn } from "./memory.ts";
import { native } from "./symbols.ts";
import { askTopics } from "./topic_names.ts";
import type { PartitionOffset, TopicPartition } from "./topic_partition.ts";

/** Longest wait for a broker's answer to one request. */
const ANSWER_MS = 10_000;
/** RD_KAFKA_ADMIN_OP_ANY: options for whichever request. */
const ANY_REQUEST = 0;
const INVALID_PARTITIONS = 37;
const CLOSED = -197;
const UNSUPPORTED = codeOf("_UNSUPPORTED_FEATURE") as number;
/** How cluster ids of librdkafka's mock cluster begin. */
const EMBEDDED = "mockCluster";
const unknownTopic = new Set([codeOf("UNKNOWN_TOPIC_OR_PART"), codeOf("_UNKNOWN_TOPIC")]);
const topicExists = codeOf("TOPIC_ALREADY_EXISTS");

/** What becomes of `createTopic`. */
export type TopicOutcome = "created" | "exists";

/** A request on its way: `take` reads the answer out of its event, which is freed afterwards. */
interface Pending {
  readonly act: string;
  take(event: bigint): void;
  fail(error: Error): void;
}

/** Fits the host's `Admin` by shape. Owned by who opened it; `close` frees it. */
export class KafkaAdmin {
  /** Resolves once `close` has freed everything. */
  closed: Promise<void> = Promise.resolve();
  readonly #client: Client;
  /** Answers come on a queue of their own; it rings the client's bell. */
  readonly #answers: bigint;
  readonly #pending = new Map<bigint, Pending>();
  /** Calls on threads of their own; the client must not be freed under them. */
  readonly #calls = new Set<Promise<unknown>>();
  readonly #draining: Promise<void>;
  #lastRequest = 0n;
  #isClosed = false;

  constructor(properties: Readonly<Record<string, string>>, warn: (message: string) => void) {
    const defaults = { "reconnect.backoff.max.ms": "1000", "log.connection.close": "false" };
    this.#client = new Client({ role: "admin", properties, defaults, warn });
    this.#answers = native.rd_kafka_queue_new(this.#client.handle);
    this.#client.bell.attach(this.#answers);
    this.#draining = this.#drain();
  }

  /** A sentence while no broker can be reached. */
  get unreachable(): string | undefined {
    return this.#client.unreachable;
  }

  /** Partition count, or undefined when there is no such topic; asking does not create it. Throws a `KafkaError`, retriable when no broker answers. */
  describeTopic(topic: string): Promise<{ readonly partitions: number } | undefined> {
    const act = `Cannot describe topic "${topic}"`;
    const ask = (options: bigint) => {
      using name = nativeText(topic);
      using names = new NativeBuffer(8);
      new BigUint64Array(names.buffer)[0] = name.address;
      const collection = native.rd_kafka_TopicCollection_of_topic_names(names.address, 1n);
      native.rd_kafka_DescribeTopics(this.#client.handle, collection, options, this.#answers);
      native.rd_kafka_TopicCollection_destroy(collection);
    };
    return this.#request(act, ask, (event) => partitionsOf(event, act));
  }

  /** Makes a topic. `partitions` and `replicationFactor` -1 = the broker's default (Kafka 2.4 or newer). Throws a `KafkaError` that says why not. */
  createTopic(
    topic: string,
    partitions: number,
    replicationFactor: number,
    configs: Readonly<Record<string, string>>,
  ): Promise<TopicOutcome> {
    const act = `Cannot create topic "${topic}"`;
    const ask = (options: bigint) => {
      const wish = newTopic(topic, partitions, replicationFactor, configs, act);
      using wishes = new NativeBuffer(8);
      new BigUint64Array(wishes.buffer)[0] = wish;
      native.rd_kafka_CreateTopics(this.#client.handle, wishes.address, 1n, options, this.#answers);
      native.rd_kafka_NewTopic_destroy(wish);
    };
    return this.#request(act, ask, (event) => outcomeOf(event, act));
  }

  /** The cluster's id; null when the broker does not tell. Throws a retriable `KafkaError` when no broker answers. */
  clusterId(): Promise<string | null> {
    const ask = (options: bigint) => native.rd_kafka_DescribeCluster(this.#client.handle, options, this.#answers);
    return this.#request("Cannot ask Kafka for its cluster id", ask, (event) => {
      const result = native.rd_kafka_event_DescribeCluster_result(event);
      return textAt(native.rd_kafka_DescribeCluster_result_cluster_id(result)) || null;
    });
  }

  /** All committed offsets of a group; none for a group nobody knows. Throws a `KafkaError`. */
  async groupOffsets(group: string): Promise<PartitionOffset[]> {
    // Asked for all, the embedded broker answers none.
    const partitions = await this.#isEmbedded() ? await this.#allPartitions() : undefined;
    return partitions?.length === 0 ? [] : await this.#groupRequest(listOffsets(group, partitions));
  }

  /** Sets offsets of a group without members. With members it throws a `KafkaError` with code `NON_EMPTY_GROUP`, whose message says so. */
  async alterGroupOffsets(group: string, offsets: readonly PartitionOffset[]): Promise<void> {
    if (offsets.length > 0) await this.#groupRequest(alterOffsets(group, offsets));
  }

  /** Forgets offsets; those that are not there are no error. The same with members that read the topics. Needs Kafka 2.4 or newer. */
  async deleteGroupOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length > 0) await this.#groupDelete(deleteOffsets(group, partitions));
  }

  /** Deletes a group without members; one that does not exist is no error. The same with members. */
  deleteGroup(group: string): Promise<void> {
    return this.#groupDelete(deleteGroup(group));
  }

  /** Fails what is under way and frees the client in the background; `closed` tells when that is done. Safe to call twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { act, fail } of this.#pending.values()) fail(new KafkaError(CLOSED, act));
    this.#pending.clear();
    this.closed = this.#free();
  }

  async #free(): Promise<void> {
    // Invariant 6: the queue before the client it belongs to.
    this.#client.bell.detach(this.#answers);
    native.rd_kafka_queue_destroy(this.#answers);
    await Promise.allSettled(this.#calls);
    await this.#client.close();
    await this.#draining;
  }

  #groupRequest<T>(request: GroupRequest<T>): Promise<T> {
    const send = (options: bigint) => request.send(this.#client.handle, options, this.#answers);
    return this.#request(request.act, send, (event) => request.take(event));
  }

  /**
   * librdkafka (2.16) gives up one queue twice when the coordinator does not know a request, and crashes later. So the embedded broker, which
   * knows neither of these, is never asked.
   */
  async #groupDelete(request: GroupRequest<void>): Promise<void> {
    if (await this.#isEmbedded()) throw new KafkaError(UNSUPPORTED, request.act);
    try {
      await this.#groupRequest(request);
    } catch (error) {
      if (!(error instanceof KafkaError && error.code === "GROUP_ID_NOT_FOUND")) throw error; // It is gone already.
    }
  }

  async #isEmbedded(): Promise<boolean> {
    return (await this.clusterId())?.startsWith(EMBEDDED) ?? false;
  }

  async #allPartitions(): Promise<TopicPartition[]> {
    if (this.#isClosed) throw new KafkaError(CLOSED, "Cannot list the topics of the cluster");
    const call = askTopics(this.#client.handle, ANSWER_MS);
    this.#calls.add(call);
    try {
      const topics = [...await call];
      return topics.flatMap(([topic, count]) => Array.from({ length: count }, (_, partition) => ({ topic, partition })));
    } finally {
      this.#calls.delete(call);
    }
  }

  /**
   * Sends a request and resolves with what `read` makes of its answer. The opaque ties the two: answers come in any order. librdkafka
   * always answers, after ANSWER_MS with an error, so nothing here needs a timer. It copies what `ask` gives it.
   */
  #request<T>(act: string, ask: (options: bigint) => void, read: (event: bigint) => T): Promise<T> {
    if (this.#isClosed) return Promise.reject(new KafkaError(CLOSED, act));
    return new Promise((resolve, reject) => {
      const id = ++this.#lastRequest;
      const options = native.rd_kafka_AdminOptions_new(this.#client.handle, ANY_REQUEST);
      const text = new Uint8Array(128);
      native.rd_kafka_AdminOptions_set_request_timeout(options, ANSWER_MS, text, BigInt(text.length));
      native.rd_kafka_AdminOptions_set_opaque(options, id);
      try {
        ask(options);
        this.#pending.set(id, { act, take: (event) => resolve(read(event)), fail: reject });
      } catch (error) {
        reject(error);
      } finally {
        native.rd_kafka_AdminOptions_destroy(options);
      }
    });
  }

  /** The one loop of an admin client; ends with `close`. */
  async #drain(): Promise<void> {
    while (!this.#isClosed) {
      this.#client.drain();
      for (let event: bigint; (event = native.rd_kafka_queue_poll(this.#answers, 0)) !== 0n;) {
        this.#answer(event);
        native.rd_kafka_event_destroy(event);
      }
      await this.#client.bell.wait(Infinity);
    }
  }

  #answer(event: bigint): void {
    // Nobody waits for an answer that is no longer pending: the client was closed meanwhile.
    const id = native.rd_kafka_event_opaque(event);
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    try {
      const code = native.rd_kafka_event_error(event);
      const detail = textAt(native.rd_kafka_event_error_string(event));
      if (code !== 0) {
        throw new KafkaError(code, pending.act, this.#client.unreachable === undefined ? detail : "", this.#client.unreachable);
      }
      this.#client.reached();
      pending.take(event);
    } catch (error) {
      pending.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** A `rd_kafka_NewTopic_t *`, which the caller frees. librdkafka judges the numbers itself, without a broker. */
function newTopic(
  topic: string,
  partitions: number,
  replicationFactor: number,
  configs: Readonly<Record<string, string>>,
  act: string,
): bigint {
  const text = new Uint8Array(512);
  const wish = native.rd_kafka_NewTopic_new(cString(topic), partitions, replicationFactor, text, BigInt(text.length));
  if (wish === 0n) throw new KafkaError(INVALID_PARTITIONS, act, textIn(text));
  for (const [name, value] of Object.entries(configs)) native.rd_kafka_NewTopic_set_config(wish, cString(name), cString(value));
  return wish;
}

/** One topic was asked for, so there is one result. A race between two tasks for the same topic ends well for both: "exists". */
function outcomeOf(event: bigint, act: string): TopicOutcome {
  const count = new BigUint64Array(1);
  const topics = native.rd_kafka_CreateTopics_result_topics(native.rd_kafka_event_CreateTopics_result(event), count);
  const topic = pointerAt(topics, 0);
  const code = native.rd_kafka_topic_result_error(topic);
  if (code === 0) return "created";
  if (code === topicExists) return "exists";
  throw new KafkaError(code, act, textAt(native.rd_kafka_topic_result_error_string(topic)));
}

/** All that is read belongs to the event. A topic without error has its partitions, leaderless ones included. */
function partitionsOf(event: bigint, act: string): { readonly partitions: number } | undefined {
  const count = new BigUint64Array(1);
  const topics = native.rd_kafka_DescribeTopics_result_topics(native.rd_kafka_event_DescribeTopics_result(event), count);
  const topic = pointerAt(topics, 0);
  const error = native.rd_kafka_TopicDescription_error(topic);
  const code = error === 0n ? 0 : native.rd_kafka_error_code(error);
  if (unknownTopic.has(code)) return undefined;
  if (code !== 0) throw new KafkaError(code, act, textAt(native.rd_kafka_error_string(error)));
  native.rd_kafka_TopicDescription_partitions(topic, count);
  return { partitions: Number(count[0]) };
}
