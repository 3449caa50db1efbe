/** Kafka as the host sees it, in memory: records are kept, acknowledgements come when the script says so. */
import type { PartitionOffset, TopicPartition } from "../../src/data/record.ts";
import { type Arena, heapArena } from "../../src/data/region.ts";
import type { Admin, DeliveryError, DeliveryListener, KafkaPort, Producer, ProduceRequest, TopicOutcome } from "../../src/host/ports.ts";

import { FakeConsumer, FakeTopics, nameOf } from "./fake_consumer.ts";

const decoder = new TextDecoder();

/** A record as it was handed over. */
export interface SentRecord {
  readonly topic: string;
  readonly batch: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly partition: number;
  readonly timestamp: number | null;
  readonly headers: readonly (readonly [name: string, value: string | null])[];
}

/** Time as the fake needs it. */
interface Clock {
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A report that `poll` will give. */
type Report = { readonly batch: number; readonly count: number } | DeliveryError;

/** A producer whose reports are written by the test. */
export class FakeProducer implements Producer {
  readonly arena: Arena = heapArena();
  readonly records: SentRecord[] = [];
  readonly properties: Readonly<Record<string, string>>;
  /** Acknowledge all that is handed over, at the next `poll`. */
  autoAck: boolean;
  /** Records the queue takes before it is full. */
  capacity = Infinity;
  /** Thrown by the next `produce`. */
  refuses: Error | undefined;
  fatal: Error | undefined;
  unreachable: string | undefined;
  closed = false;
  /** How often someone waited for reports. */
  wakeups = 0;
  readonly #clock: Clock;
  #reports: Report[] = [];
  #waiting: AbortController[] = [];
  /** Records not yet reported, by batch. */
  readonly #unreported = new Map<number, number>();
  #outstandingBytes = 0;

  constructor(clock: Clock, properties: Readonly<Record<string, string>>, autoAck: boolean) {
    this.#clock = clock;
    this.properties = properties;
    this.autoAck = autoAck;
  }

