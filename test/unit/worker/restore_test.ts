import assert from "node:assert/strict";
import { LogValues } from "../../../src/base/log.ts";
import { settle } from "../../fakes/clock.ts";
import { config, inWorld, refusalOf, running } from "./world.ts";

Deno.test("Worker.shutdown() stops tasks, stores their last offsets, ends all children, and refuses what comes after", () =>
  inWorld(async (world) => {
    await running(world, "a", { "tasks.max": "2" });
    world.spawner.stopsAtOnce = false;
    const host = world.spawner.hostOf("a");
    const [held] = host.tasks;
    assert.ok(held);
    const stopped = world.worker.shutdown();
    assert.equal(world.worker.shutdown(), stopped);
    await settle();
    assert.ok(host.told.some((message) => message.do === "stop" && message.deadlineMs === 5000));
    host.say({ is: "offsets", task: held.ref, entries: [["{}", '{"n":8}']] });
    for (const child of world.spawner.living("tasks")) for (const task of [...child.tasks]) child.finish(task);
    await settle();
    await stopped;
    assert.equal(world.offsets.read("a", "{}"), '{"n":8}');
    assert.deepEqual(world.spawner.living("tasks"), []);
    assert.deepEqual(world.spawner.living("service"), []);
    const closed = ["internal", "Worker is shutting down"];
    for (
      const call of [
        world.api.create("b", config("b"), "STARTED"),
        world.api.pause("a"),
        world.api.restartTask("a", 0),
        world.api.resetOffsets("a"),
        world.api.remove("a"),
      ]
    ) assert.deepEqual(await refusalOf(call), closed);
  }));

Deno.test("Worker.shutdown() kills hosts that neither stop their tasks nor exit, within the graceful time and a moment", () =>
  inWorld(async (world) => {
    await running(world, "a");
    const host = world.spawner.hostOf("a");
    host.isHung = true;
    const stopped = world.worker.shutdown();
    await world.clock.advance(5_500);
    assert.equal(host.isDead, false);
    await world.clock.advance(1_600);
    assert.equal(host.isDead, true);
    await stopped;
    assert.deepEqual(world.errors.filter((line) => !line.includes("no longer needed")), []);
  }));

Deno.test("Worker.shutdown() during starts and checks leaves nothing behind", () =>
  inWorld(async (world) => {
    world.spawner.serve = () => "never";
    await running(world, "a");
    await world.api.pause("a");
    await world.api.resume("a");
    await settle();
    await world.stop();
    assert.equal(world.clock.sleeping, 0);
  }));

Deno.test("Worker.start() brings connectors back in their target states, after a stop and after a crash", () =>
  inWorld(async (world) => {
    await running(world, "runs", { "tasks.max": "2" });
    await running(world, "paused");
    await running(world, "stopped");
    await running(world, "paused-anew");
    await world.api.pause("paused");
    await world.api.stop("stopped");
    await world.api.pause("paused-anew");
    await world.api.put("paused-anew", config("paused-anew", { topic: "new" }));
    await settle();
    for (const again of [() => world.reopen(), () => world.crash()]) {
      await again();
      assert.deepEqual(world.api.connectors(), ["runs", "paused", "stopped", "paused-anew"]);
      assert.equal(world.shown("runs"), "RUNNING RUNNING RUNNING");
      assert.equal(world.shown("paused"), "PAUSED PAUSED");
      assert.equal(world.shown("stopped"), "STOPPED");
      assert.equal(world.shown("paused-anew"), "PAUSED PAUSED");
    }
    await world.api.resume("paused-anew");
    await settle();
    assert.equal(world.spawner.hostOf("paused-anew").held("paused-anew", 0)?.spec.config["topic"], "new");
    assert.deepEqual(world.errors.filter((line) => !line.includes("killed from outside")), []);
  }));

Deno.test("Worker.start() shows what had failed until it starts again, and nothing as running that is not", () =>
  inWorld(async (world) => {
    const { serve } = world.spawner;
    await running(world, "a", { "tasks.max": "2" });
    const host = world.spawner.hostOf("a", 1);
    const held = host.held("a", 1);
    assert.ok(held);
    host.fail(held);
    await settle();
    world.spawner.serve = () => "never";
    await world.crash();
    assert.equal(world.shown("a"), "UNASSIGNED UNASSIGNED FAILED");
    assert.ok(world.api.taskStatus("a", 1).trace);
    world.spawner.serve = serve;
    await world.crash();
    assert.equal(world.shown("a"), "RUNNING RUNNING RUNNING");
  }));

