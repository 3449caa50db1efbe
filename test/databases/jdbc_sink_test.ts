/** The captured cases of the JDBC sink: what Kafka Connect left in MariaDB and PostgreSQL, against what the task leaves there. */
import assert from "node:assert/strict";
import { allocateRegion, type RawSide, type ReadRun, type Side, type SinkBatch, type StringMap } from "sdk";
import { dialects } from "../../connectors/sql/dialects.ts";
import { converters } from "../../src/converters/mod.ts";
import { chooseConverters, type ChosenConverters } from "../../src/host/converter_choice.ts";
import { type CaseBytes, type CaseInput, fromCaseBytes } from "../captures/golden_steps.ts";
import { sharedServer, type TestServer } from "../databases.ts";
import { SinkGround } from "../fakes/sink_ground.ts";
import { retryPut } from "../fakes/retry_put.ts";
import { type PlainSql, plainSql } from "./plain_sql.ts";

/** A step of a case, as far as it is looked at here. */
interface SinkStep {
  readonly do: string;
  readonly request?: { readonly method: string; readonly body?: string };
  readonly response?: { readonly body?: { readonly text: string } };
  readonly topic?: string;
  readonly records?: readonly CaseInput[];
  readonly sql?: string;
  readonly rows?: readonly (readonly Cell[])[];
}

type Cell = string | number | boolean | null | CaseBytes;

const CASES = new URL("../captures/golden/jdbc-sink/", import.meta.url);
const MARIADB = sharedServer("mariadb");
const POSTGRES = sharedServer("postgres");

/** What the captured worker had. */
const JSON_WORKER = {
  "key.converter": "org.apache.kafka.connect.json.JsonConverter",
  "value.converter": "org.apache.kafka.connect.json.JsonConverter",
};

/** Where we do otherwise on purpose: the step's index and why. A waiver that is not needed fails. */
const WAIVERS: Readonly<Record<string, readonly (readonly [step: number, reason: string])[]>> = {
  "my-all-types": [[5, "the fractions of times and timestamps are written: the reference's driver cuts them for MariaDB"]],
  "my-create-kafka-named": [[5, "a string in a key is made a VARCHAR, so that the table can be made"], [6, "and so the task goes on"]],
  "my-string-key-mysql": [[5, "the same"]],
  "my-update": [[7, "the capture looked before the record was written"]],
  "pg-update": [[7, "the same"]],
  "pg-evolve": [[6, "the next"], [7, "columns are added in the order of the schema, not in that of a hash"]],
};

