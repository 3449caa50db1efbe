/** The captured cases, run in this process: what Kafka Connect sent, left on disk and stored, against what the connector does. */
import assert from "node:assert/strict";
import { type ConnectError, heapArena, type RecordBatch, type SourceOffset, type StringMap } from "sdk";
import { converters } from "../../../../src/converters/mod.ts";
import { chooseConverters, type ChosenConverters } from "../../../../src/host/converter_choice.ts";
import { liveRow, liveRows } from "../../../../src/data/batch.ts";
import { valueAt } from "../../../../src/data/row_view.ts";
import type { CaseBytes, CaseRecord, ReplayCase, Step } from "../../../captures/golden_steps.ts";
import { type RunningTask, SpoolScene } from "../../../fakes/spool_scene.ts";

const CASES = new URL("../../../captures/golden/spooldir/", import.meta.url);
const CSV = "SpoolDirCsvSourceConnector";

for (const entry of [...Deno.readDirSync(CASES)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  const text = Deno.readTextFileSync(new URL(entry.name, CASES));
  if (!text.includes(CSV)) continue;
  Deno.test(`spoolDirCsvSource sends, stores and leaves what Kafka Connect did: ${entry.name}`, async () => {
    using scene = await SpoolScene.open();
    for (const name of ["in", "error", "finished"]) await Deno.remove(scene.path(name));
    const replay: ReplayCase = JSON.parse(text);
    const run = new CaseRun(scene, replay.case.split("/")[1] as string);
    for (const step of replay.steps) await run.step(step);
    await run.stop();
  });
}

/** One case on a scene. Its own folder is named like the case, as a header tells the folder's name. */
class CaseRun {
  readonly #scene: SpoolScene;
  readonly #folder: string;
  #config: StringMap = {};
  #converters: ChosenConverters | undefined;
  #task: RunningTask | undefined;
  #failure: ConnectError | undefined;
  #failed: "connector" | "task" | undefined;
  readonly #records: CaseRecord[] = [];
  /** Stored offsets of files, in the order in which they were first stored. */
  #offsets = new Map<string, SourceOffset>();

  constructor(scene: SpoolScene, name: string) {
    this.#scene = scene;
    this.#folder = name;
    Deno.mkdirSync(scene.path(name));
  }

  async step(step: Step): Promise<void> {
    switch (step.do) {
      case "mkdir":
        return await Deno.mkdir(this.#path(step.path), { recursive: true });
      case "write":
        return await this.#scene.write(this.#relative(step.path), bytesOf(step.content), step.mtime * 1000);
      case "http":
        return await this.#http(step);
      case "await":
        return assert.equal(this.#failed, step.state === "FAILED" ? "connector" : step.task_state === "FAILED" ? "task" : undefined);
      case "records":
        await this.#drain();
        return assert.deepEqual(this.#records, this.#filled(step.records));
      case "source-offsets":
        return this.#checkOffsets(step.records.map(({ value }) => value?.text));
      case "tree":
        return assert.deepEqual(this.#scene.tree(this.#relative(step.path)), [...step.entries].sort());
      default:
        throw new Error(`No such step here: ${step.do}`);
    }
  }

  async stop(): Promise<void> {
    await this.#task?.stop();
    this.#task = undefined;
  }

  #path(text: string): string {
    return this.#scene.path(this.#relative(text));
  }

  #relative(text: string): string {
    return text.replace("{{dir}}", this.#folder);
  }

  #filled<T>(expected: T): T {
    return JSON.parse(JSON.stringify(expected).replaceAll("{{dir}}", this.#scene.path(this.#folder)));
  }

  async #http({ request, response }: Step & { do: "http" }): Promise<void> {
    if (request.method === "POST") {
      const { name, config } = this.#filled(JSON.parse(request.body ?? ""));
      this.#config = Object.fromEntries(Object.entries({ ...config, name }).map(([key, value]) => [key, String(value)]));
      this.#converters = chooseConverters(converters, {
        connectorClass: CSV,
        config: this.#config,
        connectorConfig: this.#config,
        workerConfig: {},
        shownConfig: this.#config,
      });
      await this.#start();
    } else if (request.path.endsWith("/stop")) await this.stop();
    else if (request.path.endsWith("/resume")) await this.#start();
    else if (request.path.endsWith("/status")) this.#checkTrace(textOf(response.body));
    else if (request.path.endsWith("/tasks")) await this.#checkTaskConfig(textOf(response.body));
  }

  async #start(): Promise<void> {
    try {
      const [config] = await this.#scene.splitConfig(this.#config);
      this.#task = await this.#scene.startTask(config ?? {});
    } catch (error) {
      this.#failed = "connector";
      this.#failure = error as ConnectError;
      return;
    }
    await this.#drain();
  }

  async #drain(): Promise<void> {
    if (this.#task === undefined || this.#failed !== undefined) return;
    try {
      await this.#task.drain((batch) => this.#convert(batch));
    } catch (error) {
      this.#failed = "task";
      this.#failure = error as ConnectError;
    }
    this.#offsets = new Map(this.#scene.stored);
  }

  #convert(batch: RecordBatch): void {
    const { key, value, header } = this.#converters as ChosenConverters;
    const keys = written(batch, "key", key.converter);
    const texts = written(batch, "value", value.converter);
    for (let i = 0; i < liveRows(batch); i++) {
      const row = liveRow(batch, i);
      const headers = batch.headers.map(({ name, schema, column }): [string, CaseBytes] => {
        return [name, caseBytes(header.converter.toHeader("", name, schema, valueAt(column, schema, row)))];
      });
      const timestamp = batch.timestamps?.[row] ?? "{{now}}";
      const offset = this.#records.length;
      const key = keys[i] as CaseBytes;
      this.#records.push({ partition: 0, offset, key, value: texts[i] as CaseBytes, headers, timestamp_type: "create", timestamp });
    }
  }

  #checkOffsets(expected: readonly (string | undefined)[]): void {
    const shown = [...this.#offsets.values()].map((offset) =>
      JSON.stringify(Object.fromEntries(Object.entries(offset).filter(([name]) => !name.startsWith("sluice."))))
    );
    assert.deepEqual(shown, expected);
  }

  /** Class and message of the error and its causes begin as Kafka Connect's do. */
  #checkTrace(status: string): void {
    const { connector, tasks } = JSON.parse(status);
    const trace: string | undefined = connector.trace ?? tasks[0]?.trace;
    if (trace === undefined) return assert.equal(this.#failed, undefined);
    const expected = trace.split("{{frames}}\n").map((part) => part.replace(/^Caused by: /, "").split("\n")[0]).filter((line) =>
      line !== ""
    );
    for (let [i, error]: [number, unknown] = [0, this.#failure]; i < expected.length; i++) {
      const { javaClass, message, cause } = error as ConnectError;
      const line = `${javaClass}: ${message}`;
      assert.ok(line.startsWith(expected[i] as string), `${line} does not begin with ${expected[i]}`);
      error = cause;
    }
  }

  async #checkTaskConfig(body: string): Promise<void> {
    const [{ config }] = this.#filled(JSON.parse(body));
    const { "task.class": _taskClass, ...expected } = config;
    // The file is finished by now, but the config was made while it was there.
    await this.#scene.write(`${this.#folder}/sample.csv`, await Deno.readTextFile(this.#finishedFile()));
    const [made] = await this.#scene.splitConfig(this.#config);
    await Deno.remove(this.#scene.path(`${this.#folder}/sample.csv`));
    assert.deepEqual(made, expected);
  }

  #finishedFile(): string {
    const name = this.#scene.tree(`${this.#folder}/finished`).find((entry) => entry.endsWith(".csv")) as string;
    return this.#scene.path(`${this.#folder}/finished/${name}`);
  }
}

/** What a converter writes of the live rows. */
function written(batch: RecordBatch, side: "key" | "value", converter: ChosenConverters["key"]["converter"]): CaseBytes[] {
  const arena = heapArena();
  const slices = new Int32Array(2 * liveRows(batch));
  converter.write(batch, side, arena, slices);
  assert.deepEqual(batch.failures, []);
  return Array.from({ length: liveRows(batch) }, (_, i) => {
    const [start, length] = [slices[2 * i] as number, slices[2 * i + 1] as number];
    return caseBytes(length < 0 ? null : arena.bytes.slice(start, start + length));
  });
}

function caseBytes(bytes: Uint8Array | null): CaseBytes {
  return bytes === null ? null : { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
}

function bytesOf(content: CaseBytes): Uint8Array {
  if (content === null) return new Uint8Array();
  return "text" in content ? new TextEncoder().encode(content.text) : Uint8Array.from(atob(content.base64), (char) => char.charCodeAt(0));
}

function textOf(bytes: CaseBytes | undefined): string {
  return new TextDecoder().decode(bytesOf(bytes ?? null));
}
