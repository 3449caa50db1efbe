import assert from "node:assert/strict";
import { ConnectError, RetriableError } from "../../../src/sdk/errors.ts";
import { ScriptedSink } from "../../fakes/scripted_sink.ts";
import { OneSink, partitionsOf } from "./one_sink.ts";

Deno.test("SinkLoop opens what is assigned, puts what is read, flushes and commits once the interval is over", async () => {
  const sink = new ScriptedSink();
  const task = await new OneSink(sink).start();
  await task.write("a", "b");
  assert.deepEqual(sink.events, ["start", "open t-0", "put a b"]);
  assert.deepEqual([task.committed, task.told], [{}, ["RUNNING", "topics t"]]);
  await task.advance(1000);
  assert.deepEqual(sink.events.slice(3), ["flush t-0=2"]);
  assert.deepEqual(task.committed, { "t-0": 2 });
  await task.advance(10_000);
  assert.equal(sink.events.length, 4, "nothing new, nothing to flush");
  await task.stop();
  assert.deepEqual(sink.events.slice(4), ["flush t-0=2", "close t-0", "stop"]);
  assert.deepEqual([task.told.at(-1), task.ended, task.consumer.calls.at(-1)], ["ended", true, "close"]);
  assert.equal(task.consumer.released, task.consumer.reads);
});

Deno.test("SinkLoop gives records with their topic, partition, offset, timestamp, key and value", async () => {
  const sink = new ScriptedSink();
  const task = await new OneSink(sink).start();
  task.consumer.write("t", 0, { key: "k", value: "v" }, { value: null, timestamp: -1 });
  await task.rest();
  const known = sink.kept.map(({ topic, partition, offset, timestamp, timestampType, key, value, valueSchema, originalTopic }) => [
    ...[topic, partition, offset, timestamp, timestampType, key, value, valueSchema?.type ?? null, originalTopic],
  ]);
  assert.deepEqual(known, [
    ["t", 0, 0, 1000, "CreateTime", "k", "v", "STRING", "t"],
    ["t", 0, 1, null, "NoTimestampType", null, null, null, "t"],
  ]);
  await task.stop();
});

Deno.test("SinkLoop reads and converts one batch ahead of a slow put, no more, and goes on serving the group", async () => {
  const sink = new ScriptedSink();
  const slow = Promise.withResolvers<void>();
  sink.steps.push(() => slow.promise);
  const task = await new OneSink(sink, { config: { "consumer.override.max.poll.records": "2" } }).start();
  await task.write("a", "b", "c", "d", "e", "f");
  assert.deepEqual([sink.events.at(-1), task.consumer.reads], ["put a b", 2]);
  const { eventCalls } = task.consumer;
  await task.advance(60_000);
  assert.ok(task.consumer.eventCalls > eventCalls + 100, "the membership is kept alive");
  assert.deepEqual([task.consumer.reads, task.committed], [2, {}], "nothing of a put that has not returned is committed");
  slow.resolve();
  await task.rest();
  assert.deepEqual(sink.events.filter((event) => !event.startsWith("flush")).slice(-3), ["put a b", "put c d", "put e f"]);
  await task.stop();
  assert.deepEqual(task.committed, { "t-0": 6 });
});

Deno.test("SinkLoop never commits beyond the last put that returned", async () => {
  const sink = new ScriptedSink();
  const slow = Promise.withResolvers<void>();
  sink.steps.push(() => {}, () => slow.promise);
  const task = await new OneSink(sink, { config: { "consumer.override.max.poll.records": "1" } }).start();
  await task.write("a", "b", "c");
  await task.advance(5000);
  assert.deepEqual(task.committed, {}, "the task is in its put, so it cannot be asked to flush");
  slow.resolve();
  await task.rest();
  assert.deepEqual(task.committed, { "t-0": 2 }, "the commit was due when the put returned; the next put came after it");
  await task.stop();
  assert.deepEqual(task.committed, { "t-0": 3 });
});

