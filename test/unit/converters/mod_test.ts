import assert from "node:assert/strict";
import type { ConfigSpec } from "sdk";
import { renderDefault } from "../../../src/config/render.ts";
import { converters } from "../../../src/converters/mod.ts";

/** One key as `/connector-plugins/NAME/config` shows it. */
interface ShownKey {
  readonly name: string;
  readonly documentation: string;
  readonly [attribute: string]: unknown;
}

interface PluginCase {
  readonly steps: readonly {
    readonly request: { readonly path: string };
    readonly response: { readonly body: { readonly text: string } };
  }[];
}

/** Captured keys by class name; their documentation is masked. */
function capturedKeys(): Map<string, ShownKey[]> {
  const keys = new Map<string, ShownKey[]>();
  for (const name of ["config-of-converters", "config-of-json-and-string"]) {
    const file = new URL(`../../captures/golden/plugins/${name}.json`, import.meta.url);
    const { steps }: PluginCase = JSON.parse(Deno.readTextFileSync(file));
    for (const { request, response } of steps) keys.set(request.path.split("/")[2] ?? "", JSON.parse(response.body.text));
  }
  return keys;
}

function shownKeys(config: ConfigSpec): ShownKey[] {
  return Object.entries(config).map(([name, field]) => ({
    name,
    type: field.type,
    required: field.default === undefined,
    default_value: renderDefault(field),
    importance: field.importance,
    documentation: "{{text}}",
    group: field.group ?? null,
    order_in_group: field.order ?? -1,
    width: field.width ?? "NONE",
    display_name: field.displayName ?? name,
    dependents: field.dependents ?? [],
  }));
}

Deno.test("converters are the ones Kafka Connect has, key by key as it shows them", () => {
  const captured = capturedKeys();
  assert.deepEqual(new Set(converters.map((converter) => converter.class)), new Set(captured.keys()));
  for (const converter of converters) assert.deepEqual(shownKeys(converter.config), captured.get(converter.class), converter.class);
});

Deno.test("converters follow Kafka 4.2.0, say what they are, and document every key in words of their own", () => {
  for (const { version, summary, config, class: name } of converters) {
    assert.equal(version, "4.2.0");
    assert.match(summary, /^[A-Z].*\.$/, name);
    for (const field of Object.values(config as ConfigSpec)) assert.match(field.doc, /^[A-Z].{20,}\.$/s, name);
  }
});

Deno.test("converters all make header converters, and all but SimpleHeaderConverter key and value converters", () => {
  assert.deepEqual(converters.filter((each) => each.create === undefined).map((each) => each.class), [
    "org.apache.kafka.connect.storage.SimpleHeaderConverter",
  ]);
});
