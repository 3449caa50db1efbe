/** Divides the tables among tasks. */
import { ConfigError, ConnectError, type ConnectorContext, type StringMap } from "sdk";
import { dialects } from "../sql/dialects.ts";
import { quotedName } from "../sql/table_id.ts";
import { connect, databaseOf } from "./connecting.ts";
import type { Config } from "./keys.ts";
import { connectionOptions, sessionOptions } from "./settings.ts";
import { findTables, groupTables } from "./tables.ts";

const LISTS = ["table.whitelist", "table.blacklist", "table.include.list", "table.exclude.list"] as const;

/** One config per task: the connector's and `tables`. Without any table there is one task all the same, which fails and says so. */
export async function splitTables(config: Config, raw: StringMap, maxTasks: number, context: ConnectorContext): Promise<StringMap[]> {
  if (config.query !== "" || config["query.masked"] !== "") {
    if (LISTS.some((key) => config[key].length > 0)) {
      throw new ConnectError("query may not be combined with whole-table copying settings.");
    }
    return [{ ...raw, "tables": "", "tables.fetched": "true" }];
  }
  const database = databaseOf(dialects, config["dialect.name"], connectionOptions(config, raw), sessionOptions(config, context));
  requireKnownIsolation(config, database.dialect.name);
  const session = await connect(database, {
    attempts: config["connection.attempts"],
    backoffMs: config["connection.backoff.ms"],
    signal: context.signal,
    sleep: (ms) => pause(ms, context.signal),
    log: context.log,
    level: "debug",
  });
  try {
    const tables = (await findTables(session, config)).map((id) => quotedName(id, session.quote));
    const groups = tables.length === 0 ? [[]] : groupTables(tables, maxTasks);
    return groups.map((group) => ({ ...raw, "tables": group.join(","), "tables.fetched": "true" }));
  } finally {
    await session.close();
  }
}

function requireKnownIsolation(config: Config, dialect: string): void {
  if (config["transaction.isolation.mode"] !== "SQL_SERVER_SNAPSHOT" || dialect === "SqlServerDatabaseDialect") return;
  throw new ConfigError("Isolation mode of `SQL_SERVER_SNAPSHOT` can only be configured with a Sql Server Dialect");
}

/** Waits, or until the signal ends it. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