Deno.test("SinkLoop puts the same batch again after a RetriableError, reads nothing meanwhile and stays in the group", async () => {
  const sink = new ScriptedSink();
  const fails = () => {
    throw new RetriableError("the database is away");
  };
  sink.steps.push(fails, fails, () => Promise.reject(new RetriableError("still away", { retryAfterMs: 7000 })));
  const task = await new OneSink(sink).start();
  await task.write("a", "b");
  task.consumer.write("t", 0, "c");
  await task.advance(100);
  assert.deepEqual(sink.events.slice(2), ["put a b", "put a b"]);
  await task.advance(199);
  assert.equal(sink.events.length, 4);
  await task.advance(1);
  assert.equal(sink.events.length, 5);
  const { eventCalls, reads } = task.consumer;
  await task.advance(6999);
  assert.deepEqual([sink.events.length, task.consumer.reads, reads], [5, 1, 1]);
  assert.ok(task.consumer.eventCalls > eventCalls);
  await task.advance(1);
  assert.deepEqual(sink.events.slice(5), ["put a b", "flush t-0=2", "put c"]);
  assert.deepEqual(sink.values, ["a", "b", "c"]);
  const said = task.log.lines.filter(({ message }) => message.includes("given the same records again"));
  assert.deepEqual(said.map(({ level, fields }) => [level, fields["attempt"]]), [["warn", 1], ["warn", 2], ["debug", 3]]);
  await task.stop();
});

Deno.test("SinkLoop fails as Kafka Connect does when put throws, and commits what was put before", async () => {
  const sink = new ScriptedSink();
  sink.steps.push(() => {}, () => {
    throw new ConnectError("no such table");
  });
  const task = await new OneSink(sink).start();
  await task.write("a");
  await task.write("b");
  assert.equal(
    task.trace,
    "org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask due to unrecoverable exception.\n" +
      "Caused by: org.apache.kafka.connect.errors.ConnectException: no such table\n",
  );
  assert.deepEqual(task.told, ["RUNNING", "topics t", "failed"]);
  assert.deepEqual([task.committed, sink.events.slice(-3)], [{ "t-0": 1 }, ["flush t-0=1", "close t-0", "stop"]]);
  assert.deepEqual([task.ended, task.consumer.isClosed, task.consumer.released], [true, true, 2]);
});

Deno.test("SinkLoop finishes the put under way when partitions are revoked, then flushes, closes, commits and lets them go", async () => {
  const sink = new ScriptedSink();
  const slow = Promise.withResolvers<void>();
  sink.steps.push(() => slow.promise);
  const task = await new OneSink(sink, { partitions: 2, config: { "consumer.override.max.poll.records": "2" } }).start();
  task.consumer.write("t", 0, "a", "b", "c");
  task.consumer.write("t", 1, "x", "y");
  await task.rest();
  task.consumer.revokeNow(...partitionsOf(0));
  await task.advance(500);
  assert.deepEqual([sink.events.at(-1), task.consumer.assigned], ["put a b", ["t-0", "t-1"]]);
  slow.resolve();
  await task.rest();
  const after = sink.events.slice(sink.events.indexOf("put a b") + 1);
  assert.deepEqual(after, ["flush t-0=2", "close t-0", "put x", "put y"], "c, read ahead, is another's now");
  assert.deepEqual(task.consumer.calls.slice(2, 4), ["commit t-0=2", "unassign t-0"]);
  assert.deepEqual([task.committed, task.consumer.assigned], [{ "t-0": 2 }, ["t-1"]]);
  await task.stop();
  assert.deepEqual(task.committed, { "t-0": 2, "t-1": 2 });
});

Deno.test("SinkLoop closes lost partitions without a flush or commit", async () => {
  const sink = new ScriptedSink();
  const task = await new OneSink(sink).start();
  await task.write("a");
  task.consumer.loseNow(...partitionsOf(0));
  await task.rest();
  assert.deepEqual(sink.events.slice(-2), ["put a", "close t-0"]);
  assert.deepEqual([task.committed, task.consumer.calls.at(-1)], [{}, "unassign t-0"]);
  await task.stop();
  assert.deepEqual(task.committed, {});
});

