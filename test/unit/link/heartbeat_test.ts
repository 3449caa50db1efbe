import assert from "node:assert/strict";
import { Heartbeat } from "../../../src/link/heartbeat.ts";
import { FakeClock, settle } from "../../fakes/clock.ts";

interface Run {
  readonly clock: FakeClock;
  readonly heartbeat: Heartbeat;
  readonly asked: () => number;
  readonly stop: () => void;
  /** undefined while it runs. */
  readonly outcome: () => boolean | undefined;
}

function started(answers: (asked: number) => boolean): Run {
  const clock = new FakeClock();
  const ended = new AbortController();
  let asked = 0;
  let outcome: boolean | undefined;
  const heartbeat: Heartbeat = new Heartbeat(clock, () => {
    asked++;
    if (answers(asked)) queueMicrotask(() => heartbeat.heard());
  });
  heartbeat.run(ended.signal).then((value) => outcome = value);
  return { clock, heartbeat, asked: () => asked, stop: () => ended.abort(), outcome: () => outcome };
}

Deno.test("Heartbeat.run() asks at once and then every 2 s", async () => {
  const run = started(() => true);
  await settle();
  assert.equal(run.asked(), 1);
  await run.clock.advance(60_000);
  assert.equal(run.asked(), 31);
  assert.equal(run.outcome(), undefined);
  run.stop();
  await settle();
  assert.equal(run.outcome(), true);
  assert.equal(run.clock.sleeping, 0);
});

Deno.test("Heartbeat.run() gives up after 20 s of silence", async () => {
  const run = started((asked) => asked <= 3);
  await run.clock.advance(4_000 + 19_000);
  assert.equal(run.outcome(), undefined);
  assert.equal(run.heartbeat.unanswered, 9);
  await run.clock.advance(2_000 + 1_000);
  assert.equal(run.outcome(), false);
});

Deno.test("Heartbeat.run() bears an answer that comes late", async () => {
  const run = started((asked) => asked % 9 === 0);
  await run.clock.advance(300_000);
  assert.equal(run.outcome(), undefined);
  run.stop();
  await settle();
});

Deno.test("Heartbeat.run() takes a suspended machine for no silence of the other end", async () => {
  let unanswered = false;
  const run = started(() => !unanswered);
  await run.clock.advance(10_000);
  unanswered = true;
  // The clock jumps: one question is due, however much time has passed on the wall.
  const jump = run.clock.now() + 3_600_000;
  run.clock.now = () => jump;
  await run.clock.advance(2_000);
  assert.equal(run.outcome(), undefined);
  assert.ok(run.heartbeat.unanswered <= 2);
  run.stop();
  await settle();
});
