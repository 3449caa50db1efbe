import assert from "node:assert/strict";
import { createHost, type Host } from "../../../src/host/mod.ts";
import type { FromHost, TaskRef, ToHost, WireError } from "../../../src/link/messages.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";
import { FakeKafka } from "../../fakes/fake_kafka.ts";
import { SCRIPTED_SINK, ScriptedSink } from "../../fakes/scripted_sink.ts";
import { type Polled, ScriptedSource, textBatch } from "../../fakes/scripted_source.ts";
import { TextConverterScript } from "../../fakes/text_converter.ts";
import { scriptedSpec } from "./one_task.ts";

/** A host over fakes; everything it says is kept. */
class OneHost {
  readonly clock = new FakeClock();
  readonly kafka = new FakeKafka(this.clock);
  readonly said: FromHost[] = [];
  readonly host: Host;

  constructor(source: ScriptedSource, embeddedKafka = false, sink = new ScriptedSink()) {
    this.host = createHost({
      connectors: [source.definition, sink.definition],
      converters: [new TextConverterScript().definition],
      kafka: this.kafka,
      clock: this.clock,
      send: (message) => void this.said.push(message),
      memory: () => 123_456,
    });
    this.host.receive({ do: "hello", role: "tasks", logLevel: "fatal", logFormat: "text", secrets: ["hunter-two"], embeddedKafka });
  }

  async receive(...messages: ToHost[]): Promise<this> {
    for (const message of messages) this.host.receive(message);
    await this.rest();
    return this;
  }

  async rest(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await settle();
  }

  /** What was said of tasks, in short. */
  get told(): readonly string[] {
    return this.said.flatMap((message) => {
      if (!("task" in message)) return [];
      const what = message.is === "state" ? message.state : message.is;
      return [`${message.task.connector}-${message.task.task}/${message.task.generation} ${what}`];
    });
  }

  async exit(): Promise<void> {
    this.host.receive({ do: "exit" });
    await this.clock.advance(0);
    await this.host.stopped;
  }
}

function start(task: TaskRef, config: Record<string, string> = {}): ToHost {
  return { do: "start", task, spec: scriptedSpec(config), paused: false };
}

const ref: TaskRef = { connector: "c", task: 0, generation: 1 };

Deno.test("Host answers hello with its pid and ping with its resident memory", async () => {
  const one = await new OneHost(new ScriptedSource()).receive({ do: "ping", at: 42 });
  assert.deepEqual(one.said, [{ is: "ready", pid: Deno.pid }, { is: "pong", at: 42, rssBytes: 123_456 }]);
  await one.exit();
});

Deno.test("Host runs sinks beside sources", async () => {
  const sink = new ScriptedSink();
  const one = new OneHost(new ScriptedSource(), false, sink);
  const spec = { ...scriptedSpec({ "connector.class": SCRIPTED_SINK, "topics": "t" }), connectorClass: SCRIPTED_SINK };
  const task = { connector: "s", task: 1, generation: 4 };
  await one.receive(start(ref), { do: "start", task, spec, paused: false });
  const [consumer] = one.kafka.consumers;
  consumer?.assignNow({ topic: "t", partition: 0 });
  consumer?.write("t", 0, "x");
  await one.rest();
  await one.receive({ do: "stop", task, deadlineMs: 1000 });
  assert.deepEqual([sink.values, consumer?.isClosed], [["x"], true]);
  assert.deepEqual(one.told, ["c-0/1 RUNNING", "s-1/4 RUNNING", "s-1/4 topics", "s-1/4 ended"]);
  await one.exit();
});

Deno.test("Host starts, pauses, resumes and stops tasks by their generation", async () => {
  const source = new ScriptedSource(textBatch(0, ["x"]));
  const one = await new OneHost(source).receive(start(ref));
  const older = { ...ref, generation: 0 };
  await one.receive({ do: "pause", task: older }, { do: "pause", task: ref });
  await one.receive({ do: "resume", task: ref });
  await one.receive({ do: "stop", task: ref, deadlineMs: 1000 });
  assert.deepEqual(one.told, ["c-0/1 RUNNING", "c-0/1 topics", "c-0/1 PAUSED", "c-0/1 RUNNING", "c-0/1 offsets", "c-0/1 ended"]);
  await one.exit();
});