Deno.test("SinkLoop drops the rows of revoked partitions from a batch that waits to be put again", async () => {
  const sink = new ScriptedSink();
  sink.steps.push(() => {
    throw new RetriableError("busy", { retryAfterMs: 3000 });
  });
  const task = await new OneSink(sink, { partitions: 0 }).start();
  task.consumer.log.write("t", 0, "a", "b");
  task.consumer.log.write("t", 1, "x");
  task.consumer.assignNow(...partitionsOf(0, 1));
  await task.rest();
  task.consumer.revokeNow(...partitionsOf(0));
  await task.advance(3000);
  assert.deepEqual(sink.events.slice(2), ["put a b x", "close t-0", "put x", "flush t-1=1"]);
  await task.stop();
  assert.deepEqual(task.committed, { "t-1": 1 });
});

Deno.test("SinkLoop reads revoked partitions anew, from the last commit, when they come back", async () => {
  const sink = new ScriptedSink();
  sink.preCommit = () => [];
  const task = await new OneSink(sink).start();
  await task.write("a", "b");
  task.consumer.revokeNow(...partitionsOf(0));
  await task.rest();
  task.consumer.assignNow(...partitionsOf(0));
  await task.rest();
  assert.deepEqual(sink.values, ["a", "b", "a", "b"], "nothing was durable, so nothing was committed");
  await task.stop();
});

Deno.test("SinkLoop goes back to the last commit when a flush fails, and puts again from there", async () => {
  const sink = new ScriptedSink();
  const task = await new OneSink(sink).start();
  await task.write("a");
  await task.advance(1000);
  sink.flushing = () => {
    sink.flushing = undefined;
    throw new ConnectError("disk full");
  };
  await task.write("b", "c");
  await task.advance(1000);
  assert.deepEqual(sink.values, ["a", "b", "c", "b", "c"]);
  assert.equal(task.log.matching("error", "rewinding to last committed offsets: ConnectException: disk full").length, 1);
  assert.deepEqual(task.committed, { "t-0": 1 });
  await task.advance(1000);
  assert.deepEqual(task.committed, { "t-0": 3 });
  await task.stop();
});

Deno.test("SinkLoop that has gone back commits no further than it has put again", async () => {
  const sink = new ScriptedSink();
  const task = await new OneSink(sink, { config: { "consumer.override.max.poll.records": "1" } }).start();
  await task.write("a", "b", "c");
  sink.flushing = () => {
    sink.flushing = undefined;
    throw new ConnectError("disk full");
  };
  const slow = Promise.withResolvers<void>();
  sink.steps.push(() => slow.promise, () => new Promise(() => {}));
  await task.advance(3000);
  slow.resolve();
  await task.rest();
  assert.deepEqual(sink.events.slice(5), ["flush t-0=3", "put a", "flush t-0=1", "put b"]);
  await task.stop(0);
});

Deno.test("SinkLoop goes back to the first record read when nothing was committed yet", async () => {
  const sink = new ScriptedSink();
  sink.flushing = () => {
    sink.flushing = undefined;
    return Promise.reject(new ConnectError("disk full"));
  };
  const task = new OneSink(sink, { partitions: 0 });
  await task.start();
  task.kafka.log.committed.set("t-0", 1);
  task.consumer.log.write("t", 0, "old", "a", "b");
  task.consumer.assignNow(...partitionsOf(0));
  await task.rest();
  await task.advance(1000);
  assert.deepEqual([sink.values, task.consumer.calls.at(-1)], [["a", "b", "a", "b"], "seek t-0 to 1"]);
  await task.stop();
});

Deno.test("SinkLoop commits what preCommit gives, and neither more than was put nor other partitions", async () => {
  const sink = new ScriptedSink();
  sink.preCommit = () => [
    { topic: "t", partition: 0, offset: 1 },
    { topic: "t", partition: 1, offset: 9 },
    { topic: "t", partition: 5, offset: 1 },
  ];
  const task = await new OneSink(sink, { partitions: 2 }).start();
  task.consumer.write("t", 0, "a", "b");
  task.consumer.write("t", 1, "x");
  await task.advance(1000);
  assert.deepEqual(task.committed, { "t-0": 1 });
  assert.deepEqual(task.log.matching("warn", "which is ignored").length, 2);
  sink.preCommit = (offsets) => offsets;
  await task.stop();
});

