import type { ShownState } from "./api.ts";

/** Where a status may go from each state; "NONE" = nothing shown yet. */
type Moves = Readonly<Record<ShownState | "NONE", readonly ShownState[]>>;

/**
 * Connectors. A failed one leaves FAILED only by a stop or a new start, never by pause or resume (Kafka Connect 4,
 * WorkerConnector: "Cannot transition connector to … since it has failed").
 */
const CONNECTOR_MOVES: Moves = {
  NONE: ["UNASSIGNED", "RUNNING", "PAUSED", "STOPPED", "FAILED"],
  UNASSIGNED: ["RUNNING", "PAUSED", "STOPPED", "FAILED", "RESTARTING"],
  RUNNING: ["UNASSIGNED", "PAUSED", "STOPPED", "FAILED", "RESTARTING"],
  PAUSED: ["UNASSIGNED", "RUNNING", "STOPPED", "FAILED", "RESTARTING"],
  STOPPED: ["UNASSIGNED", "RUNNING", "PAUSED", "FAILED", "RESTARTING"],
  FAILED: ["UNASSIGNED", "STOPPED", "RESTARTING"],
  RESTARTING: ["UNASSIGNED", "RUNNING", "PAUSED", "STOPPED", "FAILED"],
};

/** Tasks are never STOPPED: those of a stopped connector do not exist. */
const TASK_MOVES: Moves = {
  NONE: ["UNASSIGNED", "RUNNING", "PAUSED", "FAILED"],
  UNASSIGNED: ["RUNNING", "PAUSED", "FAILED", "RESTARTING"],
  RUNNING: ["UNASSIGNED", "PAUSED", "FAILED", "RESTARTING"],
  PAUSED: ["UNASSIGNED", "RUNNING", "FAILED", "RESTARTING"],
  STOPPED: [],
  FAILED: ["UNASSIGNED", "RESTARTING"],
  RESTARTING: ["UNASSIGNED", "RUNNING", "PAUSED", "FAILED"],
};

/** Whether a connector or a task may show `to` after `from` (undefined: nothing so far). Staying is no move and always allowed. */
export function isAllowedMove(of: "connector" | "task", from: ShownState | undefined, to: ShownState): boolean {
  const moves = of === "connector" ? CONNECTOR_MOVES : TASK_MOVES;
  return from === to ? to !== "STOPPED" || of === "connector" : moves[from ?? "NONE"].includes(to);
}
