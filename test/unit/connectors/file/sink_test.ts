import assert from "node:assert/strict";
import { Decimal, primitiveSchema, type SinkContext, type SinkTask, type Value } from "sdk";
import { fileStreamSink } from "../../../../connectors/file/sink.ts";
import { sinkBatch } from "../../../fakes/sink_batches.ts";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
/** Nothing of it is used but for what every connector gets. */
const context: SinkContext = {
  connector: "c",
  task: 0,
  raw: {},
  log: quiet,
  signal: new AbortController().signal,
  tolerance: "none",
  reporter: null,
  assignment: () => [],
  requestCommit: () => {},
  pause: () => {},
  resume: () => {},
  seek: () => {},
  sleep: () => Promise.resolve(),
  now: () => 0,
};

async function open(file: string | null): Promise<SinkTask> {
  return await fileStreamSink.start({ file }, context);
}

/** What a task makes of values, as the file then says. */
async function written(
  values: readonly (Value | undefined)[],
  schema = null as Parameters<typeof primitiveSchema>[0] | null,
): Promise<string> {
  const file = Deno.makeTempFileSync();
  const task = await open(file);
  await task.put([sinkBatch(values.map((value) => ({ value })), { valueSchema: schema === null ? null : primitiveSchema(schema) })]);
  const text = Deno.readTextFileSync(file);
  await task.stop?.();
  return text;
}

Deno.test("FileStreamSinkTask.put() writes Java's text of each value", async () => {
  assert.equal(
    await written([
      1n,
      1,
      1e7,
      Number.NaN,
      true,
      "ž 😀",
      null,
      undefined,
      [1n, "a"],
      new Map<Value, Value>([["k", 0.5]]),
      new Decimal(1230n, 2),
    ]),
    "1\n1.0\n1.0E7\nNaN\ntrue\nž 😀\nnull\nnull\n[1, a]\n{k=0.5}\n12.30\n",
  );
  assert.equal(await written([1, 2], "INT32"), "1\n2\n");
  assert.match(await written([Uint8Array.of(1, 2)], "BYTES"), /^\[B@[0-9a-f]+\n$/);
});

Deno.test("FileStreamSinkTask.put() appends to what is there, and so do other tasks", async () => {
  const file = Deno.makeTempFileSync();
  Deno.writeTextFileSync(file, "before\n");
  const tasks = [await open(file), await open(file)];
  for (let n = 0; n < 3; n++) for (const task of tasks) await task.put([sinkBatch([{ value: "a" }, { value: "b" }])]);
  assert.equal(Deno.readTextFileSync(file), `before\n${"a\nb\n".repeat(6)}`);
  for (const task of tasks) await task.stop?.();
});

Deno.test("FileStreamSinkTask.put() writes nothing for nothing", async () => {
  const file = Deno.makeTempFileSync();
  const task = await open(file);
  await task.put([sinkBatch([{ value: "gone" }], { without: [0] })]);
  assert.equal(Deno.readTextFileSync(file), "");
  await task.stop?.();
});

Deno.test("fileStreamSink.start() says which file it cannot open, with Java's name for the reason", async () => {
  const folder = Deno.makeTempDirSync();
  const missing = `${folder}/no/out.txt`;
  await assert.rejects(open(missing), (error: Error) => {
    assert.equal(error.message, `Couldn't find or create file '${missing}' for FileStreamSinkTask`);
    const cause = error.cause as { readonly javaClass: string; readonly message: string };
    assert.deepEqual([cause.javaClass, cause.message], ["java.nio.file.NoSuchFileException", missing]);
    return true;
  });
  await assert.rejects(open(folder), /^ConnectException: Couldn't find or create file/);
  await assert.rejects(open(""), { message: "Couldn't find or create file '' for FileStreamSinkTask" });
});

Deno.test({
  // A full disk: Kafka Connect prints into a stream that keeps its errors to itself, and commits.
  name: "FileStreamSinkTask.put() fails when the file takes no more",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const task = await open("/dev/full");
    await assert.rejects(
      async () => await task.put([sinkBatch([{ value: "a" }])]),
      /^ConnectException: Cannot write to file '\/dev\/full' .*No space left/,
    );
    await task.stop?.();
  },
});

Deno.test("fileStreamSink.split() gives every task the same config, and any offsets may be set", async () => {
  const raw = { file: "/f", topics: "t" };
  assert.deepEqual(await fileStreamSink.split({ file: "/f" }, raw, 3, context), [raw, raw, raw]);
  assert.equal(await fileStreamSink.alterOffsets?.(raw, [[{ topic: "t", partition: 0 }, null]]), true);
});
