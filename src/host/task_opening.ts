/** Opens what a source task needs: settings, converters, producer, and the task itself. */
import type { Logger } from "../base/log.ts";
import type { SourceOffset, SourcePartition } from "../data/record.ts";
import type { FromHost, TaskRef, TaskSpec } from "../link/messages.ts";
import { offsetText, parseOffsetText } from "../link/offset_text.ts";
import type { AnyConverter } from "../sdk/converter.ts";
import { ConnectError } from "../sdk/errors.ts";
import type { ConnectorDefinition } from "../sdk/connector.ts";
import type { AnySource, SourceContext, SourceTask } from "../sdk/source.ts";
import { chooseConverters } from "./converter_choice.ts";
import { Deliveries } from "./deliveries.ts";
import { ErrorPolicy } from "./error_policy.ts";
import type { TaskControl } from "./loop_control.ts";
import type { Admin, HostClock, KafkaPort, Producer } from "./ports.ts";
import { RecordChain } from "./record_chain.ts";
import { Sender } from "./sender.ts";
import { logEffectiveConfig, taskLogger } from "./task_log.ts";
import { adminProperties, parsed, producerProperties, type TaskSettings, taskSettings } from "./task_settings.ts";
import type { TopicCreation } from "../config/topic_creation.ts";
import { topicAdminOf, topicGroupsOf, TopicMaker } from "./topic_creation.ts";

/** What a task asks of the parent. */
export interface ParentCalls {
  /** Stored offsets as JSON text, in the order asked; null where none is stored. */
  readOffsets(connector: string, partitions: readonly string[]): Promise<readonly (string | null)[]>;
  /** Set with an embedded broker, which answers no admin request. */
  readonly createTopic: ((topic: string, partitions: number) => Promise<"created" | "exists">) | undefined;
}

export interface TaskOpeningOptions {
  readonly ref: TaskRef;
  readonly spec: TaskSpec;
  readonly connectors: readonly ConnectorDefinition[];
  readonly converters: readonly AnyConverter[];
  readonly kafka: KafkaPort;
  readonly clock: HostClock;
  readonly log: Logger;
  readonly tell: (message: FromHost) => void;
  readonly parent: ParentCalls;
}

/** A task whose producer is open. Owned by its loop, which closes it. */
export interface OpenedTask {
  readonly deliveries: Deliveries;
  readonly sender: Sender;
  readonly flushTimeoutMs: number;
  /** Opens the connector's task. Called once, before anything else. */
  start(): Promise<SourceTask>;
  /** Whether the task wants to hear of `delivered`. */
  readonly tellsDelivered: boolean;
  delivered(token: unknown): void | Promise<void>;
  /** Stops the connector's task once it has started; a task that never did is not stopped. */
  stop(): Promise<void>;
  /** Frees the Kafka clients. */
  close(): void;
}

/** The definition of that class, or a `ConnectError` that lists those there are (Kafka Connect 4, Plugins). */
export function findConnector(connectors: readonly ConnectorDefinition[], name: string): ConnectorDefinition {
  const found = connectors.find((definition) => definition.class === name);
  if (found !== undefined) return found;
  const available = connectors.map((definition) => definition.class).join(", ");
  throw new ConnectError(
    `Failed to find any class that implements Connector and which name matches ${name}, available connectors are: ${available}`,
  );
}

/** Opens one task. */
export class TaskOpening {
  readonly #options: TaskOpeningOptions;

  constructor(options: TaskOpeningOptions) {
    this.#options = options;
  }

