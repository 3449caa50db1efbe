/** What can be wrong with the store, told apart for the caller and put into a sentence for the user. */

/**
 * - `locked`: another process holds the file
 * - `full`: the disk or a quota is used up; nothing of the write was kept
 * - `read_only`: the folder or file cannot be written
 * - `corrupt`: the file is damaged, or is no database at all
 * - `newer`: written by a later version
 * - `foreign`: a database of some other program
 * - `io`: the system refused in another way
 */
export type StoreFault = "locked" | "full" | "read_only" | "corrupt" | "newer" | "foreign" | "io";

/** A read or write of the store that did not happen. Whatever it was part of was rolled back. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  constructor(readonly fault: StoreFault, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** SQLite's primary result codes (sqlite3.h) that a user can do something about, with the way out. */
const BY_CODE: Readonly<Record<number, readonly [StoreFault, string]>> = {
  5: ["locked", "another process holds it: stop that process, or choose another folder with --data"],
  8: ["read_only", "the file or its folder cannot be written: give this user write permission, or choose another folder with --data"],
  10: ["io", "the system reported an input/output error: check the disk and its file system"],
  11: ["corrupt", "the file is damaged: restore it from a copy, or move it away to begin with an empty store"],
  13: ["full", "the disk is full: make room; nothing was half-written, and the write can be repeated"],
  14: ["io", "the file cannot be opened: check that its folder exists and that this user may write there"],
  26: ["corrupt", "the file is not a database: restore it from a copy, or move it away to begin with an empty store"],
};

/** `sqlite3_errstr` of these codes: `exec` of node:sqlite gives the text alone. */
const BY_TEXT: Readonly<Record<string, number>> = {
  "database is locked": 5,
  "attempt to write a readonly database": 8,
  "disk I/O error": 10,
  "database disk image is malformed": 11,
  "database or disk is full": 13,
  "unable to open database file": 14,
  "file is not a database": 26,
};

/** Wraps what SQLite or the system threw; `failed` begins the sentence: "Cannot … the store …". Errors of other origin come back as they are. */
export function storeError(failed: string, error: unknown): Error {
  if (error instanceof StoreError) return error;
  if (!(error instanceof Error)) return new StoreError("io", `${failed}: ${error}`);
  const known = BY_CODE[sqliteCode(error)] ?? systemFault(error);
  if (known === undefined) return isSqlite(error) ? new StoreError("io", `${failed}: ${error.message}`) : error;
  return new StoreError(known[0], `${failed}, as ${known[1]}`, { cause: error });
}

function sqliteCode(error: Error): number {
  if (!isSqlite(error)) return 0;
  // Extended codes carry the primary one in their low byte.
  if ("errcode" in error && typeof error.errcode === "number") return error.errcode & 0xff;
  const text = Object.keys(BY_TEXT).find((known) => error.message.startsWith(known));
  return text === undefined ? 0 : BY_TEXT[text] ?? 0;
}

function isSqlite(error: Error): boolean {
  return "code" in error && error.code === "ERR_SQLITE_ERROR";
}

function systemFault(error: Error): readonly [StoreFault, string] | undefined {
  const code = "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") return BY_CODE[13];
  const denied = error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable;
  if (denied || code === "EROFS" || code === "EACCES" || code === "EPERM") return BY_CODE[8];
  return code === undefined ? undefined : ["io", `the system said "${error.message}": check the folder, or choose another with --data`];
}
