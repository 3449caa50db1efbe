import assert from "node:assert/strict";
import { RetriableError } from "../../../src/sdk/errors.ts";
import { numbered, type Polled, ScriptedSource, textBatch } from "../../fakes/scripted_source.ts";
import { OneTask } from "./one_task.ts";

const A = `{"file":"a"}`;

Deno.test("SourceLoop sends what is polled, stores its offset once a flush is due, and tells the task", async () => {
  const source = new ScriptedSource(textBatch(0, ["x", "y"], { token: "first" }), textBatch(2, ["z"], { token: "second" }));
  const task = await new OneTask(source).start();
  assert.deepEqual(task.values, ["x", "y", "z"]);
  assert.deepEqual(source.delivered, ["first", "second"]);
  assert.equal(task.stored.size, 0, "nothing is stored before the first interval is over");
  await task.advance(1000);
  assert.deepEqual([...task.stored], [[A, `{"n":3}`]]);
  assert.deepEqual(task.told, ["RUNNING", "topics", "offsets"]);
  await task.stop();
  assert.deepEqual(task.told.at(-1), "ended");
  assert.deepEqual([source.stopped, task.producer.closed, task.ended], [1, true, true]);
});

Deno.test("SourceLoop stores nothing past a record that is not acknowledged", async () => {
  const source = new ScriptedSource(textBatch(0, ["x"], { token: 1 }), textBatch(1, ["y"], { token: 2 }));
  const task = new OneTask(source);
  task.kafka.autoAck = false;
  await task.start();
  task.producer.ack(2);
  await task.advance(5000);
  assert.equal(task.stored.size, 0);
  assert.deepEqual(source.delivered, []);
  task.producer.ack(1);
  await task.rest();
  assert.deepEqual([...task.stored], [[A, `{"n":2}`]]);
  assert.deepEqual(source.delivered, [1, 2]);
  await task.stop();
});

Deno.test("SourceLoop stores offsets at most once an interval", async () => {
  const source = new ScriptedSource(...Array.from({ length: 5 }, (_, i) => textBatch(i, ["x"])));
  const task = await new OneTask(source, { workerConfig: { "offset.flush.interval.ms": "300" } }).start();
  await task.advance(300);
  assert.equal(task.told.filter((what) => what === "offsets").length, 1);
  source.steps.push(textBatch(5, ["y"]));
  await task.advance(1000);
  assert.deepEqual([...task.stored], [[A, `{"n":6}`]]);
  assert.equal(task.told.filter((what) => what === "offsets").length, 2);
  await task.stop();
});

Deno.test("SourceLoop wakes a sleeping task to tell it of a delivery, once", async () => {
  const source = new ScriptedSource(textBatch(0, ["x"], { token: 1 }));
  const task = new OneTask(source);
  task.kafka.autoAck = false;
  await task.start();
  assert.equal(source.polls, 2);
  task.producer.ackAll();
  await task.rest();
  assert.deepEqual(source.delivered, [1]);
  assert.equal(source.polls, 3, "its sleep was ended, and it sleeps again");
  await task.stop();
});

Deno.test("SourceLoop cuts a sleep short that begins after the delivery it is to be told of came in", async () => {
  const listing = Promise.withResolvers<void>();
  const source: ScriptedSource = new ScriptedSource(
    textBatch(0, ["x"], { token: 1 }),
    () => listing.promise.then(() => source.context?.sleep(30_000)).then(() => null),
  );
  const task = new OneTask(source);
  task.kafka.autoAck = false;
  await task.start();
  task.producer.ackAll();
  await task.rest();
  assert.deepEqual(source.delivered, [], "a task is never called while it polls");
  listing.resolve();
  await task.rest();
  assert.deepEqual([source.delivered, source.polls], [[1], 3]);
  await task.stop();
});

Deno.test("SourceLoop cuts no later sleep for a delivery that was told already", async () => {
  const polling = Promise.withResolvers<Polled>();
  const source = new ScriptedSource(textBatch(0, ["x"], { token: 1 }), () => polling.promise);
  const task = new OneTask(source);
  task.kafka.autoAck = false;
  await task.start();
  task.producer.ackAll();
  await task.rest();
  polling.resolve(null);
  await task.advance(999);
  assert.deepEqual([source.delivered, source.polls], [[1], 3]);
  await task.stop();
});

