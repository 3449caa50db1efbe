/** The runs of the bench, each against a worker of its own. */
import { TOP } from "../checks/repository.ts";
import { familyOf, pssBytes } from "../processes.ts";
import { Program } from "../program.ts";
import type { Topics } from "../topics.ts";
import { pause, until } from "../until.ts";
import type { BareResult } from "./bare_loop.ts";
import { COLUMNS, writeCsv } from "./csv_rows.ts";
import { Sampler } from "./sampler.ts";

/** How records of a run look. */
export interface RunShape {
  readonly typed: boolean;
  readonly schemas: boolean;
  readonly headers: boolean;
}

/** What all runs share. */
export interface BenchGround {
  readonly bootstrap: string;
  /** Folder for everything the runs write. */
  readonly folder: string;
  readonly topics: Topics;
}

/** One run of the worker. */
export interface WorkerResult {
  readonly rows: number;
  /** From the request that creates the connector to the last row in the topic. */
  readonly seconds: number;
  /** Of all processes of the worker in that time. */
  readonly cpuSeconds: number;
  readonly peakPss: number;
  readonly growth: number;
}

/** Rows of the file on which worker and bare loop must write the same. */
const COMPARED_ROWS = 1_000;
const LONGEST_RUN_MS = 30 * 60_000;
const IDLE_MS = 3_000;
let runs = 0;

/** Throws unless the bare loop writes the very records the worker writes: a yardstick that does less would flatter nobody but itself. */
export async function expectSameRecords(ground: BenchGround, shape: RunShape): Promise<void> {
  const file = `${ground.folder}/compared.csv`;
  await writeCsv(file, COMPARED_ROWS);
  const bare = await freshTopic(ground), worker = await freshTopic(ground);
  await runBare(ground, file, COMPARED_ROWS, shape, bare);
  await runWorker(ground, file, COMPARED_ROWS, shape, { topics: [worker] });
  const [wanted, found] = [await shown(ground, bare), await shown(ground, worker)];
  for (const [i, record] of wanted.entries()) {
    if (record !== found[i]) throw new Error(`Record ${i} differs: the bare loop wrote\n${record}\nthe worker\n${found[i]}`);
  }
}

/** Key, value and names of headers of every record. What headers hold differs by folder. */
async function shown(ground: BenchGround, topic: string): Promise<string[]> {
  const text = new TextDecoder();
  const records = await ground.topics.all(topic);
  return records.map(({ key, value, headers }) =>
    [text.decode(key ?? undefined), text.decode(value ?? undefined), ...headers.map((header) => header.name).sort()].join("\n")
  );
}

/** File → topic by the bare loop, in a process of its own. */
export async function runBare(ground: BenchGround, file: string, rows: number, shape: RunShape, into?: string): Promise<BareResult> {
  const topic = into ?? await freshTopic(ground);
  const flags = [shape.typed ? "--typed" : "", shape.schemas ? "" : "--no-schemas", shape.headers ? "--headers" : ""].filter((flag) =>
    flag
  );
  const script = `${TOP}/test/bench/bare_loop.ts`;
  const args = ["run", "-A", "--no-check", script, "--bootstrap", ground.bootstrap, "--file", file, "--topic", topic, ...flags];
  // Task hosts run at this priority, so the yardstick does: on a busy machine anything else would be no comparison.
  const nice = ["-n", "10", Deno.execPath(), ...args];
  const done = await new Deno.Command("nice", { args: nice, stdout: "piped", stderr: "inherit", cwd: TOP }).output();
  if (!done.success) throw new Error("The bare loop failed");
  const result: BareResult = JSON.parse(new TextDecoder().decode(done.stdout));
  expectRows(await ground.topics.count(topic), rows);
  return result;
}

/** What a run of the worker may have besides. */
export interface WorkerRunOptions {
  /** One connector for each, of one task. Default: one, with a fresh topic. */
  readonly topics?: readonly string[];
  /** Runs again and again meanwhile. */
  readonly watch?: (program: Program) => Promise<void>;
}

/** The same by a worker with SpoolDir connectors and no tuning key. */
export async function runWorker(
  ground: BenchGround,
  file: string,
  rows: number,
  shape: RunShape,
  options: WorkerRunOptions = {},
): Promise<WorkerResult> {
  await using program = await startWorker(ground);
  const topics = options.topics ?? [await freshTopic(ground)];
  const watch = options.watch ?? (() => Promise.resolve());
  const folders = await Promise.all(topics.map((topic) => inputFolder(ground, file, topic)));
  const sampler = new Sampler(program.pid);
  const started = performance.now();
  for (const [i, topic] of topics.entries()) await program.put(topic, connectorConfig(folders[i] as string, topic, shape));
  const ended = new AbortController();
  const watching = Promise.all([watchUntil(ended.signal, () => watch(program)), failWithTask(ended.signal, program, topics)]);
  await Promise.race([watching, allArrived(ground.topics, topics, rows)]);
  const seconds = (performance.now() - started) / 1000;
  const seen = sampler.stop();
  ended.abort();
  await watching;
  for (const topic of topics) expectRows(await ground.topics.count(topic), rows);
  await program.stop();
  return { rows: rows * topics.length, seconds, ...seen };
}

