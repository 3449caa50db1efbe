import assert from "node:assert/strict";
import {
  arraySchema,
  dateSchema,
  Decimal,
  decimalSchema,
  primitiveSchema,
  type Schema,
  type SchemaType,
  timeSchema,
  timestampSchema,
  type Value,
} from "sdk";
import type { Session, WriteColumn, WriteMode } from "../../connectors/sql/dialect.ts";
import { SqlError } from "../../connectors/sql/sql_error.ts";
import { databaseTest, readAll, writeColumn, writeRows } from "./postgres_sessions.ts";

const of = (type: SchemaType, optional = true): Schema => primitiveSchema(type as "STRING", { optional });
const INT = of("INT32");
const TEXT = of("STRING");

/** Asserts a SqlError of that kind, and gives it back. */
async function refused(run: Promise<unknown>, kind: SqlError["kind"], sqlState: string): Promise<SqlError> {
  let caught: unknown;
  await run.catch((error: unknown) => caught = error);
  assert.ok(caught instanceof SqlError, String(caught));
  assert.deepEqual([caught.kind, caught.sqlState], [kind, sqlState], caught.message);
  return caught;
}

/** Texts with all that COPY, arrays, JSON and SQL give a meaning. */
const EVIL = [
  "",
  " ",
  "\\",
  "\\N",
  "\\.",
  "NULL",
  "null",
  "a\tb",
  "a\nb\r\n",
  "{",
  "}",
  "{a,b}",
  ",",
  '"',
  '\\"',
  "'; DROP TABLE t; --",
  "한글 🎉",
  "\b\f\v\x01\x7f",
  "$1",
  "\u2028",
];

