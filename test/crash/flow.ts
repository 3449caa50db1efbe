/** One file on its way into one topic, through a worker that is killed, stopped and started again. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { COLUMNS, csvRow, writeCsv } from "../bench/csv_rows.ts";
import { Program } from "../program.ts";
import type { Topics } from "../topics.ts";
import { pause, until } from "../until.ts";

/** What a flow is made of. */
export interface FlowOptions {
  readonly bootstrap: string;
  readonly topics: Topics;
  readonly rows: number;
  /** Worker keys. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** All rows must be there in time, however often the worker was killed. */
const DELIVERY_MS = 120_000;
/** How long no further record must come before the topic counts as complete. */
const SETTLE_MS = 500;
let flows = 0;

/** The folder, the file, the topic and the worker of one test; all of it goes with the test, but for the topic. */
export class Flow {
  readonly name = `crash-${Deno.pid}-${++flows}`;
  readonly #options: FlowOptions;
  readonly #folder: string;
  #program: Program | undefined;

  private constructor(options: FlowOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  /** Writes the file. No worker runs yet. */
  static async lay(options: FlowOptions): Promise<Flow> {
    const flow = new Flow(options, await Deno.makeTempDir({ prefix: "sluice-crash-" }));
    for (const name of ["in", "finished", "error"]) await Deno.mkdir(`${flow.#folder}/${name}`);
    await writeCsv(`${flow.#folder}/in/rows.csv`, options.rows);
    return flow;
  }

  /** Starts a worker over the same database as the one before. */
  async start(): Promise<Program> {
    const { bootstrap, settings } = this.#options;
    this.#program = await Program.start({ bootstrap, data: `${this.#folder}/data`, ...(settings === undefined ? {} : { settings }) });
    return this.#program;
  }

  /** Creates the connector, once: the database keeps it. */
  async connect(program: Program): Promise<void> {
    await program.put(this.name, {
      "connector.class": "com.github.jcustenborder.kafka.connect.spooldir.SpoolDirCsvSourceConnector",
      "topic": this.name,
      "input.path": `${this.#folder}/in`,
      "finished.path": `${this.#folder}/finished`,
      "error.path": `${this.#folder}/error`,
      "input.file.pattern": "^.*\\.csv$",
      "csv.first.row.as.header": "true",
      "schema.generation.enabled": "true",
      "empty.poll.wait.ms": "50",
      "value.converter": "org.apache.kafka.connect.json.JsonConverter",
      "value.converter.schemas.enable": "false",
    });
  }

  /** Records in the topic so far. */
  async count(): Promise<number> {
    return await this.#options.topics.count(this.name);
  }

  /** Resolves once the topic holds this many records. Looks as often as it can, so that what comes next hits the middle of things. */
  async reaches(records: number): Promise<void> {
    const deadline = Date.now() + DELIVERY_MS;
    while (await this.count() < records) {
      if (Date.now() > deadline) {
        throw new Error(`The topic stays at ${await this.count()} of ${records} records:\n${await this.#program?.logEnd()}`);
      }
    }
  }

  /** The row up to which everything counts as delivered, as the database on disk says it; 0 = nothing stored. For a worker that does not run. */
  async storedRow(): Promise<number> {
    const copy = await Deno.makeTempDir({ prefix: "sluice-store-" });
    for (const entry of Deno.readDirSync(`${this.#folder}/data`)) {
      if (entry.name.startsWith("sluice.db")) await Deno.copyFile(`${this.#folder}/data/${entry.name}`, `${copy}/${entry.name}`);
    }
    try {
      using database = new DatabaseSync(`${copy}/sluice.db`);
      const row = database.prepare("SELECT offset FROM offsets WHERE connector = ?").get(this.name);
      return row === undefined ? 0 : Number(JSON.parse(String(row["offset"])).offset);
    } finally {
      await Deno.remove(copy, { recursive: true });
    }
  }

  /** Waits until the file is in the finished folder and no more records come. */
  async finish(): Promise<void> {
    await until("the file is finished", () => this.#isFinished(), DELIVERY_MS);
    for (let before = -1; before !== await this.count();) {
      before = await this.count();
      await pause(SETTLE_MS);
    }
  }

  /**
   * Every row is in the topic, in order, and the topic goes back only to just behind a row that was stored when a worker ended: what was
   * flushed never comes again. Invariants 1 and 3
   */
  async verify(storedRows: readonly number[]): Promise<{ readonly repeated: number }> {
    let previous = 0, repeated = 0, furthest = 0;
    const mayStartBehind = new Set(storedRows);
    await this.#options.topics.forEach(this.name, ({ value }) => {
      const text = new TextDecoder().decode(value ?? new Uint8Array());
      const id = Number(/"id":"(\d+)"/.exec(text)?.[1]);
      if (id !== previous + 1) {
        assert.ok(id <= previous, `Row ${id} follows row ${previous}: rows between them are missing`);
        assert.ok(mayStartBehind.has(id - 1), `Row ${id} comes again after row ${previous}, but stored were only ${[...mayStartBehind]}`);
      }
      if (id % 1000 === 1) assert.deepEqual(JSON.parse(text), expectedRow(id));
      if (id <= furthest) repeated++;
      furthest = Math.max(furthest, id);
      previous = id;
    });
    assert.equal(previous, this.#options.rows, "The last record is the last row");
    return { repeated };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }

  #isFinished(): true | undefined {
    const found = [...Deno.readDirSync(`${this.#folder}/in`)].some((entry) => entry.name === "rows.csv");
    return found ? undefined : true;
  }
}

/** Row `id` as an object of texts. Rows checked here have no quotes, since only every fifth has. */
function expectedRow(id: number): Record<string, string> {
  const cells = csvRow(id).split(",");
  return Object.fromEntries(COLUMNS.map((column, i) => [column.name, cells[i] ?? ""]));
}
