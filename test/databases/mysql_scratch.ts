/** Databases of a suite's own on the shared MySQL and MariaDB, and what tests ask of a session again and again. */
import { type Column, Decimal, isNullAt, type Value, valueAt } from "sdk";
import type { Cursor, Query, Session, SessionOptions, TypeMapping } from "../../connectors/sql/dialect.ts";
import { mysql } from "../../connectors/sql/mysql.ts";
import { timeZone } from "../../connectors/times/time_zone.ts";
import { sharedServer, type TestServer } from "../databases.ts";

export const SERVERS: readonly (readonly [name: string, server: TestServer])[] = [
  ["MariaDB", sharedServer("mariadb")],
  ["MySQL", sharedServer("mysql")],
];

/** Messages logged as warnings, the latest last. */
export const warnings: string[] = [];

const silent = () => {};
export const OPTIONS: SessionOptions = {
  zone: timeZone("UTC"),
  isJulianBefore1582: true,
  connectTimeoutMs: 10_000,
  isUnquoted: false,
  log: { debug: silent, info: silent, warn: (message) => warnings.push(message), error: silent },
};

export const MAPPING: TypeMapping = { numeric: "none", granularity: "connect_logical" };

/** A database that goes when the test ends, and sessions in it. */
export class Scratch implements AsyncDisposable {
  readonly database = `om_mysql_${crypto.randomUUID().substring(0, 8)}`;
  readonly #server: TestServer;
  readonly #sessions: Session[] = [];

  private constructor(server: TestServer) {
    this.#server = server;
  }

  static async open(server: TestServer): Promise<Scratch> {
    const scratch = new Scratch(server);
    const session = await scratch.#connect("", "", {});
    await session.execute(`CREATE DATABASE ${scratch.database} CHARACTER SET utf8mb4`);
    return scratch;
  }

  /** A session in the database; `query`: parameters of the URL. */
  session(query = "", options: Partial<SessionOptions> = {}): Promise<Session> {
    return this.#connect(this.database, query, options);
  }

  /** One that is closed by the test itself, or killed. */
  async #connect(database: string, query: string, options: Partial<SessionOptions>): Promise<Session> {
    const session = await connect(this.#server, database, query, options);
    this.#sessions.push(session);
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions.slice(1)) await session.close();
    const [first] = this.#sessions;
    await first?.execute(`DROP DATABASE IF EXISTS ${this.database}`);
    await first?.close();
  }
}

/** A session on a shared server. */
export function connect(server: TestServer, database = "", query = "", options: Partial<SessionOptions> = {}): Promise<Session> {
  const { host, port, user, password } = server;
  const url = `jdbc:mysql://${host}:${port}/${database}?${query}`;
  return mysql.connect(mysql.target({ url, user, password, properties: {} }), { ...OPTIONS, ...options }, new AbortController().signal);
}

/** A query of plain text. */
export function queryOf(sql: string, mapping: Partial<TypeMapping> = {}, limit: number | null = null): Query {
  return { parts: [sql], limit, suffix: "", mapping: { ...MAPPING, ...mapping } };
}

/** All rows of a query as texts that tell values and types apart. */
export async function texts(session: Session, sql: string, mapping: Partial<TypeMapping> = {}): Promise<string[][]> {
  const cursor = await session.open(queryOf(sql, mapping));
  return await rest(cursor, 1_000);
}

/** What a cursor still has. */
export async function rest(cursor: Cursor, pageRows: number): Promise<string[][]> {
  const rows: string[][] = [];
  for (let page = await cursor.read(pageRows); page !== null; page = await cursor.read(pageRows)) {
    for (let row = 0; row < page.rows; row++) {
      rows.push(cursor.fields.map(({ schema }, i) => textOf(valueAt(page.columns[i] as Column, schema, row))));
    }
    if (page.failure !== null) throw page.failure.error;
    page.release();
  }
  return rows;
}

/** A value as text. */
export function textOf(value: Value): string {
  if (value instanceof Uint8Array) return `x${value.toHex()}`;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Decimal) return `${value.unscaled}e-${value.scale}`;
  return Object.is(value, -0) ? "-0" : String(value);
}

/** `INT32`, `Timestamp?`, `Decimal(10,2)?`: a schema in short. */
export function schemaText(schema: Cursor["fields"][number]["schema"]): string {
  if (schema === null) return "dropped";
  const parameters = schema.parameters === undefined ? "" : `(${[...schema.parameters.values()].reverse().join(",")})`;
  return `${schema.name?.replace(/.*\./, "") ?? schema.type}${parameters}${schema.optional ? "?" : ""}`;
}

/** Whether some cell of a column is null. */
export function hasNulls(column: Column, rows: number): boolean {
  return Array.from({ length: rows }, (_, row) => row).some((row) => isNullAt(column, row));
}
