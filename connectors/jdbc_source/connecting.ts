/** Choosing a dialect, and connecting with as many attempts as configured. */
import { ConnectError, type TaskLog } from "sdk";
import { chooseDialect } from "../sql/choose_dialect.ts";
import type { ConnectionOptions, Dialect, Session, SessionOptions, Target } from "../sql/dialect.ts";
import { withoutSecrets } from "../sql/without_secrets.ts";

/** A database that may be connected to again and again. */
export interface Database {
  readonly dialect: Dialect;
  readonly target: Target;
  readonly options: SessionOptions;
}

/** How often, and how it is waited in between. */
export interface Attempts {
  readonly attempts: number;
  readonly backoffMs: number;
  readonly signal: AbortSignal;
  sleep(ms: number): Promise<void>;
  readonly log: TaskLog;
  /** Level of the line that says it is connected: what connects each minute to look at the tables is not news. */
  readonly level: "info" | "debug";
}

/** What a task says when it is stopped while it waits for a connection; nobody sees it. */
export class Stopped extends ConnectError {}

/**
 * The database a config means. `name`: `dialect.name`, which wins over the URL. Throws a `ConfigError` or `ConnectError`; nothing is
 * connected to.
 */
export function databaseOf(
  dialects: readonly Dialect[],
  name: string,
  connection: ConnectionOptions,
  options: SessionOptions,
): Database {
  const dialect = chooseDialect(dialects, name, connection.url);
  return { dialect, target: dialect.target(connection), options };
}

/** One attempt. What goes wrong never shows a password, wherever the driver put it (Invariant 5). */
export async function connectOnce({ dialect, target, options }: Database, signal: AbortSignal): Promise<Session> {
  try {
    return await dialect.connect(target, options, signal);
  } catch (error) {
    throw withoutSecrets(error, target.secrets);
  }
}

/** Some attempts, then the failure of the last. Throws `Stopped` when the signal ends it. */
export async function connect(database: Database, { attempts, backoffMs, signal, sleep, log, level }: Attempts): Promise<Session> {
  for (let attempt = 1;; attempt++) {
    if (signal.aborted) throw new Stopped("The task is to stop");
    try {
      const session = await connectOnce(database, signal);
      log[level](`Connected to ${session.product}`, { database: database.target.shown, attempt });
      return session;
    } catch (error) {
      if (signal.aborted) throw new Stopped("The task is to stop", { cause: error });
      if (attempt >= attempts) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      log.info(`Unable to connect to database on attempt ${attempt}/${attempts}. Will retry in ${backoffMs} ms.`, { reason });
    }
    await sleepFor(backoffMs, signal, sleep);
  }
}

/** All of the time, though the task's sleep may be cut short by other things than its end. */
async function sleepFor(ms: number, signal: AbortSignal, sleep: (ms: number) => Promise<void>): Promise<void> {
  const until = performance.now() + ms;
  for (let left = ms; left > 0 && !signal.aborted; left = until - performance.now()) await sleep(Math.ceil(left));
}
