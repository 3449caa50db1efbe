/** Connections to MySQL and MariaDB: made, refused, lost; tables listed and described; long results read without filling memory. */
import assert from "node:assert/strict";
import process from "node:process";
import { mysql } from "../../connectors/sql/mysql.ts";
import { SqlError } from "../../connectors/sql/sql_error.ts";
import { timeZone } from "../../connectors/times/time_zone.ts";
import { connect, OPTIONS, queryOf, rest, Scratch, SERVERS, texts, warnings } from "./mysql_scratch.ts";

/** Bytes that reading a result of any length may hold: pages of 4 MB, and what the garbage collector has not seen yet. */
const MOST_MEMORY = 80 << 20;

function attempt(url: string, user: string | null, password: string | null, signal = new AbortController().signal): Promise<unknown> {
  return mysql.connect(mysql.target({ url, user, password, properties: {} }), OPTIONS, signal);
}

Deno.test("mysql.connect() says that nothing listens, in Connector/J's first words, and names the address", async () => {
  await assert.rejects(attempt("jdbc:mysql://127.0.0.1:1/om", "u", "secret-word"), (error) => {
    assert.ok(error instanceof SqlError);
    assert.equal(error.message, "Communications link failure: nothing listens there (127.0.0.1:1)");
    return error.kind === "retriable" && error.isConnectionLost && error.sqlState === "08S01";
  });
});

Deno.test("mysql.connect() gives up on a server that accepts and says nothing", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  await assert.rejects(attempt(`jdbc:mysql://127.0.0.1:${listener.addr.port}/?connectTimeout=100`, "u", "p"), (error) => {
    return error instanceof SqlError && error.kind === "retriable" && error.message.includes("no answer in time");
  });
  (await accepted).close();
});

Deno.test("mysql.connect() verifies no identity by an address, which the certificate would not be held against", async () => {
  await assert.rejects(attempt("jdbc:mysql://127.0.0.1:1/?sslMode=VERIFY_IDENTITY", "u", "p"), (error) => {
    return error instanceof SqlError && error.kind === "fatal" && error.message.includes("needs the server's name");
  });
});

Deno.test("mysql.connect() ends with its signal", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const controller = new AbortController();
  const attempted = attempt(`jdbc:mysql://127.0.0.1:${listener.addr.port}/`, "u", "p", controller.signal);
  const connection = await listener.accept();
  controller.abort();
  await assert.rejects(attempted, /the attempt was ended/);
  connection.close();
});

