/** Files that are not as they should be: each fails alone, says where and why, and every other row arrives. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { familyOf, pssBytes } from "../processes.ts";
import { Ground } from "./ground.ts";
import { idsFrom, type Overrides, rows, Spool } from "./spool.ts";

/** librdkafka's threads answer when they like, and the ground outlives its tests. */
const shared = { sanitizeOps: false, sanitizeResources: false } as const;
const encoder = new TextEncoder();
/** The reader's own limit for a row is 16 MiB. */
const LONG_LINE_BYTES = 100 * 1024 * 1024;
const ODD_MEMORY_BYTES = 400 * 1024 * 1024;
const TYPED: Overrides = {
  "schema.generation.enabled": "false",
  "key.schema": '{"name":"Key","type":"STRUCT","isOptional":false,"fieldSchemas":{}}',
  "value.schema":
    '{"name":"Value","type":"STRUCT","isOptional":false,"fieldSchemas":{"id":{"type":"INT32","isOptional":true},"text":{"type":"STRING","isOptional":true}}}',
};

let ground: Ground;
Deno.test.beforeAll(async () => {
  ground = await Ground.lay();
});
Deno.test.afterAll(() => ground[Symbol.asyncDispose]());

/** One kind of bad file. */
interface BadFile {
  readonly what: string;
  /** Connector and topic. */
  readonly name: string;
  readonly file?: string;
  readonly content: string | Uint8Array;
  readonly overrides?: Overrides;
  /** What the trace must say. */
  readonly says: RegExp;
  /** Rows delivered, with the bad ones skipped, under `errors.tolerance=all`; undefined: the file has no further rows to tell apart. */
  readonly tolerated?: readonly string[];
}

const LONG_FILE = `id,text\n${rows(1, 2200)}2201\n${rows(2202, 2600)}`;
const CASES: readonly BadFile[] = [
  {
    what: "a short row",
    name: "short-row",
    content: "id,text\n1,a\n2\n3,c\n",
    says: /the row in line 3 has 1 of 2 columns/,
    tolerated: ["1", "3"],
  },
  {
    what: "a short row behind many good ones",
    name: "late-short-row",
    content: LONG_FILE,
    says: /the row in line 2202 has 1 of 2 columns/,
    tolerated: [...idsFrom(1, 2200), ...idsFrom(2202, 2600)],
  },
  {
    what: "an unclosed quote",
    name: "open-quote",
    content: 'id,text\n1,a\n2,"b\n3,c\n4,d\n',
    says: /Unterminated quoted field at end of CSV line[^]*The row begins in line 3/,
  },
  {
    what: "a value of the wrong type",
    name: "wrong-type",
    content: "id,text\n1,a\nx,b\n3,c\n",
    overrides: TYPED,
    says: /Exception thrown while parsing data for 'id'.*line 3, column 1, INT32 expected[^]*Could not parse 'x' to 'Integer'/,
    tolerated: ["1", "3"],
  },
];

