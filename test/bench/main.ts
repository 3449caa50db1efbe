/**
 * `deno task bench`: how fast, how much processor, how much memory, against a real Kafka on this machine, with the bare loop run in the
 * same minutes as the yardstick. Rows are counted in the topic.
 *
 *   --short            a smoke run: few rows, one round, a small big file
 *   --rows N           rows per run, default 1,000,000
 *   --rounds N         rounds of each run, worker and bare loop in turn; the median counts. Default 3
 *   --big-file MB      size of the file whose memory is watched, default 5000; 0 leaves it out
 *   --big-table N      rows of the table whose reader's memory is watched, default 10,000,000; 0 leaves it out
 *   --only TEXT        only runs whose name holds this: CSV, table, topic, start, rest, big file, big table
 *   --bootstrap H:P    a Kafka that runs already, else one is started
 *
 * Needs about 13 GB in the temp folder (4 GB with --big-file 0), all of it freed in the end.
 */
import { parseArgs } from "node:util";
import { TestBroker } from "../broker.ts";
import { cpuSeconds } from "../processes.ts";
import { kafkaJars } from "../maven_kafka.ts";
import { Topics } from "../topics.ts";
import type { BareResult } from "./bare_loop.ts";
import { writeCsv, writeRepeatedCsv } from "./csv_rows.ts";
import { type BenchGround, expectSameRecords, runBare, runRest, type RunShape, runStart, runWorker, type WorkerResult } from "./runs.ts";
import { sqlBench } from "./sql/sql_bench.ts";
import { grouped, median, megabytes, percentile, table } from "./table.ts";

/** A row of the table of speeds, with what is asked for: rows per second and CPU seconds per million. */
interface SpeedRun {
  readonly name: string;
  readonly shape: RunShape;
  readonly goal: readonly [rowsPerSecond: number, cpuPerMillion: number];
}

const SPEED_RUNS: readonly SpeedRun[] = [
  { name: "CSV typed, schemas, eight headers", shape: { typed: true, schemas: true, headers: true }, goal: [200_000, 7] },
  { name: "CSV text, schemas, eight headers", shape: { typed: false, schemas: true, headers: true }, goal: [200_000, 7] },
  { name: "CSV typed, no schemas, eight headers", shape: { typed: true, schemas: false, headers: true }, goal: [220_000, 6] },
  { name: "CSV typed, schemas, no headers", shape: { typed: true, schemas: true, headers: false }, goal: [350_000, 4] },
];
const START_ROUNDS = 5;
/** Runs that only make the broker's JVM compile what it needs. */
const WARM_UPS = 3;

const { values: options } = parseArgs({
  options: {
    "short": { type: "boolean", default: false },
    "rows": { type: "string" },
    "rounds": { type: "string" },
    "big-file": { type: "string" },
    "big-table": { type: "string" },
    "only": { type: "string", default: "" },
    "bootstrap": { type: "string" },
  },
});
const rows = Number(options.rows ?? (options.short ? 50_000 : 1_000_000));
const rounds = Number(options.rounds ?? (options.short ? 1 : 3));
const bigTableRows = Number(options["big-table"] ?? (options.short ? 0 : 10_000_000));
const bigFileBytes = 1e6 * Number(options["big-file"] ?? (options.short ? 100 : 5000));

/** One round of a run. */
interface Round {
  readonly worker: WorkerResult;
  /** Mean of the one before and the one after. */
  readonly bare: BareResult;
  /** CPU seconds of the broker while the worker ran; undefined for one that was not started here. */
  readonly brokerCpu: number | undefined;
}

async function main(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-bench-" });
  const broker = options.bootstrap === undefined ? await startBroker() : undefined;
  const bootstrap = options.bootstrap ?? broker?.bootstrap ?? "";
  const cleanUp = async () => {
    await broker?.remove();
    await Deno.remove(folder, { recursive: true });
  };
  Deno.addSignalListener("SIGINT", () => cleanUp().then(() => Deno.exit(130)));
  try {
    await using topics = new Topics(bootstrap);
    const ground = { bootstrap, folder, topics };
    const file = `${folder}/rows.csv`;
    const bytes = needsFile() ? await writeCsv(file, rows) : 0;
    say(`${grouped(rows)} rows${bytes === 0 ? "" : ` of ${Math.round(bytes / rows)} bytes`}, ${rounds} round(s), Kafka at ${bootstrap}\n`);
    await speeds(ground, file, broker);
    await others(ground, file);
    await sqlBench(ground, broker?.pid ?? 0, { rows, rounds, bigTableRows, wanted, say });
  } finally {
    await cleanUp();
  }
}

