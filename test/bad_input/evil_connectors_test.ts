/** Connector code at its worst, in the product itself: it alone is FAILED, with the reason; REST and all others go on. */
import assert from "node:assert/strict";
import { EVIL_SOURCE } from "../fakes/evil_source.ts";
import { familyOf, lives } from "../processes.ts";
import { until } from "../until.ts";
import { Ground } from "./ground.ts";

/** librdkafka's threads answer when they like. */
const shared = { sanitizeOps: false, sanitizeResources: false } as const;
const HEARTBEAT_MS = 4_000;
/** Two heartbeats are lost where a host is shared: one to suspect all its tasks, one to find which. */
const FOUND_MS = 60_000;
const ORPHAN_MS = 5_000;
const noProc = Deno.build.os !== "linux";
const becauseNoProc = noProc ? " (skipped: no /proc)" : "";

/** A worker that has the evil connector, with one task host for all and a heap that is soon full. */
function layEvil(): Promise<Ground> {
  return Ground.lay({
    main: "test/fakes/evil_main.ts",
    settings: {
      "sluice.task.hosts": "1",
      "sluice.host.heartbeat.timeout.ms": String(HEARTBEAT_MS),
      "task.shutdown.graceful.timeout.ms": "1000",
    },
    env: { DENO_V8_FLAGS: "--max-old-space-size=200" },
  });
}

/** What the status says of a task that did this in a poll. */
const REASONS: Readonly<Record<string, RegExp>> = {
  block: /Heartbeat lost: Task host \d+ did not answer for 4 s and was killed\. A single call blocked it/,
  spin: /Heartbeat lost: Task host \d+ did not answer for 4 s and was killed\. A single call blocked it/,
  heap: /Task host \d+ ran out of memory \(exit code \d+, SIG\w+\): the JavaScript heap reached its limit/,
  native: /Task host \d+ crashed in native code \(exit code 139, SIGSEGV\)/,
  exit: /Task host \d+ ended unexpectedly \(exit code 42\)/,
  garble: /Task host \d+ was killed, as what it said could not be understood/,
  throw: /^TypeError: Nobody expected this\n/,
  stray: /^TypeError: Nobody awaited this\n/,
};

Deno.test({
  name:
    "connectors that block, spin, fill the heap, crash, exit or throw in one shared host are each FAILED with the reason, and no other is",
  ...shared,
}, async () => {
  await using ground = await layEvil();
  await ground.othersGoOn();
  for (const deed of Object.keys(REASONS)) await putEvil(ground, deed, "poll");
  for (const [deed, reason] of Object.entries(REASONS)) {
    const trace = await ground.failure(`${deed}-poll`, FOUND_MS);
    assert.match(trace, reason);
    if (/Task host/.test(reason.source)) assert.match(trace, /Restart the task once the cause is removed; its offsets are kept\./);
    assert.equal((await ground.program.status(`${deed}-poll`))?.connector.state, "RUNNING");
    assert.ok((await ground.values(`${deed}-poll`)).includes(`"${deed}"`), "what it sent before is delivered");
    await ground.othersGoOn();
  }
  // Found once, it starts apart: nobody is touched any more.
  const hostsBefore = await hostStarts(ground, "use=shared");
  await ground.program.json("POST", "/connectors/native-poll/tasks/0/restart");
  await until("it is FAILED again", async () => (await hostStarts(ground, "native-poll-0")) >= 2 ? true : undefined);
  assert.match(await ground.failure("native-poll"), REASONS.native as RegExp);
  assert.equal(await hostStarts(ground, "use=shared"), hostsBefore, "no host of others was started anew");
  await ground.othersGoOn();
  await ground.stopsCleanly();
});

