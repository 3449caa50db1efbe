/** Replays captured cases against a running worker and says what differs. */
import { dirname, normalize, relative } from "node:path";
import type { Answer } from "../program.ts";
import { pause } from "../until.ts";
import { compareHeader, compareJson, type Difference } from "./compare.ts";
import { type CaseBytes, type CaseInput, type CaseRecord, fromCaseBytes, type ReplayCase, type Step, toCaseBytes } from "./golden_steps.ts";

/** A record as it lies in a topic. */
export interface FoundRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
  readonly timestampType: "none" | "create" | "append";
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** The worker's Kafka, as cases need it. */
export interface CaseTopics {
  /** All records so far, by partition and offset. Waits some seconds for at least `atLeast`, and a moment longer for more. */
  read(topic: string, atLeast: number): Promise<readonly FoundRecord[]>;
  create(topic: string, partitions: number): Promise<void>;
  produce(topic: string, records: readonly CaseInput[]): Promise<void>;
}

/** The worker a case is replayed against. */
export interface CaseWorker {
  /** HOST:PORT */
  readonly address: string;
  ask(method: string, path: string, body?: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

/** Where and how long. */
export interface ReplayOptions {
  readonly worker: CaseWorker;
  readonly topics: CaseTopics;
  /** Folder in which cases get folders of their own. */
  readonly folder: string;
  /** How long a state, a file or an answer may take to come, ms. */
  readonly patienceMs: number;
  /** Places whose difference is expected: not worth waiting for. */
  readonly expected: ReadonlySet<string>;
}

type StepOf<D extends Step["do"]> = Extract<Step, { do: D }>;

/** Lines of a Java stack trace between two causes, in plain text and inside JSON. */
const FRAMES = /(?:(?:\\n|\n)(?:\\t|\t)(?:at [^\\\n"]+(?:\\"[^\\\n]*)?|\.\.\. \d+ more))+/g;
const INSTANT = /20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z(?=, completed|\.|,| and)/g;
const DAY_MS = 86_400_000;
const DELETE_MS = 20_000;

/** Replays one case from an empty folder, deletes its connectors afterwards, and returns every difference. */
export async function replay(golden: ReplayCase, options: ReplayOptions): Promise<Difference[]> {
  const run = new Replay(golden, options);
  try {
    return await run.all();
  } finally {
    await run.clean();
  }
}

class Replay {
  readonly #golden: ReplayCase;
  readonly #options: ReplayOptions;
  readonly #folder: string;
  readonly #connectors = new Set<string>();

  constructor(golden: ReplayCase, options: ReplayOptions) {
    this.#golden = golden;
    this.#options = options;
    this.#folder = `${options.folder}/${golden.case}`;
  }

  async all(): Promise<Difference[]> {
    await Deno.mkdir(this.#folder, { recursive: true });
    const found: Difference[] = [];
    for (const [n, step] of this.#golden.steps.entries()) found.push(...await this.#step(step, `step ${n}`));
    return found;
  }

  /** Stops and deletes what the case made, its offsets first, so that the next case finds an empty worker. */
  async clean(): Promise<void> {
    const { ask } = this.#worker();
    for (const name of this.#connectors) {
      const { status } = await ask("PUT", `/connectors/${name}/stop`);
      const deadline = Date.now() + DELETE_MS;
      while (status < 300 && Date.now() < deadline && (await ask("DELETE", `/connectors/${name}/offsets`)).status === 400) {
        await pause(100);
      }
      await ask("DELETE", `/connectors/${name}`);
      while (Date.now() < deadline && (await ask("GET", `/connectors/${name}/status`)).status === 200) await pause(100);
    }
  }

  async #step(step: Step, where: string): Promise<Difference[]> {
    switch (step.do) {
      case "http":
        return await this.#http(step, where);
      case "await":
        return await this.#await(step, where);
      case "write":
        return await this.#write(step);
      case "mkdir":
        await Deno.mkdir(this.#fill(step.path), { recursive: true });
        return [];
      case "tree":
        return await this.#until(`${where} tree`, step.entries, () => this.#tree(step.path));
      case "cat":
        return await this.#cat(step, where);
      case "records":
        return await this.#records(step, where);
      case "source-offsets":
        return await this.#sourceOffsets(step, where);
      case "topic":
        await this.#options.topics.create(step.name, step.partitions);
        return [];
      case "produce":
        await this.#options.topics.produce(step.topic, step.records);
        return [];
    }
  }

  /** What a GET shows may still be on its way: it is asked again until it fits or patience ends. */
  async #http(step: StepOf<"http">, where: string): Promise<Difference[]> {
    this.#remember(step);
    const deadline = Date.now() + (step.request.method === "GET" ? this.#options.patienceMs : 0);
    for (;;) {
      const found = await this.#exchange(step, where);
      if (Date.now() >= deadline || !found.some(({ hard, where }) => hard && !this.#options.expected.has(where))) return found;
      await pause(250);
    }
  }

  async #exchange({ request, response }: StepOf<"http">, step: string): Promise<Difference[]> {
    const where = `${step} ${request.method} ${request.path}`;
    const body = request.body === undefined ? undefined : this.#fill(request.body);
    const answer = await this.#worker().ask(request.method, request.path, body, request.headers);
    const got = answer.body.length === 0 ? undefined : this.#masked(answer.body);
    if (answer.status !== response.status) {
      return [{
        hard: true,
        where,
        expected: { status: response.status, body: response.body },
        actual: { status: answer.status, body: got },
      }];
    }
    const headers = Object.entries(response.headers ?? {});
    const found = headers.flatMap(([name, value]) => compareHeader(where, name, value, this.#mask(answer.headers[name] ?? "(absent)")));
    return [...found, ...compareBodies(where, response.body, got)];
  }

  /** Connectors a request may create are deleted in the end, whatever it was answered. */
  #remember({ request }: StepOf<"http">): void {
    if (request.method !== "POST" && request.method !== "PUT" || request.body === undefined) return;
    const named = /^\/connectors\/([^/?]+)\/config/.exec(request.path)?.[1];
    if (named !== undefined) this.#connectors.add(named);
    if (request.path.split("?")[0] !== "/connectors") return;
    const name = nameIn(request.body);
    if (name !== undefined) this.#connectors.add(encodeURIComponent(name));
  }

  async #await(step: StepOf<"await">, where: string): Promise<Difference[]> {
    const wanted = {
      state: step.state,
      tasks: step.tasks === undefined ? undefined : Array.from({ length: step.tasks }, () => step.task_state),
    };
    return await this.#until(`${where} await ${step.connector}`, wanted, async () => {
      const answer = await this.#worker().ask("GET", `/connectors/${encodeURIComponent(step.connector)}/status`);
      if (answer.status !== 200) return { status: answer.status };
      const shown = JSON.parse(new TextDecoder().decode(answer.body));
      const tasks = shown.tasks.map((task: { state: string }) => task.state);
      return { state: shown.connector.state, tasks: step.tasks === undefined ? undefined : tasks };
    });
  }

  /** The file appears whole: written beside its place, then renamed. */
  async #write(step: StepOf<"write">): Promise<Difference[]> {
    const path = this.#fill(step.path);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeFile(`${path}.tmp~`, fromCaseBytes(step.content) ?? new Uint8Array());
    await Deno.utime(`${path}.tmp~`, step.mtime, step.mtime);
    await Deno.rename(`${path}.tmp~`, path);
    return [];
  }

  #tree(path: string): string[] {
    const entries: string[] = [];
    const visit = (folder: string) => {
      for (const entry of Deno.readDirSync(folder)) {
        const name = normalize(relative(this.#folder, `${folder}/${entry.name}`));
        entries.push(entry.isDirectory ? `${name}/` : name);
        if (entry.isDirectory) visit(`${folder}/${entry.name}`);
      }
    };
    visit(normalize(this.#fill(path)));
    return entries.sort((a, b) => a < b ? -1 : 1);
  }

  /** What was read of several partitions has no order among them. */
  async #cat({ path, content }: StepOf<"cat">, where: string): Promise<Difference[]> {
    const hasOrder = this.#golden.steps.every((step) => step.do !== "topic" || step.partitions === 1);
    const shown = (blob: CaseBytes) =>
      hasOrder || blob === null || !("text" in blob) ? blob : { text: blob.text.split("\n").sort().join("\n") };
    return await this.#until(`${where} cat`, shown(content), () => shown(this.#masked(contentOf(this.#fill(path)))));
  }

  async #records(step: StepOf<"records">, where: string): Promise<Difference[]> {
    const found = await this.#options.topics.read(step.topic, step.records.length);
    const wanted = [...step.records], got = found.map((record) => this.#shown(record));
    const here = `${where} ${step.topic}`;
    if (wanted.length !== got.length) {
      return [{
        hard: true,
        where: `${here} (count)`,
        expected: wanted.length,
        actual: { count: got.length, records: got.slice(0, 3) },
      }];
    }
    const anyOrder = step.order === "any";
    if (anyOrder) { for (const side of [wanted, got]) side.sort((a, b) => JSON.stringify(a.value) < JSON.stringify(b.value) ? -1 : 1); }
    return wanted.flatMap((record, i) => compareRecords(`${here} record ${i}`, record, got[i] as CaseRecord, anyOrder));
  }

  #shown(record: FoundRecord): CaseRecord {
    const near = Math.abs(record.timestamp - Date.now()) < DAY_MS;
    return {
      partition: record.partition,
      offset: record.offset,
      key: this.#masked(record.key),
      value: this.#masked(record.value),
      headers: record.headers.map(([name, value]) => [name, this.#masked(value)] as const),
      timestamp_type: record.timestampType,
      timestamp: near ? "{{now}}" : record.timestamp,
    };
  }

  /** The reference keeps them in a topic; every worker shows them over REST. */
  async #sourceOffsets(step: StepOf<"source-offsets">, where: string): Promise<Difference[]> {
    const wanted = step.records.filter((record) => record.value !== null)
      .map((record) => sortedText([JSON.parse(record.key.text)[1], JSON.parse(record.value?.text ?? "null")])).sort();
    return await this.#until(`${where} source offsets`, wanted, async () => {
      const { status, body } = await this.#worker().ask("GET", `/connectors/${encodeURIComponent(step.connector)}/offsets`);
      const text = this.#mask(new TextDecoder().decode(body));
      if (status !== 200) return [`${status} ${text.slice(0, 200)}`];
      const offsets: { partition: unknown; offset: unknown }[] = JSON.parse(text).offsets;
      return offsets.filter((each) => each.offset !== null).map((each) => sortedText([each.partition, each.offset])).sort();
    });
  }

  async #until(where: string, expected: unknown, look: () => unknown): Promise<Difference[]> {
    const deadline = Date.now() + this.#options.patienceMs;
    for (;;) {
      const actual = await look();
      if (sortedText(actual) === sortedText(expected)) return [];
      if (Date.now() > deadline) return [{ hard: true, where, expected, actual }];
      await pause(100);
    }
  }

  #worker(): { readonly ask: CaseWorker["ask"] } {
    const { worker } = this.#options;
    return { ask: (method, path, body, headers) => worker.ask(method, path, body, headers) };
  }

