/** Kafka goes away and comes back: at the start of a worker, in the middle of a file, and while it is asked to stop. */
import assert from "node:assert/strict";
import { ownBroker, sharedBroker, type TestBroker } from "../broker.ts";
import { Topics } from "../topics.ts";
import { pause } from "../until.ts";
import { Flow } from "./flow.ts";

const { missing, because } = sharedBroker();
const ROWS = 200_000;
/** Long enough for clients to notice. */
const OUTAGE_MS = 2_000;
const STOP_MS = 20_000;
let broker: TestBroker;

if (!missing) {
  Deno.test.beforeAll(async () => {
    broker = await ownBroker();
  });
  Deno.test.afterAll(() => broker.remove());
}

function brokerTest(name: string, fn: (topics: Topics) => Promise<void>): void {
  Deno.test({
    name: `${name}${because}`,
    ignore: missing,
    sanitizeOps: false, // librdkafka's threads answer when they like
    sanitizeResources: false,
    fn: async () => {
      await using topics = new Topics(broker.bootstrap);
      await fn(topics);
    },
  });
}

brokerTest("worker that starts before Kafka does answers REST and goes on when Kafka comes", async (topics) => {
  await broker.stop();
  await using flow = await Flow.lay({ bootstrap: broker.bootstrap, topics, rows: 1000 });
  const program = await flow.start();
  await flow.connect(program);
  await pause(OUTAGE_MS);
  assert.equal((await program.ask("GET", `/connectors/${flow.name}/status`)).status, 200);
  await broker.start();
  await flow.finish();
  await flow.verify([]);
  assert.equal(await program.stop(), 0);
});

brokerTest("worker whose Kafka goes away in the middle of a file loses and repeats nothing", async (topics) => {
  await using flow = await Flow.lay({ bootstrap: broker.bootstrap, topics, rows: ROWS });
  const program = await flow.start();
  await flow.connect(program);
  await flow.reaches(ROWS / 5);
  await broker.stop();
  await pause(OUTAGE_MS);
  assert.equal((await program.ask("GET", "/connectors")).status, 200);
  await broker.start();
  await flow.finish();
  await flow.verify([]);
  assert.equal(await program.stop(), 0);
});

brokerTest(
  "worker that is asked to stop while Kafka is away ends in time, and the next one goes on from what was stored",
  async (topics) => {
    await using flow = await Flow.lay({ bootstrap: broker.bootstrap, topics, rows: ROWS });
    const program = await flow.start();
    await flow.connect(program);
    await flow.reaches(ROWS / 5);
    await broker.stop();
    const asked = Date.now();
    assert.equal(await program.stop(), 0);
    assert.ok(Date.now() - asked < STOP_MS, "Stopping takes no longer than the graceful timeout and a little");
    const stored = await flow.storedRow();
    await broker.start();
    const again = await flow.start();
    await flow.finish();
    await flow.verify([stored]);
    assert.equal(await again.stop(), 0);
  },
);
