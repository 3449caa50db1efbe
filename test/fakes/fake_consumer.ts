/** A member of a group over topics in memory. The test says what happens to the group; the records come as they were written. */
import type { PartitionOffset, TopicPartition } from "../../src/data/record.ts";
import { allocateRegion } from "../../src/data/region.ts";
import type { CommitOutcome, ConsumedRecords, Consumer, ConsumerEvent, RawHeader } from "../../src/host/ports.ts";

const encoder = new TextEncoder();

/** A record as a test writes it. */
export interface WrittenRecord {
  readonly key?: string | null;
  readonly value: string | null;
  readonly headers?: readonly (readonly [name: string, value: string | null])[];
  /** Default 1000 + offset; -1 = none. */
  readonly timestamp?: number;
}

/** Time as the fake needs it. */
interface Clock {
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

interface Position {
  offset: number;
  isPaused: boolean;
}

/** The records of all partitions and what the group has committed: shared by the consumers of a test. */
export class FakeTopics {
  readonly records = new Map<string, WrittenRecord[]>();
  readonly committed = new Map<string, number>();

  /** Appends records to a partition. */
  write(topic: string, partition: number, ...records: readonly (WrittenRecord | string)[]): void {
    const log = this.records.get(nameOf({ topic, partition })) ?? [];
    this.records.set(nameOf({ topic, partition }), log);
    for (const record of records) log.push(typeof record === "string" ? { value: record } : record);
  }

  /** Committed offsets as `topic-partition` → offset. */
  get offsets(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.committed].sort());
  }
}

/** Fits the host's `Consumer`. */
export class FakeConsumer implements Consumer {
  /** What was called, in short, in order. */
  readonly calls: string[] = [];
  subscriptions: (readonly string[])[] = [];
  /** Answers of `topicNames`; an error is thrown. */
  topics: readonly string[] | Error = [];
  fatal: Error | undefined;
  unreachable: string | undefined;
  /** What the next commits come to; then they succeed. */
  readonly commitOutcomes: (CommitOutcome | Promise<CommitOutcome>)[] = [];
  /** Most records of one read, whatever is asked for. */
  readLimit = Infinity;
  /** How often records were read, and released. */
  reads = 0;
  released = 0;
  isClosed = false;
  eventCalls = 0;
  readonly #events: ConsumerEvent[] = [];
  readonly #positions = new Map<string, Position & TopicPartition>();
  readonly #clock: Clock;
  /** As with librdkafka, the next rebalance is told when the last one is answered. */
  #isUnanswered = false;
  #waiting: AbortController[] = [];

  constructor(
    clock: Clock,
    readonly properties: Readonly<Record<string, string>>,
    readonly withHeaders: boolean,
    readonly log: FakeTopics,
  ) {
    this.#clock = clock;
  }

