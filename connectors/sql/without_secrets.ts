import { ConnectError } from "sdk";
import { SqlError } from "./sql_error.ts";

/** The same error, unless its text holds a secret: then one like it with `****` in its place and without its cause (Invariant 5). */
export function withoutSecrets(error: unknown, secrets: readonly string[]): unknown {
  if (!(error instanceof Error)) return error;
  const hidden = secrets.filter((secret) => secret !== "" && `${error.message}${error.cause}`.includes(secret));
  if (hidden.length === 0) return error;
  const message = hidden.reduce((text, secret) => text.replaceAll(secret, "****"), error.message);
  if (!(error instanceof SqlError)) return new ConnectError(message);
  const { kind, sqlState, code, isConnectionLost } = error;
  return new SqlError(message, { kind, sqlState, code, isConnectionLost });
}