for (const mode of ["insert", "upsert"] as const) {
  databaseTest(`RowWriter.write() stores any text by ${mode} as it was`, async (open) => {
    const session = await open();
    await session.execute("CREATE TABLE t (id int PRIMARY KEY, v text)");
    await writeRows(
      session,
      "t",
      mode,
      [writeColumn("id", INT, true), writeColumn("v", TEXT)],
      [...EVIL, null].map((text, i) => [i, text]),
    );
    const { rows } = await readAll(session, ["SELECT v FROM t ORDER BY id"]);
    assert.deepEqual(rows.map(([v]) => v), [...EVIL, null]);
  });

  databaseTest(`RowWriter.write() casts by ${mode} to the types of the table, keys too`, async (open) => {
    const session = await open();
    await session.execute(
      `CREATE EXTENSION IF NOT EXISTS citext; CREATE SCHEMA shop; CREATE TYPE shop.mood AS ENUM ('sad', 'very happy'); CREATE DOMAIN short AS varchar(5);
      CREATE TABLE t (k uuid, m shop.mood, a json, b jsonb, c inet, d bit(3), e citext, f short, g xml, h int[], i box, j interval, k2 char(3), l varbit, n timestamptz, o int4range, p money, PRIMARY KEY (k, m))`,
    );
    const values: [name: string, text: string, kept?: string][] = [
      ["k", "123e4567-e89b-12d3-a456-426655440000"],
      ["m", "very happy"],
      ["a", '{"a": [1, "x,y"]}'],
      ["b", '{"a": [1, "x\\"y"]}'],
      ["c", "10.0.0.1/8"],
      ["d", "101"],
      ["e", "Straße"],
      ["f", "short"],
      ["g", "<a>1</a>"],
      ["h", "{1,2,NULL}"],
      ["i", "(2,2),(1,1)"],
      ["j", "1 day 02:00:00"],
      ["k2", "ab", "ab "],
      ["l", "10101"],
      ["n", "2024-01-02 03:04:05+09", "2024-01-01 18:04:05+00"],
      ["o", "[1,5)"],
      ["p", "12.34", "$12.34"],
    ];
    const columns = values.map(([name]) => writeColumn(name, TEXT, name === "k" || name === "m"));
    await writeRows(session, "t", mode, columns, [values.map(([, text]) => text)]);
    if (mode === "upsert") await writeRows(session, "t", mode, columns, [values.map(([, text]) => text)]);
    const [row] = await session.execute("SELECT * FROM t");
    assert.deepEqual(row, values.map(([, text, kept]) => kept ?? text));
  });

  databaseTest(`RowWriter.write() stores every type of Connect by ${mode} in a table of its own making`, async (open) => {
    const session = await open({ zone: "America/New_York" });
    const at = new Date("2024-02-29T13:14:15.678Z");
    const fields: [string, Schema, Value, string][] = [
      ["id", of("INT32", false), 1, "1"],
      ["i8", of("INT8"), -128, "-128"],
      ["i16", of("INT16"), 32767, "32767"],
      ["i64", of("INT64"), -9223372036854775808n, "-9223372036854775808"],
      ["f32", of("FLOAT32"), Math.fround(0.1), "0.1"],
      ["f64", of("FLOAT64"), 1e300, "1e+300"],
      ["nan", of("FLOAT64"), NaN, "NaN"],
      ["inf", of("FLOAT32"), -Infinity, "-Infinity"],
      ["yes", of("BOOLEAN"), true, "t"],
      ["s", TEXT, "é", "é"],
      ["y", of("BYTES"), Uint8Array.of(0, 92, 255), "\\x005cff"],
      ["de", decimalSchema(2, { optional: true }), new Decimal(-5n, 2), "-0.05"],
      ["d", dateSchema({ optional: true }), new Date("2024-02-29"), "2024-02-29"],
      ["t", timeSchema({ optional: true }), new Date(48_000_678), "08:20:00.678"],
      ["ts", timestampSchema({ optional: true }), at, "2024-02-29 08:14:15.678"],
      ["old", timestampSchema({ optional: true }), new Date("0001-01-01T05:00:00Z"), "0001-01-03 00:00:00"],
      ["ai", arraySchema(of("INT8"), { optional: true }), [1, null, -2], "{1,NULL,-2}"],
      ["ab", arraySchema(of("BOOLEAN"), { optional: true }), [true, false], "{t,f}"],
      ["as", arraySchema(TEXT, { optional: true }), ["a,b", 'q"\\', "", "NULL", null], '{"a,b","q\\"\\\\","","NULL",NULL}'],
      ["af", arraySchema(of("FLOAT64"), { optional: true }), [1.5], "{1.5}"],
      ["none", arraySchema(of("INT64"), { optional: true }), [], "{}"],
      ["nothing", TEXT, null, ""],
    ];
    const id = session.tableId(["t"]);
    await session.createTable(id, fields.map(([name, schema]) => ({ name, schema, isKey: name === "id", epochUnit: null })));
    await writeRows(session, "t", mode, fields.map(([name, schema]) => writeColumn(name, schema, name === "id")), [
      fields.map(([, , value]) => value),
    ]);
    const [row = []] = await session.execute("SELECT * FROM t");
    assert.deepEqual(
      row.map(String),
      fields.map(([, , , text], i) => i === fields.length - 1 ? "null" : text).map((text) => text === "-9223372036854775808" ? text : text),
    );
    const tz = await readAll(session, ["SELECT ts FROM t"]);
    assert.deepEqual(tz.rows, [[at]]);
  });
}

