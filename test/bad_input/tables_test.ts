/** Databases and tables a source cannot read as asked: each gives a sentence or the documented value, and nobody else is touched. */
import assert from "node:assert/strict";
import { sharedBroker } from "../broker.ts";
import { sharedServer } from "../databases.ts";
import { until } from "../until.ts";
import { TestDatabase } from "./database.ts";
import { Ground } from "./ground.ts";

const broker = sharedBroker(), mariadb = sharedServer("mariadb"), postgres = sharedServer("postgres");
const missing = broker.missing || mariadb.missing || postgres.missing;
const because = broker.because || mariadb.because || postgres.because;
/** librdkafka's threads answer when they like, and grounds outlive tests. */
const shared = { sanitizeOps: false, sanitizeResources: false } as const;

let ground: Ground;
let maria: TestDatabase;
let pg: TestDatabase;
if (!missing) {
  Deno.test.beforeAll(async () => {
    ground = await Ground.lay({ bootstrap: broker.bootstrap });
    maria = await TestDatabase.make("mariadb");
    pg = await TestDatabase.make("postgres");
  });
  Deno.test.afterAll(async () => {
    await ground[Symbol.asyncDispose]();
    await maria[Symbol.asyncDispose]();
    await pg[Symbol.asyncDispose]();
  });
}

function databaseTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `JdbcSource: ${name}${because}`, ignore: missing, ...shared, fn });
}

type Overrides = Readonly<Record<string, string>>;

function config(database: TestDatabase, table: string, overrides: Overrides = {}): Record<string, string> {
  return {
    "connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector",
    ...database.connection,
    "table.whitelist": table,
    "mode": "incrementing",
    "incrementing.column.name": "id",
    "topic.prefix": `bad-${database.name}-`,
    "poll.interval.ms": "100",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
    ...overrides,
  };
}

/** Payloads of a table's topic, once there are that many. */
async function payloads(database: TestDatabase, table: string, count: number): Promise<readonly Record<string, unknown>[]> {
  const topic = `bad-${database.name}-${table}`;
  return await until(`${count} records are in ${topic}`, async () => {
    const values = await ground.values(topic).catch(() => []);
    return values.length >= count ? values.map((value) => JSON.parse(value) as Record<string, unknown>) : undefined;
  });
}

/** What a request to create it answers. */
async function refusal(overrides: Overrides): Promise<string> {
  const body = JSON.stringify({ name: "refused", config: config(maria, "t", overrides) });
  const answer = await ground.program.ask("POST", "/connectors", body, { "content-type": "application/json" });
  const text = new TextDecoder().decode(answer.body);
  assert.equal(answer.status, 400, text);
  return text;
}

databaseTest("an unreachable database is refused with the driver's reason and without the password", async () => {
  const text = await refusal({ "connection.url": "jdbc:mysql://127.0.0.1:1/om", "connection.attempts": "1" });
  assert.match(text, /Could not connect to database\. /);
  assert.ok(!text.includes(maria.password));
  await ground.othersGoOn();
});

databaseTest("a wrong password is refused, and is nowhere in answer or log", async () => {
  const secret = `hunter2-${crypto.randomUUID()}`;
  const text = await refusal({ "connection.password": secret });
  assert.match(text, /Could not connect to database\. .*Access denied/);
  assert.ok(!text.includes(secret));
  const inUrl = await refusal({
    "connection.url": maria.connection["connection.url"] + `?user=nobody&password=${secret}`,
    "connection.user": "nobody",
    "connection.password": secret,
  });
  assert.ok(!inUrl.includes(secret), inUrl);
  assert.ok(!(await ground.program.log()).includes(secret));
});

databaseTest("a URL parameter that opens files or loads code is refused by name", async () => {
  for (const parameter of ["allowLoadLocalInfile=true", "autoDeserialize=true", "queryInterceptors=evil.Interceptor"]) {
    const text = await refusal({ "connection.url": `${maria.connection["connection.url"]}?${parameter}` });
    assert.match(text, new RegExp(parameter.slice(0, parameter.indexOf("="))));
  }
});

databaseTest("an unknown table fails the task with what to check", async () => {
  await ground.program.put("no-table", config(maria, "nowhere"));
  assert.match(await ground.failure("no-table"), /ConfigException: Task is being killed because it was not assigned a table/);
  await ground.othersGoOn();
});