Deno.test("SinkLoop commits soon when the task asks for it", async () => {
  const sink = new ScriptedSink();
  sink.steps.push(() => sink.context.requestCommit());
  const task = await new OneSink(sink).start();
  await task.write("a");
  assert.deepEqual(task.committed, { "t-0": 1 });
  await task.stop();
});

Deno.test("SinkLoop has one commit under way, counts a failed one and tries again at the next interval", async () => {
  const sink = new ScriptedSink();
  const answer = Promise.withResolvers<{ ok: false; code: string; message: string; retriable: boolean }>();
  const task = await new OneSink(sink).start();
  task.consumer.commitOutcomes.push(answer.promise);
  await task.write("a");
  await task.advance(1000);
  await task.write("b");
  await task.advance(5000);
  assert.deepEqual(task.consumer.calls.filter((call) => call.startsWith("commit")), ["commit t-0=1"]);
  assert.deepEqual(sink.values, ["a", "b"], "records flow while a commit is under way");
  answer.resolve({ ok: false, code: "COORDINATOR_NOT_AVAILABLE", message: "no coordinator", retriable: true });
  await task.rest();
  assert.deepEqual(task.committed, { "t-0": 2 });
  assert.equal(task.log.matching("warn", "Offsets could not be committed: no coordinator").length, 1);
  await task.stop();
});

Deno.test("SinkLoop tries a last commit again while that may help", async () => {
  const sink = new ScriptedSink();
  const task = await new OneSink(sink).start();
  await task.write("a");
  const failed = { ok: false, code: "NOT_COORDINATOR", message: "not here", retriable: true } as const;
  task.consumer.commitOutcomes.push(failed, failed);
  task.control.stop(5000);
  await task.advance(300);
  assert.deepEqual([task.committed, task.told.at(-1)], [{ "t-0": 1 }, "ended"]);
});

Deno.test("SinkLoop pauses and resumes: nothing is read, the group is kept, what was put is committed at once", async () => {
  const sink = new ScriptedSink();
  const task = await new OneSink(sink).start();
  await task.write("a");
  task.control.pause();
  await task.rest();
  assert.deepEqual([task.consumer.paused, task.committed], [["t-0"], { "t-0": 1 }]);
  await task.write("b");
  const { eventCalls } = task.consumer;
  await task.advance(60_000);
  assert.ok(task.consumer.eventCalls > eventCalls + 10);
  assert.deepEqual([sink.values, task.told], [["a"], ["RUNNING", "topics t", "PAUSED"]]);
  task.control.resume();
  await task.rest();
  assert.deepEqual([sink.values, task.told.at(3), task.consumer.paused], [["a", "b"], "RUNNING", []]);
  await task.stop();
});

Deno.test("SinkLoop keeps partitions that are assigned during a pause paused", async () => {
  const sink = new ScriptedSink();
  const task = await new OneSink(sink, { partitions: 0 }).start();
  task.control.pause();
  await task.rest();
  task.consumer.log.write("t", 0, "a");
  task.consumer.assignNow(...partitionsOf(0));
  await task.advance(1000);
  assert.deepEqual([sink.events, task.consumer.paused], [["start", "open t-0"], ["t-0"]]);
  task.control.resume();
  await task.rest();
  assert.deepEqual(sink.values, ["a"]);
  await task.stop();
});

Deno.test("SinkLoop joins nothing while a task is created paused", async () => {
  const sink = new ScriptedSink();
  const task = await new OneSink(sink, { paused: true }).start();
  assert.deepEqual([task.told, task.kafka.consumers.length, sink.events], [["PAUSED"], 0, []]);
  task.control.resume();
  await task.rest();
  assert.deepEqual([task.consumer.subscriptions, task.told], [[["t"]], ["PAUSED", "RUNNING"]]);
  await task.stop();
});

