import { logger } from "../base/log.ts";

const log = logger("worker");

/** Everything that runs on in the background, so that nothing of it fails unseen and all of it can be awaited at the end. */
export class Owned {
  readonly #running = new Set<Promise<void>>();

  /** Takes over a promise; `what` names it in the log should it fail. */
  add(what: string, work: Promise<unknown>): void {
    const guarded: Promise<void> = work.then(
      () => {},
      (error) => log.error(`Stopped unexpectedly: ${what}`, { error: stackOf(error) }),
    ).finally(() => this.#running.delete(guarded));
    this.#running.add(guarded);
  }

  /** Resolves when nothing runs any more, what was added meanwhile included. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}

/** The stack where there is one: for faults of our own, which the message alone does not locate. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? String(error) : String(error);
}
