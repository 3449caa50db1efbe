import assert from "node:assert/strict";
import type { ConnectorStatus } from "../../../src/worker/api.ts";
import { planRestart } from "../../../src/worker/restart_plan.ts";
import { settle } from "../../fakes/clock.ts";
import { config, inWorld, refusalOf, running } from "./world.ts";

const ALONE = { includeTasks: false, onlyFailed: false };
const ALL = { includeTasks: true, onlyFailed: false };
const FAILED_ONES = { includeTasks: true, onlyFailed: true };
const FAILED_CONNECTOR = { includeTasks: false, onlyFailed: true };

function statesOf(status: ConnectorStatus | undefined): string {
  return status === undefined ? "none" : [status.connector.state, ...status.tasks.map(({ state }) => state)].join(" ");
}

/** A connector whose second task has failed. */
const status: ConnectorStatus = {
  name: "a",
  connector: { state: "RUNNING", workerId: "w:1", version: "1" },
  tasks: [
    { id: 0, state: "RUNNING", workerId: "w:1", version: "1" },
    { id: 3, state: "FAILED", workerId: "w:1", version: "1", trace: "Trace\n" },
  ],
  type: "source",
};

Deno.test("planRestart() chooses connector and tasks by the two options", () => {
  const cases = [
    [ALONE, true, []],
    [ALL, true, [0, 3]],
    [FAILED_CONNECTOR, false, []],
    [FAILED_ONES, false, [3]],
  ] as const;
  for (const [options, connector, tasks] of cases) {
    const plan = planRestart(status, options);
    assert.deepEqual([plan.connector, plan.tasks], [connector, tasks]);
  }
  const failed = planRestart({ ...status, connector: { ...status.connector, state: "FAILED" } }, FAILED_CONNECTOR);
  assert.deepEqual([failed.connector, failed.tasks], [true, []]);
});

Deno.test("planRestart() shows RESTARTING for what is chosen, traces kept, and the rest as it is", () => {
  assert.deepEqual(planRestart(status, FAILED_ONES).shown, {
    ...status,
    tasks: [status.tasks[0], { ...status.tasks[1], state: "RESTARTING" }],
  });
  assert.equal(statesOf(planRestart(status, ALL).shown), "RESTARTING RESTARTING RESTARTING");
  assert.deepEqual(planRestart(status, FAILED_CONNECTOR).shown, status);
});

Deno.test("Worker.restart() of the connector alone waits for its start and leaves tasks alone", () =>
  inWorld(async (world) => {
    await running(world, "a");
    const [before] = world.spawner.generations("a", 0);
    const restarted = world.api.restart("a", ALONE);
    assert.equal(world.shown("a"), "UNASSIGNED RUNNING");
    assert.equal(await restarted, undefined);
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    assert.deepEqual(world.spawner.generations("a", 0), [before]);
  }));

Deno.test("Worker.restart() of the connector alone restarts tasks whose configs come out different", () =>
  inWorld(async (world) => {
    await running(world, "a");
    world.spawner.serve = () => ({ ok: [{ part: "new" }] });
    await world.api.restart("a", ALONE);
    await settle();
    assert.equal(world.spawner.hostOf("a").held("a", 0)?.spec.config["part"], "new");
    assert.equal(world.shown("a"), "RUNNING RUNNING");
  }));

Deno.test("Worker.restart() of the connector alone says so when it cannot start", () =>
  inWorld(async (world) => {
    await running(world, "a");
    world.spawner.serve = () => ({ error: "boom" });
    assert.deepEqual(await refusalOf(world.api.restart("a", ALONE)), ["internal", "Failed to start connector: a"]);
    assert.equal(world.shown("a"), "FAILED RUNNING");
  }));

Deno.test("Worker.restart() with tasks answers with the plan and carries it out afterwards", () =>
  inWorld(async (world) => {
    await running(world, "a", { "tasks.max": "2" });
    const before = [0, 1].flatMap((task) => world.spawner.generations("a", task));
    assert.equal(statesOf(await world.api.restart("a", ALL)), "RESTARTING RESTARTING RESTARTING");
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING RUNNING");
    const after = [0, 1].flatMap((task) => world.spawner.generations("a", task));
    assert.ok(after.every((generation, task) => generation > (before[task] ?? 0)));
  }));

Deno.test("Worker.restart() of what failed leaves the rest untouched", () =>
  inWorld(async (world) => {
    await running(world, "a", { "tasks.max": "2" });
    const host = world.spawner.hostOf("a", 1);
    const held = host.held("a", 1);
    assert.ok(held);
    host.fail(held);
    await settle();
    const [untouched] = world.spawner.generations("a", 0);
    assert.equal(statesOf(await world.api.restart("a", FAILED_CONNECTOR)), "RUNNING RUNNING FAILED");
    world.spawner.startsAtOnce = false;
    const plan = await world.api.restart("a", FAILED_ONES);
    assert.equal(statesOf(plan), "RUNNING RUNNING RESTARTING");
    assert.ok(plan?.tasks[1]?.trace);
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING RESTARTING");
    const again = world.spawner.hostOf("a", 1);
    const second = again.held("a", 1);
    assert.ok(second);
    again.run(second);
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING RUNNING");
    assert.deepEqual(world.spawner.generations("a", 0), [untouched]);
  }));

