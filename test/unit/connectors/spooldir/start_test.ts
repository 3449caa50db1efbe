/** Starting connector and task: what is checked, in which words, and the configs tasks get. */
import assert from "node:assert/strict";
import type { ConnectError, StringMap } from "sdk";
import { MTIME, SpoolScene, values } from "../../../fakes/spool_scene.ts";

const KEY = '{"type":"STRUCT","isOptional":false,"fieldSchemas":{}}';
const VALUE = '{"type":"STRUCT","isOptional":false,"fieldSchemas":{"a":{"type":"STRING","isOptional":true}}}';
const GIVEN = { "key.schema": KEY, "value.schema": VALUE, "schema.generation.enabled": "false" };
const PACKAGE = "org.apache.kafka.connect.errors";

/** Class and message of what starting throws. */
async function failure(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
    return "no failure";
  } catch (error) {
    const { javaClass, message } = error as ConnectError;
    return `${javaClass}: ${message}`;
  }
}

Deno.test("splitCsv() refuses what the reference's connector refuses at its start, in its words and order", async () => {
  using scene = await SpoolScene.open();
  const field = (value: string) => ({ ...GIVEN, "timestamp.mode": "FIELD", "timestamp.field": value });
  const wrongField = `Field 'a' must be present and set to a timestamp and cannot be optional. Example ` +
    `{"name":"org.apache.kafka.connect.data.Timestamp","type":"INT64","version":1,"isOptional":false}`;
  const refused: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [
      { "finished.path": "" },
      "org.apache.kafka.common.config.ConfigException: Invalid value  for configuration finished.path: Must be an absolute path. It is needed by cleanup.policy=MOVE",
    ],
    [
      { "finished.path": "", "cleanup.policy": "MOVEBYDATE" },
      "org.apache.kafka.common.config.ConfigException: Invalid value  for configuration finished.path: Must be an absolute path. It is needed by cleanup.policy=MOVEBYDATE",
    ],
    [
      { "input.file.pattern": "[" },
      "java.util.regex.PatternSyntaxException: Unclosed character class near index 0\n[\n^\n" +
      "input.file.pattern must be a regular expression as Java has them",
    ],
    [{ "value.schema": "{" }, `${PACKAGE}.DataException: Could not read schema from 'value.schema'`],
    [
      { "schema.generation.enabled": "false" },
      "java.lang.NullPointerException: 'key.schema' must be set if 'schema.generation.enabled' = false.",
    ],
    [
      { ...GIVEN, "value.schema": "" },
      "java.lang.NullPointerException: 'value.schema' must be set if 'schema.generation.enabled' = false.",
    ],
    [
      { "schema.generation.key.name": " " },
      "java.lang.IllegalStateException: 'schema.generation.key.name' must be set if 'schema.generation.enabled' = true.",
    ],
    [
      { "schema.generation.value.name": "" },
      "java.lang.IllegalStateException: 'schema.generation.value.name' must be set if 'schema.generation.enabled' = true.",
    ],
    [
      field(""),
      `${PACKAGE}.ConnectException: When \`timestamp.mode\` is set to \`FIELD\`, \`timestamp.field\` must be set to a timestamp field. Cannot be null or empty.`,
    ],
    [field("a"), `${PACKAGE}.ConnectException: ${wrongField}`],
    [
      { ...GIVEN, "value.schema": '{"type":"STRING"}' },
      `${PACKAGE}.DataException: Not a struct schema: Schema{STRING}. key.schema and value.schema must be of type STRUCT`,
    ],
    [{ "parser.timestamp.date.formats": "qqq" }, "java.lang.IllegalArgumentException: Illegal pattern character 'q'"],
    [
      { "parser.timestamp.timezone": "Mars" },
      "org.apache.kafka.common.config.ConfigException: Invalid value Mars for configuration parser.timestamp.timezone: Must be a time zone",
    ],
    [{ "csv.quote.char": "44" }, "java.lang.UnsupportedOperationException: The separator, quote, and escape characters must be different!"],
  ];
  for (const [settings, expected] of refused) {
    const found = await failure(() => scene.split(settings));
    assert.ok(found.startsWith(expected), `${found} does not begin with ${expected}`);
  }
});

