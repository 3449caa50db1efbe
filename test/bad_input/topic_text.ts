import { TopicReader } from "../../src/kafka/mod.ts";

/** A topic of one partition, read along. */
export class TopicText {
  readonly #reader: TopicReader;
  readonly #values: string[] = [];

  constructor(bootstrap: string, topic: string) {
    this.#reader = new TopicReader({ "bootstrap.servers": bootstrap }, topic, 1);
  }

  /** Every value the topic holds at this moment, in order. */
  async values(): Promise<readonly string[]> {
    const held = await this.#reader.span();
    while (this.#values.length < held) {
      const records = this.#reader.read();
      for (const { value } of records) this.#values.push(new TextDecoder().decode(value ?? new Uint8Array()));
      if (records.length === 0) await this.#reader.wakeup(1000);
    }
    return this.#values;
  }

  async close(): Promise<void> {
    this.#reader.close();
    await this.#reader.closed;
  }
}
