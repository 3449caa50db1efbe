import assert from "node:assert/strict";
import { Decimal, type Schema } from "sdk";
import type { TypeMapping } from "../../connectors/sql/dialect.ts";
import { SqlError } from "../../connectors/sql/sql_error.ts";
import { databaseTest, drain, readAll } from "./postgres_sessions.ts";

const PLAIN: TypeMapping = { numeric: "none", granularity: "connect_logical" };
const SELECT = { parts: ["SELECT * FROM t ORDER BY 1"], limit: null, suffix: "", mapping: PLAIN };

/** Type, whether it takes null, and parameters. */
function shown(schema: Schema | null): string {
  if (schema === null) return "left out";
  const parameters = schema.parameters === undefined ? "" : ` ${JSON.stringify(Object.fromEntries(schema.parameters))}`;
  return `${schema}${schema.optional ? "?" : ""}${parameters}`;
}

databaseTest("PostgresSession.open() maps numerics by numeric.mapping, precision and scale", async (open) => {
  const session = await open();
  await session.execute(
    "CREATE TABLE t (a numeric(2,0), b numeric(4), c numeric(8,0), d numeric(18,0), e numeric(25,0), f numeric(10,2), g numeric(20,5), h numeric, i numeric(3,-2))",
  );
  await session.execute("INSERT INTO t VALUES (12, 1234, 12345678, 123456789012345678, 1234567890123456789012345, 1.5, 2.25, 12.5, 12345)");
  const byMapping = new Map<string, string[]>();
  for (const numeric of ["none", "precision_only", "best_fit", "best_fit_eager_double"] as const) {
    const { schemas } = await readAll(session, ["SELECT * FROM t"], { mapping: { ...PLAIN, numeric } });
    byMapping.set(numeric, schemas.map((schema) => shown(schema).replace("org.apache.kafka.connect.data.", "")));
  }
  const decimal = (scale: number, precision: number) =>
    `Schema{Decimal:BYTES}? {"scale":"${scale}","connect.decimal.precision":"${precision}"}`;
  const all = [
    decimal(0, 2),
    decimal(0, 4),
    decimal(0, 8),
    decimal(0, 18),
    decimal(0, 25),
    decimal(2, 10),
    decimal(5, 20),
    decimal(127, 0),
    decimal(-2, 3),
  ];
  const whole = ["Schema{INT8}?", "Schema{INT16}?", "Schema{INT32}?", "Schema{INT64}?"];
  assert.deepEqual(byMapping.get("none"), all);
  assert.deepEqual(byMapping.get("precision_only"), [...whole, ...all.slice(4, 7), "Schema{INT8}?", decimal(-2, 3)]);
  const floats = "Schema{FLOAT64}?";
  assert.deepEqual(byMapping.get("best_fit"), [...whole, decimal(0, 25), floats, decimal(5, 20), floats, "Schema{INT32}?"]);
  assert.deepEqual(byMapping.get("best_fit_eager_double"), [...whole, decimal(0, 25), floats, floats, floats, "Schema{INT32}?"]);
  const { rows } = await readAll(session, ["SELECT h, i, e FROM t"]);
  assert.deepEqual(rows[0], [new Decimal(125n * 10n ** 126n, 127), new Decimal(123n, -2), new Decimal(1234567890123456789012345n, 0)]);
});