Deno.test("splitCsv() refuses directories that would make it read its own output", async () => {
  using scene = await SpoolScene.open();
  for (const key of ["finished.path", "error.path"]) {
    const found = await failure(() => scene.split({ [key]: `${scene.path("in")}/` }));
    assert.match(found, new RegExp(`ConfigException: Invalid value .*/in/ for configuration ${key}: Must differ from input.path`));
  }
});

Deno.test("splitCsv() refuses a field timestamp of generated schemas, which hold none", async () => {
  using scene = await SpoolScene.open();
  const found = await failure(() => scene.split({ "timestamp.mode": "FIELD", "timestamp.field": "ts" }));
  assert.match(found, /ConnectException: timestamp.mode=FIELD needs key.schema and value.schema with 'ts'/);
});

Deno.test("splitCsv() gives exactly as many tasks as asked for, numbered, whatever the user wrote", async () => {
  using scene = await SpoolScene.open();
  const raw = scene.config({ ...GIVEN, "task.index": "7", "task.count": "9" });
  const configs = await scene.splitConfig(raw, 3);
  assert.deepEqual(configs, [0, 1, 2].map((index): StringMap => ({ ...raw, "task.index": String(index), "task.count": "3" })));
});

Deno.test("splitCsv() warns of keys the connector once had, and goes on", async () => {
  using scene = await SpoolScene.open();
  await scene.split({ "metadata.location": "FIELD" });
  assert.equal(scene.log.matching("warn", "'metadata.location' has no effect").length, 1);
});

Deno.test("startCsv() refuses directories a task cannot use, in the reference's words", async () => {
  using scene = await SpoolScene.open();
  for (const key of ["input.path", "error.path", "finished.path"]) {
    const gone = scene.path(`gone-${key}`);
    const expected = `${PACKAGE}.ConnectException: Directory for '${key}' '${gone}' does not exist `;
    assert.equal(await failure(() => scene.startTask(scene.config({ ...GIVEN, [key]: gone }))), expected);
  }
  await scene.write("plain", "");
  const plain = scene.path("plain");
  assert.match(
    await failure(() => scene.startTask(scene.config({ ...GIVEN, "error.path": plain }))),
    /'error.path' '.*plain' does not exist/,
  );
});

Deno.test("startCsv() leaves no trace in the directories it has tried", async () => {
  using scene = await SpoolScene.open();
  const task = await scene.startTask(scene.config(GIVEN));
  assert.deepEqual(scene.tree(), ["error/", "finished/", "in/"]);
  await task.stop();
});

Deno.test("startCsv() asks nothing of finished.path where files are not moved", async () => {
  using scene = await SpoolScene.open();
  const task = await scene.startTask(scene.config({ ...GIVEN, "finished.path": "", "cleanup.policy": "DELETE" }));
  await scene.write("in/x.csv", "a\n1\n");
  assert.deepEqual(values(await task.drain()), [["1"]]);
  assert.deepEqual(scene.tree(), ["error/", "finished/", "in/"]);
  await task.stop();
});

Deno.test("splitCsv() makes schemas of the first files, header or none", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", "id,2020,name,id\n1,2,3,4\n");
  const settings = { "schema.generation.key.fields": "name,absent,id" };
  const [config] = await scene.split(settings);
  const text = '{"type":"STRING","isOptional":true}';
  assert.equal(
    config?.["value.schema"],
    `{"name":"com.github.jcustenborder.kafka.connect.model.Value","type":"STRUCT","isOptional":false,"fieldSchemas":{"id":${text},"2020":${text},"name":${text}}}`,
  );
  assert.equal(
    config?.["key.schema"],
    `{"name":"com.github.jcustenborder.kafka.connect.model.Key","type":"STRUCT","isOptional":false,"fieldSchemas":{"name":${text},"id":${text}}}`,
  );
  assert.deepEqual(scene.log.matching("warn", "is not in the data"), ["Key field 'absent' is not in the data."]);
  const [plain] = await scene.split({ "csv.first.row.as.header": "false" });
  assert.deepEqual(Object.keys(JSON.parse(plain?.["value.schema"] ?? "").fieldSchemas), ["column01", "column02", "column03", "column04"]);
});

