import assert from "node:assert/strict";
import fc from "fast-check";
import type { Health, OffsetPair } from "../../src/worker/api.ts";
import { FakeClock } from "../fakes/clock.ts";
import { MemoryWorker } from "../fakes/memory_worker.ts";
import { ask, HOST, restApp } from "./rest_app.ts";

const JSON_TYPE = { "content-type": "application/json" };
const SOURCE = { "connector.class": "FileStreamSource", topic: "t" };

function create(app: ReturnType<typeof restApp>, name: string, config: Record<string, unknown> = SOURCE, more = {}) {
  return ask(app, "POST", "/connectors", JSON.stringify({ name, config, ...more }), JSON_TYPE);
}

Deno.test("createApp() says which Sluice answers, errors included", async () => {
  const app = restApp(new MemoryWorker(HOST), { version: "1.2.3" });
  const answers = await Promise.all(["/", "/nope", "/connectors/ghost"].map((path) => ask(app, "GET", path)));
  assert.deepEqual(answers.map((answer) => answer.headers.get("x-sluice-version")), ["1.2.3", "1.2.3", "1.2.3"]);
});

Deno.test("createApp() gives every JSON body exactly the type application/json, errors of the protocol included", async () => {
  const app = restApp(new MemoryWorker(HOST));
  for (const [method, path] of [["GET", "/"], ["GET", "/nope"], ["DELETE", "/connectors"]] as const) {
    assert.equal((await ask(app, method, path)).headers.get("content-type"), "application/json");
  }
});

Deno.test("POST /connectors trims the name, turns scalars into their text and puts the name last", async () => {
  const answer = await create(restApp(new MemoryWorker(HOST)), " a\t", { ...SOURCE, "tasks.max": 1, x: true });
  assert.equal(answer.status, 201);
  assert.equal(
    answer.text,
    '{"name":"a","config":{"connector.class":"FileStreamSource","topic":"t","tasks.max":"1","x":"true","name":"a"},"tasks":[],"type":"source"}',
  );
});

Deno.test("POST /connectors keeps the text of numbers digit for digit", async () => {
  const app = restApp(new MemoryWorker(HOST));
  const body = '{"name":"a","config":{"connector.class":"FileStreamSource","topic":"t","n":12345678901234567890,"f":1.50,"e":1e3}}';
  const { config } = JSON.parse((await ask(app, "POST", "/connectors", body, JSON_TYPE)).text);
  assert.deepEqual([config.n, config.f, config.e], ["12345678901234567890", "1.50", "1e3"]);
});

Deno.test("POST /connectors understands initial_state in any letter case", async () => {
  const worker = new MemoryWorker(HOST);
  const seen: string[] = [];
  const original = worker.create.bind(worker);
  worker.create = (name, config, state) => (seen.push(state), original(name, config, state));
  const app = restApp(worker);
  for (const [i, state] of ["running", "PAUSED", "Stopped", null].entries()) await create(app, `c${i}`, SOURCE, { initial_state: state });
  assert.deepEqual(seen, ["STARTED", "PAUSED", "STOPPED", "STARTED"]);
});

Deno.test("a connector of any name can be addressed by the Location it was given", async () => {
  const legal = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((name) =>
    // deno-lint-ignore no-control-regex -- names may hold none of these
    !/[\x00-\x1f\x7f-\x9f]/.test(name) && name.isWellFormed() && name.trim() === name && name !== "." && name !== ".."
  );
  const odd = fc.constantFrom(
    "a/b",
    "a%41",
    "{curly}",
    "a b",
    "a?b#c",
    "a+b",
    "über",
    "%2F",
    "a//b",
    "100%",
    "a;b",
    "__proto__",
    "\u{1f600}",
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(odd, legal), async (name) => {
      const app = restApp(new MemoryWorker(HOST));
      const created = await create(app, name);
      assert.equal(created.status, 201, created.text);
      const path = new URL(created.headers.get("location") ?? "").pathname;
      assert.equal(JSON.parse((await ask(app, "GET", path)).text).name, name);
      assert.equal((await ask(app, "PUT", `${path}/pause`)).status, 202);
      assert.equal((await ask(app, "DELETE", `${path}/`)).status, 204);
    }),
    { numRuns: 150 },
  );
});

