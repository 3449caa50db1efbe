/** Opens what a sink task needs: settings, converters, consumer, dead letter queue, and the task itself. */
import { backoffMs } from "../base/backoff.ts";
import type { PartitionOffset, TopicPartition } from "../data/record.ts";
import { ConnectError } from "../sdk/errors.ts";
import type { AnySink, ErrantRecordReporter, SinkContext, SinkTask } from "../sdk/sink.ts";
import { chooseConverters } from "./converter_choice.ts";
import { DeadLetterQueue, makeDeadLetterTopic } from "./dead_letter_queue.ts";
import { ErrorPolicy } from "./error_policy.ts";
import type { TaskControl } from "./loop_control.ts";
import type { Consumer } from "./ports.ts";
import { SinkAssignment } from "./sink_assignment.ts";
import { SinkChain } from "./sink_chain.ts";
import { SinkCommits } from "./sink_commits.ts";
import { consumedText } from "./sink_portion.ts";
import { SinkPump } from "./sink_pump.ts";
import { SinkPuts } from "./sink_puts.ts";
import { SinkReader } from "./sink_reader.ts";
import { consumerProperties, type SinkSettings, sinkSettings } from "./sink_settings.ts";
import { SinkSubscription } from "./sink_subscription.ts";
import { logEffectiveConfig, taskLogger } from "./task_log.ts";
import { findConnector, type TaskOpeningOptions } from "./task_opening.ts";
import { adminProperties, parsed, producerProperties } from "./task_settings.ts";
import { topicAdminOf } from "./topic_creation.ts";
import { isRetriable } from "./trace.ts";

/** Pauses between tries to make the dead letter queue's topic while Kafka does not answer. */
const TOPIC_RETRY = { initialMs: 100, maxMs: 10_000 };

/** What the task wants of the loop; taken when it is not in a call. */
export interface Wishes {
  seeks: readonly PartitionOffset[];
  /** The task paused or resumed partitions. */
  pausesChanged: boolean;
}

/** A sink task whose Kafka clients are open. Owned by its loop, which closes it. */
export interface OpenedSink {
  readonly settings: SinkSettings;
  readonly consumer: Consumer;
  readonly deadLetters: DeadLetterQueue | undefined;
  readonly policy: ErrorPolicy;
  readonly assignment: SinkAssignment;
  readonly pump: SinkPump;
  readonly commits: SinkCommits;
  readonly puts: SinkPuts;
  readonly reader: SinkReader;
  readonly subscription: SinkSubscription;
  readonly wishes: Wishes;
  /** Makes the dead letter queue's topic, then opens the connector's task. Called once, before anything else. */
  start(): Promise<SinkTask>;
  /** Stops the connector's task once it has started; a task that never did is not stopped. */
  stop(): Promise<void>;
  /** Leaves the group and frees the Kafka clients; waits for the group at most so long. */
  close(deadlineMs: number): Promise<void>;
}

/** What a task is assembled from. */
interface Clients {
  readonly control: TaskControl;
  readonly definition: AnySink;
  readonly settings: SinkSettings;
  readonly consumer: Consumer;
  readonly deadLetters: DeadLetterQueue | undefined;
}

/** Opens one sink task. */
export class SinkOpening {
  readonly #options: TaskOpeningOptions;

  constructor(options: TaskOpeningOptions) {
    this.#options = options;
  }

  /** Reads the config and opens the Kafka clients, which does not wait for a broker. Throws a `ConfigError` for settings that cannot work. */
  open(control: TaskControl): OpenedSink {
    const { ref, spec, connectors, converters, kafka, log } = this.#options;
    const definition = findConnector(connectors, spec.connectorClass);
    if (definition.kind !== "sink") throw new ConnectError(`${definition.class} is no sink connector`);
    logEffectiveConfig(log, definition, spec);
    const settings = sinkSettings(spec);
    const readsHeaders = definition.readsHeaders === true;
    const chain = new SinkChain({ converters: chooseConverters(converters, spec), readsHeaders, transforms: [] });
    const deadLetters = this.#deadLetterQueue(settings);
    try {
      const withHeaders = readsHeaders || deadLetters !== undefined;
      const properties = consumerProperties(spec, ref.connector, ref.task);
      const consumer = kafka.openConsumer(properties, withHeaders, (message) => log.warn(message));
      return this.#assemble({ control, definition, settings, consumer, deadLetters }, chain);
    } catch (error) {
      deadLetters?.close();
      throw error;
    }
  }

