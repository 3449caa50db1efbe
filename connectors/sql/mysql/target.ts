/** What a config says of a MySQL or MariaDB server, read without asking it. */
import { ConfigError, ConnectError } from "sdk";
import type { ConnectionOptions, Target } from "../dialect.ts";
import { decodePercent, refuseBlocked, shownUrl, splitJdbcUrl, splitParameters, type UrlParameter } from "../jdbc_url.ts";
import { type Host, parseAuthority } from "./hosts.ts";
import { choice, flag, ignoredParameters, milliseconds, type Parameters, refuseParameters, textOf } from "./parameters.ts";
import { type TlsSettings, tlsSettings } from "./tls.ts";

/** A zero date (`0000-00-00`) fails the row, is null, or is 1 January of year 1. */
export type ZeroDates = "EXCEPTION" | "CONVERT_TO_NULL" | "ROUND";

/** How values of some types are taken. */
export interface ValueSettings {
  readonly zeroDates: ZeroDates;
  /** `tinyint(1)` is BOOLEAN, not INT8: both `tinyInt1isBit` and `transformedBitIsBoolean`. */
  readonly isTinyBoolean: boolean;
  /** As MariaDB's own driver has it: `bit(1)` is BOOLEAN, not INT8, and uuid columns are left out. */
  readonly isMariaDb: boolean;
  /** YEAR is a Date, 1 January; else INT32. */
  readonly isYearDate: boolean;
}

