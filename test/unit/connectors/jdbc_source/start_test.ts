import assert from "node:assert/strict";
import { jdbcSource } from "../../../../connectors/jdbc_source/source.ts";
import { groupTables, tableFilter } from "../../../../connectors/jdbc_source/tables.ts";
import { parseConfig } from "../../../../src/config/parse.ts";
import type { StringMap } from "../../../../src/sdk/mod.ts";
import { JdbcScene } from "../../../fakes/jdbc_scene.ts";

const TABLES = [
  "CREATE TABLE orders (id INTEGER PRIMARY KEY, at TIMESTAMP, n INT)",
  "CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, at TIMESTAMP NOT NULL)",
  "CREATE VIEW both AS SELECT id FROM orders UNION SELECT id FROM people",
];

/** What `check` says of a config. */
async function problems(scene: JdbcScene, config: StringMap): Promise<Record<string, string>> {
  const raw = scene.config(config);
  const found: Record<string, string> = {};
  const check = jdbcSource.check?.(parseConfig(jdbcSource.config, raw).values, scene.context(raw)) ?? [];
  for await (const { key, message } of check) found[key] = message;
  return found;
}

Deno.test("groupTables() makes runs of consecutive tables, bigger ones first", () => {
  assert.deepEqual(groupTables([1, 2, 3, 4, 5, 6, 7], 3), [[1, 2, 3], [4, 5], [6, 7]]);
  assert.deepEqual(groupTables([1, 2], 5), [[1], [2]]);
});

Deno.test("tableFilter() takes bare, qualified and quoted names, case and all; regexes match whole names", () => {
  const id = { catalog: "om", schema: null, name: "customers" };
  const matches = (lists: Record<string, readonly string[]>) =>
    tableFilter({ "table.whitelist": [], "table.blacklist": [], "table.include.list": [], "table.exclude.list": [], ...lists }, "`")(id);
  for (const name of ["customers", "om.customers", "`om`.`customers`"]) {
    assert.ok(matches({ "table.whitelist": [name] }));
    assert.ok(!matches({ "table.blacklist": [name] }));
  }
  assert.ok(!matches({ "table.whitelist": ["OM.customers"] }));
  assert.ok(matches({ "table.whitelist": ["customers"], "table.blacklist": ["customers"] }));
  assert.ok(matches({ "table.include.list": ["om\\.cust.*"] }));
  assert.ok(!matches({ "table.include.list": ["cust.*"] }));
  assert.ok(!matches({ "table.include.list": ["om\\..*"], "table.exclude.list": [".*ers"] }));
});

Deno.test("split() gives each task its tables, and one task without any when there are none", async () => {
  using scene = new JdbcScene(TABLES);
  const tables = async (config: StringMap, tasks: number) =>
    (await scene.split(config, tasks)).map((task) => [task["tables"], task["tables.fetched"]]);
  assert.deepEqual(await tables({ mode: "bulk", "table.whitelist": "orders,people" }, 2), [['"orders"', "true"], ['"people"', "true"]]);
  assert.deepEqual(await tables({ mode: "bulk", "table.blacklist": "x", "table.types": "view" }, 2), [['"both"', "true"]]);
  assert.deepEqual(await tables({ mode: "bulk", "table.whitelist": "nobody" }, 2), [["", "true"]]);
  assert.deepEqual(await tables({ mode: "bulk", query: "select 1" }, 2), [["", "true"]]);
  await assert.rejects(() => scene.split({ mode: "bulk", query: "select 1", "table.whitelist": "a" }), /query may not be combined/);
});

Deno.test("a task refuses to start without tables, and on columns that cannot be gone by, in the reference's words", async () => {
  using scene = new JdbcScene(TABLES);
  const cases: [StringMap, string][] = [
    [{ mode: "bulk", "table.whitelist": "nobody" }, "Task is being killed because it was not assigned a table nor a query to execute."],
    [
      { mode: "incrementing", "table.whitelist": "orders", "incrementing.column.name": "nope" },
      "Incrementing column: nope does not exist in table '\"orders\"'",
    ],
    [
      { mode: "timestamp", "table.whitelist": "orders", "timestamp.column.name": "x,at,y" },
      "Timestamp columns: x, y do not exist in table '\"orders\"'",
    ],
    [
      { mode: "incrementing", "table.whitelist": "orders", "incrementing.column.name": "n" },
      'Cannot make incremental queries using incrementing column n on "orders" because this column is nullable.',
    ],
    [
      { mode: "timestamp", "table.whitelist": "orders", "timestamp.column.name": "at" },
      'Cannot make incremental queries using timestamp columns at on "orders" because all of these columns are nullable.',
    ],
    [{ mode: "incrementing", "table.whitelist": "orders" }, 'Cannot read "orders" in mode incrementing, as no column of it is counted up'],
    [
      { mode: "incrementing", "table.include.list": "orders", "incrementing.column.mapping": "people:id" },
      "Error while validating incrementing column mappings: Included table 'orders' does not match any of the provided regexes",
    ],
  ];
  for (const [config, text] of cases) {
    await assert.rejects(() => scene.start(config), (error) => error instanceof Error && error.message.startsWith(text));
  }
  const lenient = { mode: "timestamp", "table.whitelist": "orders", "timestamp.column.name": "AT", "validate.non.null": "false" };
  await (await scene.start(lenient)).stop?.();
});

