import assert from "node:assert/strict";
import { createConnection, createServer, type Socket } from "node:net";
import { primitiveSchema } from "sdk";
import type { Session } from "../../connectors/sql/dialect.ts";
import { postgres } from "../../connectors/sql/postgres.ts";
import { SqlError } from "../../connectors/sql/sql_error.ts";
import { timeZone } from "../../connectors/times/time_zone.ts";
import { connectTo, databaseTest, readAll, server, writeColumn, writeRows } from "./postgres_sessions.ts";

const PLAIN = { numeric: "none", granularity: "connect_logical" } as const;
const COLUMNS = [writeColumn("id", primitiveSchema("INT32"), true), writeColumn("v", primitiveSchema("STRING", { optional: true }))];

/** The SqlError that a promise is refused with. */
async function errorOf(run: Promise<unknown>): Promise<SqlError> {
  let caught: unknown;
  await run.catch((error: unknown) => caught = error);
  assert.ok(caught instanceof SqlError, String(caught));
  return caught;
}

async function backend(session: Session): Promise<unknown> {
  return (await session.execute("SELECT pg_backend_pid()"))[0]?.[0];
}

/** Asserts that the session is gone, and says so at once whatever is asked. */
async function assertGone(session: Session): Promise<void> {
  assert.equal(await session.isAlive(), false);
  const error = await errorOf(session.execute("SELECT 1"));
  assert.deepEqual([error.kind, error.isConnectionLost], ["retriable", true]);
  await session.close();
}

databaseTest("Cursor.read() says when the connection is killed in the middle, as retriable", async (open) => {
  const [session, killer] = [await open(), await open()];
  const pid = await backend(session);
  const parts = ["SELECT generate_series(1, 100000000) AS i, repeat('x', 200) AS v"];
  const cursor = await session.open({ parts, limit: null, suffix: "", mapping: PLAIN });
  (await cursor.read(1000))?.release();
  await killer.execute(`SELECT pg_terminate_backend(${pid})`);
  const error = await errorOf((async () => {
    for (let page = await cursor.read(5000); page !== null; page = await cursor.read(5000)) page.release();
  })());
  assert.deepEqual([error.kind, error.isConnectionLost], ["retriable", true]);
  await cursor.close();
  await assertGone(session);
});

for (const mode of ["insert", "upsert"] as const) {
  databaseTest(`RowWriter.write() says when the connection is killed in the middle of an ${mode}, and nothing is stored`, async (open) => {
    const [session, killer] = [await open(), await open()];
    const pid = await backend(session);
    await session.execute("CREATE TABLE t (id int PRIMARY KEY, v text)");
    const rows = Array.from({ length: 50_000 }, (_, i) => [i, "x".repeat(100)]);
    await session.begin();
    await writeRows(session, "t", mode, COLUMNS, rows);
    const writing = errorOf((async () => {
      for (let i = 1;; i++) await writeRows(session, "t", mode, COLUMNS, rows.map(([id, v]) => [Number(id) + i * 50_000, v ?? null]));
    })());
    await killer.execute(`SELECT pg_terminate_backend(${pid})`);
    const error = await writing;
    assert.deepEqual([error.kind, error.isConnectionLost], ["retriable", true], error.message);
    await assertGone(session);
    assert.deepEqual(await killer.execute("SELECT count(*) FROM t"), [[0]]);
  });
}

databaseTest("PostgresSession hears while it is idle that its connection was killed", async (open) => {
  const [session, killer] = [await open(), await open()];
  await killer.execute(`SELECT pg_terminate_backend(${await backend(session)})`);
  await assertGone(session);
});

