import assert from "node:assert/strict";
import type { RowFailure, Stage } from "../../../src/data/batch.ts";
import { ErrorPolicy } from "../../../src/host/error_policy.ts";
import type { ErrorSettings } from "../../../src/host/task_settings.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { FakeLog } from "../../fakes/fake_log.ts";
import { textBatch } from "../../fakes/scripted_source.ts";

function policyOf(settings: Partial<ErrorSettings> = {}) {
  const log = new FakeLog();
  const clock = new FakeClock(5000);
  const all: ErrorSettings = {
    tolerance: "none",
    retryTimeoutMs: 0,
    retryMaxDelayMs: 60_000,
    logErrors: true,
    logRecords: false,
    ...settings,
  };
  return { policy: new ErrorPolicy({ settings: all, taskId: "c-0", log, clock }), log, clock };
}

function failure(row: number, stage: Stage, message: string): RowFailure {
  return { row, stage, component: "x.Y", error: new Error(message) };
}

function batchWith(...failures: RowFailure[]) {
  const batch = textBatch(0, ["a", "b", "c"]);
  batch.failures.push(...failures);
  return batch;
}

Deno.test("ErrorPolicy.judge() has nothing to say of a batch without failures", () => {
  const { policy } = policyOf();
  assert.equal(policy.judge(batchWith()), undefined);
  assert.equal(policy.counters.errors, 0);
});

Deno.test("ErrorPolicy.judge() under none ends the task at the earliest bad row, for what failed first there, and reports only that", () => {
  const { policy, log } = policyOf();
  const verdict = policy.judge(batchWith(
    failure(2, "KEY_CONVERTER", "key of 2"),
    failure(1, "KEY_CONVERTER", "key of 1"),
    failure(1, "VALUE_CONVERTER", "value of 1"),
    failure(2, "VALUE_CONVERTER", "value of 2"),
  ));
  assert.equal(verdict?.row, 1);
  assert.equal(verdict?.error.message, "Tolerance exceeded in error handler");
  assert.equal((verdict?.error.cause as Error).message, "key of 1");
  assert.equal(log.lines.length, 1);
  assert.match(log.lines[0]?.message ?? "", /stage 'KEY_CONVERTER' with class 'x\.Y'\.\nError: key of 1\n/);
  assert.deepEqual(policy.counters, { failures: 1, errors: 1, skipped: 0, retries: 0, logged: 1, lastErrorAt: 5000 });
});

Deno.test("ErrorPolicy.judge() under all reports each bad row once", () => {
  const { policy, log } = policyOf({ tolerance: "all" });
  const batch = batchWith(failure(0, "KEY_CONVERTER", "k"), failure(0, "VALUE_CONVERTER", "v"), failure(2, "VALUE_CONVERTER", "w"));
  assert.equal(policy.judge(batch), undefined);
  assert.deepEqual(log.lines.map((line) => /Error: (\w)/.exec(line.message)?.[1]), ["k", "w"]);
  assert.deepEqual(policy.counters, { failures: 2, errors: 2, skipped: 2, retries: 0, logged: 2, lastErrorAt: 5000 });
});

Deno.test("ErrorPolicy.judge() reports a row whose record cannot even be shown", () => {
  const { policy, log } = policyOf({ tolerance: "all", logRecords: true });
  const batch = {
    ...batchWith(failure(0, "KEY_CONVERTER", "k")),
    position: {
      partition: {},
      offset: () => {
        throw new Error("no offset");
      },
    },
  };
  policy.judge(batch);
  assert.match(log.lines[0]?.message ?? "", /, where source record is = \(cannot be shown: Error: no offset\)\.\n/);
});

Deno.test("ErrorPolicy.retryDelayMs() doubles from 300 ms up to the longest pause, within the time allowed", () => {
  const { policy, clock } = policyOf({ retryTimeoutMs: 2000 });
  const started = clock.now();
  assert.deepEqual([1, 2, 3].map((attempt) => policy.retryDelayMs(attempt, started)), [300, 600, 1200]);
  assert.equal(policy.retryDelayMs(4, started), 2000, "no pause goes past the end");
  assert.equal(policy.retryDelayMs(1, started - 2000), undefined);
  assert.equal(policy.counters.retries, 4);
  const capped = policyOf({ retryTimeoutMs: -1, retryMaxDelayMs: 500 }).policy.retryDelayMs(9, 0) ?? -1;
  assert.ok(capped >= 0 && capped < 500);
});

Deno.test("ErrorPolicy says once that records are skipped when errors are not logged", () => {
  const { policy, log } = policyOf({ tolerance: "all", logErrors: false });
  policy.judge(batchWith(failure(0, "KEY_CONVERTER", "k"), failure(2, "VALUE_CONVERTER", "w")));
  assert.equal(policy.toleratesUndelivered(new Error("refused")), true);
  assert.equal(policy.counters.skipped, 3);
  assert.equal(log.matching("warn", "A record was skipped, as errors.tolerance=all says").length, 1);
  assert.equal(log.lines.length, 1);
});
