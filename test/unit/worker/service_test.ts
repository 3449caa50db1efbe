import assert from "node:assert/strict";
import type { ServiceRequest } from "../../../src/link/messages.ts";
import type { FakeChild } from "../../fakes/children.ts";
import { settle } from "../../fakes/clock.ts";
import { CHECKED, config, inWorld, refusalOf, running, type World } from "./world.ts";

const checked = (name: string) => config(name, { "connector.class": CHECKED });

/** The service host all requests share: the first one that lives. */
function shared(world: World): FakeChild {
  const [first] = world.spawner.living("service");
  assert.ok(first);
  return first;
}

function callsOf(child: FakeChild): readonly ServiceRequest[] {
  return child.told.flatMap((message) => message.do === "call" ? [message.request] : []);
}

Deno.test("ServiceHost is started with the worker, asks for the cluster and goes on asking until Kafka answers", () =>
  inWorld(async (world) => {
    assert.equal(world.api.serverInfo().kafkaClusterId, "cluster-1");
    assert.deepEqual(world.api.serverInfo(), { version: "4.2.0", commit: "abc", kafkaClusterId: "cluster-1" });
    world.spawner.serve = () => ({ error: "no broker" });
    await world.reopen();
    assert.equal(world.api.serverInfo().kafkaClusterId, null);
    assert.equal((await world.api.health()).status, "healthy");
    await world.clock.advance(5_000);
    world.spawner.serve = () => ({ ok: "cluster-2" });
    await world.clock.advance(30_000);
    assert.equal(world.api.serverInfo().kafkaClusterId, "cluster-2");
    assert.equal(world.lines.filter(({ text }) => text.startsWith("Cannot reach Kafka")).length, 1);
  }));

Deno.test("Worker.create() asks the connector's own check, and refuses with what it says", () =>
  inWorld(async (world) => {
    world.spawner.serve = () => ({ ok: [{ key: "name", message: "No such folder" }] });
    const [code, message] = await refusalOf(world.api.create("a", checked("a"), "STARTED"));
    assert.equal(code, "invalid");
    assert.match(message, /following 1 error\(s\):\nNo such folder\n/);
    assert.deepEqual(world.configs.all(), []);
    world.spawner.serve = () => ({ error: "check broke" });
    assert.deepEqual(await refusalOf(world.api.create("a", checked("a"), "STARTED")), ["invalid", "check broke"]);
  }));

Deno.test("A check that only takes long ends at its deadline, and others are served meanwhile by the same host", () =>
  inWorld(async (world) => {
    const { serve } = world.spawner;
    world.spawner.serve = (request) => request.what === "check" ? "never" : serve(request);
    const host = shared(world);
    const refused = refusalOf(world.api.create("slow", checked("slow"), "STARTED"));
    await settle();
    await running(world, "b");
    assert.equal(world.shown("b"), "RUNNING RUNNING");
    await world.clock.advance(61_000);
    assert.deepEqual(await refused, [
      "timeout",
      "Request timed out. The worker is currently performing multi-property validation for the connector, which began at 2026-01-01T00:00:00Z",
    ]);
    assert.equal(host.isDead, false);
  }));

Deno.test("A start that only takes long makes the connector FAILED at its deadline", () =>
  inWorld(async (world) => {
    world.spawner.serve = () => "never";
    await running(world, "a");
    await world.clock.advance(61_000);
    assert.equal(world.shown("a"), "FAILED");
    assert.match(world.api.status("a").connector.trace ?? "", /The connector did not finish "split" within 60 s\n$/);
  }));

Deno.test("A service host that is blocked is replaced, and what was under way is asked once more, each in a host of its own", () =>
  inWorld(async (world) => {
    const host = shared(world);
    host.isHung = true;
    await running(world, "a");
    await running(world, "b");
    assert.deepEqual([world.shown("a"), world.shown("b")], ["none", "none"]);
    await world.clock.advance(22_000);
    assert.equal(host.isDead, true);
    assert.deepEqual([world.shown("a"), world.shown("b")], ["RUNNING RUNNING", "RUNNING RUNNING"]);
    const fresh = world.spawner.children.filter((child) => child.role === "service" && child !== host);
    assert.deepEqual(fresh.map((child) => callsOf(child).length), [1, 1]);
    await running(world, "c");
    assert.equal(world.shown("c"), "RUNNING RUNNING");
  }));

