/** Which files of the input directory are to be read next. */
import type { TaskLog } from "sdk";
import { inOrder, type SortAttribute } from "./file_order.ts";
import { findFiles, type FoundFile, isOurs } from "./find_files.ts";
import { ListingOutages } from "./listing_outages.ts";
import { flagPath, type FlagSettings, judgeFlag } from "./processing_flag.ts";
import { fileAt, type SpoolFile } from "./spool_file.ts";
import { isShareOf } from "./task_share.ts";

/** What the directory is searched for. */
export interface DirectorySettings {
  /** Absolute, without a separator at its end. */
  readonly inputPath: string;
  readonly matches: (name: string) => boolean;
  readonly recursive: boolean;
  /** Directories that are never entered: finished and error trees. */
  readonly excluded: readonly string[];
  readonly minimumAgeMs: number;
  readonly sortBy: readonly SortAttribute[];
  readonly task: number;
  readonly tasks: number;
  readonly flags: FlagSettings;
}

/** Stands in a listing for bytes of a name that are not UTF-8; no file has the name that is listed. */
const REPLACED = "\ufffd";
/** Files looked at side by side. */
const PARALLEL = 32;
/** A file found to be growing must stay as it is for this long before it is read again. */
export const SETTLING_MS = 1000;
/** How a file looked when it was found growing. */
interface Growing {
  readonly length: number;
  readonly lastModified: number;
  readonly since: number;
}

/** Lists the input directory; remembers what it has warned of, and which files were growing. */
export class SpoolDirectory {
  readonly #settings: DirectorySettings;
  readonly #log: TaskLog;
  #warned = new Set<string>();
  #warnedBefore = new Set<string>();
  readonly #growing = new Map<string, Growing>();
  readonly #outages: ListingOutages;
  /** Names that stand for others, said once in a run. */
  readonly #notUtf8 = new Set<string>();

  constructor(settings: DirectorySettings) {
    this.#settings = settings;
    this.#log = settings.flags.log;
    this.#outages = new ListingOutages(settings.flags);
  }

  /** Whether files wait to be seen unchanged: the next look should come soon. */
  get hasGrowing(): boolean {
    return this.#growing.size > 0;
  }

  /** The file is being written: not before it stays as it is. */
  postpone(file: SpoolFile): void {
    this.#growing.set(file.relative, { length: file.length, lastModified: file.lastModified, since: this.#settings.flags.now() });
  }

  /** Files to read, in order; those for which `isKnown` holds are left out. A directory that cannot be listed counts as empty; `ListingOutages` says so. */
  async list(isKnown: (file: SpoolFile) => boolean): Promise<SpoolFile[]> {
    this.#warnedBefore = this.#warned;
    this.#warned = new Set();
    const candidates = await this.#find();
    this.#forgetGone(candidates);
    const files: SpoolFile[] = [];
    for (let i = 0; i < candidates.length; i += PARALLEL) {
      const looked = await Promise.all(candidates.slice(i, i + PARALLEL).map((candidate) => this.#look(candidate, isKnown)));
      for (const file of looked) if (file !== undefined) files.push(file);
    }
    return inOrder(files, this.#settings.sortBy);
  }

  #forgetGone(candidates: readonly FoundFile[]): void {
    if (this.#growing.size === 0) return;
    const seen = new Set(candidates.map((candidate) => candidate.relative));
    for (const relative of this.#growing.keys()) if (!seen.has(relative)) this.#growing.delete(relative);
  }

  async #find(): Promise<FoundFile[]> {
    const { inputPath, recursive, excluded, matches, task, tasks, flags } = this.#settings;
    const accepts = (name: string) => !isOurs(name, flags.extension) && matches(name) && isShareOf(name, task, tasks);
    const found = await findFiles({ inputPath, recursive, excluded, accepts }, flags.extension, this.#outages);
    this.#outages.endListing();
    return found;
  }

  async #look(candidate: FoundFile, isKnown: (file: SpoolFile) => boolean): Promise<SpoolFile | undefined> {
    const { isFlagged, path } = candidate;
    try {
      const info = await Deno.stat(path);
      if (!info.isFile) return undefined;
      const file = fileAt(candidate, info);
      if (isKnown(file) || !this.#isOldEnough(file) || !this.#isSettled(file)) return undefined;
      return isFlagged && await this.#isBeingRead(file) ? undefined : file;
    } catch (error) {
      // A link to nowhere, or a file that went away since the directory was listed.
      if (error instanceof Deno.errors.NotFound) {
        if (candidate.relative.includes(REPLACED)) this.#warnNotUtf8(path);
      } else {
        this.#warnOnce(path, "Cannot look at a file", { file: path, reason: String(error) });
      }
      return undefined;
    }
  }

  #warnNotUtf8(path: string): void {
    if (this.#notUtf8.has(path)) return;
    this.#notUtf8.add(path);
    this.#log.warn("A file is never read: its name is not UTF-8 and cannot be opened. Rename it", { file: path });
  }

  #isOldEnough(file: SpoolFile): boolean {
    const ageMs = this.#settings.flags.now() - file.lastModified;
    if (ageMs < 0) {
      const lastModified = new Date(file.lastModified).toISOString();
      this.#warnOnce(file.path, "A file is dated in the future: it is read once that time has come", { file: file.path, lastModified });
    }
    return ageMs >= this.#settings.minimumAgeMs && ageMs >= 0;
  }

  #isSettled(file: SpoolFile): boolean {
    const before = this.#growing.get(file.relative);
    if (before === undefined) return true;
    if (before.length !== file.length || before.lastModified !== file.lastModified) {
      this.postpone(file);
      return false;
    }
    if (this.#settings.flags.now() - before.since < SETTLING_MS) return false;
    this.#growing.delete(file.relative);
    return true;
  }

  async #isBeingRead(file: SpoolFile): Promise<boolean> {
    const verdict = await judgeFlag(file.path, this.#settings.flags);
    if (verdict === undefined || verdict.stale) return false;
    this.#warnOnce(flagPath(file.path, this.#settings.flags), "Skipping a file that another reader has flagged", {
      file: file.path,
      reason: verdict.reason,
    });
    return true;
  }

  /** Once for as long as the cause is seen at each listing. */
  #warnOnce(cause: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    if (!this.#warnedBefore.has(cause) && !this.#warned.has(cause)) this.#log.warn(message, fields);
    this.#warned.add(cause);
  }
}
