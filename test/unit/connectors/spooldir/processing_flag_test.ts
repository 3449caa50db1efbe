import assert from "node:assert/strict";
import { hostname } from "node:os";
import { type FlagSettings, judgeFlag, ProcessingFlag } from "../../../../connectors/spooldir/processing_flag.ts";
import { SpoolScene } from "../../../fakes/spool_scene.ts";

const LEASE_MS = 600_000;

function settings(scene: SpoolScene, connector: string): FlagSettings {
  return { extension: ".PROCESSING", leaseMs: LEASE_MS, owner: { connector, task: 0 }, now: () => scene.now, log: scene.log };
}

/** A process id that no process has. */
async function deadPid(): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "null" }).spawn();
  await child.status;
  return child.pid;
}

Deno.test("ProcessingFlag.take() names host, process, connector, task and time in the flag", async () => {
  using scene = await SpoolScene.open();
  const flag = await ProcessingFlag.take(scene.path("in/a.csv"), settings(scene, "one"));
  const note = JSON.parse(await Deno.readTextFile(scene.path("in/a.csv.PROCESSING")));
  assert.deepEqual([note.host, note.pid, note.connector, note.task], [hostname(), Deno.pid, "one", 0]);
  assert.equal(note.since, new Date(scene.now).toISOString());
  await flag?.remove();
  assert.deepEqual(scene.tree("in"), []);
});

Deno.test("ProcessingFlag.take() gives a file to one of two connectors", async () => {
  using scene = await SpoolScene.open();
  const path = scene.path("in/a.csv");
  const flags = await Promise.all(["one", "two"].map((connector) => ProcessingFlag.take(path, settings(scene, connector))));
  assert.equal(flags.filter((flag) => flag !== undefined).length, 1);
});

Deno.test("ProcessingFlag.take() takes over what a crash has left: this task's own, a dead process's, one past its lease", async () => {
  using scene = await SpoolScene.open();
  const path = scene.path("in/a.csv");
  const note = { host: hostname(), pid: await deadPid(), process: "p", connector: "two", task: 0, token: "t" };
  const left: readonly (readonly [string, number])[] = [
    [JSON.stringify(note) + "\n", scene.now],
    [JSON.stringify({ ...note, pid: Deno.pid }) + "\n", scene.now],
    [JSON.stringify({ ...note, host: "elsewhere" }) + "\n", scene.now - LEASE_MS],
    ["", scene.now - LEASE_MS],
    ['{"host":"els', scene.now - LEASE_MS],
  ];
  for (const [text, mtime] of left) {
    await scene.write("in/a.csv.PROCESSING", text, mtime);
    assert.ok(await ProcessingFlag.take(path, settings(scene, "one")) !== undefined, text);
    assert.equal(JSON.parse(await Deno.readTextFile(scene.path("in/a.csv.PROCESSING"))).connector, "one");
  }
  assert.ok(await ProcessingFlag.take(path, settings(scene, "one")) !== undefined, "one task runs once: its flag is its predecessor's");
  assert.equal(scene.log.matching("warn", "Taking over").length, left.length + 1);
  assert.deepEqual(scene.tree("in"), ["a.csv.PROCESSING"], "nothing is left aside");
});

Deno.test("ProcessingFlag.take() gives a stale flag to one of many who want it at once", async () => {
  using scene = await SpoolScene.open();
  for (let round = 0; round < 20; round++) {
    const path = scene.path(`in/${round}.csv`);
    await scene.write(`in/${round}.csv.PROCESSING`, "", scene.now - LEASE_MS);
    const takers = ["one", "two", "three", "four"];
    const flags = await Promise.all(takers.map((connector) => ProcessingFlag.take(path, settings(scene, connector))));
    const winners = takers.filter((_, i) => flags[i] !== undefined);
    assert.equal(winners.length, 1);
    assert.equal(JSON.parse(await Deno.readTextFile(`${path}.PROCESSING`)).connector, winners[0]);
  }
  assert.equal(scene.tree("in").length, 20, "nothing is left aside");
});

Deno.test("judgeFlag() respects flags of the living, of other hosts, and of nobody within the lease", async () => {
  using scene = await SpoolScene.open();
  const note = { host: hostname(), pid: Deno.ppid, process: "p", connector: "two", task: 0, token: "t" };
  for (const text of [JSON.stringify(note) + "\n", JSON.stringify({ ...note, host: "elsewhere" }) + "\n", "", "{}\n", "{]\n"]) {
    await scene.write("in/a.csv.PROCESSING", text, scene.now - LEASE_MS + 1);
    assert.equal((await judgeFlag(scene.path("in/a.csv"), settings(scene, "one")))?.stale, false, text);
    assert.equal(await ProcessingFlag.take(scene.path("in/a.csv"), settings(scene, "one")), undefined, text);
  }
  assert.equal(await judgeFlag(scene.path("in/b.csv"), settings(scene, "one")), undefined);
});

Deno.test("ProcessingFlag.remove() and renew() leave a flag alone that another has taken over", async () => {
  using scene = await SpoolScene.open();
  const flag = await ProcessingFlag.take(scene.path("in/a.csv"), settings(scene, "one"));
  assert.equal(await flag?.isOurs(), true);
  await scene.write("in/a.csv.PROCESSING", "", scene.now);
  assert.equal(await flag?.isOurs(), false);
  await flag?.renew(scene.now + 5000);
  await flag?.remove();
  assert.equal((await Deno.stat(scene.path("in/a.csv.PROCESSING"))).mtime?.getTime(), scene.now);
});

Deno.test("ProcessingFlag.remove() is content when somebody deleted the flag", async () => {
  using scene = await SpoolScene.open();
  const flag = await ProcessingFlag.take(scene.path("in/a.csv"), settings(scene, "one"));
  await Deno.remove(scene.path("in/a.csv.PROCESSING"));
  await flag?.remove();
  assert.deepEqual(scene.tree("in"), []);
});
