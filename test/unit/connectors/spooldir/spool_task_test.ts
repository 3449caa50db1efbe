/** The poll loop: what is sent, when a file is finished, and what the directory looks like in between. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { offsets, SpoolScene, values } from "../../../fakes/spool_scene.ts";

const TWO_ROWS = "a\n1\n2\n";
const FLAG = "in/x.csv.PROCESSING";

Deno.test("SpoolTask.poll() gives the rows, and the file stays flagged until they are acknowledged", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", TWO_ROWS);
  const task = await scene.start();
  assert.deepEqual(values(await task.poll()), [["1"], ["2"]]);
  assert.deepEqual(scene.tree("in"), ["x.csv", "x.csv.PROCESSING"]);
  assert.equal(await task.poll(), null);
  assert.equal(await task.poll(), null);
  assert.deepEqual(scene.tree("in"), ["x.csv", "x.csv.PROCESSING"], "Kafka has not answered yet");
  await task.acknowledge();
  assert.deepEqual(scene.tree(), ["error/", "finished/", "finished/x.csv/", "finished/x.csv/x.csv", "in/"]);
  await task.stop();
});

Deno.test("SpoolTask.poll() pauses for empty.poll.wait.ms from the second idle poll on, and not between files", async () => {
  using scene = await SpoolScene.open();
  for (const name of ["a", "b", "c"]) await scene.write(`in/${name}.csv`, "a\n");
  const task = await scene.start({ "empty.poll.wait.ms": "30000" });
  await task.poll();
  assert.equal(scene.tree("finished").length, 6, "three files without rows are finished in one poll");
  assert.deepEqual(scene.sleeps, []);
  await task.poll();
  await task.poll();
  assert.deepEqual(scene.sleeps, [30000, 30000]);
  await scene.write("in/d.csv", TWO_ROWS);
  assert.deepEqual(values(await task.poll()), [["1"], ["2"]]);
  await task.acknowledge();
  await task.poll();
  await task.poll();
  assert.deepEqual(scene.sleeps, [30000, 30000, 30000], "records start the count again");
  assert.equal(scene.log.matching("info", "No files matching").length, 2);
  await task.stop();
});

Deno.test("SpoolTask.poll() reads the next file while earlier ones wait, and finishes each with its own last row", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", TWO_ROWS);
  await scene.write("in/b.csv", "a\n3\n");
  await scene.write("in/c.csv", "a\n");
  const task = await scene.start({ "batch.size": "1" });
  const polled = [await task.poll(), await task.poll(), await task.poll()].map(values);
  assert.deepEqual(polled, [[["1"]], [["2"]], [["3"]]]);
  await task.poll();
  await task.acknowledge(1);
  assert.deepEqual(scene.tree("in").filter((name) => name.endsWith(".csv")), ["a.csv", "b.csv"]);
  await task.acknowledge(1);
  assert.deepEqual(scene.tree("in"), ["b.csv", "b.csv.PROCESSING"]);
  await task.acknowledge();
  assert.deepEqual(scene.tree("in"), []);
  await task.stop();
});

Deno.test("SpoolTask.stop() leaves unfinished files where they are, without flags", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", TWO_ROWS);
  await scene.write("in/y.csv", TWO_ROWS);
  const task = await scene.start({ "batch.size": "1" });
  await task.poll();
  await task.poll();
  await task.poll();
  await task.stop();
  assert.deepEqual(scene.tree(), ["error/", "finished/", "in/", "in/x.csv", "in/y.csv"]);
  assert.deepEqual(scene.log.matching("error", ""), []);
});

Deno.test("SpoolTask goes on behind the last stored row after a crash: none lost, none twice", async () => {
  const rows = Array.from({ length: 10 }, (_, i) => `${i + 1}\n`).join("");
  for (let acknowledged = 0; acknowledged <= 4; acknowledged++) {
    using scene = await SpoolScene.open();
    await scene.write("in/x.csv", `a\n${rows}`);
    const crashed = await scene.start({ "batch.size": "3" });
    for (let i = 0; i < 4; i++) await crashed.poll();
    await crashed.acknowledge(Math.min(acknowledged, 3));
    // The crash: no stop, so flag and file lie as they were.
    const next = await scene.start({ "batch.size": "3" });
    const sent = values(await next.drain()).map((row) => Number((row as string[])[0]));
    const expected = Array.from({ length: 10 }, (_, i) => i + 1).slice(3 * Math.min(acknowledged, 3));
    assert.deepEqual(sent, expected);
    assert.deepEqual(scene.tree("finished"), ["x.csv/", "x.csv/x.csv"]);
    await next.stop();
  }
});

Deno.test("SpoolTask finishes a file whose rows were all sent before a crash", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", TWO_ROWS);
  const crashed = await scene.start();
  await crashed.poll();
  await crashed.acknowledge();
  const next = await scene.start();
  assert.deepEqual(await next.drain(), []);
  assert.deepEqual(scene.tree("finished"), ["x.csv/", "x.csv/x.csv"]);
  await next.stop();
});

Deno.test("SpoolTask takes a bare offset from Kafka Connect at its word: it goes on behind that row", async () => {
  for (const [header, skip, stored, first] of [[1, 0, 1, 2], [1, 0, 5, 6], [1, 2, 3, 4], [0, 0, 2, 3], [0, 2, 2, 3], [1, 0, 8, 0]]) {
    using scene = await SpoolScene.open();
    const lines = ["skip\n".repeat(skip as number), header === 1 ? "column01\n" : "", ..."12345678"].join("\n").replace(/\n\n+/g, "\n");
    await scene.write("in/x.csv", lines.replace(/^\n/, "") + "\n");
    scene.stored.set("x.csv", { offset: stored as number });
    const task = await scene.start({ "csv.first.row.as.header": String(header === 1), "csv.skip.lines": String(skip) });
    const records = await task.drain();
    const expected = [1, 2, 3, 4, 5, 6, 7, 8].filter((row) => first !== 0 && row >= (first as number));
    assert.deepEqual(offsets(records), expected, `header ${header}, skip ${skip}, stored ${stored}`);
    assert.deepEqual(values(records), expected.map((row) => [String(row)]));
    await task.stop();
  }
});

Deno.test("SpoolTask reads a new file under an old name from its start", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/f.csv", "a\n1\n2\n");
  const first = await scene.start();
  await first.drain();
  await scene.write("in/f.csv", "a\n10\n20\n30\n40\n");
  assert.deepEqual(values(await first.drain()), [["10"], ["20"], ["30"], ["40"]]);
  await first.stop();
  await scene.write("in/f.csv", "a\n5\n");
  const second = await scene.start();
  assert.deepEqual(values(await second.drain()), [["5"]]);
  assert.deepEqual(scene.tree("finished"), ["f.csv/", "f.csv/f.1.csv", "f.csv/f.2.csv", "f.csv/f.csv"], "none overwrites another");
  await second.stop();
});

Deno.test("SpoolTask sends a file again that was moved away in this run and came back as it was", async () => {
  using scene = await SpoolScene.open();
  const task = await scene.start({ "key.schema": EMPTY_KEY, "value.schema": VALUE_A });
  for (let i = 0; i < 2; i++) {
    await scene.write("in/f.csv", "a\n1\n");
    assert.deepEqual(values(await task.drain()), [["1"]]);
  }
  await task.stop();
});

Deno.test("SpoolTask tells files of the same name in different directories apart", async () => {
  using scene = await SpoolScene.open();
  for (const directory of ["s1", "s2"]) await scene.write(`in/${directory}/f.csv`, `a\n${directory}1\n${directory}2\n`);
  const crashed = await scene.start({ "input.path.walk.recursively": "true", "batch.size": "1" });
  await crashed.poll();
  await crashed.acknowledge();
  assert.deepEqual([...scene.stored.keys()], ["s1/f.csv"]);
  const next = await scene.start({ "input.path.walk.recursively": "true" });
  assert.deepEqual(values(await next.drain()), [["s12"], ["s21"], ["s22"]]);
  await next.stop();
});

Deno.test("SpoolTask under NONE reads a file once, again when it has changed, and not again after a restart", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", TWO_ROWS);
  const task = await scene.start({ "cleanup.policy": "NONE" });
  assert.deepEqual(values(await task.drain()), [["1"], ["2"]]);
  assert.deepEqual(await task.drain(), []);
  await scene.write("in/x.csv", "a\n3\n", MTIME_LATER);
  assert.deepEqual(values(await task.drain()), [["3"]]);
  await task.stop();
  const next = await scene.start({ "cleanup.policy": "NONE" });
  assert.deepEqual(await next.drain(), []);
  assert.deepEqual(scene.tree("in"), ["x.csv"]);
  await next.stop();
});

Deno.test("SpoolTask reports exactly the bad rows with errors.tolerance=all, and finishes the file", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", "a,b\n1,2\n3\n4,5\n");
  const task = await scene.start({}, "all");
  const batch = await task.pollBatch();
  assert.deepEqual(batch?.failures.map(({ row, stage }) => [row, stage]), [[1, "TASK_POLL"]]);
  assert.match(batch?.failures[0]?.error.message ?? "", /^Index 1 out of bounds for length 1.*line 3.*x\.csv/);
  assert.deepEqual([...batch?.select ?? []], [0, 2]);
  await task.acknowledge();
  await task.drain();
  assert.deepEqual(scene.tree("finished"), ["x.csv/", "x.csv/x.csv"]);
  await task.stop();
});

Deno.test("SpoolTask sends nothing of the batch with a bad row, all of those before it, and goes on with the next file", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", "a,b\n1,2\n3,4\n5\n7,8\n9,10\n");
  await scene.write("in/b.csv", "a,b\n11,12\n");
  const task = await scene.start({ "batch.size": "2", "halt.on.error": "false" });
  assert.deepEqual(values(await task.drain()), [["1", "2"], ["3", "4"], ["11", "12"]]);
  const tree = [
    "error/",
    "error/a.csv/",
    "error/a.csv/a.csv",
    "finished/",
    "finished/a.csv/",
    "finished/b.csv/",
    "finished/b.csv/b.csv",
    "in/",
  ];
  assert.deepEqual(scene.tree(), tree);
  await task.stop();
});

Deno.test("SpoolTask with halt.on.error waits for what was sent, puts the file away, then fails; a restart goes on with the next", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", "a,b\n1,2\n3,4\n5\n");
  await scene.write("in/b.csv", "a,b\n6,7\n");
  const task = await scene.start({ "batch.size": "2" });
  assert.deepEqual(values(await task.poll()), [["1", "2"], ["3", "4"]]);
  assert.equal(await task.poll(), null);
  assert.equal(await task.poll(), null);
  assert.ok(scene.tree("in").includes("a.csv"), "its first rows are not acknowledged");
  await task.acknowledge();
  await assert.rejects(
    () => task.poll(),
    /^ConnectException: java\.lang\.ArrayIndexOutOfBoundsException: Index 1 out of bounds for length 1.*line 4.*a\.csv.*halt\.on\.error=false/s,
  );
  await task.stop();
  assert.deepEqual(scene.tree("error"), ["a.csv/", "a.csv/a.csv"]);
  const next = await scene.start();
  assert.deepEqual(values(await next.drain()), [["6", "7"]]);
  await next.stop();
});

Deno.test("SpoolTask counts an empty file as finished, with a header or without", async () => {
  for (const header of ["true", "false"]) {
    using scene = await SpoolScene.open();
    await scene.write("in/a.csv", "");
    await scene.write("in/b.csv", "a\n1\n");
    const task = await scene.start({ "csv.first.row.as.header": header });
    await task.drain();
    assert.deepEqual(scene.tree("finished").filter((name) => name.endsWith("/") === false), ["a.csv/a.csv", "b.csv/b.csv"]);
    await task.stop();
  }
});

Deno.test("SpoolTask puts a growing file back, and reads each of its rows once", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", "a\n1\n2\n");
  const task = await scene.start({ "batch.size": "1" });
  assert.deepEqual(values(await task.poll()), [["1"]]);
  await scene.append("in/x.csv", "3\n4");
  assert.equal(await task.poll(), null);
  assert.deepEqual(scene.tree("in"), ["x.csv"], "free while it grows");
  await scene.append("in/x.csv", "4\n");
  const records = await task.drain();
  assert.deepEqual(values(records), [["2"], ["3"], ["44"]]);
  assert.deepEqual(offsets(records), [2, 3, 4]);
  assert.deepEqual(scene.tree("finished"), ["x.csv/", "x.csv/x.csv"]);
  assert.equal(scene.log.matching("warn", "is being written while it is read").length, 1);
  await task.stop();
});

Deno.test("SpoolTask reads rows that were appended after the last one was read", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", "a\n1\n");
  const task = await scene.start();
  await task.poll();
  await task.poll();
  await scene.append("in/x.csv", "2\n");
  await task.acknowledge();
  assert.deepEqual(scene.tree("finished"), []);
  assert.deepEqual(values(await task.drain()), [["2"]]);
  assert.deepEqual(scene.tree("finished"), ["x.csv/", "x.csv/x.csv"]);
  await task.stop();
});

Deno.test("SpoolTask starts again when a file is rewritten while it is read", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", "a\n1\n2\n3\n");
  const task = await scene.start({ "batch.size": "1" });
  await task.poll();
  await scene.write("in/x.csv", "a\n7\n8\n", scene.now);
  assert.deepEqual(values(await task.drain()), [["7"], ["8"]]);
  await task.stop();
});

Deno.test("SpoolTask waits with a file that was written just now and whose last line has no end", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", "a\n1\n2", scene.now);
  const task = await scene.start({ "empty.poll.wait.ms": "30000" });
  assert.equal(await task.poll(), null);
  assert.deepEqual(scene.tree("in"), ["x.csv"]);
  const records = await task.drain();
  assert.deepEqual(values(records), [["1"], ["2"]]);
  assert.ok(scene.sleeps.includes(1000), "it looks again soon, whatever empty.poll.wait.ms says");
  await task.stop();
});

Deno.test("SpoolTask names a file that it takes as complete although its last line has no end, once, and no other", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/open.csv", "a\n1\n2", scene.now);
  await scene.write("in/ended.csv", "a\n1\r");
  await scene.write("in/empty.csv", "");
  await scene.write("in/packed.csv.gz", gzipSync("a\n1\n"));
  const task = await scene.start({ "input.file.pattern": ".*\\.(csv|gz)" });
  await task.drain();
  await task.stop();
  await scene.write("in/wide.csv", Uint8Array.from([..."a\n1\n"].flatMap((char) => [char.charCodeAt(0), 0])));
  const wide = await scene.start({ "csv.file.charset": "UTF-16LE" });
  assert.deepEqual(values(await wide.drain()), [["1"]]);
  await wide.stop();
  const said = scene.log.lines.filter(({ level, message }) => level === "warn" && message.includes("last line has no end"));
  assert.deepEqual(said.map(({ fields }) => fields.file), [scene.path("in/open.csv")]);
});

Deno.test("SpoolTask sends what it can of a file that is deleted while it is read, says so, and goes on", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", "a\n1\n2\n");
  await scene.write("in/b.csv", "a\n3\n");
  const task = await scene.start({ "batch.size": "1" });
  await task.poll();
  await Deno.remove(scene.path("in/a.csv"));
  assert.deepEqual(values(await task.drain()), [["2"], ["3"]]);
  assert.equal(scene.log.matching("error", "was deleted while it was read").length, 1);
  assert.deepEqual(scene.tree(), ["error/", "finished/", "finished/b.csv/", "finished/b.csv/b.csv", "in/"]);
  await task.stop();
});

Deno.test("SpoolTask skips a file that went away between listing and opening", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", TWO_ROWS);
  await scene.write("in/b.csv", "a\n3\n");
  const task = await scene.start({ "batch.size": "1" });
  await task.poll();
  await Deno.remove(scene.path("in/b.csv"));
  assert.deepEqual(values(await task.drain()), [["2"]]);
  assert.equal(scene.log.matching("warn", "went away").length, 1);
  await task.stop();
});

Deno.test("SpoolTask.poll() skips a file another connector has flagged, says so once, and takes it when the flag is gone", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", TWO_ROWS);
  const one = await scene.start({ name: "one" });
  const two = await scene.start({ name: "two" });
  await one.poll();
  assert.deepEqual(await two.drain(), []);
  assert.equal(scene.log.matching("warn", "another reader has flagged").length, 1);
  await one.stop();
  assert.deepEqual(values(await two.drain()), [["1"], ["2"]]);
  await two.stop();
});

Deno.test("SpoolTask takes over the flag a crash left behind, with a warning", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", TWO_ROWS);
  await scene.write(FLAG, JSON.stringify({ host: "elsewhere", pid: 1, connector: "c", task: 0, token: "t" }) + "\n", scene.now - 500_000);
  const task = await scene.start();
  assert.deepEqual(await task.drain(), [], "still within its lease");
  scene.now += 600_000;
  assert.deepEqual(values(await task.drain()), [["1"], ["2"]]);
  assert.equal(scene.log.matching("warn", "Taking over the processing flag").length, 1);
  await task.stop();
});

Deno.test("SpoolTask leaves a file alone that another reader has taken over meanwhile", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", TWO_ROWS);
  const paused = await scene.start({ name: "paused" });
  await paused.poll();
  await paused.poll();
  await Deno.utime(scene.path(FLAG), scene.now / 1000, scene.now / 1000);
  scene.now += 600_000;
  const other = await scene.start({ name: "other" });
  await other.poll();
  await paused.acknowledge();
  assert.deepEqual(scene.tree("in"), ["x.csv", "x.csv.PROCESSING"]);
  assert.equal(scene.log.matching("warn", "Another reader has taken the file over").length, 1);
  await paused.stop();
  assert.deepEqual(scene.tree("in"), ["x.csv", "x.csv.PROCESSING"], "and the flag is the other's");
  await other.drain();
  assert.deepEqual(scene.tree("finished"), ["x.csv/", "x.csv/x.csv"]);
  await other.stop();
});

Deno.test("SpoolTask renews its flags while it waits for acknowledgements", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", TWO_ROWS);
  const task = await scene.start();
  await task.poll();
  const renewedAt = scene.now += 599_000;
  await task.poll();
  assert.equal((await Deno.stat(scene.path(FLAG))).mtime?.getTime(), renewedAt);
  await task.stop();
});

Deno.test("SpoolTask retries a move that fails, then fails itself, and never loses the file", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", TWO_ROWS);
  const task = await scene.start();
  await task.poll();
  await scene.write("finished/x.csv", "a file where the directory should be");
  await task.acknowledge();
  await assert.rejects(async () => {
    for (let i = 0; i < 1000; i++) await task.poll();
  }, /ConnectException: Cannot put away '.*in\/x\.csv' after 5 attempts/);
  assert.deepEqual(scene.tree("in"), ["x.csv", "x.csv.PROCESSING"]);
  await task.stop();
  assert.deepEqual(scene.tree("in"), ["x.csv"]);
  await Deno.remove(scene.path("finished/x.csv"));
  const next = await scene.start();
  assert.deepEqual(await next.drain(), [], "all of it was sent before");
  assert.deepEqual(scene.tree("finished"), ["x.csv/", "x.csv/x.csv"]);
  await next.stop();
});

Deno.test("SpoolTask refuses an offset no file can have, and blames no file for it", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", TWO_ROWS);
  scene.stored.set("x.csv", { offset: "five" });
  const task = await scene.start();
  await assert.rejects(() => task.poll(), /Cannot use the offset \{"offset":"five"\}.*x\.csv/);
  await task.stop();
  assert.deepEqual(scene.tree("in"), ["x.csv"]);
});

Deno.test("SpoolTask offsets hold what REST shows and, beside it, what tells the file", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", TWO_ROWS);
  const task = await scene.start();
  await task.drain();
  const { offset, ...own } = scene.stored.get("x.csv") ?? {};
  assert.equal(offset, 2);
  assert.deepEqual(Object.keys(own), ["sluice.length", "sluice.lastModified", "sluice.head", "sluice.inode"]);
  await task.stop();
});

Deno.test("SpoolTask asks for the offsets of many files at once", async () => {
  using scene = await SpoolScene.open();
  for (let i = 0; i < 250; i++) await scene.write(`in/${String(i).padStart(3, "0")}.csv`, "a\n");
  let asked = 0;
  const [config] = await scene.split();
  const task = await scene.startTask(config ?? {}, "none", () => asked++);
  await task.drain();
  assert.equal(asked, 3);
  assert.deepEqual(scene.tree("in"), []);
  await task.stop();
});

for (const [key, content] of [["finished", "a,b\n1,2\n"], ["error", "a,b\n1\n"]] as const) {
  Deno.test(`SpoolTask keeps a file whose ${key}.path has vanished, warns, and moves it once that is back`, async () => {
    using scene = await SpoolScene.open();
    await scene.write("in/x.csv", content);
    const task = await scene.start({ "halt.on.error": "false", "sluice.finished.layout": "flat" });
    await Deno.rename(scene.path(key), scene.path("unmounted"));
    await task.poll();
    await task.acknowledge();
    await task.poll();
    assert.deepEqual(scene.tree().filter((name) => name !== "unmounted/" && !name.endsWith("PROCESSING")), [
      key === "error" ? "finished/" : "error/",
      "in/",
      "in/x.csv",
    ]);
    const [warning] = scene.log.lines.filter((line) => line.message === "Cannot put a file away: trying again");
    assert.match(String(warning?.fields.reason), new RegExp(`There is no directory '.*', which is ${key}\\.path`));
    await Deno.rename(scene.path("unmounted"), scene.path(key));
    scene.now += 1000;
    await task.drain();
    assert.deepEqual(scene.tree(key), ["x.csv"]);
    await task.stop();
  });
}

Deno.test("SpoolTask fails in the end when finished.path stays away, with the file where it was", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", TWO_ROWS);
  const task = await scene.start();
  await Deno.remove(scene.path("finished"));
  for (const pauseMs of [0, 100, 1000, 5000]) {
    scene.now += pauseMs;
    await task.drain();
  }
  scene.now += 15_000;
  await assert.rejects(() => task.drain(), /Cannot put away '.*x\.csv' after 5 attempts: There is no directory .*The file is still there/);
  await task.stop();
  assert.deepEqual(scene.tree(), ["error/", "in/", "in/x.csv"]);
});

Deno.test("SpoolTask goes on when finished.path has vanished as a failed file is put away", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/x.csv", "a,b\n1\n");
  const task = await scene.start({ "halt.on.error": "false" });
  await Deno.remove(scene.path("finished"));
  await task.drain();
  assert.deepEqual(scene.tree(), ["error/", "error/x.csv/", "error/x.csv/x.csv", "in/"]);
  assert.equal(scene.log.matching("warn", "Cannot make the directory").length, 1);
  await task.stop();
});

const MTIME_LATER = 1_700_000_050_000;
const EMPTY_KEY = '{"type":"STRUCT","isOptional":false,"fieldSchemas":{}}';
const VALUE_A = '{"type":"STRUCT","isOptional":false,"fieldSchemas":{"a":{"type":"STRING","isOptional":true}}}';