databaseTest("RowWriter.write() turns numbers into those of the column as the server would", async (open) => {
  const session = await open();
  await session.execute("CREATE TABLE t (a int, b bigint, c int, d smallint, e text, f boolean, g numeric(5,1))");
  const columns = [
    writeColumn("a", of("FLOAT64")),
    writeColumn("b", decimalSchema(1, { optional: true })),
    writeColumn("c", of("BOOLEAN")),
    writeColumn("d", of("FLOAT32")),
    writeColumn("e", of("BOOLEAN")),
    writeColumn("f", of("INT8")),
    writeColumn("g", of("FLOAT64")),
  ];
  for (const mode of ["insert", "upsert"] as const) {
    if (mode === "upsert") await session.execute("ALTER TABLE t ADD PRIMARY KEY (a)");
    const keyed = columns.map((column) => ({ ...column, isKey: column.name === "a" }));
    await writeRows(session, "t", mode, keyed, [[mode === "insert" ? 2.5 : 3.5, new Decimal(-25n, 1), true, 3.5, true, 1, 1.25]]);
  }
  assert.deepEqual(await session.execute("SELECT * FROM t ORDER BY a"), [[2, -3, 1, 4, "true", "t", "1.3"], [
    4,
    -3,
    1,
    4,
    "true",
    "t",
    "1.3",
  ]]);
});

databaseTest("RowWriter.write() writes micro- and nanoseconds since the epoch as timestamps", async (open) => {
  const session = await open({ zone: "Asia/Seoul" });
  await session.execute("CREATE TABLE t (a timestamp, b timestamptz, c timestamp, d timestamp)");
  const columns = [
    writeColumn("a", of("INT64"), false, "micros"),
    writeColumn("b", of("INT64"), false, "nanos"),
    writeColumn("c", TEXT, false, "nanos"),
    writeColumn("d", of("INT64"), false, "micros"),
  ];
  await writeRows(session, "t", "insert", columns, [[1704164645123456n, 1704164645123456789n, "1704164645123456000", -1n], [
    null,
    null,
    null,
    null,
  ]]);
  assert.deepEqual(await session.execute("SELECT * FROM t"), [
    ["2024-01-02 12:04:05.123456", "2024-01-02 03:04:05.123457+00", "2024-01-02 12:04:05.123456", "1970-01-01 08:59:59.999999"],
    [null, null, null, null],
  ]);
  await refused(writeRows(session, "t", "insert", columns, [[1n, 1n, "soon", 1n]]), "data", "22021");
});

const KEYED: readonly WriteColumn[] = [writeColumn("id", INT, true), writeColumn("v", TEXT)];

async function table(session: Session, rows = ""): Promise<void> {
  await session.execute("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v text, rest text DEFAULT 'kept')");
  if (rows !== "") await session.execute(`INSERT INTO t VALUES ${rows}`);
}

const all = (session: Session) => session.execute("SELECT id, v, rest FROM t ORDER BY id");

databaseTest("RowWriter.write() upserts, updates and deletes, and leaves other columns alone", async (open) => {
  const session = await open();
  await table(session, "(1, 'a', 'x'), (2, 'b', 'y')");
  await writeRows(session, "t", "upsert", KEYED, [[2, "b2"], [3, "c"]]);
  assert.deepEqual(await all(session), [[1, "a", "x"], [2, "b2", "y"], [3, "c", "kept"]]);
  await writeRows(session, "t", "upsert", KEYED.slice(0, 1), [[3], [4]]);
  await writeRows(session, "t", "update", KEYED, [[1, "first"], [9, "nobody"], [1, "last"]]);
  assert.deepEqual(await all(session), [[1, "last", "x"], [2, "b2", "y"], [3, "c", "kept"], [4, null, "kept"]]);
  await writeRows(session, "t", "delete", KEYED.slice(0, 1), [[2], [9], [4]]);
  assert.deepEqual(await all(session), [[1, "last", "x"], [3, "c", "kept"]]);
  await writeRows(session, "t", "update", KEYED.slice(0, 1), [[1]]);
  await refused(writeRows(session, "t", "upsert", [writeColumn("v", TEXT)], [["a"]]), "fatal", "");
});

