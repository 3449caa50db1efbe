/** The part of the bench that needs databases: tables → topics and topics → tables, beside their bare loops. */
import { cpuSeconds } from "../../processes.ts";
import type { BareResult } from "../bare_loop.ts";
import type { BenchGround, WorkerResult } from "../runs.ts";
import { grouped, median, megabytes, table } from "../table.ts";
import { BenchServer } from "./bench_server.ts";
import type { BenchDatabase } from "./order_rows.ts";
import { fillTopic, runBareSink, runBareSource, runSink, runSource } from "./sql_runs.ts";

/** How much is done. */
export interface SqlBenchOptions {
  readonly rows: number;
  readonly rounds: number;
  /** Rows of the table whose reader's memory is watched; 0 leaves it out. */
  readonly bigTableRows: number;
  readonly wanted: (name: string) => boolean;
  readonly say: (line: string) => void;
}

/** One line of the table; `bare` is its yardstick in the same minutes. */
interface SqlRun {
  readonly name: string;
  readonly kind: BenchDatabase | null;
  readonly goal: readonly [rowsPerSecond: number, cpuPerMillion: number | null];
  worker(ground: BenchGround, server: BenchServer | undefined): Promise<WorkerResult>;
  bare(ground: BenchGround, server: BenchServer | undefined): Promise<BareResult> | null;
}

const TABLE = "orders";

/** Every run there is, for `rows` rows. `topic` holds the records of the sinks. */
function runsOf(rows: number, topic: string): SqlRun[] {
  const source = (name: string, kind: BenchDatabase, schemas: boolean, goal: SqlRun["goal"]): SqlRun => ({
    name,
    kind,
    goal,
    worker: (ground, server) => runSource(ground, needed(server), TABLE, rows, { schemas }),
    bare: (ground, server) => runBareSource(ground, needed(server), TABLE, rows, { schemas }),
  });
  const sink = (name: string, kind: BenchDatabase, mode: "insert" | "upsert", goal: SqlRun["goal"]): SqlRun => ({
    name,
    kind,
    goal,
    worker: (ground, server) => runSink(ground, needed(server), topic, rows, { mode }),
    bare: (_, server) => runBareSink(needed(server), rows, { mode }),
  });
  return [
    source("MariaDB table → topic, schemas", "mariadb", true, [300_000, 4]),
    source("MariaDB table → topic, no schemas", "mariadb", false, [350_000, 3]),
    source("MySQL table → topic, schemas", "mysql", true, [300_000, 4]),
    source("PostgreSQL table → topic, schemas", "postgres", true, [250_000, null]),
    sink("topic → MariaDB upsert", "mariadb", "upsert", [70_000, 5]),
    sink("topic → PostgreSQL insert", "postgres", "insert", [150_000, 5]),
    sink("topic → PostgreSQL upsert", "postgres", "upsert", [70_000, 5]),
    {
      name: "topic → null database",
      kind: null,
      goal: [400_000, null],
      worker: (ground) => runSink(ground, undefined, topic, rows, { mode: "upsert" }, "test/bench/sql/null_main.ts"),
      bare: () => null,
    },
  ];
}

/** Runs what is wanted and prints it. `broker`: process id, for its own CPU; 0 = not ours. */
export async function sqlBench(ground: BenchGround, brokerPid: number, options: SqlBenchOptions): Promise<void> {
  const { say, rows } = options;
  const topic = `bench-sql-${Deno.pid}`;
  const runs = runsOf(rows, topic).filter((run) => options.wanted(run.name));
  const big = options.bigTableRows > 0 && options.wanted("big table");
  if (runs.length === 0 && !big) return;
  if (runs.some((run) => run.name.startsWith("topic"))) await fillTopic(ground, topic, rows);
  const lines: string[][] = [];
  for (const kind of ["mariadb", "mysql", "postgres", null] as const) {
    const own = runs.filter((run) => run.kind === kind);
    if (own.length > 0) lines.push(...await runsOn(kind, own, ground, brokerPid, options));
  }
  const head = [
    "eight columns, one task, no tuning key",
    "rows/s",
    "asked",
    "CPU s per million",
    "asked",
    "broker CPU s",
    "peak PSS",
    "of the bare loop",
    "bare rows/s",
  ];
  if (lines.length > 0) say(`\n${table(head, lines)}`);
  if (big) await bigTable(ground, options);
}

