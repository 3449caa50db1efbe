import assert from "node:assert/strict";
import fc from "fast-check";
import { type ConfigSpec, field, type FieldType, type StringMap } from "../../../src/config/field.ts";
import { sinkConnectorKeys, sourceConnectorKeys } from "../../../src/config/connector_keys.ts";
import { parseConfig, parseKey, splitList } from "../../../src/config/parse.ts";
import { validateSpec } from "../../../src/config/validate.ts";

const base = { importance: "HIGH", doc: "A key." } as const;

function captured<T>(name: string): readonly T[] {
  const text = Deno.readTextFileSync(new URL(`../../captures/config/${name}.json`, import.meta.url));
  return (JSON.parse(text) as { values: T[] }).values;
}

interface TypedText {
  readonly type: FieldType;
  readonly text: string;
  readonly shown?: string;
  readonly error?: string;
}

for (const { type, text, shown, error } of captured<TypedText>("value_types")) {
  Deno.test(`parseKey() reads ${JSON.stringify(text)} as ${type} like Kafka's ConfigDef`, () => {
    const spec: ConfigSpec = { k: { ...field.string(base), type } };
    const row = validateSpec(spec, { k: text }).rows[0];
    assert.equal(row?.value.value, shown ?? null);
    assert.deepEqual(row?.value.errors, error === undefined ? [] : [error]);
  });
}

interface FrameworkValue {
  readonly kind: "source" | "sink";
  readonly key: string;
  readonly text: string;
  readonly shown: string | null;
  readonly errors: readonly string[];
}

for (const { kind, key, text, shown, errors } of captured<FrameworkValue>("framework_keys")) {
  Deno.test(`validateSpec() judges ${key}=${JSON.stringify(text)} of a ${kind} like Kafka Connect`, () => {
    const { rows } = validateSpec(kind === "sink" ? sinkConnectorKeys : sourceConnectorKeys, { [key]: text });
    const row = rows.find(({ value }) => value.name === key);
    assert.deepEqual({ shown: row?.value.value, errors: row?.value.errors }, { shown, errors });
  });
}

const spec = {
  topic: field.string({ importance: "HIGH", doc: "Required." }),
  "batch.size": field.int({ importance: "LOW", doc: "Has a default.", default: 7 }),
  file: field.string({ importance: "LOW", doc: "Optional.", default: null }),
};

Deno.test("parseConfig() gives every key its type, its default or null", () => {
  const parsed = parseConfig(spec, { topic: " t ", other: "ignored" });
  assert(parsed.ok);
  const size: number = parsed.values["batch.size"];
  assert.deepEqual({ ...parsed.values, size }, { topic: "t", "batch.size": 7, file: null, size: 7 });
});

Deno.test("parseConfig() names every problem in the order of the keys and keeps what it could read", () => {
  const parsed = parseConfig(spec, { "batch.size": "x", file: "f" });
  assert(!parsed.ok);
  assert.deepEqual(parsed.problems, [
    { key: "topic", message: 'Missing required configuration "topic" which has no default value.' },
    { key: "batch.size", message: "Invalid value x for configuration batch.size: Not a number of type INT" },
  ]);
  assert.deepEqual(parsed.values, { topic: null, "batch.size": null, file: "f" });
});

Deno.test("parseKey() leaves a null that was sent alone: no default comes in its place", () => {
  assert.deepEqual(parseKey(spec["batch.size"], "batch.size", { "batch.size": null }), { value: null, errors: [] });
});

Deno.test("parseKey() reads a key named like a member of every object from the config only", () => {
  assert.deepEqual(parseKey(field.string({ ...base, default: "d" }), "constructor", {}), { value: "d", errors: [] });
});

Deno.test("splitList() and joining with commas lead back to any items without commas and blanks at their ends", () => {
  const item = fc.string().filter((text) => !text.includes(",") && text.trim() === text);
  fc.assert(fc.property(fc.array(item, { minLength: 2 }), (items) => assert.deepEqual(splitList(items.join(" , ")), items)));
});

Deno.test("splitList() takes a long run of blanks in its stride", () => {
  assert.equal(splitList("a" + " ".repeat(1_000_000) + "b").length, 1);
});

Deno.test("parseConfig() never throws, whatever the text", () => {
  const types: readonly FieldType[] = ["BOOLEAN", "STRING", "INT", "SHORT", "LONG", "DOUBLE", "LIST", "CLASS", "PASSWORD"];
  const all: ConfigSpec = Object.fromEntries(types.map((type) => [type, { ...field.string(base), type }]));
  const raw = fc.dictionary(fc.constantFrom(...types), fc.oneof(fc.string({ unit: "binary" }), fc.constant(null)));
  fc.assert(fc.property(raw, (config) => {
    const parsed = parseConfig(all, config as StringMap);
    assert.equal(typeof parsed.ok, "boolean");
  }));
});