  /** Partitions fetched from right now, paused ones included. */
  get assigned(): readonly string[] {
    return [...this.#positions.keys()];
  }

  get paused(): readonly string[] {
    return [...this.#positions].filter(([, { isPaused }]) => isPaused).map(([name]) => name);
  }

  /** Something happens to the group. */
  happen(event: ConsumerEvent): void {
    this.#events.push(event);
    this.ring();
  }

  assignNow(...partitions: readonly TopicPartition[]): void {
    this.happen({ is: "assigned", partitions });
  }

  revokeNow(...partitions: readonly TopicPartition[]): void {
    this.happen({ is: "revoked", partitions, isLost: false });
  }

  /** Others have them once this is told: nothing more comes of them. */
  loseNow(...partitions: readonly TopicPartition[]): void {
    this.happen({ is: "revoked", partitions, isLost: true });
  }

  /** Appends records, which arrive. */
  write(topic: string, partition: number, ...records: readonly (WrittenRecord | string)[]): void {
    this.log.write(topic, partition, ...records);
    this.ring();
  }

  /** Ends waits. */
  ring(): void {
    for (const waiting of this.#waiting) waiting.abort();
  }

  subscribe(topics: readonly string[]): void {
    this.subscriptions.push([...topics]);
  }

  async topicNames(): Promise<readonly string[]> {
    await Promise.resolve();
    if (this.topics instanceof Error) throw this.topics;
    return this.topics;
  }

  event(): ConsumerEvent | undefined {
    this.eventCalls++;
    const [next] = this.#events;
    if (next === undefined || (next.is !== "error" && this.#isUnanswered)) return undefined;
    this.#events.shift();
    if (next.is !== "error") this.#isUnanswered = true;
    if (next.is === "revoked" && next.isLost) { for (const each of next.partitions) this.#positions.delete(nameOf(each)); }
    return next;
  }

  assign(partitions: readonly (TopicPartition & { readonly offset: number | null })[]): void {
    this.#isUnanswered = false;
    for (const { topic, partition, offset } of partitions) {
      const name = nameOf({ topic, partition });
      this.calls.push(`assign ${name}${offset === null ? "" : ` at ${offset}`}`);
      this.#positions.set(name, { topic, partition, offset: offset ?? this.log.committed.get(name) ?? 0, isPaused: false });
    }
  }

  unassign(partitions: readonly TopicPartition[]): void {
    this.#isUnanswered = false;
    for (const each of partitions) {
      this.calls.push(`unassign ${nameOf(each)}`);
      this.#positions.delete(nameOf(each));
    }
  }

  read(maxRecords: number): ConsumedRecords | undefined {
    const found: { readonly at: Position & TopicPartition; readonly offset: number; readonly record: WrittenRecord }[] = [];
    const most = Math.min(maxRecords, this.readLimit);
    for (const [name, at] of this.#positions) {
      const log = this.log.records.get(name) ?? [];
      for (; !at.isPaused && at.offset < log.length && found.length < most; at.offset++) {
        found.push({ at, offset: at.offset, record: log[at.offset] as WrittenRecord });
      }
    }
    if (found.length === 0) return undefined;
    this.reads++;
    return this.#consumed(found);
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#setPaused(partitions, true);
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#setPaused(partitions, false);
    this.ring();
  }

  async seek(offsets: readonly PartitionOffset[]): Promise<void> {
    await Promise.resolve();
    for (const { topic, partition, offset } of offsets) {
      const name = nameOf({ topic, partition });
      const at = this.#positions.get(name);
      if (at === undefined) throw new Error(`Cannot seek in ${name}, which is not assigned`);
      this.calls.push(`seek ${name} to ${offset}`);
      at.offset = offset;
    }
  }

  committed(partitions: readonly TopicPartition[]): Promise<readonly (number | null)[]> {
    return Promise.resolve(partitions.map((each) => this.log.committed.get(nameOf(each)) ?? null));
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<CommitOutcome> {
    this.calls.push(`commit ${offsets.map((each) => `${nameOf(each)}=${each.offset}`).join(" ")}`);
    const outcome = await (this.commitOutcomes.shift() ?? { ok: true });
    if (outcome.ok) { for (const each of offsets) this.log.committed.set(nameOf(each), each.offset); }
    return outcome;
  }

  async wakeup(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const hasEvent = this.#events.some((each) => each.is === "error") || (this.#events.length > 0 && !this.#isUnanswered);
    if (hasEvent || this.#hasRecords) return;
    const waiting = new AbortController();
    const end = () => waiting.abort();
    this.#waiting.push(waiting);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
    await this.#clock.sleep(timeoutMs, waiting.signal);
    signal?.removeEventListener("abort", end);
    this.#waiting = this.#waiting.filter((each) => each !== waiting);
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.calls.push("close");
    this.isClosed = true;
  }

  get #hasRecords(): boolean {
    return [...this.#positions].some(([name, at]) => !at.isPaused && at.offset < (this.log.records.get(name) ?? []).length);
  }

  #setPaused(partitions: readonly TopicPartition[], isPaused: boolean): void {
    for (const each of partitions) {
      this.calls.push(`${isPaused ? "pause" : "resume"} ${nameOf(each)}`);
      const at = this.#positions.get(nameOf(each));
      if (at !== undefined) at.isPaused = isPaused;
    }
  }

  #consumed(found: readonly { readonly at: TopicPartition; readonly offset: number; readonly record: WrittenRecord }[]): ConsumedRecords {
    const topics = [...new Set(found.map(({ at }) => at.topic))];
    const region = allocateRegion(
      found.reduce((sum, { record }) => sum + 4 * ((record.key?.length ?? 0) + (record.value?.length ?? 0)), 0),
    );
    const place = (texts: readonly (string | null)[]) => {
      const slices = new Int32Array(2 * texts.length);
      texts.forEach((text, i) => {
        const bytes = text === null ? null : encoder.encode(text);
        slices.set([region.used, bytes?.length ?? -1], 2 * i);
        if (bytes !== null) region.bytes.set(bytes, region.used);
        region.used += bytes?.length ?? 0;
      });
      return slices;
    };
    const timestamps = Float64Array.from(found, ({ record, offset }) => record.timestamp ?? 1000 + offset);
    let isReleased = false;
    return {
      count: found.length,
      topics,
      topicIndex: Int32Array.from(found, ({ at }) => topics.indexOf(at.topic)),
      partitions: Int32Array.from(found, ({ at }) => at.partition),
      offsets: Float64Array.from(found, ({ offset }) => offset),
      timestamps,
      timestampTypes: Uint8Array.from(timestamps, (timestamp) => timestamp < 0 ? 0 : 1),
      region,
      keys: place(found.map(({ record }) => record.key ?? null)),
      values: place(found.map(({ record }) => record.value)),
      headers: (i) => this.withHeaders ? rawHeaders(found[i]?.record.headers ?? []) : [],
      release: () => {
        if (isReleased) throw new Error("records were released twice");
        isReleased = true;
        this.released++;
        // Whoever looks at them later sees that they are gone.
        region.bytes.fill(0x2a);
      },
    };
  }
}

/** A partition's name as in Kafka's own texts. */
export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

function rawHeaders(headers: readonly (readonly [name: string, value: string | null])[]): readonly RawHeader[] {
  return headers.map(([name, value]) => ({ name, value: value === null ? null : encoder.encode(value) }));
}
