/** Every column type of MySQL and MariaDB, read as the JDBC connector 10.9.7 with Connector/J 9.1 was seen to read it, and written back. */
import assert from "node:assert/strict";
import { type Column, ConnectError } from "sdk";
import type { Page, Session } from "../../connectors/sql/dialect.ts";
import { openLink } from "../../connectors/sql/mysql/link.ts";
import { RawRows } from "../../connectors/sql/mysql/raw_rows.ts";
import { parseTarget } from "../../connectors/sql/mysql/target.ts";
import { timeZone } from "../../connectors/times/time_zone.ts";
import { MAPPING, OPTIONS, queryOf, rest, schemaText, Scratch, SERVERS, texts } from "./mysql_scratch.ts";

/** Type, value, schema of the column when it takes nulls, what the value becomes. Those marked `read` are not written back. */
type TypeRow = readonly [type: string, literal: string, schema: string, value: string, read?: "read"];

const TYPES: readonly TypeRow[] = [
  ["boolean", "true", "INT8?", "1"],
  ["tinyint(1)", "-128", "INT8?", "-128"],
  ["tinyint", "127", "INT8?", "127"],
  ["tinyint unsigned", "255", "INT16?", "255"],
  ["smallint", "-32768", "INT16?", "-32768"],
  ["smallint unsigned", "65535", "INT32?", "65535"],
  ["mediumint", "-8388608", "INT32?", "-8388608"],
  ["mediumint unsigned", "16777215", "INT64?", "16777215"],
  ["int", "-2147483648", "INT32?", "-2147483648"],
  ["int unsigned", "4294967295", "INT64?", "4294967295"],
  ["int(6) zerofill", "42", "INT64?", "42"],
  ["bigint", "-9223372036854775808", "INT64?", "-9223372036854775808"],
  ["bigint", "9223372036854775807", "INT64?", "9223372036854775807"],
  ["bigint unsigned", "9223372036854775807", "INT64?", "9223372036854775807"],
  ["float", "1.5", "FLOAT32?", "1.5"],
  ["float", "1e20", "FLOAT32?", String(Math.fround(1e20))],
  ["double", "2.5e300", "FLOAT64?", "2.5e+300"],
  ["double", "0.1e0", "FLOAT64?", "0.1"],
  ["double", "1.7976931348623157e308", "FLOAT64?", "1.7976931348623157e+308"],
  ["decimal(9,0)", "123456789", "Decimal(9,0)?", "123456789e-0"],
  ["decimal(10,2)", "-12345678.90", "Decimal(10,2)?", "-1234567890e-2"],
  ["decimal(38,10)", "1234567890123456789012345678.0123456789", "Decimal(38,10)?", "12345678901234567890123456780123456789e-10"],
  ["decimal(10,2) unsigned", "0.01", "Decimal(10,2)?", "1e-2"],
  ["bit(1)", "b'1'", "INT8?", "1"],
  ["bit(8)", "b'11001000'", "INT8?", "-56", "read"],
  ["bit(16)", "b'1'", "INT8?", "1"],
  ["year", "2024", "Date?", "2024-01-01T00:00:00.000Z", "read"],
  ["date", "'2024-02-29'", "Date?", "2024-02-29T00:00:00.000Z"],
  ["date", "'1000-01-01'", "Date?", "1000-01-06T00:00:00.000Z"],
  ["date", "'9999-12-31'", "Date?", "9999-12-31T00:00:00.000Z"],
  ["time", "'23:59:59'", "Time?", "1970-01-01T23:59:59.000Z"],
  ["time(3)", "'01:02:03.456'", "Time?", "1970-01-01T01:02:03.456Z"],
  ["time(6)", "'01:02:03.456789'", "Time?", "1970-01-01T01:02:03.456Z"],
  ["datetime", "'9999-12-31 23:59:59'", "Timestamp?", "9999-12-31T23:59:59.000Z"],
  ["datetime(6)", "'2024-01-02 03:04:05.123456'", "Timestamp?", "2024-01-02T03:04:05.123Z"],
  ["timestamp null", "'2024-01-02 03:04:05'", "Timestamp?", "2024-01-02T03:04:05.000Z"],
  ["timestamp(3) null", "'2024-01-02 03:04:05.678'", "Timestamp?", "2024-01-02T03:04:05.678Z"],
  ["char(5)", "'ab'", "STRING?", "ab"],
  ["varchar(20)", "'한글 🎉'", "STRING?", "한글 🎉"],
  ["varchar(20)", "''", "STRING?", ""],
  ["varchar(20) character set latin1", "'é'", "STRING?", "é"],
  ["tinytext", "'t'", "STRING?", "t"],
  ["longtext", "'long\\ntext'", "STRING?", "long\ntext"],
  ["char(2) character set binary", "'ab'", "BYTES?", "x6162"],
  ["binary(4)", "x'00ff1080'", "BYTES?", "x00ff1080"],
  ["varbinary(8)", "x'deadbeef'", "BYTES?", "xdeadbeef"],
  ["longblob", "x'0001ff'", "BYTES?", "x0001ff"],
  ["json", `'{"a": [1, 2]}'`, "STRING?", '{"a": [1, 2]}'],
  ["enum('a','b')", "'b'", "STRING?", "b"],
  ["set('x','y','z')", "'x,z'", "STRING?", "x,z"],
  ["point", "ST_GeomFromText('POINT(1 2)')", "BYTES?", "x000000000101000000000000000000f03f0000000000000040"],
];

