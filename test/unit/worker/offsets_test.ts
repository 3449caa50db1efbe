import assert from "node:assert/strict";
import type { OffsetEntry } from "../../../src/link/messages.ts";
import type { OffsetPair } from "../../../src/worker/api.ts";
import type { OffsetStore } from "../../../src/worker/ports.ts";
import { settle } from "../../fakes/clock.ts";
import { inWorld, refusalOf, running, type World } from "./world.ts";

const NOT_STOPPED = "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified " +
  "connector by issuing a 'PUT' request to the '/connectors/a/stop' endpoint";

/** Lets a running task report offsets. */
function report(world: World, name: string, ...entries: OffsetEntry[]): void {
  const host = world.spawner.hostOf(name);
  const held = host.held(name, 0);
  assert.ok(held);
  host.say({ is: "offsets", task: held.ref, entries });
}

async function stopped(world: World, name: string): Promise<void> {
  await running(world, name);
  await world.api.stop(name);
  await settle();
}

/** A store whose writes fail as long as `broken` says why, and count. */
function breakable(): { broken: string | undefined; writes: number; wrap: (store: OffsetStore) => OffsetStore } {
  const control = {
    broken: undefined as string | undefined,
    writes: 0,
    wrap: (store: OffsetStore): OffsetStore => ({
      read: (connector, partition) => store.read(connector, partition),
      all: (connector) => store.all(connector),
      clear: (connector) => store.clear(connector),
      write: (changes, durable) => {
        control.writes++;
        if (control.broken !== undefined) throw new Error(control.broken);
        store.write(changes, durable);
      },
    }),
  };
  return control;
}

Deno.test("Offsets that come within a moment from several connectors are stored in one transaction", async () => {
  const control = breakable();
  await inWorld(async (world) => {
    for (const name of ["a", "b"]) await running(world, name);
    for (let n = 1; n <= 5; n++) for (const name of ["a", "b"]) report(world, name, ["{}", `{"n":${n}}`], [`{"m":1}`, "{}"]);
    await settle();
    assert.equal(control.writes, 0);
    await world.clock.advance(100);
    assert.equal(control.writes, 1);
    assert.deepEqual(world.offsets.all("b"), [['{"m":1}', "{}"], ["{}", '{"n":5}']]);
    report(world, "a", ['{"m":1}', null]);
    await world.clock.advance(100);
    assert.deepEqual(world.offsets.all("a"), [["{}", '{"n":5}']]);
    await world.clock.advance(60_000);
    assert.equal(control.writes, 2, "nothing is written when nothing came");
  }, { replace: ({ offsets }) => ({ offsets: control.wrap(offsets) }) });
});

Deno.test("Offsets that cannot be stored are kept, said to be kept, and stored once the store takes them", async () => {
  const control = breakable();
  await inWorld(async (world) => {
    await running(world, "a");
    control.broken = "the disk is full";
    report(world, "a", ["{}", '{"n":1}']);
    await world.clock.advance(30_000);
    report(world, "a", ["{}", '{"n":2}']);
    assert.ok(control.writes >= 25);
    assert.equal(world.errors.filter((line) => line.includes("Cannot store source offsets")).length, 1);
    assert.match(world.errors[0] ?? "", /the disk is full/);
    assert.equal((await world.api.health()).status, "unhealthy");
    assert.equal(world.shown("a"), "RUNNING RUNNING");
    await settle();
    assert.deepEqual(await world.api.offsets("a"), [{ partition: {}, offset: { n: 2 } }]);
    control.broken = undefined;
    await world.clock.advance(1_000);
    assert.equal(world.offsets.read("a", "{}"), '{"n":2}');
    assert.equal((await world.api.health()).status, "healthy");
  }, { replace: ({ offsets }) => ({ offsets: control.wrap(offsets) }) });
});

Deno.test("A task reads the newest offsets, stored or not yet, in the order it asked", () =>
  inWorld(async (world) => {
    await running(world, "a");
    world.offsets.write(new Map([["a", [["p1", "old"], ["p2", "stored"], ["p4", "gone"]]], ["b", [["p3", "another's"]]]]), false);
    report(world, "a", ["p1", "new"], ["p4", null]);
    world.spawner.hostOf("a").say({ is: "offsets.read", call: 9, connector: "a", partitions: ["p2", "p3", "p1", "p4"] });
    await settle();
    assert.deepEqual(world.spawner.hostOf("a").told.at(-1), { do: "answer", call: 9, ok: ["stored", null, "new", null] });
  }));

