import assert from "node:assert/strict";
import { type Level, LoggerLevels } from "../../src/rest/logger_levels.ts";
import { MemoryWorker } from "../fakes/memory_worker.ts";
import { ask, HOST, restApp } from "./rest_app.ts";

const JSON_TYPE = { "content-type": "application/json" };
const LOGGERS = "/admin/loggers";

function put(app: ReturnType<typeof restApp>, logger: string, body: string, query = "") {
  return ask(app, "PUT", `${LOGGERS}/${logger}${query}`, body, JSON_TYPE);
}

Deno.test("GET /admin/loggers lists every known logger by name, root among them", async () => {
  const app = restApp(new MemoryWorker(HOST));
  const { text } = await ask(app, "GET", LOGGERS);
  assert.deepEqual(Object.keys(JSON.parse(text)), ["rest", "root", "worker", "worker.hosts"]);
  assert.equal((await ask(app, "GET", `${LOGGERS}/Root`)).text, '{"level":"INFO","last_modified":null}');
});

Deno.test("GET /admin/loggers/{logger} knows only loggers there are", async () => {
  const { status, text } = await ask(restApp(new MemoryWorker(HOST)), "GET", `${LOGGERS}/nope`);
  assert.deepEqual([status, text], [404, '{"error_code":404,"message":"Logger nope not found."}']);
});

Deno.test("PUT /admin/loggers/{logger} answers the loggers whose level changed, and dates them", async () => {
  const app = restApp(new MemoryWorker(HOST));
  assert.equal((await put(app, "worker", '{"level":"debug"}')).text, '["worker","worker.hosts"]');
  assert.equal((await put(app, "worker", '{"level":"DEBUG"}')).text, "[]");
  assert.equal((await ask(app, "GET", `${LOGGERS}/worker.hosts`)).text, '{"level":"DEBUG","last_modified":1700000000000}');
});

Deno.test("PUT /admin/loggers/{logger}?scope=cluster answers nothing, any other scope the names", async () => {
  const app = restApp(new MemoryWorker(HOST));
  const cluster = await put(app, "root", '{"level":"WARN"}', "?scope=Cluster");
  assert.deepEqual([cluster.status, cluster.text], [204, ""]);
  assert.equal((await put(app, "root", '{"level":"INFO"}', "?scope=WORKER")).status, 200);
});

Deno.test("PUT /admin/loggers/{logger} refuses a missing and an unknown level", async () => {
  const app = restApp(new MemoryWorker(HOST));
  assert.equal(
    (await put(app, "root", "{}")).text,
    `{"error_code":400,"message":"Desired 'level' parameter was not specified in request."}`,
  );
  assert.equal((await put(app, "root", '{"level":"LOUD"}')).text, `{"error_code":404,"message":"invalid log level 'LOUD'."}`);
});

Deno.test("LoggerLevels.set() makes a logger nobody knew, with the level of the nearest above it", () => {
  const applied: [string, Level][] = [];
  const levels = new LoggerLevels(["worker"], "INFO", () => 1, (logger, level) => applied.push([logger, level]));
  levels.set("worker", "DEBUG");
  assert.deepEqual(levels.set("worker.new.deep", "DEBUG"), []);
  assert.deepEqual(levels.set("worker.new.other", "TRACE"), ["worker.new.other"]);
  assert.deepEqual(applied, [["worker", "DEBUG"], ["worker.new.other", "TRACE"]]);
  assert.deepEqual(levels.find("worker.new.deep"), { name: "worker.new.deep", level: "DEBUG", lastModified: null });
});
