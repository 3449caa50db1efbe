/** Errors that nobody awaits: a rejected promise left alone, a timer of a connector that throws. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Logger } from "../base/log.ts";
import { traceOf } from "./trace.ts";

/** A task that can be failed from outside. */
interface Blamable {
  raise(error: unknown): void;
}

/** Runs tasks so that their stray errors find them. */
export class Uncaught {
  /** Follows promises: the handler of a rejection runs in the context of whoever made the promise. Timers it does not follow. */
  readonly #context = new AsyncLocalStorage<Blamable>();
  readonly #running = new Set<Blamable>();
  readonly #log: Logger;
  readonly #listen = (event: ErrorEvent | PromiseRejectionEvent) => {
    // The default would end the process, and every other task in it. Invariant 7
    event.preventDefault();
    this.#take("reason" in event ? event.reason : event.error ?? event.message);
  };

  constructor(log: Logger) {
    this.#log = log;
    globalThis.addEventListener("error", this.#listen);
    globalThis.addEventListener("unhandledrejection", this.#listen);
  }

  /** Runs the work of a task; stray errors of it go to the task while the work lasts. */
  async within(task: Blamable, work: () => Promise<void>): Promise<void> {
    this.#running.add(task);
    try {
      await this.#context.run(task, work);
    } finally {
      this.#running.delete(task);
    }
  }

  /** Ends the watch. */
  close(): void {
    globalThis.removeEventListener("error", this.#listen);
    globalThis.removeEventListener("unhandledrejection", this.#listen);
  }

  #take(error: unknown): void {
    const owner = this.#context.getStore() ?? this.#onlySuspect(error);
    if (owner !== undefined && this.#running.has(owner)) return owner.raise(error);
    this.#log.error(
      `An error came up that nobody handles and that belongs to no running task; the process goes on\n${traceOf(error).trimEnd()}`,
    );
  }

  /** Connector code threw in a timer or an event: with one task there is no doubt whose. */
  #onlySuspect(error: unknown): Blamable | undefined {
    const [only, ...others] = this.#running;
    const isOfConnector = error instanceof Error && /\/connectors\/|\/npm\//.test(error.stack ?? "");
    return others.length === 0 && isOfConnector ? only : undefined;
  }
}
