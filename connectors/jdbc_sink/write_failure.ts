/** What is said of a row or a statement the database refused. */
import { ConnectError, javaText, type SinkBatch, type Value, valueAt } from "sdk";
import { SqlError } from "../sql/sql_error.ts";
import type { Call } from "./calls.ts";
import type { RefusedRow } from "./record_checks.ts";
import type { Step } from "./write_plan.ts";

/** Longest text of a value in a message, in UTF-16 units. */
const SHOWN_UNITS = 80;

/** The JDBC exceptions drivers throw, by the class of the SQLSTATE. */
const JAVA_CLASSES = new Map([
  ["08", "java.sql.SQLNonTransientConnectionException"],
  ["22", "java.sql.SQLDataException"],
  ["23", "java.sql.SQLIntegrityConstraintViolationException"],
  ["28", "java.sql.SQLInvalidAuthorizationSpecException"],
  ["40", "java.sql.SQLTransactionRollbackException"],
  ["42", "java.sql.SQLSyntaxErrorException"],
]);

/** A row that a statement of its own was refused for, with an error that tells the engine's reporter and the reader of a trace. */
export interface FailedRow extends RefusedRow {
  /** Names topic, partition, offset, column and value; its cause is `error`. */
  readonly explained: ConnectError;
  /** Whether it met a row with a key of its own. */
  readonly isDuplicate: boolean;
}

/** Whether a unique key has the row already: PostgreSQL, MySQL and MariaDB, SQLite. */
export function isDuplicate(error: unknown): boolean {
  if (!(error instanceof SqlError)) return false;
  const { sqlState, code, message } = error;
  return sqlState === "23505" || code === 1062 || message.includes("UNIQUE constraint failed");
}

/** Upstream's form of an error of the database: `java.sql.SQLException: Exception chain:` and a line for each exception. */
export function exceptionChain(error: Error, parts: { readonly isWrite: boolean; readonly trims: boolean }): ConnectError {
  const [sqlState, code] = error instanceof SqlError ? [error.sqlState, error.code] : ["", 0];
  const own = javaClassFor(sqlState);
  const text = (javaClass: string, more = "") =>
    parts.trims ? `<redacted> [class=${javaClass}; SQLState=${sqlState}; errorCode=${code}${more}]` : `${javaClass}: ${error.message}`;
  const lines = [text(own)];
  if (parts.isWrite) lines.unshift(text("java.sql.BatchUpdateException", "; updateCountLength=0; firstExecuteFailedIndex=0"));
  return new ConnectError(`Exception chain:\n${lines.join("\n")}\n`, { javaClass: "java.sql.SQLException" });
}

/** The database's text, or where that is to be kept from logs what it can be looked up by. */
export function shownReason(error: SqlError, trims: boolean): string {
  if (!trims) return error.message;
  return `<redacted> [class=${javaClassFor(error.sqlState)}; SQLState=${error.sqlState}; errorCode=${error.code}]`;
}

function javaClassFor(sqlState: string): string {
  return JAVA_CLASSES.get(sqlState.substring(0, 2)) ?? "java.sql.SQLException";
}

/** Upstream's error of a task whose statements are refused. */
export function refusedStatement(error: Error, parts: { readonly isWrite: boolean; readonly trims: boolean }): ConnectError {
  const cause = exceptionChain(error, parts);
  return new ConnectError(`${cause.javaClass}: ${cause.message}`, { cause });
}

/** The failure of the one row of a call a statement was refused for. */
export function failedRow(step: Step, call: Call, row: number, cause: Error, trims: boolean): FailedRow {
  const { batch, row: ofBatch } = call.origin(row);
  const error = exceptionChain(cause, { isWrite: true, trims });
  const what = step.kind === "delete" ? "delete the row of" : "write";
  const message = `Cannot ${what} the record of ${place(batch, ofBatch)} ${step.kind === "delete" ? "from" : "to"} table ${step.shown}: ` +
    reason(step, call, row, cause, trims);
  return { batch, row: ofBatch, error, explained: new ConnectError(message, { cause: error }), isDuplicate: isDuplicate(cause) };
}

function place({ origin, offsets }: SinkBatch, row: number): string {
  const partition = typeof origin.partition === "number" ? origin.partition : origin.partition[row];
  return `topic '${origin.topic}', partition ${partition}, offset ${offsets[row]}`;
}

/** Column and value, where the database's message tells the column; else the row's key. */
function reason({ fields }: Step, call: Call, row: number, cause: Error, trims: boolean): string {
  const value = (i: number) => {
    const [column, field] = [call.columns[i], fields[i]];
    return column === undefined || field === undefined ? "" : shownValue(valueAt(column, field.schema, row), () => field.schema);
  };
  const accused = fields.findIndex(({ name }) => names(cause.message, name));
  if (accused >= 0) {
    const name = fields[accused]?.name;
    return `column '${name}' does not take ${trims ? "its value" : `the value ${value(accused)}`}`;
  }
  const keys = fields.flatMap(({ name, isKey }, i) => isKey ? [trims ? name : `${name}=${value(i)}`] : []);
  return `the database refused it${keys.length === 0 ? "" : ` (key ${keys.join(", ")})`}`;

  function shownValue(found: Value, schema: () => (typeof fields)[number]["schema"]): string {
    if (found === null) return "null";
    const text = found instanceof Uint8Array ? `of ${found.length} bytes` : `'${javaText(schema(), found)}'`;
    return text.length <= SHOWN_UNITS ? text : `${text.substring(0, SHOWN_UNITS)}…' (${text.length - 2} characters)`;
  }
}

/** Whether a message speaks of a column: `'v'`, `"v"`, `` `v` ``, or `t.v` at the end of a word. */
function names(message: string, column: string): boolean {
  if (["'", '"', "`"].some((quote) => message.includes(`${quote}${column}${quote}`))) return true;
  const at = message.lastIndexOf(`.${column}`);
  return at >= 0 && !/[\w$]/.test(message[at + column.length + 1] ?? "");
}
