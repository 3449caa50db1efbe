/** Connectors that want to be split again from time to time, as the tables they read come and go. */
import assert from "node:assert/strict";
import type { ServiceAnswer } from "../../fakes/children.ts";
import { settle } from "../../fakes/clock.ts";
import { inWorld, TABLES, type World } from "./world.ts";

const EVERY_MS = 60_000;

/** What splitting gives from now on, task by task; and how often it was asked for. */
class Tables {
  now: readonly string[] | ServiceAnswer;
  splits = 0;

  constructor(world: World, now: readonly string[]) {
    this.now = now;
    const { serve } = world.spawner;
    world.spawner.serve = (request) => {
      if (request.what !== "split") return serve(request);
      this.splits++;
      return Array.isArray(this.now) ? { ok: this.now.map((tables: string) => ({ tables })) } : this.now as ServiceAnswer;
    };
  }
}

async function reading(world: World, more: Readonly<Record<string, string>> = {}): Promise<void> {
  await world.api.create("a", { "connector.class": TABLES, name: "a", "tasks.max": "3", every: `${EVERY_MS}`, ...more }, "STARTED");
  await settle();
}

/** Tables of each task as configured, and the generation that runs. */
function running(world: World): readonly string[] {
  return world.api.tasks("a").map(({ task, config }) => `${config["tables"]}@${world.spawner.generations("a", task)}`);
}

function warnings(world: World): readonly string[] {
  return world.lines.filter(({ text, level }) => level === "warning" && text.startsWith("Cannot split")).map(({ text }) => text);
}

Deno.test("A connector is split again as often as it wants, and its tasks do not notice when nothing changed", () =>
  inWorld(async (world) => {
    const tables = new Tables(world, ["x", "y"]);
    await reading(world);
    assert.deepEqual([tables.splits, running(world)], [1, ["x@1", "y@2"]]);
    await world.clock.advance(EVERY_MS - 1);
    assert.equal(tables.splits, 1);
    await world.clock.advance(1);
    assert.equal(tables.splits, 2);
    await world.clock.advance(3 * EVERY_MS);
    assert.deepEqual([tables.splits, running(world)], [5, ["x@1", "y@2"]]);
  }));

Deno.test("A connector that wants no second split gets none", () =>
  inWorld(async (world) => {
    const tables = new Tables(world, ["x"]);
    await world.api.create("a", { "connector.class": TABLES, name: "a" }, "STARTED");
    await world.clock.advance(10 * EVERY_MS);
    assert.equal(tables.splits, 1);
  }));

Deno.test("A split that came out different is stored, and starts the tasks anew whose config changed", () =>
  inWorld(async (world) => {
    const tables = new Tables(world, ["x", "y"]);
    await reading(world);
    tables.now = ["x", "y,z"];
    await world.clock.advance(EVERY_MS);
    assert.deepEqual(running(world), ["x@1", "y,z@3"]);
    assert.deepEqual(world.configs.taskConfigs("a").map((config) => config["tables"]), ["x", "y,z"]);
    assert.equal(world.api.tasks("a")[1]?.config["task.class"], "test.TableSourceTask");
    tables.now = ["x", "y,z", "new"];
    await world.clock.advance(EVERY_MS);
    assert.deepEqual(running(world), ["x@1", "y,z@3", "new@4"]);
    assert.equal(world.shown("a"), "RUNNING RUNNING RUNNING RUNNING");
    tables.now = ["y,z"];
    await world.clock.advance(EVERY_MS);
    assert.deepEqual(running(world), ["y,z@5"]);
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    tables.now = [];
    await world.clock.advance(EVERY_MS);
    assert.equal(world.shown("a"), "RUNNING");
  }));

Deno.test("No task starts on what another may still be reading: all that change have ended before", () =>
  inWorld(async (world) => {
    const tables = new Tables(world, ["x,y"]);
    await reading(world);
    world.spawner.stopsAtOnce = false;
    tables.now = ["x", "y"];
    await world.clock.advance(EVERY_MS);
    assert.deepEqual([running(world), world.shown("a")], [["x@1", "y@"], "RUNNING UNASSIGNED"]);
    const host = world.spawner.hostOf("a");
    const held = host.held("a", 0);
    assert.ok(held);
    host.finish(held);
    await settle();
    assert.deepEqual([running(world), world.shown("a")], [["x@2", "y@3"], "RUNNING RUNNING RUNNING"]);
    world.spawner.stopsAtOnce = true;
  }));

