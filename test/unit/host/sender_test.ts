import assert from "node:assert/strict";
import fc from "fast-check";
import type { HeaderColumn } from "../../../src/data/column.ts";
import { primitiveSchema } from "../../../src/data/schema.ts";
import { numbered, ScriptedSource, type Step, textBatch } from "../../fakes/scripted_source.ts";
import { RetriableError } from "../../../src/sdk/errors.ts";
import { OneTask } from "./one_task.ts";

const A = `{"file":"a"}`;
const TOLERANT = { "errors.tolerance": "all" };

/** A task whose converter refuses the text `bad`. */
async function withBadTexts(source: ScriptedSource, config: Record<string, string> = {}): Promise<OneTask> {
  const task = new OneTask(source, { config });
  task.converter.bad.add("bad");
  await task.start();
  return task;
}

Deno.test("Sender under tolerance none sends the rows before a bad one, stores their offset and fails the task", async () => {
  const task = await withBadTexts(new ScriptedSource(textBatch(0, ["x", "y", "bad", "z"], { token: 1 })));
  assert.deepEqual([task.values, [...task.stored]], [["x", "y"], [[A, `{"n":2}`]]]);
  assert.deepEqual(task.source.delivered, [], "a batch that was cut short is not delivered");
  const [first, cause] = task.trace.split("Caused by: ");
  assert.match(first ?? "", /^org\.apache\.kafka\.connect\.errors\.ConnectException: Tolerance exceeded in error handler\n\tat /);
  assert.match(cause ?? "", /^org\.apache\.kafka\.connect\.errors\.DataException: Cannot convert "bad"\n\tat /);
});

Deno.test("Sender under tolerance none stores nothing when the very first row is bad", async () => {
  const task = await withBadTexts(new ScriptedSource(textBatch(0, ["bad", "x"])));
  assert.deepEqual([task.values, task.stored.size, task.told], [[], 0, ["RUNNING", "failed"]]);
});

Deno.test("Sender under tolerance all skips exactly the bad rows and stores the offset behind them", async () => {
  const task = await withBadTexts(new ScriptedSource(textBatch(0, ["bad", "x", "bad", "y", "bad"], { token: 1 })), TOLERANT);
  await task.advance(1000);
  assert.deepEqual([task.values, [...task.stored], task.source.delivered], [["x", "y"], [[A, `{"n":5}`]], [1]]);
  await task.stop();
});

Deno.test("Sender counts a batch of nothing but bad rows as done, in its turn", async () => {
  const source = new ScriptedSource(textBatch(0, ["x"], { token: 1 }), textBatch(1, ["bad"], { token: 2 }));
  const task = new OneTask(source, { config: TOLERANT });
  task.converter.bad.add("bad");
  task.kafka.autoAck = false;
  await task.start();
  await task.advance(1000);
  assert.deepEqual([task.stored.size, source.delivered], [0, []]);
  task.producer.ackAll();
  await task.rest();
  assert.deepEqual([[...task.stored], source.delivered], [[[A, `{"n":2}`]], [1, 2]]);
  await task.stop();
});

Deno.test("Sender logs skipped rows in Kafka Connect's words, with the record only where that is asked for", async () => {
  const log = { ...TOLERANT, "errors.log.enable": "true" };
  const brief = await withBadTexts(new ScriptedSource(textBatch(0, ["bad"])), log);
  const line = "Error encountered in task c-0. Executing stage 'VALUE_CONVERTER' with class 'test.TextConverter'";
  const [short] = brief.log.matching("error", "Error encountered");
  assert.ok(
    short?.startsWith(`${line}.\norg.apache.kafka.connect.errors.DataException: Cannot convert "bad"\n\tat `),
    short ?? "nothing was logged",
  );
  await brief.stop();
  const full = await withBadTexts(new ScriptedSource(textBatch(0, ["bad"])), { ...log, "errors.log.include.messages": "true" });
  const [long] = full.log.matching("error", "Error encountered");
  const record = "SourceRecord{sourcePartition={file=a}, sourceOffset={n=1}} ConnectRecord{topic='t', kafkaPartition=null, key=null, " +
    "keySchema=null, value=bad, valueSchema=Schema{STRING}, timestamp=null, headers=ConnectHeaders(headers=)}";
  assert.equal(long?.split("\n")[0], `${line}, where source record is = ${record}.`);
  await full.stop();
});