/** A target with all that connecting takes. */
export interface MySqlTarget extends Target {
  /** In the order to be tried. */
  readonly hosts: readonly (Host & { readonly user: string })[];
  readonly database: string | null;
  readonly tls: TlsSettings;
  /** Null: the connector's own. */
  readonly connectTimeoutMs: number | null;
  /** A connection that is silent for so long while an answer is due is given up; null = never. */
  readonly socketTimeoutMs: number | null;
  /** Whether the password may go to a server encrypted by a key that server sent, when the connection is not (caching_sha2). */
  readonly allowsPublicKeyRetrieval: boolean;
  /** A PEM file with the key of the server, which makes the question above moot. */
  readonly serverKeyFile: string | null;
  /** Assignments to be made when connected, as they were written. */
  readonly sessionVariables: readonly string[];
  /** Time zone to be set for the session; null = the server's. */
  readonly sessionZone: string | null;
  /** `name:value` pairs shown in the server's list of connections. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly values: ValueSettings;
}

const ZERO_DATES: Readonly<Record<string, ZeroDates>> = {
  EXCEPTION: "EXCEPTION",
  CONVERTTONULL: "CONVERT_TO_NULL",
  ROUND: "ROUND",
};

/** Forms of the URL: `jdbc:mysql:replication://…`. The first host of `replication` is the source, so all but `loadbalance` are tried in order. */
const FORM = /^(?:(loadbalance|replication|sequential|aurora|load-balance)(?:\+srv)?:)?(\/\/.*|address=.*)$/is;

/** Judges a URL and properties. Properties of the config win against the URL (MySQL Connector/J 9.1). Throws a ConfigError. */
export function parseTarget(options: ConnectionOptions): MySqlTarget {
  const { subname, subprotocol } = splitJdbcUrl(options.url);
  // The URL chooses the driver upstream, and MariaDB's own has booleans where MySQL's has numbers (MariaDB Connector/J 3.5.3).
  const isMariaDb = subprotocol.toLowerCase() === "mariadb";
  const question = subname.indexOf("?");
  const form = FORM.exec(question < 0 ? subname : subname.substring(0, question));
  if (form === null) throw new ConnectError(`Not a valid JDBC URL: ${shownUrl(options.url)}`);
  const [, kind, rest = ""] = form;
  const fromUrl = question < 0 ? [] : splitParameters(subname.substring(question + 1)).map(decoded);
  refuseBlocked(fromUrl.map(({ name }) => name), Object.keys(options.properties));
  const parameters = merged(fromUrl, options.properties);
  refuseParameters(parameters);
  const { hosts, database } = parseAuthority(rest.startsWith("//") ? rest : `//${rest}`);
  const named = hosts.map((host) => withUser(host, parameters, options));
  const ordered = kind !== undefined && /^load/i.test(kind) ? shuffled(named) : named;
  return {
    shown: `mysql://${ordered.map(({ user, host, port }) => `${user === "" ? "" : `${user}@`}${host}:${port}`).join(",")}/${
      database ?? ""
    }`,
    secrets: secretsOf(named, parameters, options),
    ignored: ignoredParameters(parameters),
    hosts: ordered,
    database,
    tls: tlsSettings(parameters),
    connectTimeoutMs: milliseconds(parameters, "connecttimeout"),
    socketTimeoutMs: milliseconds(parameters, "sockettimeout"),
    allowsPublicKeyRetrieval: flag(parameters, "allowpublickeyretrieval", false),
    serverKeyFile: textOf(parameters, "serverrsapublickeyfile") ?? null,
    sessionVariables: splitAssignments(textOf(parameters, "sessionvariables") ?? ""),
    sessionZone: sessionZone(parameters),
    attributes: attributesOf(textOf(parameters, "connectionattributes")),
    values: {
      zeroDates: choice(parameters, "zerodatetimebehavior", ZERO_DATES, "EXCEPTION"),
      isTinyBoolean: flag(parameters, "tinyint1isbit", true) && flag(parameters, "transformedbitisboolean", isMariaDb),
      isMariaDb,
      isYearDate: flag(parameters, "yearisdatetype", true),
    },
  };
}

function decoded({ name, value }: UrlParameter): UrlParameter {
  return { name: decodePercent(name, "a parameter's name").trim(), value: decodePercent(value, `parameter "${name}"`) };
}

function merged(fromUrl: readonly UrlParameter[], properties: Readonly<Record<string, string>>): Parameters {
  const all = new Map<string, { name: string; value: string }>();
  for (const { name, value } of fromUrl) all.set(name.toLowerCase(), { name, value });
  for (const [name, value] of Object.entries(properties)) all.set(name.toLowerCase(), { name, value });
  return all;
}

/** Who logs in at a host: `connection.user` wins, then what is said for the host, then the parameter. */
function withUser(host: Host, parameters: Parameters, options: ConnectionOptions): Host & { readonly user: string } {
  return {
    ...host,
    user: options.user ?? host.user ?? textOf(parameters, "user") ?? "",
    password: options.password ?? host.password ?? textOf(parameters, "password") ?? null,
  };
}

function secretsOf(hosts: readonly Host[], parameters: Parameters, options: ConnectionOptions): readonly string[] {
  const said = [...parameters].filter(([key]) => /passw|secret|token/.test(key)).map(([, { value }]) => value);
  const all = [options.password, ...hosts.map(({ password }) => password), ...said];
  return [...new Set(all.filter((secret): secret is string => secret !== null && secret !== ""))];
}

function shuffled<T>(list: readonly T[]): readonly T[] {
  return list.map((item) => ({ item, at: Math.random() })).sort((a, b) => a.at - b.at).map(({ item }) => item);
}

/** The zone is for Java's own conversions unless it is forced on the session; upstream always gives a calendar, so that only forcing shows. */
function sessionZone(parameters: Parameters): string | null {
  if (!flag(parameters, "forceconnectiontimezonetosession", false)) return null;
  const zone = textOf(parameters, "connectiontimezone") ?? textOf(parameters, "servertimezone");
  if (zone === undefined || /^(SERVER|LOCAL)$/i.test(zone)) return null;
  if (/^[\w/+:-]+$/.test(zone)) return /^(UTC|Z|GMT)$/i.test(zone) ? "+00:00" : zone;
  throw new ConfigError(`Cannot read connection parameter "connectionTimeZone" = "${zone}": it must be a time zone`);
}

/** Splits `a=1,b='x,y'` at commas and semicolons outside quotes and parentheses. */
function splitAssignments(text: string): readonly string[] {
  const parts = text.match(/(?:'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|\([^)]*\)|[^,;])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

function attributesOf(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined || /^none$/i.test(text)) return {};
  const pairs = text.split(",").map((pair) => pair.split(":", 2)).filter(([name]) => name !== "");
  return Object.fromEntries(pairs.map(([name = "", value = ""]) => [name.trim(), value.trim()]));
}