Deno.test("SinkLoop pauses partitions for the task, whose records read ahead are read again", async () => {
  const sink = new ScriptedSink();
  const slow = Promise.withResolvers<void>();
  sink.steps.push(() => {
    sink.context.pause(partitionsOf(0));
    return slow.promise;
  });
  const task = await new OneSink(sink, { partitions: 2, config: { "consumer.override.max.poll.records": "1" } }).start();
  task.consumer.write("t", 0, "a", "b");
  await task.rest();
  assert.equal(task.consumer.reads, 2);
  slow.resolve();
  task.consumer.write("t", 1, "x");
  await task.rest();
  assert.deepEqual([sink.values, task.consumer.paused], [["a", "x"], ["t-0"]]);
  sink.context.resume(partitionsOf(0));
  await task.rest();
  assert.deepEqual(sink.values, ["a", "x", "b"]);
  const others = () => sink.context.pause([{ topic: "t", partition: 7 }]);
  assert.throws(others, { message: "SinkTasks may not pause partitions that are not currently assigned to them." });
  await task.stop();
  assert.deepEqual(task.committed, { "t-0": 2, "t-1": 1 });
});

Deno.test("SinkLoop begins where the task says in open, and goes where it says later", async () => {
  const sink = new ScriptedSink();
  sink.opening = () => sink.context.seek([{ topic: "t", partition: 0, offset: 2 }]);
  const task = await new OneSink(sink, { partitions: 0 }).start();
  task.consumer.log.write("t", 0, "a", "b", "c", "d");
  task.consumer.assignNow(...partitionsOf(0));
  await task.rest();
  assert.deepEqual([sink.values, task.consumer.calls], [["c", "d"], ["assign t-0 at 2"]]);
  sink.context.seek([{ topic: "t", partition: 0, offset: 1 }, { topic: "t", partition: 9, offset: 0 }]);
  await task.rest();
  assert.deepEqual(sink.values, ["c", "d", "b", "c", "d"]);
  assert.equal(task.log.matching("warn", "partitions that are not assigned").length, 1);
  await task.stop();
});

Deno.test("SinkLoop stops in the middle of a put: it is finished, flushed and committed within the deadline", async () => {
  const sink = new ScriptedSink();
  const slow = Promise.withResolvers<void>();
  sink.steps.push(() => slow.promise);
  const task = await new OneSink(sink).start();
  await task.write("a");
  task.control.stop(5000);
  await task.advance(4000);
  assert.equal(task.ended, false);
  slow.resolve();
  await task.rest();
  assert.deepEqual(sink.events.slice(2), ["put a", "flush t-0=1", "close t-0", "stop"]);
  assert.deepEqual([task.committed, task.told.at(-1)], [{ "t-0": 1 }, "ended"]);
});

Deno.test("SinkLoop gives a put up at the deadline: nothing of it is committed, its records live until it ends", async () => {
  const sink = new ScriptedSink();
  const slow = Promise.withResolvers<void>();
  sink.steps.push(() => {}, () => slow.promise);
  const task = await new OneSink(sink).start();
  await task.write("a");
  await task.write("b");
  await task.stop(2000);
  await task.advance(2000);
  assert.deepEqual([task.ended, task.told.at(-1), task.committed], [true, "ended late", {}]);
  assert.equal(task.consumer.released, 1);
  slow.resolve();
  await task.rest();
  assert.deepEqual([sink.values, sink.events.at(-1), task.consumer.released], [["a", "b"], "stop", 2]);
});

Deno.test("SinkLoop does not put again what asked to be retried when it is to stop", async () => {
  const sink = new ScriptedSink();
  sink.steps.push(() => {
    throw new RetriableError("busy");
  });
  const task = await new OneSink(sink).start();
  await task.write("a");
  await task.stop();
  assert.deepEqual([sink.values, task.committed, task.told.at(-1), task.consumer.released], [[], {}, "ended", 1]);
});

