import type { TaskLog } from "sdk";
import type { ListingTold } from "./find_files.ts";

/** Between two lines while a directory cannot be listed. */
const REMINDER_MS = 60_000;

/** Directories that cannot be listed: a line when one is lost, one a minute while it is, one when it is back. */
export class ListingOutages implements ListingTold {
  readonly #log: TaskLog;
  readonly #now: () => number;
  /** When each was found lost, and when that was last said. */
  readonly #lost = new Map<string, { readonly since: number; readonly saidAt: number }>();

  /** Lost directories that this listing has come to. */
  #told = new Set<string>();

  constructor({ log, now }: { readonly log: TaskLog; now(): number }) {
    this.#log = log;
    this.#now = now;
  }

  unlisted(directory: string, reason: string): void {
    this.#told.add(directory);
    const now = this.#now();
    const { since, saidAt } = this.#lost.get(directory) ?? { since: now, saidAt: -Infinity };
    if (now - saidAt < REMINDER_MS) return;
    this.#lost.set(directory, { since, saidAt: now });
    const lasting = since === now ? "" : `, for ${secondsSince(since, now)} now`;
    this.#log.warn(`Cannot list a directory: its files are not seen${lasting}`, { directory, reason });
  }

  listed(directory: string): void {
    const lost = this.#lost.get(directory);
    if (lost === undefined) return;
    this.#lost.delete(directory);
    this.#log.info(`A directory can be listed again after ${secondsSince(lost.since, this.#now())}`, { directory });
  }

  /** Forgets the lost sub-directories that are no longer there. */
  endListing(): void {
    for (const directory of this.#lost.keys()) if (!this.#told.has(directory)) this.#lost.delete(directory);
    this.#told = new Set();
  }
}

function secondsSince(since: number, now: number): string {
  return `${Math.round((now - since) / 1000)} seconds`;
}
