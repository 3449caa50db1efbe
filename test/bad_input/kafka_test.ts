/** What Kafka refuses, and Kafka gone: the task says which topic, which file and which key; what was not delivered is delivered later. */
import assert from "node:assert/strict";
import { sharedBroker } from "../broker.ts";
import { Program } from "../program.ts";
import { until } from "../until.ts";
import { Ground } from "./ground.ts";
import { idsFrom, type Overrides, rows, SLOW_FILE_ROWS, SLOWLY, Spool } from "./spool.ts";

/** librdkafka's threads answer when they like, and grounds outlive tests. */
const shared = { sanitizeOps: false, sanitizeResources: false } as const;
const { bootstrap, missing, because } = sharedBroker();
/** Kafka's own limit is 1,048,588 bytes for a batch. */
const LARGE_BYTES = 1_200_000;
const CREATED: Overrides = { "topic.creation.default.partitions": "1", "topic.creation.default.replication.factor": "1" };

/** What only a real broker judges: the embedded one takes everything. */
let ground: Ground;
if (!missing) {
  Deno.test.beforeAll(async () => {
    ground = await Ground.lay({ bootstrap });
  });
  Deno.test.afterAll(() => ground[Symbol.asyncDispose]());
}

function brokerTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `${name}${because}`, ignore: missing, ...shared, fn });
}

const TOPICS: readonly {
  readonly what: string;
  readonly name: string;
  readonly topic: string;
  readonly overrides?: Overrides;
  readonly says: RegExp;
}[] = [
  {
    what: "a topic name Kafka refuses",
    name: "ill-named",
    topic: "no topic!",
    says: /InvalidTopicException: .*topic "no topic!".*letters, digits/,
  },
  {
    what: "a topic name Kafka refuses to create",
    name: "ill-created",
    topic: "no topic!",
    overrides: CREATED,
    says: /InvalidTopicException: .*topic "no topic!"/,
  },
  { what: "a topic name too long", name: "long-named", topic: "x".repeat(250), says: /InvalidTopicException: .*at most 249/ },
  { what: "a topic name of dots", name: "dots", topic: "..", says: /InvalidTopicException: .*topic "\.\."/ },
  {
    what: "more replicas than there are brokers",
    name: "replicas",
    topic: `replicas-${crypto.randomUUID()}`,
    overrides: { ...CREATED, "topic.creation.default.replication.factor": "3" },
    says: /Task failed to create new topic .*replicationFactor=3.*\n(.*\n)*Caused by: .*InvalidReplicationFactorException/,
  },
];

for (const { what, name, topic, overrides, says } of TOPICS) {
  brokerTest(`connector with ${what} is FAILED by topic, and its file waits for a better one`, async () => {
    const spool = await Spool.open(ground, name, topic);
    await spool.drop("rows.csv", "id,text\n1,a\n2,b\n");
    await spool.connect(overrides);
    assert.match(await ground.failure(name), says);
    assert.deepEqual([spool.files("in"), spool.files("finished"), spool.files("error")], [["rows.csv"], [], []]);
    await ground.othersGoOn();
    const mended = await ground.makeTopic(name);
    await spool.connect({ topic: mended });
    await spool.has("finished", "rows.csv");
    const ids = (await ground.values(mended)).map((value) => JSON.parse(value).id);
    assert.deepEqual(ids, ["1", "2"]);
  });
}

const TOO_LARGE: readonly { readonly what: string; readonly name: string; readonly overrides: Overrides }[] = [
  { what: "the producer's limit", name: "over-producer", overrides: {} },
  {
    what: "the broker's limit",
    name: "over-broker",
    overrides: { "producer.override.max.request.size": "10000000", "producer.override.compression.type": "none" },
  },
];

for (const { what, name, overrides } of TOO_LARGE) {
  brokerTest(`record above ${what} fails its task by topic, file and key, and nothing behind it counts as delivered`, async () => {
    const spool = await Spool.open(ground, name);
    await spool.drop("large.csv", `id,text\n1,a\n2,${"x".repeat(LARGE_BYTES)}\n3,c\n`);
    await spool.connect(overrides);
    const trace = await ground.failure(name);
    assert.match(trace, /RecordTooLargeException: .*max\.message\.bytes of the topic and max\.request\.size of the producer/);
    assert.ok(trace.includes(`topic "${spool.topic}"`));
    assert.match(trace, /Read from source partition .*large\.csv/);
    assert.deepEqual(spool.files("in"), ["large.csv"]);
    await ground.othersGoOn();
    // Invariant 1: whatever was delivered of it, the refused record comes again once it may.
    const offsets = JSON.stringify(await ground.program.json("GET", `/connectors/${name}/offsets`));
    assert.ok(!/"offset":[23]/.test(offsets), offsets);
  });
}

