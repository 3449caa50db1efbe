/** The database runs of the bench, each against a worker of its own. */
import { TOP } from "../../checks/repository.ts";
import { Program } from "../../program.ts";
import { pause } from "../../until.ts";
import type { BareResult } from "../bare_loop.ts";
import { BareProducer } from "../bare_producer.ts";
import type { BenchGround, WorkerResult } from "../runs.ts";
import { Sampler } from "../sampler.ts";
import { type BenchServer, DATABASE, type ServerPlace } from "./bench_server.ts";
import { orderPayload, SCHEMA_PREFIX } from "./order_rows.ts";

const LONGEST_RUN_MS = 30 * 60_000;
const LOOK_MS = 20;
const ROWS_PER_CALL = 1000;
let runs = 0;

/** How records of a source run look. */
export interface SourceShape {
  readonly schemas: boolean;
}

/** How a sink run writes. */
export interface SinkShape {
  readonly mode: "insert" | "upsert";
}

/** Table → topic by a worker without any tuning key. `rows` of the table are counted in the topic. */
export async function runSource(
  ground: BenchGround,
  server: BenchServer,
  table: string,
  rows: number,
  { schemas }: SourceShape,
): Promise<WorkerResult> {
  const prefix = `bench-${Deno.pid}-${++runs}-`;
  await ground.topics.create(prefix + table);
  const config = {
    "connector.class": "io.confluent.connect.jdbc.JdbcSourceConnector",
    "tasks.max": "1",
    ...server.connection,
    ...(server.kind === "postgres" ? {} : { "catalog.pattern": DATABASE }),
    "table.whitelist": table,
    "topic.prefix": prefix,
    "mode": "incrementing",
    "incrementing.column.name": "id",
    ...(schemas ? {} : { "value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": "false" }),
  };
  return await runWorker(ground, config, rows, () => ground.topics.count(prefix + table));
}

/** The same by the bare loop. */
export async function runBareSource(
  ground: BenchGround,
  server: ServerPlace,
  table: string,
  rows: number,
  { schemas }: SourceShape,
): Promise<BareResult> {
  const topic = `bench-${Deno.pid}-${++runs}`;
  await ground.topics.create(topic);
  const flags = ["--bootstrap", ground.bootstrap, "--topic", topic, "--table", table, ...schemas ? [] : ["--no-schemas"]];
  const result = await bare("bare_table_read.ts", server, flags);
  expectRows(await ground.topics.count(topic), rows, topic);
  return result;
}

/** Topic → table; `main`: another program than the product. Without a server the null database counts them. */
export async function runSink(
  ground: BenchGround,
  server: BenchServer | undefined,
  topic: string,
  rows: number,
  { mode }: SinkShape,
  main?: string,
): Promise<WorkerResult> {
  const table = `sink_${++runs}`;
  await server?.table(table);
  const counted = `${ground.folder}/${table}`;
  const config = {
    "connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector",
    "tasks.max": "1",
    ...(server?.connection ?? { "connection.url": `jdbc:null:${counted}` }),
    "topics": topic,
    "table.name.format": table,
    "insert.mode": mode,
    "pk.mode": "record_value",
    "pk.fields": "id",
  };
  const arrived = server === undefined
    ? async () => Number(await Deno.readTextFile(counted).catch(() => "0"))
    : () => server.number(`SELECT COALESCE(MAX(id), 0) FROM ${table}`);
  const result = await runWorker(ground, config, rows, arrived, main);
  if (server !== undefined) expectRows(await server.number(`SELECT COUNT(*) FROM ${table}`), rows, table);
  return result;
}

/** The same by statements made beforehand. */
export async function runBareSink(server: BenchServer, rows: number, { mode }: SinkShape): Promise<BareResult> {
  const table = `bare_${++runs}`;
  await server.table(table);
  const result = await bare("bare_table_write.ts", server, [
    "--table",
    table,
    "--rows",
    String(rows),
    ...mode === "upsert" ? ["--upsert"] : [],
  ]);
  expectRows(await server.number(`SELECT COUNT(*) FROM ${table}`), rows, table);
  return result;
}

/** Fills a topic with the records of rows 1 … `rows`, without keys. */
export async function fillTopic(ground: BenchGround, topic: string, rows: number): Promise<void> {
  await ground.topics.create(topic);
  const producer = new BareProducer(ground.bootstrap, topic, null, [], ROWS_PER_CALL);
  const slices = new Int32Array(ROWS_PER_CALL + 1);
  const encoder = new TextEncoder();
  for (let first = 1; first <= rows; first += ROWS_PER_CALL) {
    const count = Math.min(ROWS_PER_CALL, rows - first + 1);
    const { arena } = producer;
    arena.used = 0;
    for (let i = 0; i < count; i++) {
      const record = encoder.encode(`${SCHEMA_PREFIX}${orderPayload(first + i)}}`);
      slices[i] = arena.used;
      arena.reserve(record.length);
      arena.bytes.set(record, arena.used);
      arena.used += record.length;
    }
    slices[count] = arena.used;
    producer.sendBatch(slices, count);
  }
  producer.finish();
  await producer.close();
}

async function bare(script: string, server: ServerPlace, flags: readonly string[]): Promise<BareResult> {
  const place = ["--kind", server.kind, "--port", String(server.port)];
  const args = ["run", "-A", "--no-check", `${TOP}/test/bench/sql/${script}`, ...place, ...flags];
  // Task hosts run at this priority, so the yardstick does.
  const done = await new Deno.Command("nice", {
    args: ["-n", "10", Deno.execPath(), ...args],
    stdout: "piped",
    stderr: "inherit",
    cwd: TOP,
  }).output();
  if (!done.success) throw new Error(`The bare loop ${script} failed`);
  return JSON.parse(new TextDecoder().decode(done.stdout));
}

/** From the request that creates the connector to the last row; `arrived` tells how many there are. */
async function runWorker(
  ground: BenchGround,
  config: Readonly<Record<string, string>>,
  rows: number,
  arrived: () => Promise<number>,
  main?: string,
): Promise<WorkerResult> {
  const name = `bench-${Deno.pid}-${++runs}`;
  await using program = await Program.start({
    bootstrap: ground.bootstrap,
    data: `${ground.folder}/sql-${runs}`,
    ...(main === undefined ? {} : { main }),
  });
  const sampler = new Sampler(program.pid);
  const started = performance.now();
  await program.put(name, config);
  for (let looks = 0; await arrived() < rows; looks++) {
    if (looks % 50 === 0) await failIfFailed(program, name);
    if (performance.now() - started > LONGEST_RUN_MS) throw new Error(`Not all of ${rows} rows arrived in ${LONGEST_RUN_MS} ms`);
    await pause(LOOK_MS);
  }
  const seconds = (performance.now() - started) / 1000;
  const seen = sampler.stop();
  await program.stop();
  return { rows, seconds, ...seen };
}

async function failIfFailed(program: Program, name: string): Promise<void> {
  const status = await program.status(name);
  const failed = [...status?.tasks ?? [], ...status === undefined ? [] : [status.connector]].find(({ state }) => state === "FAILED");
  if (failed !== undefined) throw new Error(`${name} failed: ${failed.trace}`);
}

function expectRows(found: number, wanted: number, where: string): void {
  if (found !== wanted) throw new Error(`${where} holds ${found} rows, not ${wanted}`);
}