Deno.test("SourceLoop takes plain rows and tells the task when all of them are acknowledged", async () => {
  const row = { topic: "t", partition: null, keySchema: null, key: null, valueSchema: null, timestamp: null, headers: [] };
  const rows = [
    { ...row, value: "x", sourcePartition: { file: "a" }, sourceOffset: { n: 1 } },
    { ...row, value: "y", sourcePartition: { file: "b" }, sourceOffset: { n: 7 } },
  ];
  const source = new ScriptedSource(rows);
  const task = await new OneTask(source).start();
  await task.advance(1000);
  assert.deepEqual([...task.stored], [[A, `{"n":1}`], [`{"file":"b"}`, `{"n":7}`]]);
  assert.deepEqual(source.delivered, [rows]);
  await task.stop();
});

Deno.test("SourceLoop gives the task its stored offsets in the order asked", async () => {
  const source = new ScriptedSource();
  const task = await new OneTask(source, { offsets: { [A]: `{"n":9007199254740993}` } }).start();
  const found = await source.context?.offsets([{ file: "b" }, { file: "a" }]);
  assert.deepEqual(found, [undefined, { n: 9007199254740993n }]);
  await task.stop();
});

Deno.test("SourceLoop pauses and resumes: no polls, but acknowledgements and offsets", async () => {
  const source = new ScriptedSource(textBatch(0, ["x"]));
  const task = new OneTask(source);
  task.kafka.autoAck = false;
  await task.start();
  task.control.pause();
  await task.rest();
  const polls = source.polls;
  source.steps.push(textBatch(1, ["y"]));
  task.producer.ackAll();
  await task.advance(60_000);
  assert.deepEqual(task.told, ["RUNNING", "PAUSED", "topics", "offsets"]);
  assert.deepEqual([source.polls, task.values], [polls, ["x"]]);
  task.control.resume();
  await task.rest();
  assert.deepEqual(task.told.at(-1), "RUNNING");
  assert.deepEqual(task.values, ["x", "y"]);
  await task.stop();
});

Deno.test("SourceLoop opens nothing while a task is created paused", async () => {
  const source = new ScriptedSource(textBatch(0, ["x"]));
  const task = await new OneTask(source, { paused: true }).start();
  assert.deepEqual([task.told, task.kafka.producers.length, source.events], [["PAUSED"], 0, []]);
  task.control.resume();
  await task.rest();
  assert.deepEqual(task.values, ["x"]);
  await task.stop();
});

Deno.test("SourceLoop stops a task that never left its first pause", async () => {
  const task = await new OneTask(new ScriptedSource(), { paused: true }).start();
  await task.stop();
  assert.deepEqual([task.told, task.ended], [["PAUSED", "ended"], true]);
});

Deno.test("SourceLoop stops while paused", async () => {
  const source = new ScriptedSource();
  const task = await new OneTask(source).start();
  task.control.pause();
  await task.rest();
  await task.stop();
  assert.deepEqual([task.told.at(-1), source.stopped, task.ended], ["ended", 1, true]);
});

Deno.test("SourceLoop ends a task's sleep when it is to stop", async () => {
  const source = new ScriptedSource();
  const task = await new OneTask(source).start();
  await task.stop();
  assert.deepEqual([task.ended, source.context?.signal.aborted, task.clock.sleeping], [true, true, 0]);
});

Deno.test("SourceLoop waits at a stop for acknowledgements and stores the last offsets before it says so", async () => {
  const source = new ScriptedSource(textBatch(0, ["x"], { token: 1 }));
  const task = new OneTask(source);
  task.kafka.autoAck = false;
  await task.start();
  await task.stop();
  assert.equal(task.ended, false);
  task.producer.ackAll();
  await task.end();
  assert.deepEqual(task.told.slice(-2), ["offsets", "ended"]);
  assert.deepEqual([source.delivered, source.events], [[1], ["start", "stop"]]);
});

