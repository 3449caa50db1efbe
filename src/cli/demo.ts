import { type Customer, CUSTOMER_COLUMNS, customers, customersCsv } from "./demo_data.ts";

const ROWS = 5000;
const TOPIC = "spooldir-test-topic";
const CONNECTOR = "csv_spooldir_source";
/** The whole demo takes seconds; after this long without a new record something is wrong. */
export const PATIENCE_MS = 30_000;

/** One record read back, as text. */
export interface DemoRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [name: string, value: string | null])[];
}

/** What the demo needs from the program: a worker it can `curl`, and the topic's records as they come. */
export interface DemoWorld {
  /** Base URL of the worker's REST API. */
  readonly url: string;
  readonly bootstrapServers: string;
  /** Records of a topic, in order, for as long as the signal lasts; an empty list when none came for a while. */
  records(topic: string, signal: AbortSignal): AsyncIterable<readonly DemoRecord[]>;
  say(line: string): void;
  /** Shows a line that the next one overwrites. */
  progress(line: string): void;
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** One walk the demo can show. */
export interface DemoWalk {
  /** Prepares the walk's input below `root`, then does it all over REST. Returns the differences found, none when all is well. */
  run(world: DemoWorld, root: string): Promise<readonly string[]>;
  /** Lines worth trying while the demo stays up. */
  suggestions(url: string, root: string): readonly string[];
}

/** From a file of comma-separated values to a topic. */
export const csvWalk: DemoWalk = {
  run: (world, root) => runDemo(world, prepareFolders(root)),
  suggestions,
};

/** Folders of the tutorial, made in a folder of the demo's own. */
export interface DemoFolders {
  readonly input: string;
  readonly error: string;
  readonly finished: string;
}

/** Makes the folders and puts the sample file into the input folder, complete at once. */
export function prepareFolders(root: string): DemoFolders {
  const folders = { input: `${root}/input`, error: `${root}/error`, finished: `${root}/finished` };
  for (const folder of Object.values(folders)) Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(`${root}/customers.csv`, customersCsv(customers(ROWS)));
  Deno.renameSync(`${root}/customers.csv`, `${folders.input}/customers.csv`);
  return folders;
}

/** Creates the tutorial's connector and watches every row arrive. Returns the differences found, none when all is well. */
export async function runDemo(world: DemoWorld, folders: DemoFolders): Promise<readonly string[]> {
  world.say(`A sample of ${ROWS} customers lies in ${folders.input}/customers.csv`);
  world.say(`Kafka Connect's REST API answers at ${world.url}, the broker at ${world.bootstrapServers}`);
  await createConnector(world, CONNECTOR, tutorialConfig(folders));
  const found = await collect(world, CONNECTOR, TOPIC, ROWS);
  const differences = compare(found, customers(ROWS));
  if (differences.length === 0) {
    world.say(`All ${ROWS} rows arrived in topic ${TOPIC}, in order, each byte as expected. The first record's value:`);
  }
  const first = found[0]?.value;
  if (differences.length === 0 && first) world.say(first);
  return differences;
}

function suggestions(url: string): readonly string[] {
  return [
    `curl -s ${url}/connectors/${CONNECTOR}/status`,
    `curl -s ${url}/connectors/${CONNECTOR}/offsets`,
    `curl -s -X PUT ${url}/connectors/${CONNECTOR}/pause -i`,
  ];
}

/** Creates a connector as the tutorial does. Throws with the answer when the worker refuses it. */
export async function createConnector(world: DemoWorld, name: string, config: Readonly<Record<string, string | number>>): Promise<void> {
  world.say(`Creating connector ${name}, as the tutorial does: POST ${world.url}/connectors`);
  const response = await fetch(`${world.url}/connectors`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, config }),
  });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`Cannot create the connector: the worker answered ${response.status} ${answer}`);
}

function tutorialConfig(folders: DemoFolders): Readonly<Record<string, string | number>> {
  return {
    "tasks.max": "1",
    "connector.class": "com.github.jcustenborder.kafka.connect.spooldir.SpoolDirCsvSourceConnector",
    "input.path": folders.input,
    "input.file.pattern": "^.*\\.csv$",
    "error.path": folders.error,
    "finished.path": folders.finished,
    "empty.poll.wait.ms": 1000,
    "halt.on.error": "false",
    "topic": TOPIC,
    "csv.first.row.as.header": "true",
    "schema.generation.enabled": "true",
  };
}

/** The first `wanted` records of a topic, fewer when none came for a while. Throws when the connector or a task of it fails. */
export async function collect(world: DemoWorld, connector: string, topic: string, wanted: number): Promise<readonly DemoRecord[]> {
  const found: DemoRecord[] = [];
  const enough = new AbortController();
  let last = world.now();
  for await (const records of world.records(topic, enough.signal)) {
    found.push(...records);
    if (records.length > 0) {
      last = world.now();
      world.progress(`${found.length} of ${wanted} records in ${topic}`);
    }
    if (found.length >= wanted || world.now() - last > PATIENCE_MS) break;
    if (found.length === 0) await failIfFailed(world, connector);
  }
  enough.abort();
  world.say("");
  return found;
}

/** Throws with the status when the connector or a task of it has failed. */
export async function failIfFailed(world: DemoWorld, connector: string): Promise<void> {
  const response = await fetch(`${world.url}/connectors/${connector}/status`);
  const text = await response.text();
  if (text.includes('"FAILED"')) throw new Error(`The connector failed: ${text}`);
}

/** Every difference between what arrived and what was in the file, at most ten. */
export function compare(records: readonly DemoRecord[], rows: readonly Customer[]): readonly string[] {
  const differences: string[] = [];
  if (records.length !== rows.length) differences.push(`${rows.length} rows were in the file, ${records.length} records arrived`);
  for (const [index, row] of rows.entries()) {
    if (differences.length >= 10) break;
    const expected = JSON.stringify(Object.fromEntries(CUSTOMER_COLUMNS.map((name, at) => [name, row[at]])));
    const actual = payloadOf(records[index]?.value ?? null);
    if (actual !== expected) differences.push(`Row ${index + 1}: expected ${expected}, arrived ${actual}`);
  }
  return differences;
}

/** The payload of an enveloped value, as JSON text. */
export function payloadOf(value: string | null): string {
  if (value === null) return "nothing";
  const envelope: unknown = JSON.parse(value);
  return typeof envelope === "object" && envelope !== null && "payload" in envelope ? JSON.stringify(envelope.payload) : value;
}
