/** Rows that appear behind newer ones, by an offset's notes and the task's memory. Commits out of order are played by inserting older values. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { JdbcScene, type Seen, shown } from "../../../fakes/jdbc_scene.ts";

const ids = (seen: readonly Seen[]) => seen.map(({ value }) => value["id"]);
const INCREMENTING = { mode: "incrementing", "table.whitelist": "t", "incrementing.column.name": "id" };
const BY_TIME = { mode: "timestamp+incrementing", "table.whitelist": "t", "timestamp.column.name": "at", "incrementing.column.name": "id" };
const TIME_ONLY = { mode: "timestamp", "table.whitelist": "t", "timestamp.column.name": "at" };
const TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP NOT NULL)";

function insert(scene: JdbcScene, id: number, second: number): void {
  scene.database.prepare("INSERT INTO t VALUES (?, ?)").run(id, new Date(Date.UTC(2024, 0, 1) + second * 1000).toISOString());
}

Deno.test("incrementing: an id that was missing is sent when it appears, and the offset does not move backwards", async () => {
  using scene = new JdbcScene([TABLE]);
  const task = await scene.start(INCREMENTING);
  for (const id of [1, 2, 5]) insert(scene, id, 0);
  assert.deepEqual(ids(await scene.round(task)), [1, 2, 5]);
  insert(scene, 4, 0);
  const late = await scene.round(task);
  assert.deepEqual(ids(late), [4]);
  assert.deepEqual(shown(late[0]?.offset ?? null), { incrementing: 5 });
  insert(scene, 3, 0);
  assert.deepEqual(ids(await scene.round(task)), [3]);
  await task.stop?.();
});

Deno.test("incrementing: of a table that was empty the first ids may come late too", async () => {
  using scene = new JdbcScene([TABLE]);
  const task = await scene.start(INCREMENTING);
  await scene.round(task);
  insert(scene, 3, 0);
  await scene.round(task);
  insert(scene, 1, 0);
  assert.deepEqual(ids(await scene.round(task)), [1]);
  await task.stop?.();
});

Deno.test("incrementing: missing ids stand in the offset while they are waited for, and a restart goes on waiting", async () => {
  using scene = new JdbcScene([TABLE]);
  const task = await scene.start(INCREMENTING);
  for (const id of [1, 4]) insert(scene, id, 0);
  await scene.round(task);
  await task.stop?.();
  scene.now += 3_600_000;
  insert(scene, 3, 0);
  const again = await scene.start(INCREMENTING);
  assert.deepEqual(ids(await scene.round(again)), [3]);
  // The window begins anew with the restart; when it is over the offset is the reference's again.
  for (let round = 0; round < 4; round++) await scene.round(again);
  assert.deepEqual([...scene.stored.values()], [{ incrementing: 4 }]);
  insert(scene, 2, 0);
  assert.deepEqual(ids(await scene.round(again)), []);
  await again.stop?.();
});

Deno.test("incrementing: a clean restart repeats nothing where ids have thousands of gaps", async () => {
  using scene = new JdbcScene([TABLE]);
  scene.database.exec(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO t SELECT 2 * i, 0 FROM n",
  );
  const task = await scene.start(INCREMENTING);
  assert.equal((await scene.round(task)).length, 3000);
  await task.stop?.();
  const again = await scene.start(INCREMENTING);
  assert.deepEqual(await scene.round(again), []);
  await again.stop?.();
});

Deno.test("timestamp modes: rows that appear behind newer ones are sent once", async () => {
  for (const config of [BY_TIME, TIME_ONLY]) {
    using scene = new JdbcScene([TABLE]);
    const task = await scene.start(config);
    insert(scene, 1, 1);
    insert(scene, 3, 3);
    assert.deepEqual(ids(await scene.round(task)), [1, 3]);
    insert(scene, 2, 2);
    const late = await scene.round(task);
    assert.deepEqual(ids(late), [2]);
    assert.equal(shown(late[0]?.offset ?? null)?.["timestamp"], Date.UTC(2024, 0, 1, 0, 0, 3));
    assert.deepEqual(await scene.round(task), []);
    await task.stop?.();
  }
});

Deno.test("timestamp modes: the wait ends, and the offset is the reference's again", async () => {
  using scene = new JdbcScene([TABLE]);
  const task = await scene.start(BY_TIME);
  insert(scene, 1, 1);
  await scene.round(task);
  assert.ok([...scene.stored.values()].some((offset) => "sluice.late.from" in offset));
  for (let round = 0; round < 4; round++) assert.deepEqual(await scene.round(task), []);
  assert.deepEqual([...scene.stored.values()].map((offset) => Object.keys(offset)), [["timestamp_nanos", "incrementing", "timestamp"]]);
  await task.stop?.();
});

Deno.test("timestamp modes: a restart within the window finds what came late, and sends nothing twice", async () => {
  using scene = new JdbcScene([TABLE]);
  const task = await scene.start(BY_TIME);
  for (const second of [1, 3, 5]) insert(scene, second, second);
  await scene.round(task);
  await task.stop?.();
  insert(scene, 4, 4);
  const again = await scene.start(BY_TIME);
  assert.deepEqual(ids(await scene.round(again)), [4]);
  await again.stop?.();
});

Deno.test("timestamp modes: rows that look alike are all sent, and more of them when they come", async () => {
  using scene = new JdbcScene(["CREATE TABLE t (name TEXT, at TIMESTAMP NOT NULL)"]);
  const add = (name: string, count: number) => {
    const values = Array.from({ length: count }, () => `('${name}', '2024-01-01 00:00:01')`);
    scene.database.exec(`INSERT INTO t VALUES ${values.join(",")}`);
  };
  add("a", 3);
  const config = { ...TIME_ONLY, "sluice.page.rows": "2", "sluice.late.rows.window.ms": "60000" };
  const task = await scene.start(config);
  assert.equal((await scene.round(task)).length, 3);
  add("a", 1);
  add("b", 2);
  assert.deepEqual((await scene.round(task)).map(({ value }) => value["name"]).sort(), ["a", "b", "b"]);
  assert.deepEqual(await scene.round(task), []);
  await task.stop?.();
  const again = await scene.start(config);
  add("a", 1);
  assert.deepEqual((await scene.round(again)).map(({ value }) => value["name"]), ["a"]);
  await again.stop?.();
});

Deno.test("timestamp mode: a query that leaves the key out sends every row", async () => {
  using scene = new JdbcScene([TABLE]);
  for (const id of [1, 2, 3]) insert(scene, id, 1);
  const task = await scene.start({ mode: "timestamp", query: "SELECT at FROM t", "timestamp.column.name": "at" });
  assert.equal((await scene.round(task)).length, 3);
  insert(scene, 4, 1);
  assert.equal((await scene.round(task)).length, 1);
  await task.stop?.();
});

Deno.test("timestamp modes: a second change within one tick of the column is sent, and a change back too", async () => {
  for (const config of [BY_TIME, TIME_ONLY]) {
    using scene = new JdbcScene(["CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP NOT NULL, name TEXT)"]);
    const task = await scene.start({ ...config, "sluice.late.rows.window.ms": "60000" });
    scene.database.exec("INSERT INTO t VALUES (1, '2024-01-01 00:00:01', 'a')");
    const sent = [...await scene.round(task)];
    for (const name of ["b", "c", "b"]) {
      scene.database.exec(`UPDATE t SET name = '${name}'`);
      sent.push(...await scene.round(task));
    }
    assert.deepEqual(sent.map(({ value }) => value["name"]), ["a", "b", "c", "b"]);
    assert.deepEqual(await scene.round(task), []);
    await task.stop?.();
  }
});

Deno.test("sluice.late.rows.window.ms=0 reads as the reference does", async () => {
  for (const config of [INCREMENTING, BY_TIME]) {
    using scene = new JdbcScene([TABLE]);
    const task = await scene.start({ ...config, "sluice.late.rows.window.ms": "0" });
    insert(scene, 1, 1);
    insert(scene, 3, 3);
    await scene.round(task);
    insert(scene, 2, 2);
    assert.deepEqual(await scene.round(task), []);
    assert.ok([...scene.stored.values()].every((offset) => Object.keys(offset).every((name) => !name.startsWith("sluice."))));
    await task.stop?.();
  }
});

Deno.test("commits in any order, stops and restarts: every row is sent, in all modes, and without restarts once", async () => {
  const rows = fc.uniqueArray(fc.nat(60), { minLength: 1, maxLength: 40 });
  const chances = fc.record({ config: fc.constantFrom(INCREMENTING, BY_TIME, TIME_ONLY), rows, pageRows: fc.integer({ min: 1, max: 7 }) });
  await fc.assert(
    fc.asyncProperty(chances, fc.infiniteStream(fc.nat(9)), async ({ config, rows, pageRows }, dice) => {
      using scene = new JdbcScene([TABLE]);
      const roll = () => dice.next().value as number;
      // The window is longer than all of it: what is late is late by less.
      const full = { ...config, "sluice.late.rows.window.ms": "3600000", "sluice.page.rows": String(pageRows) };
      let task = await scene.start(full);
      const sent: unknown[] = [];
      let restarts = 0;
      for (const id of rows) {
        insert(scene, id, id);
        const action = roll();
        if (action < 4) sent.push(...ids(await scene.round(task)));
        else if (action < 6) sent.push(...ids(await scene.pollOnce(task)));
        else if (action === 6) {
          restarts++;
          await task.stop?.();
          task = await scene.start(full);
        }
      }
      for (let round = 0; round < 3; round++) sent.push(...ids(await scene.round(task)));
      await task.stop?.();
      const wanted = rows.toSorted((a, b) => a - b);
      assert.deepEqual([...new Set(sent)].sort((a, b) => Number(a) - Number(b)), wanted);
      if (restarts === 0) assert.equal(sent.length, wanted.length);
    }),
    { numRuns: 60 },
  );
});
