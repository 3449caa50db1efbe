/**
 * The yardstick of sinks: multi-row statements made beforehand, sent one after the other: what the server takes when nobody keeps it waiting. Prints one
 * line of JSON, a `BareResult`.
 *
 *   deno run -A --no-check test/bench/sql/bare_table_write.ts --kind K --port P --table T --rows N [--upsert]
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { parseArgs } from "node:util";
import mysql from "mysql2";
import pg from "pg";
import { DATABASE_PASSWORD, DATABASE_USER } from "../../database_server.ts";
import type { BareResult } from "../bare_loop.ts";
import { DATABASE } from "./bench_server.ts";
import { ORDER_COLUMNS, orderLine, orderValues } from "./order_rows.ts";

const STATEMENT_ROWS = 3000;

/** Sends one statement that was made beforehand; resolves when the server has done it. */
type Send = (statement: string) => Promise<void>;

async function run(statements: readonly string[], rows: number, send: Send): Promise<BareResult> {
  const started = performance.now(), cpu = process.cpuUsage();
  for (const statement of statements) await send(statement);
  const used = process.cpuUsage(cpu), seconds = (performance.now() - started) / 1000;
  return { rows, seconds, cpuSeconds: (used.user + used.system) / 1e6 };
}

/** The texts of all statements: `head`, rows, `tail`. */
function statementsOf(rows: number, head: string, row: (i: number) => string, separator: string, tail: string): string[] {
  const statements: string[] = [];
  for (let first = 1; first <= rows; first += STATEMENT_ROWS) {
    const count = Math.min(STATEMENT_ROWS, rows - first + 1);
    statements.push(head + Array.from({ length: count }, (_, i) => row(first + i)).join(separator) + tail);
  }
  return statements;
}

function updates(assign: (name: string) => string): string {
  return ORDER_COLUMNS.slice(1).map((name) => `${name}=${assign(name)}`).join(",");
}

async function writeMysql(port: number, table: string, rows: number, upsert: boolean): Promise<BareResult> {
  const connection = mysql.createConnection({
    host: "127.0.0.1",
    port,
    user: DATABASE_USER,
    password: DATABASE_PASSWORD,
    database: DATABASE,
  });
  const tail = upsert ? ` ON DUPLICATE KEY UPDATE ${updates((name) => `VALUES(${name})`)}` : "";
  const statements = statementsOf(rows, `INSERT INTO ${table} VALUES `, orderValues, ",", tail);
  const result = await run(statements, rows, (sql) =>
    new Promise((resolve, reject) => {
      connection.query(sql, (error) => error === null ? resolve() : reject(error));
    }));
  connection.end();
  return result;
}

/** Inserts by COPY, upserts by a multi-row statement. */
async function writePostgres(port: number, table: string, rows: number, upsert: boolean): Promise<BareResult> {
  const client = new pg.Client({ host: "127.0.0.1", port, user: DATABASE_USER, password: DATABASE_PASSWORD, database: DATABASE });
  await client.connect();
  const tail = ` ON CONFLICT (id) DO UPDATE SET ${updates((name) => `EXCLUDED.${name}`)}`;
  const statements = upsert
    ? statementsOf(rows, `INSERT INTO ${table} VALUES `, orderValues, ",", tail)
    : statementsOf(rows, "", orderLine, "", "");
  const result = await run(statements, rows, upsert ? async (sql) => void await client.query(sql) : (text) => copyIn(client, table, text));
  await client.end();
  return result;
}

/** What is used of pg's connections beyond its documented interface. */
interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

function copyIn(client: pg.Client, table: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query({
      submit: (connection: CopyConnection) => connection.query(`COPY ${table} FROM STDIN`),
      handleCopyInResponse(connection: CopyConnection) {
        connection.sendCopyFromChunk(Buffer.from(text));
        connection.endCopyFrom();
      },
      handleCommandComplete() {},
      handleReadyForQuery: () => resolve(),
      handleError: reject,
    } as unknown as string);
  });
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      kind: { type: "string", default: "mariadb" },
      port: { type: "string", default: "" },
      table: { type: "string", default: "" },
      rows: { type: "string", default: "0" },
      upsert: { type: "boolean", default: false },
    },
  });
  const write = values.kind === "postgres" ? writePostgres : writeMysql;
  const result = await write(Number(values.port), values.table, Number(values.rows), values.upsert);
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(result) + "\n"));
}