databaseTest("RowWriter.write() inserts where COPY cannot: views, row security, rules", async (open) => {
  const session = await open();
  await table(session);
  await session.execute("CREATE VIEW v AS SELECT * FROM t");
  await writeRows(session, "v", "insert", KEYED, [[1, "by view"]]);
  await session.execute("CREATE TABLE log (id int); CREATE RULE r AS ON INSERT TO t DO ALSO INSERT INTO log VALUES (NEW.id)");
  await writeRows(session, "t", "insert", KEYED, [[2, "by rule"]]);
  assert.deepEqual(await session.execute("SELECT v, (SELECT count(*) FROM log) FROM t ORDER BY id"), [["by view", 1], ["by rule", 1]]);
});

databaseTest("RowWriter.write() says which rows fail as data, and the transaction goes on from its savepoint", async (open) => {
  const session = await open();
  const bad: [mode: WriteMode, row: Value[], sqlState: string, text: RegExp][] = [
    [
      "insert",
      [1, "again"],
      "23505",
      /duplicate key value violates unique constraint "t_pkey"\n {2}Detail: Key \(id\)=\(1\) already exists/,
    ],
    ["insert", [null, "x"], "23502", /null value in column "id"/],
    ["insert", [7, "nul\0"], "22021", /column "v".*NUL/],
    ["upsert", [7, "nul\0"], "22021", /column "v".*NUL/],
    ["upsert", [null, "x"], "23502", /null value in column "id"/],
    ["upsert", [8, "long"], "22001", /too long/],
    ["insert", [8, "long"], "22001", /too long/],
  ];
  for (const [mode, row, sqlState, text] of bad) {
    await table(session, "(1, 'a', 'x')");
    if (sqlState === "22001") await session.execute("ALTER TABLE t ALTER COLUMN v TYPE varchar(3)");
    await session.begin();
    await session.savepoint();
    await writeRows(session, "t", mode, KEYED, [[2, "ok"]]);
    await session.savepoint();
    const error = await refused(writeRows(session, "t", mode, KEYED, [[3, "ok"], row, [4, "ok"]]), "data", sqlState);
    assert.match(error.message, text);
    await session.rollbackToSavepoint();
    await writeRows(session, "t", mode, KEYED, [[3, "ok"], [4, "ok"]]);
    await session.commit();
    assert.deepEqual((await all(session)).map(([id]) => id), [1, 2, 3, 4], `${mode} ${sqlState}`);
  }
});

databaseTest("Session.commit() does not pass over a transaction that had failed", async (open) => {
  const session = await open();
  await session.begin();
  await refused(session.execute("SELECT 1/0"), "data", "22012");
  await refused(session.commit(), "fatal", "25P02");
  assert.deepEqual(await session.execute("SELECT 1"), [[1]]);
});

databaseTest("RowWriter.write() tells mistakes of table, column and type as fatal", async (open) => {
  const session = await open();
  await refused(writeRows(session, "missing", "insert", KEYED, [[1, "a"]]), "fatal", "42P01");
  await session.execute("CREATE TABLE t (id int, v text)");
  await refused(writeRows(session, "t", "insert", [...KEYED, writeColumn("nope", TEXT)], [[1, "a", "b"]]), "fatal", "42703");
  await refused(writeRows(session, "t", "upsert", [...KEYED, writeColumn("nope", TEXT)], [[1, "a", "b"]]), "fatal", "42703");
  const error = await refused(writeRows(session, "t", "upsert", KEYED, [[1, "a"]]), "fatal", "42P10");
  assert.match(error.message, /no unique or exclusion constraint matching the ON CONFLICT specification/);
});

