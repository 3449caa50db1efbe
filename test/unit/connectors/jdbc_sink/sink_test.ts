/** The definition against what Kafka Connect says of its own, and its rules of several keys. */
import assert from "node:assert/strict";
import type { ConfigOf, StringMap } from "sdk";
import { config } from "../../../../connectors/jdbc_sink/keys.ts";
import { jdbcSink } from "../../../../connectors/jdbc_sink/sink.ts";
import { door, judgeDefinition } from "../../../captures/captured_definition.ts";
import { FakeLog } from "../../../fakes/fake_log.ts";
import { SinkGround } from "../../../fakes/sink_ground.ts";

const definition = jdbcSink([door]);

judgeDefinition({
  name: "jdbc-sink",
  config,
  check: (values, context) => definition.check?.(values as ConfigOf<typeof config>, context) ?? [],
});

Deno.test("jdbcSink() gives each task the config as it is, as many as are allowed", async () => {
  const raw = { name: "c", "connection.url": "jdbc:mysql://h/d" };
  const context = { connector: "c", raw, log: new FakeLog(), signal: new AbortController().signal };
  assert.deepEqual(await definition.split({} as ConfigOf<typeof config>, raw, 3, context), [raw, raw, raw]);
});

Deno.test("jdbcSink() starts no task whose config cannot work", async () => {
  const refused: readonly (readonly [StringMap, RegExp])[] = [
    [{ "delete.enabled": "true" }, /^ConfigException: Primary key mode must be 'record_key' when delete support is enabled$/],
    [{ "quote.sql.identifiers": "sometimes" }, /No matching QuoteMethod found for 'sometimes'$/],
    [{ "connection.url": "nonsense" }, /Not a valid JDBC URL: nonsense$/],
    [{ "connection.url": "jdbc:oracle:thin:u/geheim@h" }, /No suitable driver found for jdbc:oracle:…: the databases served/],
  ];
  for (const [raw, message] of refused) await assert.rejects(SinkGround.open({ config: raw }), message);
});

Deno.test("jdbcSink() hands every other key of the connection to the driver, and names those that mean nothing to it", async () => {
  await using ground = await SinkGround.open({ config: { "connection.busy_timeout": "7", "connection.Nonsense": "1" } });
  assert.deepEqual(ground.log.lines.filter(({ level }) => level === "warn").map(({ message }) => message), [
    "Parameters of the connection that mean nothing here are ignored: Nonsense",
  ]);
});
