/**
 * Test files that ended with a consumer still being freed took the whole test run with them, now and then: Deno unloads a library with the isolate that
 * opened it, and librdkafka's threads found their code gone.
 */
import assert from "node:assert/strict";
import { TOP } from "../checks/repository.ts";

Deno.test("librdkafka stays loaded when an isolate that used it ends with a client open", async () => {
  const args = ["run", "-A", "--no-check", `${TOP}/test/fakes/ending_isolates.ts`];
  const { code, signal } = await new Deno.Command(Deno.execPath(), { args, cwd: TOP }).output();
  assert.deepEqual({ code, signal }, { code: 0, signal: null });
});
