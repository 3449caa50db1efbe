import { logger, withoutSecrets } from "../base/log.ts";
import type { ShownState } from "./api.ts";
import type { StatusStore } from "./ports.ts";
import { isAllowedMove } from "./state.ts";

const log = logger("worker.status");

/** What is shown of a connector or a task. */
export interface Shown {
  readonly state: ShownState;
  /** Java stack trace; only with FAILED, and with the RESTARTING or UNASSIGNED that follows it. */
  readonly trace?: string;
}

/** Entries of one connector: null is the connector itself. */
type Entries = Map<number | null, Shown>;

/**
 * The states shown, in memory, each written through to the store. What is shown is true at once; the store only serves to show
 * something after a restart, so a write that fails is kept and tried again with the next flush.
 */
export class StatusBoard {
  readonly #store: StatusStore;
  readonly #onRefused: () => void;
  readonly #shown = new Map<string, Entries>();
  /** Changes the store refused. */
  #unwritten = new Map<string, { readonly connector: string; readonly task: number | null }>();

  /** `onRefused`: the store refused a write; `flush` is to be called later. */
  constructor(store: StatusStore, onRefused: () => void) {
    this.#store = store;
    this.#onRefused = onRefused;
  }

  /**
   * Takes over what was shown before the worker started. Nothing runs yet, so what claims to is UNASSIGNED. Entries of
   * connectors that are gone are dropped.
   */
  load(connectors: ReadonlySet<string>): void {
    for (const { connector, task, state, trace } of this.#store.all()) {
      if (!connectors.has(connector) || !isShownState(state)) this.#store.remove(connector, task);
      else this.#entries(connector).set(task, { state: atRest(state), ...(trace === null ? {} : { trace }) });
    }
  }

  connector(name: string): Shown | undefined {
    return this.#shown.get(name)?.get(null);
  }

  task(name: string, task: number): Shown | undefined {
    return this.#shown.get(name)?.get(task);
  }

  /** Tasks with a status, by id. */
  tasks(name: string): readonly (readonly [number, Shown])[] {
    const entries = [...this.#shown.get(name) ?? []].filter((entry): entry is [number, Shown] => entry[0] !== null);
    return entries.sort(([a], [b]) => a - b);
  }

  /** Moves along the table of `state.ts`; throws for a move it does not hold, as that is a fault of ours. */
  show(connector: string, task: number | null, state: ShownState, trace?: string): void {
    const entries = this.#entries(connector);
    const before = entries.get(task);
    if (before?.state === state && before.trace === trace) return;
    if (!isAllowedMove(task === null ? "connector" : "task", before?.state, state)) {
      throw new Error(`Cannot show ${task === null ? "connector" : `task ${task} of`} "${connector}" as ${state} after ${before?.state}`);
    }
    const clean = trace === undefined ? undefined : withoutSecrets(trace); // Invariant 5
    entries.set(task, { state, ...(clean === undefined ? {} : { trace: clean }) });
    this.#write(connector, task);
  }

  /** Shows nothing of that connector (task null) or task any more. */
  drop(connector: string, task: number | null): void {
    if (this.#shown.get(connector)?.delete(task) === true) this.#write(connector, task);
  }

  /** After the store has forgotten the connector itself. */
  forget(connector: string): void {
    this.#shown.delete(connector);
    for (const [key, entry] of this.#unwritten) if (entry.connector === connector) this.#unwritten.delete(key);
  }

  /** Tries again what the store refused. */
  flush(): void {
    const again = [...this.#unwritten.values()];
    this.#unwritten = new Map();
    for (const { connector, task } of again) this.#write(connector, task);
  }

  #write(connector: string, task: number | null): void {
    const shown = this.#shown.get(connector)?.get(task);
    try {
      if (shown === undefined) this.#store.remove(connector, task);
      else this.#store.put(connector, task, shown.state, shown.trace ?? null);
    } catch (error) {
      if (this.#unwritten.size === 0) log.error("Cannot store a status; tried again until it can be", { connector, error: `${error}` });
      this.#unwritten.set(JSON.stringify([connector, task]), { connector, task });
      this.#onRefused();
    }
  }

  #entries(connector: string): Entries {
    const known = this.#shown.get(connector);
    if (known !== undefined) return known;
    const fresh: Entries = new Map();
    this.#shown.set(connector, fresh);
    return fresh;
  }
}

function atRest(state: ShownState): ShownState {
  return state === "RUNNING" || state === "RESTARTING" ? "UNASSIGNED" : state;
}

function isShownState(text: string): text is ShownState {
  return ["UNASSIGNED", "RUNNING", "PAUSED", "FAILED", "RESTARTING", "STOPPED"].includes(text);
}
