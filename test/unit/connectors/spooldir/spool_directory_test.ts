import assert from "node:assert/strict";
import { type DirectorySettings, SpoolDirectory } from "../../../../connectors/spooldir/spool_directory.ts";
import { isShareOf, nameHash } from "../../../../connectors/spooldir/task_share.ts";
import { MTIME, SpoolScene } from "../../../fakes/spool_scene.ts";

function directory(scene: SpoolScene, settings: Partial<DirectorySettings> = {}): SpoolDirectory {
  return new SpoolDirectory({
    inputPath: scene.path("in"),
    matches: (name) => name.endsWith(".csv"),
    recursive: false,
    excluded: [],
    minimumAgeMs: 0,
    sortBy: ["NameAsc"],
    task: 0,
    tasks: 1,
    flags: { extension: ".PROCESSING", leaseMs: 600_000, owner: { connector: "c", task: 0 }, now: () => scene.now, log: scene.log },
    ...settings,
  });
}

async function names(scene: SpoolScene, settings: Partial<DirectorySettings> = {}): Promise<string[]> {
  return (await directory(scene, settings).list(() => false)).map((file) => file.relative);
}

Deno.test("SpoolDirectory.list() takes regular files with matching names, linked ones too, and no directory", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", "");
  await scene.write("in/b.txt", "");
  await scene.write("elsewhere.csv", "");
  await Deno.mkdir(scene.path("in/dir.csv"));
  await Deno.symlink(scene.path("elsewhere.csv"), scene.path("in/link.csv"));
  await Deno.symlink(scene.path("nowhere.csv"), scene.path("in/dangling.csv"));
  await Deno.symlink(scene.path("error"), scene.path("in/linkdir.csv"));
  assert.deepEqual(await names(scene), ["a.csv", "link.csv"]);
});

Deno.test("SpoolDirectory.list() says once of each name that is not UTF-8 that its file is never read", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/caf\ufffd.csv", "the name is odd, but its own");
  const script = "for name in 'a\\351.csv' 'b\\377.csv' 'c\\351.txt'; do : > \"$(printf \"$name\")\"; done";
  assert.ok((await new Deno.Command("sh", { args: ["-c", script], cwd: scene.path("in") }).output()).success);
  const listed = directory(scene);
  for (let i = 0; i < 3; i++) assert.deepEqual((await listed.list(() => false)).map((file) => file.relative), ["caf\ufffd.csv"]);
  const said = scene.log.lines.filter(({ message }) => message.includes("its name is not UTF-8"));
  assert.deepEqual(said.map(({ level, fields }) => [level, fields.file]).sort(), [
    ["warn", scene.path("in/a\ufffd.csv")],
    ["warn", scene.path("in/b\ufffd.csv")],
  ]);
});

Deno.test("SpoolDirectory.list() never takes flags and permission checks for data", async () => {
  using scene = await SpoolScene.open();
  for (const name of ["a.csv", "b.csv.PROCESSING", ".permission123.testing", "c"]) await scene.write(`in/${name}`, "", scene.now - 700_000);
  assert.deepEqual(await names(scene, { matches: () => true }), ["a.csv", "c"]);
});

Deno.test("SpoolDirectory.list() walks into sub-directories but not into links and excluded trees", async () => {
  using scene = await SpoolScene.open();
  for (const path of ["z.csv", "s1/f.csv", "s1/s2/g.csv", "done/h.csv"]) await scene.write(`in/${path}`, "");
  await Deno.symlink(scene.path("in/s1"), scene.path("in/linked"));
  const settings = { recursive: true, excluded: [scene.path("in/done")] };
  assert.deepEqual(await names(scene, settings), ["s1/f.csv", "s1/s2/g.csv", "z.csv"]);
  assert.deepEqual(await names(scene), ["z.csv"]);
});

Deno.test("SpoolDirectory.list() sorts by name in code units, length and time, later attributes breaking ties", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/b.csv", "22", MTIME + 2000);
  await scene.write("in/B.csv", "1", MTIME + 1000);
  await scene.write("in/a.csv", "1", MTIME + 3000);
  const orders = {
    NameAsc: ["B.csv", "a.csv", "b.csv"],
    NameDesc: ["b.csv", "a.csv", "B.csv"],
    LengthDesc: ["b.csv", "B.csv", "a.csv"],
    LastModifiedAsc: ["B.csv", "b.csv", "a.csv"],
    LastModifiedDesc: ["a.csv", "b.csv", "B.csv"],
  } as const;
  for (const [attribute, expected] of Object.entries(orders)) {
    assert.deepEqual(await names(scene, { sortBy: [attribute as keyof typeof orders, "NameAsc"] }), expected, attribute);
  }
  assert.deepEqual(await names(scene, { sortBy: ["LengthAsc", "NameDesc"] }), ["a.csv", "B.csv", "b.csv"]);
  assert.equal((await names(scene, { sortBy: [] })).length, 3);
});

