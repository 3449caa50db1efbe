/** A member of a group as a sink task drives it, for tests: events answered, records taken, offsets committed when told. */
import { GroupConsumer } from "../../src/kafka/mod.ts";
import type { GroupEvent } from "../../src/kafka/group_consumer.ts";
import type { TopicPartition } from "../../src/kafka/topic_partition.ts";
import { until } from "../until.ts";

const decoder = new TextDecoder();

/** A record as it was consumed; null = null. */
export interface SeenRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestampType: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
}

/** How a member behaves. */
export interface MemberOptions {
  readonly properties?: Readonly<Record<string, string>>;
  /** Default false. */
  readonly headers?: boolean;
  /** Whether what was read is committed when partitions are revoked; default true. */
  readonly commits?: boolean;
  /** Most records of a read; default 1,000. */
  readonly maxRecords?: number;
  /** Most bytes of a read; default 1 MB. */
  readonly maxBytes?: number;
}

/** Ends with `close`, or `await using`. */
export class Member {
  readonly consumer: GroupConsumer;
  /** All events, oldest first. */
  readonly events: GroupEvent[] = [];
  /** All records, in the order they were read. */
  readonly seen: SeenRecord[] = [];
  /** What it owns now, as `topic-partition`. */
  readonly owned = new Set<string>();
  /** Next offset by `topic-partition`, of what it owns and has read. */
  readonly positions = new Map<string, TopicPartition & { offset: number }>();
  readonly warnings: string[] = [];
  readonly #options: MemberOptions;

  constructor(broker: string, group: string, topics: readonly string[], options: MemberOptions = {}) {
    const properties = { "bootstrap.servers": broker, "group.id": group, ...options.properties };
    this.#options = options;
    this.consumer = new GroupConsumer(properties, options.headers ?? false, (warning) => this.warnings.push(warning));
    this.consumer.subscribe(topics);
  }

  /** Answers every event there is. */
  async answer(): Promise<void> {
    for (let event: GroupEvent | undefined; (event = this.consumer.event()) !== undefined;) {
      this.events.push(event);
      if (event.is === "assigned") this.#assigned(event.partitions);
      else if (event.is === "revoked") await this.#revoked(event.partitions, event.isLost);
    }
  }

  /** Reads once; how many there were. */
  read(): number {
    const { maxRecords = 1000, maxBytes = 1 << 20 } = this.#options;
    const records = this.consumer.read(maxRecords, maxBytes);
    if (records === undefined) return 0;
    const { count, keys, values, region: { bytes } } = records;
    const text = (slices: Int32Array, i: number) => {
      const start = slices[2 * i] as number;
      const length = slices[2 * i + 1] as number;
      return length < 0 ? null : decoder.decode(bytes.subarray(start, start + length));
    };
    for (let i = 0; i < count; i++) {
      const topic = records.topics[records.topicIndex[i] as number] as string;
      const partition = records.partitions[i] as number;
      const offset = records.offsets[i] as number;
      this.seen.push({
        topic,
        partition,
        offset,
        timestamp: records.timestamps[i] as number,
        timestampType: records.timestampTypes[i] as number,
        key: text(keys, i),
        value: text(values, i),
        headers: records.headers(i).map(({ name, value }) => [name, value === null ? null : decoder.decode(value)] as const),
      });
      this.positions.set(`${topic}-${partition}`, { topic, partition, offset: offset + 1 });
    }
    records.release();
    return count;
  }

  /** One turn of its loop: events, a read, and a wait when there was nothing. */
  async step(): Promise<void> {
    await this.answer();
    if (this.read() === 0) await this.consumer.wakeup(50);
  }

  /** Runs until the condition holds. */
  async run(what: string, done: () => boolean): Promise<void> {
    await until(what, async () => {
      if (done()) return true;
      for (let turn = 0; turn < 20 && !done(); turn++) await this.step();
      return done() ? true : undefined;
    });
  }

  /** Commits what was read. */
  async commit(): Promise<void> {
    const result = await this.consumer.commit([...this.positions.values()]);
    if (!result.ok) throw new Error(result.message);
  }

  async close(deadlineMs = 10_000): Promise<void> {
    await this.consumer.close(deadlineMs);
    await this.consumer.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #assigned(partitions: readonly TopicPartition[]): void {
    this.consumer.assign(partitions.map((each) => ({ ...each, offset: null })));
    for (const { topic, partition } of partitions) this.owned.add(`${topic}-${partition}`);
  }

  async #revoked(partitions: readonly TopicPartition[], isLost: boolean): Promise<void> {
    const names = partitions.map(({ topic, partition }) => `${topic}-${partition}`);
    const read = names.flatMap((name) => this.positions.get(name) ?? []);
    if (!isLost && this.#options.commits !== false) await this.consumer.commit(read);
    this.consumer.unassign(partitions);
    for (const name of names) {
      this.owned.delete(name);
      this.positions.delete(name);
    }
  }
}

/** Runs several members at once until the condition holds. */
export async function runAll(members: readonly Member[], what: string, done: () => boolean): Promise<void> {
  await Promise.all(members.map((member) => member.run(what, done)));
}
