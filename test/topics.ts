/** What lies in the topics of a broker, for tests. */
import { KafkaAdmin, type ReadRecord, TopicReader } from "../src/kafka/mod.ts";

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
