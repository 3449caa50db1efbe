/**
 * `deno task test [options] [test files or folders …]`: types, then all suites, with what they need started once and ended at the end.
 *
 *   --no-check       leave the types alone
 *   --no-broker      start no Kafka: what needs one is skipped by name
 *   --no-databases   start no database servers: the same
 *   --full           crash loops in full length (20 kills in a file of 1,000,000 rows)
 *   --filter TEXT    only tests whose name holds this
 *
 * `SLUICE_TEST_BROKER=HOST:PORT` names a Kafka that runs already, `SLUICE_TEST_MARIADB`, `…_MYSQL` and `…_POSTGRES` (`user:password@host:port`)
 * a database server. The last line is always `N passed, N failed, N skipped`.
 */
import { parseArgs } from "node:util";
import { TestBroker } from "./broker.ts";
import { exists, filesBelow, TOP } from "./checks/repository.ts";
import { DatabaseServer } from "./database_server.ts";
import type { DatabaseKind } from "./databases.ts";
import { signalIfThere } from "./leash.ts";
import { kafkaJars } from "./maven_kafka.ts";
import { readRun, report, type Results, sum } from "./results.ts";

/** Folders whose tests neither start processes nor share anything: they run side by side. The others run one after the other. */
const SIDE_BY_SIDE = ["unit", "checks", "conformance", "rest", "state"];
/** A group of tests that takes longer hangs, and counts as failed. */
const GROUP_MS = 20 * 60_000;

const { values: options, positionals: wanted } = parseArgs({
  args: Deno.args,
  options: {
    "no-check": { type: "boolean" },
    "no-broker": { type: "boolean" },
    "no-databases": { type: "boolean" },
    "full": { type: "boolean" },
    "filter": { type: "string" },
  },
  allowPositionals: true,
});

const encoder = new TextEncoder();
const KINDS = ["mariadb", "mysql", "postgres"] as const;
/** What is started once for all tests; undefined where there is none to end. */
type Server = TestBroker | DatabaseServer | undefined;
/** Process ids of what runs right now, for an interrupt. */
const running = new Set<number>();

if (import.meta.main) Deno.exit(await main());

async function main(): Promise<number> {
  const servers = Promise.all([startBroker(), ...KINDS.map(startDatabase)]);
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => interrupt(servers));
  try {
    const results = sum(await everything(servers));
    say(report(results).trimEnd());
    return results.failed > 0 ? 1 : 0;
  } finally {
    await removeAll(servers);
  }
}

async function everything(servers: Promise<unknown>): Promise<Results[]> {
  const failure: Results = { passed: 0, failed: 1, skipped: [] };
  const ours = ["main.ts", "connectors", "src", "test"].filter((path) => exists(`${TOP}/${path}`));
  if (!options["no-check"] && !await deno("the types are wrong", ["check", "--quiet", ...ours])) return [failure];
  if (exists(`${TOP}/main.ts`) && !await deno("librdkafka cannot be had", ["run", "-A", "--no-check", "main.ts", "setup"])) {
    return [failure];
  }
  await servers;
  const groups = groupsOf(wanted.length > 0 ? wanted : ["test"]);
  const results: Results[] = [];
  for (const group of groups) if (group.files.length > 0) results.push(await runGroup(group));
  return results;
}

interface Group {
  readonly flags: readonly string[];
  readonly files: readonly string[];
}

/** Two groups: what may run side by side, examples in doc comments included, and the rest. */
function groupsOf(paths: readonly string[]): Group[] {
  const files = paths.flatMap((path) => path.endsWith(".ts") ? [`${TOP}/${path}`] : [...filesBelow(`${TOP}/${path}`)])
    .filter((file) => file.endsWith("_test.ts")).map((file) => file.slice(TOP.length + 1)).sort();
  const light = files.filter((file) => SIDE_BY_SIDE.includes(file.split("/")[1] as string));
  const examples = wanted.length > 0 ? [] : filesWithExamples();
  return [
    { flags: ["--parallel", ...(examples.length > 0 ? ["--doc"] : [])], files: [...light, ...examples] },
    { flags: [], files: files.filter((file) => !light.includes(file)) },
  ];
}

