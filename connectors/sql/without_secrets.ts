import { ConnectError, maskValues } from "sdk";
import { SqlError } from "./sql_error.ts";

/** What stands in place of a secret of a connection. */
const MASK = "****";

/** The same error, unless its text holds a secret as `maskValues` sees it: then one like it with `****` in its place and without its cause (Invariant 5). */
export function withoutSecrets(error: unknown, secrets: readonly string[]): unknown {
  if (!(error instanceof Error)) return error;
  const message = maskValues(error.message, secrets, MASK);
  const cause = String(error.cause);
  if (message === error.message && maskValues(cause, secrets, MASK) === cause) return error;
  if (!(error instanceof SqlError)) return new ConnectError(message);
  const { kind, sqlState, code, isConnectionLost } = error;
  return new SqlError(message, { kind, sqlState, code, isConnectionLost });
}
