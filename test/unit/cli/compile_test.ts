import assert from "node:assert/strict";
import { UsageError } from "../../../src/cli/arguments.ts";
import { compileOptions, refusal } from "../../../src/cli/compile.ts";

Deno.test("compileOptions() defaults to this machine and dist/sluice", () => {
  assert.deepEqual(compileOptions([]), { target: Deno.build.target, output: `${Deno.cwd()}/dist/sluice` });
  assert.deepEqual(compileOptions(["--output", "/o", "--target", "aarch64-apple-darwin"]), {
    target: "aarch64-apple-darwin",
    output: "/o",
  });
});

Deno.test("compileOptions() refuses unknown targets and options", () => {
  for (const args of [["--target", "pdp11"], ["--target"], ["--speed", "9"]]) assert.throws(() => compileOptions(args), UsageError);
});

Deno.test("refusal() says in one sentence that denort is missing", () => {
  assert.match(refusal("error: Could not download denort from: …\n  error sending request"), /name one with DENORT_BIN=PATH/);
  assert.match(refusal("error: Module not found"), /^Cannot compile: error: Module not found$/);
});
