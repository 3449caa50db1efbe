import assert from "node:assert/strict";
import type { ShownState } from "../../../src/worker/api.ts";
import { isAllowedMove } from "../../../src/worker/state.ts";

const STATES: readonly ShownState[] = ["UNASSIGNED", "RUNNING", "PAUSED", "FAILED", "RESTARTING", "STOPPED"];

function from(of: "connector" | "task", state: ShownState | undefined): string {
  return STATES.filter((to) => to !== state && isAllowedMove(of, state, to)).join(" ");
}

Deno.test("isAllowedMove() lets a connector that has FAILED leave by a stop or a new start alone", () => {
  assert.equal(from("connector", "FAILED"), "UNASSIGNED RESTARTING STOPPED");
});

Deno.test("isAllowedMove() lets a task that has FAILED leave by a new start alone", () => {
  assert.equal(from("task", "FAILED"), "UNASSIGNED RESTARTING");
});

Deno.test("isAllowedMove() never lets a task be STOPPED, and never begins with a restart", () => {
  for (const state of [undefined, ...STATES]) assert.equal(isAllowedMove("task", state, "STOPPED"), false);
  assert.equal(isAllowedMove("connector", undefined, "RESTARTING"), false);
  assert.equal(isAllowedMove("task", undefined, "RESTARTING"), false);
});

Deno.test("isAllowedMove() takes staying for no move", () => {
  for (const state of STATES) assert.equal(isAllowedMove("connector", state, state), true);
});
