/** Records a table does not take: each is told by its place and value, or goes to the dead letter queue alone; no other row is lost. */
import assert from "node:assert/strict";
import { sharedBroker } from "../broker.ts";
import { sharedServer } from "../databases.ts";
import { Topics } from "../topics.ts";
import { until } from "../until.ts";
import { TestDatabase } from "./database.ts";
import { Ground } from "./ground.ts";

const broker = sharedBroker(), mariadb = sharedServer("mariadb"), postgres = sharedServer("postgres");
const missing = broker.missing || mariadb.missing || postgres.missing;
const because = broker.because || mariadb.because || postgres.because;
/** librdkafka's threads answer when they like, and grounds outlive tests. */
const shared = { sanitizeOps: false, sanitizeResources: false } as const;

let ground: Ground;
let topics: Topics;
const databases: TestDatabase[] = [];
if (!missing) {
  Deno.test.beforeAll(async () => {
    ground = await Ground.lay({ bootstrap: broker.bootstrap, settings: { "offset.flush.interval.ms": "100" } });
    topics = new Topics(broker.bootstrap);
    databases.push(await TestDatabase.make("mariadb"), await TestDatabase.make("postgres"));
  });
  Deno.test.afterAll(async () => {
    await ground[Symbol.asyncDispose]();
    await topics.close();
    for (const database of databases) await database[Symbol.asyncDispose]();
  });
}

type Overrides = Readonly<Record<string, string>>;

/** The same for both kinds of servers. */
function bothTest(name: string, fn: (database: TestDatabase, connector: string) => Promise<void>): void {
  for (const [i, kind] of ["MariaDB", "PostgreSQL"].entries()) {
    const connector = `${kind.toLowerCase()}-${name.replaceAll(/[^a-z]+/g, "-").slice(0, 60)}`;
    Deno.test({
      name: `JdbcSink into ${kind}: ${name}${because}`,
      ignore: missing,
      ...shared,
      fn: () => fn(databases[i] as TestDatabase, connector),
    });
  }
}

/** An enveloped struct: `fields` are Connect's types by name, a trailing ? makes one optional. */
function envelope(fields: Readonly<Record<string, string>>, payload: unknown): string {
  const described = Object.entries(fields).map(([field, type]) => ({ type: type.replace("?", ""), optional: type.endsWith("?"), field }));
  return JSON.stringify({ schema: { type: "struct", fields: described, optional: false }, payload });
}

const ROW = { id: "int32", text: "string?" };
const row = (id: number, text: string | null) => envelope(ROW, { id, text });

/** Writes values, in order, each with a key of its id. */
async function produce(topic: string, values: readonly (string | null)[], keys?: readonly string[]): Promise<void> {
  const encoder = new TextEncoder();
  await topics.produce(
    topic,
    values.map((value, i) => ({
      key: keys === undefined ? null : encoder.encode(keys[i] as string),
      value: value === null ? null : encoder.encode(value),
      partition: 0,
      headers: [],
      timestamp: undefined,
    })),
  );
}

async function connect(connector: string, database: TestDatabase, table: string, overrides: Overrides = {}): Promise<string> {
  const topic = `${connector}-${crypto.randomUUID().slice(0, 8)}`;
  await topics.create(topic);
  await ground.program.put(connector, {
    "connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector",
    ...database.connection,
    "topics": topic,
    "table.name.format": table,
    "max.retries": "1",
    "retry.backoff.ms": "50",
    ...overrides,
  });
  return topic;
}

async function rowsOf(database: TestDatabase, query: string, count: number): Promise<readonly (readonly (string | null)[])[]> {
  return await until(`${count} rows of ${query}`, async () => {
    const rows = await database.run(query).catch(() => []); // table or column may still have to be made
    return rows.length >= count ? rows : undefined;
  });
}

const DLQ = (name: string): Overrides => ({
  "errors.tolerance": "all",
  "errors.deadletterqueue.topic.name": `${name}-dlq`,
  "errors.deadletterqueue.topic.replication.factor": "1",
  "errors.deadletterqueue.context.headers.enable": "true",
});

bothTest("a value that does not fit fails the task with topic, partition, offset, column and value", async (database, connector) => {
  await database.run("CREATE TABLE narrow (id int NOT NULL PRIMARY KEY, text varchar(5))");
  const topic = await connect(connector, database, "narrow");
  await produce(topic, [row(1, "fits"), row(2, "does not fit"), row(3, "fits")]);
  const trace = await ground.failure(connector);
  assert.match(trace, /Exception chain:/);
  assert.match(trace, new RegExp(`topic '${topic}'`));
  assert.match(trace, /partition 0/);
  assert.match(trace, /offset 1/);
  assert.match(trace, /text/);
  assert.match(trace, /does not fit/);
  await ground.othersGoOn();
});

