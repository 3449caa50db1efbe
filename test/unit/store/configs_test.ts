import assert from "node:assert/strict";
import { SqliteConfigs, SqliteOffsets, SqliteStatuses, SqliteTopics, StoreError } from "../../../src/store/mod.ts";
import { withStore } from "./open_store.ts";

Deno.test("SqliteConfigs.all() gives connectors as written, in the order of their creation", () =>
  withStore((database) => {
    const configs = new SqliteConfigs(database);
    const config = { "connector.class": "X", name: "b", nothing: null, text: 'a"\u0000\n\u{1f600}${file:/p:k}' };
    configs.put({ name: "b", config, target: "STARTED" });
    configs.put({ name: "a/ü", config: {}, target: "PAUSED" });
    configs.put({ name: "b", config: { ...config, later: "1" }, target: "STOPPED" });
    assert.deepEqual(configs.all(), [
      { name: "b", config: { ...config, later: "1" }, target: "STOPPED" },
      { name: "a/ü", config: {}, target: "PAUSED" },
    ]);
    assert.deepEqual(Object.keys(configs.all()[0]?.config ?? {}), ["connector.class", "name", "nothing", "text", "later"]);
  }));

Deno.test("SqliteConfigs.setTarget() changes the target state alone", () =>
  withStore((database) => {
    const configs = new SqliteConfigs(database);
    configs.put({ name: "a", config: { k: "v" }, target: "STARTED" });
    configs.setTarget("a", "PAUSED");
    assert.deepEqual(configs.all(), [{ name: "a", config: { k: "v" }, target: "PAUSED" }]);
  }));

Deno.test("SqliteConfigs.setTaskConfigs() replaces all tasks of that connector", () =>
  withStore((database) => {
    const configs = new SqliteConfigs(database);
    const many = Array.from({ length: 12 }, (_, task) => ({ n: String(task) }));
    configs.setTaskConfigs("a", many);
    configs.setTaskConfigs("b", [{ n: "other" }]);
    assert.deepEqual(configs.taskConfigs("a"), many);
    configs.setTaskConfigs("a", [{ n: "only" }]);
    assert.deepEqual(configs.taskConfigs("a"), [{ n: "only" }]);
    assert.deepEqual(configs.taskConfigs("b"), [{ n: "other" }]);
    configs.setTaskConfigs("a", []);
    assert.deepEqual(configs.taskConfigs("a"), []);
  }));

Deno.test("SqliteConfigs.remove() forgets everything of a connector but its offsets", () =>
  withStore((database) => {
    const configs = new SqliteConfigs(database);
    const [statuses, topics, offsets] = [new SqliteStatuses(database), new SqliteTopics(database), new SqliteOffsets(database)];
    for (const name of ["a", "b"]) {
      configs.put({ name, config: {}, target: "STARTED" });
      configs.setTaskConfigs(name, [{}]);
      statuses.put(name, null, "RUNNING", null);
      statuses.put(name, 0, "RUNNING", null);
      topics.add(name, ["t"]);
      offsets.write(new Map([[name, [["{}", '{"n":1}']]]]), true);
    }
    configs.remove("a");
    assert.deepEqual(configs.all().map(({ name }) => name), ["b"]);
    assert.deepEqual(configs.taskConfigs("a"), []);
    assert.deepEqual(statuses.all().map(({ connector }) => connector), ["b", "b"]);
    assert.deepEqual(topics.list("a"), []);
    assert.deepEqual(offsets.all("a"), [["{}", '{"n":1}']]);
    assert.deepEqual(configs.taskConfigs("b"), [{}]);
    assert.deepEqual(topics.list("b"), ["t"]);
  }));

Deno.test("SqliteConfigs.all() names the connector whose stored config cannot be read", () =>
  withStore((database) => {
    for (const config of ["[]", "{", "null"]) {
      database.prepare("INSERT OR REPLACE INTO connectors (name, config, target) VALUES ('a', ?, 'STARTED')").run(config);
      assert.throws(
        () => new SqliteConfigs(database).all(),
        (error) => error instanceof StoreError && error.fault === "corrupt" && /stored config of connector "a"/.test(error.message),
      );
    }
  }));
