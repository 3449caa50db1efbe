/** Statements of a test's own, by the plain drivers: what is in a database is not asked of the code under test. */
import mysql from "mysql2/promise";
import pg from "pg";
import type { TestServer } from "../databases.ts";

/** One connection. Cells come as the server's text, null for null. */
export interface PlainSql {
  run(text: string): Promise<void>;
  rows(text: string): Promise<readonly (readonly (string | null)[])[]>;
  close(): Promise<void>;
}

/** Connects to a database of the server, "" = to none in particular. */
export async function plainSql(server: TestServer, kind: "postgres" | "mysql", database: string): Promise<PlainSql> {
  const { host, port, user, password } = server;
  return await (kind === "postgres" ? connectPostgres : connectMySql)({ host, port, user, password, database });
}

type Place = Pick<TestServer, "host" | "port" | "user" | "password"> & { readonly database: string };

async function connectMySql(place: Place): Promise<PlainSql> {
  const connection = await mysql.createConnection({ ...place, charset: "utf8mb4", multipleStatements: true });
  return {
    run: async (text) => void await connection.query(text),
    rows: async (text) => {
      const typeCast = (field: { string(): string | null }) => field.string();
      const [rows] = await connection.query({ sql: text, rowsAsArray: true, typeCast });
      return rows as (string | null)[][];
    },
    close: () => connection.end(),
  };
}

async function connectPostgres(place: Place): Promise<PlainSql> {
  const database = place.database === "" ? "postgres" : place.database;
  const client = new pg.Client({ ...place, database, types: { getTypeParser: () => (text: string) => text } });
  await client.connect();
  return {
    run: async (text) => void await client.query(text),
    rows: async (text) => (await client.query({ text, rowMode: "array" })).rows,
    close: () => client.end(),
  };
}