databaseTest("an unknown column fails the task with column and table", async () => {
  await maria.run("CREATE TABLE no_column (a int NOT NULL)");
  await ground.program.put("no-column", config(maria, "no_column"));
  assert.match(await ground.failure("no-column"), /Incrementing column: id does not exist in table '`bad_\w+`\.`no_column`'/);
});

databaseTest("a nullable incrementing column fails the task", async () => {
  await maria.run("CREATE TABLE nullable (id int NULL, a int)");
  await ground.program.put("nullable", config(maria, "nullable"));
  assert.match(await ground.failure("nullable"), /because this column is nullable/);
});

databaseTest("a table without a column to detect fails the task and says so", async () => {
  await maria.run("CREATE TABLE undetected (a int NOT NULL)");
  await ground.program.put("undetected", config(maria, "undetected", { "incrementing.column.name": "" }));
  assert.match(await ground.failure("undetected"), /incrementing\.column\.name/);
});

databaseTest("a zero date fails the task behind the rows before it; CONVERT_TO_NULL makes it null", async () => {
  await maria.run(
    "SET SESSION sql_mode = ''",
    "CREATE TABLE zero (id int NOT NULL PRIMARY KEY, d datetime NULL)",
    "INSERT INTO zero VALUES (1, '2024-01-02 03:04:05'), (2, '0000-00-00 00:00:00'), (3, NULL)",
  );
  await ground.program.put("zero", config(maria, "zero"));
  assert.match(await ground.failure("zero"), /Zero date value prohibited/);
  const url = `${maria.connection["connection.url"]}?zeroDateTimeBehavior=CONVERT_TO_NULL`;
  await ground.program.put("zero", config(maria, "zero", { "connection.url": url }));
  const found = await payloads(maria, "zero", 3);
  assert.deepEqual(found.slice(-3).map(({ id, d }) => [id, d]), [[1, Date.UTC(2024, 0, 2, 3, 4, 5)], [2, null], [3, null]]);
});

databaseTest("an unsigned 64-bit number that is no long fails the task with its value", async () => {
  await maria.run(
    "CREATE TABLE wide (id int NOT NULL PRIMARY KEY, u bigint unsigned)",
    "INSERT INTO wide VALUES (1, 9223372036854775807), (2, 18446744073709551615)",
  );
  await ground.program.put("wide", config(maria, "wide"));
  assert.match(await ground.failure("wide"), /Value '18,446,744,073,709,551,615' is outside of valid range for type java\.lang\.Long/);
  assert.match((await ground.values(`bad-${maria.name}-wide`))[0] ?? "", /"u":9223372036854775807/);
});

databaseTest("odd types of MySQL arrive as documented: JSON, ENUM, SET, YEAR, BIT, geometry, four-byte UTF-8", async () => {
  await maria.run(
    "CREATE TABLE odd (id int NOT NULL PRIMARY KEY, j json, e enum('a','b'), s set('x','y'), y year, b bit(8), g point, t varchar(20) CHARACTER SET utf8mb4)",
    `INSERT INTO odd VALUES (1, '{"a": 1}', 'b', 'x,y', 2024, b'11001000', POINT(1, 2), '😀ž"\\\\')`,
  );
  await ground.program.put("odd", config(maria, "odd"));
  const [row] = await payloads(maria, "odd", 1);
  const { g, ...others } = row ?? {};
  assert.deepEqual(others, { id: 1, j: '{"a": 1}', e: "b", s: "x,y", y: 19723, b: -56, t: '😀ž"\\' });
  assert.match(String(g), /^AAAAAAEBAAAA/);
});

databaseTest("odd types of PostgreSQL arrive as documented: NaN, infinities, UUID, JSON; arrays are left out with a warning", async () => {
  await pg.run(
    "CREATE TABLE odd (id int PRIMARY KEY, n float8, i float8, f float4, u uuid, j jsonb, a int[])",
    "INSERT INTO odd VALUES (1, 'NaN', 'Infinity', '-Infinity', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{\"a\": [1]}', '{1,2}')",
  );
  await ground.program.put("pg-odd", config(pg, "odd"));
  const [row] = await payloads(pg, "odd", 1);
  assert.deepEqual(row, {
    id: 1,
    n: "NaN",
    i: "Infinity",
    f: "-Infinity",
    u: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    j: '{"a": [1]}',
  });
  await ground.logged(/WARN.*JDBC type \S+ not currently supported: column "a"/);
});

