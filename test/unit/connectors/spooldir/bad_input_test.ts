/** Files nobody should have written: each fails alone, says why and where, and the next one is read. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { failureLine, fileError } from "../../../../connectors/spooldir/file_failure.ts";
import { OpenFile } from "../../../../connectors/spooldir/open_file.ts";
import { ProcessingFlag } from "../../../../connectors/spooldir/processing_flag.ts";
import { FakeLog } from "../../../fakes/fake_log.ts";
import { SpoolScene, values } from "../../../fakes/spool_scene.ts";

interface BadFile {
  readonly what: string;
  readonly content: string | Uint8Array;
  readonly settings?: Readonly<Record<string, string>>;
  /** In the log of a task that goes on, and in the failure of one that halts. */
  readonly says: RegExp;
  readonly name?: string;
}

const TYPED = {
  "key.schema": '{"type":"STRUCT","isOptional":false,"fieldSchemas":{}}',
  "value.schema":
    '{"type":"STRUCT","isOptional":false,"fieldSchemas":{"a":{"type":"INT32","isOptional":true},"b":{"type":"STRING","isOptional":true}}}',
};
const ROWS = Array.from({ length: 5000 }, (_, i) => `${i},${crypto.randomUUID()}\n`).join("");

const BAD_FILES: readonly BadFile[] = [
  { what: "a short row", content: "a,b\n1,x\n2\n", says: /Index 1 out of bounds.*line 3/s },
  { what: "a quote that is never closed", content: 'a,b\n1,x\n2,"y\n3,z\n', says: /Unterminated quoted field at end of CSV line.*line 3/s },
  {
    what: "a number that is none",
    content: "a,b\n1,x\noops,y\n",
    settings: TYPED,
    says: /Exception thrown while parsing data for 'a'\. linenumber=2.*line 3/s,
  },
  {
    what: "a row beyond the limit",
    content: `a,b\n1,x\n2,${"y".repeat(5000)}\n`,
    settings: { "sluice.csv.max.row.bytes": "4096" },
    says: /begins in line 3 is longer than 4096 bytes/,
  },
  { what: "a truncated gzip", name: "a.csv.gz", content: half(gzipSync(`a,b\n${ROWS}`)), says: /a\.csv\.gz/ },
  { what: "a gzip that is none", name: "a.csv.gz", content: "a,b\n1,x\n", says: /a\.csv\.gz/ },
];

function half(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length / 2);
}

async function sceneWith({ content, name = "a.csv" }: BadFile): Promise<SpoolScene> {
  const scene = await SpoolScene.open();
  await scene.write(`in/${name}`, content);
  await scene.write("in/b.csv", "a,b\n7,good\n");
  return scene;
}

function settingsOf({ settings = {} }: BadFile): Record<string, string> {
  return { "input.file.pattern": ".*\\.csv(\\.gz)?", ...settings };
}

for (const bad of BAD_FILES) {
  const name = bad.name ?? "a.csv";

  Deno.test(`SpoolTask puts ${bad.what} below error.path, says why, and reads the next file`, async () => {
    using scene = await sceneWith(bad);
    const task = await scene.start({ ...settingsOf(bad), "halt.on.error": "false", "batch.size": "100000" });
    const sent = values(await task.drain()) as unknown[][];
    assert.deepEqual(sent.map((row) => row[1]), ["good"]);
    assert.ok(scene.tree().includes(`error/${name}/${name}`));
    assert.match(scene.log.matching("error", "Exception encountered processing")[0] ?? "", bad.says);
    await task.stop();
  });

  Deno.test(`SpoolTask fails at ${bad.what} when it is to halt, and goes on with the next file after a restart`, async () => {
    using scene = await sceneWith(bad);
    const task = await scene.start({ ...settingsOf(bad), "batch.size": "100000" });
    await assert.rejects(() => task.drain(), (error: Error) => {
      assert.match(error.message, bad.says);
      assert.match(error.message, new RegExp(`file '.*${name}'`));
      return true;
    });
    await task.stop();
    const next = await scene.start(settingsOf(bad));
    assert.deepEqual((values(await next.drain()) as unknown[][]).map((row) => row[1]), ["good"]);
    await next.stop();
  });
}

Deno.test("SpoolTask names value and expected type of a cell that does not parse", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", "a,b\noops,y\n");
  const task = await scene.start({ ...TYPED, "halt.on.error": "false" });
  await task.drain();
  const [line] = scene.log.matching("error", "Exception encountered");
  assert.match(line ?? "", /a\.csv.*for 'a'.*line 2.*Could not parse 'oops' to 'Integer'/s);
  await task.stop();
});

Deno.test("SpoolTask sends the good rows before an open quote when bad rows are tolerated", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", 'a,b\n1,x\n2,"y\n');
  const task = await scene.start({ "halt.on.error": "false" }, "all");
  assert.deepEqual(values(await task.drain()), [["1", "x"]]);
  assert.ok(scene.tree().includes("error/a.csv/a.csv"));
  await task.stop();
});