async function speeds(ground: BenchGround, file: string, broker: TestBroker | undefined): Promise<void> {
  const runs = SPEED_RUNS.filter((run) => wanted(run.name));
  if (runs.length === 0) return;
  for (let i = 0; i < WARM_UPS; i++) await runBare(ground, file, rows, { typed: true, schemas: true, headers: true });
  const lines: string[][] = [];
  for (const run of runs) {
    await expectSameRecords(ground, run.shape);
    const done = await roundsOf(ground, file, run.shape, broker);
    lines.push(speedLine(run, done));
    say(
      `${run.name}: ${
        done.map(({ worker, bare }) => `${grouped(worker.rows / worker.seconds)} (bare ${grouped(bare.rows / bare.seconds)})`).join(", ")
      } rows/s`,
    );
  }
  const head = [
    "CSV, 10 columns → topic, one task",
    "rows/s",
    "asked",
    "CPU s per million",
    "asked",
    "broker CPU s",
    "peak PSS",
    "of the bare loop",
    "bare rows/s",
    "bare CPU s",
  ];
  say(`\n${table(head, lines)}`);
}

/** The bare loop runs before and after each run of the worker, so that a machine that slows down slows both. */
async function roundsOf(ground: BenchGround, file: string, shape: RunShape, broker: TestBroker | undefined): Promise<Round[]> {
  const done: Round[] = [];
  let before = await runBare(ground, file, rows, shape);
  for (let round = 0; round < rounds; round++) {
    const brokerBefore = broker === undefined ? 0 : cpuSeconds([broker.pid]);
    const worker = await runWorker(ground, file, rows, shape);
    const brokerCpu = broker === undefined ? undefined : cpuSeconds([broker.pid]) - brokerBefore;
    const after = await runBare(ground, file, rows, shape);
    const bare = { rows, seconds: (before.seconds + after.seconds) / 2, cpuSeconds: (before.cpuSeconds + after.cpuSeconds) / 2 };
    done.push({ bare, worker, brokerCpu });
    before = after;
  }
  return done;
}

function speedLine({ name, goal }: SpeedRun, done: readonly Round[]): string[] {
  const rate = ({ rows, seconds }: BareResult) => rows / seconds;
  const cost = ({ rows, cpuSeconds }: BareResult) => cpuSeconds / (rows / 1e6);
  const workers = done.map((round) => round.worker), bares = done.map((round) => round.bare);
  const brokerCpu = done.flatMap((round) => round.brokerCpu ?? []).map((seconds) => seconds / (rows / 1e6));
  return [
    name,
    grouped(median(workers.map(rate))),
    grouped(goal[0]),
    median(workers.map(cost)).toFixed(2),
    String(goal[1]),
    brokerCpu.length === 0 ? "" : median(brokerCpu).toFixed(2),
    megabytes(Math.max(...workers.map((worker) => worker.peakPss))),
    `${Math.round(100 * median(done.map(({ worker, bare }) => rate(worker) / rate(bare))))} %`,
    grouped(median(bares.map(rate))),
    median(bares.map(cost)).toFixed(2),
  ];
}

async function others(ground: BenchGround, file: string): Promise<void> {
  const lines: string[][] = [];
  if (wanted("start")) lines.push(...await startLines(ground, file));
  if (wanted("rest")) {
    const took = await runRest(ground, file, rows);
    lines.push([`REST p99, two tasks at full speed (${took.length} requests)`, `${percentile(took, 0.99).toFixed(0)} ms`, "50 ms"]);
  }
  if (wanted("big file") && bigFileBytes > 0) lines.push(...await bigFileLines(ground));
  if (lines.length > 0) say(`\n${table(["what", "measured", "asked"], lines)}`);
}

async function startLines(ground: BenchGround, file: string): Promise<string[][]> {
  const starts = [];
  for (let i = 0; i < (options.short ? 1 : START_ROUNDS); i++) starts.push(await runStart(ground, file));
  return [
    ["start to REST answering", `${median(starts.map((start) => start.restMs)).toFixed(0)} ms`, "500 ms"],
    ["posted connector to RUNNING", `${median(starts.map((start) => start.runningMs)).toFixed(0)} ms`, "1000 ms"],
    ["memory when idle (PSS of all processes)", megabytes(median(starts.map((start) => start.idlePss))), "100 MB"],
  ];
}

async function bigFileLines(ground: BenchGround): Promise<string[][]> {
  const big = `${ground.folder}/big.csv`;
  const bigRows = await writeRepeatedCsv(big, bigFileBytes);
  const run = await runWorker(ground, big, bigRows, { typed: true, schemas: true, headers: true });
  const name = `file of ${megabytes(bigFileBytes)}, ${grouped(bigRows)} rows`;
  return [
    [`peak memory, ${name}`, megabytes(run.peakPss), "250 MB"],
    [`growth of memory, ${name}`, megabytes(run.growth), "none"],
    [`rows/s, ${name}`, grouped(run.rows / run.seconds), "200,000"],
  ];
}

async function startBroker(): Promise<TestBroker> {
  const jars = await kafkaJars(say);
  if ("missing" in jars) throw new Error(`The bench needs a real Kafka: ${jars.missing}; or name one with --bootstrap HOST:PORT`);
  return await TestBroker.launch(jars.folder, { heapMb: 1024, quick: false });
}

/** Runs without a database read this. */
function needsFile(): boolean {
  return [...SPEED_RUNS.map((run) => run.name), "start", "rest"].some(wanted);
}

function wanted(name: string): boolean {
  return name.includes(options.only);
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) await main();
