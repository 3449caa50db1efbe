import assert from "node:assert/strict";
import { settle } from "../../fakes/clock.ts";
import { inWorld, refusalOf, running, type World } from "./world.ts";

/** Which tasks share hosts: one text per living host. */
function layout(world: World): readonly string[] {
  const texts = world.spawner.living("tasks").map(({ tasks }) => tasks.map(({ ref }) => `${ref.connector}${ref.task}`).sort().join(" "));
  return texts.sort();
}

/** Four connectors of one task each on two hosts: "a c" and "b d". */
async function fourOnTwo(world: World): Promise<void> {
  for (const name of ["a", "b", "c", "d"]) await running(world, name);
  assert.deepEqual(layout(world), ["a0 c0", "b0 d0"]);
}

Deno.test("HostPool starts hosts when they are needed, up to the limit, and fills the least loaded", () =>
  inWorld(async (world) => {
    assert.deepEqual(layout(world), []);
    await fourOnTwo(world);
    await world.api.remove("b");
    await settle();
    await running(world, "e", { "tasks.max": "2" });
    assert.deepEqual(layout(world), ["a0 c0 e1", "d0 e0"]);
  }));

Deno.test("HostPool takes as many hosts as sluice.task.hosts says", () =>
  inWorld(async (world) => {
    await running(world, "a", { "tasks.max": "5" });
    assert.equal(world.spawner.living("tasks").length, 4);
  }, { properties: { "sluice.task.hosts": "4" } }));

Deno.test("HostPool gives a connector a host of its own when it asks for one, and ends it with the last task", () =>
  inWorld(async (world) => {
    await running(world, "a");
    await running(world, "own", { "tasks.max": "2", "sluice.task.own.host": "true" });
    assert.deepEqual(layout(world), ["a0", "own0 own1"]);
    await running(world, "b", { "tasks.max": "3" });
    assert.deepEqual(layout(world), ["a0 b1", "b0 b2", "own0 own1"]);
    await world.api.stop("own");
    await settle();
    assert.deepEqual(layout(world), ["a0 b1", "b0 b2"]);
  }));

Deno.test("HostPool ends a host that has been idle for a minute, and no other", () =>
  inWorld(async (world) => {
    await running(world, "a");
    await running(world, "b");
    await world.api.stop("a");
    await world.clock.advance(45_000);
    assert.equal(world.spawner.living("tasks").length, 2);
    await world.clock.advance(45_000);
    assert.deepEqual(layout(world), ["b0"]);
    await world.api.resume("a");
    await settle();
    assert.deepEqual(layout(world), ["a0", "b0"]);
  }));

Deno.test("A host with one task that dies makes that task FAILED with the reason, and no other", () =>
  inWorld(async (world) => {
    const cases = [
      [133, "SIGTRAP", /Task host \d+ ran out of memory \(exit code 133, SIGTRAP\): the JavaScript heap reached its limit\./],
      [134, "SIGABRT", /crashed in native code \(exit code 134, SIGABRT\)/],
      [139, "SIGSEGV", /crashed in native code \(exit code 139, SIGSEGV\)/],
      [137, "SIGKILL", /was killed from outside \(exit code 137, SIGKILL\), as the system does when memory runs out/],
      [0, null, /ended unexpectedly \(exit code 0\)/],
    ] as const;
    await running(world, "b");
    await running(world, "a");
    for (const [code, signal, reason] of cases) {
      const other = world.spawner.generations("b", 0);
      world.spawner.hostOf("a").die(code, signal);
      await settle();
      assert.equal(world.shown("a"), "RUNNING FAILED");
      assert.match(world.api.taskStatus("a", 0).trace ?? "", reason);
      assert.equal(world.shown("b"), "RUNNING RUNNING");
      assert.deepEqual(world.spawner.generations("b", 0), other);
      await world.api.restartTask("a", 0);
      await settle();
      assert.equal(world.shown("a"), "RUNNING RUNNING");
    }
  }));

