/** Rules between keys, and the look at the database (JDBC connector 10.9, JdbcSourceConnectorValidation). */
import type { ConnectorContext, Problem } from "sdk";
import type { Dialect, Session } from "../sql/dialect.ts";
import { dialects } from "../sql/dialects.ts";
import { SqlError } from "../sql/sql_error.ts";
import { connectOnce, type Database, databaseOf } from "./connecting.ts";
import { type Config, config as spec } from "./keys.ts";
import { MODES } from "./rules.ts";
import { connectionOptions, sessionOptions, trimmedQuery } from "./settings.ts";

/** Null under a key that could not be read. */
type Values = { readonly [K in keyof Config]: Config[K] | null };
type Key = keyof Config & string;

const TABLE_LISTS = ["table.whitelist", "table.blacklist", "table.include.list", "table.exclude.list"] as const;
const LEGACY = ["table.whitelist", "table.blacklist", "timestamp.column.name", "incrementing.column.name"] as const;
const MODERN = ["table.include.list", "table.exclude.list", "timestamp.columns.mapping", "incrementing.column.mapping"] as const;
const OF_MODES = [
  "timestamp.column.name",
  "incrementing.column.name",
  "timestamp.columns.mapping",
  "incrementing.column.mapping",
  "timestamp.initial",
  "validate.non.null",
] as const;
/** Validation of the query gives up after this long (JDBC connector 10.9). */
const QUERY_TIMEOUT_MS = 60_000;

/** All problems of one kind; the first kind found ends it. `among`: the dialects there are. */
export async function* checkConfig(
  values: Values,
  context: ConnectorContext,
  among: readonly Dialect[] = dialects,
): AsyncIterable<Problem> {
  const ofMode = modeProblems(values);
  yield* ofMode;
  if (ofMode.length > 0 || hasOwnProblems(values, context)) return;
  for (const rule of RULES) {
    const problems = rule(values);
    yield* problems;
    if (problems.length > 0) return;
  }
  const ofDatabase = await databaseProblems(values, context, among);
  yield* ofDatabase;
  if (ofDatabase.length > 0) return;
  for (const rule of LATE_RULES) {
    const problems = rule(values);
    yield* problems;
    if (problems.length > 0) return;
  }
}

/** Without a mode nobody can say which other keys matter. */
function modeProblems({ mode }: Values): Problem[] {
  if (MODES.some((known) => known === mode)) return [];
  const message = mode === null || mode === "" ? "Query mode must be specified" : `Invalid mode: ${mode}`;
  return OF_MODES.map((key) => ({ key, message }));
}

/** Whether some key is wrong by itself: the validation says so already. */
function hasOwnProblems(values: Values, { raw }: ConnectorContext): boolean {
  return Object.entries(spec).some(([key, field]) => {
    const value: unknown = values[key as Key];
    if (value === null && Object.hasOwn(raw, key) && raw[key] !== null) return true;
    const validate = field.validate as ((value: unknown, name: string) => readonly string[]) | undefined;
    return validate !== undefined && validate(value, key).length > 0;
  });
}

type Rule = (values: Values) => readonly Problem[];

const RULES: readonly Rule[] = [
  snapshotIsolation,
  mixedApproaches,
  noTables,
  twoQueries,
  queryAndTables,
  notSelect,
  queryWithoutColumn,
];
const LATE_RULES: readonly Rule[] = [excludeAlone, timestampMappings, incrementingMappings];

function snapshotIsolation(values: Values): Problem[] {
  if (values["transaction.isolation.mode"] !== "SQL_SERVER_SNAPSHOT") return [];
  return [{
    key: "transaction.isolation.mode",
    message: "Isolation mode of `SQL_SERVER_SNAPSHOT` can only be configured with a Sql Server Dialect",
  }];
}

function mixedApproaches(values: Values): Problem[] {
  const set = [...LEGACY, ...MODERN].filter((key) => isSet(values, key));
  if (hasQuery(values) || !set.some((key) => isIn(LEGACY, key)) || !set.some((key) => isIn(MODERN, key))) return [];
  const message =
    `Cannot mix legacy and new configuration approaches. Legacy configurations (${LEGACY.join(", ")}) cannot be used together ` +
    `with new configurations (${
      MODERN.join(", ")
    }). Please choose one approach: either use all legacy configurations or all new configurations.`;
  return set.map((key) => ({ key, message }));
}

function noTables(values: Values): Problem[] {
  if (hasQuery(values) || [...LEGACY, ...MODERN].some((key) => isSet(values, key))) return [];
  const message = "At least one table filtering configuration is required. Provide one of: table.whitelist, table.blacklist, " +
    "table.include.list, or table.exclude.list.";
  return TABLE_LISTS.map((key) => ({ key, message }));
}

function twoQueries(values: Values): Problem[] {
  if (!isSet(values, "query") || !isSet(values, "query.masked")) return [];
  const message = "Both 'query' and 'query.masked' configs cannot be set at the same time. Please use only one of them.";
  return ["query", "query.masked"].map((key) => ({ key, message }));
}

