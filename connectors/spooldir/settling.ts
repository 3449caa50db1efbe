/** Files that were read to their end or failed, until their last record is acknowledged and they are out of the way. */
import { ConnectError, type SourceContext } from "sdk";
import type { Finisher } from "./finishing.ts";
import { type OpenFile, reasonOf } from "./open_file.ts";

/** Pauses between attempts to move a file away; after the last one the task fails. */
const MOVE_RETRY_MS = [100, 1000, 5000, 15_000];

/** What settling needs of its task. */
export interface SettlingOptions {
  readonly finisher: Finisher;
  readonly context: SourceContext;
  /** The file was written to since it was read. */
  readonly putBack: (open: OpenFile) => Promise<void>;
  /** The file was finished, and is where it belongs now. */
  readonly finished: (open: OpenFile) => void;
}

/** The files in the order in which they were read. */
export class SettlingFiles {
  readonly #options: SettlingOptions;
  #files: OpenFile[] = [];

  constructor(options: SettlingOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#files.length;
  }

  get files(): readonly OpenFile[] {
    return this.#files;
  }

  add(open: OpenFile): void {
    this.#files.push(open);
  }

  /** Puts away every file that is done with. Invariant 3: none before Kafka has all its records. Throws when that has failed too often. */
  async settle(): Promise<void> {
    for (const open of [...this.#files]) {
      if (open.outstanding > 0 || this.#options.context.now() < open.retryAt) continue;
      if (await this.#settleFile(open)) this.#files.splice(this.#files.indexOf(open), 1);
    }
  }

  /** Whether the file is off our hands. */
  async #settleFile(open: OpenFile): Promise<boolean> {
    const { context, putBack } = this.#options;
    try {
      if (!await open.flag.isOurs()) {
        // For instance while this task was paused for longer than the flag's lease.
        context.log.warn("Another reader has taken the file over: leaving it to that one", { file: open.file.path });
        return true;
      }
      if (open.outcome === "finished" && await open.hasChanged(context.log)) await putBack(open);
      else await this.#putAway(open);
      return true;
    } catch (error) {
      this.#retryLater(open, error);
      return false;
    }
  }

  async #putAway(open: OpenFile): Promise<void> {
    const { context, finisher, finished } = this.#options;
    if (open.outcome === "failed" && !open.isGone) open.movedTo ??= await finisher.failed(open.file);
    if (open.outcome === "finished" && !open.isGone) await finisher.finished(open.file);
    await open.removeFlag(context.log);
    await finisher.tidy(open.file);
    if (open.outcome === "finished") finished(open);
  }

  #retryLater(open: OpenFile, error: unknown): void {
    const { context } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof Deno.errors.NotFound && !open.isGone) open.isGone = true;
    const pauseMs = MOVE_RETRY_MS[open.attempts++];
    if (pauseMs === undefined) {
      const failed = open.outcome === "failed" ? ` It is to go below error.path, because of ${reasonOf(open.error)}` : "";
      throw new ConnectError(
        `Cannot put away '${open.file.path}' after ${open.attempts} attempts: ${reason}. ` +
          `The file is still there and what was read of it is in Kafka. Make room or give access, then restart the task.${failed}`,
        { cause: error },
      );
    }
    open.retryAt = context.now() + pauseMs;
    context.log.warn("Cannot put a file away: trying again", { file: open.file.path, reason, pauseMs });
  }
}
