/** What tasks log when they start. */
import assert from "node:assert/strict";
import { LogValues } from "../../../src/base/log.ts";
import { ScriptedSink } from "../../fakes/scripted_sink.ts";
import { ScriptedSource } from "../../fakes/scripted_source.ts";
import { OneSink } from "./one_sink.ts";
import { OneTask } from "./one_task.ts";

Deno.test("SourceLoop logs the effective config, secrets and provider references hidden", async () => {
  const spec = {
    connectorClass: "test.ScriptedSourceConnector",
    config: {
      "topic": "resolved",
      "password": "s3cret",
      "key.converter": "test.TextConverter",
      "producer.override.sasl.jaas.config": "x",
      "tables": "a",
    },
    connectorConfig: {
      "topic": "resolved",
      "password": "s3cret",
      "key.converter": "test.TextConverter",
      "value.converter": "test.TextConverter",
      "header.converter": "test.TextConverter",
      "producer.override.sasl.jaas.config": "x",
      "connection.pasword": "oops",
    },
    shownConfig: { "topic": "${env:TOPIC}", "password": "s3cret" },
    workerConfig: {},
  };
  const task = await new OneTask(new ScriptedSource(), { spec }).start();
  const [entry, ...more] = task.log.lines.filter(({ message }) => message === "ScriptedSourceConnectorConfig values:");
  assert.deepEqual([entry?.level, more], ["debug", []]);
  const values = entry?.fields["values"];
  assert.ok(values instanceof LogValues);
  assert.deepEqual(values.values, {
    "topic": "${env:TOPIC}",
    "password": "[hidden]",
    "key.converter": "test.TextConverter",
    "value.converter": "test.TextConverter",
    "header.converter": "test.TextConverter",
    "producer.override.sasl.jaas.config": "[hidden]",
    "connection.pasword": "(no key of this connector: value not shown)",
    "tables": "a",
  });
  await task.stop();
});

Deno.test("SinkLoop says its effective config at the start, secrets hidden", async () => {
  const task = await new OneSink(new ScriptedSink(), { config: { "password": "very-secret" } }).start();
  const [values] = task.log.lines.flatMap(({ fields }) => fields["values"] instanceof LogValues ? [fields["values"].values] : []);
  assert.deepEqual([values?.["password"], values?.["topics"]], ["[hidden]", "t"]);
  assert.ok(!JSON.stringify(task.log.lines).includes("very-secret"));
  await task.stop();
});
