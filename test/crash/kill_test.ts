/**
 * A worker that is killed at any instant loses no row. `SLUICE_TEST_FULL=1` (`deno task test --full`): 1,000,000 rows and 20 kills;
 * `SLUICE_TEST_SEED` chooses other instants.
 */
import assert from "node:assert/strict";
import { sharedBroker } from "../broker.ts";
import { cpuSeconds, familyOf, lives } from "../processes.ts";
import type { Program } from "../program.ts";
import { Topics } from "../topics.ts";
import { pause, until } from "../until.ts";
import { Flow } from "./flow.ts";
import { seeded } from "./random.ts";

const full = Deno.env.get("SLUICE_TEST_FULL") === "1";
const rows = full ? 1_000_000 : 200_000;
const kills = full ? 20 : 4;
const seed = Number(Deno.env.get("SLUICE_TEST_SEED") ?? 20_260_101);
const broker = sharedBroker();
const noProc = Deno.build.os !== "linux";
const shared = { sanitizeOps: false, sanitizeResources: false } as const; // librdkafka's threads answer when they like
/** Children notice the end of their parent by a signal or by the end of their input. */
const ORPHAN_MS = 5_000;

Deno.test({
  name: `worker killed ${kills} times within ${rows} rows (seed ${seed}) delivers every row in order${broker.because}`,
  ignore: broker.missing,
  ...shared,
}, async () => {
  await using topics = new Topics(broker.bootstrap);
  await using flow = await Flow.lay({ bootstrap: broker.bootstrap, topics, rows, settings: { "offset.flush.interval.ms": "100" } });
  const random = seeded(seed);
  const stored: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const program = await flow.start();
    if (kill === 0) await flow.connect(program);
    await flow.reaches(await flow.count() + Math.floor(random() * rows / kills));
    await pause(random() * 20);
    await program.kill();
    stored.push(await flow.storedRow());
  }
  const program = await flow.start();
  await flow.finish();
  await flow.verify(stored);
  assert.equal(await program.stop(), 0);
});

Deno.test({
  name: `worker's children end with their parent, even when it is killed${broker.because}${noProc ? " (skipped: no /proc)" : ""}`,
  ignore: broker.missing || noProc,
  ...shared,
}, async () => {
  await using topics = new Topics(broker.bootstrap);
  await using flow = await Flow.lay({ bootstrap: broker.bootstrap, topics, rows });
  const program = await flow.start();
  await flow.connect(program);
  await flow.reaches(1000);
  const children = familyOf(program.pid).slice(1);
  assert.ok(children.length > 0);
  await program.kill();
  await until("all children have ended", () => children.some(lives) ? undefined : true, ORPHAN_MS);
});

Deno.test({
  name: `task whose host process is killed goes on without loss${broker.because}${noProc ? " (skipped: no /proc)" : ""}`,
  ignore: broker.missing || noProc,
  ...shared,
}, async () => {
  await using topics = new Topics(broker.bootstrap);
  await using flow = await Flow.lay({ bootstrap: broker.bootstrap, topics, rows, settings: { "offset.flush.interval.ms": "100" } });
  const program = await flow.start();
  await flow.connect(program);
  await flow.reaches(rows / 4);
  const host = busiestChild(program);
  Deno.kill(host, "SIGKILL");
  const failed = await program.untilState(flow.name, "FAILED");
  assert.match(failed.tasks[0]?.trace ?? "", /\S/, "the trace says why");
  assert.equal((await program.ask("GET", "/connectors")).status, 200);
  await program.stop();
  const stored = await flow.storedRow();
  const again = await flow.start();
  await again.untilState(flow.name, "RUNNING");
  await flow.finish();
  await flow.verify([stored]);
  assert.equal(await again.stop(), 0);
});

Deno.test(
  { name: `worker that is asked to stop repeats nothing when it starts again${broker.because}`, ignore: broker.missing, ...shared },
  async () => {
    await using topics = new Topics(broker.bootstrap);
    await using flow = await Flow.lay({ bootstrap: broker.bootstrap, topics, rows });
    const program = await flow.start();
    await flow.connect(program);
    await flow.reaches(rows / 4);
    assert.equal(await program.stop(), 0);
    const again = await flow.start();
    await flow.finish();
    const { repeated } = await flow.verify([]);
    assert.equal(repeated, 0);
    assert.equal(await again.stop(), 0);
  },
);

/** The process that runs the task: the one that worked most. */
function busiestChild(program: Program): number {
  const children = familyOf(program.pid).slice(1);
  const [busiest] = children.sort((a, b) => cpuSeconds([b]) - cpuSeconds([a]));
  if (busiest === undefined) throw new Error("The worker has no children");
  return busiest;
}