for (const bad of CASES) {
  Deno.test(
    { name: `file with ${bad.what} fails its task by file and line, and a restart goes on with the next file`, ...shared },
    async () => {
      const spool = await Spool.open(ground, bad.name);
      await spool.drop("bad.csv", bad.content);
      await spool.connect(bad.overrides);
      const trace = await ground.failure(bad.name);
      assert.match(trace, bad.says);
      assert.ok(trace.includes(`${spool.path("in")}/bad.csv`), "the trace names the file");
      assert.match(trace, /Put it right and back into input\.path/);
      assert.deepEqual(await contentOf(spool, "error", "bad.csv"), bytesOf(bad.content), "the file is kept as it was");
      const before = await spool.ids();
      assert.deepEqual(before, idsFrom(1, before.length), "rows before the bad one may be there, in order");

      await spool.drop("next.csv", "id,text\n10001,a\n10002,b\n");
      await restart(bad.name);
      await spool.delivers([...before, "10001", "10002"]);
      await ground.othersGoOn();
    },
  );

  Deno.test({ name: `file with ${bad.what} is put aside with an error in the log when halt.on.error=false`, ...shared }, async () => {
    const name = `${bad.name}-aside`;
    const spool = await Spool.open(ground, name);
    await spool.drop("a-bad.csv", bad.content);
    await spool.drop("b-good.csv", "id,text\n10001,a\n10002,b\n");
    await spool.connect({ ...bad.overrides, "halt.on.error": "false" });
    await spool.has("finished", "b-good.csv");
    assert.deepEqual(spool.files("error"), ["a-bad.csv"]);
    assert.match(await ground.logged(new RegExp(`ERROR \\[${name}\\|task-0\\] Exception encountered processing`)), /a-bad\.csv/);
    assert.match(await logOf(name), bad.says);
    const before = idsFrom(1, bad.name === "late-short-row" ? 2000 : 0);
    await spool.delivers([...before, "10001", "10002"]);
    assert.equal((await ground.program.status(name))?.tasks[0]?.state, "RUNNING");
    await ground.othersGoOn();
  });

  if (bad.tolerated === undefined) continue;
  Deno.test(
    { name: `file with ${bad.what} loses that row alone under errors.tolerance=all, and the log says which`, ...shared },
    async () => {
      const name = `${bad.name}-tolerated`;
      const spool = await Spool.open(ground, name);
      await spool.drop("bad.csv", bad.content);
      await spool.connect({ ...bad.overrides, "errors.tolerance": "all", "errors.log.enable": "true" });
      await spool.has("finished", "bad.csv");
      await spool.delivers(bad.tolerated ?? []);
      const log = await logOf(name);
      assert.match(log, bad.says);
      assert.ok(log.includes(`${spool.path("in")}/bad.csv`), "the log names the file");
      await ground.othersGoOn();
    },
  );

  Deno.test({ name: `file with ${bad.what} is not skipped silently even where errors are not logged`, ...shared }, async () => {
    const name = `${bad.name}-quiet`;
    const spool = await Spool.open(ground, name);
    await spool.drop("bad.csv", bad.content);
    await spool.connect({ ...bad.overrides, "errors.tolerance": "all" });
    await spool.has("finished", "bad.csv");
    await ground.logged(new RegExp(`WARN +\\[${name}\\|task-0\\] Skipped 1 row\\(s\\) that could not be read.*bad\\.csv`));
  });
}

Deno.test(
  { name: "file that was put right and back is read from its beginning or from where it failed: no row is lost", ...shared },
  async () => {
    const spool = await Spool.open(ground, "mended");
    await spool.drop("rows.csv", LONG_FILE);
    await spool.connect();
    await ground.failure("mended");
    await spool.drop("rows.csv", `id,text\n${rows(1, 2600)}`);
    await restart("mended");
    await spool.has("finished", "rows.csv");
    const ids = new Set(await spool.ids());
    assert.deepEqual(idsFrom(1, 2600).filter((id) => !ids.has(id)), []);
    await ground.othersGoOn();
  },
);

Deno.test({ name: "NUL in a cell arrives as it stands in the file", ...shared }, async () => {
  const spool = await Spool.open(ground, "nul");
  await spool.drop("nul.csv", "id,text\n1,a\n2,b\0b\n3,c\n");
  await spool.connect();
  await spool.delivers(["1", "2", "3"]);
  assert.deepEqual((await ground.values("nul")).map((value) => JSON.parse(value).text), ["a", "b\0b", "c"]);
  await spool.has("finished", "nul.csv");
  await ground.othersGoOn();
});

Deno.test({ name: "line of 100 MB fails its file by line and limit, without taking the memory for it", ...shared }, async () => {
  const spool = await Spool.open(ground, "long-line");
  await writeLongLine(spool.path("draft/long.csv"));
  await Deno.rename(spool.path("draft/long.csv"), spool.path("in/long.csv"));
  await spool.connect();
  const trace = await ground.failure("long-line");
  assert.match(trace, /line 3/);
  assert.match(trace, /sluice\.csv\.max\.row\.bytes/);
  assert.match(trace, /long\.csv/);
  for (const pid of Deno.build.os === "linux" ? familyOf(ground.program.pid) : []) {
    const bytes = pssBytes([pid]);
    assert.ok(bytes < ODD_MEMORY_BYTES, `process ${pid} takes ${bytes} bytes`);
  }
  await spool.has("error", "long.csv");
  await ground.othersGoOn();
});

