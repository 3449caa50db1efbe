import assert from "node:assert/strict";
import type { Program } from "../program.ts";
import { until } from "../until.ts";

/** Where a connector lives. */
export interface SpoolWorld {
  readonly folder: string;
  readonly program: Program;
  /** Makes the topic of a connector, with one partition, and gives its name. */
  makeTopic(connector: string): Promise<string>;
  values(topic: string): Promise<readonly string[]>;
}

/** Keys beyond the ordinary ones; null leaves one out. */
export type Overrides = Readonly<Record<string, string | null>>;

/** Rows read at a time by a connector that reads `SLOWLY`. */
const SLOW_ROWS = 1000;
/** Rows of a file that takes a few seconds then. */
export const SLOW_FILE_ROWS = 4 * SLOW_ROWS;
/** Keys with which reading stands still for a second after each `SLOW_ROWS`, so that a test meets a file in the middle on any machine. */
export const SLOWLY: Overrides = {
  "producer.override.queue.buffering.max.messages": String(SLOW_ROWS),
  "producer.override.linger.ms": "1000",
};

/** A SpoolDirCsv connector with its folders and its topic. */
export class Spool {
  readonly name: string;
  readonly topic: string;
  readonly #world: SpoolWorld;

  private constructor(world: SpoolWorld, name: string, topic: string) {
    this.#world = world;
    this.name = name;
    this.topic = topic;
  }

  /** Makes the folders, and the topic unless one is given; `connect` makes the connector. */
  static async open(world: SpoolWorld, name: string, topic?: string): Promise<Spool> {
    const spool = new Spool(world, name, topic ?? await world.makeTopic(name));
    for (const part of ["in", "finished", "error", "draft"]) await Deno.mkdir(spool.path(part), { recursive: true });
    return spool;
  }

  /** A path below the connector's own folder. */
  path(relative: string): string {
    return `${this.#world.folder}/${this.name}/${relative}`;
  }

  /** Its config: first row as header, generated schemas, plain JSON, a quick look at the folder. */
  config(overrides: Overrides = {}): Record<string, string> {
    const config: Record<string, string | null> = {
      "connector.class": "com.github.jcustenborder.kafka.connect.spooldir.SpoolDirCsvSourceConnector",
      "topic": this.topic,
      "input.path": this.path("in"),
      "finished.path": this.path("finished"),
      "error.path": this.path("error"),
      "input.file.pattern": "^.*\\.csv(\\.gz)?$",
      "csv.first.row.as.header": "true",
      "schema.generation.enabled": "true",
      "sluice.finished.layout": "flat",
      "empty.poll.wait.ms": "50",
      "value.converter": "org.apache.kafka.connect.json.JsonConverter",
      "value.converter.schemas.enable": "false",
      ...overrides,
    };
    return Object.fromEntries(Object.entries(config).filter((entry): entry is [string, string] => entry[1] !== null));
  }

  /** Creates or changes the connector. */
  async connect(overrides: Overrides = {}): Promise<void> {
    await this.#world.program.put(this.name, this.config(overrides));
  }

  /** Puts a whole file into the folder at once, as users should. */
  async drop(name: string, content: string | Uint8Array): Promise<void> {
    await Deno.writeFile(this.path(`draft/${name}`), typeof content === "string" ? new TextEncoder().encode(content) : content);
    await Deno.rename(this.path(`draft/${name}`), this.path(`in/${name}`));
  }

  /** Names in one of its folders, sorted. */
  files(folder: "in" | "finished" | "error"): string[] {
    return [...Deno.readDirSync(this.path(folder))].map((entry) => entry.name).sort();
  }

  /** The field `id` of every record so far. */
  async ids(): Promise<string[]> {
    return (await this.#world.values(this.topic)).map((value) => String(JSON.parse(value).id));
  }

  /** Waits until the topic holds as many records, then compares: these and no others, in this order. */
  async delivers(ids: readonly string[], patienceMs?: number): Promise<void> {
    await until(
      `${ids.length} records in ${this.topic}`,
      async () => (await this.ids()).length >= ids.length ? true : undefined,
      patienceMs,
    );
    assert.deepEqual(await this.ids(), ids);
  }

  /** Resolves while a file read `SLOWLY` is in the middle: some of its rows are in the topic, others still to be read for a second or more. */
  async isBeingRead(): Promise<void> {
    await until(`some rows of ${this.name} arrive`, async () => (await this.ids()).length > 0 ? true : undefined);
  }

  /** Waits until a file lies there. */
  async has(folder: "finished" | "error", name: string): Promise<void> {
    await until(`${name} is in the folder ${folder} of ${this.name}`, () => this.files(folder).includes(name) ? true : undefined);
  }
}

/** `from` … `to` as texts. */
export function idsFrom(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

/** Rows of that many ids, without a header. */
export function rows(from: number, to: number): string {
  return idsFrom(from, to).map((id) => `${id},text ${id}\n`).join("");
}
