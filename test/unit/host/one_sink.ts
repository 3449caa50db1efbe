/** One sink task over fakes, and the means to follow it. */
import type { StringMap } from "../../../src/config/field.ts";
import { LoopControl } from "../../../src/host/loop_control.ts";
import { SinkLoop } from "../../../src/host/sink_loop.ts";
import { SinkOpening } from "../../../src/host/sink_opening.ts";
import type { FromHost, TaskRef } from "../../../src/link/messages.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";
import type { FakeConsumer } from "../../fakes/fake_consumer.ts";
import { FakeKafka, type FakeProducer } from "../../fakes/fake_kafka.ts";
import { FakeLog } from "../../fakes/fake_log.ts";
import { SCRIPTED_SINK, type ScriptedSink } from "../../fakes/scripted_sink.ts";
import { TextConverterScript } from "../../fakes/text_converter.ts";
import { scriptedSpec } from "./one_task.ts";

/** What differs from the plainest task, which reads topic `t`. */
export interface OneSinkParts {
  readonly config?: StringMap;
  readonly workerConfig?: StringMap;
  readonly paused?: boolean;
  /** Partitions 0, 1, … of topic `t` that are assigned once the task has subscribed. Default 1. */
  readonly partitions?: number;
  readonly kafka?: (kafka: FakeKafka) => void;
  readonly embedded?: boolean;
}

/** Partitions of topic `t`. */
export function partitionsOf(...numbers: readonly number[]) {
  return numbers.map((partition) => ({ topic: "t", partition }));
}

/** A running task. */
export class OneSink {
  readonly clock = new FakeClock();
  readonly kafka = new FakeKafka(this.clock);
  readonly log = new FakeLog();
  readonly messages: FromHost[] = [];
  readonly converter = new TextConverterScript();
  readonly ref: TaskRef = { connector: "c", task: 0, generation: 1 };
  readonly control: LoopControl;
  /** Topics the parent was asked to make. */
  readonly made: string[] = [];
  readonly sink: ScriptedSink;
  ended = false;
  readonly #loop: SinkLoop;
  readonly #partitions: number;

  constructor(sink: ScriptedSink, parts: OneSinkParts = {}) {
    this.sink = sink;
    this.#partitions = parts.partitions ?? 1;
    parts.kafka?.(this.kafka);
    const tell = (message: FromHost) => void this.messages.push(message);
    const topics = parts.config?.["topics.regex"] === undefined ? { topics: "t" } : {};
    const spec = {
      ...scriptedSpec({ "connector.class": SCRIPTED_SINK, ...topics, ...parts.config }, parts.workerConfig),
      connectorClass: SCRIPTED_SINK,
    };
    const opening = new SinkOpening({
      ref: this.ref,
      spec,
      connectors: [sink.definition],
      converters: [this.converter.definition],
      kafka: this.kafka,
      clock: this.clock,
      log: this.log,
      tell,
      parent: {
        readOffsets: () => Promise.resolve([]),
        createTopic: parts.embedded === true
          ? (topic, partitions) => {
            this.made.push(`${topic} ${partitions}`);
            return Promise.resolve("created");
          }
          : undefined,
      },
    });
    this.control = new LoopControl(this.clock, parts.paused ?? false);
    this.#loop = new SinkLoop({ ref: this.ref, opening, clock: this.clock, log: this.log, tell, control: this.control });
  }

  /** Starts the loop, assigns the partitions, and lets it run until it rests. */
  async start(): Promise<this> {
    void this.#loop.run().then(() => {
      this.ended = true;
    });
    await this.rest();
    if (this.kafka.consumers.length > 0 && this.#partitions > 0) {
      this.consumer.assignNow(...partitionsOf(...Array.from({ length: this.#partitions }, (_, i) => i)));
      await this.rest();
    }
    return this;
  }

  get consumer(): FakeConsumer {
    const [consumer] = this.kafka.consumers;
    if (consumer === undefined) throw new Error("no consumer was opened");
    return consumer;
  }

  /** Of the dead letter queue. */
  get producer(): FakeProducer {
    const [producer] = this.kafka.producers;
    if (producer === undefined) throw new Error("no producer was opened");
    return producer;
  }

  /** What was committed. */
  get committed(): Readonly<Record<string, number>> {
    return this.kafka.log.offsets;
  }

  /** What the parent was told, in short. */
  get told(): readonly string[] {
    return this.messages.map((message) => {
      if (message.is === "state") return message.state;
      if (message.is === "topics") return `topics ${message.topics.join(" ")}`;
      if (message.is === "ended") return message.clean ? "ended" : "ended late";
      return message.is;
    });
  }

  /** Trace of the failure, without its frames. */
  get trace(): string {
    const failed = this.messages.find((message) => message.is === "failed");
    return failed?.is === "failed" ? failed.error.trace.replace(/^\tat .*\n/gm, "") : "";
  }

  /** Lets everything run until it waits for time, records or the test. */
  async rest(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await settle();
  }

  async write(...values: readonly string[]): Promise<void> {
    this.consumer.write("t", 0, ...values);
    await this.rest();
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
}
