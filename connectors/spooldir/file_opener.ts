import { ConnectError, type SourceContext, type SourceOffset } from "sdk";
import { compressionOf } from "./compression.ts";
import { FileHeaders } from "./file_headers.ts";
import { type FileIdentity, identify, isContinued } from "./file_identity.ts";
import type { Layout } from "./layout.ts";
import { OpenFile } from "./open_file.ts";
import { type FlagSettings, ProcessingFlag } from "./processing_flag.ts";
import type { RecentFiles } from "./recent_files.ts";
import type { FileFormat } from "./row_reader.ts";
import { SETTLING_MS } from "./spool_directory.ts";
import { lookAgain, type SpoolFile } from "./spool_file.ts";
import { partitionOf, resumePoint } from "./stored_offset.ts";

/** Partitions whose offsets are asked for at once. */
const OFFSETS_AT_ONCE = 100;

/** What opening a file depends on besides the file. */
export interface OpenerOptions {
  readonly flags: FlagSettings;
  readonly layout: Layout;
  readonly withHeaders: boolean;
  readonly format: FileFormat;
  readonly recent: RecentFiles;
  readonly context: SourceContext;
}

/** Opens files where an earlier reading of them ended. */
export class FileOpener {
  readonly #options: OpenerOptions;
  #storedOffsets = new Map<string, SourceOffset | undefined>();

  constructor(options: OpenerOptions) {
    this.#options = options;
  }

  /**
   * Flags a listed file and opens it behind the rows that were sent before. What is wrong with the file itself is in `error` of
   * what comes back. undefined: it cannot be read now, because it went away or another reader has it; `"growing"`: it is still
   * being written. `upcoming` are the files likely to be opened next.
   */
  async open(listed: SpoolFile, upcoming: readonly SpoolFile[]): Promise<OpenFile | "growing" | undefined> {
    const open = await this.#flagged(listed);
    if (open === undefined) return undefined;
    const { log } = this.#options.context;
    log.info(`Opening ${open.file.path}`, { file: open.file.path });
    try {
      if (await this.#prepare(open, upcoming)) return open;
      await open.release(log);
      return "growing";
    } catch (error) {
      const isStored = error instanceof StoredOffsetError;
      const hasChanged = !isStored && await open.hasChanged(log);
      if (isStored || hasChanged || open.isGone) await open.release(log);
      if (isStored) throw error;
      if (open.isGone) return undefined;
      if (hasChanged) return "growing";
      open.error = error;
      open.end("failed");
      return open;
    }
  }

  async #flagged(listed: SpoolFile): Promise<OpenFile | undefined> {
    const { context, flags } = this.#options;
    try {
      // Length and time are those of the file as it is read, not as it was listed, which may be long ago.
      const file = await lookAgain(listed);
      const flag = await ProcessingFlag.take(file.path, flags);
      if (flag !== undefined) return new OpenFile(file, flag, context.now());
      context.log.warn("Skipping a file that another reader has just flagged", { file: file.path });
      return undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        context.log.warn("A file went away before it was read", { file: listed.path });
        return undefined;
      }
      throw new ConnectError(`Cannot flag '${listed.path}' as being read: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
  }

  /** False: the file is still being written. */
  async #prepare(open: OpenFile, upcoming: readonly SpoolFile[]): Promise<boolean> {
    const { file } = open;
    const { context, format, withHeaders, layout } = this.#options;
    open.reader = await format.open(file);
    const identity = open.identity = await identify(file);
    // A last line without an end that was written just now: its other half may follow.
    if (!identity.endsInLine && context.now() - file.lastModified < SETTLING_MS) return false;
    if (!identity.endsInLine && compressionOf(file.path) === "none") {
      context.log.warn(
        "A file is taken as complete although its last line has no end. A writer that pauses must write elsewhere and rename the file into the directory",
        { file: file.path },
      );
    }
    if (withHeaders) open.headers = new FileHeaders(file, layout);
    const resume = await this.#resumePoint(file, identity, upcoming);
    if (resume !== undefined) {
      context.log.info(`Found previous offset. Skipping ${resume} line(s).`, { file: file.path });
      await open.reader.resume(resume);
      open.offset = resume;
    }
    return true;
  }

  async #resumePoint(file: SpoolFile, identity: FileIdentity, upcoming: readonly SpoolFile[]): Promise<number | undefined> {
    const { recent } = this.#options;
    const partial = recent.takePartial(file);
    if (partial !== undefined) return await isContinued(file, partial.identity) ? partial.offset : undefined;
    // Moved away in this run, so this is a new file, however much it looks like the old one.
    if (recent.wasMoved(file)) return undefined;
    const stored = await this.#storedOffset(file, upcoming);
    try {
      return resumePoint(stored, identity);
    } catch (error) {
      throw new StoredOffsetError(`${error instanceof Error ? error.message : error} (file '${file.path}')`, { cause: error });
    }
  }

  /** Asked for with those of the next files, as each question goes to the parent process; used once, as it may move on. */
  async #storedOffset(file: SpoolFile, upcoming: readonly SpoolFile[]): Promise<SourceOffset | undefined> {
    if (!this.#storedOffsets.has(file.relative)) {
      const files = [file, ...upcoming.slice(0, OFFSETS_AT_ONCE - 1)];
      const offsets = await this.#options.context.offsets(files.map(partitionOf));
      this.#storedOffsets = new Map(files.map((asked, i) => [asked.relative, offsets[i]]));
    }
    const offset = this.#storedOffsets.get(file.relative);
    this.#storedOffsets.delete(file.relative);
    return offset;
  }
}

/** A stored offset that no file can have: it fails the task, and no file is blamed for it. */
class StoredOffsetError extends ConnectError {}