Deno.test("A paused connector is split again too, its new tasks paused", () =>
  inWorld(async (world) => {
    const tables = new Tables(world, ["x"]);
    await reading(world);
    await world.api.pause("a");
    tables.now = ["x", "y"];
    await world.clock.advance(EVERY_MS);
    assert.deepEqual([running(world), world.shown("a")], [["x@1", "y@2"], "PAUSED PAUSED PAUSED"]);
    assert.equal(world.spawner.hostOf("a", 1).held("a", 1)?.isPaused, true);
    await world.api.resume("a");
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING RUNNING");
  }));

Deno.test("A connector is not split again once it is stopped, changed or removed", () =>
  inWorld(async (world) => {
    const tables = new Tables(world, ["x"]);
    await reading(world);
    await world.api.stop("a");
    await world.clock.advance(3 * EVERY_MS);
    assert.equal(tables.splits, 1);
    await world.api.resume("a");
    await world.clock.advance(EVERY_MS / 2);
    await world.api.patch("a", { every: `${10 * EVERY_MS}` });
    await world.clock.advance(9 * EVERY_MS);
    assert.equal(tables.splits, 3);
    await world.clock.advance(EVERY_MS);
    assert.equal(tables.splits, 4);
    await world.api.remove("a");
    await world.clock.advance(30 * EVERY_MS);
    assert.equal(tables.splits, 4);
  }));

Deno.test("A failing split is said once for each reason, keeps the tasks, and is tried again", () =>
  inWorld(async (world) => {
    const tables = new Tables(world, ["x"]);
    await reading(world);
    for (const error of ["no route", "no route", "denied", "no route"]) {
      tables.now = { error };
      await world.clock.advance(EVERY_MS);
    }
    assert.equal(warnings(world).length, 2);
    tables.now = ["1", "2", "3", "4"];
    await world.clock.advance(EVERY_MS);
    assert.equal(warnings(world).length, 3, "more tasks than tasks.max");
    assert.deepEqual([running(world), world.shown("a")], [["x@1"], "RUNNING RUNNING"]);
    tables.now = ["x,y"];
    await world.clock.advance(EVERY_MS);
    assert.deepEqual(running(world), ["x,y@2"]);
  }));

Deno.test("A split that never answers holds up nothing, and is given up at its deadline", () =>
  inWorld(async (world) => {
    const tables = new Tables(world, ["x"]);
    await reading(world);
    tables.now = "never";
    await world.clock.advance(EVERY_MS);
    assert.equal(world.api.info("a").tasks.length, 1);
    await world.api.pause("a");
    await world.api.resume("a");
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    await world.clock.advance(EVERY_MS + 5_000);
    assert.equal(warnings(world).length, 1);
    tables.now = ["y"];
    await world.clock.advance(EVERY_MS);
    assert.deepEqual(running(world), ["y@2"]);
  }));

Deno.test("Task configs the store does not take are not acted on", () => {
  let isFull = false;
  return inWorld(async (world) => {
    const tables = new Tables(world, ["x"]);
    await reading(world);
    isFull = true;
    tables.now = ["y"];
    await world.clock.advance(EVERY_MS);
    assert.deepEqual(running(world), ["x@1"]);
    assert.equal(warnings(world).length, 1);
    isFull = false;
    await world.clock.advance(EVERY_MS);
    assert.deepEqual(running(world), ["y@2"]);
  }, {
    replace: ({ configs }) => ({
      configs: {
        all: () => configs.all(),
        put: (connector) => configs.put(connector),
        remove: (name) => configs.remove(name),
        setTarget: (name, target) => configs.setTarget(name, target),
        taskConfigs: (name) => configs.taskConfigs(name),
        setTaskConfigs: (name, tasks) => {
          if (isFull) throw new Error("the disk is full");
          configs.setTaskConfigs(name, tasks);
        },
      },
    }),
  });
});

Deno.test("A connector that wants to be split without pause is given one", () =>
  inWorld(async (world) => {
    const tables = new Tables(world, ["x"]);
    await reading(world, { every: "1" });
    await world.clock.advance(10_000);
    assert.equal(tables.splits, 11);
    await world.api.patch("a", { every: "-1" });
    await world.clock.advance(10_000);
    assert.equal(tables.splits, 12);
  }));
