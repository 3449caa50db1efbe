import type { StatementSync } from "node:sqlite";
import type { Database } from "./database.ts";

/** A source partition and its offset, both as canonical JSON text; null forgets the partition. */
type Entry = readonly [partition: string, offset: string | null];

/** Source offsets by connector name. */
export class SqliteOffsets {
  readonly #database: Database;
  readonly #read: StatementSync;
  readonly #all: StatementSync;
  readonly #put: StatementSync;
  readonly #drop: StatementSync;
  readonly #clear: StatementSync;

  constructor(database: Database) {
    this.#database = database;
    this.#read = database.prepare("SELECT offset FROM offsets WHERE connector = ? AND partition = ?");
    this.#all = database.prepare("SELECT partition, offset FROM offsets WHERE connector = ? ORDER BY partition");
    this.#put = database.prepare(
      "INSERT INTO offsets (connector, partition, offset) VALUES (?, ?, ?) " +
        "ON CONFLICT (connector, partition) DO UPDATE SET offset = excluded.offset",
    );
    this.#drop = database.prepare("DELETE FROM offsets WHERE connector = ? AND partition = ?");
    this.#clear = database.prepare("DELETE FROM offsets WHERE connector = ?");
  }

  read(connector: string, partition: string): string | undefined {
    const row = this.#database.read("read an offset", () => this.#read.get(connector, partition));
    return row === undefined ? undefined : String(row.offset);
  }

  all(connector: string): readonly (readonly [partition: string, offset: string])[] {
    return this.#database.read(
      `read the offsets of connector "${connector}"`,
      () => this.#all.all(connector).map((row) => [String(row.partition), String(row.offset)] as const),
    );
  }

  /** One transaction over all connectors given. With `durable` it survives a power cut once it returns, else a crash of the process. */
  write(changes: ReadonlyMap<string, readonly Entry[]>, durable: boolean): void {
    this.#database.write("store source offsets", durable, () => {
      for (const [connector, entries] of changes) {
        for (const [partition, offset] of entries) {
          if (offset === null) this.#drop.run(connector, partition);
          else this.#put.run(connector, partition, offset);
        }
      }
    });
  }

  /** Forgets all partitions of a connector, durably. */
  clear(connector: string): void {
    this.#database.write(`reset the offsets of connector "${connector}"`, true, () => {
      this.#clear.run(connector);
    });
  }
}
