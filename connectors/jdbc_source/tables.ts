/** Which tables are read, and by which task. */
import { compileJavaRegex, ConnectError } from "sdk";
import type { Session } from "../sql/dialect.ts";
import { plainName, quotedName, shownName, type TableId } from "../sql/table_id.ts";
import type { Config } from "./keys.ts";

/** Keys that say which tables. */
export type TableKeys = Pick<Config, "table.whitelist" | "table.blacklist" | "table.include.list" | "table.exclude.list">;

/** Keys that say where to look for them. */
export type ListingKeys = Pick<Config, "catalog.pattern" | "schema.pattern" | "table.types">;

/** The tables to read, in the database's order. Throws when two of them would share a topic. */
export async function findTables(session: Session, config: TableKeys & ListingKeys): Promise<TableId[]> {
  const listed = await session.tables(config["catalog.pattern"], config["schema.pattern"], config["table.types"]);
  const isWanted = tableFilter(config, session.quote);
  const tables = listed.map(({ id }) => asReference(id)).filter(isWanted);
  requireDistinctNames(tables, config);
  return tables;
}

/** Ids as the reference has them, on which offsets and task configs depend: of database and schema only one. */
function asReference(id: TableId): TableId {
  return id.catalog !== null && id.schema !== null ? { ...id, catalog: null } : id;
}

/** Whether a table is to be read: exact names, or regular expressions over the plain qualified name; case counts. */
export function tableFilter(config: TableKeys, quote: string): (id: TableId) => boolean {
  const { "table.whitelist": whitelist, "table.blacklist": blacklist, "table.include.list": include } = config;
  const isNamed = (names: readonly string[], id: TableId) => {
    const forms = [plainName(id), quotedName(id, quote), id.name];
    return names.some((name) => forms.includes(name.trim()));
  };
  if (whitelist.length > 0) return (id) => isNamed(whitelist, id);
  if (include.length > 0) {
    const included = include.map((pattern) => compileJavaRegex(pattern));
    const excluded = config["table.exclude.list"].map((pattern) => compileJavaRegex(pattern));
    return (id) => included.some((matches) => matches(plainName(id))) && !excluded.some((matches) => matches(plainName(id)));
  }
  return (id) => !isNamed(blacklist, id);
}

function requireDistinctNames(tables: readonly TableId[], config: TableKeys): void {
  const groups = Map.groupBy(tables, ({ name }) => name);
  const doubled = [...groups.values()].filter((group) => group.length > 1);
  if (doubled.length === 0) return;
  const keys = config["table.whitelist"].length > 0
    ? "'table.whitelist'"
    : config["table.blacklist"].length > 0
    ? "'table.blacklist'"
    : "'table.whitelist' or 'table.blacklist'";
  const ids = doubled.map((group) => `[${group.map(shownName).join(", ")}]`).join(", ");
  throw new ConnectError("Encountered an unrecoverable error while reading tables from the database", {
    cause: new ConnectError(
      "The connector uses the unqualified table name as the topic name and has detected duplicate unqualified table names. This could lead to " +
        "mixed data types in the topic and downstream processing errors. To prevent such processing errors, the JDBC Source connector fails to " +
        `start when it detects duplicate table name configurations. Update the connector's ${keys} config to include exactly one table in each ` +
        `of the tables listed below.\n\t[${ids}]`,
    ),
  });
}

/** Runs of consecutive tables, bigger ones first (Kafka, ConnectorUtils.groupPartitions). */
export function groupTables<T>(tables: readonly T[], maxTasks: number): T[][] {
  const groups = Math.min(tables.length, maxTasks);
  const size = Math.floor(tables.length / groups);
  const bigger = tables.length - size * groups;
  let from = 0;
  return Array.from({ length: groups }, (_, group) => {
    const start = from;
    from += size + (group < bigger ? 1 : 0);
    return tables.slice(start, from);
  });
}
