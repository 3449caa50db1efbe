/** What records look like: headers, timestamps, key and value, offsets. */
import assert from "node:assert/strict";
import { columnNames, servesAs } from "../../../../connectors/spooldir/column_names.ts";
import { offsetAt, requireOffset, resumePoint } from "../../../../connectors/spooldir/stored_offset.ts";
import { withTimestamps } from "../../../../connectors/spooldir/timestamps.ts";
import { decimalSchema, NULL_SIDE, primitiveSchema, type SourceRecord } from "sdk";
import { MTIME, offsets, SpoolScene, values } from "../../../fakes/spool_scene.ts";

const IDENTITY = { length: 10, lastModified: 5, head: "ab", endsInLine: true };

/** A STRUCT schema of fields that are given as JSON. */
function struct(fields: Readonly<Record<string, string>>): string {
  return `{"type":"STRUCT","isOptional":false,"fieldSchemas":{${
    Object.entries(fields).map(([name, json]) => `"${name}":${json}`).join(",")
  }}}`;
}

const TEXT = '{"type":"STRING","isOptional":true}';
const REQUIRED_TEXT = '{"type":"STRING","isOptional":false}';
const TIMESTAMP = '{"name":"org.apache.kafka.connect.data.Timestamp","type":"INT64","version":1,"isOptional":false}';

async function read(content: string, settings: Readonly<Record<string, string>> = {}, path = "x.csv"): Promise<SourceRecord[]> {
  using scene = await SpoolScene.open();
  await scene.write(`in/${path}`, content);
  const task = await scene.start({ "input.path.walk.recursively": "true", ...settings });
  const records = await task.drain();
  await task.stop();
  return records;
}

Deno.test("FileHeaders names the file in eight headers of the reference's types and order", async () => {
  const [record] = await read("a\n1\n", { "input.file.pattern": ".*" }, "s1/s2/a.csv.txt");
  const headers = record?.headers ?? [];
  const path = String(headers[2]?.value);
  assert.match(path, /\/in\/s1\/s2\/a\.csv\.txt$/);
  assert.deepEqual(headers.map(({ name, schema, value }) => [name, schema?.name ?? schema?.type, schema?.optional, value]), [
    ["file.name", "STRING", false, "a.csv.txt"],
    ["file.name.without.extension", "STRING", false, "a.csv"],
    ["file.path", "STRING", false, path],
    ["file.parent.dir.name", "STRING", false, "s2"],
    ["file.length", "INT64", false, 4n],
    ["file.offset", "INT64", false, 1n],
    ["file.last.modified", "org.apache.kafka.connect.data.Timestamp", false, new Date(MTIME)],
    ["file.relative.path", "STRING", false, "s1/s2/a.csv.txt"],
  ]);
});

Deno.test("FileHeaders holds the sub-directory under the flat layout, and nothing at top level", async () => {
  const relative = (record: SourceRecord | undefined) => record?.headers.find((header) => header.name === "file.relative.path")?.value;
  const flat = { "sluice.finished.layout": "flat" };
  assert.equal(relative((await read("a\n1\n", flat, "s1/s2/a.csv"))[0]), "s1/s2");
  assert.equal(relative((await read("a\n1\n", flat))[0]), undefined);
});

Deno.test("sluice.headers.enable=false leaves all headers out", async () => {
  assert.deepEqual((await read("a\n1\n", { "sluice.headers.enable": "false" }))[0]?.headers, []);
});

Deno.test("offsets count physical lines behind skipped lines and header, blank ones and those within quotes too", async () => {
  const records = await read('skip\na,b\n1,"x\ny"\n\n3,4\n\n', { "csv.skip.lines": "1" });
  assert.deepEqual(values(records), [["1", "x\ny"], ["3", "4"]]);
  assert.deepEqual(offsets(records), [2, 4]);
  assert.deepEqual(records.map((record) => record.sourceOffset?.offset), [2, 4]);
});

Deno.test("timestamps are the producer's, the file's or a field's", async () => {
  const rows = "a,ts\n1,2020-01-02T03:04:05\n2,2020-01-02T03:04:06\n";
  assert.deepEqual((await read(rows)).map((record) => record.timestamp), [null, null]);
  assert.deepEqual((await read(rows, { "timestamp.mode": "FILE_TIME" })).map((record) => record.timestamp), [MTIME, MTIME]);
  const settings = {
    "timestamp.mode": "FIELD",
    "timestamp.field": "ts",
    "key.schema": struct({}),
    "value.schema": struct({ a: TEXT, ts: TIMESTAMP }),
  };
  assert.deepEqual((await read(rows, settings)).map((record) => record.timestamp), [1577934245000, 1577934246000]);
});

Deno.test("withTimestamps() fails rows from before 1970, which Kafka refuses, and leaves dead rows alone", () => {
  const side = NULL_SIDE;
  const batch = { rows: 4, key: side, value: side, failures: [], offsets: Float64Array.of(1, 2, 3, 4), fatal: null };
  const timestamps = Float64Array.of(5, -1, NaN, 7);
  const stamped = withTimestamps({ ...batch, select: Int32Array.of(0, 1, 3), timestamps }, null, (offset) => offset + 1);
  assert.deepEqual([...stamped.select ?? []], [0, 3]);
  assert.deepEqual(stamped.failures.map(({ row, error }) => [row, error.message]), [
    [1, "Invalid timestamp: -1. Timestamp should always be non-negative or null. linenumber=2 (in the file: line 3)"],
  ]);
  assert.equal(withTimestamps({ ...batch, select: null, timestamps: Float64Array.of(1, 2, 3, 4) }, null, (offset) => offset).select, null);
});