Deno.test("Worker.restart() keeps the target state", () =>
  inWorld(async (world) => {
    await running(world, "a");
    await world.api.pause("a");
    await settle();
    assert.equal(statesOf(await world.api.restart("a", ALL)), "RESTARTING RESTARTING");
    await settle();
    assert.equal(world.shown("a"), "PAUSED PAUSED");
    assert.equal(await world.api.restart("a", ALONE), undefined);
    assert.equal(world.shown("a"), "PAUSED PAUSED");
    await world.api.stop("a");
    await world.api.restart("a", ALL);
    await settle();
    assert.equal(world.shown("a"), "STOPPED");
    assert.equal(await world.api.restart("a", ALONE), undefined);
    assert.equal(world.shown("a"), "STOPPED");
  }));

Deno.test("Worker.restart() of a FAILED connector starts it", () =>
  inWorld(async (world) => {
    const { serve } = world.spawner;
    world.spawner.serve = () => ({ error: "boom" });
    await running(world, "a");
    world.spawner.serve = serve;
    const plan = await world.api.restart("a", FAILED_CONNECTOR);
    assert.equal(plan?.connector.state, "RESTARTING");
    assert.ok(plan.connector.trace);
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
  }));

Deno.test("Worker.restart() asked for several times at once ends in one running generation", () =>
  inWorld(async (world) => {
    await running(world, "a", { "tasks.max": "2" });
    world.spawner.stopsAtOnce = false;
    for (const options of [ALL, FAILED_ONES, ALL]) await world.api.restart("a", options);
    void world.api.restartTask("a", 0).catch(() => {});
    world.spawner.stopsAtOnce = true;
    for (const task of [0, 1]) {
      const host = world.spawner.hostOf("a", task);
      const held = host.held("a", task);
      assert.ok(held);
      host.finish(held);
    }
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING RUNNING");
    assert.deepEqual([0, 1].map((task) => world.spawner.generations("a", task).length), [1, 1]);
  }));

Deno.test("Worker.restartTask() answers once the task was stopped and started again", () =>
  inWorld(async (world) => {
    await running(world, "a");
    world.spawner.stopsAtOnce = false;
    const host = world.spawner.hostOf("a");
    const held = host.held("a", 0);
    assert.ok(held);
    let isAnswered = false;
    const restarted = world.api.restartTask("a", 0).then(() => isAnswered = true);
    await settle();
    assert.equal(isAnswered, false);
    assert.equal(world.shown("a"), "RUNNING UNASSIGNED");
    host.finish(held);
    await restarted;
    assert.equal(world.spawner.generations("a", 0).length, 1);
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    world.spawner.stopsAtOnce = true;
  }));

Deno.test("Worker.restart() and restartTask() refuse what is unknown in Kafka Connect's words", () =>
  inWorld(async (world) => {
    for (const options of [ALONE, ALL, FAILED_CONNECTOR]) {
      assert.deepEqual(await refusalOf(world.api.restart("ghost", options)), ["not_found", "Unknown connector: ghost"]);
    }
    assert.deepEqual(await refusalOf(world.api.restartTask("ghost", 0)), ["not_found", "Unknown connector: ghost"]);
    world.spawner.serve = () => "never";
    await world.api.create("a", config("a"), "STARTED");
    assert.deepEqual(await refusalOf(world.api.restart("a", ALL)), ["not_found", "Status for connector a not found"]);
    assert.deepEqual(await refusalOf(world.api.restartTask("a", 7)), ["not_found", "Unknown task: a-7"]);
  }));

Deno.test("Worker.restartTask() says so when no host can be started", () =>
  inWorld(async (world) => {
    await running(world, "a", { "sluice.task.own.host": "true" });
    const host = world.spawner.hostOf("a");
    world.spawner.refuses = "no more processes";
    host.die(139, "SIGSEGV");
    await settle();
    assert.equal(world.shown("a"), "RUNNING FAILED");
    assert.deepEqual(await refusalOf(world.api.restartTask("a", 0)), ["internal", "Failed to start task: a-0"]);
    assert.match(
      world.api.taskStatus("a", 0).trace ?? "",
      /^org\.apache\.kafka\.connect\.errors\.ConnectException: Cannot start a task host: no more processes\n$/,
    );
    world.spawner.refuses = undefined;
    await world.api.restartTask("a", 0);
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
  }));
