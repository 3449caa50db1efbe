/** The captured cases of the JDBC source: what Kafka Connect read from MariaDB and PostgreSQL, against what the tasks read. */
import assert from "node:assert/strict";
import { jdbcSource } from "../../connectors/jdbc_source/source.ts";
import { startTask } from "../../connectors/jdbc_source/start_task.ts";
import { parseConfig } from "../../src/config/parse.ts";
import {
  type Converter,
  liveRow,
  liveRows,
  recordAt,
  type RecordBatch,
  type SourceContext,
  type SourceOffset,
  type SourceTask,
  type StringMap,
} from "../../src/sdk/mod.ts";
import { type CaseBytes, fromCaseBytes } from "../captures/golden_steps.ts";
import { sharedServer, type TestServer } from "../databases.ts";
import { FakeLog } from "../fakes/fake_log.ts";
import { converterOf } from "../unit/converters/captures.ts";
import { type PlainSql, plainSql } from "./plain_sql.ts";

/** A step of a case, as far as it is looked at here. */
interface SourceStep {
  readonly do: string;
  readonly request?: { readonly method: string; readonly body?: string };
  readonly response?: { readonly body?: { readonly text: string } };
  readonly topic?: string;
  readonly records?: readonly { readonly key?: CaseBytes; readonly value: CaseBytes }[];
  readonly sql?: string;
}

const CASES = new URL("../captures/golden/jdbc-source/", import.meta.url);
const MARIADB = sharedServer("mariadb");
const POSTGRES = sharedServer("postgres");
/** Rounds without a row before a table counts as read. */
const PATIENCE = 3;

