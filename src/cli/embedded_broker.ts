import { logger } from "../base/log.ts";
import type { BrokerAnswers, BrokerRequest } from "../link/messages.ts";
import type { ProcessChild, ProcessSpawner } from "../link/spawn.ts";
import type { Address } from "./arguments.ts";

/** Where Kafka's clients look first. */
const DEFAULT: Address = { host: "127.0.0.1", port: 9092 };

const log = logger("broker");

/** The embedded broker cannot be had as wanted; the program prints the sentence and exits with 3. */
export class BrokerError extends Error {
  override readonly name = "BrokerError";
}

/** The parent's end of the embedded broker's child. */
export class EmbeddedBroker {
  readonly #child: ProcessChild;
  readonly #pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #calls = 0;
  #stopping = false;
  #address: Address = DEFAULT;

  private constructor(child: ProcessChild) {
    this.#child = child;
    this.#listen().catch((error) => log.error("Cannot follow the embedded broker", { error: `${error}` }));
  }

  /** Starts the child and waits until it listens; `"default"` takes port 9092 or the next free one. Throws with the reason when it cannot. */
  static async start(spawner: ProcessSpawner, at: Address | "default"): Promise<EmbeddedBroker> {
    const broker = new EmbeddedBroker(spawner.spawn("broker"));
    const { host, port } = at === "default" ? DEFAULT : at;
    try {
      broker.#address = await broker.#ask({ what: "broker.open", host, port, orNext: at === "default" });
    } catch (error) {
      broker.stop();
      const reason = (error instanceof Error ? error.message : String(error)).replace(/ \(os error \d+\)$/, "");
      throw new BrokerError(`${reason}; choose another address with --embedded-kafka=HOST:PORT, or end the program that has this one`, {
        cause: error,
      });
    }
    return broker;
  }

  /** `host:port`, for `bootstrap.servers`. */
  get bootstrapServers(): string {
    return `${this.#address.host}:${this.#address.port}`;
  }

  /** Makes a topic, as the embedded broker answers no admin request. */
  createTopic(topic: string, partitions: number): Promise<"created" | "exists"> {
    return this.#ask({ what: "broker.topic", topic, partitions });
  }

  /** Ends the child; what the broker held is gone. */
  stop(): void {
    this.#stopping = true;
    this.#child.send({ do: "exit" });
    this.#child.kill();
  }

  #ask<R extends BrokerRequest>(request: R): Promise<BrokerAnswers[R["what"]]> {
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#pending.set(call, { resolve: (value) => resolve(value as BrokerAnswers[R["what"]]), reject });
      this.#child.send({ do: "broker", call, request });
    });
  }

  async #listen(): Promise<void> {
    for await (const message of this.#child.messages) {
      if (message.is !== "answer") continue;
      const waiting = this.#pending.get(message.call);
      this.#pending.delete(message.call);
      if (message.error !== undefined) waiting?.reject(new Error(message.error.message));
      else waiting?.resolve(message.ok);
    }
    const { code, signal } = await this.#child.exit;
    for (const waiting of this.#pending.values()) waiting.reject(new Error("The embedded broker's process has ended"));
    if (!this.#stopping) {
      log.error("The embedded broker's process has ended: its records are gone, tasks wait for a broker", { code, signal });
    }
  }
}
