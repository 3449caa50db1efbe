/** A second process for the tests of the store: opens the folder it is given and does what the second argument says; a third is the user to become. */
import process from "node:process";
import { Database, SqliteConfigs, SqliteOffsets } from "../../../src/store/mod.ts";

const [folder = "", act = "", uid] = Deno.args;
const encoder = new TextEncoder();

function say(line: string): void {
  Deno.stdout.writeSync(encoder.encode(line + "\n"));
}

/** Writes the same number into two tables in turn, and says it once both calls have returned. */
function count(database: Database): void {
  const offsets = new SqliteOffsets(database);
  const configs = new SqliteConfigs(database);
  const start = Number(JSON.parse(offsets.read("a", "{}") ?? '{"n":0}').n);
  for (let n = start + 1;; n++) {
    const both = [["{}", `{"n":${n}}`], ['{"twin":1}', `{"n":${n}}`]] as const;
    offsets.write(new Map([["a", both]]), n % 10 === 0);
    if (n % 7 === 0) configs.put({ name: "a", config: { n: String(n), padding: "x".repeat(n % 5000) }, target: "STARTED" });
    say(String(n));
  }
}

try {
  if (uid !== undefined) process.setuid?.(Number(uid));
  const database = Database.open(folder, { pid: Deno.pid, host: "test", since: "2026-01-01T00:00:00Z" });
  say("open");
  if (act === "count") count(database);
  if (act === "hold") Deno.stdin.readSync(new Uint8Array(1));
  database.close();
} catch (error) {
  say(error instanceof Error && "fault" in error ? `${error.fault}: ${error.message}` : `unexpected: ${error}`);
}
