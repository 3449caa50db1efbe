/** The part of a MySQL URL between `//` and `/`: hosts, groups, users. */
import { ConfigError } from "sdk";
import { decodePercent } from "../jdbc_url.ts";

/** One server that may answer. */
export interface Host {
  readonly host: string;
  readonly port: number;
  /** Said for this host alone; null = what the rest of the config says. */
  readonly user: string | null;
  readonly password: string | null;
}

/** What stands before the parameters. */
export interface Authority {
  /** At least one, in the order they are tried. */
  readonly hosts: readonly Host[];
  /** Null when the URL names none. */
  readonly database: string | null;
}

const DEFAULT_HOST = "localhost";
const DEFAULT_PORT = 3306;

/**
 * Reads `//user:pw@h1:1,h2:2/db` and its relatives: `address=(host=h)(port=1)/db`, `(host=h,port=1,user=u)`, `[h1,h2]`, IPv6 in
 * brackets (MySQL Connector/J 9.1, ConnectionUrlParser). Throws a ConfigError without secrets.
 */
export function parseAuthority(text: string): Authority {
  const match = /^\/\/(.*?)(?:\/([^/]*))?$/s.exec(text);
  if (match === null) throw new ConfigError("Cannot read connection.url: behind the subprotocol there must be //host:port/database");
  const [, authority = "", path] = match;
  const database = path === undefined || path === "" ? null : decodePercent(path, "the database");
  const hosts = splitHosts(authority).map((part) => parseHost(part.trim()));
  return { hosts: inherit(hosts), database };
}

/** Splits at commas that are neither in parentheses nor in brackets; drops the brackets of `user@[h1,h2]`, whose user is for all. */
function splitHosts(authority: string): readonly string[] {
  const list = /^(.*@)?\[([^\]]*,[^\]]*|\([^\]]*)\]$/.exec(authority);
  if (list !== null) return splitHosts(list[2] ?? "").map((part) => (list[1] ?? "") + part);
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < authority.length; i++) {
    const char = authority[i];
    if (char === "(" || char === "[") depth++;
    else if (char === ")" || char === "]") depth--;
    else if (char === "," && depth === 0) {
      parts.push(authority.substring(start, i));
      start = i + 1;
    }
  }
  parts.push(authority.substring(start));
  return parts;
}

function parseHost(text: string): Host {
  const at = text.lastIndexOf("@");
  const [user, password] = at < 0 ? [null, null] : parseUser(text.substring(0, at));
  const rest = text.substring(at + 1);
  const group = /^(?:address=)?(\(.*\))$/i.exec(rest);
  if (group !== null) return parseGroup(group[1] ?? "", user, password);
  const plain = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(rest);
  if (plain === null) throw new ConfigError(`Cannot read host "${rest}" in connection.url: it must be host or host:port, IPv6 in brackets`);
  const [, host = "", port = ""] = plain;
  return { host: hostName(host), port: portNumber(port), user, password };
}

function parseUser(text: string): [user: string, password: string | null] {
  const colon = text.indexOf(":");
  if (colon < 0) return [decodePercent(text, "the user"), null];
  return [decodePercent(text.substring(0, colon), "the user"), decodePercent(text.substring(colon + 1), "the password")];
}

/** `(host=h,port=1,user=u)` and `(host=h)(port=1)(user=u)`. */
function parseGroup(text: string, user: string | null, password: string | null): Host {
  const entries = text.split(/[(),]/).map((part) => part.trim()).filter((part) => part !== "");
  const said = new Map<string, string>();
  for (const entry of entries) {
    const equals = entry.indexOf("=");
    const name = (equals < 0 ? entry : entry.substring(0, equals)).trim().toLowerCase();
    said.set(name, equals < 0 ? "" : decodePercent(entry.substring(equals + 1).trim(), `"${name}"`));
  }
  return {
    host: hostName(said.get("host") ?? ""),
    port: portNumber(said.get("port") ?? ""),
    user: said.get("user") ?? user,
    password: said.get("password") ?? password,
  };
}

function hostName(text: string): string {
  const name = text.startsWith("[") ? text.slice(1, -1) : decodePercent(text, "the host");
  return name === "" ? DEFAULT_HOST : name;
}

function portNumber(text: string): number {
  if (text === "") return DEFAULT_PORT;
  const port = Number(text);
  if (/^\d+$/.test(text) && port > 0 && port < 65_536) return port;
  throw new ConfigError(`Cannot read port "${text}" in connection.url: it must be a number from 1 to 65535`);
}

/** A user said for the first host alone is said for all: `u:pw@h1,h2`. */
function inherit(hosts: readonly Host[]): readonly Host[] {
  const [first] = hosts;
  if (first === undefined || first.user === null) return hosts;
  return hosts.map((host) => host.user === null ? { ...host, user: first.user, password: first.password } : host);
}