databaseTest("PostgresSession tells a deadlock as retriable, and both go on", async (open) => {
  const [one, two] = [await open(), await open()];
  await one.execute("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  await one.begin();
  await two.begin();
  await two.execute("SET LOCAL deadlock_timeout = '50ms'");
  await writeRows(one, "t", "upsert", COLUMNS, [[1, "one"]]);
  await writeRows(two, "t", "upsert", COLUMNS, [[2, "two"]]);
  const waiting = writeRows(one, "t", "upsert", COLUMNS, [[2, "one"]]);
  const error = await errorOf(writeRows(two, "t", "upsert", COLUMNS, [[1, "two"]]));
  assert.deepEqual([error.kind, error.sqlState, error.isConnectionLost], ["retriable", "40P01", false]);
  await two.rollback();
  await waiting;
  await one.commit();
  assert.deepEqual((await readAll(two, ["SELECT v FROM t ORDER BY id"])).rows, [["one"], ["one"]]);
});

databaseTest("PostgresSession.oldestWriterMs() is the age of the oldest open transaction of others in this database", async (open) => {
  const [session, writer] = [await open(), await open()];
  assert.equal(await session.oldestWriterMs(), 0);
  await writer.begin();
  await writer.execute("SELECT pg_sleep(0.01)");
  assert.ok(Number(await session.oldestWriterMs()) >= 10);
  await writer.commit();
  assert.equal(await session.oldestWriterMs(), 0);
});

databaseTest(
  "PostgresSession.oldestWriterMs() is null while there is one the user may not see, and now() is the server's clock",
  async (open) => {
    const session = await open();
    const role = `om_pg_${crypto.randomUUID().substring(0, 8)}`;
    await session.execute(`CREATE ROLE ${role} LOGIN PASSWORD 'p w''d'`);
    try {
      const plain = await open({ user: role, password: "p w'd" });
      assert.equal(await plain.oldestWriterMs(), 0);
      await session.begin();
      assert.equal(await plain.oldestWriterMs(), null);
      await session.rollback();
      await plain.close();
    } finally {
      await session.execute(`DROP ROLE ${role}`);
    }
    const [[before = ""] = []] = await session.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8::text");
    const { ms, nanos } = await session.now();
    assert.equal(nanos % 1000, 0);
    assert.equal(Math.floor(nanos / 1e6), ((ms % 1000) + 1000) % 1000);
    assert.ok(BigInt(ms) * 1000n + BigInt((nanos / 1000) % 1000) >= BigInt(String(before)));
  },
);

databaseTest("PostgresSession.setIsolation() is for all transactions to come", async (open) => {
  const session = await open();
  await session.setIsolation("SERIALIZABLE");
  await session.begin();
  assert.deepEqual(await session.execute("SHOW transaction_isolation"), [["serializable"]]);
  await session.rollback();
  await assert.rejects(session.setIsolation("SQL_SERVER_SNAPSHOT"), /must|PostgreSQL has READ_UNCOMMITTED/);
});

databaseTest("PostgresSession.tables() and describe() tell kinds, keys and identities", async (open) => {
  const session = await open();
  await session.execute(`CREATE SCHEMA s1; CREATE SCHEMA other; CREATE DOMAIN amount AS numeric(6,2); CREATE DOMAIN more AS amount;
    CREATE TABLE s1.a (x int, id bigint GENERATED ALWAYS AS IDENTITY, b more NOT NULL, c text UNIQUE, d int[], gone int, PRIMARY KEY (id, x), UNIQUE (b, c));
    ALTER TABLE s1.a DROP COLUMN gone;
    CREATE UNIQUE INDEX ON s1.a (lower(c)); CREATE UNIQUE INDEX ON s1.a (x) WHERE x > 0;
    CREATE TABLE other.a (id serial); CREATE VIEW s1.v AS SELECT * FROM s1.a; CREATE MATERIALIZED VIEW s1.m AS SELECT * FROM s1.a;
    CREATE TABLE s1.p (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE s1.p1 PARTITION OF s1.p FOR VALUES FROM (0) TO (10)`);
  const listed = async (schema: string | null, types: string[]) =>
    (await session.tables(null, schema, types)).map(({ id, type }) => `${type} ${id.schema}.${id.name}`);
  assert.deepEqual(await listed(null, ["table"]), ["TABLE other.a", "TABLE s1.a", "TABLE s1.p1"]);
  assert.deepEqual(await listed("s%", ["VIEW", "MATERIALIZED VIEW", "PARTITIONED TABLE"]), [
    "MATERIALIZED VIEW s1.m",
    "PARTITIONED TABLE s1.p",
    "VIEW s1.v",
  ]);
  assert.ok((await listed("pg_catalog", ["SYSTEM TABLE"])).includes("SYSTEM TABLE pg_catalog.pg_class"));
  assert.deepEqual(await session.tables("elsewhere", null, ["TABLE"]), []);
  const table = await session.describe(session.tableId(["s1", "a"]));
  assert.deepEqual(
    table?.columns.map((
      { name, typeName, isNullable, isAutoIncrement, keyPosition },
    ) => [name, typeName, isNullable, isAutoIncrement, keyPosition]),
    [
      ["x", "int4", false, false, 2],
      ["id", "int8", false, true, 1],
      ["b", "numeric", false, false, 0],
      ["c", "text", true, false, 0],
      ["d", "_int4", true, false, 0],
    ],
  );
  assert.deepEqual(table.uniqueKeys, [["c"], ["b", "c"]]);
  assert.equal(table.id.catalog, session.current.catalog);
  assert.equal((await session.describe(session.tableId(["other", "a"])))?.columns[0]?.isAutoIncrement, true);
  assert.equal((await session.describe(session.tableId(["s1", "p"])))?.type, "PARTITIONED TABLE");
  assert.equal(await session.describe(session.tableId(["a"])), null);
  assert.equal(await session.describe(session.tableId(["nowhere", "s1", "a"])), null);
  const found = await open({ parameters: "currentSchema=other,s1" });
  assert.equal(found.current.schema, "other");
  assert.equal((await found.describe(found.tableId(["a"])))?.id.schema, "other");
  assert.equal((await found.describe(found.tableId(["v"])))?.type, "VIEW");
});

databaseTest("PostgresSession reads the same texts whatever the database is set to", async (open) => {
  const session = await open();
  const name = session.current.catalog;
  await session.execute(
    `ALTER DATABASE ${name} SET DateStyle = 'SQL, DMY'; ALTER DATABASE ${name} SET TimeZone = 'Asia/Kolkata'; ALTER DATABASE ${name} SET bytea_output = 'escape';
    ALTER DATABASE ${name} SET extra_float_digits = -10; ALTER DATABASE ${name} SET standard_conforming_strings = off`,
  );
  const other = await open({ parameters: "options=-c%20statement_timeout%3D90000&ApplicationName=my+app" });
  const { rows } = await readAll(other, [
    "SELECT '2024-02-03'::date AS d, '2024-02-03 04:05:06+00'::timestamptz AS t, E'\\\\001'::bytea AS y, 0.1::float8 + 0.2 AS f",
  ]);
  assert.deepEqual(rows, [[new Date("2024-02-03"), new Date("2024-02-03T04:05:06Z"), Uint8Array.of(1), 0.1 + 0.2]]);
  assert.deepEqual(await other.execute("SELECT current_setting('statement_timeout'), current_setting('application_name')"), [[
    "90s",
    "my app",
  ]]);
});

Deno.test({
  name: "postgres.connect() says what is wrong: password, database, port, host" + server.because,
  ignore: server.missing,
  fn: async () => {
    const wrong = await errorOf(connectTo({ password: "S3cret!", user: "om_pg_nobody" }));
    assert.deepEqual([wrong.kind, wrong.sqlState.substring(0, 2)], ["fatal", "28"], wrong.message);
    assert.doesNotMatch(wrong.message, /S3cret/);
    const unknown = await errorOf(connectTo({ database: "om_pg_nowhere" }));
    assert.deepEqual([unknown.kind, unknown.sqlState], ["fatal", "3D000"]);
    assert.match(unknown.message, /database "om_pg_nowhere" does not exist/);
    const refused = await errorOf(connectTo({ port: 1 }));
    assert.deepEqual([refused.kind, refused.sqlState, refused.isConnectionLost], ["retriable", "08001", true]);
    assert.match(refused.message, /^Connection to .*:1 refused\. Check that the hostname and port are correct/);
    const plain = await connectTo({ parameters: "sslmode=prefer" });
    await plain.close();
    const encrypted = await errorOf(connectTo({ parameters: "sslmode=require" }));
    assert.match(encrypted.message, /server does not support SSL/);
  },
});

Deno.test("postgres.connect() gives up a server that takes the connection and says nothing, by time and by signal", async () => {
  const sockets: { destroy(): void }[] = [];
  const silent = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const options = { zone: timeZone("UTC"), isJulianBefore1582: true, isUnquoted: false, log };
  const target = postgres.target({
    url: `jdbc:postgresql://127.0.0.1:${port}/x?sslmode=disable`,
    user: "u",
    password: "p",
    properties: {},
  });
  const slow = await errorOf(postgres.connect(target, { ...options, connectTimeoutMs: 20 }, new AbortController().signal));
  assert.deepEqual([slow.kind, slow.isConnectionLost], ["retriable", true]);
  const abort = new AbortController();
  const given = postgres.connect(target, { ...options, connectTimeoutMs: 60_000 }, abort.signal);
  silent.once("connection", () => abort.abort());
  assert.equal((await errorOf(given)).isConnectionLost, true);
  for (const socket of sockets) socket.destroy();
  await new Promise<void>((resolve) => silent.close(() => resolve()));
});

databaseTest("PostgresSession gives up a server that falls silent, when socketTimeout says so", async (open) => {
  const session = await open({ parameters: "socketTimeout=1" });
  const error = await errorOf(session.execute("SELECT pg_sleep(30)"));
  assert.deepEqual([error.kind, error.isConnectionLost], ["retriable", true]);
  assert.match(error.message, /socketTimeout/);
});

databaseTest("PostgresSession gives up a server that has fallen silent and takes no new connection", async (open) => {
  const { catalog } = (await open()).current;
  // A wire between us and the server: once it is cut nothing passes, and nobody says so.
  let isCut = false;
  const ends: Socket[] = [];
  const wire = createServer((near) => {
    const far = createConnection(server.port, server.host);
    for (const [from, to] of [[near, far], [far, near]] as const) {
      ends.push(from);
      from.on("data", (bytes) => void (isCut || to.write(bytes)));
      from.on("error", () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => wire.listen(0, "127.0.0.1", resolve));
  const address = wire.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const url = `jdbc:postgresql://127.0.0.1:${port}/${catalog}?sslmode=disable`;
  const target = { ...postgres.target({ url, user: server.user, password: server.password, properties: {} }), probeAfterMs: 100 };
  const options = { zone: timeZone("UTC"), isJulianBefore1582: true, isUnquoted: false, connectTimeoutMs: 5_000, log };
  const session = await postgres.connect(target, options, new AbortController().signal);
  // While the server can be reached a slow statement is waited for.
  assert.deepEqual(await session.execute("SELECT 1 FROM pg_sleep(0.4)"), [[1]]);
  isCut = true;
  wire.close();
  const error = await errorOf(session.execute("SELECT 1"));
  assert.deepEqual([error.kind, error.isConnectionLost], ["retriable", true]);
  await session.close();
  for (const end of ends) end.destroy();
});
