/** Administration of a group's committed offsets: each request made of our values, and its answer read. */
import { codeOf, KafkaError } from "./codes.ts";
import { cString, NativeBuffer, pointerAt, textAt } from "./memory.ts";
import { type ListedPartition, PartitionList, partitionsIn } from "./partition_list.ts";
import { native } from "./symbols.ts";
import type { PartitionOffset, TopicPartition } from "./topic_partition.ts";

const NON_EMPTY_GROUP = codeOf("NON_EMPTY_GROUP") as number;
const noSuchGroup = codeOf("GROUP_ID_NOT_FOUND");
const noSuchPartition = codeOf("UNKNOWN_TOPIC_OR_PART");
/**
 * What a broker says of a group with members. A commit from outside is to it one of a member it does not know; and offsets of topics that no
 * member reads may be deleted, of others not.
 */
const active = new Set(["NON_EMPTY_GROUP", "UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION", "GROUP_SUBSCRIBED_TO_TOPIC"].map(codeOf));

/** A request: `send` hands it over, copied; `take` reads the answer out of its event or throws a `KafkaError`. */
export interface GroupRequest<T> {
  readonly act: string;
  send(client: bigint, options: bigint, answers: bigint): void;
  take(event: bigint): T;
}

/** Committed offsets of these partitions, or of all when none are given; none for a group nobody knows. */
export function listOffsets(group: string, partitions?: readonly TopicPartition[]): GroupRequest<PartitionOffset[]> {
  const act = `Cannot list the offsets of group "${group}"`;
  return {
    act,
    send(client, options, answers) {
      using list = new PartitionList(partitions ?? []);
      const wish = native.rd_kafka_ListConsumerGroupOffsets_new(cString(group), partitions === undefined ? 0n : list.address);
      withOne(wish, (wishes) => native.rd_kafka_ListConsumerGroupOffsets(client, wishes, 1n, options, answers));
      native.rd_kafka_ListConsumerGroupOffsets_destroy(wish);
    },
    take(event) {
      const result = native.rd_kafka_event_ListConsumerGroupOffsets_result(event);
      const found = groupResult((count) => native.rd_kafka_ListConsumerGroupOffsets_result_groups(result, count), act);
      return found.filter(({ offset, error }) => must(error, act) && offset >= 0)
        .map(({ topic, partition, offset }) => ({ topic, partition, offset }));
    },
  };
}

/** Sets offsets, one after the other for each partition: what was set before an error stays set. */
export function alterOffsets(group: string, offsets: readonly PartitionOffset[]): GroupRequest<void> {
  const act = `Cannot set offsets of group "${group}"`;
  return {
    act,
    send(client, options, answers) {
      using list = new PartitionList(offsets);
      const wish = native.rd_kafka_AlterConsumerGroupOffsets_new(cString(group), list.address);
      withOne(wish, (wishes) => native.rd_kafka_AlterConsumerGroupOffsets(client, wishes, 1n, options, answers));
      native.rd_kafka_AlterConsumerGroupOffsets_destroy(wish);
    },
    take(event) {
      const result = native.rd_kafka_event_AlterConsumerGroupOffsets_result(event);
      const done = groupResult((count) => native.rd_kafka_AlterConsumerGroupOffsets_result_groups(result, count), act);
      for (const { topic, partition, error } of done) must(error, `${act}, topic "${topic}", partition ${partition}`);
    },
  };
}

/** Forgets offsets. Those that are not there are forgotten already. */
export function deleteOffsets(group: string, partitions: readonly TopicPartition[]): GroupRequest<void> {
  const act = `Cannot delete offsets of group "${group}"`;
  return {
    act,
    send(client, options, answers) {
      using list = new PartitionList(partitions);
      const wish = native.rd_kafka_DeleteConsumerGroupOffsets_new(cString(group), list.address);
      withOne(wish, (wishes) => native.rd_kafka_DeleteConsumerGroupOffsets(client, wishes, 1n, options, answers));
      native.rd_kafka_DeleteConsumerGroupOffsets_destroy(wish);
    },
    take(event) {
      const result = native.rd_kafka_event_DeleteConsumerGroupOffsets_result(event);
      const done = groupResult((count) => native.rd_kafka_DeleteConsumerGroupOffsets_result_groups(result, count), act);
      for (const { topic, partition, error } of done) {
        if (error !== noSuchPartition) must(error, `${act}, topic "${topic}", partition ${partition}`);
      }
    },
  };
}

/** Deletes a group with all its offsets. One that does not exist is gone already. */
export function deleteGroup(group: string): GroupRequest<void> {
  const act = `Cannot delete group "${group}"`;
  return {
    act,
    send(client, options, answers) {
      const wish = native.rd_kafka_DeleteGroup_new(cString(group));
      withOne(wish, (wishes) => native.rd_kafka_DeleteGroups(client, wishes, 1n, options, answers));
      native.rd_kafka_DeleteGroup_destroy(wish);
    },
    take(event) {
      const result = native.rd_kafka_event_DeleteGroups_result(event);
      groupResult((count) => native.rd_kafka_DeleteGroups_result_groups(result, count), act);
    },
  };
}

/** An array of one pointer, as the requests want it. */
function withOne(pointer: bigint, use: (array: bigint) => void): void {
  using array = new NativeBuffer(8);
  new BigUint64Array(array.buffer)[0] = pointer;
  use(array.address);
}

/** One group was asked for, so there is one result: its partitions, none when there is no such group. All of it belongs to the event. */
function groupResult(groups: (count: BigUint64Array<ArrayBuffer>) => bigint, act: string): ListedPartition[] {
  const result = pointerAt(groups(new BigUint64Array(1)), 0);
  const error = native.rd_kafka_group_result_error(result);
  const code = error === 0n ? 0 : native.rd_kafka_error_code(error);
  if (code === noSuchGroup) return [];
  must(code, act, error === 0n ? "" : textAt(native.rd_kafka_error_string(error)));
  return partitionsIn(native.rd_kafka_group_result_partitions(result));
}

/** True, or the error: one of a group with members is always "NON_EMPTY_GROUP". */
function must(code: number, act: string, detail = ""): true {
  if (code === 0) return true;
  throw new KafkaError(active.has(code) ? NON_EMPTY_GROUP : code, act, active.has(code) ? "" : detail);
}
