import assert from "node:assert/strict";
import { compareJson } from "../captures/compare.ts";
import { type FoundRecord, replay } from "../captures/golden_replay.ts";
import { fromCaseBytes, type ReplayCase, type Step, toCaseBytes } from "../captures/golden_steps.ts";
import type { Answer } from "../program.ts";

const CASE: ReplayCase = JSON.parse(Deno.readTextFileSync(new URL("../captures/golden/spooldir/tutorial.json", import.meta.url)));
const ADDRESS = "127.0.0.1:1";
const NOT_FOUND: Answer = { status: 404, headers: {}, body: new Uint8Array() };

/** Answers every request as the capture says, spoilt by `spoil`. */
async function replayed(spoil: (text: string) => string, records = (found: FoundRecord[]) => found): Promise<string[]> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-replay-" });
  const own = `${folder}/${CASE.case}`;
  const fill = (text: string) => text.replaceAll("{{dir}}", own).replaceAll("{{worker}}", ADDRESS).replaceAll('"{{now}}"', "1");
  const steps = [...CASE.steps];
  let deleted = false;
  const ask = (method: string, path: string): Promise<Answer> => {
    deleted ||= method === "DELETE";
    return Promise.resolve(deleted ? NOT_FOUND : answerOf(steps, method, path, (text) => spoil(fill(text))));
  };
  const topics = {
    read: (topic: string) => Promise.resolve(records(recordsOf(topic, fill))),
    create: () => Promise.resolve(),
    produce: () => Promise.resolve(),
  };
  try {
    await Deno.mkdir(`${own}/finished/csv-spooldir-source.csv`, { recursive: true });
    const differences = await replay(CASE, { worker: { address: ADDRESS, ask }, topics, folder, patienceMs: 0, expected: new Set() });
    return differences.filter((each) => each.hard && !each.where.includes("tree")).map((each) => each.where.replace(/^step \d+ /, ""));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function answerOf(steps: readonly Step[], method: string, path: string, fill: (text: string) => string): Answer {
  const step = steps.find((each) => each.do === "http" && each.request.method === method && each.request.path === path);
  if (step?.do !== "http") return NOT_FOUND;
  const { status, headers, body } = step.response;
  const text = new TextDecoder().decode(fromCaseBytes(body ?? null) ?? new Uint8Array());
  const given = Object.entries(headers ?? {}).map(([name, value]) => [name, fill(value)]);
  return { status, headers: Object.fromEntries(given), body: new TextEncoder().encode(fill(text)) };
}

function recordsOf(topic: string, fill: (text: string) => string): FoundRecord[] {
  const bytes = (kept: ReturnType<typeof toCaseBytes>) =>
    kept !== null && "text" in kept ? new TextEncoder().encode(fill(kept.text)) : fromCaseBytes(kept);
  return CASE.steps.flatMap((step) => step.do === "records" && step.topic === topic ? step.records : []).map((record) => ({
    partition: record.partition,
    offset: record.offset,
    key: bytes(record.key),
    value: bytes(record.value),
    headers: record.headers.map(([name, value]) => [name, bytes(value)] as const),
    timestampType: "create",
    timestamp: Date.now(),
  }));
}

Deno.test("replay() finds nothing where a worker answers as Kafka Connect did", async () => {
  assert.deepEqual(await replayed((text) => text), []);
});

Deno.test("replay() finds a wrong value, in an answer and in what the worker shows of its offsets", async () => {
  assert.deepEqual(await replayed((text) => text.replace('{"offset":3}', '{"offset":2}')), [
    "source offsets",
    "GET /connectors/csv_spooldir_source/offsets.offsets[0].offset.offset",
  ]);
});

Deno.test("replay() finds a record that is missing, and a byte that is wrong", async () => {
  assert.deepEqual(await replayed((text) => text, (found) => found.slice(1)), ["spooldir-test-topic (count)"]);
  const spoilt = (found: FoundRecord[]) => found.map((record, i) => i === 1 ? { ...record, value: new Uint8Array([1]) } : record);
  assert.deepEqual(await replayed((text) => text, spoilt), ["spooldir-test-topic record 1 value"]);
});

Deno.test("compareJson() takes wording for soft and structure for hard", () => {
  const kinds = (expected: unknown, actual: unknown) => compareJson("x", expected, actual).map((each) => each.hard);
  assert.deepEqual(kinds({ message: "a" }, { message: "b" }), [false]);
  assert.deepEqual(kinds({ message: "a" }, { message: "" }), [true]);
  assert.deepEqual(kinds({ errors: ["a"] }, { errors: ["a", "b"] }), [true]);
  assert.deepEqual(kinds({ a: 1, b: 2 }, { b: 2, a: 1 }), [false]);
  assert.deepEqual(kinds([1, 2], [2, 1]), [false]);
  assert.deepEqual(kinds([1, 2], [2, 2]), [true]);
  assert.deepEqual(kinds({ doc: "{{text}}", at: "{{now}}" }, { doc: "own words", at: 5 }), []);
  assert.deepEqual(kinds({ a: null }, {}), [true]);
});

Deno.test("toCaseBytes() keeps text as text and all other bytes exactly", () => {
  assert.deepEqual(toCaseBytes(new TextEncoder().encode("\ufeffé\n\t")), { text: "\ufeffé\n\t" });
  for (const bytes of [[0xff, 0x00], [0x41, 0x07], [0xc3]]) {
    const kept = toCaseBytes(Uint8Array.from(bytes));
    assert.ok(kept !== null && "base64" in kept);
    assert.deepEqual([...fromCaseBytes(kept) ?? []], bytes);
  }
});
