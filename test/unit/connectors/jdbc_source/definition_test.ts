/** The definition against what Kafka Connect says of its own. */
import { GRANULARITIES, ISOLATION_MODES, NUMERIC_MAPPINGS } from "../../../../connectors/jdbc_source/rules.ts";
import assert from "node:assert/strict";
import { checkConfig } from "../../../../connectors/jdbc_source/check.ts";
import { type Config, config } from "../../../../connectors/jdbc_source/keys.ts";
import type { Dialect } from "../../../../connectors/sql/dialect.ts";
import { SqlError } from "../../../../connectors/sql/sql_error.ts";
import { sqlite } from "../../../../connectors/sql/sqlite.ts";
import { describeSpec, validateSpec } from "../../../../src/config/validate.ts";
import type { StringMap } from "../../../../src/sdk/mod.ts";
import { FakeLog } from "../../../fakes/fake_log.ts";

const CAPTURES = new URL("../../../captures/golden/jdbc-source-definition/", import.meta.url);

interface CapturedStep {
  readonly request: { readonly body?: string };
  readonly response: { readonly body: { readonly text: string } };
}

interface CapturedKey {
  readonly name: string;
  readonly documentation: string;
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

/** What is wrong with a regex is told in each engine's own words. */
function worded(errors: readonly string[] = []): readonly string[] {
  return errors.map((error) => error.replace(/(?<=regular expression patterns: ).*/s, "…"));
}

/** MySQL as captured: it lets in who has the password, and knows no table. */
const door: Dialect = {
  ...sqlite,
  name: "MySqlDatabaseDialect",
  subprotocols: ["mysql"],
  target: ({ password }) => ({ shown: "mysql://door", secrets: password === null ? [] : [password], ignored: [] }),
  async connect(target, options, signal) {
    if (target.secrets.includes("connect_dev")) {
      return await sqlite.connect(sqlite.target({ url: "jdbc:sqlite:", user: null, password: null, properties: {} }), options, signal);
    }
    throw new SqlError("Access denied for user 'connect_dev'@'localhost' (using password: YES)", {
      kind: "fatal",
      sqlState: "28000",
      code: 1045,
    });
  },
};

Deno.test("jdbcSource lists its keys as Kafka Connect does", () => {
  const [step] = captured("config-of-jdbc-source");
  const all = JSON.parse(step?.response.body.text ?? "[]") as readonly CapturedKey[];
  const told = (documentation: unknown) => documentation === "" ? "" : "{{text}}";
  const expected = all.slice(0, all.findIndex((key) => key.name === "name"))
    .map((key) => ({ ...key, documentation: told(key.documentation) }));
  const actual = describeSpec(config).map((key) => ({
    name: key.name,
    type: key.type,
    required: key.required,
    default_value: key.defaultValue,
    importance: key.importance,
    documentation: told(key.documentation),
    group: key.group,
    order_in_group: key.orderInGroup,
    width: key.width,
    display_name: key.displayName,
    dependents: key.dependents,
  }));
  assert.deepEqual(actual, expected);
});

for (const name of ["jdbc-source-good", "jdbc-source-bad", "jdbc-source-missing"]) {
  for (const [index, { request, response }] of captured(name).entries()) {
    Deno.test(`jdbcSource judges a config as Kafka Connect does: ${name}, step ${index}`, async () => {
      const raw = JSON.parse((request.body ?? "{}").replaceAll("{{mariadb}}", "127.0.0.1:3306")) as StringMap;
      const { configs } = JSON.parse(response.body.text.replaceAll("{{mariadb}}", "127.0.0.1:3306")) as {
        configs: readonly { value: CapturedValue }[];
      };
      const values = new Map(configs.map(({ value }) => [value.name, value]));
      const { rows, values: parsed } = validateSpec(config, raw);
      const errors = new Map(rows.map(({ value }) => [value.name, [...value.errors]]));
      const context = { connector: "v", raw, log: new FakeLog(), signal: new AbortController().signal };
      for await (const { key, message } of checkConfig(parsed as Config, context, [door])) errors.get(key)?.push(message);
      for (const { value } of rows) {
        const { name, value: text, recommendedValues, visible } = value;
        const expected = values.get(name);
        const actual = { name, value: text, recommended_values: recommendedValues, errors: worded(errors.get(name)), visible };
        assert.deepEqual(actual, { ...expected, errors: worded(expected?.errors) });
      }
    });
  }
}

Deno.test("The page says what may be written where only some words may", () => {
  const said = (key: keyof typeof config, values: readonly string[]) => values.filter((value) => !config[key].doc.includes(value));
  assert.deepEqual(said("timestamp.granularity", GRANULARITIES), []);
  assert.deepEqual(said("numeric.mapping", NUMERIC_MAPPINGS), []);
  assert.deepEqual(said("transaction.isolation.mode", ISOLATION_MODES), []);
  assert.deepEqual(said("dialect.name", ["MySqlDatabaseDialect", "PostgreSqlDatabaseDialect", "SqliteDatabaseDialect"]), []);
});
