import assert from "node:assert/strict";
import { JdbcScene, type Seen, shown } from "../../../fakes/jdbc_scene.ts";

const CUSTOMERS = [
  "CREATE TABLE customers (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(20) NOT NULL)",
  "INSERT INTO customers VALUES (1, 'a'), (2, 'b')",
];
const ids = (seen: readonly Seen[]) => seen.map(({ value }) => value["id"]);
const offsets = (seen: readonly Seen[]) => seen.map(({ offset }) => shown(offset));

Deno.test("mode incrementing sends each row once, with the offsets of the reference, and finds the column itself", async () => {
  using scene = new JdbcScene(CUSTOMERS);
  const task = await scene.start({ mode: "incrementing", "table.whitelist": "customers" });
  const first = await scene.round(task);
  assert.deepEqual(first.map(({ value }) => value), [{ id: 1, name: "a" }, { id: 2, name: "b" }]);
  assert.deepEqual(first.map(({ topic }) => topic), ["t-customers", "t-customers"]);
  assert.equal(JSON.stringify(first[0]?.partition), '{"protocol":"1","table":"customers"}');
  assert.deepEqual(offsets(first), [{ incrementing: 1 }, { incrementing: 2 }]);
  assert.deepEqual(await scene.round(task), []);
  scene.database.exec("INSERT INTO customers VALUES (3, 'c')");
  assert.deepEqual(ids(await scene.round(task)), [3]);
  await task.stop?.();
});

Deno.test("a restart goes on behind the stored offset, also one of Kafka Connect's older form", async () => {
  using scene = new JdbcScene(CUSTOMERS);
  scene.stored.set('{"table":"customers"}', { incrementing: 1 });
  const task = await scene.start({ mode: "incrementing", "table.whitelist": "customers", "incrementing.column.name": "ID" });
  assert.deepEqual(ids(await scene.round(task)), [2]);
  await task.stop?.();
  const again = await scene.start({ mode: "incrementing", "table.whitelist": "customers", "incrementing.column.name": "id" });
  assert.deepEqual(ids(await scene.round(again)), []);
  await again.stop?.();
});

Deno.test("mode bulk sends all rows at each interval, without an offset", async () => {
  using scene = new JdbcScene(CUSTOMERS);
  const task = await scene.start({ mode: "bulk", "table.whitelist": "customers" });
  for (let round = 0; round < 2; round++) {
    const seen = await scene.round(task);
    assert.deepEqual(ids(seen), [1, 2]);
    assert.deepEqual(seen.map(({ offset }) => offset), [null, null]);
    assert.deepEqual(seen[0]?.partition, { table: "customers" });
    scene.now += 5000;
  }
  await task.stop?.();
});

const TIMES = [
  "CREATE TABLE events (id INTEGER PRIMARY KEY, at TIMESTAMP NOT NULL)",
  "INSERT INTO events VALUES (1, '2024-01-01 00:00:01'), (2, '2024-01-01 00:00:01'), (3, '2024-01-01 00:00:02'), " +
  "(4, '2024-01-01 00:00:02'), (5, '2024-01-01 00:00:03')",
];
const T = (second: number) => ({ timestamp_nanos: 0, timestamp: Date.UTC(2024, 0, 1, 0, 0, second) });

Deno.test("mode timestamp: the offset moves behind the last row of an instant only", async () => {
  for (const pageRows of ["1", "2", "3", "5000"]) {
    using scene = new JdbcScene(TIMES);
    const task = await scene.start({
      mode: "timestamp",
      "table.whitelist": "events",
      "timestamp.column.name": "at",
      "sluice.page.rows": pageRows,
    });
    const seen = await scene.round(task);
    assert.deepEqual(ids(seen).sort(), [1, 2, 3, 4, 5], `pages of ${pageRows}`);
    assert.deepEqual(offsets(seen), [{}, T(1), T(1), T(2), T(3)], `pages of ${pageRows}`);
    assert.deepEqual(await scene.round(task), []);
    await task.stop?.();
  }
});