function queryAndTables(values: Values): Problem[] {
  const lists = TABLE_LISTS.filter((key) => isSet(values, key));
  if (!hasQuery(values) || lists.length === 0) return [];
  const message = "Do not specify table filtering configs with 'query'. Remove table.whitelist / table.blacklist / table.include.list / " +
    "table.exclude.list when using query mode or 'query' when using table filtering mode.";
  return ["query", "query.masked", ...lists].map((key) => ({ key, message }));
}

/** WITH is accepted besides what the reference takes, as queries are wrapped here. */
function notSelect(values: Values): Problem[] {
  if (!hasQuery(values) || /^(select|with)\b/i.test(queryOf(values))) return [];
  const key = queryKey(values);
  return [{ key, message: `Only SELECT statements are supported for '${key}'. Please provide a statement that starts with SELECT.` }];
}

function queryWithoutColumn(values: Values): Problem[] {
  const isIncrementing = values.mode === "incrementing" || values.mode === "timestamp+incrementing";
  if (!hasQuery(values) || !isIncrementing || isSet(values, "incrementing.column.name")) return [];
  return [{
    key: "incrementing.column.name",
    message:
      "'incrementing.column.name' must be provided when using mode 'incrementing' or 'timestamp+incrementing' with a custom query. The " +
      "incrementing column cannot be auto-discovered in query mode because there is no table to inspect. Note that " +
      "'incrementing.column.mapping' is not applied in query mode (it maps columns by table-name regex, and a custom query has no " +
      "underlying table to match), so 'incrementing.column.name' must be set explicitly.",
  }];
}

function excludeAlone(values: Values): Problem[] {
  if (!isSet(values, "table.exclude.list") || isSet(values, "table.include.list")) return [];
  return [{
    key: "table.exclude.list",
    message:
      "table.exclude.list cannot be used without table.include.list. Exclude list only applies to tables that match the include list.",
  }];
}

function timestampMappings(values: Values): Problem[] {
  return mappingProblem(values, "Timestamp", ["timestamp", "timestamp+incrementing"], "timestamp.columns.mapping");
}

function incrementingMappings(values: Values): Problem[] {
  return mappingProblem(values, "Incrementing", ["incrementing", "timestamp+incrementing"], "incrementing.column.mapping");
}

/** Tables chosen by regex have their columns by mapping. An incrementing column may also be found without one. */
function mappingProblem(values: Values, what: string, modes: readonly [string, string], key: Key): Problem[] {
  if (!isSet(values, "table.include.list")) return [];
  const needs = modes.includes(values.mode ?? "");
  if (needs === isSet(values, key)) return [];
  const quoted = `'${modes[0]}' or '${modes[1]}'`;
  return [{
    key: "mode",
    message: needs
      ? `${what} column configuration must be provided when using mode ${quoted}. Provide '${key}'.`
      : `${what} column configurations should not be provided if mode is not ${quoted}. Remove '${key}'.`,
  }];
}

/** Connects, and has the database look at the query. */
async function databaseProblems(values: Values, context: ConnectorContext, among: readonly Dialect[]): Promise<Problem[]> {
  let session: Session;
  try {
    session = await connectOnce(databaseFrom(values, context, among), context.signal);
  } catch (error) {
    return [{ key: "connection.url", message: `Could not connect to database. ${messageOf(error)}` }];
  }
  try {
    if (hasQuery(values)) await inTime(session.prepare([queryOf(values)]));
    return [];
  } catch (error) {
    const known = error instanceof SqlError
      ? [error.sqlState === "" ? "" : `SQLState: ${error.sqlState}`, error.code === 0 ? "" : `errorCode: ${error.code}`].filter((part) =>
        part !== ""
      )
      : [];
    const suffix = known.length === 0 ? "" : ` (${known.join(", ")})`;
    const message =
      "The configured query is not valid and has database/connection errors. Please provide the correct query by validating the query syntax " +
      `and the existing table/column names with the database being connected${suffix}`;
    return [{ key: queryKey(values), message }];
  } finally {
    await session.close();
  }
}

function databaseFrom(values: Values, context: ConnectorContext, among: readonly Dialect[]): Database {
  return databaseOf(among, values["dialect.name"] ?? "", connectionOptions(values, context.raw), sessionOptions(values, context));
}

async function inTime(work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SqlError("The database did not answer in time", { kind: "retriable" })), QUERY_TIMEOUT_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function hasQuery(values: Values): boolean {
  return isSet(values, "query") || isSet(values, "query.masked");
}

function queryOf(values: Values): string {
  return trimmedQuery(isSet(values, "query") ? values.query ?? "" : values["query.masked"] ?? "");
}

function queryKey(values: Values): Key {
  return isSet(values, "query") ? "query" : "query.masked";
}

function isSet(values: Values, key: Key): boolean {
  const value = values[key];
  return Array.isArray(value) ? value.length > 0 : typeof value === "string" && value.trim() !== "";
}

function isIn(keys: readonly string[], key: string): boolean {
  return keys.includes(key);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