Deno.test("Sender logs no skipped rows unless asked to", async () => {
  const task = await withBadTexts(new ScriptedSource(textBatch(0, ["bad"])), TOLERANT);
  assert.equal(task.log.matching("error", "").length, 0);
  await task.stop();
});

Deno.test("Sender finds the bad row by itself when a converter gives up on the whole batch", async () => {
  const task = new OneTask(new ScriptedSource(textBatch(0, ["x", "bad", "y"])), { config: TOLERANT });
  task.converter.bad.add("bad");
  task.converter.breaks = new TypeError("kernel");
  await task.start();
  assert.deepEqual(task.values, ["x", "y"]);
  await task.stop();
});

Deno.test("Sender fails a batch whose rows the source itself reports as bad, by the same rules", async () => {
  const batch = () => {
    const made = textBatch(0, ["x", "-", "y"], { select: Int32Array.of(0, 2) });
    made.failures.push({ row: 1, stage: "TASK_POLL", component: "test.Source", error: new Error("short row") });
    return made;
  };
  const strict = await new OneTask(new ScriptedSource(batch())).start();
  assert.deepEqual([strict.values, [...strict.stored]], [["x"], [[A, `{"n":1}`]]]);
  assert.match(strict.trace, /Tolerance exceeded in error handler\n[^]*Caused by: Error: short row\n/);
  const tolerant = await new OneTask(new ScriptedSource(batch()), { config: TOLERANT }).start();
  await tolerant.advance(1000);
  assert.deepEqual([tolerant.values, [...tolerant.stored]], [["x", "y"], [[A, `{"n":3}`]]]);
  await tolerant.stop();
});

Deno.test("Sender converts again while a converter asks for it and the time allows", async () => {
  const task = new OneTask(new ScriptedSource(textBatch(0, ["x"])), { config: { "errors.retry.timeout": "1000" } });
  task.converter.retries = 2;
  await task.start();
  await task.advance(300);
  assert.deepEqual(task.values, []);
  await task.advance(600);
  assert.deepEqual(task.values, ["x"]);
  assert.equal(task.log.matching("warn", "asks to be called again").length, 2);
  await task.stop();
});

Deno.test("Sender takes a converter that keeps asking for a failure once the time is up; the first pause is cut to it", async () => {
  const task = new OneTask(new ScriptedSource(textBatch(0, ["bad"])), { config: { "errors.retry.timeout": "200" } });
  task.converter.retries = 2;
  task.converter.bad.add("bad");
  await task.start();
  await task.advance(200);
  assert.match(task.trace, /Tolerance exceeded in error handler\n/);
});

Deno.test("Sender without errors.retry.timeout tries once more at once and never waits", async () => {
  const task = new OneTask(new ScriptedSource(textBatch(0, ["x"])));
  task.converter.retries = 1;
  await task.start();
  assert.deepEqual([task.values, task.log.matching("warn", "asks to be called again")], [["x"], []]);
  await task.stop();
});

Deno.test("Sender gives up a retry without end when the task is to stop", async () => {
  const task = new OneTask(new ScriptedSource(textBatch(0, ["x"])), { config: { "errors.retry.timeout": "-1" } });
  task.converter.retries = 1000;
  await task.start();
  await task.advance(60_000);
  await task.stop();
  assert.deepEqual([task.told, task.values], [["RUNNING", "ended"], []]);
});

Deno.test("Sender under tolerance none fails the task when Kafka refuses a record, and stores nothing past it", async () => {
  const task = new OneTask(new ScriptedSource(textBatch(0, ["x"]), textBatch(1, ["y"]), textBatch(2, ["z"])));
  task.kafka.autoAck = false;
  await task.start();
  task.producer.ack(1);
  task.producer.fail(2);
  task.producer.ack(3);
  await task.end();
  assert.deepEqual([...task.stored], [[A, `{"n":1}`]]);
  const [first, cause] = task.trace.split("Caused by: ");
  assert.match(
    first ?? "",
    /^org\.apache\.kafka\.connect\.errors\.ConnectException: Unrecoverable exception from producer send callback\n/,
  );
  assert.match(cause ?? "", /^org\.apache\.kafka\.common\.errors\.RecordTooLargeException: Cannot deliver a record to topic "t": /);
});

