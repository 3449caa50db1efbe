/** A SQLite file, and the JDBC source's tasks on it without an engine around them. */
import { DatabaseSync } from "node:sqlite";
import type { Dialect } from "../../connectors/sql/dialect.ts";
import { startTask } from "../../connectors/jdbc_source/start_task.ts";
import { jdbcSource } from "../../connectors/jdbc_source/source.ts";
import { parseConfig } from "../../src/config/parse.ts";
import {
  liveRow,
  liveRows,
  recordAt,
  type RecordBatch,
  type SourceContext,
  type SourceOffset,
  type SourcePartition,
  type SourceTask,
  type StringMap,
  Struct,
  type Value,
} from "../../src/sdk/mod.ts";
import { FakeLog } from "./fake_log.ts";

/** A record as tests compare it. */
export interface Seen {
  readonly topic: string;
  readonly value: Readonly<Record<string, Value>>;
  readonly partition: SourcePartition;
  readonly offset: SourceOffset | null;
}

/** One database, one connector. */
export class JdbcScene {
  readonly database: DatabaseSync;
  readonly log = new FakeLog();
  /** By the text of the partition. */
  readonly stored = new Map<string, SourceOffset>();
  readonly batches: RecordBatch[] = [];
  readonly slept: number[] = [];
  tolerance: "none" | "all" = "none";
  now = Date.UTC(2024, 5, 1);
  readonly #path: string;
  readonly #stop = new AbortController();

  constructor(statements: readonly string[] = []) {
    this.#path = Deno.makeTempFileSync({ suffix: ".db" });
    this.database = new DatabaseSync(this.#path);
    for (const statement of statements) this.database.exec(statement);
  }

  /** The whole config, with what every one needs. */
  config(config: StringMap): StringMap {
    return { "connection.url": `jdbc:sqlite:${this.#path}`, "topic.prefix": "t-", "connection.attempts": "1", ...config };
  }

  context(raw: StringMap): SourceContext {
    return {
      connector: "c",
      task: 0,
      raw,
      tolerance: this.tolerance,
      signal: this.#stop.signal,
      log: this.log,
      offsets: (partitions) => Promise.resolve(partitions.map((partition) => this.stored.get(JSON.stringify(partition)))),
      sleep: (ms) => {
        this.slept.push(ms);
        this.now += ms;
        return Promise.resolve();
      },
      now: () => this.now,
    };
  }

  /** The configs of the connector's tasks. */
  async split(config: StringMap, maxTasks = 1): Promise<StringMap[]> {
    const raw = this.config(config);
    return await jdbcSource.split(parsed(raw), raw, maxTasks, this.context(raw));
  }

  /** Splits, and starts the first task; `among`: dialects in place of the real ones. */
  async start(config: StringMap, among?: readonly Dialect[]): Promise<SourceTask> {
    const [raw = {}] = await this.split(config);
    return await startTask(parsed(raw), this.context(raw), jdbcSource.taskClass, among);
  }

  /** Polls until a whole round of all tables is over, that is, until the task sleeps. Everything is acknowledged. */
  async round(task: SourceTask): Promise<Seen[]> {
    const seen: Seen[] = [];
    const before = this.slept.length;
    while (this.slept.length === before) seen.push(...await this.pollOnce(task));
    return seen;
  }

  /** One poll, acknowledged. */
  async pollOnce(task: SourceTask): Promise<Seen[]> {
    const batch = await task.poll();
    if (batch === null || !("position" in batch)) return [];
    this.batches.push(batch);
    const seen = Array.from({ length: liveRows(batch) }, (_, i) => seenOf(batch, liveRow(batch, i)));
    const offset = batch.position.offset(batch.rows - 1);
    if (offset !== null) this.stored.set(JSON.stringify(batch.position.partition), offset);
    return seen;
  }

  /** What the engine says to a task that is to end. */
  stop(): void {
    this.#stop.abort();
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    this.database.close();
    for (const suffix of ["", "-wal", "-shm", "-journal"]) {
      try {
        Deno.removeSync(this.#path + suffix);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }
}

function parsed(raw: StringMap) {
  const config = parseConfig(jdbcSource.config, raw);
  if (!config.ok) throw new Error(config.problems.map(({ message }) => message).join("\n"));
  return config.values;
}

function seenOf(batch: RecordBatch, row: number): Seen {
  const record = recordAt(batch, row);
  if (!(record.value instanceof Struct)) throw new TypeError("Records of the JDBC source have structs as values");
  const { schema, values } = record.value;
  return {
    topic: record.topic,
    value: Object.fromEntries(schema.fields.map(({ name, index }) => [name, values[index] ?? null])),
    partition: record.sourcePartition,
    offset: record.sourceOffset,
  };
}

/** An offset without our own notes, as clients see it. */
export function shown(offset: SourceOffset | null): SourceOffset | null {
  return offset === null ? null : Object.fromEntries(Object.entries(offset).filter(([name]) => !name.startsWith("sluice.")));
}
