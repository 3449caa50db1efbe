/** One connection of mysql2: opened, asked with promises, watched for its end. */
import { isIP } from "node:net";
import type { SessionOptions } from "../dialect.ts";
import { SqlError } from "../sql_error.ts";
import { type ColumnPacket, type Command, type Connection, type Driver, type DriverError, loadDriver } from "./driver.ts";
import { connectError, sqlError } from "./errors.ts";
import type { Host } from "./hosts.ts";
import type { MySqlTarget } from "./target.ts";
import { readPem, tlsOptions } from "./tls.ts";

/** Rows of a small result: text as the server sent it. */
export type TextRows = readonly (readonly (string | null)[])[];

/** Milliseconds of silence before the system asks whether the other end is still there. */
const KEEP_ALIVE_DELAY_MS = 10_000;
/** Milliseconds `close` waits for the server to take leave. */
const CLOSE_WAIT_MS = 1_000;

/** Milliseconds of silence of an encrypted connection before it is asked whether it is still one. */
const PROBE_MS = 3_000;
const COM_PING = 14;
/** Milliseconds a ping may take (JDBC connector 10.9 gives it 5 s). */
const PING_LIMIT_MS = 5_000;

/** A connection that is good until `lost`. */
export class Link {
  readonly connection: Connection;
  readonly driver: Driver;
  readonly host: Host;
  readonly #socketTimeoutMs: number | null;
  #lost: SqlError | null = null;
  /** Statements without an answer. */
  #waiting = 0;
  /** How long the answer that is due may stay away; null = for ever. */
  #limitMs: number | null = null;
  #timed: Connection["stream"] | null = null;