Deno.test("Sender under tolerance all counts a refused record as done, and logs it", async () => {
  const config = { ...TOLERANT, "errors.log.enable": "true" };
  const task = new OneTask(new ScriptedSource(textBatch(0, ["x", "y"], { token: 1 })), { config });
  task.kafka.autoAck = false;
  await task.start();
  task.producer.fail(1);
  task.producer.ack(1, 1);
  await task.advance(1000);
  assert.deepEqual([[...task.stored], task.source.delivered], [[[A, `{"n":2}`]], [1]]);
  const [line] = task.log.matching("error", "Error encountered");
  assert.match(line ?? "", /Executing stage 'KAFKA_PRODUCE' with class 'org\.apache\.kafka\.connect\.runtime\.WorkerSourceTask'\.\n/);
  await task.stop();
});

Deno.test("Sender tolerates no record that was lost with its producer", async () => {
  const task = new OneTask(new ScriptedSource(textBatch(0, ["x"])), { config: TOLERANT });
  task.kafka.autoAck = false;
  await task.start();
  task.producer.fail(1, "_FATAL", "the producer cannot go on");
  await task.end();
  assert.deepEqual([task.told.at(-1), task.stored.size], ["failed", 0]);
});

Deno.test("Sender tolerates no record that Kafka did not take for reasons of its own: the next would fare no better", async () => {
  for (const code of ["_MSG_TIMED_OUT", "TOPIC_AUTHORIZATION_FAILED", "NOT_ENOUGH_REPLICAS"]) {
    const task = new OneTask(new ScriptedSource(textBatch(0, ["x"])), { config: TOLERANT });
    task.kafka.autoAck = false;
    await task.start();
    task.producer.fail(1, code, "not delivered");
    await task.end();
    assert.deepEqual([task.told.at(-1), task.stored.size], ["failed", 0], code);
  }
});

Deno.test("Sender tolerates no record that was refused with others for the size of their batch: it may be a good one", async () => {
  const task = new OneTask(new ScriptedSource(textBatch(0, ["x"])), { config: TOLERANT });
  task.kafka.autoAck = false;
  await task.start();
  task.producer.fail(1, "MSG_SIZE_TOO_LARGE", "the batch is too large", true);
  await task.end();
  assert.deepEqual([task.told.at(-1), task.stored.size], ["failed", 0]);
});

Deno.test("Sender fails the task when its producer is of no more use, and does not wait for it", async () => {
  const task = new OneTask(new ScriptedSource(textBatch(0, ["x"])));
  task.kafka.autoAck = false;
  await task.start();
  task.producer.fatal = Object.assign(new Error("a newer producer has taken over"), { name: "KafkaError", code: "_FENCED" });
  await task.advance(1000);
  assert.match(task.trace, /Caused by: org\.apache\.kafka\.common\.KafkaException: a newer producer has taken over\n/);
  assert.equal(task.ended, true);
});

Deno.test("Sender fails the task when the producer takes no record of a topic", async () => {
  const source = new ScriptedSource(() => {
    task.producer.refuses = new Error("Kafka refuses the topic name");
    return textBatch(0, ["x"], { topic: "no/topic" });
  });
  const task = new OneTask(source);
  await task.start();
  assert.match(
    task.trace,
    /ConnectException: Unrecoverable exception trying to send to topic "no\/topic"\n[^]*Caused by: Error: Kafka refuses/,
  );
});

Deno.test("Sender keeps partitions, timestamps and headers beside the right rows when rows fall out", async () => {
  const text = primitiveSchema("STRING");
  const headers: HeaderColumn[] = [
    { name: "file", schema: text, column: { kind: "constant", value: "a.csv" } },
    { name: "line", schema: text, column: { kind: "values", data: ["1", "bad", "3", "4", "5"] } },
  ];
  const batch = textBatch(0, ["v", "w", "bad", "y", "z"], {
    headers,
    select: Int32Array.of(0, 1, 2, 4),
    partition: Int32Array.of(0, 1, 2, 3, 4),
    timestamps: Float64Array.of(10, 11, 12, 13, 14),
  });
  const task = await withBadTexts(new ScriptedSource(batch), TOLERANT);
  assert.deepEqual(task.producer.records.map(({ value, partition, timestamp, headers }) => ({ value, partition, timestamp, headers })), [
    { value: "v", partition: 0, timestamp: 10, headers: [["file", "a.csv"], ["line", "1"]] },
    { value: "z", partition: 4, timestamp: 14, headers: [["file", "a.csv"], ["line", "5"]] },
  ]);
  assert.equal(task.log.lines.some((line) => line.message.includes("HEADER_CONVERTER")), false);
  await task.stop();
});