Deno.test("A request that blocks its second host too fails, with the reason", () =>
  inWorld(async (world) => {
    await running(world, "good");
    const host = shared(world);
    const spawn = world.spawner.spawn.bind(world.spawner);
    world.spawner.spawn = (role) => {
      const child = spawn(role);
      child.isHung = role === "service";
      return child;
    };
    host.isHung = true;
    await running(world, "bad");
    await world.clock.advance(22_000);
    await world.clock.advance(22_000);
    assert.equal(world.shown("bad"), "FAILED");
    assert.match(
      world.api.status("bad").connector.trace ?? "",
      /Cannot finish "split": Heartbeat lost: Task host \d+ did not answer for 20 s/,
    );
    assert.equal(world.shown("good"), "RUNNING RUNNING");
  }));

Deno.test("A service host that dies natively takes nothing else down", () =>
  inWorld(async (world) => {
    const { serve } = world.spawner;
    world.spawner.serve = (request) => request.what === "split" ? "never" : serve(request);
    await running(world, "a");
    world.spawner.serve = serve;
    shared(world).die(139, "SIGSEGV");
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
  }));

Deno.test("A connector whose class is unknown to this program is FAILED after a restart, and can be removed", () =>
  inWorld(async (world) => {
    await running(world, "a");
    world.configs.put({ name: "a", config: config("a", { "connector.class": "from.a.Later" }), target: "STARTED" });
    await world.reopen();
    assert.equal(world.api.info("a").type, "unknown");
    assert.equal(world.api.status("a").connector.state, "FAILED");
    assert.equal(world.api.status("a").connector.version, null);
    assert.match(
      world.api.status("a").connector.trace ?? "",
      /Failed to find any class that implements Connector and which name matches from\.a\.Later/,
    );
    await world.api.remove("a");
  }));

Deno.test("A service process that cannot be started fails the connector, not the worker", () =>
  inWorld(async (world) => {
    shared(world).die(1);
    await settle();
    world.spawner.refuses = "no more processes";
    await running(world, "a");
    assert.equal(world.shown("a"), "FAILED");
    assert.match(world.api.status("a").connector.trace ?? "", /Cannot start a process for connector code: no more processes/);
    world.spawner.refuses = undefined;
    await world.api.restart("a", { includeTasks: false, onlyFailed: true });
    await settle();
    assert.equal(world.shown("a"), "RUNNING RUNNING");
  }));

Deno.test("Worker.validate() answers for the plugin in the path", () =>
  inWorld(async (world) => {
    const validation = await world.api.validate("FlowSource", { "connector.class": "FlowSource", name: "a" });
    assert.equal(validation.errorCount, 1);
    assert.deepEqual(world.api.plugins(true).map(({ class: name, kind }) => `${kind} ${name}`), [
      "sink test.HoleSinkConnector",
      "source test.CheckedSourceConnector",
      "source test.FlowSourceConnector",
      "source test.TablesSourceConnector",
    ]);
    assert.ok(world.api.pluginConfig("FlowSource").some((key) => key.name === "topic"));
    assert.deepEqual(await refusalOf(world.api.validate("FlowSource", { "connector.class": "Other" })), [
      "invalid",
      "Included connector type Other does not match request type FlowSource",
    ]);
  }));

Deno.test("ServiceHost lets an idle child go, with the drivers it has loaded, and starts another for the next request", () =>
  inWorld(async (world) => {
    await running(world, "a");
    const first = shared(world);
    await world.clock.advance(1_000);
    assert.equal(world.spawner.living("service").length, 1);
    await world.clock.advance(3_000);
    assert.equal(world.spawner.living("service").length, 0);
    await running(world, "b");
    assert.notEqual(shared(world), first);
  }));