Deno.test("Worker.start() runs tasks from what is stored when their connector cannot start", () =>
  inWorld(async (world) => {
    await running(world, "a");
    world.spawner.serve = () => ({ error: "folder is away" });
    await world.crash();
    assert.equal(world.shown("a"), "FAILED RUNNING");
    assert.equal(world.spawner.hostOf("a").held("a", 0)?.spec.config["part"], "0");
    await world.crash();
    assert.equal(world.shown("a"), "FAILED RUNNING");
  }));

Deno.test("Worker.start() forgets tasks and statuses that a crash left behind a stop or a removal", () =>
  inWorld(async (world) => {
    await running(world, "a");
    world.configs.setTarget("a", "STOPPED");
    world.database.prepare("INSERT INTO statuses (connector, task, state) VALUES ('ghost', -1, 'RUNNING')").run();
    await world.crash();
    assert.equal(world.shown("a"), "STOPPED");
    assert.deepEqual(world.api.info("a").tasks, []);
    assert.equal(world.shown("ghost"), "none");
    await world.crash();
    assert.deepEqual(world.database.prepare("SELECT connector FROM statuses").all().map((row) => row.connector), ["a"]);
  }));

Deno.test("A change the store refuses is refused, and nothing has changed", () => {
  let broken = false;
  const guard = <A extends unknown[], R>(write: (...args: A) => R) => (...args: A): R => {
    if (broken) throw new Error("Cannot store it, as the disk is full");
    return write(...args);
  };
  return inWorld(async (world) => {
    await running(world, "a");
    broken = true;
    const refused = ["internal", "Cannot store it, as the disk is full"];
    for (
      const call of [
        world.api.create("b", config("b"), "STARTED"),
        world.api.put("a", config("a", { topic: "u" })),
        world.api.pause("a"),
        world.api.stop("a"),
        world.api.remove("a"),
      ]
    ) assert.deepEqual(await refusalOf(call), refused);
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    assert.deepEqual(world.api.connectors(), ["a"]);
    assert.equal(world.api.info("a").config["topic"], "t");
    broken = false;
    await world.api.pause("a");
    await settle();
    assert.equal(world.shown("a"), "PAUSED PAUSED");
  }, {
    replace: ({ configs }) => ({
      configs: {
        all: () => configs.all(),
        taskConfigs: (name) => configs.taskConfigs(name),
        put: guard((connector) => configs.put(connector)),
        remove: guard((name) => configs.remove(name)),
        setTarget: guard((name, target) => configs.setTarget(name, target)),
        setTaskConfigs: guard((name, tasks) => configs.setTaskConfigs(name, tasks)),
      },
    }),
  });
});

Deno.test("Tasks whose configs cannot be stored are not started until they can be", () => {
  let broken = true;
  return inWorld(async (world) => {
    await running(world, "a");
    assert.equal(world.shown("a"), "none");
    assert.deepEqual(world.spawner.living("tasks"), []);
    await world.clock.advance(12_000);
    assert.ok(world.errors.filter((line) => line.includes("Cannot store the tasks of a connector")).length >= 2);
    broken = false;
    await world.clock.advance(6_000);
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    assert.equal(world.configs.taskConfigs("a").length, 1);
  }, {
    replace: ({ configs }) => ({
      configs: Object.assign(Object.create(configs), {
        all: () => configs.all(),
        taskConfigs: (name: string) => configs.taskConfigs(name),
        put: configs.put.bind(configs),
        remove: configs.remove.bind(configs),
        setTarget: configs.setTarget.bind(configs),
        setTaskConfigs: (...args: Parameters<typeof configs.setTaskConfigs>) => {
          if (broken) throw new Error("full");
          configs.setTaskConfigs(...args);
        },
      }),
    }),
  });
});

