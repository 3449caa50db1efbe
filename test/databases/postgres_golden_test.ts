/** What the JDBC connector 10.9 made of PostgreSQL, and what this dialect makes of the same tables and records. */
import assert from "node:assert/strict";
import { type Schema, type SchemaField, Struct, structSchema, type Value } from "sdk";
import type { NewColumn, Session, TypeMapping, WriteMode } from "../../connectors/sql/dialect.ts";
import { jsonConverterOf } from "../unit/converters/captures.ts";
import { databaseTest, readAll, writeColumn, writeRows } from "./postgres_sessions.ts";

/** A step of a captured case, as far as these tests look at it. */
interface GoldenStep {
  readonly do: string;
  readonly sql?: string;
  readonly rows?: readonly (readonly unknown[])[];
  readonly columns?: readonly string[];
  readonly records?: readonly { readonly value: { readonly text: string } }[];
}

const json = jsonConverterOf();

function steps(name: string): readonly GoldenStep[] {
  const text = Deno.readTextFileSync(new URL(`../captures/golden/${name}.json`, import.meta.url));
  return (JSON.parse(text) as { readonly steps: readonly GoldenStep[] }).steps;
}

/** Runs the statements of a case up to the first records, reads the table and compares what the topic had. */
async function assertReads(session: Session, name: string, table: string, mapping: Partial<TypeMapping> = {}): Promise<void> {
  const golden = steps(name);
  for (const step of golden) if (step.do === "sql" && step.sql !== undefined) await session.execute(step.sql);
  const query = { mapping: { numeric: "none", granularity: "connect_logical", ...mapping } as const };
  const { names, schemas, rows } = await readAll(session, ["SELECT * FROM ", { name: table }, " ORDER BY 1"], query);
  const kept = schemas.flatMap((schema, i) => schema === null ? [] : [i]);
  const struct = structSchema(kept.map((i) => [names[i] as string, schemas[i] as Schema] as const), { name: table });
  const texts = rows.map((row) => {
    const bytes = json.toBytes("t", struct, new Struct(struct, kept.map((i) => row[i] as Value)));
    return new TextDecoder().decode(bytes ?? new Uint8Array());
  });
  const expected = golden.find((step) => step.do === "records")?.records?.map((record) => record.value.text);
  assert.deepEqual(texts, expected, name);
}

databaseTest("PostgresSession.open() reads every captured type as Kafka Connect did", async (open) => {
  const session = await open();
  await assertReads(session, "jdbc-source/pg-wide-precision-only", "pg_wide", { numeric: "precision_only" });
});

databaseTest("PostgresSession.open() reads timestamps by their granularity as Kafka Connect did", async (open) => {
  const session = await open();
  await assertReads(session, "jdbc-source/pg-granularities", "pg_gr");
  await assertReads(session, "jdbc-source/pg-granularity-micros-long", "pg_g", { granularity: "micros_long" });
  await assertReads(session, "jdbc-source/pg-granularity-nanos-string", "pg_g", { granularity: "nanos_string" });
  await assertReads(await open({ zone: "Asia/Seoul" }), "jdbc-source/pg-timezone", "pg_tz");
});

/** The fields of a captured record with their values, as a sink would have them. */
function recordsOf(step: GoldenStep): readonly Struct[] {
  return (step.records ?? []).map(({ value }) => {
    const read = json.fromBytes("t", new TextEncoder().encode(value.text)).value;
    if (read instanceof Struct) return read;
    throw new TypeError("The captured record is no struct");
  });
}

function columnsOf(fields: readonly SchemaField[], keys: readonly string[]): readonly NewColumn[] {
  return fields.map(({ name, schema }) => ({ name, schema, isKey: keys.includes(name), epochUnit: null }));
}

/** Creates the table and writes the records of a captured case, then compares table and rows with the captured ones. */
async function assertWrites(session: Session, name: string, mode: WriteMode, keys: readonly string[]): Promise<void> {
  const table = name.replace("jdbc-sink/", "").replaceAll("-", "_");
  let known: readonly string[] = [];
  for (const step of steps(name)) {
    if (step.do === "sql" && step.sql !== undefined) {
      await session.execute(step.sql);
      known = (await session.describe(session.tableId([table])))?.columns.map((column) => column.name) ?? [];
    }
    if (step.do === "produce") {
      for (const record of recordsOf(step)) known = await writeRecord(session, table, mode, keys, known, record);
    }
    if (step.do === "rows" && step.sql !== undefined) await assertRows(session, step);
  }
}

async function writeRecord(
  session: Session,
  table: string,
  mode: WriteMode,
  keys: readonly string[],
  known: readonly string[],
  record: Struct,
): Promise<readonly string[]> {
  const { fields } = record.schema;
  const missing = fields.filter(({ name }) => !known.includes(name));
  if (known.length === 0) await session.createTable(session.tableId([table]), columnsOf(fields, keys));
  // Upstream adds columns in the order of a hash.
  else if (missing.length > 0) await session.addColumns(session.tableId([table]), columnsOf(missing, keys).toReversed());
  const ordered = [...fields].sort((a, b) => Number(keys.includes(b.name)) - Number(keys.includes(a.name)));
  const columns = ordered.map(({ name, schema }) => writeColumn(name, schema, keys.includes(name)));
  await writeRows(session, table, mode, columns, [ordered.map(({ name }) => record.get(name))]);
  return fields.map(({ name }) => name);
}

/** Compares a result with a captured one, in which numbers and times are the texts of a Python driver. */
async function assertRows(session: Session, { sql = "", rows = [], columns }: GoldenStep): Promise<void> {
  const found = await session.execute(sql);
  assert.deepEqual(found.map((row) => row.map(plain)), rows.map((row) => row.map(plain)), `${sql} (${columns})`);
}

function plain(cell: unknown): string | null {
  if (cell === null || cell === undefined) return null;
  if (typeof cell === "object") return `\\x${Uint8Array.fromBase64((cell as { readonly base64: string }).base64).toHex()}`;
  if (typeof cell === "boolean") return cell ? "t" : "f";
  const text = String(cell);
  if (/^\[.*\]$/.test(text)) return text.replace("[", "{").replace("]", "}").replaceAll(" ", "");
  const time = text.replace(/(:\d\d\.\d*?)0+$/, "$1").replace(/\.$/, "");
  return /^-?[\d.]+(e[+-]\d+)?$/.test(time) && !/^0\d/.test(time) ? String(Number(time)) : time; // as JSON.parse has it
}

databaseTest("PostgresSession.createTable() and writer() store every captured record as Kafka Connect did", async (open) => {
  const session = await open();
  await assertWrites(session, "jdbc-sink/pg-all-types", "insert", ["i32"]);
  await assertWrites(session, "jdbc-sink/pg-array", "insert", []);
  await assertWrites(session, "jdbc-sink/pg-evolve", "upsert", ["id"]);
  await assertWrites(await open({ zone: "Asia/Seoul" }), "jdbc-sink/pg-all-types-upsert", "upsert", ["i32"]);
});