bothTest("with a dead letter queue exactly the rows that do not fit go there", async (database, connector) => {
  await database.run("CREATE TABLE picky (id int NOT NULL PRIMARY KEY, text varchar(5) NOT NULL)");
  const queue = `${connector}-${crypto.randomUUID().slice(0, 8)}`;
  const topic = await connect(connector, database, "picky", DLQ(queue));
  const bad = new Set([3, 77, 78, 500, 999]);
  const values = Array.from({ length: 1000 }, (_, id) => row(id, bad.has(id) ? (id === 500 ? null : "does not fit") : "fits"));
  await produce(topic, values);
  await rowsOf(database, "SELECT id FROM picky", 1000 - bad.size);
  const letters = await until("the queue holds the bad ones", async () => {
    const found = await topics.all(`${queue}-dlq`).catch(() => []);
    return found.length >= bad.size ? found : undefined;
  });
  const text = new TextDecoder();
  assert.deepEqual(letters.map(({ value }) => text.decode(value ?? undefined)), [...bad].map((id) => values[id]));
  const headers = Object.fromEntries((letters[0]?.headers ?? []).map(({ name, value }) => [name, text.decode(value ?? undefined)]));
  assert.equal(headers["__connect.errors.stage"], "TASK_PUT");
  assert.equal(headers["__connect.errors.offset"], "3");
  await ground.program.untilState(connector, "RUNNING");
});

bothTest(
  "a broken envelope and a record without schema go to the dead letter queue, the others into the table",
  async (database, connector) => {
    await database.run("CREATE TABLE enveloped (id int NOT NULL PRIMARY KEY, text varchar(50))");
    const queue = `${connector}-${crypto.randomUUID().slice(0, 8)}`;
    const topic = await connect(connector, database, "enveloped", DLQ(queue));
    await produce(topic, [
      row(1, "a"),
      "{",
      '{"schema":null,"payload":{"id":2}}',
      '{"payload":{"id":3}}',
      "\u0000",
      row(4, "b"),
      null,
      row(5, "c"),
    ]);
    await rowsOf(database, "SELECT id FROM enveloped", 3);
    await until("the queue holds the bad ones", async () => await topics.count(`${queue}-dlq`) >= 5 ? true : undefined);
    await ground.program.untilState(connector, "RUNNING");
  },
);

bothTest("upsert into a table without a key is refused", async (database, connector) => {
  await database.run("CREATE TABLE keyless (id int NOT NULL, text varchar(50))");
  const topic = await connect(connector, database, "keyless", { "insert.mode": "upsert", "pk.mode": "record_value", "pk.fields": "id" });
  await produce(topic, [row(1, "a"), row(1, "b")]);
  assert.match(await ground.failure(connector), /key/i);
  assert.equal((await database.run("SELECT * FROM keyless")).length, 0);
});

bothTest(
  "a schema that changes in mid-stream adds the column when evolution is on, and is refused when it is off",
  async (database, connector) => {
    await database.run("CREATE TABLE evolving (id int NOT NULL PRIMARY KEY, text varchar(50))");
    const wider = { ...ROW, extra: "int64?" };
    const values = [row(1, "a"), envelope(wider, { id: 2, text: "b", extra: 7 }), row(3, "c")];
    const topic = await connect(connector, database, "evolving", { "auto.evolve": "true" });
    await produce(topic, values);
    assert.deepEqual(await rowsOf(database, "SELECT id, text, extra FROM evolving ORDER BY id", 3), [["1", "a", null], ["2", "b", "7"], [
      "3",
      "c",
      null,
    ]]);
    await database.run("CREATE TABLE fixed (id int NOT NULL PRIMARY KEY, text varchar(50))");
    const other = await connect(`${connector}-off`, database, "fixed");
    await produce(other, values);
    assert.match(await ground.failure(`${connector}-off`), /is missing fields \(.*extra.*\) and auto-evolution is disabled/);
  },
);

bothTest("a column dropped while running fails the task with its name", async (database, connector) => {
  await database.run("CREATE TABLE shrinking (id int NOT NULL PRIMARY KEY, text varchar(50))");
  const topic = await connect(connector, database, "shrinking");
  await produce(topic, [row(1, "a")]);
  await rowsOf(database, "SELECT id FROM shrinking", 1);
  await database.run("ALTER TABLE shrinking DROP COLUMN text");
  await produce(topic, [row(2, "b")]);
  assert.match(await ground.failure(connector), /text/);
});