const ONLY: Readonly<Record<string, readonly TypeRow[]>> = {
  MariaDB: [
    ["uuid", "'123e4567-e89b-12d3-a456-426655440000'", "STRING?", "123e4567-e89b-12d3-a456-426655440000"],
    ["inet6", "'2001:db8::ff00:42:8329'", "STRING?", "2001:db8::ff00:42:8329"],
  ],
  MySQL: [
    ["vector(2)", "string_to_vector('[1,2]')", "BYTES?", "x0000803f00000040"],
    ["double", "'-0'", "FLOAT64?", "-0"], // MariaDB has no such zero
  ],
};

/** A table with a column per row of the types: a row of values, a row of nulls. */
async function makeTable(session: Session, name: string, types: readonly TypeRow[]): Promise<void> {
  const columns = types.map(([type], i) => `c${i} ${type}`);
  await session.execute(`CREATE TABLE ${name} (id int primary key, ${columns.join(", ")})`);
}

for (const [name, server] of SERVERS) {
  const test = (title: string, run: (scratch: Scratch, session: Session) => Promise<void>) => {
    Deno.test(`${name}: ${title}${server.because}`, { ignore: server.missing }, async () => {
      await using scratch = await Scratch.open(server);
      await run(scratch, await scratch.session());
    });
  };

  test("every column type has its schema and its value, and comes back from a table that the writer wrote", async (_, session) => {
    const types = [...TYPES, ...(ONLY[name] ?? [])];
    await makeTable(session, "t", types);
    await session.execute(`INSERT INTO t VALUES (1, ${types.map(([, literal]) => literal).join(", ")})`);
    await session.execute("INSERT INTO t (id) VALUES (2)");
    const cursor = await session.open(queryOf("SELECT * FROM t ORDER BY id"));
    assert.deepEqual(cursor.fields.map(({ schema }) => schemaText(schema)), ["INT32", ...types.map(([, , schema]) => schema)]);
    const page = await cursor.read(10) as Page;
    assert.equal(page.failure, null);
    assert.equal(await cursor.read(10), null);
    await writeBack(session, types, cursor.fields.map(({ schema }) => schema), page);
    page.release();
    const expected = [["1", ...types.map(([, , , value]) => value)], ["2", ...types.map(() => "null")]];
    assert.deepEqual(await texts(session, "SELECT * FROM t ORDER BY id"), expected);
    const kept = types.map(([, , , , read]) => read === undefined);
    assert.deepEqual(
      await texts(session, "SELECT * FROM back ORDER BY id"),
      expected.map((row) => row.filter((_, i) => i === 0 || kept[i - 1])),
    );
  });

  test("columns that take no nulls are required", async (_, session) => {
    await session.execute(
      "CREATE TABLE t (id int auto_increment primary key, a varchar(5) not null, b timestamp(3) not null, c decimal(5,1) not null)",
    );
    const cursor = await session.open(queryOf("SELECT * FROM t"));
    assert.deepEqual(cursor.fields.map(({ schema }) => schemaText(schema)), ["INT32", "STRING", "Timestamp", "Decimal(5,1)"]);
    await cursor.close();
  });

  test("expressions have the types the server gives them; an untyped null has none", async (_, session) => {
    await session.execute("CREATE TABLE t (ts timestamp null)");
    const cursor = await session.open(
      queryOf("SELECT count(*) AS n, 1+1 AS two, 1.5 AS d, max(ts) AS m, concat('a', 1) AS s, NULL AS nothing FROM t"),
    );
    const found = cursor.fields.map(({ name, schema }) => `${name} ${schemaText(schema)}`);
    assert.deepEqual(found.filter((text) => !text.startsWith("two")), [
      "n INT64",
      "d Decimal(2,1)",
      "m Timestamp?",
      found[4],
      "nothing dropped",
    ]);
    assert.match(found[1] ?? "", /^two INT(32|64)$/); // MySQL 9 has bigint there, MariaDB int
    assert.match(found[4] ?? "", /^s STRING/);
    assert.deepEqual(await rest(cursor, 5), [["0", "2", "15e-1", "null", "a1", "null"]]);
  });

  test("timestamps have every granularity, and offsets all their digits", async (_, session) => {
    await session.execute("CREATE TABLE t (a datetime(6), b datetime(6))");
    await session.execute("INSERT INTO t VALUES ('2024-01-01 00:00:00.123456', '1969-12-31 23:59:59.5')");
    const expected = {
      connect_logical: ["2024-01-01T00:00:00.123Z", "1969-12-31T23:59:59.500Z"],
      micros_long: ["1704067200123456", "-500000"],
      micros_string: ["1704067200123456", "-500000"],
      nanos_long: ["1704067200123456000", "-500000000"],
      nanos_string: ["1704067200123456000", "-500000000"],
      micros_iso_datetime_string: ["2024-01-01T00:00:00.123456", "1969-12-31T23:59:59.500000"],
      nanos_iso_datetime_string: ["2024-01-01T00:00:00.123456000", "1969-12-31T23:59:59.500000000"],
    } as const;
    for (const [granularity, values] of Object.entries(expected)) {
      assert.deepEqual(
        await texts(session, "SELECT * FROM t", { granularity: granularity as keyof typeof expected }),
        [values],
        granularity,
      );
    }
    const cursor = await session.open(queryOf("SELECT a, b FROM t"));
    const page = await cursor.read(10) as Page;
    assert.deepEqual(page.moment(0, 0), { ms: 1_704_067_200_123, nanos: 123_456_000, wall: 1_704_067_200_123 });
    assert.deepEqual(page.moment(1, 0), { ms: -500, nanos: 500_000_000, wall: -500 });
    await cursor.close();
  });

  test("wall clocks are those of db.timezone", async (scratch) => {
    const session = await scratch.session("", { zone: timeZone("Asia/Seoul") });
    await session.execute("CREATE TABLE t (d date, t time, a datetime)");
    await session.execute("INSERT INTO t VALUES ('2024-01-01', '10:00:00', '2024-01-01 00:00:00')");
    assert.deepEqual(await texts(session, "SELECT * FROM t"), [[
      "2024-01-01T00:00:00.000Z",
      "1970-01-01T10:00:00.000Z",
      "2023-12-31T15:00:00.000Z",
    ]]);
  });

  test("values that Java's types do not hold fail their row in Connector/J's words", async (_, session) => {
    await session.execute("CREATE TABLE t (id int, u bigint unsigned, b bit(16), t time)");
    await session.execute(
      "INSERT INTO t VALUES (1, 1, b'1', '01:00:00'), (2, 18446744073709551615, 1, 0), (3, 1, 61680, 0), (4, 1, 1, '26:00:00')",
    );
    const failures: readonly (readonly [number, RegExp])[] = [
      [2, /^java\.sql\.SQLDataException: Value '18,446,744,073,709,551,615' is outside of valid range for type java\.lang\.Long$/],
      [3, /^java\.sql\.SQLDataException: Value '61680' is outside of valid range for type java\.lang\.Byte$/],
      [4, /^java\.sql\.SQLException: The value '26:00:00' is an invalid TIME value\. JDBC Time objects represent a wall-clock time/],
    ];
    for (const [id, message] of failures) {
      const cursor = await session.open(queryOf(`SELECT * FROM t WHERE id = 1 OR id = ${id} ORDER BY id`));
      const page = await cursor.read(10) as Page;
      assert.equal(page.failure?.row, 1);
      assert.match(page.failure?.error.message ?? "", message);
      await cursor.close();
    }
  });

  test("zero dates fail, are null or are the first day, as the URL says", async (scratch, session) => {
    await session.execute("SET SESSION sql_mode = ''");
    await session.execute("CREATE TABLE t (id int, d date, ts datetime(3))");
    await session.execute("INSERT INTO t VALUES (1, '0000-00-00', '0000-00-00 00:00:00')");
    await session.execute("CREATE TABLE r (d date not null)");
    await session.execute("INSERT INTO r VALUES ('0000-00-00')");
    await assert.rejects(texts(session, "SELECT * FROM t"), (error) => {
      assert.ok(error instanceof ConnectError);
      return error.message === "java.sql.SQLException: Zero date value prohibited";
    });
    const lenient = await scratch.session("zeroDateTimeBehavior=convertToNull");
    assert.deepEqual(await texts(lenient, "SELECT * FROM t"), [["1", "null", "null"]]);
    await assert.rejects(texts(lenient, "SELECT * FROM r"), {
      message: 'Invalid value: null used for required field: "d", schema type: INT32',
    });
    const round = await scratch.session("zeroDateTimeBehavior=ROUND");
    const [row] = await texts(round, "SELECT * FROM t");
    assert.equal(row?.[1], row?.[2]);
  });

  test("the URL decides about booleans and years", async (scratch, session) => {
    await session.execute("CREATE TABLE t (b boolean, y year)");
    await session.execute("INSERT INTO t VALUES (2, 2024), (0, 1999), (NULL, NULL)");
    const other = await scratch.session("transformedBitIsBoolean=true&yearIsDateType=false");
    assert.deepEqual(await texts(other, "SELECT * FROM t"), [["true", "2024"], ["false", "1999"], ["null", "null"]]);
  });

  test("raw rows are what the public API gives, whatever the size of rows and pages", async (_, session) => {
    await session.execute("CREATE TABLE t (id int primary key, a longtext, b longblob, c varchar(10))");
    const lengths = [0, 1, 250, 251, 252, 65_535, 65_536, 70_000, 1 << 20, 3, 4_096];
    for (const [i, length] of lengths.entries()) {
      await session.execute(
        `INSERT INTO t VALUES (${i}, repeat('é', ${length >> 1}), repeat(x'00ff', ${length}), ${i % 3 === 0 ? "NULL" : `'${i}"'`})`,
      );
    }
    const expected = await session.execute("SELECT id, sha2(a, 256), sha2(b, 256), c FROM t ORDER BY id");
    for (const pageRows of [1, 3, 1_000]) {
      const cursor = await session.open(queryOf("SELECT * FROM t ORDER BY id"));
      const rows = await rest(cursor, pageRows);
      assert.deepEqual(
        rows.map(([id, a, b]) => [id, a?.length, b?.length]),
        lengths.map((length, i) => [String(i), length >> 1, 1 + 4 * length]),
      );
      assert.deepEqual(rows.map((row) => row[3] ?? null), expected.map((row) => String(row[3])));
    }
  });

  test("a row of 20 MB, in several packets, is read and written", async (_, session) => {
    const [[limit = 0] = []] = await session.execute("SELECT @@max_allowed_packet");
    if (Number(limit) < 50 << 20) return; // MariaDB's default is 16 MB
    await session.execute("CREATE TABLE t (id int primary key, a longblob)");
    await session.execute("INSERT INTO t VALUES (1, repeat('abcd', 5 << 20)), (2, 'x')");
    await session.execute("CREATE TABLE back LIKE t");
    const cursor = await session.open(queryOf("SELECT * FROM t ORDER BY id"));
    const pages: Page[] = [];
    for (let page = await cursor.read(10); page !== null; page = await cursor.read(10)) pages.push(page);
    const columns = cursor.fields.map(({ name, schema }) => writeColumn(name, schema));
    const writer = session.writer({ table: session.tableId(["back"]), mode: "insert", columns, dateZone: OPTIONS.zone });
    for (const page of pages) await writer.write(page.columns, Int32Array.from({ length: page.rows }, (_, i) => i), 0, page.rows);
    assert.deepEqual(
      await session.execute("SELECT length(a), sha2(a, 256) FROM back"),
      await session.execute("SELECT length(a), sha2(a, 256) FROM t"),
    );
  });

  test("rows come by the public API where mysql2 has another shape", async (scratch) => {
    const { host, port, user, password } = server;
    const target = parseTarget({ url: `jdbc:mysql://${host}:${port}/${scratch.database}`, user, password, properties: {} });
    const link = await openLink(target, OPTIONS, new AbortController().signal);
    const other = Object.assign(Object.create(link), {
      driver: { ...link.driver, Connection: { createQuery: () => ({}) } },
      connection: link.connection,
      rows: link.rows.bind(link),
    });
    const sql = "SELECT 1 AS a, 'x' AS b, NULL AS c UNION ALL SELECT 22, '', 'y'";
    const pages = await Promise.all([RawRows.open(link, sql), RawRows.open(other, sql)].map(async (opening) => {
      const rows = await opening;
      const page = await rows.next(10);
      assert.ok(page);
      const cells = Array.from({ length: 2 * 3 }, (_, i) => {
        const start = page.at[2 * i] as number;
        return start < 0 ? null : new TextDecoder().decode(page.region.bytes.subarray(start, page.at[2 * i + 1]));
      });
      assert.equal(await rows.next(10), null);
      return { cells, names: rows.fields.map((field) => field.name) };
    }));
    assert.deepEqual(pages[0], { cells: ["1", "x", null, "22", "", "y"], names: ["a", "b", "c"] });
    assert.deepEqual(pages[1], pages[0]);
    await link.close(false);
  });

  test("schemas are the same objects in every query of the same shape", async (_, session) => {
    await session.execute("CREATE TABLE t (id int primary key, a varchar(10))");
    const schemas = async () => {
      const cursor = await session.open({ parts: ["SELECT * FROM t"], limit: 1, suffix: "", mapping: MAPPING });
      await cursor.close();
      return cursor.fields.map(({ schema }) => schema);
    };
    const first = await schemas();
    assert.ok((await schemas()).every((schema, i) => schema === first[i]));
    await session.execute("ALTER TABLE t ADD b int");
    assert.equal((await schemas()).length, 3);
  });
}

function writeColumn(name: string, schema: Parameters<typeof schemaText>[0]) {
  if (schema === null) throw new Error(`column ${name} has no schema`);
  return { name, schema, isKey: name === "id", epochUnit: null, definition: null };
}

/** Writes the columns that can be written to a table of the same columns. */
async function writeBack(
  session: Session,
  types: readonly TypeRow[],
  schemas: readonly Parameters<typeof schemaText>[0][],
  page: Page,
): Promise<void> {
  const places = [0, ...types.flatMap(([, , , , read], i) => read === undefined ? [i + 1] : [])];
  await session.execute(
    `CREATE TABLE back (id int primary key, ${
      types.flatMap(([type, , , , read], i) => read === undefined ? [`c${i} ${type}`] : []).join(", ")
    })`,
  );
  const columns = places.map((place) => writeColumn(place === 0 ? "id" : `c${place - 1}`, schemas[place] ?? null));
  const writer = session.writer({ table: session.tableId(["back"]), mode: "insert", columns, dateZone: timeZone("UTC") });
  await writer.write(places.map((place) => page.columns[place] as Column), Int32Array.of(0, 1), 0, 2);
}