databaseTest("RowWriter.write() takes any name, and the table's own spelling when it is known", async (open) => {
  const session = await open();
  const [name, column] = ['t"; DROP TABLE x; --', 'c",d) VALUES (1); --'];
  const id = session.tableId([name]);
  await session.createTable(id, [{ name: column, schema: of("INT32", false), isKey: true, epochUnit: null }]);
  await writeRows(session, name, "insert", [writeColumn(column, INT, true)], [[1]]);
  await writeRows(session, name, "upsert", [writeColumn(column, INT, true)], [[1], [2]]);
  await writeRows(session, name, "delete", [writeColumn(column, INT, true)], [[1]]);
  assert.deepEqual((await readAll(session, ["SELECT * FROM ", { table: id }])).rows, [[2]]);
  const described = await session.describe(id);
  await session.addColumns(id, [{ name: "Größe", schema: TEXT, isKey: false, epochUnit: null }]);
  const definition = (await session.describe(id))?.columns[1] ?? null;
  assert.equal(described?.columns.length, 1);
  await writeRows(session, name, "upsert", [writeColumn(column, INT, true), { ...writeColumn("GRÖSSE", TEXT), definition }], [[2, "x"]]);
  assert.deepEqual((await readAll(session, ["SELECT * FROM ", { table: id }])).rows, [[2, "x"]]);
});

databaseTest("PostgresSession writes unquoted names as the server folds them", async (open) => {
  const session = await open({ isUnquoted: true });
  const id = session.tableId(["public", "MyTable"]);
  assert.deepEqual(id, { catalog: null, schema: "public", name: "mytable" });
  await session.createTable(id, [{ name: "Id", schema: of("INT32", false), isKey: true, epochUnit: null }]);
  await writeRows(session, "mytable", "insert", [writeColumn("Id", INT, true)], [[5]]);
  assert.deepEqual((await readAll(session, ["SELECT ", { name: "ID" }, " FROM ", { table: id }])).rows, [[5]]);
});

databaseTest("Session.createTable() escapes defaults of every type", async (open) => {
  const session = await open();
  const given = (schema: Schema, value: Value): Schema =>
    primitiveSchema(schema.type as "STRING", {
      default: value,
      ...(schema.name === undefined ? {} : { name: schema.name }),
      ...(schema.parameters === undefined ? {} : { parameters: schema.parameters }),
    });
  const fields: [Schema, string][] = [
    [given(TEXT, "it's \\ 'x'; DROP TABLE t; --"), "it's \\ 'x'; DROP TABLE t; --"],
    [given(of("BYTES"), Uint8Array.of(0, 39, 92)), "\\x00275c"],
    [given(of("BOOLEAN"), true), "t"],
    [given(of("INT64"), -5n), "-5"],
    [given(of("FLOAT64"), 1.5), "1.5"],
    [given(decimalSchema(2), new Decimal(-1234n, 2)), "-12.34"],
    [given(dateSchema(), new Date("2024-02-29")), "2024-02-29"],
    [given(timestampSchema(), new Date("2024-02-29T13:14:15.123Z")), "2024-02-29 13:14:15.123"],
    [arraySchema(TEXT, { default: ["a'b", "c"] }), "{a'b,c}"],
    [arraySchema(of("INT32"), { default: [] }), "{}"],
  ];
  await session.createTable(
    session.tableId(["t"]),
    fields.map(([schema], i) => ({ name: `c${i}`, schema, isKey: false, epochUnit: null })),
  );
  await session.execute("INSERT INTO t DEFAULT VALUES");
  assert.deepEqual((await session.execute("SELECT * FROM t"))[0]?.map(String), fields.map(([, text]) => text));
});

databaseTest("RowWriter.write() splits many and large rows into statements, in order", async (open) => {
  const session = await open();
  await table(session);
  const rows = Array.from({ length: 25_000 }, (_, i) => [i, i % 1000 === 0 ? "x".repeat(200_000) : `row ${i}`] as Value[]);
  await writeRows(session, "t", "insert", KEYED, rows);
  await writeRows(session, "t", "upsert", KEYED, rows);
  assert.deepEqual(await session.execute("SELECT count(*), sum(length(v)) FROM t"), [[
    25_000,
    rows.reduce((sum, [, v]) => sum + String(v).length, 0),
  ]]);
  await writeRows(session, "t", "delete", KEYED.slice(0, 1), rows);
  assert.deepEqual(await session.execute("SELECT count(*) FROM t"), [[0]]);
});
