/** The definition against what Kafka Connect says of its own. */
import assert from "node:assert/strict";
import { checkConfig } from "../../../../connectors/jdbc_source/check.ts";
import { type Config, config } from "../../../../connectors/jdbc_source/keys.ts";
import { GRANULARITIES, ISOLATION_MODES, NUMERIC_MAPPINGS } from "../../../../connectors/jdbc_source/rules.ts";
import { door, judgeDefinition } from "../../../captures/captured_definition.ts";

judgeDefinition({ name: "jdbc-source", config, check: (values, context) => checkConfig(values as Config, context, [door]) });

Deno.test("The page says what may be written where only some words may", () => {
  const said = (key: keyof typeof config, values: readonly string[]) => values.filter((value) => !config[key].doc.includes(value));
  assert.deepEqual(said("timestamp.granularity", GRANULARITIES), []);
  assert.deepEqual(said("numeric.mapping", NUMERIC_MAPPINGS), []);
  assert.deepEqual(said("transaction.isolation.mode", ISOLATION_MODES), []);
  assert.deepEqual(said("dialect.name", ["MySqlDatabaseDialect", "PostgreSqlDatabaseDialect", "SqliteDatabaseDialect"]), []);
});
