/** What Kafka Connect said of the keys of its JDBC connectors, and how ours are held against it. */
import assert from "node:assert/strict";
import type { ConfigSpec, ConnectorContext, Problem, StringMap } from "sdk";
import type { Dialect } from "../../connectors/sql/dialect.ts";
import { SqlError } from "../../connectors/sql/sql_error.ts";
import { sqlite } from "../../connectors/sql/sqlite.ts";
import { describeSpec, validateSpec } from "../../src/config/validate.ts";
import { FakeLog } from "../fakes/fake_log.ts";

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

/** Where the captures' databases are said to be. */
const ADDRESS = "127.0.0.1:3306";

/** MySQL as captured: it lets in who has the password, and knows no table. */
export const door: Dialect = {
  ...sqlite,
  name: "MySqlDatabaseDialect",
  subprotocols: ["mysql"],
  target: ({ password }) => ({ shown: "mysql://door", secrets: password === null ? [] : [password], ignored: [] }),
  connect: (target, options, signal) => {
    if (target.secrets.includes("connect_dev")) {
      return sqlite.connect(sqlite.target({ url: "jdbc:sqlite:", user: null, password: null, properties: {} }), options, signal);
    }
    const message = "Access denied for user 'connect_dev'@'localhost' (using password: YES)";
    return Promise.reject(new SqlError(message, { kind: "fatal", sqlState: "28000", code: 1045 }));
  },
};

/** A connector's definition and what was captured of its twin: the cases `config-of-NAME`, `NAME-good`, `NAME-bad` and `NAME-missing`. */
export interface Captured {
  readonly name: "jdbc-source" | "jdbc-sink";
  readonly config: ConfigSpec;
  /** The rules of several keys. */
  check(values: Readonly<Record<string, unknown>>, context: ConnectorContext): AsyncIterable<Problem> | Iterable<Problem>;
}

/** Declares the tests: the list of keys, and the judgement of each captured config. */
export function judgeDefinition({ name, config, check }: Captured): void {
  Deno.test(`${name} lists its keys as Kafka Connect does`, () => {
    const [step] = captured(name, `config-of-${name}`);
    const all = JSON.parse(step?.response.body.text ?? "[]") as readonly CapturedKey[];
    // The words are ours; that there are some is not.
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
  for (const id of [`${name}-good`, `${name}-bad`, `${name}-missing`]) {
    for (const [index, step] of captured(name, id).entries()) {
      Deno.test(`${name} judges a config as Kafka Connect does: ${id}, step ${index}`, () => judge({ name, config, check }, step));
    }
  }
}

async function judge({ config, check }: Captured, { request, response }: CapturedStep): Promise<void> {
  const raw = JSON.parse((request.body ?? "{}").replaceAll("{{mariadb}}", ADDRESS)) as StringMap;
  const { configs } = JSON.parse(response.body.text.replaceAll("{{mariadb}}", ADDRESS)) as { configs: readonly { value: CapturedValue }[] };
  const expected = new Map(configs.map(({ value }) => [value.name, { ...value, errors: worded(value.errors) }]));
  const { rows, values } = validateSpec(config, raw);
  const errors = new Map(rows.map(({ value }) => [value.name, [...value.errors]]));
  const context = { connector: "v", raw, log: new FakeLog(), signal: new AbortController().signal };
  for await (const { key, message } of check(values, context)) errors.get(key)?.push(message);
  for (const { value: { name, value, recommendedValues, visible } } of rows) {
    const actual = { name, value, recommended_values: recommendedValues, errors: worded(errors.get(name)), visible };
    assert.deepEqual(actual, expected.get(name));
  }
}

/** What is wrong with a regex is told in each engine's own words. */
function worded(errors: readonly string[] = []): readonly string[] {
  return errors.map((error) => error.replace(/(?<=regular expression patterns: ).*/s, "…"));
}

function captured(area: string, id: string): readonly CapturedStep[] {
  const file = new URL(`./golden/${area}-definition/${id}.json`, import.meta.url);
  return (JSON.parse(Deno.readTextFileSync(file)) as { steps: readonly CapturedStep[] }).steps;
}
