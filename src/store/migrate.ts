import type { DatabaseSync } from "node:sqlite";
import { initial } from "./migrations/0001_initial.ts";
import { StoreError } from "./store_error.ts";

/** SQL of each version, the first one at index 0. Append-only: what was released is never changed. */
const MIGRATIONS: readonly string[] = [initial];

/** The version this program writes. */
export const STORE_VERSION = MIGRATIONS.length;

/** "Sluc" in the file's header tells our files from other programs' (SQLite, PRAGMA application_id). */
const APPLICATION_ID = 0x536c7563;

/** Refuses a file of another program or of a later version, before anything is written to it. */
export function assertOurs(db: DatabaseSync, path: string): void {
  const version = pragma(db, "user_version");
  const owner = pragma(db, "application_id");
  const isEmpty = db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
  if (owner !== APPLICATION_ID && !isEmpty) {
    throw new StoreError(
      "foreign",
      `Cannot open the store "${path}", as it is a database of another program: choose another folder with --data`,
    );
  }
  if (version > STORE_VERSION) {
    throw new StoreError(
      "newer",
      `Cannot open the store "${path}", as it was written by a newer version of Sluice (format ${version}, this one knows ${STORE_VERSION}): ` +
        "start the newer version, or choose another folder with --data",
    );
  }
}

/** Brings an older file up to date, one transaction per version, so that a crash leaves a whole version behind. */
export function migrate(db: DatabaseSync): void {
  for (let version = pragma(db, "user_version"); version < STORE_VERSION; version++) {
    db.exec(
      `BEGIN IMMEDIATE; ${MIGRATIONS[version]}; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version + 1}; COMMIT`,
    );
  }
}

function pragma(db: DatabaseSync, name: "user_version" | "application_id"): number {
  const row = db.prepare(`PRAGMA ${name}`).get();
  return Number(row?.[name] ?? 0);
}