bothTest("names and values with quotes and semicolons are nothing but names and values", async (database, connector) => {
  await database.run("CREATE TABLE victim (id int)");
  const evil = "a`b\"c'; DROP TABLE victim; --x";
  const topic = await connect(connector, database, "injected", { "auto.create": "true" });
  const values = ["'", '"', "`", "\\", "\\'", "'; DROP TABLE victim; -- ", "😀", "\n\r\t\u001a", "%_"];
  await produce(topic, values.map((text, id) => envelope({ id: "int32", [evil]: "string?" }, { id, [evil]: text })));
  const found = await rowsOf(database, "SELECT * FROM injected ORDER BY id", values.length);
  assert.deepEqual(found.map((each) => each[1]), values);
  await database.run("SELECT * FROM victim", "DROP TABLE victim");
});

bothTest("a connection killed in the middle of batches loses no row and doubles none", async (database, connector) => {
  await database.run("CREATE TABLE severed (id int NOT NULL PRIMARY KEY, text varchar(50))");
  const topic = await connect(connector, database, "severed", { "consumer.override.max.poll.records": "100", "max.retries": "50" });
  const kill = database.kind === "postgres"
    ? "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    : undefined;
  for (let i = 0; i < 4; i++) {
    await produce(topic, Array.from({ length: 2000 }, (_, n) => row(i * 2000 + n, "x")));
    await rowsOf(database, `SELECT id FROM severed WHERE id >= ${i * 2000} LIMIT 1`, 1);
    if (kill !== undefined) await database.run(kill);
    else {
      const [own] = await database.run("SELECT CONNECTION_ID()");
      const others = await database.run(
        `SELECT id FROM information_schema.processlist WHERE db = '${database.name}' AND id <> ${own?.[0]}`,
      );
      for (const [id] of others) await database.run(`KILL ${id}`).catch(() => undefined); // it may have ended by itself
    }
  }
  await until("all rows are there", async () => await database.sql.number("SELECT COUNT(*) FROM severed") >= 8000 ? true : undefined);
  await ground.program.untilState(connector, "RUNNING");
});

bothTest("a deadlock is tried again, and no row is lost", async (database, connector) => {
  await database.run(
    "CREATE TABLE contested (id int NOT NULL PRIMARY KEY, text varchar(50))",
    "INSERT INTO contested VALUES (1, 'x'), (2, 'x')",
  );
  const topic = await connect(connector, database, "contested", {
    "insert.mode": "upsert",
    "pk.mode": "record_value",
    "pk.fields": "id",
    "max.retries": "20",
  });
  await database.run("BEGIN", "UPDATE contested SET text = 'mine' WHERE id = 2");
  await produce(topic, [row(1, "a"), row(2, "b")]);
  await until("the sink waits for the lock", async () => {
    const query = database.kind === "postgres"
      ? "SELECT 1 FROM pg_locks WHERE NOT granted"
      : `SELECT 1 FROM information_schema.processlist WHERE db = '${database.name}' AND command = 'Query' AND id <> CONNECTION_ID()`;
    return (await database.sql.rows(query)).length > 0 ? true : undefined;
  });
  // The sink holds row 1 and waits for row 2; one of the two has to give way.
  await database.sql.rows("UPDATE contested SET text = 'mine' WHERE id = 1").then(() => database.sql.rows("COMMIT"), () => undefined);
  await until("the sink's rows are there", async () => {
    const found = await database.run("SELECT text FROM contested ORDER BY id");
    return found.map(([text]) => text).join() === "a,b" ? true : undefined;
  });
  await ground.program.untilState(connector, "RUNNING");
});

Deno.test({
  name: `JdbcSink into MariaDB: a row larger than max_allowed_packet is told by its size, or goes to the queue alone${because}`,
  ignore: missing,
  ...shared,
}, async () => {
  const [database] = databases as [TestDatabase];
  const limit = await database.sql.number("SELECT @@max_allowed_packet");
  await database.run("CREATE TABLE packets (id int NOT NULL PRIMARY KEY, text longtext)");
  const queue = `packets-${crypto.randomUUID().slice(0, 8)}`;
  // Larger than Kafka's own limit for a record, so the text is escaped to twice its size.
  await database.run("SET GLOBAL max_allowed_packet = 1048576");
  try {
    const topic = await connect("packets", database, "packets", DLQ(queue));
    await produce(topic, [row(1, "small"), row(2, "'".repeat(700_000)), row(3, "small")]);
    await rowsOf(database, "SELECT id FROM packets", 2);
    await until("the queue holds it", async () => await topics.count(`${queue}-dlq`) === 1 ? true : undefined);
  } finally {
    await database.run(`SET GLOBAL max_allowed_packet = ${limit}`);
  }
});

Deno.test({ name: `JdbcSink: a worker with such sinks stops cleanly${because}`, ignore: missing, ...shared }, async () => {
  await ground.stopsCleanly();
});
