/** A database server of the bench's own, and how the bench speaks to it. */
import mysql from "mysql2";
import pg from "pg";
import { DATABASE_PASSWORD, DATABASE_USER, DatabaseServer } from "../../database_server.ts";
import { createOrders, fillOrders } from "./order_rows.ts";
import type { BenchDatabase } from "./order_rows.ts";

/** Database everything happens in. */
export const DATABASE = "bench";

/** Where a server is: what bare loops get as arguments. */
export interface ServerPlace {
  readonly kind: BenchDatabase;
  readonly port: number;
}

/** One that runs. */
export class BenchServer implements ServerPlace {
  readonly kind: BenchDatabase;
  readonly #server: DatabaseServer;

  private constructor(kind: BenchDatabase, server: DatabaseServer) {
    this.kind = kind;
    this.#server = server;
  }

  /** Starts one, undefined where this machine has none of that kind. */
  static async launch(kind: BenchDatabase): Promise<BenchServer | undefined> {
    const server = await DatabaseServer.launch(kind);
    if ("missing" in server) return undefined;
    const made = new BenchServer(kind, server);
    await withSql({ kind, port: server.port }, (sql) => sql(`CREATE DATABASE ${DATABASE}`), kind === "postgres" ? "postgres" : "");
    return made;
  }

  get port(): number {
    return this.#server.port;
  }

  /** The keys a connector needs to reach it. */
  get connection(): Record<string, string> {
    const scheme = this.kind === "postgres" ? "postgresql" : "mysql";
    return {
      "connection.url": `jdbc:${scheme}://127.0.0.1:${this.port}/${DATABASE}`,
      "connection.user": DATABASE_USER,
      "connection.password": DATABASE_PASSWORD,
    };
  }

  /** Makes a table; with `rows` it has that many. */
  async table(name: string, rows = 0): Promise<void> {
    await withSql(this, async (sql) => {
      await sql(`DROP TABLE IF EXISTS ${name}`);
      await sql(createOrders(this.kind, name));
      if (rows === 0) return;
      for (const statement of fillOrders(this.kind, name, rows)) await sql(statement);
      await sql(this.kind === "postgres" ? `ANALYZE ${name}` : `ANALYZE TABLE ${name}`);
    });
  }

  /** A single number. */
  async number(query: string): Promise<number> {
    return await withSql(this, async (sql) => Number(await sql(query)));
  }

  async remove(): Promise<void> {
    await this.#server.remove();
  }
}

/** Runs statements on one connection; each gives the first cell of its result. */
export async function withSql<T>(
  place: ServerPlace,
  work: (sql: (text: string) => Promise<unknown>) => Promise<T>,
  database = DATABASE,
): Promise<T> {
  const login = { host: "127.0.0.1", port: place.port, user: DATABASE_USER, password: DATABASE_PASSWORD };
  if (place.kind === "postgres") {
    const client = new pg.Client({ ...login, database });
    await client.connect();
    try {
      return await work(async (text) => Object.values((await client.query(text)).rows[0] ?? {})[0]);
    } finally {
      await client.end();
    }
  }
  const connection = mysql.createConnection(database === "" ? login : { ...login, database });
  try {
    return await work((text) =>
      new Promise((resolve, reject) => {
        connection.query({ sql: text, rowsAsArray: true }, (error, rows) => {
          if (error !== null) reject(error);
          else resolve(Array.isArray(rows) ? (rows as unknown[][])[0]?.[0] : undefined);
        });
      })
    );
  } finally {
    connection.end();
  }
}