  #deadLetterQueue({ deadLetters }: SinkSettings): DeadLetterQueue | undefined {
    if (deadLetters === null) return undefined;
    const { ref, spec, kafka, log } = this.#options;
    const { connector, task } = ref;
    const properties = producerProperties(spec, `connector-dlq-producer-${connector}-${task}`);
    const producer = kafka.openProducer(properties, (message) => log.warn(message));
    const { topic, contextHeaders } = deadLetters;
    return new DeadLetterQueue({ producer, topic, connector, task, contextHeaders, log });
  }

  #assemble(clients: Clients, chain: SinkChain): OpenedSink {
    const { ref, clock, log } = this.#options;
    const { settings, consumer, deadLetters } = clients;
    const policy = new ErrorPolicy({ settings: settings.errors, taskId: `${ref.connector}-${ref.task}`, log, clock });
    const assignment = new SinkAssignment(log);
    const pump = new SinkPump({ consumer, deadLetters, clock, log });
    const ring = () => pump.ring();
    const { flushIntervalMs: intervalMs, flushTimeoutMs: lastCommitMs, maxRecords, maxBytes } = settings;
    const commits = new SinkCommits({ consumer, assignment, deadLetters, pump, clock, log, intervalMs, lastCommitMs });
    let swallowed: ConnectError | undefined;
    const puts = new SinkPuts({ clock, log, swallowed: () => swallowed, ring });
    const refused = (error: ConnectError) => void (swallowed ??= error);
    const reporter = settings.deadLetters === null && !settings.errors.logErrors
      ? null
      : reporterOf({ policy, puts, deadLetters, refused });
    const wishes: Wishes = { seeks: [], pausesChanged: false };
    let started: Promise<SinkTask> | undefined;
    return {
      ...{ settings, consumer, deadLetters, policy, assignment, pump, commits, puts, wishes },
      reader: new SinkReader({ consumer, assignment, chain, policy, clock, log, maxRecords, maxBytes }),
      subscription: new SinkSubscription({ topics: settings.topics, consumer, clock, log, maxAgeMs: settings.topicsAgeMs, ring }),
      start: () => started = this.#start(clients, this.#contextOf(clients, { assignment, commits, wishes, ring, reporter })),
      stop: async () => {
        // A start that failed was told by its own error.
        const running = await started?.catch(() => undefined);
        await running?.stop?.();
      },
      close: async (deadlineMs) => {
        deadLetters?.close();
        await consumer.close(deadlineMs);
      },
    };
  }

  async #start({ control, definition, settings }: Clients, context: SinkContext): Promise<SinkTask> {
    if (settings.deadLetters !== null) await this.#makeDeadLetterTopic(settings.deadLetters, control.stopping);
    return await definition.start(parsed(definition.config, this.#options.spec.config), context);
  }

  /** Waits for Kafka as long as it takes: a topic that cannot be looked up now is no reason to fail. */
  async #makeDeadLetterTopic({ topic, replicationFactor }: NonNullable<SinkSettings["deadLetters"]>, stopping: AbortSignal): Promise<void> {
    const { spec, kafka, clock, log, parent } = this.#options;
    const admin = parent.createTopic === undefined
      ? kafka.openAdmin(adminProperties(spec, "connector-dlq-adminclient-"), (message) => log.warn(message))
      : undefined;
    const makes = topicAdminOf(parent, admin);
    try {
      for (let attempt = 1; makes !== undefined && !stopping.aborted; attempt++) {
        try {
          return await makeDeadLetterTopic(makes, topic, replicationFactor, log);
        } catch (error) {
          if (!isRetriable(error)) throw error;
          if (attempt === 1) log.warn("Cannot ask Kafka for a topic; trying until it answers", { topic, reason: String(error) });
          await clock.sleep(backoffMs(attempt, TOPIC_RETRY), stopping);
        }
      }
    } finally {
      admin?.close();
    }
  }

  #contextOf({ control, definition, settings }: Clients, parts: ContextParts): SinkContext {
    const { ref, spec, clock } = this.#options;
    const { assignment, commits, wishes, ring, reporter } = parts;
    const setPaused = (partitions: readonly TopicPartition[], isPaused: boolean) => {
      assignment.setPaused(partitions, isPaused);
      wishes.pausesChanged = true;
      ring();
    };
    return {
      connector: ref.connector,
      raw: spec.config,
      task: ref.task,
      tolerance: settings.errors.tolerance,
      signal: control.stopping,
      log: taskLogger(definition.taskClass, ref),
      reporter,
      assignment: () => assignment.list,
      requestCommit: () => {
        commits.request();
        ring();
      },
      pause: (partitions) => setPaused(partitions, true),
      resume: (partitions) => setPaused(partitions, false),
      seek: (offsets) => {
        wishes.seeks = [...wishes.seeks, ...offsets];
        ring();
      },
      sleep: (ms) => clock.sleep(ms, control.stopping),
      now: () => clock.now(),
    };
  }
}

interface ContextParts extends Pick<OpenedSink, "assignment" | "commits" | "wishes"> {
  readonly ring: () => void;
  readonly reporter: ErrantRecordReporter | null;
}

interface ReporterParts extends Pick<OpenedSink, "policy" | "puts" | "deadLetters"> {
  /** Told of what ends the task, should its `put` not let it out. */
  readonly refused: (error: ConnectError) => void;
}

/** See `ErrantRecordReporter`. */
function reporterOf({ policy, puts, deadLetters, refused }: ReporterParts): ErrantRecordReporter {
  return {
    report(batch, row, error) {
      const { portion } = puts;
      if (portion === undefined) throw new ConnectError("Cannot report a record: the put it was given to has ended");
      const index = portion.indexOf(batch, row);
      const verdict = policy.judgeRefused(row, error, {
        details: () => consumedText(portion.records, index),
        deadLetter: deadLetters && ((failure) => deadLetters.send(portion.records, index, failure)),
      });
      if (verdict === undefined) return;
      refused(verdict);
      throw verdict;
    },
  };
}
