/** Errors of mysql2 in our words. */
import { SqlError, type SqlErrorKind } from "../sql_error.ts";
import type { DriverError } from "./driver.ts";

/** Nothing wrong with rows or statement, whatever the SQLSTATE says. */
const RETRIABLE = new Set([
  1020, // the row changed since it was read (MariaDB)
  1021, // disk full
  1030, // the storage engine failed: disk full too
  1037, // out of memory
  1038, // out of sort memory
  1040, // too many connections
  1041, // out of memory
  1053, // shutdown in progress
  1077, // normal shutdown
  1079, // shutdown complete
  1114, // table full: the disk, or a limit of the server's
  1129, // host blocked after too many errors, until somebody says otherwise
  1135, // no thread for the connection
  1203, // the user's connections are used up
  1205, // lock wait timeout
  1206, // no room for more locks
  1213, // deadlock
  1223, // somebody holds a global read lock, as for a backup
  1226, // the user's resources are used up
  1290, // the server is read-only: a replica, or one that was primary
  1317, // query interrupted
  1614, // deadlock of an XA branch
  1637, // too many transactions
  1792, // the transaction is read-only, by the server's default
  1836, // the server is read-only
  1927, // connection killed (MariaDB)
  1969, // max_statement_time exceeded (MariaDB)
  2006, // server has gone away
  2013, // lost connection
  3032, // server offline
  3024, // max_execution_time exceeded
  3100, // a plugin stopped the transaction, as in a replication group that lost its majority
  3572, // NOWAIT
  4031, // closed for inactivity
]);

/** One row's fault, whatever the SQLSTATE says. */
const DATA = new Set([
  1153, // packet too large
  1265, // data truncated
  1292, // wrong date, or number from text
  1366, // text the column's character set has not
  1411, // wrong date for a function
  1416, // no geometry
  1526, // no partition for the value
  1644, // SIGNAL of a trigger
  3140, // no JSON
  3819, // CHECK constraint
  4025, // CHECK constraint (MariaDB)
]);

/** After these the server has closed the connection. */
const LOST = new Set([1053, 1077, 1079, 1153, 1927, 2006, 2013, 3032, 4031]);

/** What ends a connection, as Node and mysql2 name it, and what to say. */
const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was reset",
  EPIPE: "the connection was closed",
  ETIMEDOUT: "no answer in time",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
  ENOTFOUND: "no such host name",
  EAI_AGAIN: "the host name cannot be looked up now",
  PROTOCOL_CONNECTION_LOST: "the server closed the connection",
  PROTOCOL_PACKETS_OUT_OF_ORDER: "the server sent what was not expected",
  PROTOCOL_UNEXPECTED_PACKET: "the server sent what was not expected",
};

/** The kind of an error of the server. */
export function kindOf(code: number, sqlState: string): SqlErrorKind {
  if (RETRIABLE.has(code)) return "retriable";
  if (DATA.has(code)) return "data";
  switch (sqlState.substring(0, 2)) {
    case "08":
    case "40":
    case "53":
    case "57":
      return "retriable";
    case "22":
    case "23":
      return "data";
    default:
      return "fatal";
  }
}

/** An error of mysql2 as ours. The server's own text stays as it is: clients match it. */
export function sqlError(error: unknown): SqlError {
  if (error instanceof SqlError) return error;
  const { code = "", errno = 0, sqlState = "", message } = error as DriverError;
  if (sqlState !== "" || (errno > 0 && typeof errno === "number" && NETWORK[code] === undefined)) {
    return new SqlError(message, { kind: kindOf(errno, sqlState), sqlState, code: errno, isConnectionLost: LOST.has(errno) });
  }
  if (code === "HANDSHAKE_NO_SSL_SUPPORT") {
    return new SqlError("Cannot encrypt the connection: the server does not offer TLS; set sslMode=DISABLED or PREFERRED to go without", {
      kind: "fatal",
      sqlState: "08001",
    });
  }
  if (code === "HANDSHAKE_SSL_ERROR") return tlsError(message);
  const said = NETWORK[code] ?? message;
  return new SqlError(`Communications link failure: ${said}`, {
    kind: "retriable",
    sqlState: "08S01",
    isConnectionLost: true,
    cause: error,
  });
}

/** A certificate that does not convince is no matter of trying again; a handshake that was cut is. */
function tlsError(message: string): SqlError {
  const isCut = /reset|closed|EOF|timed? ?out/i.test(message) && !/certificate/i.test(message);
  return new SqlError(`Cannot encrypt the connection: ${message}`, {
    kind: isCut ? "retriable" : "fatal",
    sqlState: "08001",
    isConnectionLost: true,
  });
}

/** Why a host could not be reached, naming it; errors the server itself sent stay as they are. */
export function connectError(error: unknown, host: string, port: number): SqlError {
  const found = sqlError(error);
  if (found.sqlState !== "08S01" || found.code !== 0) return found;
  return new SqlError(`${found.message} (${host}:${port})`, {
    kind: "retriable",
    sqlState: "08S01",
    isConnectionLost: true,
    cause: error,
  });
}
