/** Connectors that do their worst in real processes: it alone is FAILED, with the reason; neighbours go on and REST's calls are answered. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { field } from "../../src/config/field.ts";
import { ProcessSpawner } from "../../src/link/spawn.ts";
import { Database, SqliteConfigs, SqliteOffsets, SqliteStatuses, SqliteTopics } from "../../src/store/mod.ts";
import { readWorkerConfig } from "../../src/worker/worker_config.ts";
import { createWorker, type Worker } from "../../src/worker/worker.ts";
import { until } from "../until.ts";

const CHILD = new URL("./misbehaving_child.ts", import.meta.url).pathname;
/** A heap that is full soon; the rest as in the product. */
const ARGUMENTS = ["run", "-A", "--no-check", "--cached-only", "--v8-flags=--max-old-space-size=120", CHILD];
const JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter";
const KINDS = ["Good", "Block", "Heap", "Native", "Exit"];

/** A real worker over real processes, all tasks in one host to begin with. */
class Scene {
  readonly folder = Deno.makeTempDirSync();
  readonly #database: Database;
  readonly worker: Worker;

  constructor() {
    this.#database = Database.open(this.folder, { pid: Deno.pid, host: "here", since: new Date().toISOString() });
    const properties = {
      "key.converter": JSON_CONVERTER,
      "value.converter": JSON_CONVERTER,
      "sluice.task.hosts": "1",
      "sluice.host.heartbeat.timeout.ms": "4000",
      "offset.flush.interval.ms": "50",
    };
    const read = readWorkerConfig(properties);
    assert.ok(read.ok);
    const config = {
      topic: field.string({ importance: "HIGH", doc: "Topic." }),
      trigger: field.string({ importance: "HIGH", doc: "Trigger." }),
    };
    const kind = "source" as const;
    this.worker = createWorker({
      plugins: {
        connectors: KINDS.map((name) => ({ kind, class: `test.${name}SourceConnector`, version: "1", config })),
        converters: [{ class: JSON_CONVERTER, version: "4.2.0", config: {}, create: () => {} }],
      },
      properties,
      config: read.config,
      configs: new SqliteConfigs(this.#database),
      offsets: new SqliteOffsets(this.#database),
      topics: new SqliteTopics(this.#database),
      statuses: new SqliteStatuses(this.#database),
      spawner: new ProcessSpawner(ARGUMENTS, 100),
      clock: systemClock,
      workerId: () => "here:1",
      commit: "test",
      logLevel: "fatal",
      logFormat: "text",
      cores: 1,
    });
    this.worker.start();
  }

  async create(name: string, kind: string, more: Record<string, string> = {}): Promise<void> {
    const config = { name, "connector.class": `test.${kind}SourceConnector`, topic: name, trigger: this.#trigger(name), ...more };
    await this.worker.create(name, config, "STARTED");
  }

  /** Lets a connector do its worst. */
  provoke(name: string): void {
    Deno.writeTextFileSync(this.#trigger(name), "");
  }

  stateOf(name: string): string {
    const status = this.worker.findStatus(name);
    return status === undefined ? "none" : [status.connector.state, ...status.tasks.map(({ state }) => state)].join(" ");
  }

  traceOf(name: string): string {
    return this.worker.findStatus(name)?.tasks[0]?.trace ?? this.worker.findStatus(name)?.connector.trace ?? "";
  }

  async positionOf(name: string): Promise<number> {
    return Number((await this.worker.offsets(name))[0]?.offset?.["position"] ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.shutdown();
    this.#database.close();
    Deno.removeSync(this.folder, { recursive: true });
  }

  #trigger(name: string): string {
    return `${this.folder}/${name}.trigger`;
  }
}

/** Asks until it is so. */
async function eventually(what: string, probe: () => boolean | Promise<boolean>): Promise<void> {
  await until(what, async () => await probe() ? true : undefined);
}

const CASES = [
  ["Block", /Heartbeat lost: Task host \d+ did not answer for 4 s and was killed/],
  ["Heap", /ran out of memory \(exit code 133, SIGTRAP\)/],
  ["Native", /crashed in native code \(exit code 139, SIGSEGV\)/],
  ["Exit", /ended unexpectedly \(exit code 42\)/],
] as const;

for (const [kind, reason] of CASES) {
  Deno.test(`A task that does ${kind} in a shared host is found, and the others in it go on from their offsets`, async () => {
    await using scene = new Scene();
    for (const name of ["one", "bad", "two"]) await scene.create(name, name === "bad" ? kind : "Good");
    await eventually("all run", () => ["one", "bad", "two"].every((name) => scene.stateOf(name) === "RUNNING RUNNING"));
    await eventually("offsets come", async () => await scene.positionOf("one") > 3);
    scene.provoke("bad");
    await eventually("the one at fault is found", () => scene.stateOf("bad") === "RUNNING FAILED");
    assert.match(scene.traceOf("bad"), reason);
    const before = await scene.positionOf("one");
    await eventually("the others run", () => ["one", "two"].every((name) => scene.stateOf(name) === "RUNNING RUNNING"));
    await eventually("the others go on", async () => await scene.positionOf("one") !== before);
    Deno.removeSync(`${scene.folder}/bad.trigger`);
    await scene.worker.restartTask("bad", 0);
    await eventually("it runs again once its cause is removed", () => scene.stateOf("bad") === "RUNNING RUNNING");
  });
}

Deno.test("A connector that blocks its service host delays others only until that is replaced, and is FAILED itself", async () => {
  await using scene = new Scene();
  await scene.create("stuck", "Good", { "blocks.in.split": "true" });
  await scene.create("fine", "Good");
  await eventually("the other starts", () => scene.stateOf("fine") === "RUNNING RUNNING");
  await eventually("the one at fault is given up", () => scene.stateOf("stuck") === "FAILED");
  assert.match(scene.traceOf("stuck"), /Cannot finish "split": Heartbeat lost/);
});
