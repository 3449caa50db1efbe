/** What becomes of files that are done with, on disk. */
import { join } from "node:path";
import type { TaskLog } from "sdk";
import { dayDirectory, type Layout, targetDirectory } from "./layout.ts";
import { makeDirectory, moveFile, removeEmptyParents, type TargetDirectory } from "./move_file.ts";
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
        await this.#move(file, this.#finishedDirectory(file));
    }
  }

  /** The file could not be read. Returns where it is now. */
  async failed(file: SpoolFile): Promise<string> {
    const { layout, policy, haltOnError } = this.#settings;
    const moved = await this.#move(file, this.#errorDirectory(file));
    // The reference makes the target of a finished file before it sees that the file is gone, and leaves it empty.
    const leavesEmpty = layout === "doubled" && !haltOnError && (policy === "MOVE" || policy === "MOVEBYDATE");
    if (leavesEmpty) await this.#leaveEmpty(this.#finishedDirectory(file));
    return moved;
  }

  /** Where the file goes when it cannot be read; it may get a number there. */
  errorTarget(file: SpoolFile): string {
    return join(this.#errorDirectory(file).path, file.name);
  }

  #errorDirectory(file: SpoolFile): TargetDirectory {
    const { errorPath, layout } = this.#settings;
    return { key: "error.path", root: errorPath, path: targetDirectory(errorPath, file, layout) };
  }

  #finishedDirectory(file: SpoolFile): TargetDirectory {
    const { finishedPath, policy, layout } = this.#settings;
    const below = policy === "MOVEBYDATE" ? join(finishedPath, dayDirectory(file.lastModified)) : finishedPath;
    return { key: "finished.path", root: finishedPath, path: targetDirectory(below, file, layout) };
  }

  /** Nothing depends on it, and the file has been moved by now: what stands in its way is told. */
  async #leaveEmpty(directory: TargetDirectory): Promise<void> {
    try {
      await makeDirectory(directory);
    } catch (error) {
      this.#log.warn("Cannot make the directory that a finished file would be in", { directory: directory.path, reason: String(error) });
    }
  }

  async #move(file: SpoolFile, directory: TargetDirectory): Promise<string> {
    this.#log.info(`Moving ${file.path} to ${directory.path}`, { file: file.path });
    const target = await moveFile(file.path, directory, file.name);
    if (target !== join(directory.path, file.name)) {
      this.#log.warn("A file of that name was there already: the new one got a number", { file: file.path, target });
    }
    return target;
  }

  /** Removes the directories a file has left empty. Comes after its flag has gone. */
  async tidy(file: SpoolFile): Promise<void> {
    const { inputPath, keepDirectories } = this.#settings;
    if (!keepDirectories) await removeEmptyParents(file.path, inputPath, this.#log);
  }
}