  #fill(text: string): string {
    return text.replaceAll("{{dir}}", this.#folder).replaceAll("{{worker}}", this.#options.worker.address);
  }

  #mask(text: string): string {
    return text.replaceAll(this.#folder, "{{dir}}").replaceAll(this.#options.worker.address, "{{worker}}")
      .replace(FRAMES, (frames) => `${frames.startsWith("\\n") ? "\\n" : "\n"}{{frames}}`)
      .replace(/\[B@[0-9a-f]+/g, "[B@{{hash}}")
      .replace(/"last_modified":\d+/g, '"last_modified":"{{now}}"')
      .replace(INSTANT, "{{now}}");
  }

  #masked(bytes: Uint8Array | null): CaseBytes {
    const blob = toCaseBytes(bytes);
    return blob !== null && "text" in blob ? { text: this.#mask(blob.text) } : blob;
  }
}

/** null while there is no such file. */
function contentOf(path: string): Uint8Array | null {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function compareBodies(where: string, expected: CaseBytes | undefined, actual: CaseBytes | undefined): Difference[] {
  if (JSON.stringify(expected) === JSON.stringify(actual)) return [];
  const wanted = parsed(expected), got = parsed(actual);
  if (wanted === undefined || got === undefined) {
    return [{ hard: true, where: `${where} body`, expected: expected ?? "(empty)", actual: actual ?? "(empty)" }];
  }
  return compareJson(where, wanted, got);
}

function parsed(blob: CaseBytes | undefined): unknown {
  if (blob === null || blob === undefined || !("text" in blob)) return undefined;
  try {
    return JSON.parse(blob.text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // text that is no JSON is compared as text
    throw error;
  }
}

function compareRecords(where: string, wanted: CaseRecord, got: CaseRecord, anyOrder: boolean): Difference[] {
  const fields = ["partition", "offset", "key", "value", "timestamp_type", "timestamp"] as const;
  const judged = fields.filter((field) => !(anyOrder && (field === "offset" || field === "partition")));
  const found: Difference[] = judged.filter((field) => JSON.stringify(wanted[field]) !== JSON.stringify(got[field]))
    .map((field) => ({ hard: true, where: `${where} ${field}`, expected: wanted[field], actual: got[field] }));
  const names = (record: CaseRecord) => record.headers.map(([name]) => name);
  if (JSON.stringify(names(wanted)) !== JSON.stringify(names(got))) {
    return [...found, { hard: true, where: `${where} header names`, expected: names(wanted), actual: names(got) }];
  }
  for (const [i, [name, value]] of wanted.headers.entries()) {
    const other = got.headers[i]?.[1];
    if (name.includes("stacktrace") || JSON.stringify(value) === JSON.stringify(other)) continue;
    found.push({ hard: !name.includes("exception.message"), where: `${where} header ${name}`, expected: value, actual: other });
  }
  return found;
}

function nameIn(body: string): string | undefined {
  try {
    const name: unknown = JSON.parse(body)?.name;
    return typeof name === "string" ? name : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // malformed on purpose
    throw error;
  }
}

/** JSON with sorted keys, so that equal things have equal text. */
function sortedText(value: unknown): string {
  return JSON.stringify(value, (_, member) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => a < b ? -1 : 1));
  });
}
