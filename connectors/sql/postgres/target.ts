/** What a config says of a PostgreSQL server, read without asking it. */
import { ConfigError, ConnectError } from "sdk";
import type { ConnectionOptions, Target } from "../dialect.ts";
import { decodePercent, refuseBlocked, shownUrl, splitJdbcUrl, splitParameters } from "../jdbc_url.ts";
import type { Server } from "./link.ts";
import { choice, flag, ignoredParameters, type Parameters, refuseParameters, seconds } from "./parameters.ts";
import { type TlsSettings, tlsSettings } from "./tls.ts";

const SERVER_TYPES = ["any", "primary", "master", "secondary", "slave", "preferSlave", "preferSecondary", "preferPrimary"] as const;

/** Which of several servers is wanted: one that takes writes, one that does not, or one of them first. */
export type ServerType = "any" | "primary" | "secondary" | "preferPrimary" | "preferSecondary";

/** A target with all that connecting takes. */
export interface PostgresTarget extends Target {
  /** In the order to be tried. */
  readonly servers: readonly Server[];
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: TlsSettings;
  /** Null: the connector's own; 0 = none. */
  readonly connectTimeoutMs: number | null;
  /** 0 = none. */
  readonly socketTimeoutMs: number;
  /** Silence after which it is tried whether the server is still there. */
  readonly probeAfterMs: number;
  readonly applicationName: string;
  /** Settings for the server as its command line takes them; null = none. */
  readonly options: string | null;
  /** The search path as it was written; null = the server's. */
  readonly searchPath: string | null;
  readonly serverType: ServerType;
  readonly isReadOnly: boolean;
}

const DEFAULT_PORT = 5432;
const PROBE_AFTER_MS = 60_000;

/** Judges a URL and properties. The URL wins against the properties (pgjdbc 42.7). Throws a ConfigError or ConnectError. */
export function parseTarget(options: ConnectionOptions): PostgresTarget {
  const { subname } = splitJdbcUrl(options.url);
  const question = subname.indexOf("?");
  const place = question < 0 ? subname : subname.substring(0, question);
  const fromUrl = question < 0 ? [] : splitParameters(subname.substring(question + 1)).map(({ name, value }) =>
    // Java's URLDecoder: a plus sign is a blank.
    [name, decodePercent(value.replaceAll("+", " "), `the parameter "${name}"`)] as const
  );
  refuseBlocked(fromUrl.map(([name]) => name), Object.keys(options.properties));
  const parameters = merged(options, fromUrl);
  refuseParameters(parameters);
  const { servers, database: named } = parsePlace(place, parameters, options.url);
  const user = parameters.get("user") ?? Deno.env.get("USER") ?? Deno.env.get("LOGNAME") ?? "";
  if (user === "") throw new ConfigError('Cannot tell who connects: give a user in "connection.user"');
  const database = parameters.get("PGDBNAME") ?? named ?? user;
  return {
    shown: `postgresql://${user}@${servers.map(({ host, port }) => `${host}:${port}`).join(",")}/${database}`,
    secrets: secretsOf(parameters, options),
    ignored: ignoredParameters(parameters),
    servers: flag(parameters, "loadBalanceHosts", false) ? shuffled(servers) : servers,
    user,
    password: parameters.get("password") ?? "",
    database,
    tls: tlsSettings(parameters),
    connectTimeoutMs: connectTimeout(parameters),
    socketTimeoutMs: seconds(parameters, "socketTimeout") ?? 0,
    probeAfterMs: PROBE_AFTER_MS,
    applicationName: parameters.get("ApplicationName") ?? "Sluice",
    options: parameters.get("options") ?? null,
    searchPath: parameters.get("currentSchema") ?? null,
    serverType: serverType(parameters),
    isReadOnly: flag(parameters, "readOnly", false),
  };
}

/** Properties and credentials of the config, and the URL's parameters over them. */
function merged({ user, password, properties }: ConnectionOptions, fromUrl: readonly (readonly [string, string])[]): Parameters {
  const parameters = new Map(Object.entries(properties));
  if (user !== null) parameters.set("user", user);
  if (password !== null) parameters.set("password", password);
  for (const [name, value] of fromUrl) parameters.set(name, value);
  return parameters;
}

/** `//h1:1,h2/db`, `//host`, `db` or `/`: servers and the database, null when none is named. */
function parsePlace(place: string, parameters: Parameters, url: string): { servers: readonly Server[]; database: string | null } {
  let hosts = parameters.get("PGHOST") ?? "localhost";
  let database = place;
  if (place.startsWith("//")) {
    const slash = place.indexOf("/", 2);
    hosts = place.substring(2, slash < 0 ? undefined : slash);
    database = slash < 0 ? "" : place.substring(slash + 1);
  } else if (place.startsWith("/")) {
    database = place.substring(1);
  }
  const port = parsePort(parameters.get("PGPORT") ?? String(DEFAULT_PORT), url);
  const servers = hosts.split(",").map((text) => parseServer(text, port, url));
  return { servers, database: database === "" ? null : decodePercent(database.replaceAll("+", " "), "the database") };
}

/** `host`, `host:5432`, `[::1]:5432` or nothing, which is the local host. */
function parseServer(text: string, defaultPort: number, url: string): Server {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:\[\]]*))(?::(\d*))?$/.exec(text) ?? [];
  if (bracketed === undefined && plain === undefined) throw new ConnectError(`Not a valid JDBC URL: ${shownUrl(url)}`);
  const host = bracketed ?? decodePercent(plain ?? "", "the host");
  return { host: host === "" ? "localhost" : host, port: port === undefined || port === "" ? defaultPort : parsePort(port, url) };
}

function parsePort(text: string, url: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port > 0 && port < 65_536) return port;
  throw new ConfigError(`Cannot read the port in connection.url: it must be between 1 and 65535: ${shownUrl(url)}`);
}

/** The shorter of the limits for a connection and for logging in, which here are one. */
function connectTimeout(parameters: Parameters): number | null {
  const given = [seconds(parameters, "connectTimeout"), seconds(parameters, "loginTimeout")].filter((ms) => ms !== null);
  const limits = given.filter((ms) => ms > 0);
  return limits.length > 0 ? Math.min(...limits) : given.length > 0 ? 0 : null;
}

function serverType(parameters: Parameters): ServerType {
  const word = choice(parameters, "targetServerType", SERVER_TYPES, "any");
  if (word === "master") return "primary";
  if (word === "slave") return "secondary";
  return word === "preferSlave" ? "preferSecondary" : word;
}

/** Every password, in the URL as it was written and as it is meant. Invariant 5 */
function secretsOf(parameters: Parameters, { url, password }: ConnectionOptions): readonly string[] {
  const secrets = [password, parameters.get("password"), parameters.get("sslpassword")];
  const [, query = ""] = /\?(.*)$/s.exec(url) ?? [];
  for (const { name, value } of splitParameters(query)) if (/password/i.test(name)) secrets.push(value);
  return [...new Set(secrets.filter((secret) => secret !== null && secret !== undefined && secret !== ""))] as string[];
}

function shuffled(servers: readonly Server[]): readonly Server[] {
  const left = [...servers];
  const order: Server[] = [];
  while (left.length > 0) order.push(...left.splice(Math.floor(Math.random() * left.length), 1));
  return order;
}
