import assert from "node:assert/strict";
import { readRun, report, sum } from "../results.ts";

const JUNIT = `<testsuites><testsuite name="./a_test.ts">
        <testcase name="ok one" classname="./a_test.ts" time="0.001" line="1" col="6">
        </testcase>
        <testcase name="skip &lt;me&gt; (skipped: no &quot;x&quot;)" classname="./a_test.ts" time="0.000" line="2" col="6">
            <skipped/>
        </testcase>
</testsuite></testsuites>`;

Deno.test("readRun() takes the counts of the last line and the names of what was ignored", () => {
  const output = "a ... ok\nok | 3 passed | 0 failed (1ms)\n\nFAILED | 12 passed (3 steps) | 2 failed | 1 ignored (66ms)\n";
  assert.deepEqual(readRun(output, JUNIT, false), {
    passed: 12,
    failed: 2,
    skipped: [{ file: "a_test.ts", name: 'skip <me> (skipped: no "x")' }],
  });
});

Deno.test("readRun() counts a run that ended early, or failed without a failed test, as one failure", () => {
  assert.equal(readRun('error: Module not found "x"\n', "", false).failed, 1);
  assert.equal(readRun("ok | 1 passed | 0 failed (1ms)\n", "", false).failed, 1);
  assert.equal(readRun("ok | 1 passed | 0 failed (1ms)\n", "", true).failed, 0);
});

Deno.test("report() ends in the sum of all runs", () => {
  const run = readRun("ok | 4 passed | 0 failed | 1 ignored (1ms)\n", JUNIT, true);
  assert.equal(report(sum([run, run])).split("\n").slice(-2)[0], "8 passed, 0 failed, 2 skipped");
  assert.match(report(run), /^skipped: a_test\.ts: skip <me> \(skipped: no "x"\)\n4 passed/);
});