Deno.test("GET /connectors?expand=info keys by name, whatever the name", async () => {
  const app = restApp(new MemoryWorker(HOST));
  await create(app, "__proto__");
  assert.match((await ask(app, "GET", "/connectors?expand=info")).text, /^\{"__proto__":\{"info":\{"name":"__proto__"/);
});

Deno.test("GET /connectors?expand=status leaves out a connector that has no status yet", async () => {
  const worker = new MemoryWorker(HOST);
  const app = restApp(worker);
  await create(app, "a");
  worker.findStatus = () => undefined;
  assert.equal((await ask(app, "GET", "/connectors?expand=status&expand=info")).text, "{}");
});

Deno.test("the Location of a new connector is at the address the client used", async () => {
  const app = restApp(new MemoryWorker(HOST));
  const body = JSON.stringify({ name: "a", config: SOURCE });
  const answer = await ask(app, "POST", "/connectors", body, { ...JSON_TYPE, host: "elsewhere:1" });
  assert.equal(answer.headers.get("location"), "http://elsewhere:1/connectors/a");
});

Deno.test("PATCH …/config refuses to change the name", async () => {
  const app = restApp(new MemoryWorker(HOST));
  await create(app, "a");
  const answer = await ask(app, "PATCH", "/connectors/a/config", '{"name":"b"}', JSON_TYPE);
  assert.equal(answer.text, `{"error_code":400,"message":"Connector name configuration (b) doesn't match connector name in the URL (a)"}`);
});

Deno.test("GET …/offsets leaves out members of our own and keeps every digit", async () => {
  const worker = new MemoryWorker(HOST);
  const app = restApp(worker);
  await create(app, "a");
  const pair: OffsetPair = { partition: { file: "f", id: 9007199254740993n }, offset: { offset: 9223372036854775807n, "sluice.bytes": 5 } };
  worker.wrote("t", pair);
  const text = '{"offsets":[{"partition":{"file":"f","id":9007199254740993},"offset":{"offset":9223372036854775807}}]}';
  assert.equal((await ask(app, "GET", "/connectors/a/offsets")).text, text);
});

Deno.test("PATCH …/offsets hands over whole numbers of 64 bits exactly and refuses larger ones", async () => {
  const worker = new MemoryWorker(HOST);
  const app = restApp(worker);
  await create(app, "a");
  let given: unknown;
  worker.alterOffsets = (_name, offsets) => Promise.resolve(String(given = offsets));
  const patch = (number: string) =>
    ask(app, "PATCH", "/connectors/a/offsets", `{"offsets":[{"partition":{"f":"x"},"offset":{"n":${number}}}]}`, JSON_TYPE);
  const numbers = ["1", "9223372036854775807", "-9007199254740992", "1.5", "1e2"];
  const seen: unknown[] = [];
  for (const number of numbers) {
    await patch(number);
    seen.push((given as OffsetPair[])[0]?.offset?.["n"]);
  }
  assert.deepEqual(seen, [1, 9223372036854775807n, -9007199254740992n, 1.5, 100]);
  const { status, text } = await patch("9223372036854775808");
  assert.equal(status, 500);
  assert.match(text, /Offsets may only contain primitive types as values, but field n contains class java\.math\.BigInteger/);
});

Deno.test("PATCH …/offsets asks whether the connector exists before it looks for nested values", async () => {
  const app = restApp(new MemoryWorker(HOST));
  const nested = '{"offsets":[{"partition":{"f":{"a":1}},"offset":null}]}';
  assert.equal((await ask(app, "PATCH", "/connectors/ghost/offsets", nested, JSON_TYPE)).status, 404);
});

Deno.test("createApp() refuses a body that is too large, announced or not", async () => {
  const app = restApp(new MemoryWorker(HOST));
  const large = new Uint8Array(10 * 1024 * 1024 + 1).fill(0x20);
  const answers = await Promise.all([
    ask(app, "POST", "/connectors", large, JSON_TYPE),
    ask(app, "POST", "/connectors", "{}", { ...JSON_TYPE, "content-length": "99999999" }),
  ]);
  for (const { status, text } of answers) {
    assert.equal(status, 413);
    assert.equal(JSON.parse(text).message, "The request body is larger than 10485760 bytes, which is the most this worker reads");
  }
});

Deno.test("createApp() reads UTF-16 and says so when a body is no text", async () => {
  const app = restApp(new MemoryWorker(HOST));
  const wide = new Uint8Array(
    new Uint16Array([..."\ufeff" + JSON.stringify({ name: "ü", config: SOURCE })].map((char) => char.charCodeAt(0))).buffer,
  );
  assert.equal((await ask(app, "POST", "/connectors", wide, JSON_TYPE)).status, 201);
  const broken = await ask(app, "POST", "/connectors", new Uint8Array([0x22, 0xff, 0x22]), JSON_TYPE);
  assert.equal(broken.text, '{"error_code":500,"message":"The request body is not UTF-8: its bytes must be JSON text in that encoding"}');
});

Deno.test("createApp() answers 500 with the message when something goes wrong inside, and shows no stack", async () => {
  const worker = new MemoryWorker(HOST);
  worker.topics = () => {
    throw new Error("the disk is full");
  };
  const answer = await ask(restApp(worker), "GET", "/connectors/a/topics");
  assert.equal(answer.text, '{"error_code":500,"message":"the disk is full"}');
});

Deno.test("createApp() answers 500 after 90 seconds, whatever the worker waits for", async () => {
  const clock = new FakeClock();
  const worker = new MemoryWorker(HOST);
  const gate = Promise.withResolvers<void>();
  worker.createGate = gate.promise;
  const answer = create(restApp(worker, { clock }), "a");
  await clock.advance(90_000);
  assert.equal((await answer).text, '{"error_code":500,"message":"Request timed out"}');
  gate.reject(new Error("too late to matter"));
});

Deno.test("GET /health answers by what the worker says, and unhealthy when it says nothing for 10 seconds", async () => {
  const clock = new FakeClock();
  const worker = new MemoryWorker(HOST);
  const app = restApp(worker, { clock });
  worker.healthAnswer = Promise.resolve({ status: "starting", message: "Worker is still starting up." });
  const { status, text } = await ask(app, "GET", "/health");
  assert.deepEqual([status, text], [503, '{"status":"starting","message":"Worker is still starting up."}']);
  worker.healthAnswer = new Promise<Health>(() => {});
  const silent = ask(app, "GET", "/health");
  await clock.advance(10_000);
  assert.deepEqual([(await silent).status, JSON.parse((await silent).text).status], [500, "unhealthy"]);
});

Deno.test("Accept decides by the most specific range", async () => {
  const app = restApp(new MemoryWorker(HOST));
  const status = async (accept: string) => (await ask(app, "GET", "/connectors", undefined, { accept })).status;
  const fine = ["application/json", "APPLICATION/JSON;q=0.1", "text/html, application/*", "*/*", ""];
  for (const accept of fine) assert.equal(await status(accept), 200, accept);
  for (const accept of ["text/html", "application/json;q=0, */*", "application/xml", "nonsense"]) {
    assert.equal(await status(accept), 406, accept);
  }
});

Deno.test("OPTIONS lists methods as text where text is welcome, and without a body where it is not", async () => {
  const app = restApp(new MemoryWorker(HOST));
  const answer = await ask(app, "OPTIONS", "/connectors/a%2Fb/tasks/0/restart", undefined, { accept: "application/json" });
  assert.deepEqual([answer.status, answer.headers.get("allow"), answer.text], [200, "POST,OPTIONS", ""]);
});

Deno.test("the routes of workers among themselves ask for a signature nobody can give", async () => {
  const app = restApp(new MemoryWorker(HOST));
  for (const [method, path] of [["POST", "/connectors/a/tasks"], ["PUT", "/connectors/a/fence"]] as const) {
    assert.equal((await ask(app, method, path)).text, '{"error_code":400,"message":"Internal request missing required signature"}');
  }
});
