/** One source task over fakes, and the means to follow it. */
import type { StringMap } from "../../../src/config/field.ts";
import { LoopControl } from "../../../src/host/loop_control.ts";
import { SourceLoop } from "../../../src/host/source_loop.ts";
import { TaskOpening } from "../../../src/host/task_opening.ts";
import type { FromHost, TaskRef, TaskSpec } from "../../../src/link/messages.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";
import { type FakeAdmin, FakeKafka, type FakeProducer } from "../../fakes/fake_kafka.ts";
import { FakeLog } from "../../fakes/fake_log.ts";
import { SCRIPTED_SOURCE, type ScriptedSource } from "../../fakes/scripted_source.ts";
import { TEXT_CONVERTER, TextConverterScript } from "../../fakes/text_converter.ts";

/** A spec of a scripted task whose converters are texts. */
export function scriptedSpec(config: StringMap = {}, workerConfig: StringMap = {}): TaskSpec {
  const connectorConfig = {
    "name": "c",
    "connector.class": SCRIPTED_SOURCE,
    "key.converter": TEXT_CONVERTER,
    "value.converter": TEXT_CONVERTER,
    "header.converter": TEXT_CONVERTER,
    ...config,
  };
  return {
    connectorClass: SCRIPTED_SOURCE,
    config: connectorConfig,
    connectorConfig,
    shownConfig: connectorConfig,
    workerConfig: { "bootstrap.servers": "broker:9092", ...workerConfig },
  };
}

/** What differs from the plainest task. */
export interface OneTaskParts {
  readonly config?: StringMap;
  readonly workerConfig?: StringMap;
  readonly paused?: boolean;
  readonly spec?: TaskSpec;
  readonly offsets?: Readonly<Record<string, string>>;
}

/** A running task. */
export class OneTask {
  readonly clock = new FakeClock();
  readonly kafka = new FakeKafka(this.clock);
  readonly log = new FakeLog();
  readonly messages: FromHost[] = [];
  readonly converter = new TextConverterScript();
  readonly ref: TaskRef = { connector: "c", task: 0, generation: 1 };
  readonly control: LoopControl;
  readonly #loop: SourceLoop;
  readonly source: ScriptedSource;
  /** Set once the loop has ended. */
  ended = false;
  #done: Promise<void> | undefined;

  constructor(source: ScriptedSource, parts: OneTaskParts = {}) {
    this.source = source;
    const tell = (message: FromHost) => void this.messages.push(message);
    const opening = new TaskOpening({
      ref: this.ref,
      spec: parts.spec ?? scriptedSpec(parts.config, parts.workerConfig),
      connectors: [source.definition],
      converters: [this.converter.definition],
      kafka: this.kafka,
      clock: this.clock,
      log: this.log,
      tell,
      parent: {
        readOffsets: (_connector, partitions) => Promise.resolve(partitions.map((partition) => parts.offsets?.[partition] ?? null)),
        createTopic: undefined,
      },
    });
    this.control = new LoopControl(this.clock, parts.paused ?? false);
    this.#loop = new SourceLoop({ ref: this.ref, opening, clock: this.clock, log: this.log, tell, control: this.control });
  }

  /** Starts the loop and lets it run until it rests. */
  async start(): Promise<this> {
    this.#done = this.#loop.run().then(() => {
      this.ended = true;
    });
    await this.rest();
    return this;
  }

  get producer(): FakeProducer {
    const [producer] = this.kafka.producers;
    if (producer === undefined) throw new Error("no producer was opened");
    return producer;
  }

  get admin(): FakeAdmin {
    const [admin] = this.kafka.admins;
    if (admin === undefined) throw new Error("no admin client was opened");
    return admin;
  }

  /** Values handed over so far. */
  get values(): readonly (string | null)[] {
    return this.producer.records.map((record) => record.value);
  }

  /** The offset last sent for each source partition. */
  get stored(): ReadonlyMap<string, string | null> {
    return new Map(this.messages.flatMap((message) => message.is === "offsets" ? message.entries : []));
  }

  /** What the parent was told, in short. */
  get told(): readonly string[] {
    return this.messages.map((message) => {
      if (message.is === "state") return message.state;
      if (message.is === "ended") return message.clean ? "ended" : "ended late";
      return message.is;
    });
  }

  /** Trace of the failure. */
  get trace(): string {
    const failed = this.messages.find((message) => message.is === "failed");
    return failed?.is === "failed" ? failed.error.trace : "";
  }

  /** Lets everything run until it waits for time, reports or the test. */
  async rest(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await settle();
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.rest();
  }

  /** Stops the task and waits for its end. */
  async stop(deadlineMs = 5000): Promise<void> {
    this.control.stop(deadlineMs);
    await this.rest();
  }

  /** The loop's own promise, for a test that has made it end. */
  async end(): Promise<void> {
    await this.#done;
  }
}
