/** Writing to MySQL and MariaDB: what arrives, what is refused, and that nothing in a value or a name becomes part of a statement. */
import assert from "node:assert/strict";
import { type Column, dateSchema, decimalSchema, primitiveSchema, type Schema, timeSchema, timestampSchema, type Value } from "sdk";
import type { NewColumn, Session, WriteColumn, WriteMode } from "../../connectors/sql/dialect.ts";
import { SqlError, type SqlErrorKind } from "../../connectors/sql/sql_error.ts";
import { timeZone } from "../../connectors/times/time_zone.ts";
import { Scratch, SERVERS, texts } from "./mysql_scratch.ts";

const INT = primitiveSchema("INT32");
const TEXT = primitiveSchema("STRING", { optional: true });

function writeColumn(name: string, schema: Schema, isKey = false): WriteColumn {
  return { name, schema, isKey, epochUnit: null, definition: null };
}

const KEY_AND_TEXT = [writeColumn("k", INT, true), writeColumn("v", TEXT)];

/** Writes rows of values. */
async function write(
  session: Session,
  mode: WriteMode,
  rows: readonly (readonly Value[])[],
  columns: readonly WriteColumn[] = KEY_AND_TEXT,
  table = "t",
): Promise<void> {
  const writer = session.writer({ table: session.tableId([table]), mode, columns, dateZone: timeZone("UTC") });
  const cells: Column[] = columns.map((_, i) => ({ kind: "values", data: rows.map((row) => row[i] ?? null) }));
  await writer.write(cells, Int32Array.from({ length: rows.length }, (_, i) => i), 0, rows.length);
}

function ofKind(kind: SqlErrorKind, code?: number): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SqlError, String(error));
    assert.equal(error.kind, kind, error.message);
    if (code !== undefined) assert.equal(error.code, code);
    return true;
  };
}