Deno.test("SpoolDirectory.list() waits until a file is old enough, and for one from the future until then, with one warning", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", "", scene.now - 999);
  await scene.write("in/b.csv", "", scene.now + 5000);
  const listed = directory(scene, { minimumAgeMs: 1000 });
  const list = async () => (await listed.list(() => false)).map((file) => file.name);
  assert.deepEqual(await list(), []);
  scene.now += 1;
  assert.deepEqual(await list(), ["a.csv"]);
  assert.equal(scene.log.matching("warn", "dated in the future").length, 1);
  scene.now += 6000;
  assert.deepEqual(await list(), ["a.csv", "b.csv"]);
});

Deno.test("SpoolDirectory.list() counts a directory it cannot list as empty, reminds each minute, and says when it is back", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", "");
  const listed = directory(scene);
  await listed.list(() => false);
  await Deno.rename(scene.path("in"), scene.path("away"));
  for (let i = 0; i <= 12; i++) {
    assert.deepEqual(await listed.list(() => false), []);
    scene.now += 10_000;
  }
  await Deno.rename(scene.path("away"), scene.path("in"));
  for (let i = 0; i < 2; i++) assert.equal((await listed.list(() => false)).length, 1);
  assert.deepEqual(scene.log.lines.map(({ level, message, fields }) => [level, message, fields.directory]), [
    ["warn", "Cannot list a directory: its files are not seen", scene.path("in")],
    ["warn", "Cannot list a directory: its files are not seen, for 60 seconds now", scene.path("in")],
    ["warn", "Cannot list a directory: its files are not seen, for 120 seconds now", scene.path("in")],
    ["info", "A directory can be listed again after 130 seconds", scene.path("in")],
  ]);
});

Deno.test("SpoolDirectory.list() holds a postponed file back until it stays as it is for a second", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", "1", scene.now);
  const listed = directory(scene);
  const [file] = await listed.list(() => false);
  if (file === undefined) throw new Error("a.csv is there");
  listed.postpone(file);
  await scene.append("in/a.csv", "2");
  scene.now += 5000;
  assert.deepEqual(await listed.list(() => false), [], "it has changed: the second starts again");
  scene.now += 999;
  assert.deepEqual(await listed.list(() => false), []);
  assert.equal(listed.hasGrowing, true);
  scene.now += 1;
  assert.equal((await listed.list(() => false)).length, 1);
  assert.equal(listed.hasGrowing, false);
});

Deno.test("SpoolDirectory forgets a growing file that is gone", async () => {
  using scene = await SpoolScene.open();
  const listed = directory(scene);
  listed.postpone({ name: "a.csv", path: scene.path("in/a.csv"), relative: "a.csv", length: 1, lastModified: 0 });
  await listed.list(() => false);
  assert.equal(listed.hasGrowing, false);
});

Deno.test("nameHash() is the reference's Adler-32 over UTF-16", () => {
  const table: readonly (readonly [string, number, number, number, number])[] = [
    ["a.csv", 172884444, 0, 0, 0],
    ["b.csv", 173539805, 1, 2, 1],
    ["orders-2024-01-01.csv", -1902901733, 1, 2, 1],
    ["orders-2024-01-02.csv", -1902246372, 0, 0, 0],
    ["csv-spooldir-source.csv", -607778530, 0, 1, 2],
    ["é.csv", 262013540, 0, 2, 0],
  ];
  for (const [name, hash, ...shares] of table) {
    assert.equal(nameHash(name), hash, name);
    for (const [i, tasks] of [2, 3, 4].entries()) assert.equal(isShareOf(name, shares[i] as number, tasks), true, `${name} of ${tasks}`);
  }
});

Deno.test("SpoolDirectory.list() gives each file to one of the tasks", async () => {
  using scene = await SpoolScene.open();
  const all = Array.from({ length: 30 }, (_, i) => `orders-${String(i).padStart(2, "0")}.csv`);
  for (const name of all) await scene.write(`in/${name}`, "");
  const shares = await Promise.all([0, 1, 2].map((task) => names(scene, { task, tasks: 3 })));
  assert.deepEqual(shares.flat().sort(), all);
  assert.ok(shares.every((share) => share.length > 0));
});