databaseTest("PostgresSession.open() reads the limits of every type", async (open) => {
  const session = await open();
  await session.execute(
    `CREATE TABLE t (id int, a smallint, b bigint, c real, d float8, e date, f time, g timetz, h timestamp, i timestamptz, j bytea, k bit(8), l bit(12), m money, n "char", o name, p oid);
    INSERT INTO t VALUES
    (1, 32767, 9223372036854775807, 3.4028235e38, 1.7976931348623157e308, '9999-12-31', '24:00:00', '00:00:00-15:59', '9999-12-31 23:59:59.999999', '1900-01-01 00:00:00+08:05:43', '', b'00000101', b'000000000001', -92233720368547758.08, 'x', 'n', 4294967295),
    (2, -32768, -9223372036854775808, 'NaN', '-Infinity', '0001-01-01 BC', '00:00:00', '23:59:59.9999+15:59', '0044-03-15 10:00:00 BC', '1969-12-31 23:59:59.999999+00', '\\x5c0a09007f', b'00000000', b'111111111111', 0.01, '', '', 0)`,
  );
  const { rows, failures } = await readAll(session, ["SELECT * FROM t ORDER BY id"]);
  assert.deepEqual(failures, []);
  const [first = [], second = []] = rows;
  assert.deepEqual(first.slice(1, 6), [
    32767,
    9223372036854775807n,
    Math.fround(3.4028235e38),
    1.7976931348623157e308,
    new Date("9999-12-31"),
  ]);
  assert.deepEqual(first.slice(6, 10), [
    new Date(86_400_000),
    new Date((15 * 60 + 59) * 60_000),
    new Date("9999-12-31T23:59:59.999Z"),
    new Date("1899-12-31T15:54:17Z"),
  ]);
  assert.deepEqual(first.slice(10), [
    new Uint8Array(),
    101,
    new TextEncoder().encode("000000000001"),
    -92233720368547758.08,
    "x",
    "n",
    4294967295n,
  ]);
  assert.deepEqual(second.slice(1, 5), [-32768, -9223372036854775808n, NaN, -Infinity]);
  assert.deepEqual(second[9], new Date(-1));
  assert.deepEqual(second[10], Uint8Array.of(0x5c, 0x0a, 0x09, 0, 0x7f));
  assert.deepEqual(second.slice(12), [new TextEncoder().encode("111111111111"), 0.01, "", "", 0n]);
});

databaseTest(
  "PostgresSession.open() fails the row whose value Kafka Connect cannot hold, by column and text, and keeps those before",
  async (open) => {
    const session = await open();
    await session.execute("CREATE TABLE t (id int NOT NULL, d date, ts timestamp, n numeric(5,2), b bit(8))");
    const cases = [
      ["'infinity'", "NULL", "NULL", "NULL", 'Column "d" (date): Cannot read "infinity" as date: Kafka Connect has no such value'],
      [
        "NULL",
        "'-infinity'",
        "NULL",
        "NULL",
        'Column "ts" (timestamp): Cannot read "-infinity" as timestamp: Kafka Connect has no such value',
      ],
      ["NULL", "NULL", "'NaN'", "NULL", 'Column "n" (numeric): Cannot read "NaN" as Decimal: Kafka Connect has no such value'],
      ["NULL", "NULL", "NULL", "b'11111111'", 'Column "b" (bit): Cannot read "11111111" as INT8: it is out of range'],
    ];
    for (const [d, ts, n, b, message] of cases) {
      await session.execute(
        `TRUNCATE t; INSERT INTO t (id) VALUES (1), (2); INSERT INTO t VALUES (3, ${d}, ${ts}, ${n}, ${b}), (4, NULL, NULL, NULL, NULL)`,
      );
      const cursor = await session.open(SELECT);
      const page = await cursor.read(10);
      assert.equal(page?.failure?.row, 2);
      assert.equal(page.failure.error.message, message);
      assert.equal(page.rows, 4);
      page.release();
      await cursor.close();
    }
  },
);

databaseTest("PostgresSession.open() fails a null in a column that has said it takes none", async (open) => {
  const session = await open();
  await session.execute("CREATE TABLE t (id int NOT NULL, s text NOT NULL)");
  await session.execute("CREATE TABLE u (id int)");
  await session.execute("INSERT INTO u VALUES (1)");
  const { failures } = await readAll(session, ["SELECT t.s FROM u LEFT JOIN t USING (id)"]);
  assert.equal(failures[0]?.message, 'Invalid value: null used for required field: "s", schema type: STRING');
});