Deno.test("tables chosen by regex have their columns by mapping", async () => {
  using scene = new JdbcScene([...TABLES, "INSERT INTO people VALUES (1, 5)", "INSERT INTO orders VALUES (2, 5, 3)"]);
  const task = await scene.start({
    mode: "timestamp+incrementing",
    "table.include.list": "people,ord.*",
    "timestamp.columns.mapping": "people:[at], orders:[at|n]",
    "incrementing.column.mapping": ".*:id",
    "validate.non.null": "false",
  });
  assert.deepEqual((await scene.round(task)).map(({ topic }) => topic), ["t-orders", "t-people"]);
  await task.stop?.();
});

Deno.test("timestamp.initial is where tables without an offset begin", async () => {
  using scene = new JdbcScene([
    "CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP NOT NULL)",
    "INSERT INTO t VALUES (1, 1000), (2, 2000), (3, 3000)",
  ]);
  const config = { mode: "timestamp", "table.whitelist": "t", "timestamp.column.name": "at" };
  const task = await scene.start({ ...config, "timestamp.initial": "2000" });
  assert.deepEqual((await scene.round(task)).map(({ value }) => value["id"]), [3]);
  await task.stop?.();
  scene.stored.clear();
  const now = await scene.start({ ...config, "timestamp.initial": "-1" });
  assert.deepEqual(await scene.round(now), []);
  await now.stop?.();
});

Deno.test("check() says what keys do not fit together, the first kind of problem only", async () => {
  using scene = new JdbcScene(TABLES);
  assert.deepEqual(Object.values(await problems(scene, { mode: "" })), Array(6).fill("Query mode must be specified"));
  assert.match(
    (await problems(scene, { mode: "bulk" }))["table.whitelist"] ?? "",
    /^At least one table filtering configuration is required/,
  );
  assert.deepEqual(Object.keys(await problems(scene, { mode: "bulk", "table.whitelist": "a", "table.include.list": "b" })), [
    "table.whitelist",
    "table.include.list",
  ]);
  assert.deepEqual(Object.keys(await problems(scene, { mode: "bulk", query: "select 1", "query.masked": "select 2" })), [
    "query",
    "query.masked",
  ]);
  assert.match(
    (await problems(scene, { mode: "bulk", query: "delete from t" }))["query"] ?? "",
    /^Only SELECT statements are supported for 'query'/,
  );
  assert.match(
    (await problems(scene, { mode: "incrementing", query: "select 1" }))["incrementing.column.name"] ?? "",
    /^'incrementing.column.name' must be provided/,
  );
  assert.match((await problems(scene, { mode: "bulk", query: "select nope from orders" }))["query"] ?? "", /errorCode: 1\)$/);
  assert.match((await problems(scene, { mode: "bulk", "table.exclude.list": "a" }))["table.exclude.list"] ?? "", /cannot be used without/);
  assert.match(
    (await problems(scene, { mode: "timestamp", "table.include.list": "a" }))["mode"] ?? "",
    /^Timestamp column configuration must be provided when using mode 'timestamp' or 'timestamp\+incrementing'\. Provide 'timestamp\.columns\.mapping'\.$/,
  );
  assert.deepEqual(await problems(scene, { mode: "bulk", "table.whitelist": "a", "table.blacklist": "b" }), {});
  assert.deepEqual(await problems(scene, { mode: "bulk", query: "with x as (select 1) select * from x" }), {});
});

Deno.test("check() tells why a database cannot be connected to, and looks at nothing when a key is wrong by itself", async () => {
  using scene = new JdbcScene();
  const url = (text: string) => ({ mode: "bulk", "table.whitelist": "a", "connection.url": text });
  assert.match(
    (await problems(scene, url("nonsense")))["connection.url"] ?? "",
    /^Could not connect to database\. Not a valid JDBC URL: nonsense$/,
  );
  assert.match((await problems(scene, url("jdbc:oracle:thin:x")))["connection.url"] ?? "", /^Could not connect to database\. /);
  assert.match((await problems(scene, url("jdbc:sqlite:/no/such/folder/a.db")))["connection.url"] ?? "", /unable to open database file/);
  assert.deepEqual(await problems(scene, { ...url("nonsense"), "poll.interval.ms": "soon" }), {});
  assert.deepEqual(await problems(scene, { ...url("nonsense"), "topic.prefix": "a b" }), {});
});

Deno.test("offsets a user stores are judged", () => {
  const judge = (partition: Record<string, string>, offset: Record<string, string | number>) =>
    jdbcSource.alterOffsets?.({}, [[partition, offset]]);
  assert.equal(judge({ protocol: "1", table: "om.customers" }, { incrementing: 5 }), false);
  assert.throws(() => judge({ file: "a" }, { incrementing: 5 }), /A partition must name a table or a query/);
  assert.throws(() => judge({ query: "query" }, { incrementing: "5" }), /must be a whole number/);
});

Deno.test("split() says nothing at info or above of its connection; a task says that it is connected, and names settings without meaning", async () => {
  using scene = new JdbcScene(TABLES);
  const config = { mode: "bulk", "table.whitelist": "orders", "connection.made_up": "1" };
  await scene.split(config);
  assert.deepEqual(scene.log.lines.map(({ level, message }) => [level, message.slice(0, 13)]), [["debug", "Connected to "]]);
  const task = await scene.start(config);
  assert.equal(scene.log.matching("info", "Connected to ").length, 1);
  assert.deepEqual(scene.log.matching("warn", ""), [
    "Parameters of connection.url and connection.* that mean nothing here are left out: made_up",
  ]);
  await task.stop?.();
});