for (const [name, server] of SERVERS) {
  const { host, port, user, password } = server;
  const test = (title: string, run: (scratch: Scratch) => Promise<void>) => {
    Deno.test(`${name}: ${title}${server.because}`, { ignore: server.missing }, async () => {
      await using scratch = await Scratch.open(server);
      await run(scratch);
    });
  };

  test("a wrong password and an unknown database are refused in the server's own words, without the password", async () => {
    await assert.rejects(attempt(`jdbc:mysql://${host}:${port}/`, user, "wrong-secret"), (error) => {
      assert.ok(error instanceof SqlError);
      assert.match(error.message, new RegExp(`^Access denied for user '${user}'@'[^']+' \\(using password: YES\\)$`));
      return error.kind === "fatal" && error.code === 1045 && error.sqlState === "28000";
    });
    await assert.rejects(attempt(`jdbc:mysql://${host}:${port}/om_no_such_database`, user, password), (error) => {
      return error instanceof SqlError && error.kind === "fatal" && /om_no_such_database/.test(error.message);
    });
  });

  test("the next host is tried when one does not answer", async (scratch) => {
    const url = `jdbc:mysql://127.0.0.1:1,(host=${host},port=${port})/${scratch.database}`;
    const session = await mysql.connect(mysql.target({ url, user, password, properties: {} }), OPTIONS, new AbortController().signal);
    assert.deepEqual(session.current, { catalog: scratch.database, schema: null });
    assert.match(session.product, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`));
    await session.close();
  });

  test("tables and views are listed of the named database, or the URL's, and of no other", async (scratch) => {
    const session = await scratch.session();
    await session.execute("CREATE TABLE b (id int)");
    await session.execute("CREATE TABLE `A;x` (id int)");
    await session.execute("CREATE VIEW v AS SELECT 1");
    const names = async (catalog: string | null, types: readonly string[]) =>
      (await session.tables(catalog, null, types)).map(({ id }) => `${id.catalog}.${id.name}`);
    const { database } = scratch;
    assert.deepEqual(await names(null, ["TABLE"]), [`${database}.A;x`, `${database}.b`]);
    assert.deepEqual(await names(database, ["view", "table"]), [`${database}.A;x`, `${database}.b`, `${database}.v`]);
    assert.deepEqual(await names("mysql_no_such", ["TABLE"]), []);
    const everywhere = await connect(server);
    assert.ok((await everywhere.tables(null, null, ["TABLE"])).some(({ id }) => id.catalog === database && id.name === "b"));
    await everywhere.close();
  });

  test("a table is described with its keys, and only where it is looked for", async (scratch) => {
    const session = await scratch.session();
    await session.execute(
      "CREATE TABLE d (a bigint unsigned not null auto_increment, b varchar(5), c int not null, e decimal(5,1), primary key (c, a), key (a), unique key u (b, e), unique key w (e))",
    );
    const found = await session.describe({ catalog: null, schema: null, name: "d" });
    assert.deepEqual(found?.id, { catalog: scratch.database, schema: null, name: "d" });
    assert.deepEqual(found?.columns.map((c) => [c.name, c.typeName, c.isNullable, c.isAutoIncrement, c.keyPosition]), [
      ["a", "bigint", false, true, 2],
      ["b", "varchar", true, false, 0],
      ["c", "int", false, false, 1],
      ["e", "decimal", true, false, 0],
    ]);
    assert.deepEqual(found?.uniqueKeys, [["b", "e"], ["e"]]);
    assert.equal(await session.describe({ catalog: "mysql", schema: null, name: "d" }), null);
    assert.deepEqual(session.tableId(["d"]), { catalog: scratch.database, schema: null, name: "d" });
    assert.deepEqual(session.tableId(["x", "d"]), { catalog: "x", schema: null, name: "d" });
    assert.throws(() => session.tableId(["a", "b", "c"]), /MySQL has two levels/);
  });

  test("a query is judged without running it", async (scratch) => {
    const session = await scratch.session();
    await session.prepare(["SELECT 1"]);
    await assert.rejects(
      session.prepare(["SELECT nope FROM dual"]),
      (error) => error instanceof SqlError && error.kind === "fatal" && error.code === 1054,
    );
    await assert.rejects(session.prepare(["SELEKT 1"]), (error) => error instanceof SqlError && error.sqlState === "42000");
    await assert.rejects(session.open(queryOf("SELECT * FROM nope")), (error) => error instanceof SqlError && error.code === 1146);
    await assert.rejects(session.open(queryOf("DO 1")), /the statement gives none/);
    assert.equal(await session.isAlive(), true);
  });

  test("the clock is the database's, and an open transaction that has written is seen by its age", async (scratch) => {
    const session = await scratch.session();
    const now = await session.now();
    assert.ok(Math.abs(now.ms - Date.now()) < 60_000);
    assert.equal(Math.floor(now.nanos / 1e6), ((now.ms % 1000) + 1000) % 1000);
    await session.execute("CREATE TABLE w (id int)");
    const writer = await scratch.session();
    await writer.begin();
    await writer.execute("INSERT INTO w VALUES (1)");
    const age = await session.oldestWriterMs();
    assert.ok(age === null || age > 0, String(age)); // null where the user lacks PROCESS
    await writer.rollback();
  });

  test("isolation levels are set, and unknown ones refused", async (scratch) => {
    const session = await scratch.session();
    for (const mode of mysql.isolationModes) await session.setIsolation(mode);
    await assert.rejects(session.setIsolation("SQL_SERVER_SNAPSHOT"), /MySQL has READ_UNCOMMITTED/);
  });

  test("what a deadlock or an error ends does not go on outside of its transaction", async (scratch) => {
    const session = await scratch.session();
    await session.execute("CREATE TABLE a (id int primary key)");
    await session.begin();
    await session.execute("ROLLBACK"); // as a deadlock does
    await session.execute("INSERT INTO a VALUES (1)");
    await session.rollback();
    assert.deepEqual(await session.execute("SELECT count(*) FROM a"), [[0]]);
    await session.execute("INSERT INTO a VALUES (2)");
    const other = await scratch.session();
    assert.deepEqual(await other.execute("SELECT id FROM a"), [[2]]);
  });

  test("session variables are set, and a session in another zone than db.timezone is told of", async (scratch) => {
    const session = await scratch.session(
      "sessionVariables=lock_wait_timeout=77,@x='a,b'&connectionTimeZone=%2B09:00&forceConnectionTimeZoneToSession=true",
    );
    assert.deepEqual(await session.execute("SELECT @@lock_wait_timeout, @x, @@session.time_zone"), [[77, "a,b", "+09:00"]]);
    assert.match(warnings.at(-1) ?? "", /another time zone than db\.timezone/);
    const count = warnings.length;
    await scratch.session("connectionTimeZone=%2B09:00&forceConnectionTimeZoneToSession=true", { zone: timeZone("Asia/Seoul") });
    assert.equal(warnings.length, count);
  });

  test("a value that does not fit fails, also on a server that would cut it", async (scratch) => {
    const session = await scratch.session();
    assert.match(String((await session.execute("SELECT @@sql_mode"))[0]?.[0]), /STRICT_TRANS_TABLES/);
  });

  test("200,000 rows are read in pages, and memory stays bounded while nobody reads", async (scratch) => {
    const session = await scratch.session();
    await session.execute("CREATE TABLE big (id int primary key, a varchar(600))");
    const tens = Array.from({ length: 10 }, (_, i) => `SELECT ${i} AS d`).join(" UNION ALL ");
    const digits = ["a", "b", "c", "d", "e"].map((one) => `(${tens}) ${one}`).join(" CROSS JOIN ");
    for (const half of [0, 100_000]) {
      await session.execute(
        `INSERT INTO big SELECT ${half} + a.d + 10*b.d + 100*c.d + 1000*d.d + 10000*e.d, repeat('x', 500) FROM ${digits}`,
      );
    }
    const other = await scratch.session();
    const before = memory();
    const cursor = await session.open(queryOf("SELECT * FROM big ORDER BY id"));
    const first = await cursor.read(10);
    assert.equal(first?.rows, 10);
    // As much time as 200 answers of the server take, in which the rest could all have arrived.
    for (let i = 0; i < 200; i++) await other.now();
    assert.ok(memory() - before < MOST_MEMORY, `${(memory() - before) >> 20} MB`);
    first?.release();
    const rows = await rest(cursor, 7_000);
    assert.deepEqual([rows.length, rows[0]?.[0], rows.at(-1)?.[0]], [199_990, "10", "199999"]);
    assert.ok(rows.every((row, i) => row[0] === String(i + 10)));
    assert.deepEqual(await session.execute("SELECT 1"), [[1]]);
  });

  test("a cursor that is closed early leaves the session fit for the next query", async (scratch) => {
    const session = await scratch.session();
    await session.execute("CREATE TABLE big (id int primary key auto_increment, a varchar(600))");
    await session.execute("INSERT INTO big (a) SELECT repeat('x', 500) FROM information_schema.columns LIMIT 500");
    for (let i = 0; i < 6; i++) await session.execute("INSERT INTO big (a) SELECT a FROM big");
    const cursor = await session.open(queryOf("SELECT * FROM big b1"));
    const page = await cursor.read(5);
    await cursor.close();
    page?.release();
    assert.deepEqual(await texts(session, "SELECT 7 AS a"), [["7"]]);
    assert.equal(await session.isAlive(), true);
  });

  test("a connection killed while it is read gives its rows, then an error to try again after", async (scratch) => {
    const session = await scratch.session();
    const other = await scratch.session();
    await session.execute("CREATE TABLE big (id int primary key auto_increment, a varchar(600))");
    await session.execute("INSERT INTO big (a) SELECT repeat('x', 500) FROM information_schema.columns LIMIT 500");
    for (let i = 0; i < 8; i++) await session.execute("INSERT INTO big (a) SELECT a FROM big");
    const [[id = 0] = []] = await session.execute("SELECT CONNECTION_ID()");
    const cursor = await session.open(queryOf("SELECT * FROM big ORDER BY id"));
    assert.equal((await cursor.read(100))?.rows, 100);
    await other.execute(`KILL ${id}`);
    await assert.rejects(rest(cursor, 1_000), (error) => error instanceof SqlError && error.kind === "retriable" && error.isConnectionLost);
    assert.equal(await session.isAlive(), false);
    await assert.rejects(session.now(), (error) => error instanceof SqlError && error.isConnectionLost);
    await cursor.close();
  });

  test("a connection killed between queries is found dead", async (scratch) => {
    const session = await scratch.session();
    const other = await scratch.session();
    const [[id = 0] = []] = await session.execute("SELECT CONNECTION_ID()");
    await other.execute(`KILL ${id}`);
    assert.equal(await session.isAlive(), false);
    await session.close();
  });

  test("an answer that stays away ends the connection after socketTimeout", async (scratch) => {
    const session = await scratch.session("socketTimeout=200");
    await assert.rejects(
      session.execute("SELECT SLEEP(20)"),
      (error) => error instanceof SqlError && error.kind === "retriable" && error.isConnectionLost,
    );
    assert.equal(await session.isAlive(), false);
  });
}

const [, MYSQL] = SERVERS[1] ?? [];
if (MYSQL !== undefined) {
  const { host, port, user, password } = MYSQL;
  const options = { ignore: MYSQL.missing };

  Deno.test(
    `MySQL: the connection is encrypted unless told otherwise, and a certificate nobody knows is refused where it is to be checked${MYSQL.because}`,
    options,
    async () => {
      const cipher = async (query: string) => {
        const session = await connect(MYSQL, "", query);
        const [row] = await session.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
        await session.close();
        return row?.[1];
      };
      assert.notEqual(await cipher(""), "");
      assert.notEqual(await cipher("sslMode=REQUIRED"), "");
      assert.equal(await cipher("sslMode=DISABLED&allowPublicKeyRetrieval=true"), "");
      await assert.rejects(
        connect(MYSQL, "", "sslMode=VERIFY_CA"),
        (error) => error instanceof SqlError && error.kind === "fatal" && /certificate/.test(error.message),
      );
    },
  );

  Deno.test(`MySQL: the password is not given to a key that anybody may have sent${MYSQL.because}`, options, async () => {
    const admin = await connect(MYSQL);
    const name = `om_k${crypto.randomUUID().substring(0, 8)}`;
    try {
      // A user the server has not seen yet has to send the password itself.
      const made = await admin.execute(`CREATE USER '${name}'@'%' IDENTIFIED BY 'p-w'`).then(() => true, () => false);
      if (!made) return; // this user may not make others
      const url = (query: string) => `jdbc:mysql://${host}:${port}/?sslMode=DISABLED${query}`;
      await assert.rejects(attempt(url(""), name, "p-w"), /Public Key Retrieval is not allowed/);
      await attempt(url("&allowPublicKeyRetrieval=true"), name, "p-w").then((session) => (session as { close(): Promise<void> }).close());
    } finally {
      await admin.execute(`DROP USER IF EXISTS '${name}'@'%'`).catch(() => {});
      await admin.close();
      assert.ok(user !== "" && password !== "");
    }
  });
}

/** Bytes of buffers outside of JavaScript's heap. */
function memory(): number {
  return process.memoryUsage().external;
}
