import { logger } from "../base/log.ts";
import type { StringMap } from "../config/field.ts";
import { WorkerError } from "./api.ts";
import { type ConnectorContext, ConnectorLife } from "./connector_life.ts";
import type { StoredConnector, TargetState } from "./ports.ts";

const log = logger("worker");

/** What the log says of each wish of a user. */
const TARGET_LINES: Readonly<Record<TargetState, string>> = {
  STARTED: "Connector resumed",
  PAUSED: "Connector paused",
  STOPPED: "Connector stopped",
};

/** All connectors there are. Each change is stored before anything acts on it or is answered. Invariant 4 */
export class Fleet {
  readonly #context: ConnectorContext;
  readonly #lives = new Map<string, ConnectorLife>();
  /** Removed connectors whose tasks are not gone yet, by name. */
  readonly #leaving = new Map<string, Promise<void>>();

  constructor(context: ConnectorContext) {
    this.#context = context;
  }

  /** Brings back what is stored; returns before any of it runs. */
  restore(): void {
    const { configs, board } = this.#context;
    const stored = configs.all();
    board.load(new Set(stored.map(({ name }) => name)));
    for (const connector of stored) this.#open(connector, configs.taskConfigs(connector.name));
  }

  names(): readonly string[] {
    return [...this.#lives.keys()];
  }

  find(name: string): ConnectorLife | undefined {
    return this.#lives.get(name);
  }

  /** Throws not_found. */
  get(name: string): ConnectorLife {
    const life = this.#lives.get(name);
    if (life === undefined) throw new WorkerError("not_found", `Connector ${name} not found`);
    return life;
  }

  add(connector: StoredConnector): ConnectorLife {
    storing(() => this.#context.configs.put(connector));
    log.info("Connector created", { connector: connector.name });
    return this.#open(connector, []);
  }

  replace(life: ConnectorLife, config: StringMap): void {
    const keys = changedKeys(life.config, config);
    storing(() => this.#context.configs.put({ name: life.name, config, target: life.target }));
    log.info("Connector config changed", { connector: life.name, keys: keys.join(",") });
    life.reconfigure(config);
  }

  /** Throws not_found in the words of pause, resume and stop. */
  setTarget(name: string, target: TargetState): void {
    const life = this.#lives.get(name);
    if (life === undefined) throw new WorkerError("not_found", `Unknown connector ${name}`);
    const { configs } = this.#context;
    if (life.target !== target) storing(() => configs.setTarget(name, target));
    if (target === "STOPPED" && life.taskConfigs.length > 0) storing(() => configs.setTaskConfigs(name, []));
    log.info(TARGET_LINES[target], { connector: name });
    life.setTarget(target);
  }

  remove(name: string): void {
    const life = this.get(name);
    const { configs, board, journal, owned } = this.#context;
    storing(() => configs.remove(name));
    this.#lives.delete(name);
    board.forget(name);
    journal.forgetTopics(name);
    log.info("Connector removed", { connector: name });
    const before = this.#leaving.get(name);
    const gone = Promise.all([life.remove(), before]).then(() => {
      if (this.#leaving.get(name) === gone) this.#leaving.delete(name);
    });
    this.#leaving.set(name, gone);
    owned.add("the end of a removed connector", gone);
  }

  /** Ends all tasks; resolves when none runs any more. What is stored and shown stays. */
  async retire(): Promise<void> {
    await Promise.all([...this.#lives.values()].map((life) => life.retire()));
    await Promise.all(this.#leaving.values());
  }

  #open(connector: StoredConnector, taskConfigs: readonly StringMap[]): ConnectorLife {
    const life = new ConnectorLife(connector, taskConfigs, this.#context);
    this.#lives.set(connector.name, life);
    const namesake = this.#leaving.get(connector.name);
    // Tasks of a removed connector of this name may still send offsets: none of ours may start before they are gone.
    if (namesake !== undefined) this.#context.owned.add("the wait for a namesake", namesake.then(life.hold()));
    life.drive();
    return life;
  }
}

/** Keys whose values are others now. */
function changedKeys(before: StringMap, after: StringMap): readonly string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => before[key] !== after[key]);
}

/** Turns the store's refusal into the answer of a request: nothing was changed. */
export function storing(write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new WorkerError("internal", error instanceof Error ? error.message : String(error), { cause: error });
  }
}