Deno.test("the key takes its fields from the row, those the value does not have too", async () => {
  const settings = {
    "key.schema": struct({ k: REQUIRED_TEXT, id: '{"type":"INT64","isOptional":false}', a: TEXT }),
    "value.schema": struct({ a: TEXT, id: '{"type":"INT32","isOptional":true}' }),
  };
  const records = await read("id,k,a\n1,x,y\n", settings);
  const key = records[0]?.key;
  assert.deepEqual(typeof key === "object" && key !== null && "values" in key ? key.values : key, ["x", 1n, "y"]);
  assert.deepEqual(values(records), [["y", 1]]);
});

Deno.test("a file without a column for a required field fails before anything is sent, with the columns it has", async () => {
  for (const schemas of [[struct({}), struct({ need: REQUIRED_TEXT })], [struct({ need: REQUIRED_TEXT }), struct({ a: TEXT })]]) {
    const settings = { "key.schema": schemas[0] as string, "value.schema": schemas[1] as string };
    await assert.rejects(
      () => read("a,b\n1,2\n", settings),
      /DataException: Invalid value: null used for required field: "need", schema type: STRING.*its columns are "a", "b".*x\.csv/s,
    );
  }
});

Deno.test("columns without a field are ignored, fields without a column are null or their default", async () => {
  const value = struct({ c: TEXT, a: TEXT, d: '{"type":"STRING","isOptional":true,"defaultValue":"x"}' });
  assert.deepEqual(values(await read("a,b\n1,2\n", { "key.schema": struct({}), "value.schema": value })), [[null, "1", null]]);
});

Deno.test("columnNames() finds a field in spite of a byte-order mark, in any case only when told", () => {
  const fields = new Set(["a", "Bc", "ab"]);
  assert.deepEqual(columnNames(["\ufeffa", "bC", "z"], fields, false), ["a", "bC", "z"]);
  assert.deepEqual(columnNames(["\ufeffA", "bC", "\ufeffab"], fields, true), ["a", "Bc", "\ufeffab"]);
  assert.deepEqual(columnNames(["a"], new Set(["\ufeffa"]), false), ["\ufeffa"], "a generated schema kept the mark of its sample");
  assert.deepEqual(columnNames(["\ufeffa"], new Set(["\ufeffa"]), false), ["\ufeffa"]);
});

Deno.test("servesAs() shares a column only where type, scale and nulls agree", () => {
  const [text, optional] = [primitiveSchema("STRING"), primitiveSchema("STRING", { optional: true })];
  assert.deepEqual([servesAs(text, text), servesAs(text, optional), servesAs(optional, optional)], [true, true, true]);
  assert.deepEqual([servesAs(optional, text), servesAs(text, primitiveSchema("INT32"))], [false, false]);
  assert.deepEqual([servesAs(decimalSchema(2), decimalSchema(2)), servesAs(decimalSchema(2), decimalSchema(3))], [true, false]);
});

Deno.test("resumePoint() trusts offsets of the same file and of strangers, and no offset of another file", () => {
  const stored = offsetAt(7, IDENTITY);
  assert.equal(resumePoint(stored, IDENTITY), 7);
  for (const other of [{ length: 11 }, { lastModified: 6 }, { head: "cd" }]) {
    assert.equal(resumePoint(stored, { ...IDENTITY, ...other }), undefined);
  }
  assert.equal(resumePoint({ offset: 7 }, IDENTITY), 7);
  assert.equal(resumePoint({ offset: 7 }, { ...IDENTITY, inode: 3 }), 7);
  assert.equal(resumePoint(undefined, IDENTITY), undefined);
});

Deno.test("resumePoint() trusts no offset of another inode; offsets and systems without inode are taken as they are", () => {
  const inode = 2 ** 60;
  const stored = offsetAt(7, { ...IDENTITY, inode, device: 1 });
  assert.equal(resumePoint(stored, { ...IDENTITY, inode: 5, device: 1 }), undefined);
  assert.equal(resumePoint(stored, { ...IDENTITY, inode, device: 2 }), 7, "a volume mounted anew may get another device number");
  assert.equal(resumePoint(stored, IDENTITY), 7);
  assert.equal(resumePoint(offsetAt(7, IDENTITY), { ...IDENTITY, inode, device: 1 }), 7);
  assert.deepEqual(Object.keys(stored).filter((name) => name !== "offset" && !name.startsWith("sluice.")), []);
});

Deno.test("requireOffset() takes whole numbers from 0 on, as number or bigint", () => {
  assert.deepEqual([requireOffset({ offset: 0 }), requireOffset({ offset: 5n })], [0, 5]);
  for (const offset of [-1, 1.5, 2n ** 60n, "5", null, true]) {
    assert.throws(() => requireOffset({ offset }), /Cannot use the offset \{"offset":/);
  }
});
