/** Cuts a converted batch into what the producer takes: one call per topic, failed rows left out. */
import { liveRow } from "../data/batch.ts";
import { FAILED_ROW } from "../sdk/converter.ts";
import type { ProduceHeader, ProduceRequest } from "./ports.ts";
import type { ConvertedBatch, ConvertedHeader } from "./record_chain.ts";

/** A request that has no batch number yet. */
export type ProducePart = Omit<ProduceRequest, "batch">;

/**
 * The parts of a batch, in the order in which topics first occur; none when no row is left. Rows from `endRow` on are left out
 * too: the row there ends the task. Tables are compacted in place, so this is called once per conversion.
 */
export function producePartsOf(converted: ConvertedBatch, endRow: number): ProducePart[] {
  const { batch, live } = converted;
  if (live === 0) return [];
  if (batch.failures.length === 0 && typeof batch.topic === "string") {
    return [partOf(converted, batch.topic, null, live)];
  }
  const byTopic = new Map<string, number[]>();
  for (let i = 0; i < live; i++) {
    const row = liveRow(batch, i);
    if (row >= endRow) break;
    if (isFailed(converted, i)) continue;
    const topic = typeof batch.topic === "string" ? batch.topic : batch.topic[row] as string;
    const rows = byTopic.get(topic);
    if (rows === undefined) byTopic.set(topic, [i]);
    else rows.push(i);
  }
  const inPlace = byTopic.size === 1;
  return [...byTopic].map(([topic, kept]) => partOf(converted, topic, { kept, inPlace }, kept.length));
}

/** Which live rows make up a part. `inPlace`: there is one part, its tables need no copy. */
interface Choice {
  readonly kept: readonly number[];
  readonly inPlace: boolean;
}

function partOf(converted: ConvertedBatch, topic: string, choice: Choice | null, count: number): ProducePart {
  const { batch, keys, values, headers } = converted;
  return {
    topic,
    count,
    keys: chosenPairs(keys, choice),
    values: chosenPairs(values, choice),
    partition: typeof batch.partition === "number" ? batch.partition : gather(batch.partition, converted, choice, new Int32Array(count)),
    timestamps: batch.timestamps === null ? null : gather(batch.timestamps, converted, choice, new Float64Array(count)),
    headers: headers.map((header) => chosenHeader(header, choice)),
  };
}

function chosenHeader(header: ConvertedHeader, choice: Choice | null): ProduceHeader {
  return header.constant ? header : { name: header.name, slices: chosenPairs(header.slices, choice), constant: false };
}

function chosenPairs(pairs: Int32Array, choice: Choice | null): Int32Array {
  if (choice === null) return pairs;
  // Going up, an entry is read before anything is written over it.
  const target = choice.inPlace ? pairs : new Int32Array(2 * choice.kept.length);
  choice.kept.forEach((from, to) => {
    target[2 * to] = pairs[2 * from] as number;
    target[2 * to + 1] = pairs[2 * from + 1] as number;
  });
  return target;
}

/** What is kept per row of the batch, for the rows of the part. */
function gather<T extends Int32Array | Float64Array>(source: T, { batch }: ConvertedBatch, choice: Choice | null, target: T): T {
  if (choice === null && batch.select === null) return source;
  for (let to = 0; to < target.length; to++) {
    const i = choice === null ? to : choice.kept[to] as number;
    target[to] = source[liveRow(batch, i)] as number;
  }
  return target;
}

function isFailed({ keys, values, headers }: ConvertedBatch, i: number): boolean {
  const at = 2 * i + 1;
  if (keys[at] === FAILED_ROW || values[at] === FAILED_ROW) return true;
  return headers.some((header) => !header.constant && header.slices[at] === FAILED_ROW);
}
