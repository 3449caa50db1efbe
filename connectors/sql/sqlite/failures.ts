/** SQLite's errors as `SqlError`s. */
import { SqlError, type SqlErrorKind } from "../sql_error.ts";

/** Primary result codes by what is to be done (sqlite.org, Result and Error Codes); all others are fatal. */
const KINDS = new Map<number, SqlErrorKind>([
  [5, "retriable"], // BUSY
  [6, "retriable"], // LOCKED
  [9, "retriable"], // INTERRUPT
  [10, "retriable"], // IOERR
  [13, "retriable"], // FULL: until somebody makes room
  [15, "retriable"], // PROTOCOL
  [17, "retriable"], // SCHEMA
  [18, "data"], // TOOBIG
  [19, "data"], // CONSTRAINT
  [20, "data"], // MISMATCH
]);
const BUSY = 5;
const LOCKED = 6;

/** The error as the seam has it. */
export function sqliteError(error: unknown): SqlError {
  if (error instanceof SqlError) return error;
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return new SqlError(`[SQLITE ${code}] ${message}`, { kind: KINDS.get(code) ?? "fatal", code, cause: error });
}

/** Whether another connection holds what the statement needs: it may be tried again. */
export function isLocked(error: unknown): boolean {
  const code = codeOf(error);
  return code === BUSY || code === LOCKED;
}

/** The primary code; 1 (SQLITE_ERROR) where `node:sqlite` gives none. */
function codeOf(error: unknown): number {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : 1;
}