Deno.test("Sender converts a constant header once while it stays the same", async () => {
  const header = (value: string): HeaderColumn[] => [{ name: "f", schema: null, column: { kind: "constant", value } }];
  const steps = [textBatch(0, ["x"], { headers: header("a") }), textBatch(1, ["y"], { headers: header("a") })];
  const task = await new OneTask(new ScriptedSource(...steps, textBatch(2, ["z"], { headers: header("b") }))).start();
  assert.deepEqual(task.producer.records.map((record) => record.headers), [[["f", "a"]], [["f", "a"]], [["f", "b"]]]);
  assert.equal(task.converter.headerCalls, 2);
  await task.stop();
});

Deno.test("Sender fails every row whose constant header cannot be converted", async () => {
  const headers: HeaderColumn[] = [{ name: "f", schema: null, column: { kind: "constant", value: "bad" } }];
  const task = await withBadTexts(new ScriptedSource(textBatch(0, ["x", "y"], { headers })), TOLERANT);
  await task.advance(1000);
  assert.deepEqual([task.values, [...task.stored]], [[], [[A, `{"n":2}`]]]);
  await task.stop();
});

Deno.test("Sender splits a batch by topic and stores its offset once all parts are acknowledged", async () => {
  const source = new ScriptedSource(textBatch(0, ["1", "2", "bad", "3", "4"], { topic: ["a", "b", "b", "a", "b"], token: 1 }));
  const task = new OneTask(source, { config: TOLERANT });
  task.converter.bad.add("bad");
  task.kafka.autoAck = false;
  await task.start();
  const sent = task.producer.records.map(({ topic, value, batch }) => `${batch}${topic}${value}`);
  assert.deepEqual(sent, ["1a1", "1a3", "2b2", "2b4"]);
  task.producer.ack(2);
  await task.advance(1000);
  assert.deepEqual([task.stored.size, source.delivered], [0, []]);
  task.producer.ack(1);
  await task.rest();
  assert.deepEqual([[...task.stored], source.delivered], [[[A, `{"n":5}`]], [1]]);
  const topics = task.messages.flatMap((message) => message.is === "topics" ? message.topics : []);
  assert.deepEqual(topics, ["b", "a"]);
  await task.stop();
});

Deno.test("Sender stores nothing when the first of a batch's topics is acknowledged before the last", async () => {
  const task = new OneTask(new ScriptedSource(textBatch(0, ["1", "2"], { topic: ["a", "b"] })));
  task.kafka.autoAck = false;
  await task.start();
  task.producer.ack(1);
  await task.advance(1000);
  assert.equal(task.stored.size, 0);
  await task.stop();
  task.producer.ackAll();
  await task.end();
  assert.deepEqual([...task.stored], [[A, `{"n":2}`]]);
});

Deno.test("Sender makes topics where topic.creation says so, and waits for Kafka when it does not answer", async () => {
  const config = { "topic.creation.default.partitions": "3", "topic.creation.default.replication.factor": "-1" };
  const source = new ScriptedSource(() => {
    task.admin.errors.push(new RetriableError("no broker answers"), new RetriableError("no broker answers"));
    return textBatch(0, ["x"]);
  }, textBatch(1, ["y"]));
  const task = new OneTask(source, { config });
  await task.start();
  assert.deepEqual(task.values, []);
  await task.advance(300);
  assert.deepEqual(task.values, ["x", "y"]);
  assert.deepEqual(task.admin.calls, ["describe t", "describe t", "describe t", "create t 3 -1 {}"]);
  assert.equal(task.log.matching("warn", "Cannot ask Kafka for a topic").length, 1);
  await task.stop();
  assert.equal(task.admin.closed, true);
});

