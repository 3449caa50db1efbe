/** A worker with everything around it that a test can steer: fake children and time, a real store in a folder of its own. */
import assert from "node:assert/strict";
import { configureSync, type LogRecord, resetSync } from "@logtape/logtape";
import type { LogFields } from "../../../src/base/log.ts";
import { field } from "../../../src/config/field.ts";
import type { StringMap } from "../../../src/config/field.ts";
import { Database, SqliteConfigs, SqliteOffsets, SqliteStatuses, SqliteTopics } from "../../../src/store/mod.ts";
import { type WorkerApi, WorkerError, type WorkerErrorCode } from "../../../src/worker/api.ts";
import type { PluginSet } from "../../../src/worker/plugin_set.ts";
import { createWorker, type Worker, type WorkerOptions } from "../../../src/worker/worker.ts";
import { readWorkerConfig } from "../../../src/worker/worker_config.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";
import { FakeSpawner } from "../../fakes/children.ts";

export const SOURCE = "test.FlowSourceConnector";
export const SINK = "test.HoleSinkConnector";
export const TABLES = "test.TablesSourceConnector";
export const CHECKED = "test.CheckedSourceConnector";
const JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter";

const plugins: PluginSet = {
  connectors: [
    {
      kind: "source",
      class: SOURCE,
      taskClass: "test.FlowSourceTask",
      version: "1.2.3",
      config: {
        topic: field.string({ importance: "HIGH", doc: "Topic." }),
        secret: field.password({ importance: "HIGH", default: null, doc: "Password." }),
      },
    },
    {
      kind: "sink",
      class: SINK,
      taskClass: "test.HoleSinkTask",
      version: "3.0",
      config: { file: field.string({ importance: "HIGH", default: null, doc: "File." }) },
    },
    {
      kind: "source",
      class: TABLES,
      taskClass: "test.TableSourceTask",
      version: "4.0",
      config: { every: field.int({ importance: "LOW", default: null, doc: "Milliseconds." }) },
      resplitMs: (config) => typeof config["every"] === "number" ? config["every"] : null,
    },
    { kind: "source", class: CHECKED, taskClass: "test.CheckedTask", version: "2.0", config: {}, check: () => [] },
  ],
  converters: [
    { class: JSON_CONVERTER, version: "4.2.0", config: {}, create: () => {} },
    { class: "org.apache.kafka.connect.storage.SimpleHeaderConverter", version: "4.2.0", config: {} },
  ],
};

/** What a test may set before the worker is made. */
export interface WorldOptions {
  readonly properties?: StringMap;
  /** Replaces parts of the worker's surroundings, to inject faults. */
  readonly replace?: (options: WorkerOptions) => Partial<WorkerOptions>;
}

