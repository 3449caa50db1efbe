import type { ConnectorStatus, ShownState } from "./api.ts";

/** What a restart is asked to cover. */
export interface RestartOptions {
  readonly includeTasks: boolean;
  readonly onlyFailed: boolean;
}

/** What a restart will do. */
export interface RestartPlan {
  readonly connector: boolean;
  /** Ids of the tasks to restart. */
  readonly tasks: readonly number[];
  /** The answer: the status as it is, RESTARTING in place of the state of all that will be restarted. Traces stay (Kafka Connect 4, RestartPlan). */
  readonly shown: ConnectorStatus;
}

/** Chooses what to restart from what is shown now. */
export function planRestart(status: ConnectorStatus, options: RestartOptions): RestartPlan {
  const qualifies = (state: ShownState) => !options.onlyFailed || state === "FAILED";
  const connector = qualifies(status.connector.state);
  const tasks = options.includeTasks ? status.tasks.filter((task) => qualifies(task.state)).map((task) => task.id) : [];
  const chosen = new Set(tasks);
  return {
    connector,
    tasks,
    shown: {
      ...status,
      connector: connector ? { ...status.connector, state: "RESTARTING" } : status.connector,
      tasks: status.tasks.map((task) => chosen.has(task.id) ? { ...task, state: "RESTARTING" } : task),
    },
  };
}
