/** What becomes of files that are done with, on disk. */
import { join } from "node:path";
import type { TaskLog } from "sdk";
import { dayDirectory, type Layout, targetDirectory } from "./layout.ts";
import { moveFile, removeEmptyParents } from "./move_file.ts";
import type { SpoolFile } from "./spool_file.ts";

export type CleanupPolicy = "NONE" | "DELETE" | "MOVE" | "MOVEBYDATE";

/** The keys that decide where files go. */
export interface FinishingSettings {
  readonly inputPath: string;
  readonly finishedPath: string;
  readonly errorPath: string;
  readonly policy: CleanupPolicy;
  readonly layout: Layout;
  /** Whether emptied sub-directories of the input directory stay. */
  readonly keepDirectories: boolean;
  readonly haltOnError: boolean;
}

/** Carries out the cleanup policy. Every call may be repeated after it failed: the source stays until the target is whole. */
export class Finisher {
  readonly #settings: FinishingSettings;
  readonly #log: TaskLog;

  constructor(settings: FinishingSettings, log: TaskLog) {
    this.#settings = settings;
    this.#log = log;
  }

  /** The file was read to its end and all of it is in Kafka. */
  async finished(file: SpoolFile): Promise<void> {
    switch (this.#settings.policy) {
      case "NONE":
        return;
      case "DELETE":
        this.#log.info(`Deleting ${file.path}`, { file: file.path });
        return await Deno.remove(file.path);
      case "MOVE":
      case "MOVEBYDATE":
        return await this.#move(file, this.#finishedDirectory(file));
    }
  }

  /** The file could not be read. */
  async failed(file: SpoolFile): Promise<void> {
    const { errorPath, layout, policy, haltOnError } = this.#settings;
    await this.#move(file, targetDirectory(errorPath, file, layout));
    // The reference makes the target of a finished file before it sees that the file is gone, and leaves it empty.
    const leavesEmpty = layout === "doubled" && !haltOnError && (policy === "MOVE" || policy === "MOVEBYDATE");
    if (leavesEmpty) await Deno.mkdir(this.#finishedDirectory(file), { recursive: true });
  }

  #finishedDirectory(file: SpoolFile): string {
    const { finishedPath, policy, layout } = this.#settings;
    const root = policy === "MOVEBYDATE" ? join(finishedPath, dayDirectory(file.lastModified)) : finishedPath;
    return targetDirectory(root, file, layout);
  }

  async #move(file: SpoolFile, directory: string): Promise<void> {
    this.#log.info(`Moving ${file.path} to ${directory}`, { file: file.path });
    const target = await moveFile(file.path, directory, file.name);
    if (target !== join(directory, file.name)) {
      this.#log.warn("A file of that name was there already: the new one got a number", { file: file.path, target });
    }
  }

  /** Removes the directories a file has left empty. Comes after its flag has gone. */
  async tidy(file: SpoolFile): Promise<void> {
    const { inputPath, keepDirectories } = this.#settings;
    if (!keepDirectories) await removeEmptyParents(file.path, inputPath, this.#log);
  }
}
