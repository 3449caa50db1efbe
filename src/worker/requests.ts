/** Requests that wait: changes to one connector happen one after the other, and what takes too long is said in Connect's words. */

/** Kafka Connect's text for a request that took too long, without a full stop, as the validation of a config gives it. */
export function timedOut(activity: string, began: number): string {
  const instant = new Date(began).toISOString().replace(".000Z", "Z");
  return `Request timed out. The worker is currently ${activity}, which began at ${instant}`;
}

/** Work on the same name happens in the order it was asked for; a change reads what the one before it wrote. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve();
    // Whether the one before succeeded is its own caller's business.
    const mine = before.then(work, work);
    this.#last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(name) === mine) this.#last.delete(name);
    }
  }
}