for (const { name } of [...Deno.readDirSync(CASES)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  const id = name.replace(".json", "");
  const server = id.startsWith("pg-") ? POSTGRES : MARIADB;
  Deno.test({
    name: `JdbcSinkTask leaves what Kafka Connect left: ${id}${server.because}`,
    ignore: server.missing,
    fn: async () => {
      const { steps } = JSON.parse(Deno.readTextFileSync(new URL(name, CASES))) as { steps: readonly SinkStep[] };
      await using replay = await CaseReplay.open(id, server);
      for (const [index, step] of steps.entries()) await replay.step(step, index);
      replay.refuseStaleWaivers();
    },
  });
}

/** One case, in a database of its own. */
class CaseReplay implements AsyncDisposable {
  readonly #id: string;
  readonly #server: TestServer;
  readonly #database: string;
  readonly #sql: PlainSql;
  readonly #used = new Set<number>();
  #ground: SinkGround | undefined;
  #converters: ChosenConverters | undefined;
  #failure: Error | undefined;

  private constructor(id: string, server: TestServer, sql: PlainSql, database: string) {
    this.#id = id;
    this.#server = server;
    this.#sql = sql;
    this.#database = database;
  }

  static async open(id: string, server: TestServer): Promise<CaseReplay> {
    const database = `om_sink_${crypto.randomUUID().substring(0, 8)}`;
    const outside = await plainSql(server, kindOf(server), "");
    await outside.run(`CREATE DATABASE ${database}`);
    await outside.close();
    return new CaseReplay(id, server, await plainSql(server, kindOf(server), database), database);
  }

  async step(step: SinkStep, index: number): Promise<void> {
    switch (step.do) {
      case "sql":
        return await this.#sql.run(this.#renamed(step.sql ?? ""));
      case "http":
        return step.request?.method === "POST" ? await this.#start(step) : this.#checkTrace(step, index);
      case "produce":
        return await this.#put(step.topic ?? "", step.records ?? []);
      case "rows":
        return await this.#checkRows(step, index);
    }
  }

  refuseStaleWaivers(): void {
    const stale = (WAIVERS[this.#id] ?? []).filter(([step]) => !this.#used.has(step));
    assert.deepEqual(stale, [], "waivers of differences that are gone");
  }

  async #start({ request }: SinkStep): Promise<void> {
    const { name, config } = JSON.parse(this.#renamed(request?.body ?? "")) as { name: string; config: StringMap };
    const { user, password } = this.#server;
    const raw: StringMap = { ...config, name, "connection.user": user, "connection.password": password };
    const spec = {
      connectorClass: String(config["connector.class"]),
      config: raw,
      connectorConfig: raw,
      workerConfig: JSON_WORKER,
      shownConfig: raw,
    };
    this.#converters = chooseConverters(converters, spec);
    this.#ground = await SinkGround.open({ config: raw, dialects });
  }

  /** Names of databases in statements and configs become this case's own. */
  #renamed(text: string): string {
    const { host, port } = this.#server;
    return text.replace(/\{\{(mariadb|postgres)\}\}\/om(_sink)?/g, `${host}:${port}/${this.#database}`).replaceAll(
      /\bom_sink\./g,
      `${this.#database}.`,
    )
      .replace(/^create database .*$/i, "select 1").replace(/(database|schema) if exists om_sink/i, "table if exists om_sink");
  }

  async #put(topic: string, records: readonly CaseInput[]): Promise<void> {
    assert.ok(this.#ground !== undefined, "records come behind the connector");
    try {
      for (const batch of this.#batches(topic, records)) await retryPut(this.#ground, [batch]);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#failure = error;
    }
  }

  /** The records as the JSON converter reads them: one batch for each stretch of one schema. */
  *#batches(topic: string, records: readonly CaseInput[]): Iterable<SinkBatch> {
    const raws = { key: rawSide(records.map((record) => record.key)), value: rawSide(records.map((record) => record.value)) };
    for (let from = 0; from < records.length;) {
      const key = this.#read("key", topic, raws.key, from, records.length);
      const value = this.#read("value", topic, raws.value, from, from + key.rows);
      const again = this.#read("key", topic, raws.key, from, from + value.rows);
      yield batchOf(topic, records, from, value.rows, again.side, value.side);
      from += value.rows;
    }
  }

  #read(side: "key" | "value", topic: string, raw: RawSide, from: number, to: number): ReadRun {
    const converter = this.#converters?.[side].converter;
    const run = converter?.read?.(topic, raw, from, to);
    assert.ok(run !== undefined && run.failures.length === 0);
    return run;
  }

  async #checkRows({ sql = "", rows = [] }: SinkStep, index: number): Promise<void> {
    const isFailure = String(rows[0]?.[0]).startsWith("ERROR");
    const found = isFailure ? [] : await this.#sql.rows(this.#renamed(sql));
    const expected = isFailure ? [["no table"]] : rows.map((row) => row.map((cell) => shown(cell)));
    this.#check(index, () => assert.deepEqual(found.map((row) => row.map(shown)), expected));
  }

  /** Every cause the reference's trace names is a cause, or in the message, of our failure. */
  #checkTrace({ response }: SinkStep, index: number): void {
    const status = JSON.parse(response?.body?.text ?? "{}") as { tasks?: readonly { readonly trace?: string }[] };
    const trace = status.tasks?.[0]?.trace;
    if (trace === undefined) return;
    this.#check(index, () => {
      assert.ok(this.#failure !== undefined, "the task goes on where the reference's fails");
      const ours = `${this.#failure.message}\n${(this.#failure.cause as Error | undefined)?.message ?? ""}`;
      const last = trace.split("Caused by: ").at(-1)?.replaceAll("{{frames}}", "").trim() ?? "";
      const told = last.replace(/^[\w.]+: /, "").replace(/timestamp=\d+/, "timestamp=null");
      if (told.startsWith("Exception chain:")) assert.match(ours, /Exception chain:\njava\.sql\.BatchUpdateException: /);
      else assert.equal(this.#failure.message, told);
    });
  }

  #check(index: number, judge: () => void): void {
    const waiver = WAIVERS[this.#id]?.find(([step]) => step === index);
    if (waiver === undefined) return judge();
    assert.throws(judge, `step ${index} needs no waiver`);
    this.#used.add(index);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ground?.[Symbol.asyncDispose]();
    await this.#sql.close();
    const outside = await plainSql(this.#server, kindOf(this.#server), "");
    await outside.run(`DROP DATABASE ${this.#database}`);
    await outside.close();
  }
}

function kindOf(server: TestServer): "postgres" | "mysql" {
  return server === POSTGRES ? "postgres" : "mysql";
}

function rawSide(cells: readonly CaseBytes[]): RawSide {
  const bytes = cells.map(fromCaseBytes);
  const region = allocateRegion(bytes.reduce((sum, each) => sum + (each?.length ?? 0), 0));
  const slices = new Int32Array(cells.length * 2);
  bytes.forEach((each, i) => {
    slices[i * 2] = region.used;
    slices[i * 2 + 1] = each?.length ?? -1;
    if (each !== null) region.bytes.set(each, region.used);
    region.used += each?.length ?? 0;
  });
  return { region, slices };
}

function batchOf(topic: string, records: readonly CaseInput[], from: number, rows: number, key: Side, value: Side): SinkBatch {
  const partition = Int32Array.from({ length: rows }, (_, i) => records[from + i]?.partition ?? 0);
  // Offsets as the broker gives them: by partition, through all of the case's records.
  const offsets = Float64Array.from(
    { length: rows },
    (_, i) => records.slice(0, from + i).filter((record) => record.partition === partition[i]).length,
  );
  const parts = { topic, partition, offsets, origin: { topic, partition } };
  return { ...parts, rows, select: null, timestamps: null, key, value, headers: [], failures: [], timestampType: "CreateTime" };
}

/** A cell as text that both drivers' forms agree on. */
function shown(cell: Cell): string | null {
  if (cell === null) return null;
  if (typeof cell === "boolean") return cell ? "t" : "f";
  if (typeof cell === "number") return String(cell);
  if (typeof cell === "object") return `\\x${(fromCaseBytes(cell) ?? new Uint8Array()).toHex()}`;
  if (/^\[.*\]$/.test(cell)) return `{${cell.slice(1, -1).replaceAll(", ", ",")}}`;
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(cell) && !cell.includes("-0")
    ? String(Number(cell))
    : cell.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}