databaseTest(
  "PostgresSession.open() takes nullability from the table's column, domains as their base types, and nothing from computed ones",
  async (open) => {
    const session = await open();
    await session.execute(`CREATE DOMAIN short AS varchar(5) NOT NULL; CREATE DOMAIN amount AS numeric(6,2);
    CREATE TABLE t (id serial PRIMARY KEY, a short, b amount, c int[], d interval);
    CREATE VIEW v AS SELECT * FROM t`);
    const table = await readAll(session, ["SELECT *, id + 1 AS more, count(*) OVER () AS n FROM t"]);
    assert.deepEqual(table.schemas.map(shown).map((text) => text.replace(/ \{.*/, "")), [
      "Schema{INT32}",
      "Schema{STRING}",
      "Schema{org.apache.kafka.connect.data.Decimal:BYTES}?",
      "left out",
      "left out",
      "Schema{INT32}?",
      "Schema{INT64}?",
    ]);
    const view = await readAll(session, ["SELECT * FROM v"]);
    assert.equal(shown(view.schemas[0] ?? null), "Schema{INT32}?");
  },
);

databaseTest("PostgresSession.open() gives the same fields again while nothing changes, and others after ALTER TABLE", async (open) => {
  const session = await open();
  await session.execute("CREATE TABLE t (id int NOT NULL)");
  const fields = async () => {
    const cursor = await session.open(SELECT);
    await cursor.close();
    return cursor.fields;
  };
  const before = await fields();
  assert.equal(await fields(), before);
  await session.execute("ALTER TABLE t ADD COLUMN v text");
  assert.deepEqual((await fields()).map(({ name }) => name), ["id", "v"]);
});

databaseTest("PostgresSession.open() compares moments to the microsecond with columns with and without time zone", async (open) => {
  const session = await open({ zone: "Asia/Seoul" });
  await session.execute("CREATE TABLE t (id int, ts timestamp, tz timestamptz)");
  await session.execute(
    "INSERT INTO t SELECT i, '2024-01-02 12:00:00.000001'::timestamp + i * interval '1 microsecond', '2024-01-02 03:00:00.000001+00'::timestamptz + i * interval '1 microsecond' FROM generate_series(0, 4) i",
  );
  const moment = { ms: Date.UTC(2024, 0, 2, 3), nanos: 3_000 };
  for (const column of ["ts", "tz"]) {
    const { rows } = await readAll(session, ["SELECT id FROM t WHERE ", { name: column }, " > ", { moment }, " ORDER BY id"]);
    assert.deepEqual(rows, [[3], [4]], column);
    const pair = await readAll(session, [
      "SELECT id FROM t WHERE (",
      { name: column },
      ", id) > (",
      { moment },
      ", ",
      { integer: 1n },
      ") ORDER BY id",
    ]);
    assert.deepEqual(pair.rows, [[2], [3], [4]], column);
  }
  const cursor = await session.open({ ...SELECT, parts: ["SELECT ts, tz FROM t WHERE id = 2"] });
  const page = await cursor.read(1);
  assert.deepEqual([page?.moment(0, 0), page?.moment(1, 0)], [{ ...moment, wall: moment.ms + 9 * 3_600_000 }, moment]);
  await cursor.close();
});

databaseTest("PostgresSession.open() writes names and values so that none becomes text of the statement", async (open) => {
  const session = await open();
  const evil = `"; DROP TABLE t; --`;
  await session.execute(`CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'a'); CREATE TABLE "x"" y" (id int)`);
  for (const text of ["'; DROP TABLE t; --", "\\'; DROP TABLE t; --", "E'\\\\", "a\\"]) {
    const { rows } = await readAll(session, ["SELECT ", { text }, " AS v, ", { integer: -5n }, "::int8 AS n"]);
    assert.deepEqual(rows, [[text, -5n]]);
    await session.execute("SET standard_conforming_strings = off");
    assert.deepEqual((await readAll(session, ["SELECT ", { text }, " AS v"])).rows, [[text]]);
    await session.execute("SET standard_conforming_strings = on");
  }
  assert.deepEqual((await readAll(session, ["SELECT 1 AS ", { name: evil }])).names, [evil]);
  assert.deepEqual((await readAll(session, ["SELECT * FROM ", { table: { catalog: null, schema: "public", name: 'x" y' } }])).rows, []);
  assert.deepEqual((await readAll(session, ["SELECT count(*) AS n FROM t"])).rows, [[1n]]);
});

databaseTest("PostgresSession.open() reads a user's query with a comment, a semicolon, a suffix or no column", async (open) => {
  const session = await open();
  assert.deepEqual((await readAll(session, ["WITH x AS (SELECT 1 AS n) SELECT n FROM x -- all"])).rows, [[1]]);
  assert.deepEqual((await readAll(session, ["SELECT generate_series(1, 3) AS n ; "], { suffix: "OFFSET 2;" })).rows, [[3]]);
  assert.deepEqual((await readAll(session, ["SELECT generate_series(1, 3) AS n"], { limit: 1 })).rows, [[1]]);
  assert.deepEqual((await readAll(session, ["SELECT FROM generate_series(1, 3)"])).rows, [[], [], []]);
  await assert.rejects(
    session.prepare(["SELECT nothing FROM nowhere"]),
    (error) => error instanceof SqlError && error.kind === "fatal" && error.sqlState === "42P01",
  );
  await session.prepare(["SELECT 1"]);
});

databaseTest("Cursor.read() keeps to a few pages while nobody reads, and gives every row in order", async (open) => {
  const session = await open();
  const query = { ...SELECT, parts: ["SELECT generate_series(1, 200000) AS i, repeat('x', 200) AS v"] };
  const cursor = await session.open(query);
  const before = Deno.memoryUsage();
  let last: number = 0;
  let pages = 0;
  let most = 0;
  for (;;) {
    const page = await cursor.read(5000);
    if (page === null) break;
    const [column] = page.columns;
    assert.equal(column?.kind, "slices");
    for (let row = 0; row < page.rows; row++) {
      const at: number = column.first + row * column.stride;
      const value: number = Number(new TextDecoder().decode(column.region.bytes.subarray(column.at[at], column.at[at + 1])));
      assert.equal(value, ++last);
    }
    page.release();
    pages++;
    const { external } = Deno.memoryUsage();
    most = Math.max(most, external - before.external);
  }
  assert.equal(last, 200_000);
  assert.ok(pages >= 40);
  assert.ok(most < 48 * 1024 * 1024, `held ${most} bytes`); // the result has 42 MB of text; garbage of the socket is in this figure
});

databaseTest("Cursor.close() gives up the rest, small or endless, and the session goes on", async (open) => {
  const session = await open();
  const endless = await session.open({ ...SELECT, parts: ["SELECT generate_series(1, 1000000000) AS i"] });
  (await endless.read(10))?.release();
  await endless.close();
  const small = await session.open({ ...SELECT, parts: ["SELECT 1 AS n"] });
  await small.close();
  await session.begin();
  const another = await session.open({ ...SELECT, parts: ["SELECT generate_series(1, 1000000000) AS i"] });
  await another.close();
  await session.rollback();
  assert.deepEqual((await readAll(session, ["SELECT 7 AS n"])).rows, [[7]]);
});

databaseTest("Cursor.read() gives the rows before an error, then the error", async (open) => {
  const session = await open();
  const cursor = await session.open({ ...SELECT, parts: ["SELECT 10 / (50000 - i) AS n FROM generate_series(1, 60000) i"] });
  let rows = 0;
  await assert.rejects(async () => {
    for (let page = await cursor.read(1000); page !== null; page = await cursor.read(1000)) {
      rows += page.rows;
      page.release();
    }
  }, (error) => error instanceof SqlError && error.kind === "data" && error.sqlState === "22012");
  assert.ok(rows <= 49_999);
  await cursor.close();
  assert.equal(await session.isAlive(), true);
});

databaseTest("Cursor.read() takes rows that are longer than a page", async (open) => {
  const session = await open();
  const { rows } = await readAll(session, ["SELECT repeat('é', i * 3000000) AS v FROM generate_series(0, 3) i"], {}, 2);
  assert.deepEqual(rows.map(([v]) => String(v).length), [0, 3_000_000, 6_000_000, 9_000_000]);
});

databaseTest("Page keeps its values while others of the same cursor are read", async (open) => {
  const session = await open();
  const cursor = await session.open({
    ...SELECT,
    parts: ["SELECT i, i / 3.0::float8 AS f, now()::timestamp AS t FROM generate_series(1, 9) i"],
  });
  const first = await cursor.read(3);
  const second = await cursor.read(3);
  const column = first?.columns[2];
  assert.ok(column?.kind === "numbers");
  const held = [...column.data.subarray(0, 3)];
  const third = await cursor.read(3);
  assert.deepEqual([...column.data.subarray(0, 3)], held);
  for (const page of [first, second, third]) page?.release();
  assert.deepEqual((await drain(cursor)).rows, []);
});

databaseTest("Cursor stops the server when nobody reads", async (open) => {
  const [session, watcher] = [await open(), await open()];
  const [[pid] = []] = await session.execute("SELECT pg_backend_pid()");
  const cursor = await session.open({ ...SELECT, parts: ["SELECT generate_series(1, 1000000000) AS i, repeat('x', 500) AS v"] });
  (await cursor.read(10))?.release();
  const waits = `SELECT wait_event FROM pg_stat_activity WHERE pid = ${pid}`;
  // The server has filled the socket and waits for us. A process that took all it sends would never see this.
  for (let seen = 0; seen < 20;) seen = (await watcher.execute(waits))[0]?.[0] === "ClientWrite" ? seen + 1 : 0;
  const more = await cursor.read(1_000_000);
  assert.ok(more !== null && more.rows < 20_000, "a page is about 4 MB, whatever is asked for");
  more.release();
  await cursor.close();
});
