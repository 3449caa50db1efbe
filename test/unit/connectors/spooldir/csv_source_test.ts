/** The definition against what Kafka Connect says of the same plugin, and every rule of a single value. */
import assert from "node:assert/strict";
import type { ConfigOf, Problem, StringMap } from "sdk";
import { spoolDirCsvSource } from "../../../../connectors/spooldir/csv_source.ts";
import { describeSpec, validateSpec } from "../../../../src/config/validate.ts";
import type { ReplayCase } from "../../../captures/golden_steps.ts";
import { FakeLog } from "../../../fakes/fake_log.ts";
import { SpoolScene } from "../../../fakes/spool_scene.ts";

const GOLDEN = new URL("../../../captures/golden/", import.meta.url);
const definition = spoolDirCsvSource;
const SEPARATORS = ["csv.separator.char", "csv.quote.char", "csv.escape.char"];

/** Answers of a captured case, with the body each was given to. */
function answers(name: string): { readonly status: number; readonly request: StringMap; readonly body: string }[] {
  const captured: ReplayCase = JSON.parse(Deno.readTextFileSync(new URL(`${name}.json`, GOLDEN)));
  return captured.steps.flatMap((step) => {
    if (step.do !== "http") return [];
    const { status, body } = step.response;
    return [{
      status,
      request: JSON.parse(step.request.body ?? "{}"),
      body: body !== null && body !== undefined && "text" in body ? body.text : "",
    }];
  });
}

Deno.test("spoolDirCsvSource.config lists the keys of Kafka Connect's plugin, in its order, with its defaults and looks", () => {
  const [answer] = answers("plugins/config-of-spooldir-csv");
  const expected = JSON.parse(answer?.body ?? "").map(({ documentation: _, ...key }: Record<string, unknown>) => key);
  const own = describeSpec(definition.config).map((key) => ({
    name: key.name,
    type: key.type,
    required: key.required,
    default_value: key.defaultValue,
    importance: key.importance,
    group: key.group,
    order_in_group: key.orderInGroup,
    width: key.width,
    display_name: key.displayName,
    dependents: key.dependents,
  }));
  assert.deepEqual(own, expected.slice(0, own.length));
  assert.equal(expected[own.length].name, "name", "what follows is every connector's");
});

Deno.test("spoolDirCsvSource.config is documented to the last key", () => {
  for (const [key, field] of Object.entries(definition.config)) assert.match(field.doc, /^[A-Z].{15,}[.}]$/s, key);
});

/** What validation says of each key, disk included. */
async function judge(raw: StringMap) {
  const { rows, values } = validateSpec(definition.config, raw);
  const errors = new Map(rows.map(({ value }) => [value.name, [...value.errors]]));
  for (const { key, message } of await problems(values as ConfigOf<typeof definition.config>)) errors.get(key)?.push(message);
  return { errors, rows };
}

async function problems(values: ConfigOf<typeof definition.config>): Promise<Problem[]> {
  const context = { connector: "c", raw: {}, log: new FakeLog(), signal: new AbortController().signal };
  return await Array.fromAsync(definition.check?.(values, context) ?? []);
}

Deno.test("spoolDirCsvSource answers validation as Kafka Connect does", async () => {
  for (const name of ["good", "bad", "missing"]) {
    using scene = await SpoolScene.open();
    const filled = (text: string) => text.replaceAll("{{dir}}", scene.root);
    for (const { status, request, body } of answers(`validate/spooldir-${name}`)) {
      const raw = Object.fromEntries(Object.entries(request).map(([key, value]) => [key, filled(String(value))]));
      if (status === 500) {
        await assert.rejects(() => judge(raw), /^DataException: Charset 'UTF-9' is invalid for csv.file.charset$/);
        continue;
      }
      const { errors, rows } = await judge(raw);
      const captured = JSON.parse(filled(body)).configs.map((config: { value: unknown }) => config.value);
      const expected = captured.filter((value: { name: string }) => errors.has(value.name));
      const own = rows.map(({ value }) => ({
        name: value.name,
        value: value.value,
        recommended_values: value.recommendedValues,
        errors: errors.get(value.name),
        visible: value.visible,
      }));
      assert.deepEqual(own, expected);
    }
  }
});

