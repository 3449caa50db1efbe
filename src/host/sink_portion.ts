import { liveRows, type RowFailure, type SinkBatch } from "../data/batch.ts";
import type { PartitionOffset, TopicPartition } from "../data/record.ts";
import { keepRows, withoutFailures } from "../data/selection.ts";
import type { ConnectError } from "../sdk/errors.ts";
import type { ErrorPolicy } from "./error_policy.ts";
import type { ConsumedRecords } from "./ports.ts";
import { keyOf } from "./sink_assignment.ts";

/** Consecutive records of one partition within what was read. */
interface Span extends TopicPartition {
  readonly start: number;
  readonly end: number;
}

/** Takes a record that failed; see `DeadLetterQueue.send`. */
export type DeadLetterSender = (records: ConsumedRecords, index: number, failure: RowFailure) => void;

/** What was read at a time, from the read to the end of its put. Owns the memory of its records: `release`, once. */
export class SinkPortion {
  readonly records: ConsumedRecords;
  #batches: readonly SinkBatch[] = [];
  #spans: readonly Span[];
  #isReleased = false;
  /** Where the last record was found: those asked for next lie behind it as a rule. */
  #found = 0;

  /** Partitions that were taken out. */
  #gone: readonly TopicPartition[] = [];

  constructor(records: ConsumedRecords) {
    this.records = records;
    this.#spans = spansOf(records);
  }

  /** Takes what the records were converted to. Called once. */
  fill(batches: readonly SinkBatch[]): void {
    this.#batches = batches;
    this.#takeOut(this.#gone);
  }

  /** Batches with live rows, in order. Those that failed are out once `judge` was called. */
  get batches(): readonly SinkBatch[] {
    return this.#batches;
  }

  /** First offset read per partition. */
  get starts(): readonly PartitionOffset[] {
    const starts = new Map<string, PartitionOffset>();
    for (const { topic, partition, start } of this.#spans) {
      if (!starts.has(keyOf({ topic, partition }))) starts.set(keyOf({ topic, partition }), { topic, partition, offset: start });
    }
    return [...starts.values()];
  }

  /** Offset behind the last record per partition, the dropped and failed ones included. */
  get ends(): readonly PartitionOffset[] {
    const ends = new Map<string, PartitionOffset>();
    for (const { topic, partition, end } of this.#spans) ends.set(keyOf({ topic, partition }), { topic, partition, offset: end });
    return [...ends.values()];
  }

  /** Topics of the records that could be read. */
  get topics(): readonly string[] {
    return [...new Set(this.#batches.map(({ origin }) => origin.topic))];
  }

  /** Takes out all rows of these partitions, which are others' by now. */
  drop(partitions: readonly TopicPartition[]): void {
    const gone = new Set(partitions.map(keyOf));
    if (!this.#spans.some((span) => gone.has(keyOf(span)))) return;
    this.#spans = this.#spans.filter((span) => !gone.has(keyOf(span)));
    this.#gone = [...this.#gone, ...partitions];
    this.#takeOut(partitions);
  }

  /** Has the policy judge what failed, and takes it out. Gives what ends the task. */
  judge(policy: ErrorPolicy, deadLetter: DeadLetterSender | undefined): ConnectError | undefined {
    const seen = new Set<readonly RowFailure[]>();
    for (const batch of this.#batches) {
      // A transformation may have made several batches of one, which share its failures.
      if (batch.failures.length === 0 || seen.has(batch.failures)) continue;
      seen.add(batch.failures);
      const indexOf = (row: number) => this.indexOf(batch, row);
      const verdict = policy.judgeRows(batch.failures, {
        details: (row) => consumedText(this.records, indexOf(row)),
        deadLetter: deadLetter && ((failure) => deadLetter(this.records, indexOf(failure.row), failure)),
      });
      if (verdict !== undefined) return verdict.error;
    }
    this.#batches = withRows(this.#batches.map(withoutFailures), false);
    return undefined;
  }

  /** Which record a row was, by where it came from: the batch need not be one of ours, a sink may have cut it. */
  indexOf(batch: SinkBatch, row: number): number {
    const { topic, partition: partitions } = batch.origin;
    const partition = typeof partitions === "number" ? partitions : partitions[row] as number;
    const { count, topics, topicIndex, offsets, partitions: all } = this.records;
    const offset = batch.offsets[row];
    for (let i = 0, at = this.#found; i < count; i++, at = at + 1 === count ? 0 : at + 1) {
      if (offsets[at] === offset && all[at] === partition && topics[topicIndex[at] as number] === topic) return this.#found = at;
    }
    throw new RangeError(
      `Row ${row} (topic "${topic}", partition ${partition}, offset ${offset}) is not of the batches that are being put`,
    );
  }

  /** Gives the memory back. Invariant 6: only the first call does. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.records.release();
  }

  #takeOut(partitions: readonly TopicPartition[]): void {
    if (partitions.length === 0) return;
    const gone = new Set(partitions.map(keyOf));
    const batches = this.#batches.map((batch) => {
      const { topic, partition } = batch.origin;
      const keep = (row: number) =>
        !gone.has(keyOf({ topic, partition: typeof partition === "number" ? partition : partition[row] as number }));
      return keepRows({ ...batch, failures: batch.failures.filter(({ row }) => keep(row)) }, keep);
    });
    this.#batches = withRows(batches, true);
  }
}

/** What Kafka Connect 4 says of a consumed record (ProcessingContext.toString). Names it without its content. */
export function consumedText({ topics, topicIndex, partitions, offsets, timestamps, timestampTypes }: ConsumedRecords, i: number): string {
  const topic = topics[topicIndex[i] as number];
  const timestamp = timestamps[i] as number;
  const type = timestampTypes[i] === 2 ? "LogAppendTime" : "CreateTime";
  const time = timestamp < 0 || timestampTypes[i] === 0 ? "" : `, timestamp=${timestamp}, timestampType=${type}`;
  return `, where consumed record is {topic='${topic}', partition=${partitions[i]}, offset=${offsets[i]}${time}}`;
}

/** Batches of which something is left; with `orFailures` also those whose failures are still to be judged. */
function withRows(batches: readonly SinkBatch[], orFailures: boolean): readonly SinkBatch[] {
  return batches.filter((batch) => liveRows(batch) > 0 || (orFailures && batch.failures.length > 0));
}

function spansOf({ count, topics, topicIndex, partitions, offsets }: ConsumedRecords): Span[] {
  const spans: Span[] = [];
  for (let from = 0; from < count;) {
    let to = from + 1;
    while (to < count && topicIndex[to] === topicIndex[from] && partitions[to] === partitions[from]) to++;
    spans.push({
      topic: topics[topicIndex[from] as number] as string,
      partition: partitions[from] as number,
      start: offsets[from] as number,
      end: (offsets[to - 1] as number) + 1,
    });
    from = to;
  }
  return spans;
}