Deno.test("SinkLoop fails for an error of start, open and close as it is", async () => {
  const refusal = () => {
    throw new ConnectError("not today");
  };
  const starting = new ScriptedSink();
  starting.starting = refusal;
  const opening = new ScriptedSink();
  opening.opening = refusal;
  const closing = new ScriptedSink();
  closing.closing = refusal;
  for (const sink of [starting, opening, closing]) {
    const task = await new OneSink(sink).start();
    if (sink === closing) task.consumer.revokeNow(...partitionsOf(0));
    await task.rest();
    assert.equal(task.trace, "org.apache.kafka.connect.errors.ConnectException: not today\n");
    assert.equal(task.consumer.isClosed, true);
  }
});

Deno.test("SinkLoop fails for a stray error, and for one of Kafka that will not pass", async () => {
  const stray = await new OneSink(new ScriptedSink()).start();
  stray.control.raise(new ConnectError("in a timer"));
  await stray.rest();
  assert.match(stray.trace, /ConnectException: in a timer/);
  const refused = await new OneSink(new ScriptedSink()).start();
  refused.consumer.happen({ is: "error", code: "TOPIC_AUTHORIZATION_FAILED", message: "Cannot read t", retriable: false });
  await refused.rest();
  assert.equal(refused.trace, "org.apache.kafka.common.errors.TopicAuthorizationException: Cannot read t\n");
  const waits = await new OneSink(new ScriptedSink()).start();
  waits.consumer.happen({ is: "error", code: "LEADER_NOT_AVAILABLE", message: "No leader", retriable: true });
  await waits.rest();
  assert.deepEqual([waits.trace, waits.log.matching("warn", "No leader").length], ["", 1]);
  await waits.stop();
});

Deno.test("SinkLoop reads the topics that match topics.regex as a whole, looks for them again, and waits for the first", async () => {
  const sink = new ScriptedSink();
  const config = { "topics.regex": "om\\.[a-z]+", "consumer.override.metadata.max.age.ms": "60000" };
  const task = await new OneSink(sink, { config, partitions: 0 }).start();
  assert.deepEqual(task.consumer.subscriptions, []);
  task.consumer.topics = ["om.b", "xom.b", "om.b1"];
  await task.advance(2000);
  assert.deepEqual(task.consumer.subscriptions, [["om.b"]]);
  task.consumer.topics = ["om.b", "om.a"];
  await task.advance(59_999);
  assert.equal(task.consumer.subscriptions.length, 1);
  await task.advance(1);
  assert.deepEqual(task.consumer.subscriptions.at(-1), ["om.a", "om.b"]);
  task.consumer.topics = new RetriableError("no broker");
  await task.advance(60_000);
  assert.equal(task.log.matching("warn", "Cannot ask Kafka for its topics").length, 1);
  task.consumer.topics = ["om.a"];
  await task.advance(500);
  assert.deepEqual(task.consumer.subscriptions.at(-1), ["om.a"]);
  await task.stop();
});

Deno.test("SinkLoop opens its consumer with the layers Kafka Connect has, and headers where somebody wants them", async () => {
  const config = { "topics": " a,, b ,a", "consumer.override.group.id": "mine", "consumer.override.fetch.min.bytes": "5" };
  const task = await new OneSink(new ScriptedSink(), {
    config,
    workerConfig: { "consumer.fetch.min.bytes": "4", "consumer.client.rack": "r" },
    partitions: 0,
  }).start();
  assert.deepEqual(task.consumer.properties, {
    "bootstrap.servers": "broker:9092",
    "group.id": "mine",
    "client.id": "connector-consumer-c-0",
    "auto.offset.reset": "earliest",
    "fetch.min.bytes": "5",
    "client.rack": "r",
  });
  assert.deepEqual([task.consumer.subscriptions, task.consumer.withHeaders], [[["a", "b"]], false]);
  await task.stop();
  const sink = new ScriptedSink();
  sink.readsHeaders = true;
  const reads = await new OneSink(sink).start();
  reads.consumer.write("t", 0, { value: "a", headers: [["h", "x"], ["n", null]] }, { value: "b" });
  await reads.rest();
  assert.deepEqual(sink.kept.map(({ headers }) => headers.map(({ name, value }) => [name, value])), [[["h", "x"], ["n", null]], []]);
  await reads.stop();
});