Deno.test("Sender stops while it waits for a topic", async () => {
  const config = { "topic.creation.default.partitions": "3", "topic.creation.default.replication.factor": "-1" };
  const source = new ScriptedSource(() => {
    for (let i = 0; i < 100; i++) task.admin.errors.push(new RetriableError("no broker answers"));
    return textBatch(0, ["x"]);
  });
  const task = new OneTask(source, { config });
  await task.start();
  await task.advance(20_000);
  await task.stop();
  assert.deepEqual(task.told, ["RUNNING", "ended"]);
});

Deno.test("Sender does not wait at a stop for an answer about a topic", async () => {
  const config = { "topic.creation.default.partitions": "3", "topic.creation.default.replication.factor": "-1" };
  const task = new OneTask(
    new ScriptedSource(() => {
      task.admin.describeTopic = () => new Promise(() => {});
      return textBatch(0, ["x"]);
    }),
    { config },
  );
  await task.start();
  await task.stop();
  assert.deepEqual([task.told, task.values], [["RUNNING", "ended"], []]);
});

Deno.test("Sender loses no row and stores no offset too far, whatever Kafka and time do", async () => {
  const event = fc.oneof(
    fc.record({ what: fc.constant("ack" as const), which: fc.nat(20), count: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ what: fc.constant("fail" as const), which: fc.nat(20), count: fc.constant(1) }),
    fc.record({ what: fc.constant("time" as const), which: fc.nat(2000), count: fc.constant(0) }),
  );
  const sizes = fc.array(fc.record({ source: fc.constantFrom("a", "b"), rows: fc.integer({ min: 1, max: 6 }), bad: fc.nat(8) }), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(sizes, fc.array(event, { maxLength: 60 }), fc.integer({ min: 2, max: 9 }), async (batches, events, capacity) => {
      const at = { a: 0, b: 0 };
      const expected: Record<string, string[]> = { a: [], b: [] };
      const steps: Step[] = batches.map(({ source, rows, bad }) => {
        const key = source as "a" | "b";
        const texts = numbered(at[key], rows).map((text, i) => i === bad ? "bad" : `${source}${text}`);
        expected[source]?.push(...texts.filter((text) => text !== "bad"));
        const batch = textBatch(at[key], texts, { source: { file: source } });
        at[key] += rows;
        return batch;
      });
      const task = new OneTask(new ScriptedSource(...steps), { config: TOLERANT });
      task.converter.bad.add("bad");
      task.kafka.autoAck = false;
      task.kafka.capacity = capacity;
      await task.start();
      /** Rows reported by source, each once. */
      const reported: Record<string, Set<string>> = { a: new Set(), b: new Set() };
      const report = (number: number, count: number, fails: boolean) => {
        const records = task.producer.records.filter((record) => record.batch === number);
        const of = String(records[0]?.value).charAt(0);
        const open = records.filter((record) => !reported[of]?.has(String(record.value))).slice(0, count);
        for (const record of open) reported[of]?.add(String(record.value));
        if (fails) task.producer.fail(number);
        else task.producer.ack(number, open.length);
      };
      const judge = () => {
        for (const [partition, offset] of task.stored) {
          const source = JSON.parse(partition).file as string;
          const stored = JSON.parse(String(offset)).n as number;
          const before = (expected[source] ?? []).filter((text) => Number(text.slice(1)) < stored);
          assert.ok(before.every((text) => reported[source]?.has(text)), `${source} is stored to ${stored} too early`);
        }
      };
      for (const { what, which, count } of events) {
        const open = task.producer.unreported;
        const number = open[which % Math.max(open.length, 1)];
        if (what === "time") await task.advance(which);
        else if (number !== undefined) report(number, count, what === "fail");
        await task.rest();
        judge();
      }
      while (task.producer.unreported.length > 0) {
        for (const number of task.producer.unreported) report(number, Infinity, false);
        await task.rest();
      }
      await task.advance(2000);
      judge();
      for (const source of ["a", "b"]) {
        const sent = task.values.filter((value) => value?.startsWith(source));
        assert.deepEqual(sent, expected[source], "every row is sent once, in order");
        if (at[source as "a" | "b"] > 0) assert.equal(task.stored.get(`{"file":"${source}"}`), `{"n":${at[source as "a" | "b"]}}`);
      }
      await task.stop();
      assert.equal(task.told.at(-1), "ended");
    }),
    { numRuns: 60 },
  );
});