Deno.test({
  name: "connector that spins while it is checked or split is refused or FAILED with the reason, and others are created meanwhile",
  ...shared,
}, async () => {
  await using ground = await layEvil();
  await ground.othersGoOn();
  const validation = ground.program.ask(
    "PUT",
    `/connector-plugins/${EVIL_SOURCE}/config/validate`,
    JSON.stringify({ ...evilConfig("spin", "check"), name: "spin-check" }),
    { "content-type": "application/json" },
  );
  const splits = Promise.all([putEvil(ground, "native", "split"), putEvil(ground, "spin", "split")]);
  assert.equal((await ground.program.ask("GET", "/connectors")).status, 200);
  await ground.othersGoOn();
  const answer = await validation;
  const text = new TextDecoder().decode(answer.body);
  assert.equal(answer.status, 500, text);
  assert.match(text, /Cannot finish \\"check\\": Heartbeat lost/);

  await splits;
  for (const [name, reason] of [["native-split", /crashed in native code/], ["spin-split", /Heartbeat lost/]] as const) {
    const trace = await until(`${name} is FAILED`, async () => {
      const status = await ground.program.status(name);
      return status?.connector.state === "FAILED" ? status.connector.trace : undefined;
    }, FOUND_MS);
    assert.match(trace, /Cannot finish "split": /);
    assert.match(trace, reason);
  }
  await ground.othersGoOn();
  await ground.stopsCleanly();
});

Deno.test(
  { name: "connector that does not hear its stop is ended with its host, and a new one may take its name", ...shared },
  async () => {
    await using ground = await layEvil();
    await ground.othersGoOn();
    await putEvil(ground, "deaf", "poll");
    await ground.program.untilState("deaf-poll", "RUNNING");
    await until("it is deaf", async () => (await ground.values("deaf-poll")).length > 0 ? true : undefined);
    assert.equal((await ground.program.ask("DELETE", "/connectors/deaf-poll")).status, 204);
    await ground.program.put("deaf-poll", evilConfig("throw", "poll", "deaf-poll"));
    assert.match(await ground.failure("deaf-poll", FOUND_MS), /Nobody expected this/);
    await ground.othersGoOn();
    await ground.stopsCleanly();
  },
);

Deno.test({
  name: `SIGTERM ends a worker with connectors that block or do not hear in time and with 0, and leaves no process behind${becauseNoProc}`,
  ignore: noProc,
  ...shared,
}, async () => {
  await using ground = await layEvil();
  await ground.othersGoOn();
  await putAtWork(ground, ["block", "deaf"]);
  const family = familyOf(ground.program.pid);
  await ground.stopsCleanly();
  await until("all processes are gone", () => family.some(lives) ? undefined : true, ORPHAN_MS);
});

Deno.test({
  name: `children that block or spin end with a parent that is killed${becauseNoProc}`,
  ignore: noProc,
  ...shared,
}, async () => {
  await using ground = await layEvil();
  await ground.othersGoOn();
  await putAtWork(ground, ["block", "spin"]);
  const children = familyOf(ground.program.pid).slice(1);
  assert.ok(children.length >= 3, "a host for each of them and for the others");
  await ground.program.kill();
  await until("all children are gone", () => children.some(lives) ? undefined : true, ORPHAN_MS);
});

function evilConfig(deed: string, place: string, topic = `${deed}-${place}`): Record<string, string> {
  return {
    "connector.class": EVIL_SOURCE,
    topic,
    deed,
    place,
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable": "false",
  };
}

async function putEvil(ground: Ground, deed: string, place: string, overrides: Readonly<Record<string, string>> = {}): Promise<void> {
  const name = `${deed}-${place}`;
  await ground.makeTopic(name);
  await ground.program.put(name, { ...evilConfig(deed, place), ...overrides });
}

/** Creates connectors that do this in a poll, each in a host of its own, and waits until they are about to. */
async function putAtWork(ground: Ground, deeds: readonly string[]): Promise<void> {
  for (const deed of deeds) {
    await putEvil(ground, deed, "poll", { "sluice.task.own.host": "true" });
    await until(`${deed} has sent its record`, async () => (await ground.values(`${deed}-poll`)).length > 0 ? true : undefined);
  }
}

/** Lines of the log about hosts that hold this. */
async function hostStarts(ground: Ground, part: string): Promise<number> {
  return (await ground.program.log()).split("\n").filter((line) => /Task host/.test(line) && line.includes(part)).length;
}
