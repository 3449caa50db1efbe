/** The definition against what Kafka Connect says of its own, and its rules of several keys. */
import assert from "node:assert/strict";
import type { ConfigOf, StringMap } from "sdk";
import { config } from "../../../../connectors/jdbc_sink/keys.ts";
import { jdbcSink } from "../../../../connectors/jdbc_sink/sink.ts";
import type { Dialect } from "../../../../connectors/sql/dialect.ts";
import { SqlError } from "../../../../connectors/sql/sql_error.ts";
import { sqlite } from "../../../../connectors/sql/sqlite.ts";
import { describeSpec, validateSpec } from "../../../../src/config/validate.ts";
import { FakeLog } from "../../../fakes/fake_log.ts";
import { SinkGround } from "../../../fakes/sink_ground.ts";

const CAPTURES = new URL("../../../captures/golden/jdbc-sink-definition/", import.meta.url);

interface CapturedStep {
  readonly request: { readonly body?: string };
  readonly response: { readonly body: { readonly text: string } };
}

interface CapturedKey {
  readonly name: string;
  readonly [member: string]: unknown;
}

interface CapturedValue {
  readonly name: string;
  readonly value: string | null;
  readonly recommended_values: readonly string[];
  readonly errors: readonly string[];
  readonly visible: boolean;
}

function captured(name: string): readonly CapturedStep[] {
  return (JSON.parse(Deno.readTextFileSync(new URL(`${name}.json`, CAPTURES))) as { steps: readonly CapturedStep[] }).steps;
}

/** MySQL that lets everybody in but one. */
const door: Dialect = {
  ...sqlite,
  name: "MySqlDatabaseDialect",
  subprotocols: ["mysql"],
  target: ({ password }) => ({ shown: "mysql://door", secrets: password === null ? [] : [password], ignored: [] }),
  connect: (target, options, signal) => {
    if (!target.secrets.includes("wrong")) {
      return sqlite.connect(sqlite.target({ url: "jdbc:sqlite:", user: null, password: null, properties: {} }), options, signal);
    }
    const message = "Access denied for user 'connect_dev'@'localhost' (using password: YES)";
    return Promise.reject(new SqlError(message, { kind: "fatal", sqlState: "28000", code: 1045 }));
  },
};
const definition = jdbcSink([door]);

Deno.test("jdbcSink() lists its keys as Kafka Connect does", () => {
  const [step] = captured("config-of-jdbc-sink");
  const all = JSON.parse(step?.response.body.text ?? "[]") as readonly CapturedKey[];
  const expected = all.slice(0, all.findIndex((key) => key.name === "name")).map((key) => ({ ...key, documentation: "" }));
  const actual = describeSpec(config).map((key) => ({
    name: key.name,
    type: key.type,
    required: key.required,
    default_value: key.defaultValue,
    importance: key.importance,
    documentation: "",
    group: key.group,
    order_in_group: key.orderInGroup,
    width: key.width,
    display_name: key.displayName,
    dependents: key.dependents,
  }));
  assert.deepEqual(actual, expected);
});

for (const name of ["jdbc-sink-good", "jdbc-sink-bad", "jdbc-sink-missing"]) {
  for (const [index, { request, response }] of captured(name).entries()) {
    Deno.test(`jdbcSink() judges a config as Kafka Connect does: ${name}, step ${index}`, async () => {
      const raw = JSON.parse((request.body ?? "{}").replaceAll("{{mariadb}}", "127.0.0.1:3306")) as StringMap;
      const { configs } = JSON.parse(response.body.text.replaceAll("{{mariadb}}", "127.0.0.1:3306")) as {
        configs: readonly { value: CapturedValue }[];
      };
      const values = new Map(configs.map(({ value }) => [value.name, value]));
      const { rows, values: parsed } = validateSpec(config, raw);
      const errors = new Map(rows.map(({ value }) => [value.name, [...value.errors]]));
      const context = { connector: "v", raw, log: new FakeLog(), signal: new AbortController().signal };
      for await (const { key, message } of definition.check?.(parsed as ConfigOf<typeof config>, context) ?? []) {
        errors.get(key)?.push(message);
      }
      for (const { value } of rows) {
        const { name, value: text, recommendedValues, visible } = value;
        assert.deepEqual({ name, value: text, recommended_values: recommendedValues, errors: errors.get(name), visible }, values.get(name));
      }
    });
  }
}

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
