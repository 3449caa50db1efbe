/** What lies in the topics of a broker, for tests. */
import { KafkaAdmin, KafkaProducer, type ReadRecord, TopicReader } from "../src/kafka/mod.ts";
import { until } from "./until.ts";

/** A record to be written; null = no bytes. */
export interface NewRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly partition: number;
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
  /** Epoch milliseconds; undefined = now. */
  readonly timestamp: number | undefined;
}

/** One client per topic that is watched, one for administration; all end with `close`. */
export class Topics {
  readonly #bootstrap: string;
  readonly #admin: KafkaAdmin;
  /** Readers that only ask for offsets; hardly anything is fetched by them. */
  readonly #watches = new Map<string, TopicReader>();

  constructor(bootstrap: string) {
    this.#bootstrap = bootstrap;
    this.#admin = new KafkaAdmin({ "bootstrap.servers": bootstrap }, () => {});
  }

  /** Makes a topic. */
  async create(topic: string, partitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#admin.createTopic(topic, partitions, 1, configs);
  }

  /** How many records a topic holds; 0 when there is no such topic. */
  async count(topic: string): Promise<number> {
    let watch = this.#watches.get(topic);
    if (watch === undefined) {
      const described = await this.#admin.describeTopic(topic);
      if (described === undefined) return 0;
      const sparing = { "queued.min.messages": "1", "fetch.message.max.bytes": "1000" };
      watch = new TopicReader({ "bootstrap.servers": this.#bootstrap, ...sparing }, topic, described.partitions);
      this.#watches.set(topic, watch);
    }
    return await watch.span();
  }

  /** Gives every record up to the present end to `take`, in order within a partition. */
  async forEach(topic: string, take: (record: ReadRecord) => void): Promise<void> {
    const described = await this.#admin.describeTopic(topic);
    if (described === undefined) return;
    const reader = new TopicReader({ "bootstrap.servers": this.#bootstrap }, topic, described.partitions);
    try {
      while (!reader.atEnd) {
        const records = reader.read();
        for (const record of records) take(record);
        if (records.length === 0 && !reader.atEnd) await reader.wakeup(1000);
      }
    } finally {
      reader.close();
      await reader.closed;
    }
  }

  /** Every record up to the present end, by partition and offset. */
  async all(topic: string): Promise<ReadRecord[]> {
    const records: ReadRecord[] = [];
    await this.forEach(topic, (record) => records.push(record));
    return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  }

  /** Writes records one after the other and resolves once all are acknowledged. */
  async produce(topic: string, records: readonly NewRecord[]): Promise<void> {
    const producer = new KafkaProducer({ "bootstrap.servers": this.#bootstrap }, () => {});
    const listener = {
      delivered: () => {},
      failed: (error: { readonly message: string }) => {
        throw new Error(error.message);
      },
    };
    for (const [i, record] of records.entries()) {
      producer.arena.used = 0;
      const put = (bytes: Uint8Array | null) => placed(producer.arena, bytes);
      const taken = producer.produce({
        topic,
        count: 1,
        keys: put(record.key),
        values: put(record.value),
        partition: record.partition,
        timestamps: record.timestamp === undefined ? null : Float64Array.of(record.timestamp),
        headers: record.headers.map(([name, value]) => ({ name, slices: put(value), constant: true })),
        batch: i + 1,
      }, 0);
      if (taken === 0) throw new Error("More records at a time than a producer lets be on their way");
    }
    await until("all records are acknowledged", () => {
      producer.poll(listener);
      return producer.outstanding === 0 ? true : undefined;
    });
    producer.close();
    await producer.closed;
  }

  /** Frees all clients. */
  async close(): Promise<void> {
    for (const watch of this.#watches.values()) watch.close();
    this.#admin.close();
    await Promise.all([...this.#watches.values(), this.#admin].map((client) => client.closed));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Puts bytes at the arena's end; start and length, -1 for none. */
function placed(arena: KafkaProducer["arena"], bytes: Uint8Array | null): Int32Array {
  if (bytes === null) return Int32Array.of(0, -1);
  arena.reserve(bytes.length);
  arena.bytes.set(bytes, arena.used);
  arena.used += bytes.length;
  return Int32Array.of(arena.used - bytes.length, bytes.length);
}
