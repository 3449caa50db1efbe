import assert from "node:assert/strict";
import { Database, SqliteConfigs, SqliteOffsets, SqliteStatuses, SqliteTopics } from "../../src/store/mod.ts";

/** `version_1.db` was written by the first released form of the store and is never made anew: users have such files. */
const GOLDEN = new URL("./version_1.db", import.meta.url);

function withCopy(work: (database: Database) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.copyFileSync(GOLDEN, `${folder}/sluice.db`);
    using database = Database.open(folder, { pid: Deno.pid, host: "here", since: "2026-01-01T00:00:00Z" });
    work(database);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("Database.open() reads everything a store of version 1 holds", () =>
  withCopy((database) => {
    const config = {
      "connector.class": "com.github.jcustenborder.kafka.connect.spooldir.SpoolDirCsvSourceConnector",
      "input.path": "/data/in",
      "password": "${file:/run/secrets:db}",
      "name": "customers",
    };
    assert.deepEqual(new SqliteConfigs(database).all(), [
      { name: "customers", config, target: "STARTED" },
      { name: "ünï/code", config: { empty: "", nothing: null }, target: "STOPPED" },
    ]);
    assert.deepEqual(new SqliteConfigs(database).taskConfigs("customers"), [{ task: "0" }, { task: "1" }]);
    assert.deepEqual(new SqliteStatuses(database).all(), [
      { connector: "customers", task: null, state: "RUNNING", trace: null },
      { connector: "customers", task: 0, state: "RUNNING", trace: null },
      { connector: "customers", task: 1, state: "FAILED", trace: "org.apache.kafka.connect.errors.ConnectException: boom\n\tat here\n" },
      { connector: "ünï/code", task: null, state: "STOPPED", trace: null },
    ]);
    assert.deepEqual(new SqliteTopics(database).list("customers"), ["customers", "orders"]);
    assert.deepEqual(new SqliteOffsets(database).all("customers"), [
      ['{"fileName":"a.csv"}', '{"offset":9223372036854775807}'],
      ['{"fileName":"b.csv"}', '{"offset":-1,"ratio":1.0}'],
    ]);
    assert.deepEqual(new SqliteOffsets(database).all("gone"), [["null", "{}"]]);
  }));

Deno.test("Database.open() leaves a store of version 1 in the form a new store has", () => {
  const schemaOf = (database: Database) => database.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").all();
  const folder = Deno.makeTempDirSync();
  try {
    using fresh = Database.open(folder, { pid: Deno.pid, host: "here", since: "2026-01-01T00:00:00Z" });
    withCopy((database) => assert.deepEqual(schemaOf(database), schemaOf(fresh)));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
