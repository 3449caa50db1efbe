/** What a sink task does when partitions come and go, and when it, or its connector, pauses them (Kafka Connect 4, WorkerSinkTask.HandleRebalance). */
import type { Logger } from "../base/log.ts";
import type { PartitionOffset, TopicPartition } from "../data/record.ts";
import { ConnectError } from "../sdk/errors.ts";
import type { SinkTask } from "../sdk/sink.ts";
import { kafkaExceptionOf } from "./kafka_exceptions.ts";
import type { ConsumerEvent } from "./ports.ts";
import { keyOf } from "./sink_assignment.ts";
import type { OpenedSink } from "./sink_opening.ts";

/** Serves one running task. Called by its loop alone, never while the task is in a call. */
export class SinkRebalance {
  readonly #sink: OpenedSink;
  readonly #task: SinkTask;
  readonly #log: Logger;
  readonly #giveUp: AbortSignal;
  /** Partitions the consumer does not fetch right now, by key. */
  readonly #held = new Set<string>();

  constructor(sink: OpenedSink, task: SinkTask, log: Logger, giveUp: AbortSignal) {
    this.#sink = sink;
    this.#task = task;
    this.#log = log;
    this.#giveUp = giveUp;
  }

  /** Does what an event asks for. Throws what ends the task. */
  async handle(event: ConsumerEvent): Promise<void> {
    switch (event.is) {
      case "assigned":
        return await this.#assigned(event.partitions);
      case "revoked":
        return event.isLost ? await this.#lost(event.partitions) : await this.#revoked(event.partitions);
      case "error":
        if (!event.retriable) throw new ConnectError(event.message, { javaClass: kafkaExceptionOf(event.code) });
        return this.#log.warn(`${event.message}. Trying again`, { code: event.code });
    }
  }

  /** Has the consumer fetch exactly what neither the connector nor the task has paused. */
  async applyPauses(isConnectorPaused: boolean): Promise<void> {
    const { assignment, consumer, wishes, reader } = this.#sink;
    wishes.pausesChanged = false;
    const flowing = new Set(assignment.flowing.map(keyOf));
    const flows = (each: TopicPartition) => !isConnectorPaused && flowing.has(keyOf(each));
    const held = assignment.list.filter((each) => !flows(each) && !this.#held.has(keyOf(each)));
    const released = assignment.list.filter((each) => flows(each) && this.#held.has(keyOf(each)));
    if (held.length > 0) consumer.pause(held);
    if (released.length > 0) consumer.resume(released);
    for (const each of held) this.#held.add(keyOf(each));
    for (const each of released) this.#held.delete(keyOf(each));
    // What was read ahead of partitions the task has paused is not to be put: it is read again when they are resumed.
    await this.#seek(reader.unread(assignment.list.filter((each) => !flowing.has(keyOf(each)))));
  }

  /** Reads on from where the task wants to. */
  async applySeeks(): Promise<void> {
    const { assignment, wishes } = this.#sink;
    const seeks = lastOfEach(wishes.seeks);
    wishes.seeks = [];
    const [here, elsewhere] = [seeks.filter((each) => assignment.has(each)), seeks.filter((each) => !assignment.has(each))];
    if (elsewhere.length > 0) {
      const partitions = elsewhere.map(({ topic, partition }) => `${topic}-${partition}`).join(", ");
      this.#log.warn("The task wants to read on in partitions that are not assigned to it, which is ignored", { partitions });
    }
    await this.readFrom(here);
    assignment.sought(here);
  }

  /** Drops what was read of these partitions, and reads them from there. */
  async readFrom(offsets: readonly PartitionOffset[]): Promise<void> {
    const { reader, puts } = this.#sink;
    reader.drop(offsets);
    puts.portion?.drop(offsets);
    await this.#seek(offsets);
  }

  async #seek(offsets: readonly PartitionOffset[]): Promise<void> {
    const { consumer, pump } = this.#sink;
    if (offsets.length > 0) await pump.serveWhile(consumer.seek(offsets), this.#giveUp);
  }

  /** Nothing is fetched before the task has opened them, and it may say where to begin. */
  async #assigned(partitions: readonly TopicPartition[]): Promise<void> {
    const { assignment, consumer, pump, wishes } = this.#sink;
    this.#log.info("Partitions assigned", { partitions: namesOf(partitions) });
    assignment.add(partitions);
    if (partitions.length > 0) await pump.call(() => this.#task.open?.(partitions), this.#giveUp);
    const wanted = new Map(lastOfEach(wishes.seeks).map((seek) => [keyOf(seek), seek.offset]));
    const fresh = new Set(partitions.map(keyOf));
    assignment.sought(lastOfEach(wishes.seeks).filter((seek) => fresh.has(keyOf(seek))));
    wishes.seeks = wishes.seeks.filter((seek) => !fresh.has(keyOf(seek)));
    consumer.assign(
      partitions.map(({ topic, partition }) => ({ topic, partition, offset: wanted.get(keyOf({ topic, partition })) ?? null })),
    );
    wishes.pausesChanged = true;
  }

  /** Commits what was put of them while they are still ours. */
  async #revoked(partitions: readonly TopicPartition[]): Promise<void> {
    const { assignment, commits, consumer } = this.#sink;
    this.#log.info("Partitions revoked", { partitions: namesOf(partitions) });
    const ours = partitions.filter((each) => assignment.has(each));
    this.#drop(ours);
    if (ours.length > 0) await commits.commitAndClose(this.#task, ours, this.#giveUp);
    this.#forget(ours);
    consumer.unassign(partitions);
  }

  /** Others may have them already: nothing of them can be committed, and they begin where the last commit was. Invariant 3 */
  async #lost(partitions: readonly TopicPartition[]): Promise<void> {
    const { assignment, consumer, deadLetters, pump } = this.#sink;
    this.#log.warn("Partitions lost, as the group did not hear of this task in time", { partitions: namesOf(partitions) });
    const ours = partitions.filter((each) => assignment.has(each));
    this.#drop(ours);
    deadLetters?.forget(ours);
    if (ours.length > 0) await pump.call(() => this.#task.close?.(ours), this.#giveUp);
    this.#forget(ours);
    consumer.unassign(partitions);
  }

  #drop(partitions: readonly TopicPartition[]): void {
    this.#sink.reader.drop(partitions);
    this.#sink.puts.portion?.drop(partitions);
  }

  #forget(partitions: readonly TopicPartition[]): void {
    const { assignment, wishes } = this.#sink;
    const gone = new Set(partitions.map(keyOf));
    assignment.remove(partitions);
    wishes.seeks = wishes.seeks.filter((seek) => !gone.has(keyOf(seek)));
    for (const key of gone) this.#held.delete(key);
  }
}

function lastOfEach(offsets: readonly PartitionOffset[]): readonly PartitionOffset[] {
  return [...new Map(offsets.map((each) => [keyOf(each), each])).values()];
}

function namesOf(partitions: readonly TopicPartition[]): string {
  return partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(", ");
}
