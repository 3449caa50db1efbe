/** Starts that cannot work: the exit code says of which kind, one sentence says why and the way out, and nothing stays behind. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { freePort, Program, type ProgramOptions } from "../program.ts";
import { Ground } from "./ground.ts";
import { Spool } from "./spool.ts";

/** librdkafka's threads answer when they like. */
const shared = { sanitizeOps: false, sanitizeResources: false } as const;
/** Nobody listens there; a start that cannot work does not get so far. */
const NO_KAFKA = "127.0.0.1:1";

interface FailedStart {
  readonly what: string;
  readonly code: 2 | 3;
  readonly says: RegExp;
  /** Prepares the folder and gives what differs from an ordinary start. */
  readonly options: (folder: string) => Partial<ProgramOptions> | Promise<Partial<ProgramOptions>>;
}

const STARTS: readonly FailedStart[] = [
  { what: "an option nobody knows", code: 2, says: /Unknown option '--bogus'\. See sluice --help/, options: () => ({ args: ["--bogus"] }) },
  { what: "an address without a port", code: 2, says: /--listen "here" is not HOST:PORT/, options: () => ({ args: ["--listen", "here"] }) },
  {
    what: "a value of the wrong type",
    code: 2,
    says: /Invalid value soon for configuration offset\.flush\.interval\.ms: Not a number/,
    options: () => ({ settings: { "offset.flush.interval.ms": "soon" } }),
  },
  {
    what: "a converter we lack",
    code: 2,
    says: /Class io\.confluent\.connect\.avro\.AvroConverter could not be found\. .* Use org\.apache\.kafka\.connect\.json\.JsonConverter/,
    options: () => ({ settings: { "value.converter": "io.confluent.connect.avro.AvroConverter" } }),
  },
  {
    what: "a worker file that is not there",
    code: 2,
    says: /Cannot read "\S+\/absent\.properties": No such file/,
    options: (folder) => ({ args: [`${folder}/absent.properties`] }),
  },
  {
    what: "a connector file that is no JSON",
    code: 2,
    says: /Cannot use "\S+\/broken\.json": it begins like JSON, but .* position \d+/,
    options: (folder) => ({ args: [written(`${folder}/broken.json`, '{"name": "a", ')] }),
  },
  {
    what: "a connector file of an unknown class",
    code: 2,
    says: /Cannot use "\S+\/unknown\.json": Failed to find any class .* com\.example\.None/,
    options: (folder) => ({ args: [written(`${folder}/unknown.json`, '{"name": "a", "connector.class": "com.example.None"}')] }),
  },
  {
    what: "a port that is taken",
    code: 3,
    says: /Cannot listen on 127\.0\.0\.1:\d+: Address already in use; .* choose another port with --listen HOST:PORT/,
    options: () => ({ args: ["--listen", `127.0.0.1:${takenPort()}`] }),
  },
  {
    what: "an address of another machine",
    code: 3,
    says: /Cannot listen on 203\.0\.113\.1:8083: .* choose another address with --listen HOST:PORT/,
    options: () => ({ args: ["--listen", "203.0.113.1:8083"] }),
  },
  {
    what: "a taken port for the embedded broker",
    code: 3,
    says: /Cannot start the embedded Kafka on "127\.0\.0\.1:\d+": Address already in use; choose another address with --embedded-kafka/,
    options: () => ({ args: [`--embedded-kafka=127.0.0.1:${takenPort()}`] }),
  },
  {
    what: "a file for a data folder",
    code: 3,
    says: /Cannot open the store "\S+\/data\/sluice\.db", as the system said ".*": check the folder, or choose another with --data/,
    options: (folder) => ({ data: written(`${folder}/file`, "") + "/data" }),
  },
  {
    what: "a damaged store",
    code: 3,
    says: /Cannot open the store "\S+", as the file is not a database: restore it from a copy, or move it away/,
    options: async (folder) => {
      await Deno.mkdir(`${folder}/data`);
      written(`${folder}/data/sluice.db`, "This is no database, but long enough to look like one: ".repeat(40));
      return {};
    },
  },
  {
    what: "the store of another program",
    code: 3,
    says: /Cannot open the store "\S+", as it is a database of another program: choose another folder with --data/,
    options: async (folder) => {
      await Deno.mkdir(`${folder}/data`);
      using database = new DatabaseSync(`${folder}/data/sluice.db`);
      database.exec("CREATE TABLE songs (title TEXT)");
      return {};
    },
  },
];

for (const { what, code, says, options } of STARTS) {
  Deno.test({ name: `start with ${what} ends with ${code} and says why`, ...shared }, async () => {
    await inFolder(async (folder) => {
      const { exit, log } = await run(folder, await options(folder));
      assert.equal(exit, code, log);
      assert.match(log, says);
      assert.doesNotMatch(log, /\n +at /, "a sentence, not a stack");
    });
  });
}

Deno.test(
  { name: "start over a data folder that is in use ends with 3 and names the process that has it, which goes on", ...shared },
  async () => {
    await using ground = await Ground.lay();
    const { exit, log } = await run(`${ground.folder}/second`, { data: `${ground.folder}/data` });
    assert.equal(exit, 3, log);
    const holder = new RegExp(
      `as process ${ground.program.pid} on \\S+, since \\S+ holds it: stop that process, or choose another folder with --data`,
    );
    assert.match(log, holder);
    await ground.othersGoOn();
    await ground.stopsCleanly();
  },
);

Deno.test(
  { name: "start of a connector file whose folder is missing ends with 2, and the connectors that were there are kept", ...shared },
  async () => {
    await using ground = await Ground.lay();
    await ground.othersGoOn();
    const spool = await Spool.open(ground, "from-file");
    await ground.stopsCleanly();
    const config = { name: "from-file", ...spool.config({ "input.path": spool.path("nowhere") }) };
    const file = written(`${ground.folder}/connector.json`, JSON.stringify(config));
    const { exit, log } = await run(ground.folder, { args: [file], bootstrap: ground.bootstrap });
    assert.equal(exit, 2, log);
    assert.match(log, /Cannot use "\S+\/connector\.json": .*'\S+\/nowhere' must be a directory\. for configuration input\.path/s);
    await using again = await Program.start({
      data: `${ground.folder}/data`,
      log: `${ground.folder}/again.log`,
      bootstrap: ground.bootstrap,
    });
    assert.deepEqual(await again.json("GET", "/connectors"), ["healthy"]);
    await again.untilState("healthy", "RUNNING");
    assert.equal(await again.stop(), 0);
  },
);

/** Starts the program and waits for its end. */
async function run(folder: string, options: Partial<ProgramOptions>): Promise<{ readonly exit: number; readonly log: string }> {
  await Deno.mkdir(folder, { recursive: true });
  const log = `${folder}/start.log`;
  await using program = await Program.launch({ bootstrap: NO_KAFKA, data: `${folder}/data`, log, ...options });
  const overdue = setTimeout(() => program.kill(), 20_000);
  const exit = await program.exit;
  clearTimeout(overdue);
  return { exit, log: await program.log() };
}

/** The port of somebody else, which lives as long as this process. */
function takenPort(): number {
  const port = freePort();
  Deno.listen({ hostname: "127.0.0.1", port }).unref();
  return port;
}

function written(path: string, text: string): string {
  Deno.writeTextFileSync(path, text);
  return path;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-start-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