for (const { name } of [...Deno.readDirSync(CASES)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  const id = name.replace(".json", "");
  const server = id.startsWith("pg-") ? POSTGRES : MARIADB;
  Deno.test({
    name: `JdbcSourceTask reads what Kafka Connect read: ${id}${server.because}`,
    ignore: server.missing,
    fn: async () => {
      const { steps } = JSON.parse(Deno.readTextFileSync(new URL(name, CASES))) as { steps: readonly SourceStep[] };
      await using replay = await CaseReplay.open(server);
      for (const step of steps) await replay.step(step);
    },
  });
}

/** One case, in a database of its own. */
class CaseReplay implements AsyncDisposable {
  readonly #server: TestServer;
  readonly #database: string;
  readonly #sql: PlainSql;
  readonly #stop = new AbortController();
  readonly #log = new FakeLog();
  #converter: Converter | undefined;
  #tasks: SourceTask[] = [];
  #taskConfigs: readonly StringMap[] = [];
  #failure: Error | undefined;
  /** By topic, as text. */
  readonly #records = new Map<string, (string | null)[]>();
  readonly #offsets = new Map<string, SourceOffset>();
  #slept = 0;

  private constructor(server: TestServer, sql: PlainSql, database: string) {
    this.#server = server;
    this.#sql = sql;
    this.#database = database;
  }

  static async open(server: TestServer): Promise<CaseReplay> {
    const database = `om_source_${crypto.randomUUID().substring(0, 8)}`;
    const outside = await plainSql(server, kindOf(server), "");
    await outside.run(`CREATE DATABASE ${database}`);
    await outside.close();
    return new CaseReplay(server, await plainSql(server, kindOf(server), database), database);
  }

  async step(step: SourceStep): Promise<void> {
    switch (step.do) {
      case "sql":
        return await this.#sql.run(step.sql ?? "");
      case "http":
        return step.request?.method === "POST" ? await this.#start(step) : this.#checkAnswer(step);
      case "records":
        await this.#read();
        assert.deepEqual(this.#records.get(step.topic ?? "") ?? [], (step.records ?? []).map(({ value }) => textOf(fromCaseBytes(value))));
        return;
      case "source-offsets":
        return this.#checkOffsets(step);
    }
  }

  async #start({ request }: SourceStep): Promise<void> {
    const { host, port, user, password } = this.#server;
    const body = JSON.parse((request?.body ?? "").replace(/\{\{(mariadb|postgres)\}\}\/om/, `${host}:${port}/${this.#database}`));
    const { name, config } = body as { readonly name: string; readonly config: Readonly<Record<string, string>> };
    const own = (text: string) => text.replace(/^om(?=$|\.)/, this.#database);
    const raw: StringMap = {
      ...config,
      name,
      "connection.user": user,
      "connection.password": password,
      "poll.interval.ms": config["mode"] === "bulk" ? "600000" : "1",
      ...Object.fromEntries(
        ["catalog.pattern", "table.whitelist"].filter((key) => key in config).map((key) => [key, own(config[key] ?? "")]),
      ),
      ...("table.include.list" in config
        ? { "table.include.list": config["table.include.list"].replaceAll("om\\.", `${this.#database}\\.`) }
        : {}),
    };
    const prefix = "value.converter.";
    const settings = Object.entries(config).filter(([key]) => key.startsWith(prefix)).map((
      [key, value],
    ) => [key.slice(prefix.length), value]);
    this.#converter = converterOf("JsonConverter", Object.fromEntries(settings));
    try {
      this.#taskConfigs = await jdbcSource.split(parsed(raw), raw, Number(config["tasks.max"]), this.#context(raw));
      for (const task of this.#taskConfigs) this.#tasks.push(await startTask(parsed(task), this.#context(task), jdbcSource.taskClass));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#failure = error;
    }
  }

  #context(raw: StringMap): SourceContext {
    return {
      connector: "c",
      task: 0,
      raw,
      tolerance: "none",
      signal: this.#stop.signal,
      log: this.#log,
      offsets: (partitions) => Promise.resolve(partitions.map(() => undefined)),
      sleep: () => {
        this.#slept++;
        return Promise.resolve();
      },
      now: () => this.#slept * 10,
    };
  }

  /** Polls all tasks until nothing new comes. */
  async #read(): Promise<void> {
    for (let idle = 0; idle < PATIENCE && this.#failure === undefined;) {
      const before = this.#slept;
      const found = (await Promise.all(this.#tasks.map((task) => this.#poll(task)))).some((count) => count > 0);
      if (found) idle = 0;
      else if (this.#slept > before) idle++;
    }
  }

  async #poll(task: SourceTask): Promise<number> {
    try {
      const batch = await task.poll();
      return batch === null || !("position" in batch) ? 0 : this.#take(batch);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#failure = error;
      return 0;
    }
  }

  #take(batch: RecordBatch): number {
    for (let i = 0; i < liveRows(batch); i++) {
      const record = recordAt(batch, liveRow(batch, i));
      const bytes = this.#converter?.toBytes(record.topic, record.valueSchema, record.value) ?? null;
      assert.equal(record.key, null);
      this.#records.set(record.topic, [...this.#records.get(record.topic) ?? [], textOf(bytes)]);
    }
    const offset = batch.position.offset(batch.rows - 1);
    if (offset !== null) this.#offsets.set(JSON.stringify(batch.position.partition), offset);
    return liveRows(batch);
  }

  #checkOffsets({ records = [] }: SourceStep): void {
    const expected = records.flatMap(({ key, value }) => {
      const partition = JSON.stringify(JSON.parse(textOf(fromCaseBytes(key ?? null)) ?? "[]")[1]);
      const renamed = partition.replace('"table":"om.', `"table":"${this.#database}.`);
      return value === null ? [] : [[renamed, textOf(fromCaseBytes(value))]];
    });
    const ours = [...this.#offsets].map(([partition, offset]) => {
      const shown = Object.entries(offset).filter(([member]) => !member.startsWith("sluice."));
      return [partition, JSON.stringify(Object.fromEntries(shown))];
    });
    assert.deepEqual(ours.sort(), expected.sort());
  }

  /** Task configs, and of traces the messages, which ours has in the same order. */
  #checkAnswer({ response }: SourceStep): void {
    const answer: unknown = JSON.parse(response?.body?.text ?? "null");
    const trace = (answer as { readonly tasks?: readonly { readonly trace?: string }[] } | null)?.tasks?.[0]?.trace;
    if (trace === undefined) return;
    const messages = trace.split("{{frames}}").map((part) => part.trim().replace(/^(?:Caused by: )?[\w.]+: /, "")).filter((part) =>
      part !== ""
    );
    const ours: string[] = [];
    for (let error: unknown = this.#failure; error instanceof Error; error = error.cause) ours.push(error.message);
    for (const [index, message] of messages.slice(0, Math.min(3, ours.length)).entries()) {
      const text = message.replace(/^java\.[\w.]+: /, "").replaceAll("`om`", `\`${this.#database}\``);
      assert.ok(ours[index]?.includes(text), `"${ours[index]}" does not say "${text}"`);
    }
    assert.ok(ours.length > 0, "the task goes on where the reference's fails");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const task of this.#tasks) await task.stop?.();
    await this.#sql.close();
    const outside = await plainSql(this.#server, kindOf(this.#server), "");
    await outside.run(`DROP DATABASE ${this.#database}`);
    await outside.close();
  }
}

function parsed(raw: StringMap) {
  const config = parseConfig(jdbcSource.config, raw);
  if (!config.ok) throw new Error(config.problems.map(({ message }) => message).join("\n"));
  return config.values;
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : new TextDecoder().decode(bytes);
}

function kindOf(server: TestServer): "postgres" | "mysql" {
  return server === POSTGRES ? "postgres" : "mysql";
}