/** Everything a test looks at. */
export class World {
  clock = new FakeClock();
  spawner = new FakeSpawner();
  readonly folder = Deno.makeTempDirSync();
  readonly #options: WorldOptions;
  #database: Database;
  worker: Worker;
  /** Lines logged at error, as text. */
  readonly errors: string[] = [];
  /** All lines, with the fields of their prefix. */
  readonly lines: { readonly text: string; readonly connector: unknown; readonly level: string; readonly fields: LogFields }[] = [];

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.spawner.serve = (request) => {
      if (request.what === "split") return { ok: splitEvenly(request.config, request.maxTasks) };
      return { ok: request.what === "clusterId" ? "cluster-1" : request.what === "check" ? [] : true };
    };
    this.#collectLog();
    this.#database = this.#openDatabase();
    this.worker = this.#makeWorker();
  }

  get api(): WorkerApi {
    return this.worker;
  }

  get database(): Database {
    return this.#database;
  }

  get configs(): SqliteConfigs {
    return new SqliteConfigs(this.#database);
  }

  get offsets(): SqliteOffsets {
    return new SqliteOffsets(this.#database);
  }

  /** As if the process had been killed: time stands still for the old worker and its children, and a new one opens the store. */
  async crash(): Promise<void> {
    const { serve } = this.spawner;
    this.#database.close();
    this.clock = new FakeClock(this.clock.now() + 1000);
    this.spawner = new FakeSpawner();
    this.spawner.serve = serve;
    this.#database = this.#openDatabase();
    this.worker = this.#makeWorker();
    this.worker.start();
    await settle();
  }

  /** Stops the worker in good order and opens a new one over the same store. */
  async reopen(): Promise<void> {
    await this.stop();
    this.#database.close();
    this.#database = this.#openDatabase();
    this.worker = this.#makeWorker();
    this.worker.start();
    await settle();
  }

  async stop(): Promise<void> {
    const stopped = this.worker.shutdown();
    await this.clock.advance(20_000);
    await stopped;
  }

  close(): void {
    this.#database.close();
    Deno.removeSync(this.folder, { recursive: true });
    resetSync();
  }

  /** State of the connector and of its tasks, in short. */
  shown(name: string): string {
    const status = this.worker.findStatus(name);
    return status === undefined ? "none" : [status.connector.state, ...status.tasks.map(({ state }) => state)].join(" ");
  }

  #collectLog(): void {
    const write = (record: LogRecord) => {
      const text = record.message.join("");
      this.lines.push({ text, connector: record.properties["connector"], level: record.level, fields: record.properties });
      if (record.level === "error") this.errors.push(`${text} ${JSON.stringify(record.properties)}`);
    };
    configureSync({
      reset: true,
      sinks: { memory: write },
      loggers: [{ category: [], lowestLevel: "debug", sinks: ["memory"] }, { category: ["logtape", "meta"], sinks: [] }],
    });
  }

  #openDatabase(): Database {
    return Database.open(this.folder, { pid: Deno.pid, host: "here", since: "2026-01-01T00:00:00Z" });
  }

  #makeWorker(): Worker {
    const properties = { "key.converter": JSON_CONVERTER, "value.converter": JSON_CONVERTER, ...this.#options.properties };
    const read = readWorkerConfig(properties);
    assert.ok(read.ok, JSON.stringify(read));
    const options: WorkerOptions = {
      plugins,
      properties,
      config: read.config,
      configs: new SqliteConfigs(this.#database),
      offsets: new SqliteOffsets(this.#database),
      topics: new SqliteTopics(this.#database),
      statuses: new SqliteStatuses(this.#database),
      spawner: this.spawner,
      clock: this.clock,
      workerId: () => "here:8083",
      commit: "abc",
      logLevel: "info",
      logFormat: "text",
      cores: 2,
    };
    return createWorker({ ...options, ...this.#options.replace?.(options) });
  }
}

/** One task per unit of tasks.max. */
function splitEvenly(config: StringMap, maxTasks: number): readonly StringMap[] {
  return Array.from({ length: maxTasks }, (_, part) => ({ ...config, part: String(part) }));
}

/** Runs a test in a world of its own. Afterwards the worker is stopped, and nothing may be left: no violation, no sleeper, no child. */
export async function inWorld(work: (world: World) => Promise<void>, options: WorldOptions = {}): Promise<void> {
  const world = new World(options);
  try {
    world.worker.start();
    await settle();
    await work(world);
    await world.stop();
    assert.deepEqual(world.spawner.violations, []);
    assert.deepEqual(world.spawner.children.filter((child) => !child.isDead), []);
    assert.equal(world.clock.sleeping, 0);
  } finally {
    world.close();
  }
}

/** A config of the test connector. */
export function config(name: string, more: StringMap = {}): StringMap {
  return { "connector.class": SOURCE, topic: "t", name, ...more };
}

/** Creates a connector and lets it run. */
export async function running(world: World, name: string, more: StringMap = {}): Promise<void> {
  await world.api.create(name, config(name, more), "STARTED");
  await settle();
}

/** The refusal a call ends with. */
export async function refusalOf(call: Promise<unknown>): Promise<readonly [WorkerErrorCode, string]> {
  try {
    await call;
  } catch (error) {
    if (error instanceof WorkerError) return [error.code, error.message];
    throw error;
  }
  throw new Error("Nothing was refused");
}
