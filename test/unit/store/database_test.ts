import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Database, SqliteConfigs, SqliteOffsets, StoreError, type StoreFault } from "../../../src/store/mod.ts";

const SELF = { pid: Deno.pid, host: "here", since: "2026-01-01T00:00:00Z" };
const HELPER = new URL("./holding_process.ts", import.meta.url).pathname;
const ARGUMENTS = ["run", "-A", "--no-check", "--cached-only", HELPER];

function inFolder(work: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    work(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

async function inFolderAsync(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await work(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function faultOf(work: () => unknown): { readonly fault: StoreFault; readonly message: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown");
}

/** Lines a helper process says, as they come. */
async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

Deno.test("Database.open() makes folder and file for their owner alone", () =>
  inFolder((parent) => {
    const folder = join(parent, "deep", "data");
    using database = Database.open(folder, SELF);
    assert.equal((Deno.statSync(folder).mode ?? 0) & 0o777, 0o700);
    assert.equal((Deno.statSync(database.path).mode ?? 0) & 0o777, 0o600);
    new SqliteConfigs(database).put({ name: "a", config: {}, target: "STARTED" });
    assert.equal((Deno.statSync(`${database.path}-wal`).mode ?? 0) & 0o777, 0o600);
  }));

Deno.test("Database.open() takes an older file from other users' eyes", () =>
  inFolder((folder) => {
    Database.open(folder, SELF).close();
    Deno.chmodSync(join(folder, "sluice.db"), 0o644);
    using database = Database.open(folder, SELF);
    assert.equal((Deno.statSync(database.path).mode ?? 0) & 0o777, 0o600);
  }));

Deno.test("Database.open() refuses a second process and names the first", () =>
  inFolderAsync(async (folder) => {
    const held = Database.open(folder, SELF);
    const second = await new Deno.Command(Deno.execPath(), { args: [...ARGUMENTS, folder], stdout: "piped" }).output();
    assert.equal(
      new TextDecoder().decode(second.stdout).trim(),
      `locked: Cannot open the store "${folder}/sluice.db", as process ${Deno.pid} on here, since 2026-01-01T00:00:00Z holds it: ` +
        "stop that process, or choose another folder with --data",
    );
    held.close();
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), ["sluice.db"]);
  }));

Deno.test("Database.open() refuses a second process when the note about the first is gone", () =>
  inFolderAsync(async (folder) => {
    using _held = Database.open(folder, SELF);
    Deno.writeTextFileSync(join(folder, "sluice.lock"), "{half");
    const second = await new Deno.Command(Deno.execPath(), { args: [...ARGUMENTS, folder], stdout: "piped" }).output();
    assert.match(new TextDecoder().decode(second.stdout), /^locked: .*another process holds it/);
  }));

Deno.test("Database.open() shuts out readers of other programs too", () =>
  inFolderAsync(async (folder) => {
    const child = new Deno.Command(Deno.execPath(), { args: [...ARGUMENTS, folder, "hold"], stdout: "piped", stdin: "piped" }).spawn();
    const lines = linesOf(child.stdout);
    assert.equal((await lines.next()).value, "open");
    const reader = new DatabaseSync(join(folder, "sluice.db"), { timeout: 0 });
    assert.throws(() => reader.prepare("SELECT * FROM connectors").all(), /locked/);
    reader.close();
    await child.stdin.close();
    assert.equal((await child.status).code, 0);
    await lines.return(undefined);
  }));

Deno.test("Database is whole after SIGKILL at any moment, and holds all that was said to be written", () =>
  inFolderAsync(async (folder) => {
    let said = 0;
    for (const stopAfter of [3, 50, 211, 400]) {
      const child = new Deno.Command(Deno.execPath(), { args: [...ARGUMENTS, folder, "count"], stdout: "piped" }).spawn();
      for await (const line of linesOf(child.stdout)) {
        if (line === "open") continue;
        assert.match(line, /^\d+$/);
        said = Number(line);
        if (said % 401 === stopAfter) break;
      }
      child.kill("SIGKILL");
      await child.status;
      using database = Database.open(folder, SELF);
      const offsets = new SqliteOffsets(database);
      assert.deepEqual(database.prepare("PRAGMA integrity_check").all().map((row) => row.integrity_check), ["ok"]);
      const kept = JSON.parse(offsets.read("a", "{}") ?? "{}").n;
      assert.ok(kept >= said, `said ${said}, kept ${kept}`);
      assert.equal(JSON.parse(offsets.read("a", '{"twin":1}') ?? "{}").n, kept, "both rows of a transaction or none");
      const [config] = new SqliteConfigs(database).all();
      assert.ok(said < 7 || Number(config?.config.n) >= said - (said % 7));
    }
  }));

Deno.test("Database.write() on a full disk says so and keeps nothing of the transaction", () =>
  inFolder((folder) => {
    using database = Database.open(folder, SELF);
    const configs = new SqliteConfigs(database);
    const offsets = new SqliteOffsets(database);
    configs.put({ name: "a", config: { k: "v" }, target: "STARTED" });
    configs.setTaskConfigs("a", [{ task: "0" }]);
    // A limit on the pages is how SQLite itself tells that no room is left.
    database.prepare("PRAGMA max_page_count = 1").get();
    const large = "x".repeat(100_000);
    const refused = faultOf(() => configs.setTaskConfigs("a", [{ task: "1" }, { large }]));
    assert.equal(refused.fault, "full");
    assert.match(refused.message, /^Cannot store the tasks of connector "a" in the store ".*sluice\.db", as the disk is full: make room/);
    assert.equal(faultOf(() => offsets.write(new Map([["a", [["p", "{}"], ["q", large]]]]), false)).fault, "full");
    assert.deepEqual(configs.taskConfigs("a"), [{ task: "0" }]);
    assert.deepEqual(offsets.all("a"), []);
    database.prepare("PRAGMA max_page_count = 100000").get();
    offsets.write(new Map([["a", [["q", large]]]]), false);
    assert.equal(offsets.read("a", "q"), large);
  }));

Deno.test("Database.write() beyond a file size limit of the system says so and loses nothing stored before", () =>
  inFolderAsync(async (folder) => {
    const limited = `trap '' XFSZ; ulimit -f 600; exec "$@"`;
    const child = new Deno.Command("/bin/sh", {
      args: ["-c", limited, "sh", Deno.execPath(), ...ARGUMENTS, folder, "count"],
      stdout: "piped",
      stderr: "null",
    });
    const lines = new TextDecoder().decode((await child.output()).stdout).trim().split("\n");
    assert.match(lines.at(-1) ?? "", /^(io|full): Cannot store /);
    using database = Database.open(folder, SELF);
    const kept = JSON.parse(new SqliteOffsets(database).read("a", "{}") ?? "{}").n;
    assert.ok(kept >= Number(lines.at(-2)));
  }));

Deno.test("Database.open() tells a folder it may not write from other faults", {
  ignore: Deno.build.os !== "linux",
}, () =>
  inFolderAsync(async (parent) => {
    const folder = join(parent, "data");
    Database.open(folder, SELF).close();
    const cases = [[0o500, folder], [0o500, join(folder, "new")]] as const;
    for (const [mode, target] of cases) {
      Deno.chmodSync(folder, mode);
      const said = await asOrdinaryUser(parent, target);
      assert.match(said, /^read_only: Cannot open the store ".*", as the file or its folder cannot be written/);
    }
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), ["sluice.db"]);
  }));

