import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { sqlite } from "../../../../../connectors/sql/sqlite.ts";
import type { Query, Session, SqlPart, TypeMapping } from "../../../../../connectors/sql/dialect.ts";
import { timeZone } from "../../../../../connectors/times/time_zone.ts";
import { Decimal, type Value } from "../../../../../src/sdk/mod.ts";
import { FakeLog } from "../../../../fakes/fake_log.ts";

const MAPPING: TypeMapping = { numeric: "none", granularity: "connect_logical" };

/** A session on a database of its own. */
async function open(statements: readonly string[], parameters = "", zone = "UTC"): Promise<Session> {
  const session = await sqlite.connect(
    sqlite.target({ url: `jdbc:sqlite::memory:${parameters}`, user: null, password: null, properties: {} }),
    { zone: timeZone(zone), isJulianBefore1582: true, connectTimeoutMs: 1000, isUnquoted: false, log: new FakeLog() },
    new AbortController().signal,
  );
  for (const statement of statements) await session.execute(statement);
  return session;
}

interface Result {
  readonly types: readonly string[];
  readonly rows: readonly (readonly Value[])[];
  readonly failure: string | null;
}

async function read(session: Session, parts: readonly SqlPart[], options: Partial<Query> = {}): Promise<Result> {
  const cursor = await session.open({ parts, limit: null, suffix: "", mapping: MAPPING, ...options });
  const rows: Value[][] = [];
  let failure: string | null = null;
  for (let page = await cursor.read(3); page !== null; page = await cursor.read(3)) {
    for (let row = 0; row < page.rows; row++) {
      rows.push(page.columns.map((column) => {
        if (column.kind === "numbers") return column.nulls?.[row] === 1 ? null : column.data[row] as number;
        return column.kind === "values" ? column.data[row] ?? null : null;
      }));
    }
    failure ??= page.failure?.error.message ?? null;
  }
  const types = cursor.fields.map(({ schema }) =>
    schema === null ? "none" : `${schema.name?.split(".").at(-1) ?? schema.type}${schema.optional ? "?" : ""}`
  );
  return { types, rows, failure };
}

/** One column of that declaration with that value. */
async function cell(declaration: string, literal: string, parameters = "", zone = "UTC"): Promise<[string | undefined, Value | undefined]> {
  const session = await open([`CREATE TABLE t (v ${declaration})`, `INSERT INTO t VALUES (${literal})`], parameters, zone);
  const { types, rows, failure } = await read(session, ["SELECT * FROM t"]);
  await session.close();
  return failure === null ? [types[0], rows[0]?.[0]] : ["fails", failure];
}

Deno.test("declared types become Connect's, as sqlite-jdbc has them for values that fit", async () => {
  const day = Date.UTC(2024, 0, 31);
  const cases: [string, string, string, Value][] = [
    ["INTEGER", "7", "INT32?", 7],
    ["INTEGER NOT NULL", "7", "INT32", 7],
    ["INTEGER", "3000000000", "INT64?", 3_000_000_000],
    ["INTEGER PRIMARY KEY", "1", "INT32?", 1],
    ["INT", "7", "INT64?", 7],
    ["BIGINT", "9223372036854775807", "INT64?", 9223372036854775807n],
    ["UNSIGNED BIG INT", "7", "INT64?", 7],
    ["SMALLINT", "7", "INT32?", 7],
    ["TINYINT", "7", "INT16?", 7],
    ["REAL", "1.1", "FLOAT32?", Math.fround(1.1)],
    ["DOUBLE PRECISION", "1.1", "FLOAT64?", 1.1],
    ["NUMERIC", "7", "INT32?", 7],
    ["NUMERIC", "7.5", "FLOAT64?", 7.5],
    ["DECIMAL(10,2)", "7.5", "Decimal?", new Decimal(750n, 2)],
    ["DECIMAL(10,2)", "7", "Decimal?", new Decimal(700n, 2)],
    ["DECIMAL(10)", "7", "INT64?", 7],
    ["BOOLEAN", "1", "BOOLEAN?", 1],
    ["VARCHAR(10)", "'a'", "STRING?", "a"],
    ["TEXT", "NULL", "STRING?", null],
    ["BLOB", "x'00ff'", "BYTES?", Uint8Array.of(0, 255)],
    ["DATE", "'2024-01-31'", "Date?", day],
    ["DATE", String(day + 5), "Date?", day],
    ["TIMESTAMP", String(day + 5), "Timestamp?", day + 5],
    ["TIMESTAMP", "'2024-01-31 00:00:01.5'", "Timestamp?", day + 1500],
    ["DATETIME", "'2024-01-31T01:00:00+01:00'", "Timestamp?", day],
    ["TIME", "'12:00:00'", "STRING?", "12:00:00"],
    [
      "INT",
      "'x'",
      "fails",
      'Cannot read "x" in column "v" as int64: SQLite stores what it is given, whatever is declared; mend the row, or read through a query with CAST',
    ],
    [
      "INT NOT NULL DEFAULT 1",
      "1.5",
      "fails",
      'Cannot read "1.5" in column "v" as int64: SQLite stores what it is given, whatever is declared; mend the row, or read through a query with CAST',
    ],
  ];
  for (const [declaration, literal, type, value] of cases) {
    assert.deepEqual(await cell(declaration, literal), [type, value], `${declaration} ${literal}`);
  }
});