Deno.test("Host says again that a task has ended when it is to stop one it does not have", async () => {
  const one = await new OneHost(new ScriptedSource()).receive({ do: "stop", task: ref, deadlineMs: 1000 });
  assert.deepEqual(one.said.at(-1), { is: "ended", task: ref, clean: true });
  await one.exit();
});

Deno.test("Host answers the stop of a failed task", async () => {
  const source = new ScriptedSource(() => Promise.reject(new Error("gone")));
  const one = await new OneHost(source).receive(start(ref), { do: "stop", task: { ...ref, generation: 9 }, deadlineMs: 1 });
  await one.receive({ do: "stop", task: ref, deadlineMs: 1000 });
  assert.deepEqual(one.told.slice(1), ["c-0/1 RUNNING", "c-0/1 failed", "c-0/1 ended"]);
  await one.exit();
});

Deno.test("Host never runs two generations of one task at once", async () => {
  const source = new ScriptedSource();
  const one = await new OneHost(source).receive(start(ref));
  await one.receive(start({ ...ref, generation: 2 }));
  await one.clock.advance(0);
  await one.rest();
  assert.deepEqual(source.events, ["start", "stop", "start"]);
  assert.deepEqual(one.told, ["c-0/1 RUNNING", "c-0/1 ended", "c-0/2 RUNNING"]);
  await one.exit();
});

Deno.test("Host fails a task of an unknown class in Kafka Connect's words", async () => {
  const spec = { ...scriptedSpec(), connectorClass: "Nope" };
  const one = await new OneHost(new ScriptedSource()).receive({ do: "start", task: ref, spec, paused: false });
  const failed = one.said.find((message) => message.is === "failed");
  assert.ok(failed?.is === "failed");
  assert.equal(
    failed.error.message,
    "Failed to find any class that implements Connector and which name matches Nope, available connectors are: test.ScriptedSourceConnector, test.ScriptedSinkConnector",
  );
  await one.exit();
});

Deno.test("Host masks secrets it was told of in what it says of failures", async () => {
  const source = new ScriptedSource(() => Promise.reject(new Error("login with hunter-two and open-sesame refused")));
  const one = await new OneHost(source).receive({ do: "secrets", values: ["open-sesame"] }, start(ref));
  const failed = one.said.find((message) => message.is === "failed");
  assert.ok(failed?.is === "failed");
  assert.equal(failed.error.message, "login with [hidden] and [hidden] refused");
  await one.exit();
});

Deno.test("Host asks the parent for offsets and hands the answer to the task", async () => {
  const source = new ScriptedSource();
  const one = await new OneHost(source).receive(start(ref));
  const found = source.context?.offsets([{ b: 1, a: 2 }, { c: 3 }]);
  const question = one.said.at(-1);
  assert.deepEqual(question, { is: "offsets.read", call: 1, connector: "c", partitions: [`{"a":2,"b":1}`, `{"c":3}`] });
  await one.receive({ do: "answer", call: 1, ok: [`{"n":5}`, null] });
  assert.deepEqual(await found, [{ n: 5 }, undefined]);
  await one.exit();
});

Deno.test("Host hands a refused question to the task as an error it may act on", async () => {
  const source = new ScriptedSource();
  const one = await new OneHost(source).receive(start(ref));
  const error: WireError = { javaClass: "a.B", message: "store is closed", trace: "", retriable: true };
  const first = source.context?.offsets([{ a: 1 }]);
  const second = source.context?.offsets([{ a: 1 }]);
  await one.receive({ do: "answer", call: 1, error }, { do: "answer", call: 2, ok: [] }, { do: "answer", call: 77, ok: [] });
  await assert.rejects(first ?? Promise.resolve(), { name: "RetriableException", message: "store is closed", javaClass: "a.B" });
  await assert.rejects(second ?? Promise.resolve(), /Failed to fetch offsets/);
  await one.exit();
});