Deno.test("spoolDirCsvSource refuses single values in the reference's words", async () => {
  using scene = await SpoolScene.open();
  const words: readonly (readonly [key: string, value: string, message: string])[] = [
    ["input.path", "", "Invalid value Cannot be null or empty. for configuration input.path"],
    ["input.path", "rel", "Invalid value File 'rel' is not an absolute path. for configuration input.path"],
    ["error.path", "/no/such", "Invalid value '/no/such' must be a directory. for configuration error.path"],
    [
      "cleanup.policy",
      "move",
      "Invalid value 'move' is not a valid value for CleanupPolicy. Valid values are NONE, DELETE, MOVE, MOVEBYDATE. for configuration cleanup.policy",
    ],
    [
      "timestamp.mode",
      "NOW",
      "Invalid value 'NOW' is not a valid value for TimestampMode. Valid values are FIELD, FILE_TIME, PROCESS_TIME. for configuration timestamp.mode",
    ],
    [
      "files.sort.attributes",
      "NameAsc,SizeAsc",
      "Invalid value 'SizeAsc' is not a valid value for FileAttribute. Valid values are NameAsc, NameDesc, LengthAsc, LengthDesc, LastModifiedAsc, LastModifiedDesc. for configuration files.sort.attributes",
    ],
    [
      "task.partitioner",
      "ByAge",
      "Invalid value 'ByAge' is not a valid value for TaskPartitioner. Valid values are ByName. for configuration task.partitioner",
    ],
    [
      "csv.null.field.indicator",
      "none",
      "Invalid value 'none' is not a valid value for CSVReaderNullFieldIndicator. Valid values are EMPTY_SEPARATORS, EMPTY_QUOTES, BOTH, NEITHER. for configuration csv.null.field.indicator",
    ],
    ["empty.poll.wait.ms", "0", "Invalid value 0 for configuration empty.poll.wait.ms: Value must be at least 1"],
    ["file.minimum.age.ms", "-1", "Invalid value -1 for configuration file.minimum.age.ms: Value must be at least 0"],
    ["file.buffer.size.bytes", "0", "Invalid value 0 for configuration file.buffer.size.bytes: Value must be at least 1"],
    ["batch.size", "0", "Invalid value 0 for configuration batch.size: Value must be at least 1"],
    [
      "processing.file.extension",
      "PROC",
      "Invalid value 'PROC' does not match pattern '^.*\\..+$'. for configuration processing.file.extension",
    ],
    ["halt.on.error", "yes", "Invalid value yes for configuration halt.on.error: Expected value to be either true or false"],
    ["csv.separator.char", ",", "Invalid value , for configuration csv.separator.char: Not a number of type INT"],
    ["finished.path", "", ""],
    ["finished.path", "rel", "Invalid value rel for configuration finished.path: Must be an absolute path."],
    ["finished.path", "/no/such", "Invalid value '/no/such' must be a directory. for configuration finished.path"],
  ];
  for (const [key, value, message] of words) {
    const { errors } = await judge(scene.config({ [key]: value }));
    assert.deepEqual([...errors.values()].flat(), message === "" ? [] : [message]);
    assert.deepEqual(errors.get(key), message === "" ? [] : [message]);
  }
});

Deno.test("spoolDirCsvSource asks nothing of finished.path where files are not moved", async () => {
  using scene = await SpoolScene.open();
  const { errors, rows } = await judge(scene.config({ "finished.path": "/no/such", "cleanup.policy": "DELETE" }));
  assert.deepEqual([...errors.values()].flat(), []);
  assert.equal(rows.find(({ value }) => value.name === "finished.path")?.value.visible, false);
});

Deno.test("spoolDirCsvSource refuses a character with two meanings, and names both keys", async () => {
  using scene = await SpoolScene.open();
  const same = "The separator, quote, and escape characters must be different!";
  const cases: readonly (readonly [values: readonly number[], rfc: boolean, key: string | undefined, other?: string])[] = [
    [[44, 34, 92], false, undefined],
    [[34, 34, 92], false, "csv.quote.char", "csv.separator.char is 34"],
    [[44, 34, 34], false, "csv.escape.char", "csv.quote.char is 34"],
    [[44, 0, 0], false, undefined],
    [[44, 34, 34], true, undefined],
    [[9, 9, 92], true, "csv.quote.char", "csv.separator.char is 9"],
  ];
  for (const [codes, rfc, key, other] of cases) {
    const settings = Object.fromEntries(codes.map((code, i) => [SEPARATORS[i], String(code)]));
    const { errors } = await judge(scene.config({ ...settings, "csv.rfc.4180.parser.enabled": String(rfc) }));
    const found = [...errors].filter(([, messages]) => messages.length > 0);
    if (key === undefined) assert.deepEqual(found, []);
    else assert.deepEqual(found, [[key, [`Invalid value ${settings[key]} for configuration ${key}: ${same} ${other} too`]]]);
  }
});

Deno.test("spoolDirCsvSource.alterOffsets() takes offsets of files and resets, and refuses what no task could use", async () => {
  const alter = async (partition: Record<string, string> | null, offset: Record<string, number | string> | null) =>
    await definition.alterOffsets?.({}, [[partition, offset]]);
  assert.equal(await alter({ fileName: "a.csv" }, { offset: 5 }), false);
  assert.equal(await alter({ fileName: "a.csv" }, null), false);
  await assert.rejects(() => alter({ file: "a.csv" }, { offset: 5 }), /A partition must name a file/);
  await assert.rejects(() => alter({ fileName: "a.csv" }, { offset: "5" }), /"offset" must be the number of the last row/);
  await assert.rejects(() => alter({ fileName: "a.csv" }, { position: 5 }), /"offset" must be the number of the last row/);
});
