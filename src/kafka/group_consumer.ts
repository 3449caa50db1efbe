import type { PartitionOffset, TopicPartition } from "./topic_partition.ts";

/** A member of a consumer group. */
export class GroupConsumer {
  readonly fatal: Error | undefined = undefined;
  readonly unreachable: string | undefined = undefined;

  constructor(_properties: Readonly<Record<string, string>>, _headers: boolean, _warn: (message: string) => void) {
    throw new Error("Consumers of a group are not built yet");
  }

  subscribe(_topics: readonly string[]): void {}
  topicNames(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }
  event(): undefined {}
  assign(_partitions: readonly (TopicPartition & { readonly offset: number | null })[]): void {}
  unassign(_partitions: readonly TopicPartition[]): void {}
  read(_maxRecords: number, _maxBytes: number): undefined {}
  pause(_partitions: readonly TopicPartition[]): void {}
  resume(_partitions: readonly TopicPartition[]): void {}
  seek(_offsets: readonly PartitionOffset[]): Promise<void> {
    return Promise.resolve();
  }
  committed(_partitions: readonly TopicPartition[]): Promise<readonly (number | null)[]> {
    return Promise.resolve([]);
  }
  commit(_offsets: readonly PartitionOffset[]): Promise<{ readonly ok: true }> {
    return Promise.resolve({ ok: true });
  }
  wakeup(_timeoutMs: number, _signal?: AbortSignal): Promise<void> {
    return Promise.resolve();
  }
  close(_deadlineMs: number): Promise<void> {
    return Promise.resolve();
  }
}