Deno.test("A task that was at fault starts apart from all others until it is reconfigured", () =>
  inWorld(async (world) => {
    await fourOnTwo(world);
    world.spawner.hostOf("a").die(139);
    await settle();
    world.spawner.hostOf("a").die(139);
    await settle();
    assert.equal(world.shown("a"), "RUNNING FAILED");
    await world.api.restartTask("a", 0);
    await settle();
    assert.deepEqual(layout(world), ["a0", "b0 d0", "c0"]);
    await world.api.patch("a", { extra: "1" });
    await settle();
    assert.equal(world.spawner.hostOf("a").tasks.length, 1);
    await running(world, "e");
    assert.deepEqual(layout(world), ["a0 e0", "b0 d0", "c0"].sort());
  }));

Deno.test("Tasks of a host that dies with several of them go on, each in a host apart, and the others are not touched", () =>
  inWorld(async (world) => {
    await fourOnTwo(world);
    const others = [world.spawner.generations("b", 0), world.spawner.generations("d", 0)];
    const host = world.spawner.hostOf("a");
    const [held] = host.tasks;
    assert.ok(held);
    host.say({ is: "offsets", task: held.ref, entries: [["{}", '{"n":7}']] });
    host.die(139, "SIGSEGV");
    await settle();
    assert.deepEqual(layout(world), ["a0", "b0 d0", "c0"]);
    assert.deepEqual(["a", "b", "c", "d"].map((name) => world.shown(name)), Array(4).fill("RUNNING RUNNING"));
    assert.deepEqual([world.spawner.generations("b", 0), world.spawner.generations("d", 0)], others);
    assert.equal(world.offsets.read("a", "{}"), '{"n":7}');
    // The one at fault does it again, now alone.
    world.spawner.hostOf("c").die(139, "SIGSEGV");
    await settle();
    assert.deepEqual(["a", "b", "c", "d"].map((name) => world.shown(name)), [
      "RUNNING RUNNING",
      "RUNNING RUNNING",
      "RUNNING FAILED",
      "RUNNING RUNNING",
    ]);
    assert.deepEqual(layout(world), ["a0", "b0 d0"]);
  }));

Deno.test("One of many suspects is found by spreading them over eight hosts, then their group once more", () =>
  inWorld(async (world) => {
    await running(world, "s", { "tasks.max": "20" });
    const guilty = 13;
    const unrelated = world.spawner.living("tasks").filter((host) => host.held("s", guilty) === undefined).flatMap((host) => host.tasks);
    let deaths = 0;
    while (world.spawner.generations("s", guilty).length > 0) {
      world.spawner.hostOf("s", guilty).die(139);
      deaths++;
      await settle();
      assert.ok(world.spawner.living("tasks").length <= 2 + 8 + 2, "hosts stay few");
    }
    assert.equal(deaths, 3);
    const states = world.api.status("s").tasks.map(({ state }) => state);
    assert.deepEqual(states, states.map((_, task) => task === guilty ? "FAILED" : "RUNNING"));
    for (const { ref } of unrelated) assert.deepEqual(world.spawner.generations("s", ref.task), [ref.generation]);
  }, { properties: { "sluice.task.hosts": "1" } }));

Deno.test("A host that stops answering is killed after its time, and the task in it is FAILED for it", () =>
  inWorld(async (world) => {
    await running(world, "a");
    await running(world, "b");
    world.spawner.hostOf("a").isHung = true;
    await world.clock.advance(18_000);
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    await world.clock.advance(4_000);
    assert.equal(world.shown("a"), "RUNNING FAILED");
    assert.match(world.api.taskStatus("a", 0).trace ?? "", /Heartbeat lost: Task host \d+ did not answer for 20 s and was killed\./);
    assert.equal(world.shown("b"), "RUNNING RUNNING");
  }));

Deno.test("A host beyond its share of memory is killed, and the task in it is FAILED for it", () =>
  inWorld(async (world) => {
    await running(world, "a");
    world.spawner.hostOf("a").rssBytes = 1000;
    await world.clock.advance(4_000);
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    world.spawner.hostOf("a").rssBytes = 200_000_001;
    await world.clock.advance(4_000);
    assert.equal(world.shown("a"), "RUNNING FAILED");
    assert.match(
      world.api.taskStatus("a", 0).trace ?? "",
      /Out of memory: Task host \d+ used 200000001 bytes, more than its share of 200000000 bytes/,
    );
  }, { properties: { "sluice.host.memory.max.bytes": "200000000" } }));

