/** A data folder that cannot be written, from the start or all at once: what could not be stored is said, and not done by half. */
import assert from "node:assert/strict";
import { Program } from "../program.ts";
import { until } from "../until.ts";
import { Ground } from "./ground.ts";
import { ordinaryUser, smallDisk, type Surroundings } from "./namespaces.ts";
import { rows, Spool } from "./spool.ts";

/** librdkafka's threads answer when they like. */
const shared = { sanitizeOps: false, sanitizeResources: false } as const;
const NO_KAFKA = "127.0.0.1:1";
const SMALL_BYTES = 1024 * 1024;
const { missing: noDisk, because: becauseNoDisk } = await smallDisk("/tmp", SMALL_BYTES);

Deno.test({
  name: `start over a folder that may not be written ends with 3 and says so${ordinaryUser.because}`,
  ignore: ordinaryUser.missing,
  ...shared,
}, async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data`);
    await Deno.chmod(`${folder}/data`, 0o500);
    const { exit, log } = await run(folder, ordinaryUser);
    assert.equal(exit, 3, log);
    assert.match(
      log,
      /Cannot open the store "\S+", as the file or its folder cannot be written: give this user write permission, or choose another folder/,
    );
    assert.deepEqual([...Deno.readDirSync(`${folder}/data`)], [], "nothing half-made stays");
  });
});

Deno.test({
  name: `start over a store that may not be written any more ends with 3 and leaves it as it is${ordinaryUser.because}`,
  ignore: ordinaryUser.missing,
  ...shared,
}, async () => {
  await inFolder(async (folder) => {
    await using first = await Program.start({ bootstrap: NO_KAFKA, data: `${folder}/data`, log: `${folder}/first.log` });
    assert.equal(await first.stop(), 0);
    const before = await Deno.readFile(`${folder}/data/sluice.db`);
    await Deno.chmod(`${folder}/data/sluice.db`, 0o400);
    await Deno.chmod(`${folder}/data`, 0o500);
    const { exit, log } = await run(folder, ordinaryUser);
    assert.equal(exit, 3, log);
    assert.match(log, /Cannot open the store "\S+", as the file or its folder cannot be written/);
    assert.deepEqual(await Deno.readFile(`${folder}/data/sluice.db`), before);
  });
});

Deno.test({ name: `start on a full disk ends with 3 and says so${becauseNoDisk}`, ignore: noDisk, ...shared }, async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data`);
    const { wrapper } = await smallDisk(`${folder}/data`, 65_536);
    const filled = [...wrapper, "sh", "-c", 'head -c 100000 /dev/zero > "$0/filler" 2>/dev/null; exec "$@"', `${folder}/data`];
    const { exit, log } = await run(folder, { wrapper: filled });
    assert.equal(exit, 3, log);
    assert.match(log, /Cannot open the store "\S+", as the disk is full: make room/);
  });
});

Deno.test({
  name: `disk that fills up refuses changes, holds up no records, and is used again once there is room${becauseNoDisk}`,
  ignore: noDisk,
  ...shared,
}, async () => {
  await inFolder(async (outside) => {
    const data = `${outside}/data`;
    await Deno.mkdir(data);
    const { wrapper } = await smallDisk(data, SMALL_BYTES);
    await using ground = await Ground.lay({ data, wrapper });
    const inside = `/proc/${ground.program.pid}/root${data}`;
    await ground.othersGoOn();
    await fill(`${inside}/filler`);

    const refused = await Spool.open(ground, "refused");
    const answer = await ground.program.ask(
      "PUT",
      "/connectors/refused/config",
      JSON.stringify(refused.config({ "value.converter.comment": "x".repeat(100_000) })),
      { "content-type": "application/json" },
    );
    const text = new TextDecoder().decode(answer.body);
    assert.equal(answer.status, 500);
    assert.match(
      text,
      /Cannot .* in the store .*, as the disk is full: make room; nothing was half-written, and the write can be repeated/,
    );
    assert.deepEqual(await ground.program.json("GET", "/connectors"), ["healthy"], "Invariant 4: what is not durable is not there");

    // Records go on, their offsets wait.
    for (let i = 0; i < 3; i++) await ground.othersGoOn();
    await ground.logged(/ERROR Cannot store source offsets; they are kept and tried again each second.*disk is full/);
    const health = await ground.program.ask("GET", "/health");
    assert.notEqual(health.status, 200);
    assert.match(new TextDecoder().decode(health.body), /disk is full/);

    // What a crash at this moment would leave.
    await copyStore(inside, `${outside}/crashed`);
    await Deno.remove(`${inside}/filler`);
    await ground.logged(/INFO +The store takes source offsets again/);
    await until("it is healthy again", async () => (await ground.program.ask("GET", "/health")).status === 200 ? true : undefined);
    await refused.connect();
    await refused.drop("rows.csv", `id,text\n${rows(1, 3)}`);
    await refused.delivers(["1", "2", "3"]);
    await ground.stopsCleanly();

    await using again = await Program.start({ bootstrap: NO_KAFKA, data: `${outside}/crashed`, log: `${outside}/again.log` });
    assert.deepEqual(await again.json("GET", "/connectors"), ["healthy"]);
    assert.equal(await again.stop(), 0);
  });
});

/** Starts the program in those surroundings and waits for its end. */
async function run(folder: string, { wrapper }: Pick<Surroundings, "wrapper">): Promise<{ readonly exit: number; readonly log: string }> {
  await using program = await Program.launch({ bootstrap: NO_KAFKA, data: `${folder}/data`, log: `${folder}/start.log`, wrapper });
  const overdue = setTimeout(() => program.kill(), 20_000);
  const exit = await program.exit;
  clearTimeout(overdue);
  return { exit, log: await program.log() };
}

/** Writes until the disk takes no more. */
async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  for (let chunk = new Uint8Array(4096); chunk.length > 0;) {
    try {
      await file.write(chunk);
    } catch {
      chunk = chunk.subarray(0, Math.floor(chunk.length / 2));
    }
  }
}

async function copyStore(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for (const entry of Deno.readDirSync(from)) {
    if (entry.name.startsWith("sluice.db")) await Deno.copyFile(`${from}/${entry.name}`, `${to}/${entry.name}`);
  }
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-store-" });
  await Deno.chmod(folder, 0o755);
  try {
    await work(folder);
  } finally {
    await Deno.chmod(`${folder}/data`, 0o700);
    await Deno.remove(folder, { recursive: true });
  }
}
