/** The table of the database benches: eight columns, the same rows for the same numbers, whether a server or JavaScript makes them. */

/** Kinds of servers the benches run against. */
export type BenchDatabase = "mariadb" | "mysql" | "postgres";

/** Bytes of a record's value in front of its payload, as the JSON converter writes them for this table. */
export const SCHEMA_PREFIX = '{"schema":{"type":"struct","fields":[' + [
  '{"type":"int32","optional":false,"field":"id"}',
  '{"type":"string","optional":false,"field":"customer"}',
  '{"type":"string","optional":true,"field":"email"}',
  '{"type":"int32","optional":true,"field":"quantity"}',
  '{"type":"bytes","optional":false,"name":"org.apache.kafka.connect.data.Decimal","version":1,' +
  '"parameters":{"scale":"2","connect.decimal.precision":"10"},"field":"amount"}',
  '{"type":"double","optional":true,"field":"score"}',
  '{"type":"int16","optional":true,"field":"priority"}',
  '{"type":"int64","optional":false,"name":"org.apache.kafka.connect.data.Timestamp","version":1,"field":"created_at"}',
].join(",") + '],"optional":false,"name":"orders"},"payload":';

/** What a server calls the column types. */
const TYPES: Readonly<Record<BenchDatabase, readonly [double: string, timestamp: string]>> = {
  mariadb: ["double", "datetime(3)"],
  mysql: ["double", "datetime(3)"],
  postgres: ["double precision", "timestamp(3)"],
};

/** Statement that makes the table, empty. */
export function createOrders(kind: BenchDatabase, table: string): string {
  const [double, timestamp] = TYPES[kind];
  return `CREATE TABLE ${table} (id int NOT NULL PRIMARY KEY, customer varchar(64) NOT NULL, email varchar(128) NULL, quantity int NULL,
    amount decimal(10,2) NOT NULL, score ${double} NULL, priority smallint NULL, created_at ${timestamp} NOT NULL)`;
}

/** Statements that fill it with rows 1 … `rows`: it doubles until it has them, so the rows never leave the server. */
export function fillOrders(kind: BenchDatabase, table: string, rows: number): string[] {
  const columns =
    `CONCAT('Customer ', i, ' of ', 'Königsallee'), CONCAT('customer', i, '@example.org'), MOD(i, 100), MOD(i * 37, 2000000) / 100.0,
    MOD(i, 1000) + 0.25, MOD(i, 2), ${createdAt(kind)}`;
  const values = (ids: string) => `INSERT INTO ${table} SELECT i, ${columns} FROM (${ids}) AS ids`;
  const statements = [values("SELECT 1 AS i")];
  for (let have = 1; have < rows; have *= 2) {
    statements.push(values(`SELECT id + ${have} AS i FROM ${table} WHERE id + ${have} <= ${rows}`));
  }
  return statements;
}

function createdAt(kind: BenchDatabase): string {
  if (kind === "postgres") return "TIMESTAMP '2024-01-01 00:00:00' + i * INTERVAL '1 second'";
  return "'2024-01-01 00:00:00' + INTERVAL i SECOND";
}

/** A row as it stands in the payload of its record. */
export function orderPayload(i: number): string {
  const hundredths = (i * 37) % 2_000_000;
  const created = Date.UTC(2024, 0, 1) + i * 1000;
  return `{"id":${i},"customer":"Customer ${i} of Königsallee","email":"customer${i}@example.org","quantity":${i % 100},` +
    `"amount":"${base64Of(hundredths)}","score":${(i % 1000) + 0.25},"priority":${i % 2},"created_at":${created}}`;
}

/** A row as it stands in a multi-row statement. */
export function orderValues(i: number): string {
  const hundredths = (i * 37) % 2_000_000;
  const created = new Date(Date.UTC(2024, 0, 1) + i * 1000).toISOString().slice(0, 23).replace("T", " ");
  const amount = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}`;
  return `(${i},'Customer ${i} of Königsallee','customer${i}@example.org',${i % 100},${amount},${(i % 1000) + 0.25},${i % 2},'${created}')`;
}

/** A row as `COPY … FROM STDIN` takes it. */
export function orderLine(i: number): string {
  return orderValues(i).slice(1, -1).replaceAll("'", "").replaceAll(",", "\t") + "\n";
}

/** Names of the columns, in order. */
export const ORDER_COLUMNS = ["id", "customer", "email", "quantity", "amount", "score", "priority", "created_at"] as const;

/** Unscaled decimal as its shortest two's complement bytes. */
function base64Of(unscaled: number): string {
  const bytes = [unscaled & 255];
  for (let rest = unscaled >> 8; rest !== 0 || (bytes[0] as number) > 127; rest >>= 8) bytes.unshift(rest & 255);
  return btoa(String.fromCharCode(...bytes));
}
