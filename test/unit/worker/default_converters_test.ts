import assert from "node:assert/strict";
import { converters } from "../../../src/converters/mod.ts";
import { converterProblems } from "../../../src/worker/default_converters.ts";

const plugins = { connectors: [], converters };

Deno.test("converterProblems() takes full and short names, and leaves what is not given to its default", () => {
  const good = { "key.converter": "org.apache.kafka.connect.storage.StringConverter", "value.converter": "JsonConverter" };
  assert.deepEqual(converterProblems(good, plugins), []);
  assert.deepEqual(converterProblems({}, plugins), []);
});

Deno.test("converterProblems() names key and class of each converter we lack, and what to use instead", () => {
  const lacking = { "key.converter": "io.confluent.connect.avro.AvroConverter", "value.converter": "com.example.None" };
  const problems = converterProblems(lacking, plugins);
  assert.deepEqual(problems.map(({ key }) => key), ["key.converter", "value.converter"]);
  const [avro, unknown] = problems.map(({ message }) => message);
  assert.match(avro ?? "", /AvroConverter for configuration key\.converter.* Use org\.apache\.kafka\.connect\.json\.JsonConverter: /);
  assert.match(unknown ?? "", /None for configuration value\.converter: .* Use one of .*org\.apache\.kafka\.connect\.json\.JsonConverter/);
});
