import assert from "node:assert/strict";
import { shownUndescribed, undescribed, valuesTitle } from "../../../src/config/shown_values.ts";

Deno.test("shownUndescribed() shows values of keys that parts of a connector have, and of no others", () => {
  const shown = (key: string, value: string | null) => shownUndescribed(key, { [key]: value });
  assert.equal(shown("connection.pasword", "Oops"), "(no key of this connector: value not shown)");
  assert.equal(shown("connection.useSSL", "true"), "(no key of this connector: value not shown)");
  assert.equal(shown("connection.password2", "Oops"), "[hidden]");
  assert.equal(shown("transforms.a.type", "x.Y"), "x.Y");
  assert.equal(shown("admin.override.client.id", null), "null");
  assert.equal(shown("value.converter.url", "http://u:p4ss@h"), "http://u:[hidden]@h");
  assert.equal(shown("tables.fetched", "true"), "true");
});

Deno.test("undescribed() gives the keys no spec has, and valuesTitle() the words of Kafka Connect", () => {
  assert.deepEqual(undescribed({}, { a: "1" }), ["a"]);
  assert.equal(valuesTitle("io.confluent.connect.jdbc.JdbcSourceConnector"), "JdbcSourceConnectorConfig values:");
});
