import assert from "node:assert/strict";
import { settle } from "../../fakes/clock.ts";
import { CHECKED, config, inWorld, refusalOf, running } from "./world.ts";

const INVALID_HEAD = /^Connector configuration is invalid and contains the following 1 error\(s\):\nMissing required configuration "topic"/;

Deno.test("Worker.create() stores, answers without tasks, and runs the connector afterwards", () =>
  inWorld(async (world) => {
    const info = await world.api.create("a", config("a", { "tasks.max": "2" }), "STARTED");
    assert.deepEqual(info, { name: "a", config: config("a", { "tasks.max": "2" }), tasks: [], type: "source" });
    assert.deepEqual(world.configs.all(), [{ name: "a", config: info.config, target: "STARTED" }]);
    assert.equal(world.shown("a"), "none");
    await settle();
    assert.deepEqual(world.api.status("a"), {
      name: "a",
      connector: { state: "RUNNING", workerId: "here:8083", version: "1.2.3" },
      tasks: [0, 1].map((id) => ({ id, state: "RUNNING", workerId: "here:8083", version: "1.2.3" })),
      type: "source",
    });
    assert.deepEqual(world.api.info("a").tasks, [0, 1]);
    assert.deepEqual(world.api.tasks("a")[1], {
      task: 1,
      config: { ...info.config, part: "1", "task.class": "test.FlowSourceTask" },
    });
    assert.deepEqual(world.api.taskStatus("a", 1), world.api.status("a").tasks[1]);
    assert.deepEqual(world.errors, []);
  }));

Deno.test("Worker.create() refuses in Kafka Connect's order: class, config, then the name", () =>
  inWorld(async (world) => {
    await running(world, "a");
    const create = (sent: Record<string, string>) => refusalOf(world.api.create("a", sent, "STARTED"));
    assert.deepEqual(await create({ name: "a" }), ["invalid", "Connector config {name=a} contains no connector type"]);
    assert.match(
      (await create({ name: "a", "connector.class": "Nope" }))[1],
      /^Failed to find any class that implements Connector and which name matches Nope/,
    );
    const [code, text] = await create({ name: "a", "connector.class": "FlowSource" });
    assert.equal(code, "invalid");
    assert.match(text, INVALID_HEAD);
    assert.deepEqual(await create({ name: "a", "connector.class": "FlowSource", topic: "t" }), ["conflict", "Connector a already exists"]);
    assert.equal(world.shown("a"), "RUNNING RUNNING");
  }));

Deno.test("Worker.create() of a paused or stopped connector makes no tasks until it is resumed", () =>
  inWorld(async (world) => {
    await world.api.create("p", config("p"), "PAUSED");
    await world.api.create("s", config("s"), "STOPPED");
    await settle();
    assert.equal(world.shown("p"), "PAUSED");
    assert.equal(world.shown("s"), "STOPPED");
    assert.deepEqual(world.spawner.living("tasks"), []);
    for (const name of ["p", "s"]) {
      await world.api.resume(name);
      await settle();
      assert.equal(world.shown(name), "RUNNING RUNNING");
    }
  }));

Deno.test("Worker.create() twice at once creates one connector", () =>
  inWorld(async (world) => {
    const calls = [1, 2].map(() => world.api.create("a", config("a", { "connector.class": CHECKED }), "STARTED"));
    const outcomes = await Promise.allSettled(calls);
    assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected"]);
  }));

Deno.test("Worker.put() creates, then replaces: connector and tasks start anew", () =>
  inWorld(async (world) => {
    assert.deepEqual(await world.api.put("a", config("a")), {
      created: true,
      info: { name: "a", config: config("a"), tasks: [], type: "source" },
    });
    await settle();
    const [before] = world.spawner.generations("a", 0);
    world.spawner.startsAtOnce = false;
    const changed = config("a", { topic: "other", "tasks.max": "2" });
    assert.deepEqual(await world.api.put("a", changed), {
      created: false,
      info: { name: "a", config: changed, tasks: [0], type: "source" },
    });
    assert.equal(world.shown("a"), "UNASSIGNED RUNNING");
    await settle();
    assert.equal(world.shown("a"), "RUNNING UNASSIGNED");
    const host = world.spawner.hostOf("a");
    const [held, second] = [host.held("a", 0), world.spawner.hostOf("a", 1).held("a", 1)];
    assert.ok(held !== undefined && second !== undefined && before !== undefined && held.ref.generation > before);
    assert.equal(held.spec.config["topic"], "other");
    host.run(held);
    world.spawner.hostOf("a", 1).run(second);
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING RUNNING");
    assert.deepEqual(world.configs.taskConfigs("a").map((task) => task["part"]), ["0", "1"]);
  }));

