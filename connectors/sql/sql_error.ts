import { ConnectError } from "sdk";

/**
 * What to do about an error of a database.
 * - `retriable`: nothing is wrong with rows or statement: lost connection, deadlock, time-out, shutdown, too many connections (SQLSTATE 08, 40,
 *   53, 57; MySQL 1040, 1205, 1213, 2006, 2013)
 * - `data`: one of the rows: a value that does not fit, a broken constraint (SQLSTATE 22, 23; a packet that is too large)
 * - `fatal`: statement, table, rights: the same for every row (SQLSTATE 42, 28 and what is left)
 */
export type SqlErrorKind = "retriable" | "data" | "fatal";

/** An error of a database or of the way to it. Its message holds no password and no bound value but what the server itself quotes. */
export class SqlError extends ConnectError {
  readonly kind: SqlErrorKind;
  /** Five characters, or empty where the database gave none. */
  readonly sqlState: string;
  /** The vendor's number; 0 = none. */
  readonly code: number;
  /** Whether the connection cannot be used any more. */
  readonly isConnectionLost: boolean;

  constructor(
    message: string,
    parts: {
      readonly kind: SqlErrorKind;
      readonly sqlState?: string;
      readonly code?: number;
      readonly isConnectionLost?: boolean;
      readonly cause?: unknown;
    },
  ) {
    super(message, { javaClass: "java.sql.SQLException", ...(parts.cause === undefined ? {} : { cause: parts.cause }) });
    this.kind = parts.kind;
    this.sqlState = parts.sqlState ?? "";
    this.code = parts.code ?? 0;
    this.isConnectionLost = parts.isConnectionLost ?? false;
  }
}
