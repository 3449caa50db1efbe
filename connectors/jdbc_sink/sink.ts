import {
  ConfigError,
  type ConfigSpec,
  ConnectError,
  type ConnectorContext,
  defineSink,
  type Problem,
  type SinkContext,
  type SinkTask,
  type StringMap,
} from "sdk";
import { chooseDialect } from "../sql/choose_dialect.ts";
import { dialects as allDialects } from "../sql/dialects.ts";
import type { Dialect } from "../sql/dialect.ts";
import { withoutSecrets } from "../sql/without_secrets.ts";
import { docs } from "./docs.ts";
import { type Config, config } from "./keys.ts";
import { connectionOptions, sessionOptions, settingsOf } from "./settings.ts";

const DELETES_NEED_KEYS = "Deletes are only supported for pk.mode record_key";

/** The connector over these databases. */
export function jdbcSink(dialects: readonly Dialect[]) {
  return defineSink({
    class: "io.confluent.connect.jdbc.JdbcSinkConnector",
    taskClass: "io.confluent.connect.jdbc.sink.JdbcSinkTask",
    version: "10.9.7",
    summary:
      "Writes the records of topics into tables of MySQL, MariaDB, PostgreSQL or SQLite: inserts, upserts, updates and deletes by key.",
    docs,
    config,
    check: (values, context) => check(dialects, values, context),
    split: (_parsed, raw, maxTasks) => Array.from({ length: maxTasks }, () => raw),
    start: (parsed, context) => start(dialects, parsed, context),
  });
}

/** Writes topics into the databases of this build. */
export const jdbcSinkConnector = jdbcSink(allDialects);

/** Values of a config that may be wrong: null under every key that could not be read. */
type Unjudged = { readonly [K in keyof Config]: Config[K] | null };

/** Rules of several keys; then, when all else is well, whether the database lets us in. */
async function* check(dialects: readonly Dialect[], values: Unjudged, context: ConnectorContext): AsyncIterable<Problem> {
  const keyMode = values["pk.mode"];
  if (values["delete.enabled"] === true && keyMode !== null && keyMode.toLowerCase() !== "record_key") {
    yield { key: "delete.enabled", message: DELETES_NEED_KEYS };
    yield { key: "pk.mode", message: DELETES_NEED_KEYS };
    return;
  }
  if (!isValid(values, context.raw)) return;
  const reason = await refusalToConnect(dialects, values, context);
  if (reason !== null) yield { key: "connection.url", message: `Could not connect to database. ${reason}` };
}

/** Whether each key by itself is fine. */
function isValid(values: Unjudged, raw: StringMap): values is Config {
  return Object.entries<ConfigSpec[string]>(config).every(([key, { default: fallback, validate }]) => {
    const value = values[key as keyof Config];
    if (value === null && (fallback === undefined || typeof raw[key] === "string")) return false;
    return (validate?.(value, key) ?? []).length === 0;
  });
}

/** The driver's sentence when no connection can be made; null when one can. */
async function refusalToConnect(dialects: readonly Dialect[], values: Config, context: ConnectorContext): Promise<string | null> {
  let secrets: readonly string[] = [];
  try {
    const dialect = chooseDialect(dialects, values["dialect.name"], values["connection.url"]);
    const target = dialect.target(connectionOptions(values, context.raw));
    secrets = target.secrets;
    const session = await dialect.connect(target, sessionOptions(values, context), context.signal);
    await session.close();
    return null;
  } catch (failure) {
    const error = withoutSecrets(failure, secrets);
    if (error instanceof ConnectError) return error.message;
    throw error;
  }
}

async function start(dialects: readonly Dialect[], parsed: Config, context: SinkContext): Promise<SinkTask> {
  if (parsed["delete.enabled"] && parsed["pk.mode"].toLowerCase() !== "record_key") {
    throw new ConfigError("Primary key mode must be 'record_key' when delete support is enabled");
  }
  const quoting = parsed["quote.sql.identifiers"];
  if (!["always", "never"].includes(quoting.toLowerCase())) throw new ConfigError(`No matching QuoteMethod found for '${quoting}'`);
  const dialect = chooseDialect(dialects, parsed["dialect.name"], parsed["connection.url"]);
  const target = dialect.target(connectionOptions(parsed, context.raw));
  if (target.ignored.length > 0) {
    context.log.warn(`Parameters of the connection that mean nothing here are ignored: ${target.ignored.join(", ")}`);
  }
  const settings = settingsOf(parsed, context.connector);
  const { JdbcSinkTask } = await import("./task.ts");
  return new JdbcSinkTask({ dialect, target, options: sessionOptions(parsed, context), settings, context });
}
