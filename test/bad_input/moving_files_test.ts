/** Files that do not keep still: deleted or still written while they are read, and read by two at once. */
import assert from "node:assert/strict";
import { pause, until } from "../until.ts";
import { Ground } from "./ground.ts";
import { idsFrom, rows, SLOW_FILE_ROWS as ROWS, SLOWLY, Spool } from "./spool.ts";

/** librdkafka's threads answer when they like, and the ground outlives its tests. */
const shared = { sanitizeOps: false, sanitizeResources: false } as const;

let ground: Ground;
Deno.test.beforeAll(async () => {
  ground = await Ground.lay();
});
Deno.test.afterAll(() => ground[Symbol.asyncDispose]());

Deno.test(
  { name: "file that is deleted while it is read is read to its end, and the log says that there is nothing to move", ...shared },
  async () => {
    const spool = await Spool.open(ground, "deleted");
    await spool.drop("rows.csv", `id,text\n${rows(1, ROWS)}`);
    await spool.connect(SLOWLY);
    await spool.isBeingRead();
    await Deno.remove(spool.path("in/rows.csv"));
    await spool.delivers(idsFrom(1, ROWS));
    await ground.logged(/ERROR \[deleted\|task-0\] A file was deleted while it was read.*rows\.csv/);
    assert.deepEqual([...spool.files("in"), ...spool.files("finished"), ...spool.files("error")], []);
    assert.equal((await ground.program.status("deleted"))?.tasks[0]?.state, "RUNNING");
    await ground.othersGoOn();
  },
);

Deno.test(
  { name: "file that is deleted before its turn is passed over with a line in the log", ...shared },
  async () => {
    const spool = await Spool.open(ground, "vanished");
    await spool.drop("a.csv", `id,text\n${rows(1, ROWS)}`);
    await spool.drop("b.csv", "id,text\n100001,never read\n");
    await spool.drop("c.csv", "id,text\n100002,read\n");
    await spool.connect(SLOWLY);
    await spool.isBeingRead();
    await Deno.remove(spool.path("in/b.csv"));
    await spool.delivers([...idsFrom(1, ROWS), "100002"]);
    await ground.logged(/WARN +\[vanished\|task-0\] A file went away before it was read.*b\.csv/);
    await ground.othersGoOn();
  },
);

Deno.test({ name: "file that is still being written when it is found gives every row once and whole", ...shared }, async () => {
  const spool = await Spool.open(ground, "growing");
  await spool.connect();
  await Deno.writeTextFile(spool.path("in/rows.csv"), "id,text\n1,te");
  for (let id = 1; id < 200; id++) {
    // Each piece ends in the middle of a row; the connector looks many times in between.
    await Deno.writeTextFile(spool.path("in/rows.csv"), `xt ${id}\n${id + 1},te`, { append: true });
    await pause(5);
  }
  await Deno.writeTextFile(spool.path("in/rows.csv"), "xt 200\n", { append: true });
  await spool.has("finished", "rows.csv");
  await spool.delivers(idsFrom(1, 200));
  assert.deepEqual(await texts("growing"), idsFrom(1, 200).map((id) => `text ${id}`));
  await ground.othersGoOn();
});

Deno.test({ name: "file that is written to while it is read gives every row once and whole, and the log says so", ...shared }, async () => {
  const spool = await Spool.open(ground, "appended");
  await spool.drop("rows.csv", `id,text\n${rows(1, ROWS)}`);
  await spool.connect(SLOWLY);
  await spool.isBeingRead();
  await Deno.writeTextFile(spool.path("in/rows.csv"), `${rows(ROWS + 1, ROWS + 100)}${ROWS + 101},te`, {
    append: true,
  });
  await ground.logged(/WARN +\[appended\|task-0\] A file is being written while it is read.*rows\.csv/);
  await Deno.writeTextFile(spool.path("in/rows.csv"), `xt ${ROWS + 101}\n`, { append: true });
  await spool.has("finished", "rows.csv");
  await spool.delivers(idsFrom(1, ROWS + 101));
  assert.deepEqual(await texts("appended"), idsFrom(1, ROWS + 101).map((id) => `text ${id}`));
  await ground.othersGoOn();
});

Deno.test(
  { name: "two connectors on one folder share its files: every row arrives once, and the log says who has which", ...shared },
  async () => {
    const first = await Spool.open(ground, "twin-1");
    const second = await Spool.open(ground, "twin-2", first.topic);
    const folders = { "input.path": first.path("in"), "finished.path": first.path("finished"), "error.path": first.path("error") };
    await second.connect(folders);
    await ground.program.untilState("twin-2", "RUNNING");
    await ground.program.json("PUT", "/connectors/twin-2/pause");
    await ground.program.untilState("twin-2", "PAUSED");
    await first.drop("0.csv", `id,text\n${rows(1, ROWS)}`);
    await first.connect({ ...folders, ...SLOWLY });
    await first.isBeingRead();
    for (let file = 1; file <= 20; file++) {
      await first.drop(`${file}.csv`, `id,text\n${rows(ROWS + file * 100 - 99, ROWS + file * 100)}`);
    }
    await ground.program.json("PUT", "/connectors/twin-2/resume");
    const line = await ground.logged(/WARN +\[twin-2\|task-0\] Skipping a file that another reader has flagged/);
    assert.match(line, /0\.csv/);
    assert.match(line, /connector twin-1, task 0, process \d+/);
    await until("all files are finished", () => first.files("finished").length === 21 ? true : undefined);
    const ids = await first.ids();
    assert.deepEqual(ids.toSorted((a, b) => Number(a) - Number(b)), idsFrom(1, ROWS + 2000));
    assert.deepEqual([...first.files("in"), ...first.files("error")], []);
    for (const name of ["twin-1", "twin-2"]) assert.equal((await ground.program.status(name))?.tasks[0]?.state, "RUNNING");
    await ground.othersGoOn();
  },
);

Deno.test({
  name: "folder that goes away under a running connector is named in the log, and its files are read once it is back",
  ...shared,
}, async () => {
  const spool = await Spool.open(ground, "folder");
  await spool.connect();
  await spool.drop("a.csv", "id,text\n1,a\n");
  await spool.delivers(["1"]);
  await spool.has("finished", "a.csv");
  await Deno.rename(spool.path("in"), spool.path("elsewhere"));
  await ground.logged(/WARN +\[folder\|task-0\] Cannot list a directory: its files are not seen directory=\S+\/folder\/in /);
  await ground.othersGoOn();
  await Deno.rename(spool.path("elsewhere"), spool.path("in"));
  await spool.drop("b.csv", "id,text\n2,b\n");
  await spool.delivers(["1", "2"]);
});

Deno.test({ name: "SIGTERM after all that moved ends the worker with 0", ...shared }, async () => {
  await ground.othersGoOn();
  await ground.stopsCleanly();
});

/** The field `text` of every record. */
async function texts(topic: string): Promise<string[]> {
  return (await ground.values(topic)).map((value) => JSON.parse(value).text);
}