/** Root passes every permission check, so the helper becomes somebody who owns the folder but is not root. */
async function asOrdinaryUser(parent: string, folder: string): Promise<string> {
  const uid = Deno.uid() === 0 ? 65534 : Deno.uid() ?? 0;
  if (Deno.uid() === 0) {
    Deno.chmodSync(parent, 0o755);
    for (const path of [join(parent, "data"), join(parent, "data", "sluice.db")]) Deno.chownSync(path, uid, uid);
  }
  const child = new Deno.Command(Deno.execPath(), { args: [...ARGUMENTS, folder, "", String(uid)], stdout: "piped" });
  return new TextDecoder().decode((await child.output()).stdout).trim();
}

Deno.test("Database.open() names what is wrong with a file it cannot use and leaves it as it was", () =>
  inFolder((parent) => {
    const cases: readonly (readonly [StoreFault, RegExp, (path: string) => void])[] = [
      ["corrupt", /not a database/, (path) => Deno.writeTextFileSync(path, "these are not the pages you look for".repeat(500))],
      ["newer", /written by a newer version of Sluice \(format 9, this one knows 1\)/, (path) => edit(path, "PRAGMA user_version = 9")],
      ["foreign", /a database of another program/, (path) => {
        Deno.removeSync(path);
        edit(path, "CREATE TABLE recipes (a)");
      }],
      ["io", /cannot be opened/, (path) => {
        Deno.removeSync(path);
        Deno.mkdirSync(path);
      }],
    ];
    cases.forEach(([fault, words, spoil], index) => {
      const folder = join(parent, String(index));
      Database.open(folder, SELF).close();
      const path = join(folder, "sluice.db");
      spoil(path);
      const before = Deno.statSync(path).isFile ? Deno.readFileSync(path) : undefined;
      const refused = faultOf(() => Database.open(folder, SELF));
      assert.equal(refused.fault, fault);
      assert.match(refused.message, words);
      if (before !== undefined) assert.deepEqual(Deno.readFileSync(path), before);
      assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), ["sluice.db"]);
    });
  }));

function edit(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

Deno.test("Database.open() refuses a path that is no folder", () =>
  inFolder((parent) => {
    const file = join(parent, "file");
    Deno.writeTextFileSync(file, "");
    assert.equal(faultOf(() => Database.open(file, SELF)).fault, "io");
  }));

Deno.test("Database.read() of damaged pages says the file is damaged", () =>
  inFolder((folder) => {
    {
      using database = Database.open(folder, SELF);
      const configs = new SqliteConfigs(database);
      for (let n = 0; n < 50; n++) configs.put({ name: `c${n}`, config: { padding: "x".repeat(2000) }, target: "STARTED" });
    }
    const path = join(folder, "sluice.db");
    const bytes = Deno.readFileSync(path);
    bytes.fill(0xa5, 4096);
    Deno.writeFileSync(path, bytes);
    const refused = faultOf(() => {
      using database = Database.open(folder, SELF);
      return new SqliteConfigs(database).all();
    });
    assert.equal(refused.fault, "corrupt");
  }));