Deno.test("The last offsets of a task are stored before its successor starts", () =>
  inWorld(async (world) => {
    await running(world, "a");
    world.spawner.stopsAtOnce = false;
    const restarted = world.api.restartTask("a", 0);
    await settle();
    const host = world.spawner.hostOf("a");
    const held = host.held("a", 0);
    assert.ok(held);
    report(world, "a", ["{}", '{"n":3}']);
    host.finish(held);
    await restarted;
    assert.equal(world.offsets.read("a", "{}"), '{"n":3}');
    world.spawner.stopsAtOnce = true;
  }));

Deno.test("Worker.offsets() gives whole numbers every digit", () =>
  inWorld(async (world) => {
    await running(world, "a");
    report(world, "a", ['{"file":"x"}', '{"big":9223372036854775807,"half":0.5,"text":"t","no":null,"yes":true}'], ["null", "{}"]);
    await settle();
    assert.deepEqual(await world.api.offsets("a"), [
      { partition: { file: "x" }, offset: { big: 9223372036854775807n, half: 0.5, text: "t", no: null, yes: true } },
      { partition: null, offset: {} },
    ]);
    assert.deepEqual(await refusalOf(world.api.offsets("ghost")), ["not_found", "Connector ghost not found"]);
  }));

Deno.test("Worker.alterOffsets() refuses in Kafka Connect's order", () =>
  inWorld(async (world) => {
    const one: OffsetPair[] = [{ partition: { f: "x" }, offset: { n: 1 } }];
    assert.deepEqual(await refusalOf(world.api.alterOffsets("ghost", [])), [
      "invalid",
      "Partitions / offsets need to be provided for an alter offsets request",
    ]);
    for (const call of [() => world.api.alterOffsets("ghost", one), () => world.api.resetOffsets("ghost")]) {
      assert.deepEqual(await refusalOf(call()), ["not_found", "Connector ghost not found"]);
    }
    await running(world, "a");
    for (const act of ["pause", "resume"] as const) {
      await world.api[act]("a");
      for (const call of [() => world.api.alterOffsets("a", one), () => world.api.resetOffsets("a")]) {
        assert.deepEqual(await refusalOf(call()), ["invalid", NOT_STOPPED]);
      }
    }
    await world.api.stop("a");
    for (const [value, type] of [[{ a: 1 }, "MAP"], [[1], "ARRAY"]] as const) {
      const nested = [{ partition: { file: value }, offset: null }] as unknown as OffsetPair[];
      assert.deepEqual(await refusalOf(world.api.alterOffsets("a", nested)), [
        "internal",
        `Offsets may only contain primitive types as values, but field file contains ${type}`,
      ]);
    }
  }));

Deno.test("Worker.alterOffsets() asks the connector, then stores; the last of equal partitions counts", () =>
  inWorld(async (world) => {
    await stopped(world, "a");
    world.offsets.write(new Map([["a", [['{"f":"kept"}', '{"n":1}'], ['{"f":"gone"}', '{"n":1}']]]]), false);
    let asked: unknown;
    world.spawner.serve = (request) => {
      asked = request;
      return { ok: false };
    };
    const message = await world.api.alterOffsets("a", [
      { partition: { f: "x", b: 2 }, offset: { n: 1 } },
      { partition: { f: "gone" }, offset: null },
      { partition: { b: 2, f: "x" }, offset: { n: 9007199254740993n } },
      { partition: null, offset: null },
    ]);
    assert.match(message, /^The Connect framework-managed offsets for this connector have been altered successfully\. However, if/);
    assert.deepEqual((asked as { offsets: unknown }).offsets, [
      ['{"f":"gone"}', null],
      ['{"b":2,"f":"x"}', '{"n":9007199254740993}'],
      [null, null],
    ]);
    assert.deepEqual(world.offsets.all("a"), [['{"b":2,"f":"x"}', '{"n":9007199254740993}'], ['{"f":"kept"}', '{"n":1}']]);
    world.spawner.serve = () => ({ ok: true });
    assert.equal(
      await world.api.alterOffsets("a", [{ partition: {}, offset: {} }]),
      "The offsets for this connector have been altered successfully",
    );
  }));

Deno.test("Worker.alterOffsets() passes on what Connect's own exceptions say and hides what others do", () =>
  inWorld(async (world) => {
    await stopped(world, "a");
    const cases = [
      ["org.apache.kafka.connect.errors.ConnectException", "Partition objects cannot be null"],
      [
        "java.lang.UnsupportedOperationException",
        "Failed to modify offsets for connector a because it doesn't support external modification of offsets",
      ],
      ["TypeError", "Failed to modify offsets for source connector a"],
    ] as const;
    for (const [javaClass, expected] of cases) {
      world.spawner.serve = () => ({ error: "Partition objects cannot be null", javaClass });
      assert.deepEqual(await refusalOf(world.api.alterOffsets("a", [{ partition: {}, offset: {} }])), ["internal", expected]);
    }
    world.spawner.serve = () => "never";
    const late = refusalOf(world.api.alterOffsets("a", [{ partition: {}, offset: {} }]));
    await world.clock.advance(31_000);
    assert.deepEqual(await late, ["internal", "Timed out while calling the 'alterOffsets' method for source connector a"]);
    assert.deepEqual(world.offsets.all("a"), []);
  }));

