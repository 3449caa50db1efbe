import { DatabaseSync, type StatementSync } from "node:sqlite";
import { join } from "node:path";
import { logger } from "../base/log.ts";
import { describeHolder, type Holder, writeHolder } from "./holder.ts";
import { assertOurs, migrate } from "./migrate.ts";
import { StoreError, storeError } from "./store_error.ts";

const DATABASE_FILE = "sluice.db";
const HOLDER_FILE = "sluice.lock";
/** The write-ahead log is cut back to this once it is copied over: offsets written each second would else leave a large one behind. */
const JOURNAL_BYTES = 4 * 1024 * 1024;

const log = logger("store");

/** The open store: one file, one process, one connection. All calls are synchronous and short. */
export class Database {
  readonly path: string;
  readonly #db: DatabaseSync;
  readonly #notePath: string;

  private constructor(db: DatabaseSync, path: string, notePath: string) {
    this.#db = db;
    this.path = path;
    this.#notePath = notePath;
  }

  /** Opens or makes `sluice.db` in a folder, itself made when missing, and locks it for this process. Throws a `StoreError`. */
  static open(folder: string, self: Holder): Database {
    const path = join(folder, DATABASE_FILE);
    const notePath = join(folder, HOLDER_FILE);
    let db: DatabaseSync | undefined;
    try {
      prepareFiles(folder, path);
      db = new DatabaseSync(path, { timeout: 0 });
      lock(db, path);
      migrate(db);
      writeHolder(notePath, self);
      return new Database(db, path, notePath);
    } catch (error) {
      db?.close();
      throw refusal(path, notePath, storeError(`Cannot open the store "${path}"`, error));
    }
  }

  /** For the classes of this folder: each keeps its statements beside the rows they give. */
  prepare(sql: string): StatementSync {
    return this.#db.prepare(sql);
  }

  /** Reads; `act` continues "Cannot …" in the error. */
  read<T>(act: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storeError(this.#cannot(act), error);
    }
  }

  /**
   * One transaction: all of `work` or nothing. Survives a crash of the process once this returns, with `durable` a power cut
   * too (SQLite: in WAL mode NORMAL syncs at checkpoints only, FULL at each commit).
   */
  write<T>(act: string, durable: boolean, work: () => T): T {
    try {
      if (durable) this.#db.exec("PRAGMA synchronous = FULL");
      this.#db.exec("BEGIN IMMEDIATE");
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      // On a full disk SQLite may have rolled back by itself.
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw storeError(this.#cannot(act), error);
    } finally {
      if (durable) this.#db.exec("PRAGMA synchronous = NORMAL");
    }
  }

  #cannot(act: string): string {
    return `Cannot ${act} in the store "${this.path}"`;
  }

  /** Gives the file back. The note goes first: once the lock is gone it may be another's. */
  close(): void {
    try {
      Deno.removeSync(this.#notePath);
    } catch (error) {
      log.warn("Cannot remove the note that names the store's holder; it will name this process until the next start", {
        error: `${error}`,
      });
    }
    this.#db.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** The folder is its owner's alone, and so is the file: it holds configs with passwords (Invariant 5). */
function prepareFiles(folder: string, path: string): void {
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    // Never open a file that exists: closing any descriptor of it would drop the locks this process may hold on it (POSIX).
    Deno.openSync(path, { createNew: true, write: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    narrowMode(path);
  }
}

function narrowMode(path: string): void {
  const mode = Deno.statSync(path).mode;
  if (mode === null || (mode & 0o077) === 0) return;
  try {
    Deno.chmodSync(path, 0o600);
  } catch (error) {
    log.warn("Cannot take the store file from other users' eyes; it holds connector configs", { path, error: `${error}` });
  }
}

/**
 * Takes the lock for the life of the connection: exclusive mode before WAL keeps readers out as well and needs no shared memory
 * file. The first statement asks for the write lock, so that of two who start at once one wins, instead of both reading and neither writing.
 */
function lock(db: DatabaseSync, path: string): void {
  db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  assertOurs(db, path);
  db.exec("COMMIT");
  const mode = db.prepare("PRAGMA journal_mode = WAL").get()?.journal_mode;
  if (mode !== "wal") {
    throw new StoreError("io", `Cannot open the store "${path}", as its file system allows no write-ahead log (got "${mode}")`);
  }
  // fullfsync reaches the disk itself on macOS and means nothing elsewhere.
  db.exec(`PRAGMA synchronous = NORMAL; PRAGMA fullfsync = 1; PRAGMA journal_size_limit = ${JOURNAL_BYTES}`);
}

/** What SQLite said, made plainer where the system can say more. */
function refusal(path: string, notePath: string, error: Error): Error {
  if (!(error instanceof StoreError)) return error;
  if (error.fault === "locked") return lockedBy(path, notePath, error);
  // Of a file it may only read, SQLite says that locking it is an input/output error.
  const plainer = error.fault === "io" ? tryToWrite(path) : undefined;
  return plainer?.fault === "read_only" ? plainer : error;
}

/** Called after a failed opening only: closing a file of our own would drop our locks on it. */
function tryToWrite(path: string): StoreError | undefined {
  try {
    Deno.openSync(path, { write: true }).close();
    return undefined;
  } catch (error) {
    const known = storeError(`Cannot open the store "${path}"`, error);
    if (known instanceof StoreError) return known;
    throw error;
  }
}

function lockedBy(path: string, notePath: string, cause: StoreError): StoreError {
  return new StoreError(
    "locked",
    `Cannot open the store "${path}", as ${describeHolder(notePath)} holds it: stop that process, or choose another folder with --data`,
    { cause },
  );
}
