/** What the JDBC sink owes its users on every server: outcomes alone, whatever statements lead to them. */
import assert from "node:assert/strict";
import { ConnectError, dateSchema, primitiveSchema, RetriableError, type StringMap, Struct, structSchema, timestampSchema } from "sdk";
import { dialects } from "../../connectors/sql/dialects.ts";
import { sharedServer, type TestServer } from "../databases.ts";
import { faultyDialect, lostConnection } from "../fakes/faulty_dialect.ts";
import { retryPut } from "../fakes/retry_put.ts";
import { type Row, sinkBatch } from "../fakes/sink_batches.ts";
import { SinkGround, type SinkGroundOptions } from "../fakes/sink_ground.ts";
import { type PlainSql, plainSql } from "./plain_sql.ts";

const SERVERS = [
  { name: "MariaDB", scheme: "mariadb", kind: "mysql", quote: "`", server: sharedServer("mariadb") },
  { name: "MySQL", scheme: "mysql", kind: "mysql", quote: "`", server: sharedServer("mysql") },
  { name: "PostgreSQL", scheme: "postgresql", kind: "postgres", quote: '"', server: sharedServer("postgres") },
] as const;

type Server = (typeof SERVERS)[number];

const KEY = structSchema([["id", primitiveSchema("INT32")]]);
const VALUE = structSchema([["name", primitiveSchema("STRING", { optional: true })], ["n", primitiveSchema("FLOAT64")]]);
const schemas = { keySchema: KEY, valueSchema: VALUE, topic: "orders", as: "columns" } as const;
const UPSERT: StringMap = { "insert.mode": "upsert", "pk.mode": "record_key", "delete.enabled": "true", "auto.create": "true" };

function row(id: number, name: string | null = "x", n = 1.5): Row {
  return { key: new Struct(KEY, [id]), value: new Struct(VALUE, [name, n]) };
}

function tombstone(id: number): Row {
  return { key: new Struct(KEY, [id]) };
}

function rows(from: number, count: number, name = "x"): Row[] {
  return Array.from({ length: count }, (_, i) => row(from + i, name));
}

