/** What the worker needs from outside, in its own words. `store/` and the process spawner fit these by shape; `main.ts` joins them. */
import type { StringMap } from "../config/field.ts";
import type { FromHost, OffsetEntry, ToHost } from "../link/messages.ts";

export type TargetState = "STARTED" | "PAUSED" | "STOPPED";

/** A connector as it is kept. */
export interface StoredConnector {
  readonly name: string;
  /** As written, config providers unresolved, in the order it was written. */
  readonly config: StringMap;
  readonly target: TargetState;
}

/** Configs, target states and task configs. Every write is durable (power cut included) once it returns; invariant 4. */
export interface ConfigStore {
  all(): readonly StoredConnector[];
  put(connector: StoredConnector): void;
  /** Forgets config, target state, task configs, statuses and active topics in one transaction; offsets stay (Kafka Connect 4 keeps them). */
  remove(name: string): void;
  setTarget(name: string, target: TargetState): void;
  taskConfigs(name: string): readonly StringMap[];
  setTaskConfigs(name: string, configs: readonly StringMap[]): void;
}

/** Source offsets by connector. `partition` and `offset` are canonical JSON text (keys sorted). */
export interface OffsetStore {
  read(connector: string, partition: string): string | undefined;
  all(connector: string): readonly (readonly [partition: string, offset: string])[];
  /**
   * One transaction over all connectors given. Survives a crash of the process once it returns; with `durable` a power cut too.
   * null forgets a partition.
   */
  write(changes: ReadonlyMap<string, readonly OffsetEntry[]>, durable: boolean): void;
  /** Forgets all partitions of a connector, durably. */
  clear(connector: string): void;
}

/** Topics a connector has written to or read from. */
export interface TopicStore {
  list(connector: string): readonly string[];
  add(connector: string, topics: readonly string[]): void;
  clear(connector: string): void;
}

/** The last state shown of a connector (task null) or task; what is shown after a restart until it starts again. */
export interface StatusStore {
  put(connector: string, task: number | null, state: string, trace: string | null): void;
  all(): readonly { readonly connector: string; readonly task: number | null; readonly state: string; readonly trace: string | null }[];
  remove(connector: string, task: number | null): void;
}

/** How a child ended. */
export interface ChildExit {
  readonly code: number;
  readonly signal: string | null;
}

/** A running child process. */
export interface Child {
  readonly pid: number;
  send(message: ToHost): void;
  /** What it says, in order; ends when it does. */
  readonly messages: AsyncIterable<FromHost>;
  readonly exit: Promise<ChildExit>;
  /** SIGKILL. */
  kill(): void;
}

/** Starts children of the same binary. */
export interface ChildSpawner {
  spawn(role: "tasks" | "service"): Child;
}

/** Time, given by `main.ts` or a test. */
export interface WorkerClock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
