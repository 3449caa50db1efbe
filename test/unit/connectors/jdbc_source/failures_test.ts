import assert from "node:assert/strict";
import fc from "fast-check";
import type { Dialect } from "../../../../connectors/sql/dialect.ts";
import { SqlError } from "../../../../connectors/sql/sql_error.ts";
import { sqlite } from "../../../../connectors/sql/sqlite.ts";
import { failingReads, type ReadPoint } from "../../../fakes/failing_reads.ts";
import { JdbcScene, type Seen } from "../../../fakes/jdbc_scene.ts";

const ids = (seen: readonly Seen[]) => seen.map(({ value }) => value["id"]);
const ROWS = [
  "CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP NOT NULL)",
  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) INSERT INTO t SELECT i, 1704067200000 + 1000 * (i / 3) FROM n",
];
const INCREMENTING = { mode: "incrementing", "table.whitelist": "t", "incrementing.column.name": "id" };
const BY_TIME = { mode: "timestamp+incrementing", "table.whitelist": "t", "timestamp.column.name": "at", "incrementing.column.name": "id" };
const TIME_ONLY = { mode: "timestamp", "table.whitelist": "t", "timestamp.column.name": "at" };

const lost = () => new SqlError("Connection lost", { kind: "retriable", sqlState: "08S01", code: 2013, isConnectionLost: true });
const refused = () => new SqlError("You may not", { kind: "fatal", sqlState: "42000", code: 1142 });

/** Messages of an error and its causes. */
function chain(error: unknown): string[] {
  return error instanceof Error ? [error.message, ...chain(error.cause)] : [];
}

Deno.test("what passes is logged in the reference's words and tried again after the interval, behind what was sent", async () => {
  using scene = new JdbcScene(ROWS);
  let reads = 0;
  const dialect = failingReads(sqlite, (point) => point === "read" && ++reads === 3 ? lost() : null);
  const task = await scene.start({ ...INCREMENTING, "sluice.page.rows": "6" }, [dialect]);
  const seen = [...await scene.round(task), ...await scene.round(task)];
  assert.deepEqual(ids(seen), Array.from({ length: 20 }, (_, i) => i + 1));
  const [line = ""] = scene.log.matching("error", "SQL exception while running query for table: t");
  assert.match(line, /sqlState: 08S01, vendorCode: 2013\. Attempting retry 1 of unlimited attempts\./);
  assert.equal(scene.log.matching("info", "The database connection is invalid. Reconnecting...").length, 1);
  await task.stop?.();
});

Deno.test("query.retry.attempts ends it", async () => {
  using scene = new JdbcScene(ROWS);
  const dialect = failingReads(sqlite, (point) => point === "open" ? lost() : null);
  const task = await scene.start({ ...INCREMENTING, "query.retry.attempts": "2" }, [dialect]);
  await scene.pollOnce(task);
  await assert.rejects(async () => {
    for (let i = 0; i < 5; i++) await scene.pollOnce(task);
  }, (error) => {
    assert.deepEqual(chain(error), [
      "Error while polling for records",
      "Error while processing table querier",
      "Failed to query table after retries",
      "Connection lost",
    ]);
    return true;
  });
  await task.stop?.();
});

Deno.test("an error that would come again fails the task at once, in the reference's chain", async () => {
  using scene = new JdbcScene(ROWS);
  const task = await scene.start(INCREMENTING, [failingReads(sqlite, (point) => point === "open" ? refused() : null)]);
  await assert.rejects(() => scene.pollOnce(task), (error) => {
    assert.deepEqual(chain(error), ["Error while polling for records", "Error while processing table querier", "You may not"]);
    return true;
  });
  await task.stop?.();
});

Deno.test("a task without a connection fails at its start after connection.attempts, without the password", async () => {
  using scene = new JdbcScene(ROWS);
  let attempts = 0;
  const dialect = failingReads({ ...sqlite, target: (options) => ({ ...sqlite.target(options), secrets: ["hunter2"] }) }, () => {
    attempts++;
    return new SqlError("No entry with hunter2", { kind: "fatal", sqlState: "28000" });
  });
  const config = { ...INCREMENTING, "connection.attempts": "2", "connection.backoff.ms": "0" };
  await assert.rejects(() => scene.start(config, [dialect]), /^SqlError|No entry with \*\*\*\*$/);
  assert.equal(attempts, 2);
  assert.ok(!JSON.stringify(scene.log.lines).includes("hunter2"));
});