Deno.test("SourceLoop gives up at the stop's deadline and says so; what was not acknowledged is not stored", async () => {
  const source = new ScriptedSource(textBatch(0, ["x"]));
  const task = new OneTask(source);
  task.kafka.autoAck = false;
  await task.start();
  await task.stop(3000);
  await task.advance(2999);
  assert.equal(task.ended, false);
  await task.advance(1);
  assert.deepEqual([task.told.at(-1), task.stored.size, source.stopped, task.producer.closed], ["ended late", 0, 1, true]);
});

Deno.test("SourceLoop leaves a poll that does not end behind, and stops the task when it ends after all", async () => {
  const hanging = Promise.withResolvers<Polled>();
  const source = new ScriptedSource(() => hanging.promise);
  const task = await new OneTask(source).start();
  await task.stop(1000);
  await task.advance(1000);
  assert.deepEqual([task.told.at(-1), source.stopped, task.ended], ["ended late", 0, true]);
  hanging.reject(new Error("too late"));
  await task.rest();
  assert.equal(source.stopped, 1);
});

Deno.test("SourceLoop stops while the task is starting", async () => {
  const starting = Promise.withResolvers<void>();
  const source = new ScriptedSource();
  source.starting = () => starting.promise;
  const task = await new OneTask(source).start();
  await task.stop(1000);
  starting.resolve();
  await task.end();
  assert.deepEqual([task.told, source.events], [["ended"], ["start", "stop"]]);
});

Deno.test("SourceLoop leaves a start that does not end behind, and stops the task when it ends after all", async () => {
  const starting = Promise.withResolvers<void>();
  const source = new ScriptedSource();
  source.starting = () => starting.promise;
  const task = await new OneTask(source).start();
  await task.stop(1000);
  await task.advance(1000);
  assert.deepEqual([task.told, task.producer.closed], [["ended late"], true]);
  starting.resolve();
  await task.rest();
  assert.equal(source.stopped, 1);
});

Deno.test("SourceLoop keeps to the earlier of two deadlines", async () => {
  const source = new ScriptedSource(textBatch(0, ["x"]));
  const task = new OneTask(source);
  task.kafka.autoAck = false;
  await task.start();
  task.control.stop(60_000);
  task.control.stop(100);
  task.control.stop(60_000);
  await task.advance(100);
  assert.deepEqual(task.told.at(-1), "ended late");
});

Deno.test("SourceLoop sends what a poll gives while the task is being stopped", async () => {
  const polling = Promise.withResolvers<Polled>();
  const source = new ScriptedSource(() => polling.promise);
  const task = await new OneTask(source).start();
  await task.stop();
  polling.resolve(textBatch(0, ["x"]));
  await task.end();
  assert.deepEqual([task.values, [...task.stored]], [["x"], [[A, `{"n":1}`]]]);
});

Deno.test("SourceLoop takes an error of the last poll for the stop it is", async () => {
  const polling = Promise.withResolvers<Polled>();
  const source = new ScriptedSource(() => polling.promise);
  const task = await new OneTask(source).start();
  await task.stop();
  polling.reject(new DOMException("The signal has been aborted", "AbortError"));
  await task.end();
  assert.deepEqual(task.told, ["RUNNING", "ended"]);
});

Deno.test("SourceLoop polls again after a retriable error, with growing pauses", async () => {
  const fails = () => {
    throw new RetriableError("the database restarts");
  };
  const source = new ScriptedSource(fails, () => Promise.reject(new RetriableError("still")), textBatch(0, ["x"]));
  const task = await new OneTask(source).start();
  assert.equal(source.polls, 1);
  await task.advance(100);
  assert.equal(source.polls, 2);
  await task.advance(199);
  assert.equal(source.polls, 2);
  await task.advance(1);
  assert.deepEqual(task.values, ["x"]);
  assert.equal(task.log.matching("warn", "the database restarts").length, 1);
  await task.stop();
});

Deno.test("SourceLoop fails a task with its trace after the last acknowledgements and offsets", async () => {
  const source = new ScriptedSource(textBatch(0, ["x"]), () => {
    throw new TypeError("Cannot read row 7");
  });
  const task = new OneTask(source);
  task.kafka.autoAck = false;
  await task.start();
  assert.deepEqual(task.told, ["RUNNING"]);
  task.producer.ackAll();
  await task.end();
  assert.deepEqual(task.told, ["RUNNING", "topics", "offsets", "failed"]);
  assert.match(task.trace, /^TypeError: Cannot read row 7\n\tat .*\n/);
  assert.ok(task.trace.endsWith("\n"));
  assert.deepEqual([source.stopped, task.producer.closed], [1, true]);
  assert.equal(task.log.matching("error", "will not recover until manually restarted").length, 1);
});

