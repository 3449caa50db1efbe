import { ConfigError } from "sdk";
import { SqlError } from "../sql_error.ts";
import type { PgClient, PgClientOptions } from "./driver.ts";
import { loadDriver } from "./driver.ts";
import { Link, type Server } from "./link.ts";
import { textLiteral } from "./literals.ts";
import { lostConnection, sqlErrorOf } from "./server_errors.ts";
import type { PostgresTarget, ServerType } from "./target.ts";
import { attemptsOf, tlsOptions } from "./tls.ts";

/** What a session begins with: texts in the forms the readers know, whatever the server or the user is set to. */
const SETTINGS = "SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'; SET extra_float_digits = 3; " +
  "SET bytea_output = 'hex'; SET standard_conforming_strings = on; SET client_min_messages = warning";

/** Idle time after which the system asks whether the server is still there. */
const KEEP_ALIVE_MS = 15_000;

/** What the server says of itself and of the session. */
export interface Greeting {
  readonly version: string;
  readonly catalog: string;
  readonly schema: string | null;
  readonly encoding: string;
}

/** A connection that is ready for statements. */
export interface Connected {
  readonly link: Link;
  readonly greeting: Greeting;
}

/** Tries the servers in order, each with TLS and without as the mode allows. Throws a SqlError, the last one met. */
export async function connectTo(target: PostgresTarget, timeoutMs: number, signal: AbortSignal): Promise<Connected> {
  let failure: unknown = null;
  let secondChoice: Connected | null = null;
  for (const server of target.servers) {
    try {
      const connected = await connectToServer(target, server, timeoutMs, signal);
      const fit = await fitness(connected.link, target.serverType);
      if (fit === "wanted") {
        await secondChoice?.link.close();
        return connected;
      }
      if (fit === "acceptable" && secondChoice === null) secondChoice = connected;
      else await connected.link.close();
      failure ??= new SqlError(`The server ${server.host}:${server.port} is not what "targetServerType" asks for: ${target.serverType}`, {
        kind: "retriable",
        sqlState: "08001",
      });
    } catch (error) {
      if (signal.aborted) throw lostConnection("The attempt to connect was given up, as it was no longer wanted");
      if (error instanceof ConfigError) throw error;
      failure = sqlFailure(error, server);
    }
  }
  if (secondChoice !== null) return secondChoice;
  throw failure;
}

function sqlFailure(error: unknown, server: Server): Error {
  if (error instanceof ConfigError || error instanceof SqlError) return error;
  const code = (error as { readonly code?: unknown }).code;
  if (code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EAI_AGAIN") {
    // The words of pgjdbc 42.7, which people know.
    const message = code === "ECONNREFUSED"
      ? `Connection to ${server.host}:${server.port} refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections.`
      : `The connection attempt failed: unknown host "${server.host}"`;
    return new SqlError(message, { kind: "retriable", sqlState: "08001", isConnectionLost: true, cause: error });
  }
  const sqlError = sqlErrorOf(error);
  if (sqlError.sqlState !== "" || !/certificate|altnames/i.test(sqlError.message)) return sqlError;
  const message =
    `Cannot trust the server ${server.host}:${server.port}: ${sqlError.message}. "sslrootcert" names the PEM file of the authority`;
  return new SqlError(message, { kind: "fatal", isConnectionLost: true, cause: error });
}

async function connectToServer(target: PostgresTarget, server: Server, timeoutMs: number, signal: AbortSignal): Promise<Connected> {
  const attempts = attemptsOf(target.tls.mode);
  for (const [i, isEncrypted] of attempts.entries()) {
    try {
      const client = await openClient(target, server, isEncrypted, timeoutMs, signal);
      return await greet(new Link(client, server, { giveUpMs: target.socketTimeoutMs, probeMs: target.probeAfterMs }), target);
    } catch (error) {
      if (i === attempts.length - 1 || signal.aborted || !isAboutTls(error)) throw error;
    }
  }
  throw new RangeError("No way to connect was tried");
}

/** Whether trying with TLS, or without, may make the difference. The server refuses connections of the wrong kind by 28000. */
function isAboutTls(error: unknown): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (code === "28000") return true;
  return !/^(\d\w{4}|E(CONNREFUSED|NOTFOUND|TIMEDOUT|AI_AGAIN))$/.test(String(code)) && !/timeout expired|password/.test(String(message));
}

async function openClient(
  target: PostgresTarget,
  { host, port }: Server,
  isEncrypted: boolean,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<PgClient> {
  const Client = await loadDriver();
  const options: PgClientOptions = {
    host,
    port,
    user: target.user,
    database: target.database,
    password: () => Promise.resolve(target.password),
    ssl: isEncrypted ? await tlsOptions(target.tls) : false,
    sslnegotiation: isEncrypted && target.tls.isDirect ? "direct" : "postgres",
    connectionTimeoutMillis: timeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    application_name: target.applicationName,
    ...(target.options === null ? {} : { options: target.options }),
  };
  signal.throwIfAborted();
  const client = new Client(options);
  // Whoever waits hears of it as well; without a listener it would end the process.
  client.on("error", () => {});
  const abort = () => client.connection.stream.destroy(new Error("The attempt to connect was given up"));
  signal.addEventListener("abort", abort, { once: true });
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.connection.stream.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function greet(link: Link, target: PostgresTarget): Promise<Connected> {
  const settings = [SETTINGS];
  if (target.isReadOnly) settings.push("SET default_transaction_read_only = on");
  if (target.searchPath !== null) settings.push(`SELECT set_config('search_path', ${textLiteral(target.searchPath)}, false)`);
  try {
    const { rows } = await link.ask(
      `${
        settings.join("; ")
      }; SELECT current_setting('server_version'), current_database(), current_schema(), current_setting('server_encoding')`,
    );
    const [version, catalog, schema, encoding] = rows[0] ?? [];
    return { link, greeting: { version: version ?? "", catalog: catalog ?? "", schema: schema ?? null, encoding: encoding ?? "" } };
  } catch (error) {
    await link.close();
    throw error;
  }
}

async function fitness(link: Link, wanted: ServerType): Promise<"wanted" | "acceptable" | "unfit"> {
  if (wanted === "any") return "wanted";
  const { rows } = await link.ask("SELECT pg_is_in_recovery()");
  const isSecondary = rows[0]?.[0] === "t";
  switch (wanted) {
    case "primary":
      return isSecondary ? "unfit" : "wanted";
    case "secondary":
      return isSecondary ? "wanted" : "unfit";
    case "preferPrimary":
      return isSecondary ? "acceptable" : "wanted";
    case "preferSecondary":
      return isSecondary ? "wanted" : "acceptable";
  }
}