for (const [name, server] of SERVERS) {
  const test = (title: string, run: (session: Session, scratch: Scratch) => Promise<void>) => {
    Deno.test(`${name}: ${title}${server.because}`, { ignore: server.missing }, async () => {
      await using scratch = await Scratch.open(server);
      const session = await scratch.session();
      await session.execute("CREATE TABLE t (k int primary key, v varchar(200))");
      await run(session, scratch);
    });
  };

  test("inserts, upserts, updates and deletes have their effects and no others", async (session) => {
    await write(session, "insert", [[1, "a"], [2, "b"], [3, null]]);
    await write(session, "upsert", [[2, "B"], [4, "d"]]);
    await write(session, "update", [[1, "A"], [99, "not made"]]);
    await write(session, "delete", [[3], [77]], KEY_AND_TEXT.slice(0, 1));
    assert.deepEqual(await texts(session, "SELECT * FROM t ORDER BY k"), [["1", "A"], ["2", "B"], ["4", "d"]]);
  });

  test("tables of keys alone and keys of several columns are written and deleted from", async (session) => {
    await session.execute("CREATE TABLE p (a int, b varchar(20), primary key (a, b))");
    const keys = [writeColumn("a", INT, true), writeColumn("b", TEXT, true)];
    await write(session, "upsert", [[1, "x"], [1, "y"], [2, "x"]], keys, "p");
    await write(session, "upsert", [[1, "x"], [3, "z"]], keys, "p");
    await write(session, "delete", [[1, "y"], [2, "y"]], keys, "p");
    assert.deepEqual(await texts(session, "SELECT * FROM p ORDER BY a, b"), [["1", "x"], ["2", "x"], ["3", "z"]]);
  });

  test("12,000 rows are written in each mode", async (session) => {
    const rows = Array.from({ length: 12_000 }, (_, i) => [i, `v'${i}\\`]);
    await session.begin();
    await write(session, "insert", rows);
    await write(session, "upsert", rows.map(([k]) => [k ?? 0, "up"]));
    await write(session, "update", rows.map(([k]) => [k ?? 0, `u${k}`]));
    await session.commit();
    assert.deepEqual(await session.execute("SELECT count(*), count(distinct v), min(k), max(k) FROM t"), [[12_000, 12_000, 0, 11_999]]);
    await write(session, "delete", rows.slice(1), KEY_AND_TEXT.slice(0, 1));
    assert.deepEqual(await session.execute("SELECT * FROM t"), [[0, "u0"]]);
  });

  test("names with quotes, backticks, dots and semicolons are names", async (session, scratch) => {
    for (const evil of ["a`b", `a"b'c`, "t; DROP TABLE t; --", "a.b", "`; DROP TABLE t; #", "é 한"]) {
      const columns: NewColumn[] = [
        { name: "k", schema: INT, isKey: true, epochUnit: null },
        { name: `c ${evil}`, schema: TEXT, isKey: false, epochUnit: null },
      ];
      const id = session.tableId([scratch.database, evil]);
      await session.createTable(id, columns);
      await session.addColumns(id, [{ name: `d ${evil}`, schema: TEXT, isKey: false, epochUnit: null }]);
      const target = [writeColumn("k", INT, true), writeColumn(`c ${evil}`, TEXT), writeColumn(`d ${evil}`, TEXT)];
      for (const mode of ["insert", "upsert", "update"] as const) await write(session, mode, [[1, mode, evil]], target, evil);
      const cursor = await session.open({
        parts: ["SELECT * FROM ", { table: id }, " WHERE ", { name: `d ${evil}` }, " = ", { text: evil }],
        limit: 1,
        suffix: "",
        mapping: { numeric: "none", granularity: "connect_logical" },
      });
      assert.equal((await cursor.read(5))?.rows, 1, evil);
      await cursor.close();
      const described = await session.describe(id);
      assert.deepEqual(described?.columns.map((column) => column.name), ["k", `c ${evil}`, `d ${evil}`]);
      await write(session, "delete", [[1]], target.slice(0, 1), evil);
    }
    assert.notEqual(await session.describe(session.tableId(["t"])), null);
  });

  for (const modes of ["", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES", "ANSI,NO_BACKSLASH_ESCAPES"]) {
    test(`every byte of a text arrives${modes === "" ? "" : ` with sql_mode ${modes}`}`, async (_, scratch) => {
      const session = await scratch.session(
        modes === "" ? "" : `sessionVariables=${encodeURIComponent(`sql_mode='${modes},STRICT_TRANS_TABLES'`)}`,
      );
      const all = Array.from({ length: 128 }, (_, i) => String.fromCharCode(i)).join("");
      const values = [all, `'); DROP TABLE t; -- `, `\\'`, `\\`, `''\\\\''`, "한글 🎉\0", "a\\0b\\Z%_"];
      await write(session, "insert", values.map((value, i) => [i, value]));
      await write(session, "update", values.map((value, i) => [i, value]));
      assert.deepEqual(await texts(session, "SELECT * FROM t ORDER BY k"), values.map((value, i) => [String(i), value]));
      for (const [i, value] of values.entries()) {
        const query = {
          parts: ["SELECT * FROM t WHERE v = BINARY ", { text: value }],
          limit: 2,
          suffix: "",
          mapping: { numeric: "none", granularity: "connect_logical" },
        } as const;
        const cursor = await session.open(query);
        assert.equal((await cursor.read(5))?.rows, 1, `value ${i}`);
        await cursor.close();
      }
      await session.execute("CREATE TABLE y (k int primary key, b varbinary(300))");
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      await write(session, "insert", [[1, bytes]], [writeColumn("k", INT, true), writeColumn("b", primitiveSchema("BYTES"))], "y");
      assert.deepEqual(await texts(session, "SELECT b FROM y"), [[`x${bytes.toHex()}`]]);
    });
  }

  test("instants of statements are compared to the microsecond", async (session) => {
    await session.execute("CREATE TABLE ts (a datetime(6))");
    await session.execute("INSERT INTO ts VALUES ('2024-01-01 00:00:00.123456'), ('2024-01-01 00:00:00.123457')");
    const moment = { ms: 1_704_067_200_123, nanos: 123_456_999 };
    const cursor = await session.open({
      parts: ["SELECT * FROM ts WHERE a > ", { moment }],
      limit: null,
      suffix: "LIMIT 5",
      mapping: { numeric: "none", granularity: "micros_long" },
    });
    assert.equal((await cursor.read(5))?.rows, 1);
    await cursor.close();
  });

  test("errors say whether a row, a statement or the hour is at fault, and a savepoint keeps the transaction", async (session) => {
    await session.begin();
    await write(session, "insert", [[1, "kept"]]);
    await session.savepoint();
    await assert.rejects(write(session, "insert", [[2, "x"], [1, "again"]]), ofKind("data", 1062));
    await session.rollbackToSavepoint();
    await assert.rejects(write(session, "insert", [[3, "x".repeat(201)]]), ofKind("data", 1406));
    await session.rollbackToSavepoint();
    await assert.rejects(
      write(session, "insert", [[2 ** 40, "x"]], [writeColumn("k", primitiveSchema("INT64"), true), writeColumn("v", TEXT)]),
      ofKind("data", 1264),
    );
    await session.rollbackToSavepoint();
    await assert.rejects(write(session, "update", [[1, "y"], [1, "x".repeat(201)], [1, "z"]]), ofKind("data", 1406));
    await session.rollbackToSavepoint();
    await assert.rejects(
      write(session, "insert", [[NaN, "x"]], [writeColumn("k", primitiveSchema("FLOAT64"), true), writeColumn("v", TEXT)]),
      ofKind("data"),
    );
    await session.rollbackToSavepoint();
    await assert.rejects(write(session, "insert", [[1, "x"]], [writeColumn("nope", INT, true)]), ofKind("fatal", 1054));
    await assert.rejects(write(session, "insert", [[1, "x"]], KEY_AND_TEXT, "missing"), ofKind("fatal", 1146));
    await session.commit();
    assert.deepEqual(await texts(session, "SELECT * FROM t"), [["1", "kept"]]);
  });

  test("a row larger than max_allowed_packet is named, and the connection stays", async (session) => {
    const [[limit = 0] = []] = await session.execute("SELECT @@max_allowed_packet");
    await session.execute("CREATE TABLE l (k int primary key, v longtext)");
    const rows = [[1, "small"], [2, "x".repeat(Number(limit))]];
    await assert.rejects(write(session, "insert", rows, KEY_AND_TEXT, "l"), (error) => {
      assert.ok(error instanceof SqlError);
      assert.match(error.message, /^Packet for query is too large \([\d,]+ > [\d,]+\)/);
      return error.kind === "data" && !error.isConnectionLost;
    });
    assert.equal(await session.isAlive(), true);
  });

  test("a deadlock is an error to try again after", async (session, scratch) => {
    await write(session, "insert", [[1, "a"], [2, "b"]]);
    const other = await scratch.session();
    await session.begin();
    await other.begin();
    await write(session, "update", [[1, "s"]]);
    await write(other, "update", [[2, "o"]]);
    const results = await Promise.allSettled([write(session, "update", [[2, "s"]]), write(other, "update", [[1, "o"]])]);
    const failed = results.flatMap((result) => result.status === "rejected" ? [result.reason as unknown] : []);
    assert.equal(failed.length, 1);
    assert.ok(ofKind("retriable", 1213)(failed[0]));
    await session.rollback();
    await other.rollback();
  });

  test("a connection killed while it writes is lost, and may be tried again", async (session, scratch) => {
    const other = await scratch.session();
    const [[id = 0] = []] = await session.execute("SELECT CONNECTION_ID()");
    await session.begin();
    await write(session, "insert", [[1, "a"]]);
    await other.begin();
    await write(other, "insert", [[2, "b"]]);
    // The write waits for the other's row, so that it is under way when it is killed.
    const writing = write(session, "insert", Array.from({ length: 4_000 }, (_, i) => [i + 2, "x"]));
    const killing = other.execute(`KILL ${id}`);
    await assert.rejects(writing, (error) => error instanceof SqlError && error.kind === "retriable" && error.isConnectionLost);
    await killing;
    assert.equal(await session.isAlive(), false);
    await assert.rejects(write(session, "insert", [[5, "x"]]), ofKind("retriable"));
    await other.commit();
    assert.deepEqual(await texts(other, "SELECT * FROM t"), [["2", "b"]]);
  });

  test("a table is made with the types of the Java connector", async (session) => {
    const schemas: readonly (readonly [string, Schema])[] = [
      ["i8", primitiveSchema("INT8")],
      ["i16", primitiveSchema("INT16")],
      ["i32", INT],
      ["i64", primitiveSchema("INT64")],
      ["f32", primitiveSchema("FLOAT32")],
      ["f64", primitiveSchema("FLOAT64")],
      ["b", primitiveSchema("BOOLEAN")],
      ["s", primitiveSchema("STRING")],
      ["y", primitiveSchema("BYTES")],
      ["d", dateSchema()],
      ["t", timeSchema()],
      ["ts", timestampSchema()],
      ["de", decimalSchema(2)],
      ["os", TEXT],
      ["df", primitiveSchema("STRING", { default: "dflt" })],
      ["di", primitiveSchema("INT32", { optional: true, default: 7 })],
    ];
    const id = session.tableId(["made"]);
    await session.createTable(id, schemas.map(([column, schema]) => ({ name: column, schema, isKey: column === "i32", epochUnit: null })));
    await session.addColumns(id, [{ name: "x1", schema: TEXT, isKey: false, epochUnit: null }, {
      name: "x2",
      schema: primitiveSchema("INT64"),
      isKey: false,
      epochUnit: "micros",
    }]);
    const found = await session.execute(
      "SELECT column_type, is_nullable FROM information_schema.columns WHERE table_schema = database() AND table_name = 'made' ORDER BY ordinal_position",
    );
    const words = found.map(([type, nullable]) => `${String(type).replace(/int\(\d+\)/, "int")}${nullable === "YES" ? "?" : ""}`);
    assert.deepEqual(words, [
      ..."tinyint smallint int bigint float double tinyint text varbinary(1024) date time(3) datetime(3) decimal(65,2)".split(" "),
      ..."text? text? int? text? datetime(6)".split(" "),
    ]);
    await session.execute(
      "INSERT INTO made (i8,i16,i32,i64,f32,f64,b,s,y,d,t,ts,de,x2) VALUES (1,1,1,1,1,1,1,'',x'','2024-01-01','1:0','2024-01-01',1,now())",
    );
    assert.deepEqual(await session.execute("SELECT df, di FROM made"), [["dflt", 7]]);
  });

  test("tables with string keys can be made", async (session) => {
    const key = (column: string) => ({ name: column, schema: primitiveSchema("STRING"), isKey: true, epochUnit: null });
    await session.createTable(session.tableId(["one"]), [key("s")]);
    await session.createTable(session.tableId(["five"]), ["a", "b", "c", "d", "e"].map(key));
    await session.createTable(session.tableId(["kafka"]), [
      key("__connect_topic"),
      { name: "__connect_partition", schema: INT, isKey: true, epochUnit: null },
      { name: "__connect_offset", schema: primitiveSchema("INT64"), isKey: true, epochUnit: null },
    ]);
    const described = await session.describe(session.tableId(["kafka"]));
    assert.deepEqual(described?.columns.map(({ keyPosition }) => keyPosition), [1, 2, 3]);
  });
}
