/** A directory with files, and SpoolDir tasks on it that are driven poll by poll, with Kafka and the offset store played by the test. */
import { join } from "node:path";
import { recordAt, type RecordBatch, type SourceContext, type SourceOffset, type SourceRecord, type SourceTask, type StringMap } from "sdk";
import { spoolDirCsvSource } from "../../connectors/spooldir/csv_source.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { liveRow, liveRows } from "../../src/data/batch.ts";
import { FakeLog } from "./fake_log.ts";

/** Modification time of files unless a test gives another, as in the captures. */
export const MTIME = 1_700_000_000_000;

/** Settings of a scene's connector beyond its folders and topic. */
export type Overrides = Readonly<Record<string, string>>;

/** A temporary directory with `in`, `error` and `finished`, and what outlives a task: offsets, log, time. */
export class SpoolScene {
  readonly root: string;
  readonly log = new FakeLog();
  /** Stored offsets by file name. */
  readonly stored = new Map<string, SourceOffset>();
  /** Every pause a task asked for, in milliseconds. */
  readonly sleeps: number[] = [];
  now = MTIME + 3_600_000;

  private constructor(root: string) {
    this.root = root;
  }

  static async open(): Promise<SpoolScene> {
    const scene = new SpoolScene(await Deno.makeTempDir({ prefix: "spooldir" }));
    for (const name of ["in", "error", "finished"]) await Deno.mkdir(scene.path(name));
    return scene;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.root, { recursive: true });
  }

  path(relative: string): string {
    return join(this.root, relative);
  }

  async write(relative: string, content: string | Uint8Array, mtime = MTIME): Promise<void> {
    const path = this.path(relative);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    await Deno.utime(path, mtime / 1000, mtime / 1000);
  }

  /** Adds to a file, which gets a new modification time. */
  async append(relative: string, text: string, mtime = this.now): Promise<void> {
    await Deno.writeTextFile(this.path(relative), text, { append: true });
    await Deno.utime(this.path(relative), mtime / 1000, mtime / 1000);
  }

  /** Everything below the scene's directory, folders with `/`, sorted. */
  tree(below = "."): string[] {
    const found: string[] = [];
    const walk = (directory: string, prefix: string) => {
      for (const entry of Deno.readDirSync(directory)) {
        found.push(prefix + entry.name + (entry.isDirectory ? "/" : ""));
        if (entry.isDirectory) walk(join(directory, entry.name), `${prefix}${entry.name}/`);
      }
    };
    walk(this.path(below), "");
    return found.sort();
  }

  /** A connector's config on this scene: header row and generated schemas, unless told otherwise. */
  config(overrides: Overrides = {}): Record<string, string> {
    return {
      "name": "spool",
      "topic": "rows",
      "input.path": this.path("in"),
      "error.path": this.path("error"),
      "finished.path": this.path("finished"),
      "input.file.pattern": ".*\\.csv",
      "csv.first.row.as.header": "true",
      "schema.generation.enabled": "true",
      ...overrides,
    };
  }

  /** The task configs of a connector. */
  async split(overrides: Overrides = {}, maxTasks = 1): Promise<StringMap[]> {
    return await this.splitConfig(this.config(overrides), maxTasks);
  }

  /** The same for a whole config. */
  async splitConfig(raw: StringMap, maxTasks = 1): Promise<StringMap[]> {
    const context = { connector: raw.name ?? "", raw, log: this.log, signal: new AbortController().signal };
    return await spoolDirCsvSource.split(parsed(raw), raw, maxTasks, context);
  }

  /** Splits and starts a connector of one task. */
  async start(overrides: Overrides = {}, tolerance: "none" | "all" = "none"): Promise<RunningTask> {
    const [config] = await this.split(overrides);
    return await this.startTask(config ?? {}, tolerance);
  }

  async startTask(config: StringMap, tolerance: "none" | "all" = "none", onOffsets: () => void = () => {}): Promise<RunningTask> {
    const controller = new AbortController();
    const context: SourceContext = {
      connector: config.name ?? "",
      raw: config,
      task: Number(config["task.index"] ?? 0),
      log: this.log,
      signal: controller.signal,
      tolerance,
      offsets: (partitions) => {
        onOffsets();
        return Promise.resolve(partitions.map((partition) => this.stored.get(String(partition.fileName))));
      },
      sleep: (ms) => {
        this.sleeps.push(ms);
        this.now += ms;
        return Promise.resolve();
      },
      now: () => this.now,
    };
    return new RunningTask(this, await spoolDirCsvSource.start(parsed(config), context), controller);
  }
}

function parsed(raw: StringMap) {
  const config = parseConfig(spoolDirCsvSource.config, raw);
  if (!config.ok) throw new Error(config.problems.map((problem) => problem.message).join("; "));
  return config.values;
}

interface Sent {
  readonly token: unknown;
  readonly file: string;
  readonly offset: SourceOffset;
}

/** A task whose acknowledgements the test gives. */
export class RunningTask {
  readonly task: SourceTask;
  readonly #scene: SpoolScene;
  readonly #controller: AbortController;
  #unacknowledged: Sent[] = [];

  constructor(scene: SpoolScene, task: SourceTask, controller: AbortController) {
    this.#scene = scene;
    this.task = task;
    this.#controller = controller;
  }

  /** What one poll gives, as it is. */
  async pollBatch(): Promise<RecordBatch | null> {
    const polled = await this.task.poll();
    if (polled === null) return null;
    if (!("position" in polled)) throw new TypeError("A SpoolDir task gives batches");
    const { partition, offset } = polled.position;
    this.#unacknowledged.push({ token: polled.token, file: String(partition.fileName), offset: offset(polled.rows - 1) ?? {} });
    return polled;
  }

  /** The live records of one poll. */
  async poll(): Promise<SourceRecord[] | null> {
    const batch = await this.pollBatch();
    return batch === null ? null : Array.from({ length: liveRows(batch) }, (_, i) => recordAt(batch, liveRow(batch, i)));
  }

  /** Acknowledges the oldest batches, all unless told how many: their offsets are stored, then the task is told. */
  async acknowledge(batches = this.#unacknowledged.length): Promise<void> {
    for (const { token, file, offset } of this.#unacknowledged.splice(0, batches)) {
      this.#scene.stored.set(file, offset);
      await this.task.delivered?.(token);
    }
  }

  /** Polls and acknowledges until there is nothing more to do. */
  async drain(take: (batch: RecordBatch) => void = () => {}): Promise<SourceRecord[]> {
    const records: SourceRecord[] = [];
    for (let idle = 0; idle < 3;) {
      const slept = this.#scene.sleeps.length;
      const batch = await this.pollBatch();
      if (batch !== null) {
        take(batch);
        for (let i = 0; i < liveRows(batch); i++) records.push(recordAt(batch, liveRow(batch, i)));
      }
      await this.acknowledge();
      idle = batch === null && this.#scene.sleeps.length > slept ? idle + 1 : 0;
    }
    return records;
  }

  async stop(): Promise<void> {
    this.#controller.abort();
    await this.task.stop?.();
  }
}

/** The fields of records' values, in order. */
export function values(records: readonly SourceRecord[] | null): unknown[] {
  return (records ?? []).map((record) =>
    typeof record.value === "object" && record.value !== null && "values" in record.value ? record.value.values : record.value
  );
}

/** The header `file.offset` of each record. */
export function offsets(records: readonly SourceRecord[]): number[] {
  return records.map((record) => Number(record.headers.find((header) => header.name === "file.offset")?.value));
}