async function runsOn(
  kind: BenchDatabase | null,
  runs: readonly SqlRun[],
  ground: BenchGround,
  brokerPid: number,
  options: SqlBenchOptions,
): Promise<string[][]> {
  const server = kind === null ? undefined : await BenchServer.launch(kind);
  if (kind !== null && server === undefined) {
    options.say(`${kind} is not on this machine: ${runs.map((run) => run.name).join("; ")} left out`);
    return [];
  }
  try {
    if (runs.some((run) => !run.name.startsWith("topic"))) await server?.table(TABLE, options.rows);
    const lines: string[][] = [];
    for (const run of runs) lines.push(await lineOf(run, ground, server, brokerPid, options));
    return lines;
  } finally {
    await server?.remove();
  }
}

/** Worker and bare loop in turn, so that a machine that slows down slows both. */
async function lineOf(
  run: SqlRun,
  ground: BenchGround,
  server: BenchServer | undefined,
  brokerPid: number,
  { rows, rounds, say }: SqlBenchOptions,
): Promise<string[]> {
  const workers: WorkerResult[] = [];
  const bares: BareResult[] = [];
  const brokerCpu: number[] = [];
  // Servers and their caches are as warm for the first round as for the others.
  await run.bare(ground, server);
  await run.worker(ground, server);
  for (let round = 0; round < rounds; round++) {
    const bare = await run.bare(ground, server);
    if (bare !== null) bares.push(bare);
    const before = brokerPid === 0 ? 0 : cpuSeconds([brokerPid]);
    workers.push(await run.worker(ground, server));
    if (brokerPid !== 0) brokerCpu.push((cpuSeconds([brokerPid]) - before) / (rows / 1e6));
  }
  const rate = ({ rows, seconds }: BareResult) => rows / seconds;
  const rates = workers.map(rate);
  say(
    `${run.name}: ${
      rates.map((each, i) => `${grouped(each)}${bares[i] === undefined ? "" : ` (bare ${grouped(rate(bares[i]))})`}`).join(", ")
    } rows/s`,
  );
  return [
    run.name,
    grouped(median(rates)),
    grouped(run.goal[0]),
    median(workers.map(({ cpuSeconds }) => cpuSeconds / (rows / 1e6))).toFixed(2),
    run.goal[1] === null ? "" : String(run.goal[1]),
    brokerCpu.length === 0 ? "" : median(brokerCpu).toFixed(2),
    megabytes(Math.max(...workers.map(({ peakPss }) => peakPss))),
    bares.length === 0 ? "" : `${Math.round(100 * median(rates.map((each, i) => each / rate(bares[i] as BareResult))))} %`,
    bares.length === 0 ? "" : grouped(median(bares.map(rate))),
  ];
}

async function bigTable(ground: BenchGround, { bigTableRows, say }: SqlBenchOptions): Promise<void> {
  const server = await BenchServer.launch("mariadb");
  if (server === undefined) return say("mariadb is not on this machine: the big table is left out");
  try {
    await server.table("big", bigTableRows);
    const run = await runSource(ground, server, "big", bigTableRows, { schemas: true });
    say(`\n${
      table(["what", "measured", "asked"], [
        [`peak memory, table of ${grouped(bigTableRows)} rows`, megabytes(run.peakPss), "250 MB"],
        ["growth of memory", megabytes(run.growth), "none"],
        ["rows/s", grouped(run.rows / run.seconds), "300,000"],
      ])
    }`);
  } finally {
    await server.remove();
  }
}

function needed(server: BenchServer | undefined): BenchServer {
  if (server === undefined) throw new Error("This run needs a database server");
  return server;
}
