import { DatabaseSync } from "node:sqlite";
import { collect, createConnector, type DemoWalk, type DemoWorld, failIfFailed, PATIENCE_MS, payloadOf } from "./demo.ts";

const SOURCE = "jdbc_om_source";
const SINK = "jdbc_sink_customers";
const PREFIX = "jdbc_om_";
const TOPIC = `${PREFIX}customers`;
/** Rows that are there before the connector is, and rows that come while it runs. */
const FIRST_ROWS = 1000, LATER_ROWS = 10;
const LOOK_MS = 100;

/** From a table to a topic to another table, both in one SQLite file. */
export const jdbcWalk: DemoWalk = {
  run: runJdbcDemo,
  suggestions: (url, root) => [
    `curl -s ${url}/connectors/${SINK}/status`,
    `curl -s ${url}/connectors/${SOURCE}/offsets`,
    `curl -s ${url}/connectors/${SINK}/offsets`,
    `sqlite3 ${root}/om.db "INSERT INTO customers (email_address, full_name) VALUES ('new@example.org', 'New Customer')"`,
    `sqlite3 ${root}/om.db "SELECT * FROM customers_sink ORDER BY customer_id DESC LIMIT 3"`,
  ],
};

async function runJdbcDemo(world: DemoWorld, root: string): Promise<readonly string[]> {
  const path = `${root}/om.db`;
  using database = new DatabaseSync(path);
  prepareTables(database);
  world.say(`Table customers with ${FIRST_ROWS} rows, and the empty table customers_sink, lie in the SQLite file ${path}`);
  world.say(`Kafka Connect's REST API answers at ${world.url}, the broker at ${world.bootstrapServers}`);
  await createConnector(world, SOURCE, sourceConfig(path));
  const first = await collect(world, SOURCE, TOPIC, FIRST_ROWS);
  world.say(`${first.length} rows are in topic ${TOPIC}. The first record's value:\n${first[0]?.value ?? "none"}`);
  addCustomers(database, FIRST_ROWS + 1, LATER_ROWS);
  world.say(`${LATER_ROWS} rows were inserted meanwhile`);
  const all = FIRST_ROWS + LATER_ROWS;
  const records = await collect(world, SOURCE, TOPIC, all);
  await createConnector(world, SINK, sinkConfig(path));
  await untilCount(world, database, all);
  const differences = compareTables(database, records.map(({ value }) => payloadOf(value)));
  if (differences.length === 0) {
    world.say(`All ${all} rows went from table customers through topic ${TOPIC} into table customers_sink, each as it was`);
  }
  return differences;
}

function prepareTables(database: DatabaseSync): void {
  // Readers and the one writer of a SQLite file do not get into each other's way in this mode.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 10000");
  for (const table of ["customers", "customers_sink"]) {
    database.exec(`CREATE TABLE ${table} (customer_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, email_address TEXT NOT NULL,
      full_name TEXT NOT NULL, system_upd TIMESTAMP NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')))`);
  }
  addCustomers(database, 1, FIRST_ROWS);
}

function addCustomers(database: DatabaseSync, first: number, count: number): void {
  const insert = database.prepare("INSERT INTO customers (email_address, full_name) VALUES (?, ?)");
  database.exec("BEGIN");
  for (let i = first; i < first + count; i++) insert.run(`testaddress_${i}@testdomain`, `testuser "${i}" Ünal`);
  database.exec("COMMIT");
}

function sourceConfig(path: string): Record<string, string> {
  return {
    "connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector",
    "tasks.max": "1",
    "connection.url": `jdbc:sqlite:${path}`,
    "topic.prefix": PREFIX,
    "table.whitelist": "customers",
    "poll.interval.ms": "500",
    "mode": "incrementing",
    "incrementing.column.name": "customer_id",
  };
}

function sinkConfig(path: string): Record<string, string> {
  return {
    "connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector",
    "tasks.max": "1",
    "topics": TOPIC,
    "connection.url": `jdbc:sqlite:${path}`,
    "insert.mode": "upsert",
    "pk.mode": "record_value",
    "pk.fields": "customer_id",
    "table.name.format": "customers_sink",
  };
}

async function untilCount(world: DemoWorld, database: DatabaseSync, rows: number): Promise<void> {
  const count = database.prepare("SELECT COUNT(*) AS n FROM customers_sink");
  for (const deadline = world.now() + PATIENCE_MS; world.now() < deadline;) {
    const found = Number(count.get()?.["n"]);
    world.progress(`${found} of ${rows} rows in customers_sink`);
    if (found >= rows) break;
    await failIfFailed(world, SINK);
    await world.sleep(LOOK_MS);
  }
  world.say("");
}

/** Every difference between the source's rows, the records and the sink's rows, at most ten. */
function compareTables(database: DatabaseSync, payloads: readonly string[]): readonly string[] {
  const rowsOf = (table: string, columns: string) => database.prepare(`SELECT ${columns} FROM ${table} ORDER BY customer_id`).all();
  const columns = "customer_id, email_address, full_name";
  // The sink writes instants as SQLite's JDBC driver does, in milliseconds since the epoch.
  const expected = rowsOf("customers", `${columns}, CAST(ROUND((julianday(system_upd) - 2440587.5) * 86400000) AS INTEGER) AS system_upd`);
  const found = rowsOf("customers_sink", `${columns}, system_upd`);
  const differences: string[] = [];
  if (found.length !== expected.length) differences.push(`${expected.length} rows are in customers, ${found.length} in customers_sink`);
  for (const [i, row] of expected.entries()) {
    const text = JSON.stringify(row);
    if (payloads[i] !== text) differences.push(`Row ${i + 1} is ${text}, its record ${payloads[i]}`);
    if (JSON.stringify(found[i]) !== text) differences.push(`Row ${i + 1} is ${text}, in customers_sink ${JSON.stringify(found[i])}`);
  }
  return differences.slice(0, 10);
}