Deno.test("A status the store refuses is shown all the same, and stored later", () => {
  let broken = false;
  return inWorld(async (world) => {
    await running(world, "a");
    broken = true;
    await world.api.pause("a");
    await settle();
    assert.equal(world.shown("a"), "PAUSED PAUSED");
    await world.clock.advance(5_000);
    assert.equal(world.errors.filter((line) => line.includes("Cannot store a status")).length > 0, true);
    broken = false;
    await world.clock.advance(2_000);
    assert.deepEqual(world.database.prepare("SELECT state FROM statuses").all().map((row) => row.state), ["PAUSED", "PAUSED"]);
  }, {
    replace: ({ statuses }) => ({
      statuses: {
        all: () => statuses.all(),
        remove: (connector, task) => statuses.remove(connector, task),
        put: (...status) => {
          if (broken) throw new Error("full");
          statuses.put(...status);
        },
      },
    }),
  });
});

Deno.test("Each start of a connector logs its effective config in one entry, without secrets and values of keys nobody knows", () =>
  inWorld(async (world) => {
    const client = { "producer.override.sasl.password": "pass-word", "producer.override.linger.ms": "5" };
    await running(world, "a", { secret: "s3cret", ...client, topic: "jdbc:x://u:pw-in-url@h/db", "connection.pasword": "oops" });
    const starts = () => world.lines.filter(({ text }) => text === "FlowSourceConnectorConfig values:");
    assert.deepEqual(starts().map(({ level, connector }) => [level, connector]), [["info", "a"]]);
    const values = starts()[0]?.fields["values"];
    assert.ok(values instanceof LogValues);
    const { "topic": topic, "secret": secret, "tasks.max": tasksMax, "errors.tolerance": tolerance, "name": name } = values.values;
    assert.deepEqual([topic, secret, tasksMax, tolerance, name], ["jdbc:x://u:[hidden]@h/db", "[hidden]", "1", "none", "a"]);
    assert.equal(values.values["producer.override.sasl.password"], "[hidden]");
    assert.equal(values.values["producer.override.linger.ms"], "5");
    assert.equal(values.values["connection.pasword"], "(no key of this connector: value not shown)");
    assert.ok(!JSON.stringify(world.lines.map(({ text, fields }) => [text, fields])).match(/s3cret|pass-word|pw-in-url|oops/));
    await world.api.restart("a", { includeTasks: false, onlyFailed: false });
    assert.equal(starts().length, 2);
  }));

Deno.test("With sluice.rest.secrets=masked a config can be read, edited and put back without its secrets", () =>
  inWorld(async (world) => {
    await running(world, "a", { secret: "s3cret", url: "jdbc:x://u:pw@h/db", ref: "${file:/x:y}" });
    const shown = world.api.info("a").config;
    assert.deepEqual(shown, config("a", { secret: "[hidden]", url: "jdbc:x://u:[hidden]@h/db", ref: "${file:/x:y}" }));
    assert.equal(world.api.tasks("a")[0]?.config["secret"], "[hidden]");
    await world.api.put("a", { ...shown, topic: "u" });
    assert.deepEqual(
      world.configs.all()[0]?.config,
      config("a", { secret: "s3cret", url: "jdbc:x://u:pw@h/db", ref: "${file:/x:y}", topic: "u" }),
    );
    await world.api.patch("a", { secret: "[hidden]", topic: "v" });
    assert.equal(world.configs.all()[0]?.config["secret"], "s3cret");
    await world.api.patch("a", { secret: "another" });
    assert.equal(world.configs.all()[0]?.config["secret"], "another");
  }, { properties: { "sluice.rest.secrets": "masked" } }));

Deno.test("A config that relies on a declared config provider is refused, as none can be resolved", () =>
  inWorld(async (world) => {
    const [code, text] = await refusalOf(world.api.create("a", config("a", { secret: "${file:/run/x:y}" }), "STARTED"));
    assert.deepEqual([code, text], [
      "invalid",
      'Cannot resolve "secret", as this version knows no config providers ("file"): write the value itself',
    ]);
    await running(world, "a", { secret: "${other:y}" });
    assert.equal(world.shown("a"), "RUNNING RUNNING");
  }, { properties: { "config.providers": "file, env" } }));