Deno.test("mode timestamp+incrementing resumes within an instant", async () => {
  for (const pageRows of ["1", "2", "5000"]) {
    using scene = new JdbcScene(TIMES);
    scene.stored.set('{"protocol":"1","table":"events"}', { ...T(1), incrementing: 1 });
    const task = await scene.start({
      mode: "timestamp+incrementing",
      "table.whitelist": "events",
      "timestamp.column.name": "at",
      "incrementing.column.name": "id",
      "sluice.page.rows": pageRows,
    });
    const seen = await scene.round(task);
    assert.deepEqual(ids(seen), [2, 3, 4, 5]);
    assert.equal(
      JSON.stringify(shown(seen[0]?.offset ?? null)),
      JSON.stringify({ timestamp_nanos: 0, incrementing: 2, timestamp: T(1).timestamp }),
    );
    scene.database.exec("UPDATE events SET at = '2024-01-01 00:00:09' WHERE id = 2");
    assert.deepEqual(ids(await scene.round(task)), [2]);
    await task.stop?.();
  }
});

Deno.test("a query may have clauses of its own; its conditions go around it", async () => {
  using scene = new JdbcScene(CUSTOMERS);
  const task = await scene.start({
    mode: "incrementing",
    query: "SELECT c.id AS number, upper(c.name) AS name FROM customers c WHERE c.id > 0 ORDER BY c.name -- all of them;",
    "incrementing.column.name": "number",
  });
  const seen = await scene.round(task);
  assert.deepEqual(seen.map(({ topic, value }) => [topic, value]), [["t-", { number: 1, name: "A" }], ["t-", { number: 2, name: "B" }]]);
  assert.deepEqual(seen[1]?.partition, { query: "query" });
  assert.equal(scene.batches[0]?.value.schema?.name, undefined);
  await task.stop?.();
});

Deno.test("tables of a task are read in turn, each at once and then by its interval", async () => {
  using scene = new JdbcScene([...CUSTOMERS, ...TIMES]);
  const task = await scene.start({ mode: "incrementing", "table.whitelist": "customers,events", "incrementing.column.name": "id" });
  const seen = await scene.round(task);
  assert.deepEqual(seen.map(({ topic }) => topic), [...Array(2).fill("t-customers"), ...Array(5).fill("t-events")]);
  assert.deepEqual(scene.slept, [5000]);
  await task.stop?.();
});

Deno.test("a new column gives a new schema; the same columns give the same schema object", async () => {
  using scene = new JdbcScene(CUSTOMERS);
  const task = await scene.start({ mode: "incrementing", "table.whitelist": "customers" });
  await scene.round(task);
  scene.database.exec("INSERT INTO customers VALUES (3, 'c')");
  await scene.round(task);
  scene.database.exec("ALTER TABLE customers ADD COLUMN extra INT");
  scene.database.exec("INSERT INTO customers VALUES (4, 'd', 7)");
  const seen = await scene.round(task);
  assert.deepEqual(seen.map(({ value }) => value), [{ id: 4, name: "d", extra: 7n }]);
  const schemas = scene.batches.map(({ value }) => value.schema).filter((schema) => schema !== null);
  assert.equal(schemas[0], schemas[1]);
  assert.deepEqual(schemas.at(-1)?.fields.map(({ name }) => name), ["id", "name", "extra"]);
  await task.stop?.();
});

Deno.test("batch.max.rows counts where it is written", async () => {
  using scene = new JdbcScene(TIMES);
  const base = { mode: "incrementing", "table.whitelist": "events", "incrementing.column.name": "id" };
  const written = await scene.start({ ...base, "batch.max.rows": "2" });
  await scene.round(written);
  assert.deepEqual(scene.batches.map(({ rows }) => rows), [2, 2, 1]);
  await written.stop?.();
});
