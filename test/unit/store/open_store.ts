import { Database } from "../../../src/store/mod.ts";

/** Gives a store in a folder of its own, open, and takes both away afterwards. */
export function withStore(work: (database: Database, folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  const database = openStore(folder);
  try {
    work(database, folder);
  } finally {
    database.close();
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Opens the store of a folder as this process. */
export function openStore(folder: string): Database {
  return Database.open(folder, { pid: Deno.pid, host: "here", since: "2026-01-01T00:00:00Z" });
}
