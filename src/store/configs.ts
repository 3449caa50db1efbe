import type { StatementSync } from "node:sqlite";
import type { Database } from "./database.ts";
import { StoreError } from "./store_error.ts";

type Config = Readonly<Record<string, string | null>>;
type Target = "STARTED" | "PAUSED" | "STOPPED";

/** A connector as it is kept. */
interface Connector {
  readonly name: string;
  readonly config: Config;
  readonly target: Target;
}

/** Connector configs, target states and task configs. Every write is durable, power cut included, once it returns (Invariant 4). */
export class SqliteConfigs {
  readonly #database: Database;
  readonly #all: StatementSync;
  readonly #put: StatementSync;
  readonly #setTarget: StatementSync;
  readonly #removals: readonly StatementSync[];
  readonly #tasks: StatementSync;
  readonly #dropTasks: StatementSync;
  readonly #addTask: StatementSync;

  constructor(database: Database) {
    this.#database = database;
    this.#all = database.prepare("SELECT name, config, target FROM connectors ORDER BY id");
    this.#put = database.prepare(
      "INSERT INTO connectors (name, config, target) VALUES (?, ?, ?) " +
        "ON CONFLICT (name) DO UPDATE SET config = excluded.config, target = excluded.target",
    );
    this.#setTarget = database.prepare("UPDATE connectors SET target = ? WHERE name = ?");
    this.#removals = ["connectors WHERE name", "task_configs WHERE connector", "statuses WHERE connector", "topics WHERE connector"]
      .map((rows) => database.prepare(`DELETE FROM ${rows} = ?`));
    this.#tasks = database.prepare("SELECT config FROM task_configs WHERE connector = ? ORDER BY task");
    this.#dropTasks = database.prepare("DELETE FROM task_configs WHERE connector = ?");
    this.#addTask = database.prepare("INSERT INTO task_configs (connector, task, config) VALUES (?, ?, ?)");
  }

  /** All connectors, in the order they were created. */
  all(): readonly Connector[] {
    return this.#database.read("read the connectors", () =>
      this.#all.all().map((row) => ({
        name: String(row.name),
        config: configOf(row.config, String(row.name)),
        target: row.target as Target,
      })));
  }

  put(connector: Connector): void {
    this.#database.write(`store connector "${connector.name}"`, true, () => {
      this.#put.run(connector.name, JSON.stringify(connector.config), connector.target);
    });
  }

  /** Forgets config, target state, task configs, statuses and active topics; offsets stay (Kafka Connect 4 keeps them). */
  remove(name: string): void {
    this.#database.write(`remove connector "${name}"`, true, () => {
      for (const removal of this.#removals) removal.run(name);
    });
  }

  setTarget(name: string, target: Target): void {
    this.#database.write(`store the target state of connector "${name}"`, true, () => {
      this.#setTarget.run(target, name);
    });
  }

  /** In the order of their tasks; empty when there are none. */
  taskConfigs(name: string): readonly Config[] {
    return this.#database.read(
      `read the tasks of connector "${name}"`,
      () => this.#tasks.all(name).map((row) => configOf(row.config, name)),
    );
  }

  /** Replaces all of them. */
  setTaskConfigs(name: string, configs: readonly Config[]): void {
    this.#database.write(`store the tasks of connector "${name}"`, true, () => {
      this.#dropTasks.run(name);
      configs.forEach((config, task) => this.#addTask.run(name, task, JSON.stringify(config)));
    });
  }
}

function configOf(text: unknown, connector: string): Config {
  try {
    const config: unknown = JSON.parse(String(text));
    if (typeof config === "object" && config !== null && !Array.isArray(config)) return config as Config;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new StoreError(
    "corrupt",
    `Cannot read the stored config of connector "${connector}", as it is not a JSON object: restore the store from a copy`,
  );
}