Deno.test("Host has the parent make topics of an embedded broker, which answers no admin request", async () => {
  const config = { "topic.creation.default.partitions": "-1", "topic.creation.default.replication.factor": "1" };
  const one = await new OneHost(new ScriptedSource(textBatch(0, ["x"])), true).receive(start(ref, config));
  assert.deepEqual(one.said.at(-1), { is: "topic.create", call: 1, topic: "t", partitions: 1 });
  await one.receive({ do: "answer", call: 1, ok: "exists" });
  assert.deepEqual(one.kafka.producers[0]?.records.map((record) => record.value), ["x"]);
  assert.deepEqual(one.kafka.admins, [], "no admin client is opened for a broker that answers none");
  await one.exit();
});

Deno.test("Host has the topics of an embedded broker made with one partition when no topic.creation key says otherwise", async () => {
  const one = await new OneHost(new ScriptedSource(textBatch(0, ["x"])), true).receive(start(ref, {}));
  assert.deepEqual(one.said.at(-1), { is: "topic.create", call: 1, topic: "t", partitions: 1 });
  await one.receive({ do: "answer", call: 1, ok: "created" });
  assert.deepEqual(one.kafka.producers[0]?.records.map((record) => record.value), ["x"]);
  await one.exit();
});

Deno.test("Host fails the task whose promise nobody awaits, and no other", async () => {
  const careless = new ScriptedSource(() => {
    void Promise.reject(new Error("nobody awaits me"));
    return new Promise<Polled>(() => {});
  });
  const one = await new OneHost(careless).receive(start(ref), start({ ...ref, task: 1 }));
  await one.clock.advance(5000);
  await one.rest();
  assert.ok(one.told.includes("c-0/1 failed"), String(one.told));
  assert.ok(!one.told.includes("c-1/1 failed"));
  const failed = one.said.find((message) => message.is === "failed");
  assert.match(failed?.is === "failed" ? failed.error.trace : "", /^Error: nobody awaits me\n\tat .*mod_test\.ts/);
  await one.exit();
});

Deno.test("Host lives on after a stray error that belongs to no task", async () => {
  const one = await new OneHost(new ScriptedSource()).receive(start(ref), start({ ...ref, task: 1 }));
  queueMicrotask(() => {
    throw new Error("nobody's own");
  });
  await one.receive({ do: "ping", at: 1 });
  assert.deepEqual(one.said.at(-1), { is: "pong", at: 1, rssBytes: 123_456 });
  assert.ok(!one.told.some((what) => what.endsWith("failed")));
  await one.exit();
});

Deno.test("Host answers service calls, and says what went wrong with those that fail", async () => {
  const one = await new OneHost(new ScriptedSource()).receive(
    { do: "call", call: 1, deadlineMs: 1000, request: { what: "clusterId", workerConfig: {} } },
    {
      do: "call",
      call: 2,
      deadlineMs: 1000,
      request: { what: "split", connectorClass: "Nope", connector: "c", config: {}, maxTasks: 1 },
    },
  );
  const answers = one.said.filter((message) => message.is === "answer");
  assert.deepEqual(answers.find((answer) => answer.call === 1), { is: "answer", call: 1, ok: "fake-cluster" });
  assert.match(answers.find((answer) => answer.call === 2)?.error?.message ?? "", /^Failed to find any class/);
  await one.exit();
});

Deno.test("Host stops its tasks at exit and waits for none of them", async () => {
  const source = new ScriptedSource(() => new Promise<Polled>(() => {}));
  const one = await new OneHost(source).receive(start(ref));
  await one.exit();
  assert.deepEqual(one.told, ["c-0/1 RUNNING", "c-0/1 ended"]);
  assert.equal(one.kafka.producers[0]?.closed, true);
});

Deno.test("Host takes log levels and leaves unknown ones alone", async () => {
  const one = await new OneHost(new ScriptedSource()).receive(
    { do: "log", logger: "root", level: "FATAL" },
    { do: "log", logger: "root", level: "LOUD" },
    { do: "log", logger: "host.source", level: "DEBUG" },
  );
  assert.equal(one.said.length, 1);
  await one.exit();
});
