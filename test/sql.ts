/** Statements sent to a database by a test, in words of the test's own: a fresh connection whenever the last one broke. */
import mysql from "mysql2/promise";
import pg from "pg";
import type { DatabaseKind, TestServer } from "./databases.ts";

/** A row as text, null for null. */
export type Row = readonly (string | null)[];

/** One connection to one database. */
export class Sql {
  readonly #server: Pick<TestServer, "host" | "port" | "user" | "password"> & { readonly kind: DatabaseKind };
  readonly #database: string;
  #mysql: mysql.Connection | undefined;
  #pg: pg.Client | undefined;

  constructor(server: Pick<TestServer, "host" | "port" | "user" | "password"> & { readonly kind: DatabaseKind }, database: string) {
    this.#server = server;
    this.#database = database;
  }

  /** Makes the database anew, empty. */
  async makeDatabase(): Promise<void> {
    const { kind } = this.#server;
    const outside = new Sql(this.#server, kind === "postgres" ? "postgres" : "");
    await outside.rows(`DROP DATABASE IF EXISTS ${this.#database}`);
    await outside.rows(
      kind === "postgres" ? `CREATE DATABASE ${this.#database}` : `CREATE DATABASE ${this.#database} CHARACTER SET utf8mb4`,
    );
    await outside.close();
  }

  /** Removes it. */
  async dropDatabase(): Promise<void> {
    await this.close();
    const outside = new Sql(this.#server, this.#server.kind === "postgres" ? "postgres" : "");
    await outside.rows(`DROP DATABASE IF EXISTS ${this.#database}${this.#server.kind === "postgres" ? " WITH (FORCE)" : ""}`);
    await outside.close();
  }

  /** Runs a statement; its rows as text. */
  async rows(text: string): Promise<readonly Row[]> {
    try {
      return this.#server.kind === "postgres" ? await this.#postgresRows(text) : await this.#mysqlRows(text);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** The first cell as a number. */
  async number(text: string): Promise<number> {
    return Number((await this.rows(text))[0]?.[0]);
  }

  async close(): Promise<void> {
    const [ours, theirs] = [this.#mysql, this.#pg];
    this.#mysql = this.#pg = undefined;
    ours?.destroy();
    await theirs?.end().catch(() => undefined); // it may be broken already
  }

  async #mysqlRows(text: string): Promise<readonly Row[]> {
    const { host, port, user, password } = this.#server;
    const login = { host, port, user, password, dateStrings: true, supportBigNumbers: true, bigNumberStrings: true, charset: "utf8mb4" };
    this.#mysql ??= await mysql.createConnection(this.#database === "" ? login : { ...login, database: this.#database });
    const [rows] = await this.#mysql.query({ sql: text, rowsAsArray: true });
    return Array.isArray(rows) ? (rows as unknown[][]).map((row) => row.map(asText)) : [];
  }

  async #postgresRows(text: string): Promise<readonly Row[]> {
    if (this.#pg === undefined) {
      const { host, port, user, password } = this.#server;
      const types = { getTypeParser: () => (value: string) => value };
      const client = new pg.Client({ host, port, user, password, database: this.#database, types });
      client.on("error", () => {}); // a broken connection is told by the next query
      await client.connect();
      this.#pg = client;
    }
    const result = await this.#pg.query({ text, rowMode: "array" });
    return (result.rows ?? []).map((row: unknown[]) => row.map(asText));
  }
}

function asText(cell: unknown): string | null {
  return cell === null || cell === undefined ? null : cell instanceof Uint8Array ? new TextDecoder().decode(cell) : String(cell);
}