Deno.test("SourceLoop waits for a failed task's acknowledgements no longer than a flush may take", async () => {
  const source = new ScriptedSource(textBatch(0, ["x"]), () => Promise.reject(new Error("gone")));
  const task = new OneTask(source, { workerConfig: { "offset.flush.timeout.ms": "700" } });
  task.kafka.autoAck = false;
  await task.start();
  await task.advance(699);
  assert.equal(task.ended, false);
  await task.advance(1);
  assert.deepEqual(task.told, ["RUNNING", "failed"]);
});

Deno.test("SourceLoop answers a stop that comes while the task is failing", async () => {
  const source = new ScriptedSource(textBatch(0, ["x"]), () => Promise.reject(new Error("gone")));
  const task = new OneTask(source);
  task.kafka.autoAck = false;
  await task.start();
  await task.stop(100);
  await task.advance(100);
  assert.deepEqual(task.told, ["RUNNING", "failed", "ended late"]);
});

Deno.test("SourceLoop fails a task that cannot start, and frees its producer", async () => {
  const source = new ScriptedSource();
  source.starting = () => Promise.reject(new Error("no such directory"));
  const task = await new OneTask(source).start();
  assert.deepEqual([task.told, source.stopped, task.producer.closed], [["failed"], 0, true]);
  assert.match(task.trace, /^Error: no such directory\n/);
});

Deno.test("SourceLoop frees the producer of a task whose admin client cannot be opened", async () => {
  const config = { "topic.creation.default.partitions": "3", "topic.creation.default.replication.factor": "-1" };
  const task = new OneTask(new ScriptedSource(), { config });
  task.kafka.openAdmin = () => {
    throw new Error("wrong property");
  };
  await task.start();
  assert.deepEqual([task.told, task.producer.closed], [["failed"], true]);
});

Deno.test("SourceLoop fails a task whose config cannot be read, with every problem", async () => {
  const config = { "errors.tolerance": "some", "errors.retry.timeout": "soon" };
  const task = await new OneTask(new ScriptedSource(), { config }).start();
  assert.deepEqual([task.told, task.kafka.producers.length], [["failed"], 0]);
  assert.ok(
    task.trace.startsWith(
      "org.apache.kafka.common.config.ConfigException: " +
        "Invalid value some for configuration errors.tolerance: String must be one of: none, all\n" +
        "Invalid value soon for configuration errors.retry.timeout: Not a number of type LONG\n",
    ),
    task.trace,
  );
});

Deno.test("SourceLoop fails a task whose delivered() throws", async () => {
  const source = new ScriptedSource(textBatch(0, ["x"], { token: 1 }));
  source.onDelivered = () => Promise.reject(new Error("cannot move the file"));
  const task = await new OneTask(source).start();
  assert.match(task.trace, /^Error: cannot move the file\n/);
});

Deno.test("SourceLoop.raise() fails a task for what went wrong outside of its calls, even if its poll hangs", async () => {
  const source = new ScriptedSource(() => new Promise<Polled>(() => {}));
  const task = await new OneTask(source).start();
  task.control.raise(new Error("a timer of the connector threw"));
  await task.advance(5000);
  assert.match(task.trace, /^Error: a timer of the connector threw\n/);
  assert.deepEqual([task.ended, task.told.at(-1)], [true, "failed"]);
});

Deno.test("SourceLoop keeps a task RUNNING while Kafka is away, says so once, and once when it is back", async () => {
  const source = new ScriptedSource(textBatch(0, ["x"]));
  const task = new OneTask(source);
  task.kafka.autoAck = false;
  await task.start();
  task.producer.unreachable = 'Cannot reach Kafka at "broker:9092"';
  await task.advance(60_000);
  assert.equal(task.log.matching("warn", 'Cannot reach Kafka at "broker:9092". Records wait').length, 1);
  task.producer.unreachable = undefined;
  task.producer.ackAll();
  await task.advance(1000);
  assert.deepEqual(task.log.matching("info", "Kafka can be reached again"), ["Kafka can be reached again after 59 seconds"]);
  assert.deepEqual([task.told, [...task.stored]], [["RUNNING", "topics", "offsets"], [[A, `{"n":1}`]]]);
  await task.stop();
});

