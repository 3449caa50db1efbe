/** The one binary, built and run. Where denort cannot be had these tests are skipped by name. */
import assert from "node:assert/strict";
import { TOP } from "../checks/repository.ts";

const BINARY = `${Deno.makeTempDirSync({ prefix: "sluice-binary-" })}/sluice`;
/** What stands in the way of a binary; undefined when it was built. */
const obstacle = await compile();

/** Only what Deno says of denort is a reason to skip: any other fault of compiling fails the tests. */
async function compile(): Promise<string | undefined> {
  const { success, stdout } = await run(Deno.execPath(), "run", "-A", "--no-check", "main.ts", "compile", "--output", BINARY);
  return !success && stdout.includes("needs denort") ? "denort cannot be fetched here, and DENORT_BIN names none" : undefined;
}

async function run(command: string, ...args: string[]) {
  const result = await new Deno.Command(command, { args, cwd: TOP, env: { NO_COLOR: "1" }, stdout: "piped", stderr: "piped" }).output();
  const decoder = new TextDecoder();
  return { success: result.success, code: result.code, stdout: decoder.decode(result.stdout), stderr: decoder.decode(result.stderr) };
}

function binaryTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: obstacle === undefined ? name : `${name} (skipped: ${obstacle})`, ignore: obstacle !== undefined, fn });
}

binaryTest("the binary says its version and help, and refuses what it does not know", async () => {
  assert.match((await run(BINARY, "--version")).stdout, /^sluice \d+\.\d+\.\d+\n$/);
  assert.match((await run(BINARY, "--help")).stdout, /--embedded-kafka/);
  assert.equal((await run(BINARY, "--nope")).code, 2);
});

binaryTest("the binary runs the whole demo with the librdkafka it carries", async () => {
  const { code, stdout, stderr } = await run(BINARY, "demo", "--once");
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /All 5000 rows arrived/);
});

Deno.test("compile says in one sentence what it lacks when it cannot build", { ignore: obstacle === undefined }, async () => {
  const { code, stdout } = await run(Deno.execPath(), "run", "-A", "--no-check", "main.ts", "compile", "--output", BINARY);
  assert.equal(code, 3);
  assert.match(
    stdout,
    /^Cannot compile: deno needs denort and cannot fetch it from here; name one with DENORT_BIN=PATH \(deno says: .+\)$/m,
  );
  assert.ok(!stdout.includes("Stack backtrace"));
});