Deno.test("A task that ignores its stop is ended with its host, and its neighbours go on elsewhere", () =>
  inWorld(async (world) => {
    await fourOnTwo(world);
    world.spawner.stopsAtOnce = false;
    await world.api.stop("a");
    const host = world.spawner.hostOf("a");
    await world.clock.advance(7_000);
    assert.equal(host.isDead, false);
    await world.clock.advance(2_000);
    assert.equal(host.isDead, true);
    world.spawner.stopsAtOnce = true;
    await settle();
    assert.equal(world.shown("a"), "STOPPED");
    assert.equal(world.shown("c"), "RUNNING RUNNING");
    assert.deepEqual(world.spawner.generations("c", 0).length, 1);
    assert.deepEqual(layout(world), ["b0 d0", "c0"]);
  }));

Deno.test("A task that is to stop in a blocked host waits for the heartbeat to decide, and is not blamed for its neighbour", () =>
  inWorld(async (world) => {
    await fourOnTwo(world);
    const host = world.spawner.hostOf("a");
    host.isHung = true;
    const restarted = world.api.restartTask("a", 0);
    await world.clock.advance(12_000);
    assert.equal(host.isDead, false);
    await world.clock.advance(10_000);
    assert.equal(host.isDead, true);
    await restarted;
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    assert.equal(world.shown("c"), "RUNNING RUNNING");
    assert.deepEqual(layout(world), ["a0", "b0 d0", "c0"]);
  }));

Deno.test("What a host says of a start that is over counts for nothing", () =>
  inWorld(async (world) => {
    await running(world, "a");
    const host = world.spawner.hostOf("a");
    const old = host.held("a", 0);
    assert.ok(old);
    await world.api.restartTask("a", 0);
    await settle();
    host.say({ is: "state", task: old.ref, state: "PAUSED" });
    host.say({ is: "offsets", task: old.ref, entries: [["{}", '{"n":1}']] });
    const error = { javaClass: "X", message: "late", trace: "late\n", retriable: false };
    host.say({ is: "failed", task: old.ref, error });
    host.say({ is: "ended", task: old.ref, clean: true });
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    await world.clock.advance(1_000);
    assert.deepEqual(world.offsets.all("a"), []);
    assert.deepEqual(world.errors, []);
  }));

Deno.test("A task that a host says has ended by itself is FAILED, not forgotten", () =>
  inWorld(async (world) => {
    await running(world, "a");
    const host = world.spawner.hostOf("a");
    const held = host.held("a", 0);
    assert.ok(held);
    host.finish(held);
    await settle();
    assert.equal(world.shown("a"), "RUNNING FAILED");
  }));

Deno.test("A host is told secrets before its tasks, and later ones as they come", () =>
  inWorld(async (world) => {
    await running(world, "a", { secret: "s3cret-value" });
    const [hello] = world.spawner.hostOf("a").told;
    assert.ok(hello?.do === "hello");
    assert.deepEqual(hello.secrets, ["broker-pass", "s3cret-value"]);
    await running(world, "b", { secret: "another" });
    assert.ok(world.spawner.hostOf("a").told.some((message) => message.do === "secrets" && message.values.includes("another")));
  }, { properties: { "producer.sasl.password": "broker-pass" } }));

Deno.test("A host that asks for a topic gets one from the embedded broker, and an error where there is none", () =>
  inWorld(async (world) => {
    await running(world, "a");
    const host = world.spawner.hostOf("a");
    host.say({ is: "topic.create", call: 4, topic: "t", partitions: 2 });
    await settle();
    const answer = host.told.at(-1);
    assert.ok(answer?.do === "answer" && answer.call === 4 && answer.error !== undefined);
    assert.match(answer.error.message, /there is no embedded broker/);
    assert.deepEqual(await refusalOf(world.api.restartTask("a", 1)), ["not_found", "Unknown task: a-1"]);
  }));

Deno.test("A host that asks for a topic of the embedded broker is given the outcome", () =>
  inWorld(async (world) => {
    await running(world, "a");
    const host = world.spawner.hostOf("a");
    assert.ok(host.told.some((message) => message.do === "hello" && message.embeddedKafka));
    host.say({ is: "topic.create", call: 5, topic: "t", partitions: 2 });
    await settle();
    assert.deepEqual(host.told.at(-1), { do: "answer", call: 5, ok: "created" });
  }, { replace: () => ({ createTopic: () => Promise.resolve("created" as const) }) }));
