/**
 * A member of a consumer group, for sink tasks. Two queues: librdkafka's consumer queue holds what happens to the group, one of our own
 * the records of all assigned partitions. They must be two, since popping records in batches from a queue that also holds a rebalance
 * makes librdkafka answer it by itself.
 */
import { Client, EVENT } from "./client.ts";
import { codeOf, KafkaError } from "./codes.ts";
import { consumerDefaults, pollIntervalMs } from "./consumer_settings.ts";
import { type CommitResult, Commits } from "./commits.ts";
import type { IncomingRecords } from "./incoming.ts";
import { cString, textAt } from "./memory.ts";
import { MessageReader } from "./message_reader.ts";
import { PartitionList, partitionsIn } from "./partition_list.ts";
import { ClientConfigError, integer } from "./setting.ts";
import { native } from "./symbols.ts";
import { MissingTopics } from "./missing_topics.ts";
import { askTopicNames, wishForTopic } from "./topic_names.ts";
import type { PartitionOffset, TopicPartition } from "./topic_partition.ts";
import { systemClock } from "../base/clock.ts";

/** What the group, or a partition, has come to. */
export type GroupEvent =
  | { readonly is: "assigned"; readonly partitions: readonly TopicPartition[] }
  | { readonly is: "revoked"; readonly partitions: readonly TopicPartition[]; readonly isLost: boolean }
  | { readonly is: "error"; readonly code: string; readonly message: string; readonly retriable: boolean };

/** Where a partition's records begin; null = where the group left off, or by `auto.offset.reset`. */
export interface StartPosition extends TopicPartition {
  readonly offset: number | null;
}

const ASSIGN = -175;
const PARTITION_EOF = codeOf("_PARTITION_EOF");
const STATE = codeOf("_STATE") as number;
const CLOSED = codeOf("_DESTROY") as number;
const UNKNOWN_PARTITION = codeOf("UNKNOWN_TOPIC_OR_PART");
/** Longest wait for an answer that somebody awaits, unless default.api.timeout.ms says otherwise; Java's 60 s would look like a hang. */
const ANSWER_MS = 10_000;
/** Between attempts to seek in a partition whose start is still being looked up. */
const SEEK_AGAIN_MS = 20;
/** Between looks at whether the group is left; the bell rings too. */
const LEAVE_LOOK_MS = 200;