  /** Reads the config and opens the Kafka clients, which does not wait for a broker. Throws a `ConfigError` for settings that cannot work. */
  open(control: TaskControl): OpenedTask {
    const { ref, spec, connectors, converters, kafka, log } = this.#options;
    const definition = findConnector(connectors, spec.connectorClass);
    if (definition.kind !== "source") throw new ConnectError(`${definition.class} is no source connector`);
    logEffectiveConfig(log, definition, spec);
    const settings = taskSettings(spec);
    const wanted = topicGroupsOf(settings.topicCreation, spec.connectorConfig);
    const isEmbedded = this.#options.parent.createTopic !== undefined;
    const creation = wanted ?? (isEmbedded ? ONE_PARTITION : undefined);
    const chain = new RecordChain(chooseConverters(converters, spec));
    const warn = (message: string) => log.warn(message);
    const producer = kafka.openProducer(producerProperties(spec, `connector-producer-${ref.connector}-${ref.task}`), warn);
    let admin: Admin | undefined;
    try {
      if (creation !== undefined && !isEmbedded) {
        admin = kafka.openAdmin(adminProperties(spec, `connector-adminclient-${ref.connector}-${ref.task}`), warn);
      }
    } catch (error) {
      producer.close();
      throw error;
    }
    const makes = topicAdminOf(this.#options.parent, admin);
    const topics = creation === undefined || makes === undefined ? undefined : new TopicMaker(creation, makes, log);
    const close = () => {
      producer.close();
      admin?.close();
    };
    return this.#assemble({ control, settings, definition, chain, producer, topics, close });
  }

  #assemble(parts: Assembly): OpenedTask {
    const { clock, log } = this.#options;
    const { control, settings, chain, producer, topics } = parts;
    const policy = this.#policy(settings);
    const deliveries = this.#deliveries(settings, policy, producer, control);
    const { stopping, givenUp: giveUp } = control;
    const sender = new Sender({ producer, deliveries, chain, policy, topics, clock, log, stopping, giveUp });
    let started: Promise<SourceTask> | undefined;
    let task: SourceTask | undefined;
    return {
      deliveries,
      sender,
      flushTimeoutMs: settings.flushTimeoutMs,
      start: async () => {
        started = this.#start(parts);
        return task = await started;
      },
      get tellsDelivered() {
        return task?.delivered !== undefined;
      },
      delivered: (token) => task?.delivered?.(token),
      stop: async () => {
        // A start that failed was told by its own error.
        const running = await started?.catch(() => undefined);
        await running?.stop?.();
      },
      close: parts.close,
    };
  }

  async #start({ control, settings, definition }: Assembly): Promise<SourceTask> {
    const { ref, spec, clock, parent } = this.#options;
    const context: SourceContext = {
      connector: ref.connector,
      raw: spec.config,
      task: ref.task,
      tolerance: settings.errors.tolerance,
      signal: control.stopping,
      log: taskLogger(definition.taskClass, ref),
      offsets: (partitions) => readOffsets(parent, ref.connector, partitions),
      sleep: (ms) => control.sleep(ms),
      now: () => clock.now(),
    };
    return await definition.start(parsed(definition.config, spec.config), context);
  }

  #policy(settings: TaskSettings): ErrorPolicy {
    const { ref, log, clock } = this.#options;
    return new ErrorPolicy({ settings: settings.errors, taskId: `${ref.connector}-${ref.task}`, log, clock });
  }

  #deliveries({ flushIntervalMs }: TaskSettings, policy: ErrorPolicy, producer: Producer, control: TaskControl): Deliveries {
    const { ref, clock, log, tell } = this.#options;
    return new Deliveries({
      producer,
      policy,
      clock,
      flushIntervalMs,
      log,
      flush: (entries) => tell({ is: "offsets", task: ref, entries }),
      topics: (topics) => tell({ is: "topics", task: ref, topics }),
      wake: () => control.nudge(),
    });
  }
}

/** What a real broker's auto-creation gives by default; librdkafka's mock would make four partitions. */
const ONE_PARTITION: TopicCreation = {
  groups: [{ name: "default", partitions: 1, replicationFactor: 1, configs: {}, matches: () => true }],
  problems: [],
};

/** What a task is assembled from. */
interface Assembly {
  readonly control: TaskControl;
  readonly settings: TaskSettings;
  readonly definition: AnySource;
  readonly chain: RecordChain;
  readonly producer: Producer;
  readonly topics: TopicMaker | undefined;
  readonly close: () => void;
}

async function readOffsets(
  parent: ParentCalls,
  connector: string,
  partitions: readonly SourcePartition[],
): Promise<(SourceOffset | undefined)[]> {
  const texts = await parent.readOffsets(connector, partitions.map(offsetText));
  return partitions.map((_, i) => {
    const text = texts[i] ?? null;
    return text === null ? undefined : parseOffsetText(text);
  });
}