databaseTest("a column dropped and one added while running make a new schema at the next query", async () => {
  await maria.run("CREATE TABLE moving (id int NOT NULL PRIMARY KEY, a int, b int)", "INSERT INTO moving VALUES (1, 1, 1)");
  await ground.program.put("moving", config(maria, "moving"));
  await payloads(maria, "moving", 1);
  await maria.run("ALTER TABLE moving DROP COLUMN a, ADD COLUMN c varchar(5)", "INSERT INTO moving VALUES (2, 2, 'c')");
  const found = await payloads(maria, "moving", 2);
  assert.deepEqual(found, [{ id: 1, a: 1, b: 1 }, { id: 2, b: 2, c: "c" }]);
});

databaseTest("the incrementing column dropped while running fails the task with its name", async () => {
  await maria.run("CREATE TABLE headless (id int NOT NULL PRIMARY KEY, a int)", "INSERT INTO headless VALUES (1, 1)");
  await ground.program.put("headless", config(maria, "headless"));
  await payloads(maria, "headless", 1);
  await maria.run("ALTER TABLE headless DROP COLUMN id");
  assert.match(await ground.failure("headless"), /Unknown column .*id/);
  await ground.othersGoOn();
});

databaseTest("a connection killed between and within queries costs no row", async () => {
  await maria.run(
    "CREATE TABLE killed (id int NOT NULL PRIMARY KEY, text varchar(200))",
    "INSERT INTO killed SELECT seq, REPEAT('x', 200) FROM seq_1_to_100000",
  );
  await ground.program.put("killed", config(maria, "killed"));
  const topic = `bad-${maria.name}-killed`;
  for (let i = 1; i <= 3; i++) {
    await until("something arrived", async () => (await ground.values(topic).catch(() => [])).length > 0 ? true : undefined);
    const [own] = await maria.run("SELECT CONNECTION_ID()");
    const others = await maria.run(`SELECT id FROM information_schema.processlist WHERE db = '${maria.name}' AND id <> ${own?.[0]}`);
    for (const [id] of others) await maria.run(`KILL ${id}`).catch(() => undefined); // it may have ended by itself
    await maria.run(`INSERT INTO killed VALUES (${100000 + i}, 'later')`);
  }
  const found = await until("all rows arrived", async () => {
    const values = await ground.values(topic);
    return values.some((value) => value.includes('"id":100003,')) ? values : undefined;
  });
  const ids = new Set(found.map((value) => Number(/"id":(\d+)/.exec(value)?.[1])));
  assert.equal(ids.size, 100003);
  await ground.program.untilState("killed", "RUNNING");
});

databaseTest("names with quotes, blanks and semicolons are names and nothing else", async () => {
  await maria.run(
    "CREATE TABLE victim (id int)",
    "CREATE TABLE `a``b; DROP TABLE victim; --` (`i``d` int NOT NULL PRIMARY KEY, `select` int)",
    "INSERT INTO `a``b; DROP TABLE victim; --` VALUES (1, 2)",
  );
  const text = "`a``b; DROP TABLE victim; --`";
  await ground.program.put(
    "named",
    config(maria, "", {
      "table.whitelist": "",
      "query": `SELECT * FROM ${text}`,
      "incrementing.column.name": "i`d",
      "topic.prefix": `bad-${maria.name}-named`,
    }),
  );
  assert.deepEqual(await payloads(maria, "named", 1), [{ "i`d": 1, "select": 2 }]);
  await pg.run("CREATE TABLE victim (id int)", 'CREATE TABLE "a""b" ("i""d" int PRIMARY KEY)', 'INSERT INTO "a""b" VALUES (1)');
  await ground.program.put(
    "pg-named",
    config(pg, "", {
      "table.whitelist": "",
      "query": 'SELECT * FROM "a""b"',
      "incrementing.column.name": 'i"d',
      "topic.prefix": `bad-${pg.name}-named`,
    }),
  );
  assert.deepEqual(await payloads(pg, "named", 1), [{ 'i"d': 1 }]);
  await maria.run("SELECT * FROM victim");
  await pg.run("SELECT * FROM victim");
});

databaseTest("a worker with such sources stops cleanly", async () => {
  await ground.stopsCleanly();
});
