import type { SinkContext } from "sdk";
import type { Dialect, Session, SessionOptions, Target } from "../sql/dialect.ts";
import { SqlError } from "../sql/sql_error.ts";
import { withoutSecrets } from "../sql/without_secrets.ts";
import type { Settings } from "./settings.ts";

/** A session unused for so long, in ms, is asked whether it lives before it is used: servers and firewalls drop idle ones. */
const IDLE_MS = 5000;

/** Milliseconds a statement under way may still take when the task is to stop: less than the 5 s Kafka Connect gives a task. */
const STOP_GRACE_MS = 3000;

/** Where the database is and how it is talked to. */
export interface ConnectionParts {
  readonly dialect: Dialect;
  readonly target: Target;
  readonly options: SessionOptions;
  readonly settings: Settings;
  readonly context: SinkContext;
}

/** The one connection of a task: opened when first needed, and again when it was lost. */
export class Connection {
  readonly #parts: ConnectionParts;
  #session: Session | undefined;
  #usedAt = 0;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** A session that lived a moment ago. Throws the `SqlError` of the last attempt. */
  async session(): Promise<Session> {
    const { context } = this.#parts;
    const open = this.#session;
    if (open !== undefined && context.now() - this.#usedAt > IDLE_MS && !await open.isAlive()) {
      context.log.info("The database connection is invalid. Reconnecting...");
      await this.drop();
    }
    const session = this.#session ??= await this.#connect();
    this.#usedAt = context.now();
    return session;
  }

  /** After a use: only from now on it is idle. */
  used(): void {
    this.#usedAt = this.#parts.context.now();
  }

  /** While it is held, a stop of the task ends what the database does not answer, after some time in which it may. */
  guard(): Disposable {
    const { signal } = this.#parts.context;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stopping = () => void (timer = setTimeout(() => void this.drop(), STOP_GRACE_MS));
    if (signal.aborted) stopping();
    else signal.addEventListener("abort", stopping);
    return {
      [Symbol.dispose]() {
        signal.removeEventListener("abort", stopping);
        clearTimeout(timer);
      },
    };
  }

  /** Gives up the session; the next one is new. Never throws. */
  async drop(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  /** A database that says no may say yes a little later, as when its users are still being made; one that cannot be reached is for the caller to wait for. */
  async #connect(): Promise<Session> {
    const { dialect, target, options, settings, context } = this.#parts;
    for (let attempt = 1;; attempt++) {
      try {
        const session = await dialect.connect(target, options, context.signal);
        context.log.info(`Connected to ${target.shown}`, { product: session.product });
        return session;
      } catch (failure) {
        const error = withoutSecrets(failure, target.secrets);
        const isRefusal = error instanceof SqlError && error.kind !== "retriable";
        if (!isRefusal || attempt >= settings.connectionAttempts || context.signal.aborted) throw error;
        context.log.warn(`Cannot connect to ${target.shown}: trying again`, { attempt, reason: error.message });
        await context.sleep(settings.connectionBackoffMs);
      }
    }
  }
}