Deno.test("SourceLoop waits while the producer's queue is full, and loses no row", async () => {
  const task = new OneTask(new ScriptedSource(textBatch(0, numbered(0, 10)), textBatch(10, numbered(10, 10))));
  task.kafka.autoAck = false;
  task.kafka.capacity = 4;
  await task.start();
  assert.equal(task.values.length, 4);
  for (let round = 0; round < 5; round++) {
    task.producer.ackAll();
    await task.rest();
  }
  assert.deepEqual(task.values, numbered(0, 20));
  await task.advance(1000);
  assert.deepEqual([...task.stored], [[A, `{"n":20}`]]);
  await task.stop();
});

Deno.test("SourceLoop stops while the queue is full: half a batch is finished if Kafka takes it, nothing is stored that was not", async () => {
  const task = new OneTask(new ScriptedSource(textBatch(0, numbered(0, 10))));
  task.kafka.autoAck = false;
  task.kafka.capacity = 4;
  await task.start();
  await task.stop(1000);
  assert.equal(task.ended, false);
  await task.advance(1000);
  assert.deepEqual([task.told.at(-1), task.stored.size, task.values.length], ["ended late", 0, 4]);
});

Deno.test("SourceLoop finishes half a batch at a stop when Kafka goes on taking it", async () => {
  const task = new OneTask(new ScriptedSource(textBatch(0, numbered(0, 10))));
  task.kafka.autoAck = false;
  task.kafka.capacity = 4;
  await task.start();
  await task.stop(1000);
  for (let round = 0; round < 3; round++) {
    task.producer.ackAll();
    await task.rest();
  }
  await task.end();
  assert.deepEqual([task.told.at(-1), [...task.stored], task.values.length], ["ended", [[A, `{"n":10}`]], 10]);
});

Deno.test("SourceLoop stops at once while a whole batch waits for room, and stores what came before it", async () => {
  const task = new OneTask(new ScriptedSource(textBatch(0, numbered(0, 4)), textBatch(4, numbered(4, 4))));
  task.kafka.autoAck = false;
  task.kafka.capacity = 4;
  await task.start();
  await task.stop(60_000);
  task.producer.ackAll();
  await task.end();
  assert.deepEqual([task.told.at(-1), [...task.stored], task.values.length], ["ended", [[A, `{"n":4}`]], 4]);
});

Deno.test("SourceLoop gives everything else in the process its turn after every batch", async () => {
  const source = new ScriptedSource(...Array.from({ length: 100 }, (_, i) => textBatch(i, ["x"])));
  const task = new OneTask(source);
  let seen = -1;
  setImmediate(() => setImmediate(() => seen = source.polls));
  await task.start();
  assert.ok(seen >= 0 && seen <= 3, `${seen} polls passed before a turn came`);
  await task.stop();
});

Deno.test("SourceLoop lets busy tasks take turns", async () => {
  const turns: string[] = [];
  const busy = (name: string) =>
    new ScriptedSource(...Array.from({ length: 5 }, (_, i) => () => {
      turns.push(name);
      return textBatch(i, ["x"]);
    }));
  const tasks = [new OneTask(busy("a")), new OneTask(busy("b"))];
  await Promise.all(tasks.map((task) => task.start()));
  assert.deepEqual(turns, ["a", "b", "a", "b", "a", "b", "a", "b", "a", "b"]);
  for (const task of tasks) await task.stop();
});

Deno.test("SourceLoop costs nothing while its task is idle", async () => {
  const source = new ScriptedSource(() => new Promise<Polled>(() => {}));
  const task = await new OneTask(source).start();
  const before = task.producer.wakeups;
  for (let minute = 0; minute < 5; minute++) await task.advance(60_000);
  assert.ok(task.producer.wakeups - before <= 6, `woke ${task.producer.wakeups - before} times in five minutes`);
  await task.stop(0);
  await task.advance(0);
});