  get outstanding(): number {
    return [...this.#unreported.values()].reduce((sum, count) => sum + count, 0);
  }

  get outstandingBytes(): number {
    return this.#outstandingBytes;
  }

  /** Numbers of the batches not fully reported. */
  get unreported(): readonly number[] {
    return [...this.#unreported.keys()];
  }

  produce(request: ProduceRequest, from: number): number {
    if (this.closed) throw new Error("produce after close");
    if (this.refuses !== undefined) {
      const error = this.refuses;
      this.refuses = undefined;
      throw error;
    }
    let index = from;
    for (; index < request.count && this.outstanding < this.capacity; index++) {
      this.records.push(recordAt(request, index, this.arena));
      this.#unreported.set(request.batch, (this.#unreported.get(request.batch) ?? 0) + 1);
      this.#outstandingBytes += 100;
    }
    if (this.autoAck && index > from) this.#report({ batch: request.batch, count: index - from });
    return index;
  }

  poll(listener: DeliveryListener): number {
    const reports = this.#reports;
    this.#reports = [];
    let count = 0;
    for (const report of reports) {
      const records = "count" in report ? report.count : 1;
      this.#settle(report.batch, records);
      count += records;
      if ("count" in report) listener.delivered(report.batch, report.count);
      else listener.failed(report);
    }
    return count;
  }

  async wakeup(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    this.wakeups++;
    if (this.#reports.length > 0) return;
    const waiting = new AbortController();
    const end = () => waiting.abort();
    this.#waiting.push(waiting);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
    await this.#clock.sleep(timeoutMs, waiting.signal);
    signal?.removeEventListener("abort", end);
    this.#waiting = this.#waiting.filter((each) => each !== waiting);
  }

  close(): void {
    this.closed = true;
  }

  /** Acknowledges `count` records of a batch, all that are left by default. */
  ack(batch: number, count = this.#unreported.get(batch) ?? 0): void {
    this.#report({ batch, count });
  }

  /** Acknowledges all that is outstanding. */
  ackAll(): void {
    for (const [batch, count] of this.#unreported) this.#report({ batch, count });
  }

  /** Reports one record of a batch as refused. */
  fail(
    batch: number,
    code = "MSG_SIZE_TOO_LARGE",
    message = 'Cannot deliver a record to topic "t": the record is larger than allowed',
    isOfBatch = false,
  ): void {
    this.#report({ batch, code, message, retriable: false, isOfBatch });
  }

  /** Ends waits, as an event of librdkafka would. */
  ring(): void {
    for (const waiting of this.#waiting) waiting.abort();
  }

  #report(report: Report): void {
    this.#reports.push(report);
    this.ring();
  }

  #settle(batch: number, count: number): void {
    const left = (this.#unreported.get(batch) ?? 0) - count;
    if (left < 0) throw new Error(`batch ${batch} is reported more often than sent`);
    if (left === 0) this.#unreported.delete(batch);
    else this.#unreported.set(batch, left);
    this.#outstandingBytes -= 100 * count;
  }
}

/** An admin client over a set of topics. */
export class FakeAdmin implements Admin {
  readonly topics: Map<string, number>;
  readonly calls: string[] = [];
  /** Thrown by the next calls, in order. */
  readonly errors: Error[];
  cluster: string | null = "fake-cluster";
  closed = false;
  readonly #groups: Map<string, PartitionOffset[]>;

  constructor(
    readonly properties: Readonly<Record<string, string>>,
    shared: {
      readonly topics: Map<string, number>;
      readonly groups: Map<string, PartitionOffset[]>;
      readonly adminErrors: Error[];
    } = { topics: new Map(), groups: new Map(), adminErrors: [] },
  ) {
    this.topics = shared.topics;
    this.#groups = shared.groups;
    this.errors = shared.adminErrors;
  }

  async describeTopic(topic: string): Promise<{ readonly partitions: number } | undefined> {
    this.calls.push(`describe ${topic}`);
    await this.#maybeFail();
    const partitions = this.topics.get(topic);
    return partitions === undefined ? undefined : { partitions };
  }

  async createTopic(
    topic: string,
    partitions: number,
    replicationFactor: number,
    configs: Readonly<Record<string, string>>,
  ): Promise<TopicOutcome> {
    this.calls.push(`create ${topic} ${partitions} ${replicationFactor} ${JSON.stringify(configs)}`);
    await this.#maybeFail();
    if (this.topics.has(topic)) return "exists";
    this.topics.set(topic, partitions);
    return "created";
  }

  async clusterId(): Promise<string | null> {
    this.calls.push("cluster");
    await this.#maybeFail();
    return this.cluster;
  }

  async groupOffsets(group: string): Promise<readonly PartitionOffset[]> {
    this.calls.push(`offsets of ${group}`);
    await this.#maybeFail();
    return this.#groups.get(group) ?? [];
  }

  async alterGroupOffsets(group: string, offsets: readonly PartitionOffset[]): Promise<void> {
    this.calls.push(`alter ${group} ${offsets.map((each) => `${nameOf(each)}=${each.offset}`).join(" ")}`);
    await this.#maybeFail();
    const names = new Set(offsets.map(nameOf));
    this.#groups.set(group, [...(this.#groups.get(group) ?? []).filter((each) => !names.has(nameOf(each))), ...offsets]);
  }

  async deleteGroupOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void> {
    this.calls.push(`forget ${group} ${partitions.map(nameOf).join(" ")}`);
    await this.#maybeFail();
    const names = new Set(partitions.map(nameOf));
    this.#groups.set(group, (this.#groups.get(group) ?? []).filter((each) => !names.has(nameOf(each))));
  }

  async deleteGroup(group: string): Promise<void> {
    this.calls.push(`delete ${group}`);
    await this.#maybeFail();
    this.#groups.delete(group);
  }

  close(): void {
    this.closed = true;
  }

  async #maybeFail(): Promise<void> {
    await Promise.resolve();
    const error = this.errors.shift();
    if (error !== undefined) throw error;
  }
}

/** Opens fake clients and keeps them for the test to look at. */
export class FakeKafka implements KafkaPort {
  readonly producers: FakeProducer[] = [];
  readonly admins: FakeAdmin[] = [];
  readonly consumers: FakeConsumer[] = [];
  /** What consumers read. */
  readonly log = new FakeTopics();
  /** Topics that exist, by number of partitions; for all admin clients. */
  readonly topics = new Map<string, number>();
  /** Committed offsets of groups; for all admin clients. */
  readonly groups = new Map<string, PartitionOffset[]>();
  /** Thrown by admin clients opened from now on, in order. */
  readonly adminErrors: Error[] = [];
  /** For producers opened from now on. */
  autoAck = true;
  capacity = Infinity;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  openProducer(properties: Readonly<Record<string, string>>): FakeProducer {
    const producer = new FakeProducer(this.#clock, properties, this.autoAck);
    producer.capacity = this.capacity;
    this.producers.push(producer);
    return producer;
  }

  openConsumer(properties: Readonly<Record<string, string>>, headers: boolean): FakeConsumer {
    const consumer = new FakeConsumer(this.#clock, properties, headers, this.log);
    this.consumers.push(consumer);
    return consumer;
  }

  openAdmin(properties: Readonly<Record<string, string>>): FakeAdmin {
    const admin = new FakeAdmin(properties, this);
    this.admins.push(admin);
    return admin;
  }
}

function recordAt(request: ProduceRequest, index: number, arena: Arena): SentRecord {
  return {
    topic: request.topic,
    batch: request.batch,
    key: textAt(request.keys, index, arena),
    value: textAt(request.values, index, arena),
    partition: typeof request.partition === "number" ? request.partition : request.partition[index] as number,
    timestamp: request.timestamps === null ? null : request.timestamps[index] as number,
    headers: request.headers.map((header) => [header.name, textAt(header.slices, header.constant ? 0 : index, arena)]),
  };
}

function textAt(slices: Int32Array, index: number, arena: Arena): string | null {
  const start = slices[2 * index] as number;
  const length = slices[2 * index + 1] as number;
  if (length < -1) throw new Error("a failed row was handed over");
  return length < 0 ? null : decoder.decode(arena.bytes.subarray(start, start + length));
}
