/** What a `jdbc:sqlite:` URL and its properties say, in the words of sqlite-jdbc 3.41. */
import { ConfigError } from "sdk";
import type { ConnectionOptions, Target } from "../dialect.ts";
import { decodePercent, refuseBlocked, splitJdbcUrl, splitParameters } from "../jdbc_url.ts";
import { type TimePattern, timePattern } from "./time_text.ts";

/** How instants are bound: epoch numbers, text, or Julian days; null = as the column has them. */
export type DateClass = "integer" | "text" | "real";

/** A database file and how to open it. */
export interface SqliteTarget extends Target {
  /** A path, a `file:` URI or `:memory:`, as `node:sqlite` takes it. */
  readonly location: string;
  readonly isReadOnly: boolean;
  readonly dateClass: DateClass | null;
  /** Epoch numbers count seconds, not milliseconds. */
  readonly countsSeconds: boolean;
  /** The form of text instants, null = the usual ones. */
  readonly pattern: TimePattern | null;
  /** Milliseconds a locked database is waited for. */
  readonly busyTimeoutMs: number;
  readonly foreignKeys: boolean;
  /** Statements to run on the new connection. */
  readonly pragmas: readonly string[];
}

/** Members of a `file:` URI that SQLite itself reads. */
const URI_MEMBERS = new Set(["mode", "cache", "immutable"]);
/** Pragmas of sqlite-jdbc that change how a connection works and nothing else, with what they may be. */
const PRAGMAS = new Map<string, RegExp>([
  ["journal_mode", /^(delete|truncate|persist|memory|wal|off)$/i],
  ["synchronous", /^(off|normal|full|extra|[0-3])$/i],
  ["cache_size", /^-?\d+$/],
  ["temp_store", /^(default|file|memory|[0-2])$/i],
  ["locking_mode", /^(normal|exclusive)$/i],
  ["recursive_triggers", /^(true|false|on|off|0|1)$/i],
  ["case_sensitive_like", /^(true|false|on|off|0|1)$/i],
]);
/** What loads code into the process or opens other files. */
const REFUSED = new Set(["enable_load_extension", "load_extension", "vfs", "password", "hexkey_mode", "temp_store_directory"]);
/** sqlite-jdbc waits so long for a lock unless told otherwise. */
const BUSY_TIMEOUT_MS = 3000;

/** Reads URL and properties; throws a `ConfigError` for what cannot work. */
export function sqliteTarget({ url, properties }: ConnectionOptions): SqliteTarget {
  const { subname } = splitJdbcUrl(url);
  const question = subname.indexOf("?");
  const path = question < 0 ? subname : subname.substring(0, question);
  const inUrl = question < 0 ? [] : splitParameters(subname.substring(question + 1));
  refuseBlocked(inUrl.map(({ name }) => name), Object.keys(properties));
  if (path.startsWith(":resource:")) {
    throw new ConfigError(`Cannot open "${path}": databases inside of archives are not supported. Give the path of a file`);
  }
  const settings = new Map(Object.entries(properties));
  const members: string[] = [];
  for (const { name, value } of inUrl) {
    if (path.startsWith("file:") && URI_MEMBERS.has(name)) members.push(`${name}=${value}`);
    else settings.set(name, decodePercent(value, `parameter "${name}"`));
  }
  const location = locationOf(path, members);
  return { location, shown: `sqlite:${location}`, secrets: [], ...readSettings(settings), ...readOnly(members, settings) };
}

function locationOf(path: string, members: readonly string[]): string {
  if (path === "" || path === ":memory:") return ":memory:";
  return members.length === 0 ? path : `${path}?${members.join("&")}`;
}

function readOnly(members: readonly string[], settings: ReadonlyMap<string, string>): { readonly isReadOnly: boolean } {
  // SQLITE_OPEN_READONLY is 1, and open_mode a sum of such flags.
  return { isReadOnly: members.includes("mode=ro") || members.includes("immutable=1") || settings.get("open_mode") === "1" };
}

type Settings = Pick<
  SqliteTarget,
  "dateClass" | "countsSeconds" | "pattern" | "busyTimeoutMs" | "foreignKeys" | "pragmas" | "ignored"
>;

function readSettings(settings: ReadonlyMap<string, string>): Settings {
  const pragmas: string[] = [];
  const ignored: string[] = [];
  for (const [name, value] of settings) {
    if (REFUSED.has(name.toLowerCase())) {
      throw new ConfigError(`Cannot use parameter "${name}" of connection.url: it opens files or loads code. Leave it out`);
    }
    const allowed = PRAGMAS.get(name);
    if (allowed !== undefined) {
      if (!allowed.test(value)) throw wrong(name, value, "one of SQLite's own words for it");
      pragmas.push(`PRAGMA ${name}=${value}`);
    } else if (!OWN_SETTINGS.has(name)) {
      ignored.push(name);
    }
  }
  const dateClass = settings.get("date_class")?.toLowerCase() ?? null;
  if (dateClass !== null && !isDateClass(dateClass)) throw wrong("date_class", dateClass, "INTEGER, TEXT or REAL");
  const precision = settings.get("date_precision")?.toLowerCase() ?? "milliseconds";
  if (precision !== "milliseconds" && precision !== "seconds") throw wrong("date_precision", precision, "MILLISECONDS or SECONDS");
  const pattern = settings.get("date_string_format");
  return {
    dateClass,
    countsSeconds: precision === "seconds",
    pattern: pattern === undefined ? null : timePattern(pattern),
    busyTimeoutMs: wholeNumber(settings, "busy_timeout", BUSY_TIMEOUT_MS),
    foreignKeys: flag(settings, "foreign_keys"),
    pragmas,
    ignored,
  };
}

const OWN_SETTINGS = new Set([
  "date_class",
  "date_precision",
  "date_string_format",
  "busy_timeout",
  "foreign_keys",
  "open_mode",
  // Users of other databases; SQLite has none.
  "user",
]);

function isDateClass(text: string): text is DateClass {
  return text === "integer" || text === "text" || text === "real";
}

function wholeNumber(settings: ReadonlyMap<string, string>, name: string, fallback: number): number {
  const text = settings.get(name);
  if (text === undefined) return fallback;
  if (!/^\d{1,9}$/.test(text)) throw wrong(name, text, "a whole number of milliseconds");
  return Number(text);
}

function flag(settings: ReadonlyMap<string, string>, name: string): boolean {
  const text = settings.get(name)?.toLowerCase() ?? "false";
  if (["true", "on", "yes", "1"].includes(text)) return true;
  if (["false", "off", "no", "0"].includes(text)) return false;
  throw wrong(name, text, "true or false");
}

function wrong(name: string, value: string, rule: string): ConfigError {
  return new ConfigError(`Cannot read "${value}" for parameter "${name}" of connection.url: it must be ${rule}`);
}