Deno.test("splitCsv() refuses samples that differ, with the files of each schema, unless told to join them", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", "x,y\n1,2\n");
  await scene.write("in/b.csv", "");
  await scene.write("in/c.csv", "x,z\n3,4\n");
  const message = await failure(() => scene.split());
  assert.match(
    message,
    /^org\.apache\.kafka\.connect\.errors\.DataException: More than one schema was found for the input pattern\.\nSchema: \{.*"y".*\}\n {2}.*a\.csv\nSchema: \{.*"z".*\}\n {2}.*c\.csv\n/,
  );
  const task = await scene.start({ "sluice.schema.generation.union": "true" });
  assert.deepEqual(values(await task.drain()), [["1", "2", null], ["3", null, "4"]]);
  await task.stop();
});

Deno.test("splitCsv() refuses a column without a name", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/a.csv", "a,,c\n1,2,3\n");
  assert.match(
    await failure(() => scene.split()),
    /^org\.apache\.kafka\.connect\.errors\.SchemaBuilderException: fieldName cannot be null\..*a\.csv/,
  );
});

Deno.test("splitCsv() starts on an empty directory; the task makes the schemas of its first file and keeps them", async () => {
  using scene = await SpoolScene.open();
  const [config] = await scene.split();
  assert.deepEqual(Object.keys(config ?? {}).filter((key) => key.endsWith(".schema")), []);
  const task = await scene.startTask(config ?? {});
  assert.deepEqual(await task.drain(), []);
  await scene.write("in/a.csv", "");
  await scene.write("in/b.csv", "x,y\n1,2\n");
  await scene.write("in/c.csv", "y,z\n3,4\n");
  assert.deepEqual(values(await task.drain()), [["1", "2"], [null, "3"]]);
  await task.stop();
});

Deno.test("splitCsv() takes samples from sub-directories when they are read too, and from none of its own trees", async () => {
  using scene = await SpoolScene.open();
  await scene.write("in/done/old.csv", "old\n1\n");
  await scene.write("in/sub/new.csv", "new\n1\n");
  await scene.write("in/sub/new.csv.PROCESSING", "flag\n");
  const settings = { "finished.path": scene.path("in/done"), "input.path.walk.recursively": "true", "input.file.pattern": ".*" };
  const [config] = await scene.split(settings);
  assert.deepEqual(Object.keys(JSON.parse(config?.["value.schema"] ?? "").fieldSchemas), ["new"]);
  const task = await scene.startTask(config ?? {});
  await Deno.remove(scene.path("in/sub/new.csv.PROCESSING"));
  assert.deepEqual(values(await task.drain()), [["1"]]);
  assert.deepEqual(scene.tree("in"), ["done/", "done/old.csv", "done/sub/", "done/sub/new.csv/", "done/sub/new.csv/new.csv"]);
  await task.stop();
});

Deno.test("csv.case.sensitive.field.names=false finds fields in any case only when it is written", async () => {
  for (
    const [settings, expected] of [[{}, null], [{ "csv.case.sensitive.field.names": "false" }, "1"], [{
      "csv.case.sensitive.field.names": "true",
    }, null]] as const
  ) {
    using scene = await SpoolScene.open();
    await scene.write("in/x.csv", "A\n1\n", MTIME);
    const task = await scene.start({ ...GIVEN, ...settings });
    assert.deepEqual(values(await task.drain()), [[expected]]);
    await task.stop();
  }
});
