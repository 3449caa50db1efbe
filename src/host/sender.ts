/** From a polled batch to the producer's queue: room, conversion, error policy, topic, hand-over. */
import type { Logger } from "../base/log.ts";
import type { RecordBatch } from "../data/batch.ts";
import { withoutFailures } from "../data/selection.ts";
import { ConnectError } from "../sdk/errors.ts";
import type { Delivery } from "./acked_offsets.ts";
import { type Deliveries, GivenUp } from "./deliveries.ts";
import type { ErrorPolicy } from "./error_policy.ts";
import type { HostClock, Producer } from "./ports.ts";
import { type ProducePart, producePartsOf } from "./produce_parts.ts";
import type { ConvertedBatch, RecordChain } from "./record_chain.ts";
import type { TopicMaker } from "./topic_creation.ts";
import { backoffMs } from "../base/backoff.ts";
import { isRetriable } from "./trace.ts";

/** Pauses between looks for a topic while Kafka does not answer. */
const TOPIC_RETRY = { initialMs: 100, maxMs: 10_000 };

/** The task is to stop: what was not handed over is read again after the next start. Invariant 3 */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

export interface SenderOptions {
  readonly producer: Producer;
  readonly deliveries: Deliveries;
  readonly chain: RecordChain;
  readonly policy: ErrorPolicy;
  /** undefined: topics are left to the broker. */
  readonly topics: TopicMaker | undefined;
  readonly clock: HostClock;
  readonly log: Logger;
  /** Ends pauses: the task is to stop. */
  readonly stopping: AbortSignal;
  /** Ends every wait: the deadline has passed, or the task has failed. */
  readonly giveUp: AbortSignal;
}

/** Sends batches of one task, one at a time. */
export class Sender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /**
   * Hands over what one `poll` gave; returns when the producer has it all. Throws what ends the task; rows before a failed one
   * are handed over before that. Throws `Interrupted` or `GivenUp` when the task has to end first. A batch of which nothing is left
   * (`select` is empty) still counts: its position is stored in its turn. Whatever changes records makes batches of batches before this.
   */
  async send(batches: readonly RecordBatch[], delivery: Delivery | null): Promise<void> {
    if (delivery !== null) delivery.pending = batches.length;
    for (const batch of batches) await this.#sendBatch(batch, delivery);
  }

  async #sendBatch(batch: RecordBatch, delivery: Delivery | null): Promise<void> {
    const { deliveries, policy } = this.#options;
    const converted = await this.#convert(withoutFailures(batch));
    const verdict = policy.judge(converted.batch);
    const parts = producePartsOf(converted, verdict?.row ?? Infinity);
    const lastRow = (verdict?.row ?? batch.rows) - 1;
    const offset = lastRow < 0 ? null : batch.position.offset(lastRow);
    // A batch that is cut short is never reported as delivered.
    const told = verdict === undefined ? delivery : null;
    const { partition } = batch.position;
    if (parts.length === 0) deliveries.track("", partition, offset, 0, told);
    else if (told !== null) told.pending += parts.length - 1;
    for (const [index, part] of parts.entries()) {
      await this.#makeTopic(part.topic);
      // The position belongs to the last part, as the parts share the rows before it. Invariant 1
      const number = deliveries.track(part.topic, partition, index === parts.length - 1 ? offset : null, part.count, told);
      await this.#produce(part, number);
    }
    if (verdict !== undefined) throw verdict.error;
  }

  /** Converts, and again after a pause while a converter asks for that and `errors.retry.timeout` allows it. */
  async #convert(batch: RecordBatch): Promise<ConvertedBatch> {
    const { chain, producer, policy, clock, log } = this.#options;
    const startedAt = clock.now();
    for (let attempt = 1;; attempt++) {
      try {
        return chain.convert(batch, producer.arena);
      } catch (error) {
        if (!isRetriable(error)) throw error;
        const delayMs = policy.retryDelayMs(attempt, startedAt);
        if (delayMs === undefined) return chain.convert(batch, producer.arena, true);
        log.warn("A converter asks to be called again", { attempt, delayMs, reason: String(error) });
        await this.#pause(delayMs);
      }
    }
  }

  /** Back pressure: the producer takes as many as may be on their way; the rest waits for acknowledgements. */
  async #produce(part: ProducePart, batch: number): Promise<void> {
    const { deliveries, stopping, giveUp } = this.#options;
    const request = { ...part, batch };
    for (let from = 0;;) {
      from = this.#handOver(request, from);
      if (from >= part.count) return;
      // A stop does not wait to hand over what Kafka knows nothing of yet; half a batch is finished, to be repeated less.
      if (from === 0 && stopping.aborted) throw new Interrupted("The task is to stop");
      if (giveUp.aborted) throw new GivenUp("The task is to end");
      await deliveries.wait(from === 0 ? stopping : giveUp);
    }
  }

  #handOver(request: ProducePart & { readonly batch: number }, from: number): number {
    try {
      return this.#options.producer.produce(request, from);
    } catch (error) {
      throw new ConnectError(`Unrecoverable exception trying to send to topic "${request.topic}"`, { cause: error });
    }
  }

  /** Waits for Kafka as long as it takes: a topic that cannot be looked up now is no reason to fail. */
  async #makeTopic(topic: string): Promise<void> {
    const { topics, log } = this.#options;
    if (topics === undefined || topics.knows(topic)) return;
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#unlessStopped(topics.ensure(topic));
      } catch (error) {
        if (!isRetriable(error)) throw error;
        if (attempt === 1) log.warn("Cannot ask Kafka for a topic; trying until it answers", { topic, reason: String(error) });
        await this.#pause(backoffMs(attempt, TOPIC_RETRY));
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    const { clock, stopping } = this.#options;
    await this.#unlessStopped(clock.sleep(ms, stopping));
  }

  /** A stop need not wait for these: nothing of the batch was handed over yet. */
  async #unlessStopped<T>(work: Promise<T>): Promise<T> {
    const { deliveries, stopping } = this.#options;
    try {
      const done = await deliveries.serveWhile(work, stopping);
      if (!stopping.aborted) return done;
    } catch (error) {
      if (!(error instanceof GivenUp)) throw error;
    }
    throw new Interrupted("The task is to stop");
  }
}