Deno.test("Worker.resetOffsets() tells the connector of every partition and forgets them all, again and again", () =>
  inWorld(async (world) => {
    await stopped(world, "a");
    world.offsets.write(new Map([["a", [["null", "{}"], ['{"f":1}', "{}"]]], ["b", [["{}", "{}"]]]]), false);
    let asked: unknown;
    world.spawner.serve = (request) => {
      asked = request;
      return { ok: true };
    };
    const message = "The offsets for this connector have been reset successfully";
    assert.equal(await world.api.resetOffsets("a"), message);
    assert.deepEqual((asked as { offsets: unknown }).offsets, [[null, null], ['{"f":1}', null]]);
    assert.deepEqual(world.offsets.all("a"), []);
    assert.deepEqual(world.offsets.all("b"), [["{}", "{}"]]);
    assert.equal(await world.api.resetOffsets("a"), message);
  }));

Deno.test("Worker.alterOffsets() waits for tasks that are still stopping, so that their last offsets do not come after", () =>
  inWorld(async (world) => {
    await running(world, "a");
    world.spawner.stopsAtOnce = false;
    await world.api.stop("a");
    const altered = world.api.alterOffsets("a", [{ partition: {}, offset: { n: 100 } }]);
    await settle();
    assert.deepEqual(world.offsets.all("a"), []);
    report(world, "a", ["{}", '{"n":5}']);
    const host = world.spawner.hostOf("a");
    const held = host.held("a", 0);
    assert.ok(held);
    host.finish(held);
    await altered;
    await world.clock.advance(5_000);
    assert.equal(world.offsets.read("a", "{}"), '{"n":100}');
    world.spawner.stopsAtOnce = true;
  }));

Deno.test("A connector that is resumed while its offsets are altered starts after that", () =>
  inWorld(async (world) => {
    await stopped(world, "a");
    const { serve } = world.spawner;
    world.spawner.serve = (request) => request.what === "alterOffsets" ? "never" : serve(request);
    const altered = refusalOf(world.api.alterOffsets("a", [{ partition: {}, offset: {} }]));
    await settle();
    await world.api.resume("a");
    await settle();
    assert.deepEqual(world.spawner.generations("a", 0), []);
    await world.clock.advance(31_000);
    await altered;
    assert.equal(world.shown("a"), "RUNNING RUNNING");
  }));

Deno.test("Worker.topics() lists what tasks have written to, until reset", () =>
  inWorld(async (world) => {
    await running(world, "a");
    const host = world.spawner.hostOf("a");
    const held = host.held("a", 0);
    assert.ok(held);
    host.say({ is: "topics", task: held.ref, topics: ["t2", "t1"] });
    await settle();
    assert.deepEqual([...world.api.topics("a")].sort(), ["t1", "t2"]);
    await world.clock.advance(1_000);
    assert.deepEqual(world.api.topics("a"), ["t1", "t2"]);
    world.api.resetTopics("a");
    assert.deepEqual(world.api.topics("a"), []);
    await world.clock.advance(1_000);
    assert.deepEqual(world.api.topics("a"), []);
    report(world, "a", ["{}", '{"n":1}']);
    await world.clock.advance(1_000);
    assert.deepEqual(world.api.topics("a"), ["t1", "t2"], "it goes on writing");
    assert.deepEqual(world.api.topics("ghost"), []);
    world.api.resetTopics("ghost");
  }));

Deno.test("Worker.topics() and resetTopics() refuse what the worker's config forbids", async () => {
  await inWorld((world) => {
    for (const call of [() => world.api.topics("a"), () => world.api.resetTopics("a")]) {
      assert.throws(call, { code: "forbidden", message: "Topic tracking is disabled." });
    }
    return Promise.resolve();
  }, { properties: { "topic.tracking.enable": "false" } });
  await inWorld((world) => {
    assert.deepEqual(world.api.topics("a"), []);
    assert.throws(() => world.api.resetTopics("a"), { code: "forbidden", message: "Topic tracking reset is disabled." });
    return Promise.resolve();
  }, { properties: { "topic.tracking.allow.reset": "false" } });
});
