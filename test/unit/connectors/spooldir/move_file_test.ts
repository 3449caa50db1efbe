import assert from "node:assert/strict";
import { join } from "node:path";
import { moveFile, removeEmptyParents, type TargetDirectory } from "../../../../connectors/spooldir/move_file.ts";
import { FakeLog } from "../../../fakes/fake_log.ts";
import { MTIME, SpoolScene } from "../../../fakes/spool_scene.ts";

function below(root: string, path: string): TargetDirectory {
  return { key: "finished.path", root, path: join(root, path) };
}

Deno.test("moveFile() never overwrites, and says where the file went", async () => {
  using scene = await SpoolScene.open();
  for (const content of ["one", "two", "three"]) {
    await scene.write("in/a.csv", content);
    await moveFile(scene.path("in/a.csv"), below(scene.path("finished"), "deep/er"), "a.csv");
  }
  const contents = ["a.csv", "a.1.csv", "a.2.csv"].map((name) => Deno.readTextFileSync(scene.path(`finished/deep/er/${name}`)));
  assert.deepEqual(contents, ["one", "two", "three"]);
  assert.deepEqual(scene.tree("in"), []);
});

Deno.test("moveFile() leaves nothing behind when the source is gone", async () => {
  using scene = await SpoolScene.open();
  await assert.rejects(() => moveFile(scene.path("in/a.csv"), below(scene.path("finished"), "."), "a.csv"), Deno.errors.NotFound);
  assert.deepEqual(scene.tree("finished"), []);
});

Deno.test("moveFile() makes what is missing below the configured directory, and never that directory itself", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", "content");
  await Deno.remove(scene.path("finished"));
  await assert.rejects(() => moveFile(scene.path("in/a.csv"), below(scene.path("finished"), "sub"), "a.csv"), (error: Error) => {
    assert.match(
      error.message,
      /^There is no directory '.*finished', which is finished\.path, and it is not made here.*: mount it or make it$/,
    );
    return !(error instanceof Deno.errors.NotFound);
  });
  await scene.write("finished", "no directory");
  await assert.rejects(() => moveFile(scene.path("in/a.csv"), below(scene.path("finished"), "sub"), "a.csv"), /There is no directory/);
  assert.deepEqual(scene.tree(), ["error/", "finished", "in/", "in/a.csv"]);
});

/** A directory of another file system, or undefined where there is none to be had. */
function otherFileSystem(): string | undefined {
  try {
    const here = Deno.makeTempDirSync();
    const { dev } = Deno.statSync(here);
    Deno.removeSync(here);
    return Deno.statSync("/dev/shm").dev === dev ? undefined : "/dev/shm";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const OTHER = otherFileSystem();

Deno.test({
  name: `moveFile() copies to another file system, times included, before it removes${
    OTHER === undefined ? " (skipped: there is no second one)" : ""
  }`,
  ignore: OTHER === undefined,
  fn: async () => {
    using scene = await SpoolScene.open();
    await scene.write("in/a.csv", "content");
    const target = await Deno.makeTempDir(OTHER === undefined ? {} : { dir: OTHER });
    try {
      const moved = await moveFile(scene.path("in/a.csv"), below(target, "below"), "a.csv");
      assert.equal(await Deno.readTextFile(moved), "content");
      assert.equal((await Deno.stat(moved)).mtime?.getTime(), MTIME);
      assert.deepEqual(scene.tree("in"), []);
    } finally {
      await Deno.remove(target, { recursive: true });
    }
  },
});

Deno.test("removeEmptyParents() removes true, empty directories below the root and nothing else", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a/keep.csv", "");
  await Deno.mkdir(scene.path("in/a/b/c"), { recursive: true });
  const log = new FakeLog();
  await removeEmptyParents(scene.path("in/a/b/c/gone.csv"), scene.path("in"), log);
  assert.deepEqual(scene.tree("in"), ["a/", "a/keep.csv"]);
  assert.equal(log.matching("debug", "Cannot clean up").length, 1);
  await Deno.remove(scene.path("in/a/keep.csv"));
  await removeEmptyParents(scene.path("in/a/gone.csv"), scene.path("in"), log);
  assert.deepEqual(scene.tree("in"), []);
  await Deno.symlink(scene.path("finished"), scene.path("in/link"));
  await removeEmptyParents(scene.path("in/link/gone.csv"), scene.path("in"), log);
  assert.deepEqual(scene.tree("in"), ["link"], "a link is no directory");
});
