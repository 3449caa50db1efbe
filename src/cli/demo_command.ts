import { systemClock } from "../base/clock.ts";
import type { ReadRecord } from "../kafka/consumer.ts";
import { parseArguments, UsageError } from "./arguments.ts";
import { csvWalk, type DemoRecord, type DemoWalk, type DemoWorld } from "./demo.ts";
import { jdbcWalk } from "./demo_jdbc.ts";
import { type RunningWorker, serve } from "./serve.ts";
import { gatherSettings } from "./settings.ts";

const HELP = `Usage: deno task demo [csv|jdbc] [--once]

Starts a worker and a broker on this machine and walks the tutorial through the REST API; then stays up until Ctrl-C. --once ends
after checking that every row arrived: 0 when they did.

  csv    the default: a CSV file becomes records of a topic
  jdbc   a table becomes records of a topic, and the topic a table; both in a SQLite file, so that nothing has to be installed

Everything is kept in a temporary folder that goes away at the end.
`;

const WALKS: Readonly<Record<string, DemoWalk>> = { csv: csvWalk, jdbc: jdbcWalk };

/** Between two looks at the topic while nothing comes. */
const WAIT_MS = 100;

const encoder = new TextEncoder();

/** The command `demo`. Returns the exit code: 0 when every row arrived, 1 with the differences, 2 for a wrong argument. */
export async function runDemoCommand(args: readonly string[], mainModule: string): Promise<number> {
  if (args.includes("--help")) return print(HELP), 0;
  const [name, ...others] = args.filter((arg) => arg !== "--once");
  const walk = WALKS[name ?? "csv"];
  const strange = walk === undefined ? name : others[0];
  if (walk === undefined || strange !== undefined) throw new UsageError(`demo: "${strange}" is not an option. See deno task demo --help`);
  const root = Deno.makeTempDirSync({ prefix: "sluice-demo-" });
  try {
    return await demo(walk, root, args.includes("--once"), mainModule);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

async function demo(walk: DemoWalk, root: string, once: boolean, mainModule: string): Promise<number> {
  const options = ["--embedded-kafka", "--data", `${root}/data`, "--log-level", "warning"];
  const settings = gatherSettings(parseArguments(options), {});
  const worker = await serve(settings, { mainModule, nextFreePort: true });
  try {
    const differences = await walk.run(worldOf(worker), root);
    for (const difference of differences) print(`${difference}\n`);
    if (differences.length > 0) return 1;
    if (once) return 0;
    const lines = walk.suggestions(worker.url, root).map((line) => `  ${line}\n`);
    print(`\nThe worker stays up; Ctrl-C ends it. Try, in another terminal:\n${lines.join("")}`);
    return await worker.ended;
  } finally {
    await worker.shutdown();
  }
}

function worldOf(worker: RunningWorker): DemoWorld {
  return {
    url: worker.url,
    bootstrapServers: worker.bootstrapServers,
    records: (topic, signal) => readTopic(worker.bootstrapServers, topic, signal),
    say: (line) => print(`${line}\n`),
    progress: (line) => print(Deno.stdout.isTerminal() ? `\r${line}` : ""),
    now: systemClock.now,
    sleep: (ms) => systemClock.sleep(ms),
  };
}

/** Records from the topic's beginning; waits for the topic to be made. */
async function* readTopic(bootstrapServers: string, topic: string, signal: AbortSignal): AsyncIterable<readonly DemoRecord[]> {
  const { KafkaAdmin, TopicReader } = await import("../kafka/mod.ts");
  const properties = { "bootstrap.servers": bootstrapServers };
  const admin = new KafkaAdmin(properties, () => {});
  let reader: InstanceType<typeof TopicReader> | undefined;
  try {
    while (!signal.aborted) {
      const made = reader === undefined ? await admin.describeTopic(topic) : undefined;
      if (made !== undefined) reader = new TopicReader(properties, topic, made.partitions);
      if (reader === undefined) await systemClock.sleep(WAIT_MS, signal);
      else await reader.wakeup(WAIT_MS, signal);
      yield reader?.read().map(asText) ?? [];
    }
  } finally {
    reader?.close();
    admin.close();
  }
}

function asText({ key, value, headers }: ReadRecord): DemoRecord {
  return { key: textOf(key), value: textOf(value), headers: headers.map((header) => [header.name, textOf(header.value)] as const) };
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : new TextDecoder().decode(bytes);
}

function print(text: string): void {
  Deno.stdout.writeSync(encoder.encode(text));
}
