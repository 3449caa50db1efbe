/** The config in the form the connector works with. */
import { compileJavaRegex, ConnectError, type StringMap } from "sdk";
import type { ConnectionOptions, SessionOptions, TypeMapping } from "../sql/dialect.ts";
import { timeZone, type Zone } from "../times/time_zone.ts";
import { type Config, config as keys } from "./keys.ts";
import { incrementingColumn, timestampColumns } from "./rules.ts";
import type { ConnectorContext } from "sdk";

/** How rows are found. */
export type Mode = "bulk" | "timestamp" | "incrementing" | "timestamp+incrementing";

/** Columns for the tables whose whole plain name matches. */
export interface TableColumns {
  readonly regex: string;
  readonly matches: (name: string) => boolean;
  readonly columns: readonly string[];
}

/** What a task has to know of its config. */
export interface Settings {
  readonly mode: Mode;
  /** Null in table mode. Without the blanks and semicolons at its end. */
  readonly query: string | null;
  /** A query that is not to be seen in the log. */
  readonly isQuerySecret: boolean;
  /** Quoted as configured, as `split` wrote them. */
  readonly tables: readonly string[];
  readonly topicPrefix: string;
  /** Empty: the column the database counts up. */
  readonly incrementingColumn: string;
  readonly timestampColumns: readonly string[];
  readonly incrementingMappings: readonly TableColumns[];
  readonly timestampMappings: readonly TableColumns[];
  /** Milliseconds since the epoch, -1 = now. */
  readonly timestampInitial: number | null;
  readonly requiresNonNull: boolean;
  readonly suffix: string;
  readonly isolation: string;
  /** Infinity = for ever. */
  readonly retries: number;
  readonly pollIntervalMs: number;
  readonly delayMs: number;
  /** `db.timezone` */
  readonly zone: Zone;
  /** Rows asked for by one statement. */
  readonly pageRows: number;
  /** Most rows of a batch. */
  readonly batchRows: number;
  readonly mapping: TypeMapping;
  readonly windowMs: number;
  readonly maxWaitMs: number;
  readonly connectionAttempts: number;
  readonly connectionBackoffMs: number;
}

/** The settings of a task, from its own config. */
export function settingsOf(config: Config, raw: StringMap): Settings {
  const masked = config["query.masked"];
  const query = trimmedQuery(masked === "" ? config.query : masked);
  const retries = config["query.retry.attempts"];
  const pageRows = config["sluice.page.rows"];
  // The default is the reference's, and less than is fast: it counts only where the user wrote it.
  const batchRows = Object.hasOwn(raw, "batch.max.rows") ? Math.min(config["batch.max.rows"], pageRows) : pageRows;
  if (batchRows < 1) throw new ConnectError("Maximum batch size must be positive");
  return {
    mode: config.mode as Mode,
    query: query === "" ? null : query,
    isQuerySecret: masked !== "",
    tables: splitTables(raw["tables"] ?? ""),
    topicPrefix: config["topic.prefix"].trim(),
    incrementingColumn: config["incrementing.column.name"].trim(),
    timestampColumns: config["timestamp.column.name"].map((name) => name.trim()).filter((name) => name !== ""),
    incrementingMappings: config["incrementing.column.mapping"].map(incrementingColumn).map(compiled),
    timestampMappings: config["timestamp.columns.mapping"].map(timestampColumns).map(compiled),
    timestampInitial: config["timestamp.initial"],
    requiresNonNull: config["validate.non.null"],
    suffix: config["query.suffix"].trim(),
    isolation: config["transaction.isolation.mode"],
    retries: retries <= 0 ? Infinity : retries,
    pollIntervalMs: config["poll.interval.ms"],
    delayMs: config["timestamp.delay.interval.ms"],
    zone: timeZone(config["db.timezone"]),
    pageRows,
    batchRows,
    mapping: typeMapping(config),
    windowMs: config["sluice.late.rows.window.ms"],
    maxWaitMs: config["sluice.late.rows.max.wait.ms"],
    connectionAttempts: config["connection.attempts"],
    connectionBackoffMs: config["connection.backoff.ms"],
  };
}

function compiled(mapping: { readonly regex: string; readonly columns: readonly string[] }): TableColumns {
  return { ...mapping, matches: compileJavaRegex(mapping.regex) };
}

/** A query that may stand within brackets. */
export function trimmedQuery(text: string): string {
  return text.trim().replace(/[\s;]+$/, "");
}

/** `tables` of a task's config; commas separate them, and none can stand within a name. */
function splitTables(text: string): string[] {
  return text.split(",").map((name) => name.trim()).filter((name) => name !== "");
}

function typeMapping(config: Config): TypeMapping {
  const numeric = config["numeric.mapping"]?.toLowerCase() ?? (config["numeric.precision.mapping"] ? "precision_only" : "none");
  return {
    numeric: numeric as TypeMapping["numeric"],
    granularity: config["timestamp.granularity"].toLowerCase() as TypeMapping["granularity"],
  };
}

/** How to reach the database. Every `connection.X` that is no key of the connector goes to the driver as X. */
export function connectionOptions(
  config: { readonly [K in "connection.url" | "connection.user" | "connection.password"]: Config[K] | null },
  raw: StringMap,
): ConnectionOptions {
  const properties: Record<string, string> = {};
  for (const [key, value] of Object.entries(raw)) {
    if (key.startsWith("connection.") && !Object.hasOwn(keys, key) && value !== null) {
      properties[key.substring("connection.".length)] = value;
    }
  }
  return { url: config["connection.url"] ?? "", user: config["connection.user"], password: config["connection.password"], properties };
}

/** What sessions have to know of the config. */
export function sessionOptions(
  config: { readonly [K in "db.timezone" | "date.calendar.system" | "quote.sql.identifiers"]: Config[K] | null },
  { log }: Pick<ConnectorContext, "log">,
): SessionOptions {
  const quoting = config["quote.sql.identifiers"] ?? "always";
  if (!/^(always|never)$/i.test(quoting)) throw new ConnectError(`No matching QuoteMethod found for '${quoting}'`);
  return {
    zone: timeZone(config["db.timezone"] ?? "UTC"),
    isJulianBefore1582: config["date.calendar.system"] !== "PROLEPTIC_GREGORIAN",
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    isUnquoted: quoting.toLowerCase() === "never",
    log,
  };
}

/** Until an attempt is given up where the URL says nothing: a port that swallows packets is noticed soon. */
const CONNECT_TIMEOUT_MS = 10_000;
