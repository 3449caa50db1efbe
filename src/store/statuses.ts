import type { StatementSync } from "node:sqlite";
import type { Database } from "./database.ts";

/** Stands for the connector itself in the column `task`. */
const CONNECTOR = -1;

/** The last state shown of each connector (task null) and task. */
export class SqliteStatuses {
  readonly #database: Database;
  readonly #put: StatementSync;
  readonly #all: StatementSync;
  readonly #remove: StatementSync;

  constructor(database: Database) {
    this.#database = database;
    this.#put = database.prepare(
      "INSERT INTO statuses (connector, task, state, trace) VALUES (?, ?, ?, ?) " +
        "ON CONFLICT (connector, task) DO UPDATE SET state = excluded.state, trace = excluded.trace",
    );
    this.#all = database.prepare("SELECT connector, task, state, trace FROM statuses ORDER BY connector, task");
    this.#remove = database.prepare("DELETE FROM statuses WHERE connector = ? AND task = ?");
  }

  put(connector: string, task: number | null, state: string, trace: string | null): void {
    this.#database.write(`store a status of connector "${connector}"`, false, () => {
      this.#put.run(connector, task ?? CONNECTOR, state, trace);
    });
  }

  all(): readonly { readonly connector: string; readonly task: number | null; readonly state: string; readonly trace: string | null }[] {
    return this.#database.read("read the statuses", () =>
      this.#all.all().map((row) => ({
        connector: String(row.connector),
        task: row.task === CONNECTOR ? null : Number(row.task),
        state: String(row.state),
        trace: row.trace === null ? null : String(row.trace),
      })));
  }

  remove(connector: string, task: number | null): void {
    this.#database.write(`remove a status of connector "${connector}"`, false, () => {
      this.#remove.run(connector, task ?? CONNECTOR);
    });
  }
}