for (const server of SERVERS) {
  const test = (what: string, body: (ground: ServerGround) => Promise<void>) =>
    Deno.test({
      name: `JdbcSinkTask on ${server.name} ${what}${server.server.because}`,
      ignore: server.server.missing,
      fn: async () => {
        await using ground = await ServerGround.open(server);
        await body(ground);
      },
    });

  test("leaves the last value of each key of many batches, deletes done", async (ground) => {
    const sink = await ground.sink({ config: UPSERT });
    await retryPut(sink, [
      sinkBatch([...rows(0, 5000, "a"), ...rows(2500, 5000, "q\"\\' 한글 🎉"), tombstone(1), tombstone(9999)], schemas),
    ]);
    await retryPut(sink, [sinkBatch([row(1, "back"), tombstone(0), tombstone(2)], schemas)]);
    assert.deepEqual(await ground.sql.rows("SELECT COUNT(*), MIN(id), MAX(id) FROM orders"), [["7498", "1", "7499"]]);
    assert.deepEqual(await ground.sql.rows("SELECT name FROM orders WHERE id IN (1, 3, 7499) ORDER BY id"), [["back"], ["a"], [
      "q\"\\' 한글 🎉",
    ]]);
  });

  test("makes a table for string keys, and takes keys apart that differ by letter case where the database does", async (ground) => {
    const sink = await ground.sink({ config: { ...UPSERT, "pk.fields": "k" } });
    const batch = sinkBatch([{ key: "A", value: new Struct(VALUE, ["1", 1]) }, { key: "a", value: new Struct(VALUE, ["2", 2]) }, {
      key: "A",
    }], {
      ...schemas,
      keySchema: primitiveSchema("STRING"),
    });
    await retryPut(sink, [batch]);
    assert.deepEqual(await ground.sql.rows("SELECT k, name FROM orders"), server.kind === "mysql" ? [] : [["a", "2"]]);
  });

  test("updates what is there and inserts in the records' order", async (ground) => {
    await ground.sql.run("CREATE TABLE orders (id INT PRIMARY KEY, name VARCHAR(20), n DOUBLE PRECISION)");
    await ground.sql.run("INSERT INTO orders VALUES (1, 'old', 0)");
    const update = await ground.sink({ config: { "insert.mode": "update", "pk.mode": "record_key" } });
    await retryPut(update, [sinkBatch([row(1, "new"), row(2, "absent"), row(1, "newer")], schemas)]);
    assert.deepEqual(await ground.sql.rows("SELECT id, name FROM orders"), [["1", "newer"]]);
    const insert = await ground.sink({ config: { ...UPSERT, "insert.mode": "insert" } });
    await retryPut(insert, [sinkBatch([row(5, "a"), tombstone(5), row(5, "b"), tombstone(1)], schemas)]);
    assert.deepEqual(await ground.sql.rows("SELECT id, name FROM orders"), [["5", "b"]]);
  });

  test("hands over exactly the rows that do not fit, and commits the others", async (ground) => {
    await ground.sql.run("CREATE TABLE orders (id INT PRIMARY KEY, name VARCHAR(3) NOT NULL, n DOUBLE PRECISION)");
    for (const mode of ["upsert", "insert"]) {
      const sink = await ground.sink({ config: { ...UPSERT, "insert.mode": mode }, reporter: "tolerates" });
      const from = mode === "insert" ? 10_000 : 0;
      const batch = sinkBatch([
        ...rows(from, 1500),
        row(from + 1500, null),
        ...rows(from + 1501, 700),
        row(from + 2201, "too long"),
        row(from + 2202),
      ], schemas);
      await retryPut(sink, [batch]);
      assert.deepEqual(sink.reported.map(({ offset }) => offset), [1500, 2201]);
      assert.deepEqual(await ground.sql.rows(`SELECT COUNT(*) FROM orders WHERE id >= ${from}`), [["2201"]]);
      for (const { error } of sink.reported) assert.match(error.message, /^Exception chain:\njava\.sql\.BatchUpdateException: /);
    }
  });

  test("keeps the last good value of a key whose last value does not fit", async (ground) => {
    await ground.sql.run("CREATE TABLE orders (id INT PRIMARY KEY, name VARCHAR(4), n DOUBLE PRECISION)");
    const sink = await ground.sink({ config: UPSERT, reporter: "tolerates" });
    await retryPut(sink, [
      sinkBatch([...rows(0, 50, "a"), ...rows(0, 50, "good"), row(7, "too long"), tombstone(8), row(9, "last")], schemas),
    ]);
    assert.deepEqual(sink.reported.map(({ offset }) => offset), [100]);
    assert.deepEqual(await ground.sql.rows("SELECT id, name FROM orders WHERE id IN (7, 8, 9) ORDER BY id"), [["7", "good"], [
      "9",
      "last",
    ]]);
    assert.deepEqual(await ground.sql.rows("SELECT COUNT(*) FROM orders"), [["49"]]);
  });

  test("upserts by a unique key that is no primary one, and warns of other keys", async (ground) => {
    await ground.sql.run("CREATE TABLE orders (pk INT, id INT NOT NULL, name VARCHAR(9), n DOUBLE PRECISION)");
    await ground.sql.run("CREATE UNIQUE INDEX by_id ON orders (id)");
    const sink = await ground.sink({ config: UPSERT });
    await retryPut(sink, [sinkBatch([row(1, "a"), row(2, "b")], schemas)]);
    await retryPut(sink, [sinkBatch([row(1, "c")], schemas)]);
    assert.deepEqual(await ground.sql.rows("SELECT id, name FROM orders ORDER BY id"), [["1", "c"], ["2", "b"]]);
    await ground.sql.run("CREATE UNIQUE INDEX by_name ON orders (name)");
    const another = await ground.sink({ config: UPSERT });
    await retryPut(another, [sinkBatch([row(3, "d")], schemas)]);
    const warned = another.log.lines.filter(({ level, message }) => level === "warn" && message.includes("has unique keys besides"));
    assert.equal(warned.length, 1);
  });

  test("tells days and times in the zones of the config", async (ground) => {
    const days = structSchema([["d", dateSchema()], ["t", timestampSchema()], ["us", primitiveSchema("INT64")]]);
    const noon = Date.UTC(2024, 1, 29, 13, 14, 15, 678);
    const batch = sinkBatch([{ value: new Struct(days, [new Date(Date.UTC(2024, 1, 29)), new Date(noon), BigInt(noon) * 1000n + 901n]) }], {
      valueSchema: days,
      topic: "days",
    });
    for (const [zone, day] of [["DB_TIMEZONE", "2024-02-28"], ["utc", "2024-02-29"]] as const) {
      const table = `days_${zone.toLowerCase()}`;
      const config = {
        "auto.create": "true",
        "db.timezone": "America/New_York",
        "date.timezone": zone,
        "timestamp.fields.list": "us",
        "table.name.format": table,
      };
      await retryPut(await ground.sink({ config }), [batch]);
      assert.deepEqual(await ground.sql.rows(`SELECT d, t, us FROM ${table}`), [[
        day,
        "2024-02-29 08:14:15.678",
        "2024-02-29 08:14:15.678901",
      ]]);
    }
  });

  test("fails with the place, column and value of a row that does not fit, and commits nothing", async (ground) => {
    await ground.sql.run("CREATE TABLE orders (id INT PRIMARY KEY, name VARCHAR(3) NOT NULL, n DOUBLE PRECISION)");
    const sink = await ground.sink({ config: UPSERT });
    const error = await retryPut(sink, [sinkBatch([row(1), row(2), row(3, null)], { ...schemas, offset: 40 })]).then(
      () => null,
      (error: Error) => error,
    );
    assert.ok(error instanceof ConnectError);
    assert.match(
      error.message,
      /^Cannot write the record of topic 'orders', partition 0, offset 42 to table .*"orders": column 'name' does not take the value null$/,
    );
    assert.deepEqual(await ground.sql.rows("SELECT COUNT(*) FROM orders"), [["0"]]);
  });

  test("says which key met a row that is there already", async (ground) => {
    await ground.sql.run("CREATE TABLE orders (id INT PRIMARY KEY, name VARCHAR(20), n DOUBLE PRECISION)");
    await ground.sql.run("INSERT INTO orders VALUES (7, 'there', 0)");
    const sink = await ground.sink({ config: { "pk.mode": "record_key" } });
    await assert.rejects(retryPut(sink, [sinkBatch([...rows(1, 5), row(7), row(8)], schemas)]), /offset 5 to table/);
    assert.deepEqual(await ground.sql.rows("SELECT COUNT(*) FROM orders"), [["1"]]);
  });

  test("goes on after its connection was killed, losing and doubling nothing", async (ground) => {
    const sink = await ground.sink({ config: { ...UPSERT, "insert.mode": "insert" } });
    await retryPut(sink, [sinkBatch(rows(0, 100), schemas)]);
    await ground.killOthers();
    await retryPut(sink, [sinkBatch(rows(100, 100), schemas)]);
    sink.now += 60_000;
    await ground.killOthers();
    await retryPut(sink, [sinkBatch(rows(200, 100), schemas)]);
    assert.deepEqual(await ground.sql.rows("SELECT COUNT(*), COUNT(DISTINCT id) FROM orders"), [["300", "300"]]);
  });

  test("looks for all keys of a commit whose answer was lost", async (ground) => {
    const keySchema = structSchema([["id", primitiveSchema("INT64")], ["k", primitiveSchema("STRING")]]);
    const batch = (from: number) =>
      sinkBatch(
        Array.from({ length: 450 }, (_, i) => ({
          key: new Struct(keySchema, [BigInt(i) - 9n, `'\\"${from + i}`]),
          value: new Struct(VALUE, ["ours", 1]),
        })),
        { ...schemas, keySchema },
      );
    for (const [point, from] of [["committed", 0], ["commit", 1000]] as const) {
      let isOver = false;
      const losing = dialects.map((dialect) =>
        faultyDialect(dialect, (at) => {
          if (at !== point || isOver) return null;
          isOver = true;
          return lostConnection();
        })
      );
      const sink = await ground.sink({ config: { ...UPSERT, "insert.mode": "insert" }, dialects: losing, reporter: "tolerates" });
      await assert.rejects(sink.put(batch(from)), /Connection lost/);
      if (point === "commit") {
        const other = await ground.sink({ config: UPSERT });
        const theirs = { key: new Struct(keySchema, [-9n, `'\\"${from}`]), value: new Struct(VALUE, ["theirs", 1]) };
        await retryPut(other, [sinkBatch([theirs], { ...schemas, keySchema })]);
      }
      await retryPut(sink, [batch(from)]);
      assert.deepEqual(sink.reported.map(({ offset }) => offset), point === "commit" ? [0] : []);
    }
    assert.deepEqual(await ground.sql.rows("SELECT COUNT(*), MAX(name) FROM orders"), [["900", "theirs"]]);
  });

  if (server.kind === "postgres") {
    test("keeps the order of writes and deletes of keys that only a collation equates", async (ground) => {
      await ground.sql.run("CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
      for (const [type, left] of [["text COLLATE ci", [["B"]]], ["text", [["A"], ["B"]]]] as const) {
        await ground.sql.run(`CREATE TABLE orders (k ${type} PRIMARY KEY, name text, n float8)`);
        const sink = await ground.sink({ config: { ...UPSERT, "pk.fields": "k" } });
        const batch = [{ key: "A", value: new Struct(VALUE, ["1", 1]) }, { key: "a" }, { key: "B", value: new Struct(VALUE, ["2", 2]) }];
        await retryPut(sink, [sinkBatch(batch, { ...schemas, keySchema: primitiveSchema("STRING") })]);
        assert.deepEqual(await ground.sql.rows("SELECT k FROM orders ORDER BY k"), left);
        await ground.sql.run("DROP TABLE orders");
      }
    });

    test("waits for a database that only takes no writes, and then finds the one that does", async (ground) => {
      const sink = await ground.sink({ config: { ...UPSERT, "max.retries": "0" }, reporter: "tolerates" });
      await retryPut(sink, [sinkBatch([row(1)], schemas)]);
      await ground.sql.run(`ALTER DATABASE ${ground.database} SET default_transaction_read_only = on`);
      await ground.killOthers();
      for (let attempt = 0; attempt < 3; attempt++) await assert.rejects(sink.put(sinkBatch([row(2)], schemas)), RetriableError);
      await ground.sql.run(`ALTER DATABASE ${ground.database} RESET default_transaction_read_only`);
      await sink.put(sinkBatch([row(2)], schemas));
      assert.deepEqual([await ground.sql.rows("SELECT COUNT(*) FROM orders"), sink.reported], [[["2"]], []]);
    });
  }

  test("finds tables and columns that come, go and change while it runs", async (ground) => {
    const sink = await ground.sink({ config: { ...UPSERT, "auto.evolve": "true" } });
    await retryPut(sink, [sinkBatch(rows(0, 3), schemas)]);
    await ground.sql.run("ALTER TABLE orders DROP COLUMN n");
    await retryPut(sink, [sinkBatch([row(3)], schemas)]).catch(() => {}); // required: it cannot be added
    await ground.sql.run("ALTER TABLE orders ADD n DOUBLE PRECISION");
    await retryPut(sink, [sinkBatch([row(3)], schemas)]);
    await ground.sql.run("DROP TABLE orders");
    await retryPut(sink, [sinkBatch([row(4)], schemas)]);
    assert.deepEqual(await ground.sql.rows("SELECT id, n FROM orders"), [["4", "1.5"]]);
  });

  test("lets two tasks make and widen the same table at once", async (ground) => {
    const config = { ...UPSERT, "auto.evolve": "true" };
    const sinks = await Promise.all(Array.from({ length: 4 }, () => ground.sink({ config })));
    const wider = structSchema([...VALUE.fields.map(({ name, schema }) => [name, schema] as const), [
      "more",
      primitiveSchema("STRING", { optional: true }),
    ]]);
    for (const schema of [VALUE, wider]) {
      const batch = (task: number) =>
        sinkBatch(
          Array.from({ length: 200 }, (_, i) => ({
            key: new Struct(KEY, [i * 4 + task]),
            value: new Struct(schema, schema === VALUE ? ["a", 1] : ["b", 2, "m"]),
          })),
          { ...schemas, valueSchema: schema },
        );
      await Promise.all(sinks.map((sink, task) => retryPut(sink, [batch(task)])));
    }
    assert.deepEqual(await ground.sql.rows("SELECT COUNT(*), MIN(more) FROM orders"), [["800", "m"]]);
  });

  test("sorts out tasks that write the same rows the other way round", async (ground) => {
    const sinks = [await ground.sink({ config: UPSERT }), await ground.sink({ config: UPSERT })] as const;
    await retryPut(sinks[0], [sinkBatch([row(1)], schemas)]);
    for (let round = 0; round < 5; round++) {
      const there = rows(0, 2000, `r${round}`);
      await Promise.all([retryPut(sinks[0], [sinkBatch(there, schemas)]), retryPut(sinks[1], [sinkBatch(there.toReversed(), schemas)])]);
    }
    assert.deepEqual(await ground.sql.rows("SELECT COUNT(*), MIN(name), MAX(name) FROM orders"), [["2000", "r4", "r4"]]);
  });

  test("lets no name out of its quotes", async (ground) => {
    const evil = `x${server.quote}; DROP TABLE keep; --'`;
    const schema = structSchema([[evil, primitiveSchema("STRING")]]);
    await ground.sql.run("CREATE TABLE keep (a INT)");
    const sink = await ground.sink({ config: { "auto.create": "true", "table.name.format": "evil" } });
    await retryPut(sink, [sinkBatch([{ value: new Struct(schema, [`v'"\\`]) }], { ...schemas, keySchema: null, valueSchema: schema })]);
    assert.deepEqual(await ground.sql.rows("SELECT * FROM evil"), [[`v'"\\`]]);
    assert.deepEqual(await ground.sql.rows("SELECT * FROM keep"), []);
  });

  test("takes two parts of a name for what they are here", async (ground) => {
    const place = server.kind === "mysql" ? ground.database : "apart";
    if (server.kind === "postgres") await ground.sql.run("CREATE SCHEMA apart");
    const sink = await ground.sink({ config: { ...UPSERT, "table.name.format": `${place}.customers_sink` } });
    await retryPut(sink, [sinkBatch(rows(0, 2), schemas)]);
    assert.deepEqual(await ground.sql.rows(`SELECT COUNT(*) FROM ${place}.customers_sink`), [["2"]]);
  });

  test("asks a database that refuses as often as it is told, and says nothing of the password", async (ground) => {
    const sink = await ground.sink({
      config: { ...UPSERT, "connection.user": "om_nobody", "connection.password": "wr0ng-s3cret", "connection.attempts": "2" },
    });
    const error = await sink.put(sinkBatch([row(1)], schemas)).then(() => null, (error: Error) => error);
    assert.ok(error instanceof ConnectError);
    assert.deepEqual(sink.sleeps, [10_000]);
    assert.doesNotMatch(`${error.message} ${error.cause} ${JSON.stringify(sink.log.lines)}`, /wr0ng/);
  });
}

/** A database of a test's own on a server, and sinks that write to it. */
class ServerGround implements AsyncDisposable {
  readonly database: string;
  readonly sql: PlainSql;
  readonly #server: Server;
  readonly #sinks: SinkGround[] = [];

  private constructor(server: Server, database: string, sql: PlainSql) {
    this.#server = server;
    this.database = database;
    this.sql = sql;
  }

  static async open(server: Server): Promise<ServerGround> {
    const database = `om_sink_${crypto.randomUUID().substring(0, 8)}`;
    await outside(server, `CREATE DATABASE ${database}`);
    return new ServerGround(server, database, await plainSql(server.server, server.kind, database));
  }

  /** A task that is stopped with the ground. */
  async sink(options: SinkGroundOptions): Promise<SinkGround> {
    const { scheme, server }: { readonly scheme: string; readonly server: TestServer } = this.#server;
    const place = {
      "connection.url": `jdbc:${scheme}://${server.host}:${server.port}/${this.database}`,
      "connection.user": server.user,
      "connection.password": server.password,
    };
    const sink = await SinkGround.open({ dialects, ...options, config: { ...place, ...options.config } });
    this.#sinks.push(sink);
    return sink;
  }

  /** Ends every other connection to this database, from the server's side. */
  async killOthers(): Promise<void> {
    if (this.#server.kind === "postgres") {
      await this.sql.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
      );
      return;
    }
    const others = await this.sql.rows(
      `SELECT id FROM information_schema.processlist WHERE db = '${this.database}' AND id <> connection_id()`,
    );
    for (const [id] of others) await this.sql.run(`KILL ${id}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sink of this.#sinks) await sink[Symbol.asyncDispose]();
    await this.sql.close();
    await outside(this.#server, `DROP DATABASE ${this.database}`);
  }
}

async function outside(server: Server, statement: string): Promise<void> {
  const sql = await plainSql(server.server, server.kind, "");
  await sql.run(statement);
  await sql.close();
}
