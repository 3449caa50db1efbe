/** What errors of the server and of the way to it mean. */
import { SqlError, type SqlErrorKind } from "../sql_error.ts";
import type { PgServerError } from "./driver.ts";

/** SQLSTATE classes (PostgreSQL 15, appendix A). What is not here is fatal: the same statement would fail for every row. */
const KINDS: Readonly<Record<string, SqlErrorKind>> = {
  "08": "retriable", // connection
  "40": "retriable", // deadlock, serialization
  "53": "retriable", // too many connections, disk full, out of memory
  "55": "retriable", // object in use, lock not available
  "57": "retriable", // shutdown, starting up, cancelled, statement timeout
  "21": "data", // a multi-row upsert that meets a row twice: smaller statements do not
  "22": "data", // a value that does not fit
  "23": "data", // a broken constraint
  "44": "data", // a view's WITH CHECK OPTION
  "54": "data", // a value too large for an index
  "P0": "data", // raised by a trigger
};

/** Nothing wrong with rows or statement, whatever their class says. */
const RETRIABLE = new Set([
  "25006", // read-only: a standby, or a primary set so
  "25P03", // idle in a transaction for too long
  "58030", // the disk cannot be read or written
]);

/** SQLSTATEs after which the server ends the connection; all of class 08 do as well. */
const LAST_WORDS = new Set(["57P01", "57P02", "57P03", "57P05", "25P03"]);

/** Any error as a SqlError. `isLost`: whether the connection is known to be gone. */
export function sqlErrorOf(error: unknown, isLost = false): SqlError {
  if (error instanceof SqlError) return error;
  if (!(error instanceof Error)) return new SqlError(String(error), { kind: "fatal", isConnectionLost: isLost });
  const server = error as PgServerError;
  return server.severity === undefined ? transportError(server, isLost) : serverError(server, isLost);
}

/** The text pgjdbc 42.7 gives a server's error: its message, and what else the server said, a line each. */
function serverError(error: PgServerError, isLost: boolean): SqlError {
  const sqlState = error.code ?? "";
  const lines = [`${error.severity ?? "ERROR"}: ${error.message}`];
  if (error.detail !== undefined) lines.push(`Detail: ${error.detail}`);
  if (error.hint !== undefined) lines.push(`Hint: ${error.hint}`);
  if (error.position !== undefined) lines.push(`Position: ${error.position}`);
  if (error.where !== undefined) lines.push(`Where: ${error.where}`);
  const isConnectionLost = isLost || sqlState.startsWith("08") || LAST_WORDS.has(sqlState) || error.severity === "FATAL" ||
    error.severity === "PANIC";
  const kind = RETRIABLE.has(sqlState) ? "retriable" : KINDS[sqlState.substring(0, 2)] ?? "fatal";
  return new SqlError(lines.join("\n  "), { kind, sqlState, isConnectionLost });
}

/** Errors of sockets and TLS, and the driver's own. */
function transportError(error: PgServerError, isLost: boolean): SqlError {
  const isSocket = isLost || /^E[A-Z]+$/.test(error.code ?? "") ||
    /^Connection terminated|timeout expired|not queryable/.test(error.message);
  return new SqlError(error.message === "" ? error.code ?? "The connection failed" : error.message, {
    kind: isSocket ? "retriable" : "fatal",
    sqlState: isSocket ? "08006" : "",
    isConnectionLost: isSocket,
    cause: error,
  });
}

/** That the connection is gone. */
export function lostConnection(why: string): SqlError {
  return new SqlError(why, { kind: "retriable", sqlState: "08006", isConnectionLost: true });
}
