/** Rows that only look like others, second changes within a tick, and wall clocks that do not exist: nothing is lost on real servers. */
import assert from "node:assert/strict";
import { jdbcSource } from "../../connectors/jdbc_source/source.ts";
import { startTask } from "../../connectors/jdbc_source/start_task.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { liveRow, liveRows, recordAt, type SourceContext, type SourceTask, type StringMap, Struct } from "../../src/sdk/mod.ts";
import { sharedServer, type TestServer } from "../databases.ts";
import { FakeLog } from "../fakes/fake_log.ts";
import { type PlainSql, plainSql } from "./plain_sql.ts";

type Kind = "postgres" | "mysql";
const SERVERS: readonly (readonly [Kind, TestServer])[] = [["postgres", sharedServer("postgres")], ["mysql", sharedServer("mariadb")]];

/** A database of its own, with one task on its table `t`. */
class Place implements AsyncDisposable {
  readonly sql: PlainSql;
  readonly #kind: Kind;
  readonly #server: TestServer;
  readonly #database: string;
  readonly #stop = new AbortController();
  #slept = 0;
  #task: SourceTask | undefined;

  private constructor(kind: Kind, server: TestServer, database: string, sql: PlainSql) {
    this.#kind = kind;
    this.#server = server;
    this.#database = database;
    this.sql = sql;
  }

  static async open(kind: Kind, server: TestServer): Promise<Place> {
    const database = `om_late_${crypto.randomUUID().substring(0, 8)}`;
    const outside = await plainSql(server, kind, "");
    await outside.run(`CREATE DATABASE ${database}`);
    await outside.close();
    return new Place(kind, server, database, await plainSql(server, kind, database));
  }

  async start(config: StringMap): Promise<void> {
    const { host, port, user, password } = this.#server;
    const scheme = this.#kind === "postgres" ? "postgresql" : "mysql";
    const raw: StringMap = {
      "connection.url": `jdbc:${scheme}://${host}:${port}/${this.#database}`,
      "connection.user": user,
      "connection.password": password,
      "topic.prefix": "x-",
      ...("query" in config ? {} : { tables: "t" }),
      ...config,
    };
    const parsed = parseConfig(jdbcSource.config, raw);
    if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join("\n"));
    this.#task = await startTask(parsed.values, this.#context(raw), jdbcSource.taskClass);
  }

  #context(raw: StringMap): SourceContext {
    return {
      connector: "c",
      task: 0,
      raw,
      tolerance: "none",
      signal: this.#stop.signal,
      log: new FakeLog(),
      offsets: (partitions) => Promise.resolve(partitions.map(() => undefined)),
      sleep: () => Promise.resolve(void this.#slept++),
      now: () => this.#slept * 5000,
    };
  }

  /** Values of a column in the records of one round. */
  async round(column: string): Promise<unknown[]> {
    const seen: unknown[] = [];
    for (const before = this.#slept; this.#slept === before;) {
      const batch = await this.#task?.poll() ?? null;
      if (batch === null || !("position" in batch)) continue;
      for (let i = 0; i < liveRows(batch); i++) {
        const { value } = recordAt(batch, liveRow(batch, i));
        assert.ok(value instanceof Struct);
        seen.push(value.get(column));
      }
      batch.position.offset(batch.rows - 1);
    }
    return seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#task?.stop?.();
    this.#stop.abort();
    await this.sql.close();
    const outside = await plainSql(this.#server, this.#kind, "");
    await outside.run(`DROP DATABASE ${this.#database}`);
    await outside.close();
  }
}

for (const [kind, server] of SERVERS) {
  const options = { ignore: server.missing };
  const both = [{ mode: "timestamp" }, { mode: "timestamp+incrementing", "incrementing.column.name": "id" }];

  Deno.test(`JdbcSource on ${kind}: a second change within one tick is sent${server.because}`, options, async () => {
    for (const mode of both) {
      await using place = await Place.open(kind, server);
      await place.sql.run("CREATE TABLE t (id int PRIMARY KEY, name varchar(9), at timestamp(0) NOT NULL)");
      await place.sql.run("INSERT INTO t VALUES (1, 'a', '2024-01-01 00:00:01')");
      await place.start({ ...mode, "timestamp.column.name": "at" });
      assert.deepEqual(await place.round("name"), ["a"]);
      await place.sql.run("UPDATE t SET name = 'b', at = at");
      assert.deepEqual(await place.round("name"), ["b"]);
      assert.deepEqual(await place.round("name"), []);
    }
  });
}

for (const [kind, server] of SERVERS) {
  const name = `JdbcSource on ${kind}: wall clocks that the zone skips are all sent, whatever the pages`;
  Deno.test(name + server.because, { ignore: server.missing }, async () => {
    const clocks = ["01:50", "02:10", "02:40", "03:05", "03:20", "03:45", "04:10"];
    for (const mode of [{ mode: "timestamp" }, { mode: "timestamp+incrementing", "incrementing.column.name": "id" }]) {
      for (const pageRows of ["1", "2", "3"]) {
        await using place = await Place.open(kind, server);
        const type = kind === "postgres" ? "timestamp" : "datetime";
        await place.sql.run(`CREATE TABLE t (id int PRIMARY KEY, at ${type} NOT NULL)`);
        const config = { "timestamp.column.name": "at", "db.timezone": "America/New_York", "sluice.page.rows": pageRows };
        await place.sql.run(`INSERT INTO t VALUES ${clocks.map((clock, i) => `(${i}, '2024-03-10 ${clock}')`).join(",")}`);
        await place.start({ ...mode, ...config });
        assert.deepEqual(await place.round("id"), [0, 1, 2, 3, 4, 5, 6], `${mode.mode}, pages of ${pageRows}`);
        await place.sql.run("INSERT INTO t VALUES (7, '2024-03-10 04:10:01')");
        assert.deepEqual(await place.round("id"), [7]);
      }
    }
  });
}

Deno.test({
  name: `JdbcSource on postgres: rows that differ in what records leave out, or live in child tables, are all sent${
    SERVERS[0]?.[1].because
  }`,
  ignore: SERVERS[0]?.[1].missing ?? true,
  fn: async () => {
    const [kind, server] = SERVERS[0] ?? ["postgres", sharedServer("postgres")];
    for (const mode of ["timestamp", "timestamp+incrementing", "incrementing"]) {
      await using place = await Place.open(kind, server);
      await place.sql.run("CREATE TABLE t (id int PRIMARY KEY, at timestamp NOT NULL); CREATE TABLE c () INHERITS (t)");
      await place.sql.run("INSERT INTO t SELECT i, '2024-01-01' FROM generate_series(1, 4) i; INSERT INTO c SELECT id, at FROM t");
      await place.sql.run("INSERT INTO c SELECT id, at FROM t");
      await place.start({ mode, "timestamp.column.name": "at", "incrementing.column.name": "id", "sluice.page.rows": "3" });
      assert.deepEqual((await place.round("id")).sort(), [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4], mode);
    }
    await using place = await Place.open(kind, server);
    await place.sql.run("CREATE TABLE t (host inet PRIMARY KEY, at timestamp NOT NULL)");
    await place.sql.run("INSERT INTO t VALUES ('10.0.0.1', '2024-01-01'), ('10.0.0.2', '2024-01-01')");
    await place.start({ mode: "timestamp", "timestamp.column.name": "at" });
    assert.equal((await place.round("at")).length, 2);
    await place.sql.run("INSERT INTO t VALUES ('10.0.0.3', '2024-01-01')");
    assert.equal((await place.round("at")).length, 1);
  },
});