Deno.test("instants are read by zone, precision, class and pattern of the URL", async () => {
  const noon = Date.UTC(2024, 0, 31, 12);
  assert.deepEqual(await cell("TIMESTAMP", "'2024-01-31 07:00:00'", "", "America/New_York"), ["Timestamp?", noon]);
  assert.deepEqual(await cell("TIMESTAMP", String(noon / 1000), "?date_precision=SECONDS"), ["Timestamp?", noon]);
  assert.deepEqual(await cell("TIMESTAMP", "2460341.0", "?date_class=REAL"), ["Timestamp?", noon]);
  assert.deepEqual(await cell("TIMESTAMP", "'31.01.2024 12:00'", "?date_string_format=dd.MM.yyyy HH:mm"), ["Timestamp?", noon]);
  assert.deepEqual(await cell("DATE", "'1500-01-01'"), ["Date?", -171_655 * 86_400_000]);
});

Deno.test("expressions have the type of their values, and nothing where there are none", async () => {
  const session = await open(["CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1), (2)"]);
  assert.deepEqual(await read(session, ["SELECT count(*) AS n, avg(a) AS m, 'x' AS s, x'01' AS b, null AS z FROM t"]), {
    types: ["INT32?", "FLOAT64?", "STRING?", "BYTES?", "none"],
    rows: [[2, 1.5, "x", Uint8Array.of(1), null]],
    failure: null,
  });
  await session.close();
});

Deno.test("an INTEGER that outgrows 32 bits behind the first rows is read again wider", async () => {
  const values = Array.from({ length: 1500 }, (_, i) => `(${i})`).join(",");
  const session = await open(["CREATE TABLE t (a INTEGER)", `INSERT INTO t VALUES ${values}, (5000000000)`]);
  await assert.rejects(() => read(session, ["SELECT * FROM t"]), /holds more than int32: it is read again as int64/);
  const { types, rows } = await read(session, ["SELECT * FROM t"]);
  assert.deepEqual([types, rows.length, rows.at(-1)], [["INT64?"], 1501, [5_000_000_000]]);
  await session.close();
});

Deno.test("moments are written as the column has them", async () => {
  const moment = { ms: Date.UTC(2024, 0, 1), nanos: 0 };
  const forms = [
    "'2024-01-01 00:00:00'",
    "'2024-01-01 00:00:00.000'",
    "'2024-01-01T00:00:00Z'",
    "1704067200000",
    "2460310.5",
    "'2024-01-01'",
  ];
  for (const stored of forms) {
    const session = await open(["CREATE TABLE t (at TIMESTAMP)", `INSERT INTO t VALUES (${stored})`]);
    await session.learn?.([{ table: { catalog: null, schema: null, name: "t" } }], "at");
    const { rows } = await read(session, ["SELECT * FROM t WHERE ", { name: "at" }, " = ", { moment, column: "at" }]);
    assert.equal(rows.length, 1, stored);
    await session.close();
  }
});