Deno.test("Worker.put() with fewer tasks ends those that are too many", () =>
  inWorld(async (world) => {
    await running(world, "a", { "tasks.max": "3" });
    await world.api.put("a", config("a", { "tasks.max": "1" }));
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    assert.deepEqual([0, 1, 2].map((task) => world.spawner.generations("a", task).length), [1, 0, 0]);
    assert.deepEqual(await refusalOf(world.api.restartTask("a", 1)), ["not_found", "Unknown task: a-1"]);
  }));

Deno.test("Worker.put() keeps the target state", () =>
  inWorld(async (world) => {
    await running(world, "a");
    await world.api.stop("a");
    await world.api.put("a", config("a", { topic: "u" }));
    await settle();
    assert.equal(world.shown("a"), "STOPPED");
    await world.api.pause("a");
    await world.api.put("a", config("a", { topic: "v" }));
    await settle();
    assert.equal(world.shown("a"), "PAUSED");
    await world.api.resume("a");
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    assert.equal(world.spawner.hostOf("a").held("a", 0)?.spec.config["topic"], "v");
  }));

Deno.test("Worker.put() of a config that cannot start leaves the tasks as they were", () =>
  inWorld(async (world) => {
    await running(world, "a");
    const [before] = world.spawner.generations("a", 0);
    world.spawner.serve = () => ({ error: "no such folder" });
    await world.api.put("a", config("a", { topic: "u" }));
    await settle();
    assert.equal(world.shown("a"), "FAILED RUNNING");
    assert.equal(world.api.status("a").connector.trace, "org.apache.kafka.connect.errors.ConnectException: no such folder\n");
    assert.deepEqual(world.spawner.generations("a", 0), [before]);
  }));

Deno.test("Worker.patch() overwrites, removes and keeps keys", () =>
  inWorld(async (world) => {
    await running(world, "a", { extra: "x", kept: "k" });
    const info = await world.api.patch("a", { topic: "u", extra: null });
    assert.deepEqual(info.config, { ...config("a"), topic: "u", kept: "k" });
    assert.deepEqual(info.tasks, [0]);
    assert.match((await refusalOf(world.api.patch("a", { topic: null })))[1], INVALID_HEAD);
    assert.deepEqual(await refusalOf(world.api.patch("ghost", {})), ["not_found", "Connector ghost not found"]);
    assert.deepEqual(world.configs.all()[0]?.config, info.config);
  }));

Deno.test("Worker.patch() of one connector by two at once loses neither change", () =>
  inWorld(async (world) => {
    await world.api.create("a", config("a", { "connector.class": CHECKED }), "STARTED");
    await Promise.all([world.api.patch("a", { one: "1" }), world.api.patch("a", { two: "2" })]);
    assert.deepEqual(world.api.info("a").config, config("a", { "connector.class": CHECKED, one: "1", two: "2" }));
  }));

Deno.test("Worker.remove() forgets the connector at once and ends its tasks, offsets stay", () =>
  inWorld(async (world) => {
    await running(world, "a");
    const host = world.spawner.hostOf("a");
    const held = host.held("a", 0);
    assert.ok(held);
    host.say({ is: "offsets", task: held.ref, entries: [['{"f":1}', '{"n":1}']] });
    await settle();
    await world.api.remove("a");
    assert.deepEqual(world.api.connectors(), []);
    assert.deepEqual(world.configs.all(), []);
    assert.deepEqual(await refusalOf(world.api.remove("a")), ["not_found", "Connector a not found"]);
    assert.throws(() => world.api.status("a"), { code: "not_found", message: "No status found for connector a" });
    assert.throws(() => world.api.info("a"), { code: "not_found", message: "Connector a not found" });
    await settle();
    assert.deepEqual(world.spawner.generations("a", 0), []);
    assert.deepEqual(world.offsets.all("a"), [['{"f":1}', '{"n":1}']]);
    assert.deepEqual(world.database.prepare("SELECT * FROM statuses").all(), []);
  }));

