/** Lists of partitions as librdkafka has them: `{ int cnt; int size; elem *elems; }` with elements of 64 bytes. */
import { cString, NativeBuffer, textAt } from "./memory.ts";
import { native } from "./symbols.ts";
import type { TopicPartition } from "./topic_partition.ts";

/** Bytes of a `rd_kafka_topic_partition_t`: topic 0, partition 8, offset 16, metadata 24, its size 32, opaque 40, err 48, private 56. */
const ELEMENT_BYTES = 64;
/** Where an element has its offset. */
const OFFSET_AT = 16n;

/** An element of a list. */
export interface ListedPartition extends TopicPartition {
  /** Negative: none, or a logical one. */
  readonly offset: number;
  /** librdkafka's error code of this partition, 0 = none. */
  readonly error: number;
}

/** A list of our own; disposing of it frees it. librdkafka copies lists it is given, but writes results into those of `committed` and `seek`. */
export class PartitionList {
  readonly address: bigint;

  /** `offset`: librdkafka's initial value, "none", where it is left out. */
  constructor(partitions: Iterable<TopicPartition & { readonly offset?: number }>) {
    const list = [...partitions];
    this.address = native.rd_kafka_topic_partition_list_new(list.length);
    using offset = new NativeBuffer(8);
    const value = new BigInt64Array(offset.buffer);
    for (const each of list) {
      const element = native.rd_kafka_topic_partition_list_add(this.address, cString(each.topic), each.partition);
      if (each.offset === undefined) continue;
      value[0] = BigInt(each.offset);
      native.memcpy(element + OFFSET_AT, offset.address, 8n); // librdkafka's own setter searches the list: quadratic.
    }
  }

  /** What the elements hold now. */
  read(): ListedPartition[] {
    return partitionsIn(this.address);
  }

  [Symbol.dispose](): void {
    native.rd_kafka_topic_partition_list_destroy(this.address); // Invariant 6
  }
}

/** Copies a list that belongs to somebody else; address 0 is an empty one. */
export function partitionsIn(list: bigint): ListedPartition[] {
  if (list === 0n) return [];
  using head = new NativeBuffer(16);
  native.memcpy(head.address, list, 16n);
  const count = new Int32Array(head.buffer)[0] as number;
  if (count === 0) return [];
  using elements = new NativeBuffer(count * ELEMENT_BYTES);
  native.memcpy(elements.address, new BigUint64Array(head.buffer)[1] as bigint, BigInt(count * ELEMENT_BYTES));
  const view = new DataView(elements.buffer);
  return Array.from({ length: count }, (_, i) => {
    const at = i * ELEMENT_BYTES;
    return {
      topic: textAt(view.getBigUint64(at, true)),
      partition: view.getInt32(at + 8, true),
      offset: Number(view.getBigInt64(at + 16, true)),
      error: view.getInt32(at + 48, true),
    };
  });
}