function filesWithExamples(): string[] {
  const sources = [...filesBelow(`${TOP}/src`), ...filesBelow(`${TOP}/connectors`)].filter((file) => file.endsWith(".ts"));
  return sources.filter((file) => /^ *\* ```ts/m.test(Deno.readTextFileSync(file))).map((file) => file.slice(TOP.length + 1)).sort();
}

async function runGroup(group: Group): Promise<Results> {
  const junit = await Deno.makeTempFile({ prefix: "sluice-junit-" });
  const filter = options.filter === undefined ? [] : ["--filter", options.filter];
  const args = ["test", "-A", "--no-check", ...group.flags, ...filter, `--junit-path=${junit}`, ...group.files];
  try {
    const child = start(args, "piped");
    const overdue = setTimeout(() => {
      say(`These tests did not end within ${GROUP_MS / 60_000} minutes: ${group.files.join(" ")}`);
      signalIfThere(child.pid, "SIGKILL");
    }, GROUP_MS);
    const output = await echo(child.stdout);
    const { success } = await child.status;
    clearTimeout(overdue);
    return readRun(output, await Deno.readTextFile(junit), success);
  } finally {
    await Deno.remove(junit);
  }
}

/** The broker of the whole run, started while types are checked. What tests are told of it goes through the environment. */
async function startBroker(): Promise<TestBroker | undefined> {
  if (options.full) Deno.env.set("SLUICE_TEST_FULL", "1");
  if (Deno.env.get("SLUICE_TEST_BROKER")) return undefined;
  const jars = options["no-broker"] ? { missing: "no broker wanted" } : await kafkaJars(say);
  if ("missing" in jars) {
    Deno.env.set("SLUICE_TEST_BROKER_MISSING", jars.missing);
    return undefined;
  }
  const broker = await TestBroker.launch(jars.folder);
  Deno.env.set("SLUICE_TEST_BROKER", broker.bootstrap);
  return broker;
}

/** A database server of the whole run; the same way. */
async function startDatabase(kind: DatabaseKind): Promise<DatabaseServer | undefined> {
  const variable = `SLUICE_TEST_${kind.toUpperCase()}`;
  if (Deno.env.get(variable)) return undefined;
  const server = options["no-databases"] ? { missing: "no databases wanted" } : await DatabaseServer.launch(kind);
  if ("missing" in server) {
    Deno.env.set(`${variable}_MISSING`, server.missing);
    return undefined;
  }
  Deno.env.set(variable, server.address);
  return server;
}

/** Runs a step before the tests; says what it means when it fails. */
async function deno(failure: string, args: string[]): Promise<boolean> {
  const { success } = await start(args, "inherit").status;
  if (!success) say(`No test was run: ${failure}`);
  return success;
}

/** Starts the Deno that runs this. */
function start(args: readonly string[], stdout: "piped" | "inherit"): Deno.ChildProcess {
  const env = { NO_COLOR: "1" }; // the counts are read from the output
  const child = new Deno.Command(Deno.execPath(), { args: [...args], cwd: TOP, env, stdin: "null", stdout, stderr: "inherit" }).spawn();
  running.add(child.pid);
  child.status.then(() => running.delete(child.pid));
  return child;
}

/** Passes output on as it comes and returns all of it. */
async function echo(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    Deno.stdout.writeSync(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

/** Tests get the chance to clean up; what they started is on a leash and ends with them. */
async function interrupt(servers: Promise<readonly Server[]>): Promise<void> {
  for (const pid of running) signalIfThere(pid, "SIGTERM");
  await removeAll(servers);
  Deno.exit(130);
}

async function removeAll(servers: Promise<readonly Server[]>): Promise<void> {
  await Promise.all((await servers).map((server) => server?.remove()));
}

function say(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}