Deno.test(
  { name: "bytes that are not in the file's charset become U+FFFD, every row arrives, and the log says so once", ...shared },
  async () => {
    const spool = await Spool.open(ground, "charset");
    const latin1 = Uint8Array.of(...encoder.encode("id,text\n1,a\n2,b"), 0xe4, 0x0a, ...encoder.encode("3,c\n"));
    await spool.drop("latin1.csv", latin1);
    await spool.connect();
    await spool.delivers(["1", "2", "3"]);
    assert.deepEqual((await ground.values("charset")).map((value) => JSON.parse(value).text), ["a", "b\ufffd", "c"]);
    await ground.logged(/WARN +\[charset\|task-0\].*UTF-8.*csv\.file\.charset.*latin1\.csv/);
    await ground.othersGoOn();
  },
);

Deno.test({ name: "charset that does not exist is refused by name and key", ...shared }, async () => {
  const spool = await Spool.open(ground, "no-charset");
  const answer = await ground.program.ask(
    "PUT",
    "/connectors/no-charset/config",
    JSON.stringify(spool.config({ "csv.file.charset": "UTF-99" })),
    { "content-type": "application/json" },
  );
  const text = new TextDecoder().decode(answer.body);
  assert.ok(answer.status >= 400);
  assert.match(text, /Charset 'UTF-99' is invalid for csv\.file\.charset/);
  await ground.othersGoOn();
});

Deno.test(
  { name: "gzip that is cut short fails its file by name: it never counts as finished", ...shared },
  async () => {
    const spool = await Spool.open(ground, "gzip");
    const whole = gzipSync(`id,text\n${rows(1, 5000)}`);
    await spool.drop("cut.csv.gz", whole.subarray(0, whole.length - 2000));
    await spool.connect();
    const trace = await ground.failure("gzip");
    assert.match(trace, /cut\.csv\.gz/);
    assert.match(trace, /truncated|ends before|cut short|[Uu]nexpected end/);
    assert.deepEqual(spool.files("error"), ["cut.csv.gz"]);
    assert.deepEqual(spool.files("finished"), []);
    const before = await spool.ids();
    assert.deepEqual(before, idsFrom(1, before.length));
    await spool.drop("whole.csv.gz", whole);
    await restart("gzip");
    await spool.delivers([...before, ...idsFrom(1, 5000)]);
    await ground.othersGoOn();
  },
);

Deno.test({ name: "SIGTERM after all bad files ends the worker with 0", ...shared }, async () => {
  await ground.othersGoOn();
  await ground.stopsCleanly();
});

async function restart(name: string): Promise<void> {
  await ground.program.json("POST", `/connectors/${name}/restart?includeTasks=true&onlyFailed=true`);
  await ground.program.untilState(name, "RUNNING");
}

/** The lines of one task and what follows them. */
async function logOf(connector: string): Promise<string> {
  const entries = (await ground.program.log()).split(/\n(?=\[\d{4}-)/);
  return entries.filter((entry) => entry.includes(`[${connector}|`)).join("\n");
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? encoder.encode(content) : content;
}

async function contentOf(spool: Spool, folder: "finished" | "error", name: string): Promise<Uint8Array> {
  await spool.has(folder, name);
  return await Deno.readFile(spool.path(`${folder}/${name}`));
}

async function writeLongLine(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  await file.write(encoder.encode("id,text\n1,a\n2,"));
  const chunk = new Uint8Array(1024 * 1024).fill(0x78);
  for (let written = 0; written < LONG_LINE_BYTES; written += chunk.length) await file.write(chunk);
  await file.write(encoder.encode("\n3,c\n"));
}
