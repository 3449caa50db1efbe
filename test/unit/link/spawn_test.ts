import assert from "node:assert/strict";
import type { FromHost } from "../../../src/link/messages.ts";
import { CHILD_ARGUMENT, type ChildRole, ProcessSpawner, roleOf } from "../../../src/link/spawn.ts";

const CHILD = new URL("./child_process.ts", import.meta.url).pathname;
const spawner = new ProcessSpawner(["run", "-A", "--no-check", "--cached-only", CHILD], 50);

/** Starts a child and waits for its first message. */
async function readyChild(role: ChildRole) {
  const child = spawner.spawn(role);
  const messages = child.messages[Symbol.asyncIterator]();
  const next = async () => (await messages.next()).value as FromHost | undefined;
  assert.deepEqual(await next(), { is: "ready", pid: child.pid });
  return { child, next };
}

Deno.test("ProcessSpawner.spawn() carries messages both ways, of any size and in order", async () => {
  const { child, next } = await readyChild("tasks");
  const large = "ü".repeat(3_000_000);
  for (let n = 0; n < 100; n++) child.send({ do: "ping", at: n });
  child.send({ do: "secrets", values: [large] });
  for (let n = 0; n < 100; n++) assert.deepEqual(await next(), { is: "pong", at: n, rssBytes: n });
  assert.deepEqual(await next(), { is: "answer", call: 1, ok: [large] });
  child.send({ do: "exit" });
  assert.deepEqual(await child.exit, { code: 3, signal: null });
  assert.equal(await next(), undefined);
});

Deno.test("ProcessChild.kill() ends a child, and what is sent afterwards is lost without harm", async () => {
  const { child, next } = await readyChild("tasks");
  child.kill();
  child.send({ do: "ping", at: 1 });
  assert.equal((await child.exit).signal, "SIGKILL");
  child.send({ do: "ping", at: 2 });
  child.kill();
  assert.equal(await next(), undefined);
});

Deno.test("ProcessChild.messages end with the child, though a process it started holds its stdout", async () => {
  const { child, next } = await readyChild("service");
  child.send({ do: "ping", at: 1 });
  assert.deepEqual(await next(), { is: "pong", at: 1, rssBytes: 1 });
  child.kill();
  await child.exit;
  assert.equal(await next(), undefined);
});

Deno.test("openChildChannel() ends when the parent is gone", async () => {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--cached-only", CHILD],
    stdin: "piped",
    stdout: "null",
  }).spawn();
  await process.stdin.close();
  assert.equal((await process.status).code, 7);
});

Deno.test("roleOf() reads the hidden argument and nothing else", () => {
  assert.equal(roleOf([`${CHILD_ARGUMENT}tasks`]), "tasks");
  assert.equal(roleOf(["x", `${CHILD_ARGUMENT}broker`]), "broker");
  assert.equal(roleOf([`${CHILD_ARGUMENT}other`]), undefined);
  assert.equal(roleOf(["worker.properties", "--listen", "127.0.0.1:1"]), undefined);
});