Deno.test("faults at any point lose no row, and in incrementing modes repeat none", async () => {
  const points: readonly ReadPoint[] = ["connect", "open", "read", "now", "oldestWriterMs"];
  const cases = fc.record({
    config: fc.constantFrom(INCREMENTING, BY_TIME, TIME_ONLY),
    pageRows: fc.integer({ min: 1, max: 9 }),
    batchRows: fc.integer({ min: 1, max: 9 }),
    at: fc.uniqueArray(fc.nat(40), { maxLength: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ config, pageRows, batchRows, at }) => {
      using scene = new JdbcScene(ROWS);
      let step = -20;
      const dialect = failingReads(sqlite, (point) => points.includes(point) && at.includes(step++) ? lost() : null);
      const sizes = { "sluice.page.rows": String(pageRows), "batch.max.rows": String(batchRows) };
      step = 0;
      const task = await scene.start({ ...config, ...sizes, "connection.attempts": "50", "connection.backoff.ms": "0" }, [dialect]);
      const sent: unknown[] = [];
      for (let round = 0; round < 30; round++) sent.push(...ids(await scene.round(task)));
      await task.stop?.();
      assert.deepEqual(sent.toSorted((a, b) => Number(a) - Number(b)), Array.from({ length: 20 }, (_, i) => i + 1));
    }),
    { numRuns: 50 },
  );
});

Deno.test("a dropped table is left out while there are others; alone it fails the task", async () => {
  using scene = new JdbcScene([...ROWS, "CREATE TABLE u (id INTEGER PRIMARY KEY)"]);
  const task = await scene.start({ ...INCREMENTING, "table.whitelist": "t,u" });
  await scene.round(task);
  scene.database.exec("DROP TABLE u");
  scene.database.exec("INSERT INTO t VALUES (21, 0)");
  const seen: Seen[] = [];
  for (let i = 0; i < 6; i++) seen.push(...await scene.round(task));
  assert.deepEqual(ids(seen), [21]);
  assert.equal(scene.log.matching("warn", "A table is not there any more").length, 1);
  scene.database.exec("DROP TABLE t");
  await assert.rejects(async () => {
    for (let i = 0; i < 5; i++) await scene.round(task);
  }, (error) => chain(error)[2]?.includes("no such table: t") === true);
  await task.stop?.();
});

Deno.test("rows before one that cannot be read are sent, then the task fails; with tolerance it is left out", async () => {
  const rows = [
    "CREATE TABLE t (id INTEGER PRIMARY KEY, n SMALLINT)",
    "INSERT INTO t VALUES (1, 1), (2, 2), (3, 'x'), (4, 4), (5, 'y'), (6, 6)",
  ];
  for (const batchRows of ["1", "2", "100"]) {
    using scene = new JdbcScene(rows);
    const config = { ...INCREMENTING, "batch.max.rows": batchRows };
    const task = await scene.start(config);
    const sent: unknown[] = [];
    await assert.rejects(async () => {
      for (let i = 0; i < 9; i++) sent.push(...ids(await scene.pollOnce(task)));
    }, (error) => /^Cannot read "x" in column "n"/.test(chain(error)[2] ?? ""));
    assert.deepEqual(sent, [1, 2]);
    await task.stop?.();
    scene.stored.clear();
    scene.tolerance = "all";
    const tolerant = await scene.start(config);
    assert.deepEqual(ids(await scene.round(tolerant)), [1, 2, 4, 6]);
    assert.deepEqual(scene.batches.flatMap(({ failures }) => failures.map(({ stage }) => stage)), ["TASK_POLL", "TASK_POLL"]);
    assert.deepEqual(scene.stored.get('{"protocol":"1","table":"t"}')?.["incrementing"], 6);
    await tolerant.stop?.();
  }
});

Deno.test("with tolerance a row whose id or time is what cannot be read fails the task: nobody could go on behind it", async () => {
  for (const config of [INCREMENTING, BY_TIME]) {
    using scene = new JdbcScene([
      "CREATE TABLE t (id INT NOT NULL UNIQUE, at TIMESTAMP NOT NULL)",
      config === INCREMENTING ? "INSERT INTO t VALUES (1, 1), ('x', 2)" : "INSERT INTO t VALUES (1, '2024-01-01'), (2, '2024-01-01 noon')",
    ]);
    scene.tolerance = "all";
    const task = await scene.start(config);
    const sent: unknown[] = [];
    await assert.rejects(async () => {
      for (let i = 0; i < 9; i++) sent.push(...ids(await scene.pollOnce(task)));
    }, (error) => chain(error)[2]?.startsWith("Cannot leave out a row that cannot be read") === true);
    assert.deepEqual(sent.map(Number), [1]);
    await task.stop?.();
  }
});

Deno.test("a stop ends a statement that is under way", async () => {
  using scene = new JdbcScene(ROWS);
  let fail: (error: Error) => void = () => {};
  const slow: Dialect = {
    ...sqlite,
    async connect(target, options, signal) {
      const session = await sqlite.connect(target, options, signal);
      session.open = () => new Promise((_, reject) => fail = reject);
      session.close = () => Promise.resolve(fail(lost()));
      return session;
    },
  };
  const task = await scene.start(INCREMENTING, [slow]);
  const polled = task.poll();
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  scene.stop();
  assert.equal(await polled, null);
  await task.stop?.();
});