brokerTest("record above the broker's limit is skipped alone under errors.tolerance=all, and the log says from where", async () => {
  const spool = await Spool.open(ground, "tolerated");
  await spool.drop("large.csv", `id,text\n1,a\n2,${"x".repeat(LARGE_BYTES)}\n3,c\n`);
  await spool.connect({ "errors.tolerance": "all", "errors.log.enable": "true" });
  await spool.has("finished", "large.csv");
  await spool.delivers(["1", "3"]);
  await ground.logged(/RecordTooLargeException: .*Read from source partition .*large\.csv/);
  await ground.othersGoOn();
});

brokerTest("record above the limit is not skipped silently even where errors are not logged", async () => {
  const spool = await Spool.open(ground, "quiet");
  await spool.drop("large.csv", `id,text\n1,a\n2,${"x".repeat(LARGE_BYTES)}\n3,c\n`);
  await spool.connect({ "errors.tolerance": "all" });
  await spool.has("finished", "large.csv");
  await ground.logged(/WARN +\[quiet\|task-0\] A record was skipped, as errors\.tolerance=all says/);
});

brokerTest("SIGTERM after all refusals of Kafka ends the worker with 0", async () => {
  await ground.othersGoOn();
  await ground.stopsCleanly();
});

Deno.test({
  name: "Kafka that is away at the start is said in the log, REST answers, and everything is delivered once it comes",
  ...shared,
}, async () => {
  await using away = await Ground.lay({ kafkaIsAway: true });
  const spool = await Spool.open(away, "patient");
  await spool.drop("rows.csv", `id,text\n${rows(1, 500)}`);
  await spool.connect();
  await away.logged(new RegExp(`WARN .*Cannot reach Kafka at "${away.bootstrap}": .*Connection refused`));
  await away.logged(/WARN +\[patient\|task-0\] .*Records wait and are sent when Kafka is back/);
  assert.equal((await away.program.ask("GET", "/connectors/patient/status")).status, 200);
  assert.notEqual((await away.program.status("patient"))?.tasks[0]?.state, "FAILED");
  away.kafka.resume();
  await spool.delivers(idsFrom(1, 500));
  await spool.has("finished", "rows.csv");
  await away.logged(/INFO +\[patient\|task-0\] Kafka can be reached again/);
  await away.stopsCleanly();
});

Deno.test(
  { name: "Kafka that goes away in the middle of a file is said in the log, and every row arrives once it is back", ...shared },
  async () => {
    await using torn = await Ground.lay();
    const spool = await Spool.open(torn, "torn");
    await spool.drop("rows.csv", `id,text\n${rows(1, SLOW_FILE_ROWS)}`);
    await spool.connect(SLOWLY);
    await spool.isBeingRead();
    await torn.kafka.pause();
    await torn.logged(/WARN +\[torn\|task-0\] .*Records wait and are sent when Kafka is back/);
    assert.equal((await torn.program.ask("GET", "/")).status, 200);
    assert.equal((await torn.program.status("torn"))?.tasks[0]?.state, "RUNNING");
    assert.deepEqual(spool.files("finished"), [], "nothing counts as done that Kafka does not have");
    torn.kafka.resume();
    await spool.has("finished", "rows.csv");
    await torn.logged(/INFO +\[torn\|task-0\] Kafka can be reached again/);
    assert.deepEqual(inOrder(await spool.ids()), idsFrom(1, SLOW_FILE_ROWS));
    await torn.othersGoOn();
    await torn.stopsCleanly();
  },
);

Deno.test(
  { name: "Kafka that is away at the stop does not hold it up, and the next start delivers what was left", ...shared },
  async () => {
    await using first = await Ground.lay({ settings: { "task.shutdown.graceful.timeout.ms": "1000" } });
    const spool = await Spool.open(first, "left");
    await spool.drop("rows.csv", `id,text\n${rows(1, SLOW_FILE_ROWS)}`);
    await spool.connect(SLOWLY);
    await spool.isBeingRead();
    await first.kafka.pause();
    await first.stopsCleanly();
    first.kafka.resume();
    const { folder, bootstrap } = first;
    await using next = await Program.start({ data: `${folder}/data`, log: `${folder}/next.log`, bootstrap });
    await next.untilState("left", "RUNNING");
    await spool.has("finished", "rows.csv");
    const ids = await until("every row arrives", async () => {
      const found = inOrder(await spool.ids());
      return found.length >= SLOW_FILE_ROWS ? found : undefined;
    });
    assert.deepEqual(ids, idsFrom(1, SLOW_FILE_ROWS));
    assert.equal(await next.stop(), 0);
  },
);

/** Ids as they came first: a stop may repeat records, and so may the embedded broker. */
function inOrder(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