/** Milliseconds from start to REST, from a posted connector to RUNNING, and the memory of a worker that has nothing to do. */
export async function runStart(ground: BenchGround, file: string): Promise<{ restMs: number; runningMs: number; idlePss: number }> {
  const started = performance.now();
  await using program = await startWorker(ground);
  const restMs = performance.now() - started;
  await pause(IDLE_MS);
  const idlePss = pssBytes(familyOf(program.pid));
  const topic = await freshTopic(ground);
  const folder = await inputFolder(ground, file, topic);
  const posted = performance.now();
  await program.put(topic, connectorConfig(folder, topic, { typed: false, schemas: true, headers: true }));
  await program.untilState(topic, "RUNNING");
  const runningMs = performance.now() - posted;
  await program.stop();
  return { restMs, runningMs, idlePss };
}

/** Milliseconds each of many requests took while two tasks ran at full speed. */
export async function runRest(ground: BenchGround, file: string, rows: number): Promise<number[]> {
  const took: number[] = [];
  const ask = async (program: Program) => {
    const started = performance.now();
    await program.ask("GET", took.length % 2 === 0 ? "/connectors?expand=status" : "/connectors");
    took.push(performance.now() - started);
    await pause(10);
  };
  await runWorker(ground, file, rows, { typed: true, schemas: true, headers: true }, {
    topics: [await freshTopic(ground), await freshTopic(ground)],
    watch: ask,
  });
  return took;
}

function startWorker(ground: BenchGround): Promise<Program> {
  return Program.start({ bootstrap: ground.bootstrap, data: `${ground.folder}/data-${++runs}` });
}

async function freshTopic(ground: BenchGround): Promise<string> {
  const topic = `bench-${Deno.pid}-${++runs}`;
  await ground.topics.create(topic);
  return topic;
}

/** A folder with the file in it, by a hard link: the worker moves it away. */
async function inputFolder(ground: BenchGround, file: string, topic: string): Promise<string> {
  const folder = `${ground.folder}/${topic}`;
  for (const name of ["in", "finished", "error"]) await Deno.mkdir(`${folder}/${name}`, { recursive: true });
  await Deno.link(file, `${folder}/in/rows.csv`);
  return folder;
}

function connectorConfig(folder: string, topic: string, shape: RunShape): Record<string, string> {
  return {
    "connector.class": "com.github.jcustenborder.kafka.connect.spooldir.SpoolDirCsvSourceConnector",
    "tasks.max": "1",
    "topic": topic,
    "input.path": `${folder}/in`,
    "finished.path": `${folder}/finished`,
    "error.path": `${folder}/error`,
    "input.file.pattern": "^.*\\.csv$",
    "csv.first.row.as.header": "true",
    ...(shape.typed ? { "key.schema": keySchema(), "value.schema": valueSchema() } : { "schema.generation.enabled": "true" }),
    ...(shape.schemas ? {} : { "key.converter.schemas.enable": "false", "value.converter.schemas.enable": "false", ...CONVERTERS }),
    ...(shape.headers ? {} : { "sluice.headers.enable": "false" }),
  };
}

const CONVERTERS = {
  "key.converter": "org.apache.kafka.connect.json.JsonConverter",
  "value.converter": "org.apache.kafka.connect.json.JsonConverter",
};

function keySchema(): string {
  return JSON.stringify({ name: "com.github.jcustenborder.kafka.connect.model.Key", type: "STRUCT", isOptional: false, fieldSchemas: {} });
}

function valueSchema(): string {
  const fieldSchemas = Object.fromEntries(COLUMNS.map(({ name, type }) => [name, fieldSchema(type)]));
  return JSON.stringify({ name: "com.github.jcustenborder.kafka.connect.model.Value", type: "STRUCT", isOptional: false, fieldSchemas });
}

function fieldSchema(type: string): Record<string, unknown> {
  const logical = { isOptional: true, version: 1 };
  if (type === "TIMESTAMP") return { name: "org.apache.kafka.connect.data.Timestamp", type: "INT64", ...logical };
  if (type === "DECIMAL") return { name: "org.apache.kafka.connect.data.Decimal", type: "BYTES", parameters: { scale: "2" }, ...logical };
  return { type, isOptional: true };
}

async function allArrived(all: Topics, topics: readonly string[], rows: number): Promise<void> {
  for (const topic of topics) {
    await until(`${rows} rows in ${topic}`, async () => await all.count(topic) >= rows ? true : undefined, LONGEST_RUN_MS);
  }
}

async function watchUntil(signal: AbortSignal, watch: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await watch();
    await pause(1);
  }
}

/** A failed task would leave the run waiting for rows that never come. */
async function failWithTask(signal: AbortSignal, program: Program, connectors: readonly string[]): Promise<void> {
  while (!signal.aborted) {
    for (const name of connectors) {
      const failed = (await program.status(name))?.tasks.find((task) => task.state === "FAILED");
      if (failed !== undefined) throw new Error(`The task failed: ${failed.trace}`);
    }
    await pause(1_000);
  }
}

function expectRows(found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`The topic holds ${found} records, the file ${wanted} rows`);
}
