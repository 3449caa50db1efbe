/** Makes the topics of a source task as its `topic.creation.*` keys say (Kafka Connect 4, KIP-158). */
import type { Logger } from "../base/log.ts";
import { groupOf, parseTopicCreation, type TopicCreation, type TopicGroup } from "../config/topic_creation.ts";
import type { StringMap } from "../config/field.ts";
import { ConfigError, ConnectError } from "../sdk/errors.ts";
import type { Admin, TopicOutcome } from "./ports.ts";
import { isRetriable } from "./trace.ts";

/** What topic creation needs of Kafka. */
export type TopicAdmin = Pick<Admin, "describeTopic" | "createTopic">;

/**
 * Who makes topics. With an embedded broker the parent does, which also knows which there are: its broker answers no admin request.
 */
export function topicAdminOf(
  { createTopic }: { readonly createTopic: ((topic: string, partitions: number) => Promise<TopicOutcome>) | undefined },
  admin: Admin | undefined,
): TopicAdmin | undefined {
  if (createTopic === undefined) return admin;
  return {
    describeTopic: () => Promise.resolve(undefined),
    createTopic: (topic, partitions) => createTopic(topic, Math.max(partitions, 1)),
  };
}

/**
 * The groups of a connector, or undefined when topics are left to the broker's own auto-creation: the worker switched this off,
 * or the connector has no key of it. Throws a `ConfigError` for keys that cannot be read.
 */
export function topicGroupsOf(enabled: boolean, connectorConfig: StringMap): TopicCreation | undefined {
  if (!enabled) return undefined;
  const creation = parseTopicCreation(connectorConfig);
  if (creation.problems.length > 0) throw new ConfigError(creation.problems.map((problem) => problem.message).join("\n"));
  return creation.groups.length === 0 ? undefined : creation;
}

/** Sees to it that a topic exists before the first record goes to it. Asks Kafka once per topic. */
export class TopicMaker {
  readonly #creation: TopicCreation;
  readonly #admin: TopicAdmin;
  readonly #log: Logger;
  readonly #known = new Set<string>();

  constructor(creation: TopicCreation, admin: TopicAdmin, log: Logger) {
    this.#creation = creation;
    this.#admin = admin;
    this.#log = log;
  }

  /** Whether nothing is left to do for the topic. */
  knows(topic: string): boolean {
    return this.#known.has(topic);
  }

  /** Describes, then makes the topic if it is missing. A retriable error comes out as it is, any other says what to do. */
  async ensure(topic: string): Promise<void> {
    if (await this.#admin.describeTopic(topic) === undefined) await this.#create(topic);
    this.#known.add(topic);
  }

  async #create(topic: string): Promise<void> {
    const group = groupOf(this.#creation, topic);
    if (group === undefined) return;
    try {
      const { partitions, replicationFactor, configs } = group;
      const outcome = await this.#admin.createTopic(topic, partitions, replicationFactor, configs);
      if (outcome === "created") this.#log.info("Created a topic", { topic, group: group.name });
    } catch (error) {
      if (isRetriable(error)) throw error;
      throw new ConnectError(refusal(topic, group), { cause: error });
    }
  }
}

/** WorkerSourceTask.maybeCreateTopic and NewTopic.toString of Kafka Connect 4. */
function refusal(topic: string, { partitions, replicationFactor, configs }: TopicGroup): string {
  const pairs = Object.entries(configs).map(([key, value]) => `${key}=${value}`).join(", ");
  const asked = `(name=${topic}, numPartitions=${count(partitions)}, replicationFactor=${count(replicationFactor)}, ` +
    `replicasAssignments=null, configs={${pairs}})`;
  return `Task failed to create new topic ${asked}. ` +
    "Ensure that the task is authorized to create topics or that the topic exists and restart the task";
}

function count(value: number): string {
  return value < 0 ? "default" : String(value);
}
