/** The config in the form the task works with. */
import type { ConnectorContext, StringMap } from "sdk";
import type { ConnectionOptions, SessionOptions } from "../sql/dialect.ts";
import { timeZone, type Zone } from "../times/time_zone.ts";
import { type Config, config as keys } from "./keys.ts";

/** Where key columns come from. */
export type KeyMode = "none" | "kafka" | "record_key" | "record_value";

/** What the task has to know of its config, in small letters and numbers. */
export interface Settings {
  readonly connector: string;
  readonly insertMode: "insert" | "upsert" | "update";
  readonly keyMode: KeyMode;
  readonly keyFields: readonly string[];
  readonly fields: ReadonlySet<string>;
  readonly deletes: boolean;
  /** Most rows of a statement, Infinity = as the database likes it. */
  readonly statementRows: number;
  /** Upper case, as JDBC has them. */
  readonly tableTypes: ReadonlySet<string>;
  readonly replaceNulls: boolean;
  readonly tableFormat: string;
  /** Zone in which the day of a Date is told. */
  readonly dateZone: Zone;
  readonly epochFields: ReadonlySet<string>;
  readonly epochUnit: "micros" | "nanos";
  readonly stringColumn: string;
  readonly autoCreate: boolean;
  readonly autoEvolve: boolean;
  readonly maxRetries: number;
  readonly retryBackoffMs: number;
  readonly connectionAttempts: number;
  readonly connectionBackoffMs: number;
  readonly trimsSensitive: boolean;
  /** Infinity = never. */
  readonly outageTimeoutMs: number;
}

/** Settings of a valid config. */
export function settingsOf(config: Config, connector: string): Settings {
  const lower = (value: string) => value.toLowerCase();
  const zone = timeZone(config["db.timezone"]);
  const statementRows = config["batch.size"];
  const outage = config["sluice.outage.timeout.ms"];
  return {
    connector,
    insertMode: lower(config["insert.mode"]) as Settings["insertMode"],
    keyMode: lower(config["pk.mode"]) as KeyMode,
    keyFields: config["pk.fields"],
    fields: new Set(config["fields.whitelist"]),
    deletes: config["delete.enabled"],
    // The default is upstream's, and less than statements are best with: it counts only where the user asks for less.
    statementRows: statementRows < DEFAULT_BATCH_SIZE ? Math.max(1, statementRows) : Infinity,
    tableTypes: new Set(config["table.types"].map((type) => type.toUpperCase())),
    replaceNulls: config["replace.null.with.default"],
    tableFormat: config["table.name.format"],
    dateZone: lower(config["date.timezone"]) === "utc" ? timeZone("UTC") : zone,
    epochFields: new Set(config["timestamp.fields.list"]),
    epochUnit: lower(config["timestamp.precision.mode"]) === "nanoseconds" ? "nanos" : "micros",
    stringColumn: config["string.output.value.column.name"],
    autoCreate: config["auto.create"],
    autoEvolve: config["auto.evolve"],
    maxRetries: config["max.retries"],
    retryBackoffMs: config["retry.backoff.ms"],
    connectionAttempts: config["connection.attempts"],
    connectionBackoffMs: config["connection.backoff.ms"],
    trimsSensitive: config["trim.sensitive.log"],
    outageTimeoutMs: outage < 0 ? Infinity : outage,
  };
}

/** How to reach the database. Every `connection.X` that is no key of the connector goes to the driver as X. */
export function connectionOptions(
  config: Pick<Config, "connection.url" | "connection.user" | "connection.password">,
  raw: StringMap,
): ConnectionOptions {
  const properties: Record<string, string> = {};
  for (const [key, value] of Object.entries(raw)) {
    if (key.startsWith("connection.") && !Object.hasOwn(keys, key) && value !== null) {
      properties[key.substring("connection.".length)] = value;
    }
  }
  return { url: config["connection.url"], user: config["connection.user"], password: config["connection.password"], properties };
}

/** What sessions have to know of the config. */
export function sessionOptions(
  config: Pick<Config, "db.timezone" | "date.calendar.system" | "quote.sql.identifiers">,
  { log }: Pick<ConnectorContext, "log">,
): SessionOptions {
  return {
    zone: timeZone(config["db.timezone"]),
    isJulianBefore1582: config["date.calendar.system"].toLowerCase() === "legacy",
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    isUnquoted: config["quote.sql.identifiers"].toLowerCase() === "never",
    log,
  };
}

/** Until a connection attempt is given up where the URL says nothing: a port that swallows packets is noticed soon. */
const CONNECT_TIMEOUT_MS = 10_000;

/** `batch.size` of upstream. */
const DEFAULT_BATCH_SIZE = 3000;
