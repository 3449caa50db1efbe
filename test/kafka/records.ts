/** Records as a test writes them, sent and read back through the real classes. */
import { type KafkaProducer, TopicReader } from "../../src/kafka/mod.ts";
import type { DeliveryFailure } from "../../src/kafka/producer.ts";
import type { OutgoingRecords } from "../../src/kafka/outgoing.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A record with its texts; null = null. */
export interface TestRecord {
  readonly key?: string | null;
  readonly value?: string | null;
  readonly partition?: number;
  readonly timestamp?: number;
  /** Every record of a call has the same names. */
  readonly headers?: Readonly<Record<string, string | null>>;
}

/** What became of records that were sent. */
export interface Outcome {
  readonly delivered: Map<number, number>;
  readonly failed: DeliveryFailure[];
}

/** Nothing delivered, nothing failed yet. */
export function noOutcome(): Outcome {
  return { delivered: new Map(), failed: [] };
}

/** A listener that notes what it is told. */
export function noting(outcome: Outcome): { delivered(batch: number, count: number): void; failed(failure: DeliveryFailure): void } {
  return {
    delivered: (batch, count) => void outcome.delivered.set(batch, (outcome.delivered.get(batch) ?? 0) + count),
    failed: (failure) => void outcome.failed.push(failure),
  };
}

/** The records in the producer's arena, as one call. Only what they have is given: no timestamps, no headers when none has any. */
export function callOf(producer: KafkaProducer, topic: string, records: readonly TestRecord[], batch = 1): OutgoingRecords {
  const { arena } = producer;
  arena.used = 0;
  const put = (texts: readonly (string | null | undefined)[]) => Int32Array.from(texts.flatMap((text) => place(producer, text)));
  const keys = put(records.map((each) => each.key));
  const values = put(records.map((each) => each.value));
  const names = Object.keys(records[0]?.headers ?? {});
  const headers = names.map((name) => ({ name, slices: put(records.map((each) => each.headers?.[name])), constant: false }));
  const timestamps = records.some((each) => each.timestamp !== undefined)
    ? Float64Array.from(records, (each) => each.timestamp ?? 0)
    : null;
  const partition = records.some((each) => each.partition !== undefined) ? Int32Array.from(records, (each) => each.partition ?? -1) : -1;
  return { topic, count: records.length, keys, values, partition, timestamps, headers, batch };
}

/** Hands all over, however often the queue is full, and waits until all are reported. */
export async function sendAll(producer: KafkaProducer, call: OutgoingRecords, outcome: Outcome = noOutcome()): Promise<Outcome> {
  for (let from = 0; from < call.count;) {
    from = producer.produce(call, from);
    if (from < call.count) await producer.wakeup(5000);
    producer.poll(noting(outcome));
  }
  await settled(producer, outcome);
  return outcome;
}

/** Waits until everything handed over is reported. */
export async function settled(producer: KafkaProducer, outcome: Outcome): Promise<void> {
  producer.poll(noting(outcome));
  while (producer.outstanding > 0) {
    await producer.wakeup(5000);
    producer.poll(noting(outcome));
  }
}

/** A record as it was found in a topic. */
export interface FoundRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
  readonly headers: readonly (readonly [string, string | null])[];
}

/** Everything in a topic, partition by partition. */
export async function readAll(broker: string, topic: string, partitions: number): Promise<FoundRecord[]> {
  const reader = new TopicReader({ "bootstrap.servers": broker }, topic, partitions);
  try {
    const records = await reader.readToEnd(AbortSignal.timeout(60_000));
    const text = (bytes: Uint8Array | null) => bytes === null ? null : decoder.decode(bytes);
    return records.map(({ key, value, headers, ...rest }) => ({
      ...rest,
      key: text(key),
      value: text(value),
      headers: headers.map((header) => [header.name, text(header.value)] as const),
    })).sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  } finally {
    reader.close();
    await reader.closed;
  }
}

function place(producer: KafkaProducer, text: string | null | undefined): [start: number, length: number] {
  if (text === null || text === undefined) return [0, -1];
  const bytes = encoder.encode(text);
  const start = producer.arena.used;
  producer.arena.reserve(bytes.length);
  producer.arena.bytes.set(bytes, start);
  producer.arena.used += bytes.length;
  return [start, bytes.length];
}
