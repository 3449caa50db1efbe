/** Commits of offsets under way. Their answers come on a queue of their own, so they need nobody to ask for events. */
import type { Client } from "./client.ts";
import { codeOf, KafkaError } from "./codes.ts";
import { PartitionList, partitionsIn } from "./partition_list.ts";
import { native } from "./symbols.ts";
import type { PartitionOffset } from "./topic_partition.ts";

/** What became of a commit. */
export type CommitResult = { readonly ok: true } | {
  readonly ok: false;
  /** librdkafka's name of the code. */
  readonly code: string;
  readonly message: string;
  readonly retriable: boolean;
};

const CLOSED = codeOf("_DESTROY") as number;

interface Pending {
  readonly act: string;
  readonly settle: (result: CommitResult) => void;
}

/** Owned by a consumer, which closes it before its client. */
export class Commits {
  readonly #client: Client;
  readonly #answers: bigint;
  readonly #pending = new Map<bigint, Pending>();
  #last = 0n;
  #isListening = false;
  #isClosed = false;

  constructor(client: Client) {
    this.#client = client;
    this.#answers = native.rd_kafka_queue_new(client.handle);
    client.bell.attach(this.#answers);
  }

  /** Sends one off. The opaque ties it to its answer, which librdkafka always gives: without a coordinator after session.timeout.ms. */
  commit(offsets: readonly PartitionOffset[], act: string): Promise<CommitResult> {
    if (offsets.length === 0) return Promise.resolve({ ok: true });
    if (this.#isClosed) return Promise.resolve(failed(CLOSED, act));
    using list = new PartitionList(offsets);
    const id = ++this.#last;
    const code = native.rd_kafka_commit_queue(this.#client.handle, list.address, this.#answers, 0n, id);
    if (code !== 0) return Promise.resolve(failed(code, act));
    return new Promise((settle) => {
      this.#pending.set(id, { act, settle });
      this.#listen();
    });
  }

  /** What is under way fails. */
  close(): void {
    if (this.#isClosed) return;
    this.#drain();
    this.#isClosed = true;
    for (const { act, settle } of this.#pending.values()) settle(failed(CLOSED, act));
    this.#pending.clear();
    this.#client.bell.detach(this.#answers);
    native.rd_kafka_queue_destroy(this.#answers); // Invariant 6
  }

  /** Runs as long as something is under way; the bell's closing ends its wait. */
  async #listen(): Promise<void> {
    if (this.#isListening) return;
    this.#isListening = true;
    while (!this.#isClosed) {
      this.#drain();
      if (this.#pending.size === 0) break;
      await this.#client.bell.wait(Infinity);
    }
    this.#isListening = false;
  }

  #drain(): void {
    for (let event: bigint; (event = native.rd_kafka_queue_poll(this.#answers, 0)) !== 0n;) {
      const id = native.rd_kafka_event_opaque(event);
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      const code = codeIn(event);
      native.rd_kafka_event_destroy(event);
      if (code === 0) this.#client.reached();
      pending?.settle(code === 0 ? { ok: true } : failed(code, pending.act));
    }
  }
}

/** The error of the commit, or of the first partition that has one. */
function codeIn(event: bigint): number {
  const code = native.rd_kafka_event_error(event);
  if (code !== 0) return code;
  return partitionsIn(native.rd_kafka_event_topic_partition_list(event)).find(({ error }) => error !== 0)?.error ?? 0;
}

function failed(code: number, act: string): CommitResult {
  const { code: name, message, retriable } = new KafkaError(code, act);
  return { ok: false, code: name, message, retriable };
}
