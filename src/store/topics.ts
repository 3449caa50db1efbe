import type { StatementSync } from "node:sqlite";
import type { Database } from "./database.ts";

/** Topics each connector has written to or read from. */
export class SqliteTopics {
  readonly #database: Database;
  readonly #list: StatementSync;
  readonly #add: StatementSync;
  readonly #clear: StatementSync;

  constructor(database: Database) {
    this.#database = database;
    this.#list = database.prepare("SELECT topic FROM topics WHERE connector = ? ORDER BY topic");
    this.#add = database.prepare("INSERT INTO topics (connector, topic) VALUES (?, ?) ON CONFLICT DO NOTHING");
    this.#clear = database.prepare("DELETE FROM topics WHERE connector = ?");
  }

  list(connector: string): readonly string[] {
    return this.#database.read(
      `read the topics of connector "${connector}"`,
      () => this.#list.all(connector).map((row) => String(row.topic)),
    );
  }

  add(connector: string, topics: readonly string[]): void {
    this.#database.write(`store the topics of connector "${connector}"`, false, () => {
      for (const topic of topics) this.#add.run(connector, topic);
    });
  }

  clear(connector: string): void {
    this.#database.write(`reset the topics of connector "${connector}"`, true, () => {
      this.#clear.run(connector);
    });
  }
}