/** Trace and log line of a task that halts at `in/a.csv`. */
async function halted(content: string, settings: Readonly<Record<string, string>>, tolerance: "none" | "all") {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", content);
  const task = await scene.start(settings, tolerance);
  const error = await task.drain().then(() => new Error("It did not fail"), (error: Error) => error);
  await task.stop();
  const { root } = scene;
  return {
    trace: error.message,
    line: scene.log.matching("error", "Exception encountered")[0] ?? "",
    path: (name: string) => join(root, name),
  };
}

Deno.test("fileError() advises tolerance for a row that does not parse, and names where the file is now", async () => {
  const { trace, line, path } = await halted("a,b\n1,x\n\n2\n", { "batch.size": "1" }, "none");
  const where = `(file '${path("in/a.csv")}', now '${path("error/a.csv/a.csv")}')`;
  assert.ok(trace.includes(where), trace);
  assert.ok(
    trace.endsWith(
      "Put it right and back into input.path; its rows that were sent are sent again then, as a changed file is a new file; " +
        "halt.on.error=false goes on with the next file; errors.tolerance=all skips rows that do not parse",
    ),
    trace,
  );
  assert.ok(
    line.startsWith(`Exception encountered processing line 4 of ${path("in/a.csv")}, which goes to ${path("error/a.csv/a.csv")}. `),
  );
  assert.match(line, /the row in line 4 has 1 of 2/);
});

Deno.test("fileError() gives no advice that is followed already or does not help, and its lines agree", async () => {
  const quote = await halted('a,b\n1,x\n2,"y\n3,z\n', {}, "all");
  assert.match(quote.line, /processing line 3 of .*The row begins in line 3\./s);
  assert.doesNotMatch(quote.trace, /skips rows/);
  assert.match(quote.trace, /errors\.tolerance=all does not help, as what follows cannot be told apart into rows$/);
  const header = await halted('a,"b\n1,x\n', { "schema.generation.enabled": "false", ...TYPED }, "none");
  assert.match(header.line, /^Exception encountered processing \/.*The row begins in line 1\./s);
  assert.doesNotMatch(header.trace, /errors\.tolerance|sent again|-1/);
});

Deno.test("fileError() tells what to do of a file that may not be read, and nothing of tolerance", async () => {
  for (const tolerance of ["none", "all"] as const) {
    const file = { name: "a.csv", path: "/in/a.csv", relative: "a.csv", length: 1, lastModified: 0 };
    const flags = { extension: ".P", leaseMs: 1, owner: { connector: "c", task: 0 }, now: () => 0, log: new FakeLog() };
    using scene = await SpoolScene.open();
    const flag = await ProcessingFlag.take(scene.path("in/a.csv"), flags);
    if (flag === undefined) throw new Error("The flag is free");
    const open = new OpenFile(file, flag, 0);
    open.error = new Deno.errors.PermissionDenied("Permission denied (os error 13)");
    assert.equal(
      fileError(open, tolerance).message,
      "PermissionDenied: Permission denied (os error 13) (file '/in/a.csv'). Give this process the right to read it and put it back into " +
        "input.path; halt.on.error=false goes on with the next file",
    );
    assert.equal(
      failureLine(open, open.error, "/error/a.csv"),
      "Exception encountered processing /in/a.csv, which goes to /error/a.csv. PermissionDenied: Permission denied (os error 13)",
    );
  }
});

Deno.test("SpoolTask names the lines of tolerated rows, the first ten", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", `a,b\n1,x\n2\n"3\n",x\n4\n`);
  await scene.write("in/b.csv", `a,b\n${"1\n".repeat(12)}`);
  const task = await scene.start({ "batch.size": "3" }, "all");
  await task.drain();
  assert.deepEqual(scene.log.matching("warn", "Skipped"), [
    "Skipped 2 row(s) that could not be read, in line 3, 6",
    "Skipped 12 row(s) that could not be read, in line 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and more",
  ]);
  await task.stop();
});

Deno.test("SpoolTask reads a NUL as the character it is", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", "a,b\n1,x\0y\n");
  const task = await scene.start();
  assert.deepEqual(values(await task.drain()), [["1", "x\0y"]]);
  await task.stop();
});

Deno.test("SpoolTask puts a file back that cannot be read because it is still being written", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", 'a,b\n1,x\n2,"y');
  const task = await scene.start({ "batch.size": "1" });
  assert.deepEqual(values(await task.poll()), [["1", "x"]]);
  await scene.append("in/a.csv", 'z"\n');
  assert.deepEqual(values(await task.drain()), [["2", "yz"]]);
  assert.deepEqual(scene.tree("error"), []);
  await task.stop();
});
