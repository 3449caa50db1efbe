import assert from "node:assert/strict";
import { field, type StringMap } from "../../../src/config/field.ts";
import { chooseConverters, findConverter } from "../../../src/host/converter_choice.ts";
import type { AnyConverter } from "../../../src/sdk/converter.ts";
import { scriptedSpec } from "./one_task.ts";

/** Converters that only remember the settings they were made with. */
function recorder() {
  const made: string[] = [];
  const definition = (name: string, headersOnly = false): AnyConverter => {
    const note = (config: Record<string, unknown>): never => made.push(`${name.split(".").at(-1)} ${JSON.stringify(config)}`) as never;
    return {
      class: name,
      version: "1",
      summary: "",
      config: {
        "converter.type": field.string({ importance: "LOW", doc: "" }),
        "schemas.enable": field.boolean({ default: true, importance: "LOW", doc: "" }),
      },
      ...(headersOnly ? {} : { create: note }),
      createHeader: note,
    };
  };
  const known = [
    definition("org.apache.kafka.connect.json.JsonConverter"),
    definition("org.apache.kafka.connect.storage.StringConverter"),
    definition("org.apache.kafka.connect.storage.SimpleHeaderConverter", true),
  ];
  return { known, made };
}

function madeWith(connector: StringMap, worker: StringMap): readonly string[] {
  const { known, made } = recorder();
  const spec = { ...scriptedSpec(), connectorConfig: connector, workerConfig: worker };
  chooseConverters(known, spec);
  return made;
}

Deno.test("chooseConverters() uses JSON for keys and values and the simple converter for headers when nobody names one", () => {
  assert.deepEqual(madeWith({}, {}), [
    `JsonConverter {"converter.type":"key","schemas.enable":true}`,
    `JsonConverter {"converter.type":"value","schemas.enable":true}`,
    `SimpleHeaderConverter {"converter.type":"header","schemas.enable":true}`,
  ]);
});

Deno.test("chooseConverters() never mixes settings of connector and worker", () => {
  const worker = { "value.converter": "JsonConverter", "value.converter.schemas.enable": "false" };
  assert.equal(madeWith({}, worker)[1], `JsonConverter {"converter.type":"value","schemas.enable":false}`);
  assert.equal(
    madeWith({ "value.converter.schemas.enable": "true" }, worker)[1],
    `JsonConverter {"converter.type":"value","schemas.enable":false}`,
  );
  assert.equal(
    madeWith({ "value.converter": "JsonConverter" }, worker)[1],
    `JsonConverter {"converter.type":"value","schemas.enable":true}`,
  );
});

Deno.test("chooseConverters() refuses a converter we lack by name and says what there is", () => {
  const avro = "io.confluent.connect.avro.AvroConverter";
  assert.throws(() => madeWith({ "value.converter": avro }, {}), {
    name: "ConfigException",
    message: `Invalid value ${avro} for configuration value.converter: Class ${avro} could not be found. Use one of ` +
      "org.apache.kafka.connect.json.JsonConverter, org.apache.kafka.connect.storage.StringConverter",
  });
});

Deno.test("chooseConverters() refuses a header converter for values, and settings that cannot be read", () => {
  assert.throws(() => madeWith({ "key.converter": "SimpleHeaderConverter" }, {}), /This class converts headers only. Use one of /);
  assert.throws(() => madeWith({ "key.converter": "Json", "key.converter.schemas.enable": "si" }, {}), {
    message: "key.converter: Invalid value si for configuration schemas.enable: Expected value to be either true or false",
  });
});

Deno.test("findConverter() takes full and short names", () => {
  const { known } = recorder();
  for (const name of ["org.apache.kafka.connect.storage.SimpleHeaderConverter", "SimpleHeaderConverter", "Simple", "SimpleHeader"]) {
    assert.equal(findConverter(known, name), known[2], name);
  }
  assert.equal(findConverter(known, "converter"), undefined);
});
