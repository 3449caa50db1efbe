/** A file that is replaced by renaming another over it, as careful writers do, is another file however much it looks like the old one. */
import assert from "node:assert/strict";
import { SpoolScene, values } from "../../../fakes/spool_scene.ts";

/** A header of 9000 bytes: more than what is hashed of a file's beginning. */
const HEADER = `${"a".repeat(9000)}\n`;

/** Puts a file of that content and the time of all files into the place of x.csv. */
async function replace(scene: SpoolScene, rows: string, mtime?: number): Promise<void> {
  await scene.write("x.new", HEADER + rows, mtime);
  await Deno.rename(scene.path("x.new"), scene.path("in/x.csv"));
}

Deno.test("a file that is replaced while it is read is read from its start, with the same beginning, length and time too", async () => {
  for (const [rows, mtime] of [["5\n6\n7\n8\n"], ["5\n6\n7\n8\n9\n", undefined], ["5\n6\n7\n8\n", 1_700_000_009_000]] as const) {
    using scene = await SpoolScene.open();
    await scene.write("in/x.csv", `${HEADER}1\n2\n3\n4\n`);
    const task = await scene.start({ "batch.size": "2" });
    assert.deepEqual(values(await task.poll()), [["1"], ["2"]]);
    await replace(scene, rows, mtime);
    assert.deepEqual(values(await task.drain()), rows.trim().split("\n").map((cell) => [cell]));
    await task.stop();
  }
});

Deno.test("a file that is replaced once it was read and before it is moved away is read too", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", `${HEADER}1\n2\n`);
  const task = await scene.start();
  assert.deepEqual(values(await task.poll()), [["1"], ["2"]]);
  assert.equal(await task.poll(), null);
  await replace(scene, "3\n4\n");
  assert.deepEqual(values(await task.drain()), [["3"], ["4"]]);
  assert.deepEqual(scene.tree("finished"), ["x.csv/", "x.csv/x.csv"]);
  await task.stop();
});

Deno.test("a file that is replaced between two runs is read from its start", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", `${HEADER}1\n2\n3\n4\n`);
  const first = await scene.start({ "batch.size": "2" });
  await first.poll();
  await first.acknowledge();
  await first.stop();
  await replace(scene, "5\n6\n7\n8\n");
  const second = await scene.start();
  assert.deepEqual(values(await second.drain()), [["5"], ["6"], ["7"], ["8"]]);
  await second.stop();
});

Deno.test("a file left in place is read again when it is replaced, in this run and in the next", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", `${HEADER}1\n`);
  const none = { "cleanup.policy": "NONE" };
  const task = await scene.start(none);
  assert.deepEqual(values(await task.drain()), [["1"]]);
  await replace(scene, "2\n");
  assert.deepEqual(values(await task.drain()), [["2"]]);
  await task.stop();
  await replace(scene, "3\n");
  const next = await scene.start(none);
  assert.deepEqual(values(await next.drain()), [["3"]]);
  assert.deepEqual(await next.drain(), []);
  await next.stop();
});
