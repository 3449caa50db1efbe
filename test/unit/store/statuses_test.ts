import assert from "node:assert/strict";
import { SqliteStatuses, SqliteTopics } from "../../../src/store/mod.ts";
import { openStore, withStore } from "./open_store.ts";

Deno.test("SqliteStatuses keeps the last state of connector and tasks apart", () =>
  withStore((database) => {
    const statuses = new SqliteStatuses(database);
    statuses.put("a", null, "RUNNING", null);
    statuses.put("a", 0, "RUNNING", null);
    statuses.put("a", 11, "PAUSED", null);
    statuses.put("a", 0, "FAILED", "Trace\n\tat x\n");
    assert.deepEqual(statuses.all(), [
      { connector: "a", task: null, state: "RUNNING", trace: null },
      { connector: "a", task: 0, state: "FAILED", trace: "Trace\n\tat x\n" },
      { connector: "a", task: 11, state: "PAUSED", trace: null },
    ]);
    statuses.remove("a", 0);
    statuses.remove("a", null);
    assert.deepEqual(statuses.all().map(({ task }) => task), [11]);
  }));

Deno.test("SqliteTopics lists each topic once, sorted, until reset", () =>
  withStore((database) => {
    const topics = new SqliteTopics(database);
    topics.add("a", ["z", "b"]);
    topics.add("a", ["b"]);
    topics.add("other", ["c"]);
    assert.deepEqual(topics.list("a"), ["b", "z"]);
    topics.clear("a");
    assert.deepEqual(topics.list("a"), []);
    assert.deepEqual(topics.list("other"), ["c"]);
  }));

Deno.test("SqliteStatuses and SqliteTopics are there again after a reopening", () => {
  const folder = Deno.makeTempDirSync();
  try {
    {
      using database = openStore(folder);
      new SqliteStatuses(database).put("a", null, "PAUSED", null);
      new SqliteTopics(database).add("a", ["t"]);
    }
    using database = openStore(folder);
    assert.deepEqual(new SqliteStatuses(database).all(), [{ connector: "a", task: null, state: "PAUSED", trace: null }]);
    assert.deepEqual(new SqliteTopics(database).list("a"), ["t"]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
