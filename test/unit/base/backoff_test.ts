import assert from "node:assert/strict";
import { backoffMs, isWorthWarning } from "../../../src/base/backoff.ts";

Deno.test("backoffMs() doubles from the first pause on", () => {
  const options = { initialMs: 300, maxMs: 60_000 };
  assert.deepEqual([1, 2, 3, 8].map((attempt) => backoffMs(attempt, options)), [300, 600, 1200, 38_400]);
});

Deno.test("backoffMs() takes a random share of the longest pause once doubling would pass it", () => {
  const options = { initialMs: 300, maxMs: 1000, random: () => 0.25 };
  assert.deepEqual([2, 3, 40, 5000].map((attempt) => backoffMs(attempt, options)), [600, 250, 250, 250]);
});

Deno.test("isWorthWarning() picks attempts ever further apart", () => {
  const attempts = Array.from({ length: 1030 }, (_, index) => index + 1);
  assert.deepEqual(attempts.filter(isWorthWarning), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]);
});