/** Fits the host's `Consumer` by shape. Owned by one task; `close` frees it. */
export class GroupConsumer {
  /** Resolves once `close` has freed everything. */
  closed: Promise<void> = Promise.resolve();
  readonly #client: Client;
  readonly #group: string;
  readonly #events: bigint;
  readonly #data: bigint;
  readonly #reader: MessageReader;
  readonly #commits: Commits;
  readonly #answerMs: number;
  /** No wait is longer, so that whoever waits in a loop is never taken for stuck. */
  readonly #longestWaitMs: number;
  readonly #withInternalTopics: boolean;
  readonly #missing: MissingTopics;
  /** Errors met between two calls of `event`. */
  readonly #errors: GroupEvent[] = [];
  /** Assigned partitions by topic and number. */
  readonly #assignment = new Map<string, TopicPartition>();
  /** As the group's protocol was last known: whether it takes and gives single partitions. */
  #isCooperative = false;
  /** A rebalance was told and not answered: librdkafka waits for that, in leaving as well. */
  #isUnanswered = false;
  /** Seeks under way. Records popped meanwhile could be from before or from behind them. */
  #seeking = 0;
  /** Calls on threads of their own; the client must not be freed under them. */
  readonly #calls = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** `headers`: whether headers are read, which costs. `warn` is told at most once which properties were left out or taken otherwise. */
  constructor(properties: Readonly<Record<string, string>>, headers: boolean, warn: (message: string) => void) {
    this.#group = properties["group.id"]?.trim() ?? "";
    if (this.#group === "") throw new ClientConfigError("group.id", "it must name the consumer group");
    const pollMs = pollIntervalMs(properties);
    this.#longestWaitMs = pollMs / 3;
    this.#answerMs = Math.max(1, integer(properties["default.api.timeout.ms"] ?? String(ANSWER_MS), "default.api.timeout.ms"));
    this.#withInternalTopics = properties["exclude.internal.topics"]?.trim() === "false";
    const defaults = { ...consumerDefaults(properties), "max.poll.interval.ms": String(pollMs) };
    this.#client = new Client({ role: "consumer", properties, defaults, warn });
    this.#events = native.rd_kafka_queue_get_consumer(this.#client.handle);
    this.#data = native.rd_kafka_queue_new(this.#client.handle);
    this.#client.bell.attach(this.#events);
    this.#client.bell.attach(this.#data);
    this.#reader = new MessageReader(headers, (code, at, detail) => this.#tellError(code, partitionAct(at), detail));
    this.#commits = new Commits(this.#client);
    this.#missing = new MissingTopics({
      names: () => this.#topicNames(true),
      wishFor: (topic) => this.#call(`Cannot ask for topic "${topic}"`, () => wishForTopic(this.#client.handle, topic, this.#answerMs)),
    });
  }

  /** Set once this consumer is of no more use. */
  get fatal(): Error | undefined {
    return this.#client.fatal;
  }

  /** A sentence while no broker can be reached; as new as the last `event` or `wakeup`. */
  get unreachable(): string | undefined {
    return this.#client.unreachable;
  }

  /** Bytes of memory kept for the next batches. */
  get idleBytes(): number {
    return this.#reader.idleBytes;
  }

  /** Replaces the subscription. A topic that does not exist is made by a broker that does so; no topic at all leaves the group. */
  subscribe(topics: readonly string[]): void {
    const act = `Cannot subscribe to topics in group "${this.#group}"`;
    this.#mustBeOpen(act);
    this.#missing.subscribe(topics);
    using list = new PartitionList(topics.map((topic) => ({ topic, partition: -1 })));
    const { handle } = this.#client;
    check(topics.length === 0 ? native.rd_kafka_unsubscribe(handle) : native.rd_kafka_subscribe(handle, list.address), act);
  }

  /** All topics of the cluster; internal ones only with `exclude.internal.topics=false`. Rejects with a `KafkaError`. */
  topicNames(): Promise<readonly string[]> {
    return this.#topicNames(this.#withInternalTopics);
  }

  /** The next event, without waiting. Keeps the membership alive: for librdkafka this is the poll that max.poll.interval.ms is about. */
  event(): GroupEvent | undefined {
    if (this.#closing !== undefined) return undefined;
    this.#client.drain();
    for (let event: bigint; (event = native.rd_kafka_queue_poll(this.#events, 0)) !== 0n;) {
      try {
        const told = this.#take(event);
        if (told !== undefined) return told;
      } finally {
        native.rd_kafka_event_destroy(event);
      }
    }
    return this.#errors.shift();
  }

  /** Answers "assigned": starts fetching. With the cooperative protocol these partitions come on top of the others. Throws a `KafkaError`. */
  assign(partitions: readonly StartPosition[]): void {
    const act = "Cannot start reading the assigned partitions";
    this.#mustBeOpen(act);
    if (!this.#isCooperative) this.#assignment.clear();
    for (const { topic, partition } of partitions) this.#assignment.set(nameOf({ topic, partition }), { topic, partition });
    this.#reader.setAssignment(this.#assignment.values());
    using list = new PartitionList(partitions.map(withOffset));
    // Before, so that no record comes by the other queue; and after, as a fetcher that stops only now takes the way along with it.
    this.#forward(partitions);
    this.#isUnanswered = false;
    const { handle } = this.#client;
    if (this.#isCooperative) checkObject(native.rd_kafka_incremental_assign(handle, list.address), act);
    else check(native.rd_kafka_assign(handle, list.address), act);
    this.#forward(partitions);
  }

  /** Answers "revoked": stops fetching. Nothing of these partitions is returned any more. Throws a `KafkaError`. */
  unassign(partitions: readonly TopicPartition[]): void {
    const act = "Cannot give up the revoked partitions";
    this.#mustBeOpen(act);
    if (!this.#isCooperative) this.#assignment.clear(); // All that was assigned is revoked.
    for (const each of partitions) this.#assignment.delete(nameOf(each));
    this.#reader.setAssignment(this.#assignment.values());
    this.#isUnanswered = false;
    const { handle } = this.#client;
    if (!this.#isCooperative) return check(native.rd_kafka_assign(handle, 0n), act);
    using list = new PartitionList(partitions);
    checkObject(native.rd_kafka_incremental_unassign(handle, list.address), act);
  }

  /** What has been fetched, without waiting: at most `maxRecords` and about `maxBytes`. Nothing while a seek is under way. */
  read(maxRecords: number, maxBytes: number): IncomingRecords | undefined {
    if (this.#seeking > 0 || this.#closing !== undefined) return undefined;
    const records = this.#reader.read(this.#data, maxRecords, maxBytes);
    if (records !== undefined) this.#client.reached();
    return records;
  }

  /** Fetches nothing of these partitions and forgets what was fetched ahead, until `resume`, which starts behind the last record read. */
  pause(partitions: readonly TopicPartition[]): void {
    this.#mustBeOpen("Cannot pause partitions");
    using list = new PartitionList(partitions);
    native.rd_kafka_pause_partitions(this.#client.handle, list.address);
  }

  /** Undoes `pause`. */
  resume(partitions: readonly TopicPartition[]): void {
    this.#mustBeOpen("Cannot resume partitions");
    using list = new PartitionList(partitions);
    native.rd_kafka_resume_partitions(this.#client.handle, list.address);
  }

  /** Reads on from there; nothing fetched before is returned once this resolves. Only for assigned partitions. Rejects with a `KafkaError`. */
  async seek(offsets: readonly PartitionOffset[]): Promise<void> {
    if (offsets.length === 0) return;
    this.#seeking++;
    try {
      await this.#call("Cannot seek in assigned partitions", () => this.#seek(offsets));
    } finally {
      this.#seeking--;
    }
  }

  /** The group's committed offsets, in the order asked for, null where there is none. Rejects with a `KafkaError`. */
  async committed(partitions: readonly TopicPartition[]): Promise<readonly (number | null)[]> {
    if (partitions.length === 0) return [];
    const act = `Cannot ask for the offsets of group "${this.#group}"`;
    return await this.#call(act, async () => {
      using list = new PartitionList(partitions);
      check(await native.committed(this.#client.handle, list.address, this.#answerMs), act, this.unreachable);
      return list.read().map(({ offset, error }) => {
        check(error, act);
        return offset < 0 ? null : offset;
      });
    });
  }

  /** Commits these offsets of the group and nothing else. Resolves whatever happens, with "_DESTROY" when the consumer is closed first. */
  commit(offsets: readonly PartitionOffset[]): Promise<CommitResult> {
    return this.#commits.commit(offsets, `Cannot commit offsets of group "${this.#group}"`);
  }

  /** Resolves when there is an event or something to read, or after `timeoutMs` (or a third of max.poll.interval.ms), or when the signal ends. */
  async wakeup(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (this.#closing !== undefined) return;
    this.#client.drain();
    if (this.#errors.length > 0 || native.rd_kafka_queue_length(this.#events) > 0n || native.rd_kafka_queue_length(this.#data) > 0n) return;
    await this.#client.bell.wait(Math.min(timeoutMs, this.#longestWaitMs), signal);
  }

  /** Leaves the group and frees the client, for at most `deadlineMs`; what is left is done in the background, as `closed` tells. Safe to call twice. */
  close(deadlineMs: number): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  async #close(deadlineMs: number): Promise<void> {
    this.#missing.close();
    this.closed = this.#leave().then((hasLeft) => this.#free(hasLeft));
    const enough = new AbortController();
    await Promise.race([this.closed, systemClock.sleep(deadlineMs, enough.signal)]);
    enough.abort();
    this.#commits.close();
  }

  /**
   * Resolves once the group is left; false after a fatal error, when there is none to leave. Rebalances on the way, and one that was never
   * answered, are answered by giving up everything. It must go on to its end: a client whose leaving was begun and then not served can
   * never be freed.
   */
  async #leave(): Promise<boolean> {
    const { handle, bell } = this.#client;
    // In this turn, so that nobody uses it any more: librdkafka wants its consumer queue back before a consumer leaves.
    bell.detach(this.#events);
    native.rd_kafka_queue_destroy(this.#events);
    const queue = native.rd_kafka_queue_new(handle);
    bell.attach(queue);
    const failure = native.rd_kafka_consumer_close_queue(handle, queue);
    if (failure !== 0n) native.rd_kafka_error_destroy(failure);
    // Only then: an answer that nobody waits for could come when the group is gone already, and would wait itself.
    else if (this.#isUnanswered) native.rd_kafka_assign(handle, 0n);
    while (failure === 0n && native.rd_kafka_consumer_closed(handle) === 0) {
      for (let event: bigint; (event = native.rd_kafka_queue_poll(queue, 0)) !== 0n;) {
        if (native.rd_kafka_event_type(event) === EVENT.rebalance) native.rd_kafka_assign(handle, 0n);
        native.rd_kafka_event_destroy(event);
      }
      if (native.rd_kafka_consumer_closed(handle) === 0) await bell.wait(LEAVE_LOOK_MS);
    }
    bell.detach(queue);
    native.rd_kafka_queue_destroy(queue);
    return failure === 0n;
  }

  /** Invariant 6: queues before the client they belong to, the client not before calls on it have ended, memory after it. */
  async #free(hasLeft: boolean): Promise<void> {
    this.#commits.close();
    this.#client.bell.detach(this.#data);
    native.rd_kafka_queue_destroy(this.#data);
    await Promise.allSettled(this.#calls);
    await this.#client.close(!hasLeft);
    this.#reader.close();
  }

  /** What an event is to the host, if anything. */
  #take(event: bigint): GroupEvent | undefined {
    const kind = native.rd_kafka_event_type(event);
    if (kind === EVENT.rebalance) return this.#takeRebalance(event);
    if (kind === EVENT.error) return this.#takeError(event);
    // A record that came by this queue would be passed over, and the commit of a later one would lose it. Invariant 3
    if (kind === EVENT.fetch) throw new KafkaError(STATE, `Cannot read on in group "${this.#group}"`, "a record came by the wrong queue");
    this.#client.take(event, kind);
    return undefined;
  }

  /** librdkafka waits for each to be answered. One about no partition at all is answered here. */
  #takeRebalance(event: bigint): GroupEvent | undefined {
    const { handle } = this.#client;
    this.#client.reached();
    const protocol = textAt(native.rd_kafka_rebalance_protocol(handle));
    if (protocol !== "NONE") this.#isCooperative = protocol === "COOPERATIVE";
    const partitions = partitionsIn(native.rd_kafka_event_topic_partition_list(event))
      .map(({ topic, partition }) => ({ topic, partition }));
    const isAssign = native.rd_kafka_event_error(event) === ASSIGN;
    if (partitions.length === 0) {
      if (isAssign) this.assign([]);
      else this.unassign([]);
      return undefined;
    }
    this.#isUnanswered = true;
    if (isAssign) return { is: "assigned", partitions };
    return { is: "revoked", partitions, isLost: native.rd_kafka_assignment_lost(handle) !== 0 };
  }

  #takeError(event: bigint): GroupEvent | undefined {
    const code = native.rd_kafka_event_error(event);
    this.#client.takeFatal();
    if (code === UNKNOWN_PARTITION) void this.#missing.look();
    this.#tellError(code, `Consumer group "${this.#group}" met an error`, textAt(native.rd_kafka_event_error_string(event)));
    return this.#errors.shift();
  }

  #tellError(code: number, act: string, detail: string): void {
    if (code === PARTITION_EOF) return;
    // Its usual sentence is for those who write to a topic.
    const sentence = code === UNKNOWN_PARTITION ? "there is no such topic or partition (yet); it is read once it is there" : undefined;
    const { code: name, message, retriable } = new KafkaError(code, act, detail, sentence);
    this.#errors.push({ is: "error", code: name, message, retriable });
  }

  /** Leads what is fetched of these partitions into the data queue. */
  #forward(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) {
      const queue = native.rd_kafka_queue_get_partition(this.#client.handle, cString(topic), partition);
      if (queue === 0n) continue;
      native.rd_kafka_queue_forward(queue, this.#data);
      native.rd_kafka_queue_destroy(queue);
    }
  }

  /** A partition that was assigned a moment ago may not have begun: where to is still being asked. Then once more. */
  async #seek(offsets: readonly PartitionOffset[]): Promise<void> {
    const deadline = systemClock.now() + this.#answerMs;
    for (let left = offsets; left.length > 0;) {
      using list = new PartitionList(left);
      checkObject(await native.seek_partitions(this.#client.handle, list.address, this.#answerMs), "Cannot seek");
      const listed = list.read();
      for (const { topic, partition, error } of listed) {
        if (error !== STATE || systemClock.now() > deadline) check(error, `Cannot seek in topic "${topic}", partition ${partition}`);
      }
      left = left.filter((_, i) => listed[i]?.error === STATE);
      if (left.length > 0) await systemClock.sleep(SEEK_AGAIN_MS);
      this.#mustBeOpen("Cannot seek");
    }
  }

  #topicNames(withInternal: boolean): Promise<string[]> {
    const ask = () => askTopicNames(this.#client.handle, this.#answerMs, withInternal);
    return this.#call("Cannot list the topics of the cluster", ask);
  }

  /** Runs what calls librdkafka on another thread; the client outlives it. */
  #call<T>(act: string, run: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(new KafkaError(CLOSED, act));
    const call = run();
    this.#calls.add(call);
    const done = () => void this.#calls.delete(call);
    call.then(done, done);
    return call;
  }

  #mustBeOpen(act: string): void {
    if (this.#closing !== undefined) throw new KafkaError(CLOSED, act);
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

function partitionAct({ topic, partition }: TopicPartition): string {
  return `Cannot read topic "${topic}", partition ${partition}`;
}

/** Without an offset librdkafka asks where the group left off. */
function withOffset({ topic, partition, offset }: StartPosition): TopicPartition & { readonly offset?: number } {
  return offset === null ? { topic, partition } : { topic, partition, offset };
}

function check(code: number, act: string, sentence?: string): void {
  if (code !== 0) throw new KafkaError(code, act, "", sentence);
}

/** The same of an error object, which is freed. */
function checkObject(error: bigint, act: string): void {
  if (error === 0n) return;
  const code = native.rd_kafka_error_code(error);
  const detail = textAt(native.rd_kafka_error_string(error));
  native.rd_kafka_error_destroy(error);
  throw new KafkaError(code, act, detail);
}
