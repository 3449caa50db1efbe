/** Every captured request over a worker in memory: what REST itself decides must be answered as Kafka Connect did. */
import assert from "node:assert/strict";
import { compareHeader, compareJson, type Difference } from "../captures/compare.ts";
import { bodyText, capturedSteps, type HttpStep } from "../captures/captured_http.ts";
import type { Step } from "../captures/golden_steps.ts";
import { MemoryWorker } from "../fakes/memory_worker.ts";
import { ask, HOST, restApp } from "./rest_app.ts";

const DIR = "/golden";

/** Where the answers differ, and why; a reason that is no longer needed fails the test. */
const DIFFERENT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "rest/methods-and-types": {
    "GET //connectors": "an error body of ours is JSON, never the server's HTML page",
  },
  "rest/create-invalid": {
    "GET /connectors/zp/status": "a worker in memory has no task that could fail",
  },
  "plugins/names": {
    "GET /connector-plugins/org.apache.kafka.connect.transforms.InsertField/config": "404, not 500: there is no such plugin",
    "GET /connector-plugins/java.lang.String/config": "404, not 500: there is no such plugin",
    "GET /connector-plugins/JdbcSink/config[28].documentation": "a key without documentation, which the stand-in has",
  },
};

const CASES = [
  "rest/empty-worker",
  "rest/methods-and-types",
  "rest/create-malformed",
  "rest/create-invalid",
  "rest/unknown-connector",
  "rest/life-of-a-connector",
  "rest/put-config",
  "rest/patch-config",
  "rest/pause-resume-stop",
  "rest/restart",
  "rest/active-topics",
  "rest/offsets-of-a-source",
  "rest/offsets-of-a-sink",
  "validate/refusals",
  "plugins/listing",
  "plugins/names",
  "plugins/config-of-converters",
  "plugins/config-of-json-and-string",
  "plugins/config-of-spooldir-csv",
  "plugins/config-of-predicates",
  "plugins/config-of-smt-filter",
];

for (const name of CASES) {
  Deno.test(`createApp() answers ${name} as Kafka Connect did`, async () => {
    const found = await replay(name);
    const needed = Object.keys(DIFFERENT[name] ?? {});
    const hard = found.filter((difference) => difference.hard && !needed.some((where) => difference.where.startsWith(where)));
    assert.deepEqual(hard, []);
    for (const where of needed) assert(found.some((difference) => difference.where.startsWith(where)), `no longer needed: ${where}`);
  });
}

async function replay(name: string): Promise<readonly Difference[]> {
  const worker = new MemoryWorker(HOST);
  const app = restApp(worker);
  const found: Difference[] = [];
  for (const step of capturedSteps(name)) {
    if (step.do === "http") found.push(...await exchange(app, step));
    else happen(worker, step);
  }
  return found;
}

/** What the captured worker did by itself between requests. */
function happen(worker: MemoryWorker, step: Exclude<Step, HttpStep>): void {
  if (step.do === "await") {
    worker.reach(step.connector, step.state, step.tasks, step.task_state);
    if (step.task_state === "FAILED") {
      worker.failTask(step.connector, "org.apache.kafka.connect.errors.ConnectException: Couldn't create file\n");
    }
  }
  if (step.do === "records") {
    const lines = step.records.map(({ value }) => JSON.parse(value !== null && "text" in value ? value.text : "null").payload);
    // The file source counts bytes; after a reset it reads everything again.
    const position = new Set(lines).size === lines.length ? lines.join("\n").length + 1 : 14;
    worker.wrote(step.topic, { partition: { filename: `${DIR}/in.txt` }, offset: { position } });
  }
  if (step.do === "produce") { for (const { partition } of step.records) worker.produced(step.topic, partition, 1); }
  if (step.do === "cat") worker.consumed();
}

async function exchange(app: ReturnType<typeof restApp>, step: HttpStep): Promise<readonly Difference[]> {
  const { request, response } = step;
  const where = `${request.method} ${request.path}${request.body === undefined ? "" : ` ${request.body}`}`;
  const answer = await ask(app, request.method, request.path, request.body && filled(request.body), request.headers);
  if (answer.status !== response.status) {
    return [{ hard: true, where, expected: response.status, actual: `${answer.status} ${answer.text}` }];
  }
  const headers = Object.entries(response.headers ?? {}).flatMap(([key, value]) =>
    compareHeader(where, key, filled(value), answer.headers.get(key) ?? "(absent)")
  );
  const expected = filled(bodyText(step));
  return [...headers, ...compareBodies(where, expected, answer.text)];
}

function compareBodies(where: string, expected: string, actual: string): readonly Difference[] {
  if (expected === actual) return [];
  try {
    return compareJson(where, JSON.parse(expected), JSON.parse(actual));
  } catch {
    return [{ hard: true, where, expected, actual }];
  }
}

function filled(text: string): string {
  return text.replaceAll("{{dir}}", DIR).replaceAll("{{worker}}", HOST);
}
