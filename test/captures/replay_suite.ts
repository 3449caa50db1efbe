/** Makes a test of every captured case of an area, all replayed against one worker and one broker. */
import assert from "node:assert/strict";
import { sharedBroker } from "../broker.ts";
import { exists, TOP } from "../checks/repository.ts";
import { Program } from "../program.ts";
import { Topics } from "../topics.ts";
import { pause } from "../until.ts";
import type { Difference } from "./compare.ts";
import { DELIBERATE, LATER } from "./deliberate.ts";
import { type CaseTopics, replay } from "./golden_replay.ts";
import { fromCaseBytes, type ReplayCase } from "./golden_steps.ts";

const GOLDEN = `${TOP}/test/captures/golden`;
const PATIENCE_MS = 15_000;
/** How long no further record must come before a topic counts as complete. */
const SETTLE_MS = 300;

/** The worker of a suite, with the worker keys the captures were made with. */
interface Ground {
  readonly folder: string;
  readonly program: Program;
  readonly topics: Topics;
}

/** Registers the tests of `golden/AREA`. */
export function replaySuite(area: string): void {
  const broker = sharedBroker();
  let ground: Ground | undefined;
  Deno.test.beforeAll(async () => {
    if (!broker.missing) ground = await lay(broker.bootstrap);
  });
  Deno.test.afterAll(async () => {
    await ground?.program.stop();
    await ground?.topics.close();
    if (ground !== undefined) await Deno.remove(ground.folder, { recursive: true });
  });
  for (const golden of casesOf(area)) {
    const later = LATER[golden.case];
    const because = later === undefined ? broker.because : ` (skipped: ${later})`;
    Deno.test({
      name: `${golden.case} goes as with Kafka Connect${because}`,
      ignore: broker.missing || later !== undefined,
      sanitizeOps: false, // the topics' clients live as long as the suite
      sanitizeResources: false,
      fn: () => judge(golden, ground as Ground),
    });
  }
}

async function lay(bootstrap: string): Promise<Ground> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-captures-" });
  const settings = { "offset.flush.interval.ms": "1000" };
  return { folder, program: await Program.start({ bootstrap, data: `${folder}/data`, settings }), topics: new Topics(bootstrap) };
}

async function judge(golden: ReplayCase, { program, topics, folder }: Ground): Promise<void> {
  await refuseUsedTopics(golden, topics);
  const waived = DELIBERATE.filter((each) => each.case === golden.case);
  const expected = new Set(waived.map((each) => each.where));
  const found = await replay(golden, { worker: program, topics: caseTopics(topics), folder, patienceMs: PATIENCE_MS, expected });
  const hard = found.filter((each) => each.hard);
  assert.deepEqual(
    hard.filter((each) => !expected.has(each.where)).map(shown),
    [],
    "differences from Kafka Connect",
  );
  const stale = waived.filter((waiver) => !hard.some((each) => each.where === waiver.where));
  assert.deepEqual(stale.map((waiver) => waiver.where), [], "waivers of differences that are gone");
}

function shown({ where, expected, actual }: Difference): string {
  return `${where}\n   expected ${JSON.stringify(expected)}\n   actual   ${JSON.stringify(actual)}`;
}

function casesOf(area: string): ReplayCase[] {
  if (!exists(`${GOLDEN}/${area}`)) return [];
  const files = [...Deno.readDirSync(`${GOLDEN}/${area}`)].map((entry) => entry.name).filter((name) => name.endsWith(".json")).sort();
  return files.map((name) => JSON.parse(Deno.readTextFileSync(`${GOLDEN}/${area}/${name}`)));
}

/** A case compares all records of its topics, so leftovers of another run would look like faults of this one. */
async function refuseUsedTopics(golden: ReplayCase, topics: Topics): Promise<void> {
  for (const step of golden.steps) {
    if (step.do !== "records" || await topics.count(step.topic) === 0) continue;
    throw new Error(
      `Topic "${step.topic}" holds records of an earlier run: the captures need a fresh broker, as deno task test starts one`,
    );
  }
}

function caseTopics(topics: Topics): CaseTopics {
  return {
    async read(topic, atLeast) {
      const deadline = Date.now() + PATIENCE_MS;
      while (await topics.count(topic) < atLeast && Date.now() < deadline) await pause(50);
      await pause(SETTLE_MS);
      const records = await topics.all(topic);
      return records.map((record) => ({
        ...record,
        timestampType: "create",
        headers: record.headers.map(({ name, value }) => [name, value]),
      }));
    },
    create: (topic, partitions) => topics.create(topic, partitions),
    produce: (topic, records) =>
      topics.produce(
        topic,
        records.map((record) => ({
          key: fromCaseBytes(record.key),
          value: fromCaseBytes(record.value),
          partition: record.partition,
          headers: (record.headers ?? []).map(([name, value]) => [name, fromCaseBytes(value)] as const),
          timestamp: record.timestamp,
        })),
      ),
  };
}
