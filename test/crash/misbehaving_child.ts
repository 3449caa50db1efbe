/** A task host of connectors that block, fill the heap, crash in native code or split without end, beside one that behaves. */
import { createHost } from "../../src/host/mod.ts";
import { converters } from "../../src/converters/mod.ts";
import { systemClock } from "../../src/base/clock.ts";
import { openChildChannel } from "../../src/link/child_channel.ts";
import { type ConnectorDefinition, defineSource, field, primitiveSchema, type SourceRecord, type SourceTask } from "sdk";
import { FakeKafka } from "../fakes/fake_kafka.ts";

const config = {
  topic: field.string({ importance: "HIGH", doc: "Topic." }),
  trigger: field.string({ importance: "HIGH", doc: "Misbehaves once this file exists." }),
  "blocks.in.split": field.boolean({ importance: "LOW", default: false, doc: "Whether splitting never ends." }),
};

/** Does its worst once the trigger is there; until then it sends a record every few milliseconds. */
function misbehaving(name: string, worst: () => void): ConnectorDefinition {
  return defineSource({
    class: `test.${name}SourceConnector`,
    taskClass: `test.${name}SourceTask`,
    version: "1",
    summary: name,
    config,
    split: (parsed, raw, maxTasks) => {
      if (parsed["blocks.in.split"]) block();
      return Array.from({ length: maxTasks }, () => raw);
    },
    start: (parsed, context): SourceTask => {
      let position = 0;
      return {
        async poll() {
          await context.sleep(5);
          if (isThere(parsed.trigger)) worst();
          return [record(parsed.topic, context.task, ++position)];
        },
      };
    },
  });
}

function record(topic: string, task: number, position: number): SourceRecord {
  return {
    topic,
    partition: null,
    keySchema: null,
    key: null,
    valueSchema: primitiveSchema("STRING"),
    value: String(position),
    timestamp: null,
    headers: [],
    sourcePartition: { task },
    sourceOffset: { position },
  };
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function block(): void {
  for (let n = 0n;; n++) if (n < 0n) return;
}

function fillTheHeap(): void {
  const kept: unknown[] = [];
  for (;;) kept.push(new Array(1000).fill(kept.length));
}

/** Reads where no memory is, as a wrong pointer in a native library would. */
function crashNatively(): void {
  const nowhere = Deno.UnsafePointer.create(8n);
  if (nowhere !== null) new Deno.UnsafePointerView(nowhere).getUint8();
}

const channel = openChildChannel();
const host = createHost({
  connectors: [
    misbehaving("Good", () => {}),
    misbehaving("Block", block),
    misbehaving("Heap", fillTheHeap),
    misbehaving("Native", crashNatively),
    misbehaving("Exit", () => Deno.exit(42)),
  ],
  converters,
  kafka: new FakeKafka(systemClock),
  clock: systemClock,
  send: (message) => channel.send(message),
  memory: () => Deno.memoryUsage().rss,
});
for await (const message of channel.messages) {
  host.receive(message);
  if (message.do === "exit") {
    await host.stopped;
    break;
  }
}
Deno.exit(0);