Deno.test("Worker.create() of a removed name waits until no task of its predecessor is left", () =>
  inWorld(async (world) => {
    await running(world, "a");
    world.spawner.stopsAtOnce = false;
    const old = world.spawner.hostOf("a");
    const held = old.held("a", 0);
    assert.ok(held);
    await world.api.remove("a");
    await running(world, "a", { topic: "new" });
    assert.equal(world.shown("a"), "none");
    old.say({ is: "offsets", task: held.ref, entries: [['{"f":1}', '{"n":9}']] });
    old.say({ is: "topics", task: held.ref, topics: ["of-the-old-one"] });
    old.finish(held);
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    assert.equal(world.offsets.read("a", '{"f":1}'), '{"n":9}');
    assert.deepEqual(world.api.topics("a"), []);
    world.spawner.stopsAtOnce = true;
  }));

Deno.test("Worker.pause(), resume() and stop() refuse an unknown connector and may be repeated", () =>
  inWorld(async (world) => {
    for (const act of ["pause", "resume", "stop"] as const) {
      assert.deepEqual(await refusalOf(world.api[act]("ghost")), ["not_found", "Unknown connector ghost"]);
    }
    await running(world, "a", { "tasks.max": "2" });
    const expected = [["pause", "PAUSED PAUSED PAUSED"], ["resume", "RUNNING RUNNING RUNNING"], ["stop", "STOPPED"]] as const;
    for (const [act, shown] of expected) {
      for (let time = 0; time < 2; time++) {
        await world.api[act]("a");
        await settle();
        assert.equal(world.shown("a"), shown);
      }
    }
  }));

Deno.test("Worker.pause() keeps the tasks, Worker.stop() ends them and their configs", () =>
  inWorld(async (world) => {
    await running(world, "a");
    const [generation] = world.spawner.generations("a", 0);
    await world.api.pause("a");
    await settle();
    assert.deepEqual(world.spawner.generations("a", 0), [generation]);
    await world.api.stop("a");
    assert.deepEqual(world.api.info("a").tasks, []);
    assert.deepEqual(world.configs.taskConfigs("a"), []);
    assert.equal(world.configs.all()[0]?.target, "STOPPED");
    await settle();
    assert.deepEqual(world.spawner.generations("a", 0), []);
    assert.throws(() => world.api.taskStatus("a", 0), { code: "not_found", message: "No status found for task a-0" });
    await world.api.pause("a");
    await settle();
    assert.equal(world.shown("a"), "PAUSED");
    await world.api.resume("a");
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
  }));

Deno.test("Worker.resume() right after a stop starts tasks only once their predecessors have ended", () =>
  inWorld(async (world) => {
    await running(world, "a");
    world.spawner.stopsAtOnce = false;
    const old = world.spawner.hostOf("a");
    const held = old.held("a", 0);
    assert.ok(held);
    await world.api.stop("a");
    await world.api.resume("a");
    await settle();
    assert.deepEqual(world.spawner.generations("a", 0), [held.ref.generation]);
    assert.equal(world.shown("a"), "RUNNING");
    old.finish(held);
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    world.spawner.stopsAtOnce = true;
  }));

Deno.test("Worker.pause() during a start gives the start up at once", () =>
  inWorld(async (world) => {
    world.spawner.serve = () => "never";
    await running(world, "a");
    assert.equal(world.shown("a"), "none");
    await world.api.pause("a");
    assert.equal(world.shown("a"), "PAUSED");
    world.spawner.serve = () => ({ ok: [{ part: "0" }] });
    await world.api.resume("a");
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
  }));

