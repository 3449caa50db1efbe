/** A JDBC sink task over a database of its own: SQLite in a file, or whatever sessions a test gives. */
import { DatabaseSync } from "node:sqlite";
import type { ConfigOf, ErrantRecordReporter, SinkBatch, SinkContext, SinkTask, StringMap } from "sdk";
import { jdbcSink } from "../../connectors/jdbc_sink/sink.ts";
import type { Dialect } from "../../connectors/sql/dialect.ts";
import { sqlite } from "../../connectors/sql/sqlite.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { FakeLog } from "./fake_log.ts";

/** A row that was handed to the reporter. */
export interface ReportedRow {
  readonly topic: string;
  readonly offset: number;
  readonly error: Error;
}

/** How a ground differs from the usual one. */
export interface SinkGroundOptions {
  readonly config?: StringMap;
  readonly dialects?: readonly Dialect[];
  /** Default "none": no reporter, tolerance none. */
  readonly reporter?: "none" | "tolerates" | "refuses";
}

/** Where a task runs and what came of it. Dispose of it. */
export class SinkGround implements AsyncDisposable {
  readonly log: FakeLog;
  readonly reported: readonly ReportedRow[];
  /** Milliseconds of every wait. */
  readonly sleeps: readonly number[];
  readonly path: string;
  readonly raw: StringMap;
  now = 1_700_000_000_000;
  readonly #task: SinkTask;
  readonly #stop: AbortController;

  private constructor(parts: { path: string; raw: StringMap; task: SinkTask; stop: AbortController; shared: SharedParts }) {
    this.path = parts.path;
    this.raw = parts.raw;
    this.#task = parts.task;
    this.#stop = parts.stop;
    this.log = parts.shared.log;
    this.reported = parts.shared.reported;
    this.sleeps = parts.shared.sleeps;
    parts.shared.clock = () => this.now;
  }

  static async open(options: SinkGroundOptions = {}): Promise<SinkGround> {
    const path = await Deno.makeTempFile({ suffix: ".db" });
    const raw: StringMap = { name: "c", "connection.url": `jdbc:sqlite:${path}`, ...options.config };
    const shared: SharedParts = { log: new FakeLog(), reported: [], sleeps: [], clock: () => 1_700_000_000_000 };
    const stop = new AbortController();
    const definition = jdbcSink(options.dialects ?? [sqlite]);
    const parsed = parseConfig(definition.config, raw);
    if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join("\n"));
    const context = contextOf(raw, shared, stop.signal, options.reporter ?? "none");
    const task = await definition.start(parsed.values as ConfigOf<typeof definition.config>, context);
    return new SinkGround({ path, raw, task, stop, shared });
  }

  async put(...batches: readonly SinkBatch[]): Promise<void> {
    await this.#task.put(batches);
  }

  /** Tells the task that it is to stop. */
  stopSoon(): void {
    this.#stop.abort();
  }

  /** Runs SQL in the database's file, beside the task. */
  run(sql: string): void {
    using database = new DatabaseSync(this.path);
    database.exec(sql);
  }

  /** What a query gives, each row as an array. */
  rows(sql: string): unknown[][] {
    using database = new DatabaseSync(this.path);
    return database.prepare(sql).all().map((row) => Object.values(row));
  }

  /** The statement a table was made by. */
  ddl(table: string): unknown {
    return this.rows(`SELECT sql FROM sqlite_master WHERE name = '${table}'`)[0]?.[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#task.stop?.();
    await Deno.remove(this.path);
  }
}

interface SharedParts {
  readonly log: FakeLog;
  readonly reported: ReportedRow[];
  readonly sleeps: number[];
  clock: () => number;
}

function contextOf(raw: StringMap, shared: SharedParts, signal: AbortSignal, reporter: "none" | "tolerates" | "refuses"): SinkContext {
  const takes: ErrantRecordReporter = {
    report(batch, row, error) {
      shared.reported.push({ topic: batch.origin.topic, offset: batch.offsets[row] as number, error });
      if (reporter === "refuses") throw error;
    },
  };
  return {
    connector: raw.name ?? "",
    raw,
    task: 0,
    log: shared.log,
    signal,
    tolerance: reporter === "tolerates" ? "all" : "none",
    reporter: reporter === "none" ? null : takes,
    assignment: () => [],
    requestCommit: () => {},
    pause: () => {},
    resume: () => {},
    seek: () => {},
    sleep: (ms) => {
      shared.sleeps.push(ms);
      return Promise.resolve();
    },
    now: () => shared.clock(),
  };
}
