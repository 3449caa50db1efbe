/** Committed offsets of sink connectors' groups, read and changed on behalf of a user (Kafka Connect 4, Worker.modifySinkConnectorOffsets). */
import type { StringMap } from "../config/field.ts";
import type { Logger } from "../base/log.ts";
import type { PartitionOffset, TopicPartition } from "../data/record.ts";
import type { SinkOffset } from "../link/messages.ts";
import type { AnySink } from "../sdk/sink.ts";
import type { Admin, KafkaPort } from "./ports.ts";
import { groupOf } from "./sink_settings.ts";
import { adminProperties } from "./task_settings.ts";

/** Whose group, and by which properties Kafka is reached. */
export interface GroupOwner {
  readonly connector: string;
  readonly connectorConfig: StringMap;
  readonly workerConfig: StringMap;
}

/** A change of a group's offsets; null = forget that partition, null in place of the list = forget all, the group with them. */
export interface GroupChange extends GroupOwner {
  readonly definition: AnySink;
  readonly offsets: readonly SinkOffset[] | null;
}

/** Asks Kafka about groups. What Kafka refuses comes out as it is: the parent has the words for its reasons. */
export class GroupOffsets {
  readonly #kafka: KafkaPort;
  readonly #log: Logger;

  constructor(kafka: KafkaPort, log: Logger) {
    this.#kafka = kafka;
    this.#log = log;
  }

  /** All committed offsets of a connector's group; none for a group nobody knows. */
  async read(owner: GroupOwner): Promise<readonly SinkOffset[]> {
    return await this.#with(owner, (admin) => admin.groupOffsets(groupOf(owner, owner.connector)));
  }

  /** Changes them, unless the connector objects; gives whether it took care of them itself. */
  async change({ definition, offsets, ...owner }: GroupChange): Promise<boolean> {
    const group = groupOf(owner, owner.connector);
    return await this.#with(owner, async (admin) => {
      const wanted = offsets ?? (await admin.groupOffsets(group)).map((each) => ({ ...each, offset: null }));
      const isByConnector = await judged(definition, owner.connectorConfig, wanted);
      if (offsets === null) await admin.deleteGroup(group);
      else await setOffsets(admin, group, offsets);
      return isByConnector;
    });
  }

  async #with<T>(owner: GroupOwner, work: (admin: Admin) => Promise<T>): Promise<T> {
    const properties = adminProperties(owner, `connector-worker-adminclient-${owner.connector}`);
    const admin = this.#kafka.openAdmin(properties, (message) => this.#log.warn(message));
    try {
      return await work(admin);
    } finally {
      admin.close();
    }
  }
}

async function judged(definition: AnySink, config: StringMap, offsets: readonly SinkOffset[]): Promise<boolean> {
  if (definition.alterOffsets === undefined) return false;
  return await definition.alterOffsets(config, offsets.map(({ topic, partition, offset }) => [{ topic, partition }, offset] as const));
}

async function setOffsets(admin: Admin, group: string, offsets: readonly SinkOffset[]): Promise<void> {
  const set: PartitionOffset[] = [];
  const forgotten: TopicPartition[] = [];
  for (const { topic, partition, offset } of offsets) {
    if (offset === null) forgotten.push({ topic, partition });
    else set.push({ topic, partition, offset });
  }
  if (set.length > 0) await admin.alterGroupOffsets(group, set);
  if (forgotten.length > 0) await admin.deleteGroupOffsets(group, forgotten);
}