Deno.test("A connector that fails to start stays FAILED through pause and resume, until stopped or started anew", () =>
  inWorld(async (world) => {
    const { serve } = world.spawner;
    world.spawner.serve = () => ({ error: "boom" });
    await running(world, "a");
    assert.equal(world.shown("a"), "FAILED");
    for (const act of ["pause", "resume"] as const) {
      await world.api[act]("a");
      await settle();
      assert.equal(world.shown("a"), "FAILED");
    }
    assert.equal(world.configs.all()[0]?.target, "STARTED");
    await world.api.stop("a");
    assert.equal(world.shown("a"), "STOPPED");
    world.spawner.serve = serve;
    await world.api.resume("a");
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    assert.equal(world.api.status("a").connector.trace, undefined);
  }));

Deno.test("A connector that makes more tasks than tasks.max fails, unless that is not enforced", () =>
  inWorld(async (world) => {
    world.spawner.serve = () => ({ ok: [{}, {}, {}] });
    await running(world, "a", { "tasks.max": "2" });
    assert.equal(world.shown("a"), "FAILED");
    assert.match(
      world.api.status("a").connector.trace ?? "",
      /TooManyTasksException: The connector a has generated 3 tasks, which is greater than 2, the maximum number of tasks it is configured to create\. This/,
    );
    await world.api.patch("a", { "tasks.max.enforce": "false" });
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING RUNNING RUNNING");
  }));

Deno.test("A task that fails leaves connector and neighbours as they are, and stays FAILED through pause and resume", () =>
  inWorld(async (world) => {
    await running(world, "a", { "tasks.max": "2" });
    const host = world.spawner.hostOf("a", 1);
    const held = host.held("a", 1);
    assert.ok(held);
    host.fail(held, "broken");
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING FAILED");
    assert.equal(world.api.taskStatus("a", 1).trace, "org.apache.kafka.connect.errors.ConnectException: broken\n\tat test\n");
    await world.api.pause("a");
    await settle();
    assert.equal(world.shown("a"), "PAUSED PAUSED FAILED");
    await world.api.resume("a");
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING FAILED");
    await world.api.restartTask("a", 1);
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING RUNNING");
    assert.equal(world.api.taskStatus("a", 1).trace, undefined);
  }));

Deno.test("Tasks are stored and shown with the text a variable was written as, never with what stands for it", () =>
  inWorld(async (world) => {
    world.spawner.serve = (request) => ({ ok: request.what === "split" ? [{ ...request.config, secret: "resolved-1", own: "x" }] : true });
    await running(world, "a", { secret: "${file:/run/secrets:key}" });
    assert.equal(world.configs.taskConfigs("a")[0]?.["secret"], "${file:/run/secrets:key}");
    assert.equal(world.api.tasks("a")[0]?.config["own"], "x");
  }));

Deno.test("Worker logs what users did, one line each with the connector's name", () =>
  inWorld(async (world) => {
    await running(world, "a");
    const before = world.lines.length;
    await world.api.pause("a");
    await world.api.resume("a");
    await world.api.put("a", config("a", { topic: "u" }));
    await settle();
    await world.api.restart("a", { includeTasks: false, onlyFailed: false });
    await world.api.restart("a", { includeTasks: true, onlyFailed: false });
    await settle();
    await world.api.restartTask("a", 0);
    await world.api.stop("a");
    await settle();
    await world.api.alterOffsets("a", [{ partition: { p: 1 }, offset: { n: 1 } }]);
    await world.api.resetOffsets("a");
    const said = world.lines.slice(before).filter(({ level, text }) => level === "info" && !text.endsWith("values:"));
    assert.deepEqual(said.map(({ text, connector }) => [text, connector]), [
      ["Connector paused", "a"],
      ["Connector resumed", "a"],
      ["Connector config changed", "a"],
      ["Connector restarted", "a"],
      ["Connector restarted by plan", "a"],
      ["Task restarted", "a"],
      ["Connector stopped", "a"],
      ["Connector offsets altered", "a"],
      ["Connector offsets reset", "a"],
    ]);
    assert.equal(said[2]?.fields["keys"], "topic");
  }));
