import type { StringMap } from "../config/field.ts";
import { type TaskContext, TaskLife, type Wanted } from "./task_life.ts";

/** The tasks of one connector, those that are still on their way out included: brings them to a list of configs. */
export class TaskCrew {
  readonly #connector: string;
  readonly #context: TaskContext;
  readonly #lives = new Map<number, TaskLife>();

  constructor(connector: string, context: TaskContext) {
    this.#connector = connector;
    this.#context = context;
  }

  find(task: number): TaskLife | undefined {
    return this.#lives.get(task);
  }

  all(): readonly TaskLife[] {
    return [...this.#lives.values()];
  }

  setPaused(isPaused: boolean): void {
    for (const life of this.#lives.values()) life.setPaused(isPaused);
  }

  /** Resolves when none of the tasks that have no config any more runs. */
  async gone(configs: readonly StringMap[]): Promise<void> {
    const leaving = [...this.#lives].filter(([task]) => configs[task] === undefined);
    await Promise.all(leaving.map(([, life]) => life.gone()));
  }

  /** No task without a config stays. */
  trim(configs: readonly StringMap[]): void {
    for (const [task, life] of this.#lives) {
      if (configs[task] !== undefined) continue;
      life.drop();
      if (life.isGone) this.#lives.delete(task);
    }
    const { board } = this.#context;
    // A crash between a change and the end of its tasks leaves statuses of tasks behind that are none any more.
    for (const [task] of board.tasks(this.#connector)) if (configs[task] === undefined) board.drop(this.#connector, task);
  }

  /** Every config has its task; those that are wanted already go on as they are. */
  fill(configs: readonly StringMap[], wanted: (task: number) => Wanted): void {
    configs.forEach((_, task) => {
      const known = this.#lives.get(task);
      if (known !== undefined && known.isWanted) return;
      const life = known ?? new TaskLife(this.#connector, task, this.#context);
      this.#lives.set(task, life);
      life.want(wanted(task));
    });
  }

  /** Ends the tasks whose config is another now, or none. Resolves when they are gone; undefined when there are none to wait for. */
  displace(configs: readonly StringMap[], isChanged: (task: number) => boolean): Promise<unknown> | undefined {
    const leaving = [...this.#lives].filter(([task]) => configs[task] === undefined || isChanged(task));
    for (const [task, life] of leaving) {
      if (configs[task] === undefined) life.drop();
      else life.displace();
    }
    return leaving.length === 0 ? undefined : Promise.all(leaving.map(([, life]) => life.gone()));
  }
}