Deno.test("texts and names cannot become statements", async () => {
  const name = 'a"; DROP TABLE t; --';
  const session = await open([`CREATE TABLE t ("${name.replaceAll('"', '""')}" TEXT)`]);
  await session.execute("INSERT INTO t VALUES ('it''s')");
  const { rows } = await read(session, ["SELECT * FROM t WHERE ", { name }, " = ", { text: "it's" }]);
  assert.deepEqual(rows, [["it's"]]);
  assert.deepEqual((await read(session, ["SELECT hex(", { text: "a\0'b" }, ") AS x"])).rows, [["61002762"]]);
  await session.close();
});

Deno.test("tables and their columns are described as the database spells them", async () => {
  const session = await open([
    "CREATE TABLE Orders (Id INTEGER PRIMARY KEY AUTOINCREMENT, a VARCHAR(5) NOT NULL UNIQUE, b DECIMAL(5,2))",
    "CREATE VIEW v AS SELECT 1 AS one",
  ]);
  assert.deepEqual((await session.tables(null, null, ["table", "VIEW"])).map(({ id, type }) => `${type} ${id.name}`), [
    "TABLE Orders",
    "VIEW v",
  ]);
  assert.deepEqual(await session.describe(session.tableId(["orders"])), {
    id: { catalog: null, schema: null, name: "Orders" },
    type: "TABLE",
    columns: [
      { name: "Id", typeName: "integer", isNullable: true, isAutoIncrement: true, keyPosition: 1, comparesBytes: false },
      { name: "a", typeName: "varchar", isNullable: false, isAutoIncrement: false, keyPosition: 0, comparesBytes: true },
      { name: "b", typeName: "decimal", isNullable: true, isAutoIncrement: false, keyPosition: 0, comparesBytes: false },
    ],
    uniqueKeys: [["a"]],
  });
  assert.equal(await session.describe(session.tableId(["nobody"])), null);
  await session.close();
});

Deno.test("a lock is waited for without stopping the process, and then told as something that passes", async () => {
  const path = Deno.makeTempFileSync({ suffix: ".db" });
  const session = await sqlite.connect(
    sqlite.target({ url: `jdbc:sqlite:${path}?busy_timeout=40`, user: null, password: null, properties: {} }),
    { zone: timeZone("UTC"), isJulianBefore1582: true, connectTimeoutMs: 1000, isUnquoted: false, log: new FakeLog() },
    new AbortController().signal,
  );
  await session.execute("CREATE TABLE t (a INT)");
  const other = new DatabaseSync(path);
  other.exec("BEGIN EXCLUSIVE");
  await assert.rejects(
    () => session.execute("SELECT * FROM t"),
    (error) => error instanceof Error && "kind" in error && error.kind === "retriable",
  );
  other.exec("COMMIT");
  other.close();
  assert.deepEqual(await session.execute("SELECT * FROM t"), []);
  await session.close();
  Deno.removeSync(path);
});

Deno.test("URLs: paths, memory, URIs, parameters; what loads code is refused", () => {
  const target = (url: string) => sqlite.target({ url, user: null, password: null, properties: {} });
  assert.equal(target("jdbc:sqlite:/a/b.db").shown, "sqlite:/a/b.db");
  assert.equal(target("jdbc:sqlite:").shown, "sqlite::memory:");
  assert.equal(target("jdbc:sqlite:file:/a.db?mode=ro&date_class=text").shown, "sqlite:file:/a.db?mode=ro");
  assert.deepEqual(target("jdbc:sqlite:a.db?shiny=1").ignored, ["shiny"]);
  assert.throws(() => target("jdbc:sqlite:a.db?enable_load_extension=true"), /opens files or loads code/);
  assert.throws(() => target("jdbc:sqlite:a.db?date_class=clock"), /INTEGER, TEXT or REAL/);
  assert.throws(() => target("jdbc:sqlite:a.db?journal_mode=wal;drop"), /must be one of SQLite's own words/);
  assert.throws(() => target("jdbc:sqlite::resource:a.db"), /inside of archives/);
});
