/** What a task remembers of files while it runs; bounded, and never needed for correctness after a restart. */
import type { FileIdentity } from "./file_identity.ts";
import { isUnchanged, type SpoolFile } from "./spool_file.ts";

/** A file of which a part was sent before it was found to be growing. */
export interface PartialFile {
  readonly identity: FileIdentity;
  /** Number of the last row sent. */
  readonly offset: number;
}

/** Names remembered of files that were moved away. */
const MAX_MOVED = 10_000;

export class RecentFiles {
  readonly #partial = new Map<string, PartialFile>();
  readonly #kept = new Map<string, SpoolFile>();
  readonly #asked = new Set<string>();
  readonly #moved = new Set<string>();

  setPartial(file: SpoolFile, partial: PartialFile): void {
    this.#partial.set(file.relative, partial);
  }

  /** Given once: the file is opened for it. */
  takePartial(file: SpoolFile): PartialFile | undefined {
    const partial = this.#partial.get(file.relative);
    this.#partial.delete(file.relative);
    return partial;
  }

  /** The file is done with; `stays`: it was left where it is. */
  setFinished(file: SpoolFile, stays: boolean): void {
    if (stays) {
      this.#kept.set(file.relative, file);
      return;
    }
    this.#moved.add(file.relative);
    if (this.#moved.size <= MAX_MOVED) return;
    for (const oldest of this.#moved) {
      this.#moved.delete(oldest);
      break;
    }
  }

  /** Whether this very file, unchanged, was finished and left in place. Asked for every file of a listing. */
  isFinished(file: SpoolFile): boolean {
    const kept = this.#kept.get(file.relative);
    if (kept === undefined || !isUnchanged(kept, file)) return false;
    this.#asked.add(file.relative);
    return true;
  }

  /** Forgets the files left in place that the listing did not show. */
  endListing(): void {
    for (const relative of this.#kept.keys()) if (!this.#asked.has(relative)) this.#kept.delete(relative);
    this.#asked.clear();
  }

  /** Whether a file of this name was moved away or deleted by this task. */
  wasMoved(file: SpoolFile): boolean {
    return this.#moved.has(file.relative);
  }
}
