/** PostgreSQL for tests: a database of a suite's own, and sessions in it. */
import { type Column, type Schema, type Value, valueAt } from "sdk";
import type { Cursor, Query, Session, SqlPart, WriteColumn, WriteMode } from "../../connectors/sql/dialect.ts";
import { postgres } from "../../connectors/sql/postgres.ts";
import { timeZone } from "../../connectors/times/time_zone.ts";
import { sharedServer } from "../databases.ts";

export const server = sharedServer("postgres");

/** What a test may want otherwise. */
export interface SessionWishes {
  readonly database?: string;
  readonly zone?: string;
  readonly isUnquoted?: boolean;
  readonly user?: string;
  readonly password?: string;
  readonly parameters?: string;
  readonly port?: number;
}

/** A session in a database of the shared server. */
export async function connectTo(wishes: SessionWishes = {}): Promise<Session> {
  const { database = "postgres", zone = "UTC", parameters = "", port = server.port } = wishes;
  const target = postgres.target({
    url: `jdbc:postgresql://${server.host}:${port}/${database}?${parameters}`,
    user: wishes.user ?? server.user,
    password: wishes.password ?? server.password,
    properties: {},
  });
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  return await postgres.connect(
    target,
    { zone: timeZone(zone), isJulianBefore1582: true, connectTimeoutMs: 5_000, isUnquoted: wishes.isUnquoted ?? false, log },
    new AbortController().signal,
  );
}

/** Runs a test in a database of its own, which is dropped at the end. All sessions that were opened are closed. */
export function databaseTest(name: string, run: (open: (wishes?: SessionWishes) => Promise<Session>) => Promise<void>): void {
  Deno.test({
    name: name + server.because,
    ignore: server.missing,
    fn: async () => {
      const database = `om_pg_${crypto.randomUUID().substring(0, 8)}`;
      const admin = await connectTo();
      const sessions: Session[] = [];
      try {
        await admin.execute(`CREATE DATABASE ${database}`);
        await run(async (wishes = {}) => {
          const session = await connectTo({ database, ...wishes });
          sessions.push(session);
          return session;
        });
      } finally {
        for (const session of sessions) await session.close();
        await admin.execute(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
        await admin.close();
      }
    },
  });
}

/** What a query gave, by JavaScript values. */
export interface Result {
  readonly names: readonly string[];
  readonly schemas: readonly (Schema | null)[];
  readonly rows: readonly (readonly Value[])[];
  readonly failures: readonly Error[];
}

/** Reads a query to its end. */
export async function readAll(session: Session, parts: readonly SqlPart[], more: Partial<Query> = {}, pageRows = 1000): Promise<Result> {
  const mapping = { numeric: "none", granularity: "connect_logical" } as const;
  const cursor = await session.open({ parts, limit: null, suffix: "", mapping, ...more });
  return await drain(cursor, pageRows);
}

/** Reads what is left of a cursor. */
export async function drain(cursor: Cursor, pageRows = 1000): Promise<Result> {
  const rows: Value[][] = [];
  const failures: Error[] = [];
  for (;;) {
    const page = await cursor.read(pageRows);
    if (page === null) break;
    if (page.failure !== null) failures.push(page.failure.error);
    for (let row = 0; row < page.rows; row++) {
      rows.push(cursor.fields.map(({ schema }, i) => schema === null ? null : valueAt(page.columns[i] as Column, schema, row)));
    }
    page.release();
  }
  return { names: cursor.fields.map(({ name }) => name), schemas: cursor.fields.map(({ schema }) => schema), rows, failures };
}

/** A column of a test's target. */
export function writeColumn(name: string, schema: Schema, isKey = false, epochUnit: WriteColumn["epochUnit"] = null): WriteColumn {
  return { name, schema, isKey, epochUnit, definition: null };
}

/** Writes rows of values, in the order of the columns. Not in a transaction of its own. */
export async function writeRows(
  session: Session,
  table: string,
  mode: WriteMode,
  columns: readonly WriteColumn[],
  rows: readonly (readonly Value[])[],
): Promise<void> {
  const id = { catalog: null, schema: null, name: table };
  const writer = session.writer({ table: id, mode, columns, dateZone: timeZone("UTC") });
  const data: Column[] = columns.map((_, i) => ({ kind: "values", data: rows.map((row) => row[i] ?? null) }));
  await writer.write(data, Int32Array.from(rows, (_, i) => i), 0, rows.length);
}