  constructor(driver: Driver, connection: Connection, host: Host, socketTimeoutMs: number | null) {
    this.driver = driver;
    this.connection = connection;
    this.host = host;
    this.#socketTimeoutMs = socketTimeoutMs;
    // Without a listener an error between two statements would end the process.
    connection.on("error", (error) => this.#lost ??= connectError(error, host.host, host.port));
  }

  /** Why the connection is over; null while it is not known to be. */
  get lost(): SqlError | null {
    return this.#lost;
  }

  /** Runs a statement; rows as text. Throws a SqlError. */
  query(sql: string): Promise<TextRows> {
    return this.#ask((done) => {
      this.connection.query({ sql, rowsAsArray: true, typeCast: false }, (error, rows) => done(error, textRows(rows)));
    });
  }

  /** All rows of a query by the public API of mysql2, cells as bytes. */
  rows(
    sql: string,
    onDone: (error: SqlError | null, rows: readonly (readonly (Uint8Array | null)[])[], fields: readonly ColumnPacket[] | null) => void,
  ): void {
    if (this.#lost !== null) return onDone(this.#lost, [], null);
    let answer: unknown;
    let columns: readonly ColumnPacket[] | null = null;
    const done = this.#watch((error) => onDone(error, Array.isArray(answer) ? answer : [], columns));
    this.connection.query({ sql, rowsAsArray: true, typeCast: false }, (error, rows, fields) => {
      answer = rows;
      columns = fields ?? null;
      done(error);
    });
  }

  /** Hands a command made by `createQuery` to the connection; `onDone` is called once, when it is answered or has failed. */
  run(command: Command, onDone: (error: SqlError | null) => void): void {
    if (this.#lost !== null) return onDone(this.#lost);
    command.onResult = this.#watch((error) => onDone(error));
    this.connection.addCommand(command);
  }

  /** Asks for the columns of a statement without running it. Throws a SqlError. */
  async prepare(sql: string): Promise<void> {
    const statement = await this.#ask<{ close(): void } | undefined>((done) => this.connection.prepare({ sql }, done));
    statement?.close();
  }

  /** Stops taking what the server sends; what has arrived already still comes. */
  pause(): void {
    this.connection.stream.pause();
  }

  /** Goes on after `pause`. */
  resume(): void {
    this.connection.stream.resume();
    if (this.#waiting > 0) this.#setTimeout(true); // it does not run while the stream is paused
  }

  /** Whether the server answers. */
  async isAlive(): Promise<boolean> {
    if (this.#lost !== null) return false;
    try {
      await this.#ask<void>((done) => this.connection.ping((error) => done(error ?? null, undefined)), PING_LIMIT_MS);
      return true;
    } catch (error) {
      if (error instanceof SqlError) return false;
      throw error;
    }
  }

  /** Takes leave of the server, or cuts the connection when a statement is under way or it does not answer. */
  async close(isBusy: boolean): Promise<void> {
    const { connection } = this;
    if (this.#lost === null && !isBusy) {
      await new Promise<void>((resolve) => {
        connection.stream.setTimeout(CLOSE_WAIT_MS, resolve);
        connection.stream.once("close", () => resolve());
        connection.end(() => resolve());
      });
    }
    this.cut();
  }

  /** Ends the connection now; whatever waits for an answer fails. */
  cut(): void {
    this.connection.stream.destroy();
  }

  #ask<T>(start: (done: (error: DriverError | null, value: T) => void) => void, limitMs = this.#socketTimeoutMs): Promise<T> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      let value: T;
      const done = this.#watch((error) => error === null ? resolve(value) : reject(error), limitMs);
      start((error, answer) => {
        value = answer;
        done(error);
      });
    });
  }

  /** Gives up the connection when the answer stays away, if the config says how long that may be. */
  #watch(done: (error: SqlError | null) => void, limitMs = this.#socketTimeoutMs): (error: DriverError | null) => void {
    this.#waiting++;
    this.#limitMs = limitMs;
    this.#setTimeout(true);
    return (error) => {
      if (--this.#waiting === 0) this.#setTimeout(false);
      if (error === null) return done(null);
      const found = sqlError(error);
      if (found.isConnectionLost) this.#lost ??= found;
      done(found);
    };
  }

  #setTimeout(isWaiting: boolean): void {
    const { stream } = this.connection; // another one once it is encrypted
    const isEncrypted = "encrypted" in stream && stream.encrypted === true;
    const ms = this.#limitMs ?? (isEncrypted ? PROBE_MS : null);
    if (ms === null) return;
    if (this.#timed !== stream) {
      this.#timed = stream;
      stream.on("timeout", () => this.#onSilence());
    }
    stream.setTimeout(isWaiting ? ms : 0);
  }

  #onSilence(): void {
    const { stream } = this.connection;
    if (this.#waiting === 0 || stream.isPaused()) return;
    if (this.#limitMs === null) this.#probe();
    else stream.destroy(timedOut(this.#limitMs));
  }

  /**
   * Writes a ping behind the statement under way, which the server reads when it is done. Deno 2.9 does not tell when an encrypted
   * connection ends that was paused before: the second ping that is written to it does.
   */
  #probe(): void {
    const command = this.driver.Connection.createQuery({ sql: "" }, undefined, undefined, this.connection.config);
    command.start = () => {
      this.connection._bumpSequenceId(1);
      return command.resultsetHeader;
    };
    this.run(command, () => {}); // whoever waits hears of a lost connection
    this.connection.write(Uint8Array.of(1, 0, 0, 0, COM_PING));
  }
}

function timedOut(ms: number): Error {
  return Object.assign(new Error(`no answer within ${ms} ms`), { code: "ETIMEDOUT" });
}

function textRows(rows: unknown): TextRows {
  if (!Array.isArray(rows)) return [];
  return rows.filter(Array.isArray).map((row: readonly unknown[]) => row.map(cellText));
}

const decoder = new TextDecoder();

function cellText(cell: unknown): string | null {
  if (cell === null || cell === undefined) return null;
  return cell instanceof Uint8Array ? decoder.decode(cell) : String(cell);
}

/** Tries the hosts in turn. What the last one said is thrown, but for a server that refused the user: that is thrown at once. */
export async function openLink(target: MySqlTarget, options: SessionOptions, signal: AbortSignal): Promise<Link> {
  const driver = await loadDriver();
  let last: SqlError | undefined;
  for (const host of target.hosts) {
    try {
      return await openHost(driver, target, host, options, signal);
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      if (error.kind === "fatal" || signal.aborted) throw error;
      last = error;
    }
  }
  throw last ?? new SqlError("Cannot connect: connection.url names no host", { kind: "fatal" });
}

async function openHost(
  driver: Driver,
  target: MySqlTarget,
  host: MySqlTarget["hosts"][number],
  options: SessionOptions,
  signal: AbortSignal,
): Promise<Link> {
  if (target.tls.mode === "VERIFY_IDENTITY" && isIP(host.host) !== 0) {
    // mysql2 would compare the certificate with "localhost".
    const message =
      `Cannot verify the identity of ${host.host}: sslMode=VERIFY_IDENTITY needs the server's name in connection.url, not its address`;
    throw new SqlError(message, { kind: "fatal", sqlState: "08001" });
  }
  const tls = await tlsOptions(target.tls);
  const serverKey = target.serverKeyFile === null ? null : await readPem(target.serverKeyFile);
  const connectTimeout = target.connectTimeoutMs ?? options.connectTimeoutMs;
  const attempt = (ssl: typeof tls): Promise<Link> => {
    const connection = driver.createConnection({
      host: host.host,
      port: host.port,
      user: host.user,
      password: host.password ?? "",
      ...(target.database === null ? {} : { database: target.database }),
      charset: "utf8mb4",
      connectTimeout,
      enableKeepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
      // The server must not ask for files; blanks before a parenthesis are as in Connector/J.
      flags: ["-LOCAL_FILES", "-IGNORE_SPACE"],
      connectAttributes: { program_name: "sluice", ...target.attributes },
      ...(ssl === undefined ? { authPlugins: keyPlugins(driver, target, serverKey) } : { ssl }),
    });
    return connected(new Link(driver, connection, host, target.socketTimeoutMs), signal);
  };
  try {
    return await attempt(tls);
  } catch (error) {
    const isPlain = error instanceof SqlError && error.message.includes("does not offer TLS");
    if (!isPlain || target.tls.mode !== "PREFERRED") throw error;
    return await attempt(undefined);
  }
}

/** Ways to log in that encrypt the password by a key of the server: who stands between could send a key of his own. */
function keyPlugins(driver: Driver, target: MySqlTarget, serverKey: string | null): Readonly<Record<string, unknown>> {
  const onServerPublicKey = () => {
    if (target.allowsPublicKeyRetrieval) return;
    throw new SqlError(
      "Public Key Retrieval is not allowed: use TLS (sslMode), or set allowPublicKeyRetrieval=true where nobody can listen",
      {
        kind: "fatal",
        sqlState: "08001",
      },
    );
  };
  const options = { onServerPublicKey, ...(serverKey === null ? {} : { serverPublicKey: serverKey }) };
  const { caching_sha2_password, sha256_password } = driver.authPlugins;
  return {
    ...(caching_sha2_password === undefined ? {} : { caching_sha2_password: caching_sha2_password(options) }),
    ...(sha256_password === undefined ? {} : { sha256_password: sha256_password(options) }),
  };
}

function connected(link: Link, signal: AbortSignal): Promise<Link> {
  const { connection, host } = link;
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      link.cut();
      reject(
        new SqlError("Communications link failure: the attempt was ended", {
          kind: "retriable",
          sqlState: "08S01",
          isConnectionLost: true,
        }),
      );
    };
    if (signal.aborted) return giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    connection.on("connect", () => {
      signal.removeEventListener("abort", giveUp);
      resolve(link);
    });
    connection.on("error", (error) => {
      signal.removeEventListener("abort", giveUp);
      link.cut();
      reject(connectError(error, host.host, host.port));
    });
  });
}
