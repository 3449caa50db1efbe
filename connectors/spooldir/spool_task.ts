/** The task of every connector of this family: lists, reads, and finishes files once Kafka has them. */
import type { RecordBatch, SourceContext, SourceTask } from "sdk";
import { failureLine, fileError } from "./file_failure.ts";
import { FileOpener } from "./file_opener.ts";
import { Finisher, type FinishingSettings } from "./finishing.ts";
import { type BatchSettings, OpenFile } from "./open_file.ts";
import type { FlagSettings } from "./processing_flag.ts";
import { RecentFiles } from "./recent_files.ts";
import type { FileFormat, RowBatch } from "./row_reader.ts";
import { SettlingFiles } from "./settling.ts";
import { type DirectorySettings, SETTLING_MS, SpoolDirectory } from "./spool_directory.ts";
import { lookAgain, type SpoolFile } from "./spool_file.ts";
import { withTimestamps } from "./timestamps.ts";

/** Everything a task needs to know, whatever the format. */
export interface SpoolSettings {
  readonly directory: DirectorySettings;
  readonly finishing: FinishingSettings;
  readonly flags: FlagSettings;
  readonly batch: BatchSettings;
  readonly batchSize: number;
  readonly idleMs: number;
  readonly withHeaders: boolean;
  /** Records carry the file's last modification as their timestamp. */
  readonly fileTime: boolean;
}

/** Files opened in one poll that gives no record, so that the engine gets its turn. */
const FILES_PER_POLL = 100;
/** Files that may wait for their acknowledgements while later ones are read. */
const MAX_UNSETTLED = 1000;
/** Pause while only acknowledgements are waited for; the engine ends it when there are some. */
const SETTLE_WAIT_MS = 100;

/** One task. Its files are read one after the other; each is settled when its last record is acknowledged. */
export class SpoolTask implements SourceTask {
  readonly #settings: SpoolSettings;
  readonly #context: SourceContext;
  readonly #directory: SpoolDirectory;
  readonly #recent = new RecentFiles();
  readonly #opener: FileOpener;
  readonly #finisher: Finisher;
  readonly #settling: SettlingFiles;
  #queue: SpoolFile[] = [];
  #reading: OpenFile | undefined;
  /** The failed file with which the task fails. */
  #halted: OpenFile | undefined;
  #idlePolls = 0;
  #saidIdle = false;
  #renewAt = 0;

  constructor(settings: SpoolSettings, format: FileFormat, context: SourceContext) {
    const { flags, withHeaders, finishing } = settings;
    this.#settings = settings;
    this.#context = context;
    this.#directory = new SpoolDirectory(settings.directory);
    this.#opener = new FileOpener({ flags, withHeaders, layout: finishing.layout, format, recent: this.#recent, context });
    this.#finisher = new Finisher(finishing, context.log);
    this.#settling = new SettlingFiles({
      context,
      finisher: this.#finisher,
      putBack: (open) => this.#putBack(open),
      finished: (open) => this.#finished(open),
    });
  }

  async poll(): Promise<RecordBatch | null> {
    await this.#renewFlags();
    for (let files = 0; files < FILES_PER_POLL && !this.#context.signal.aborted; files++) {
      await this.#settling.settle();
      if (this.#halted !== undefined) return await this.#halt(this.#halted);
      this.#reading ??= await this.#openNext();
      if (this.#reading === undefined) return await this.#idle();
      const batch = await this.#read(this.#reading);
      if (batch === null) continue;
      this.#idlePolls = 0;
      this.#saidIdle = false;
      return batch;
    }
    return null;
  }

  async delivered(token: unknown): Promise<void> {
    if (!(token instanceof OpenFile)) return;
    token.outstanding--;
    await this.#settling.settle();
  }

  /** Leaves every file that is not settled where it is, free for the next reader. Invariant 3: it is resumed from the stored offset. */
  async stop(): Promise<void> {
    for (const open of this.#openFiles()) await open.release(this.#context.log);
    this.#reading = undefined;
  }

  #openFiles(): readonly OpenFile[] {
    return this.#reading === undefined ? this.#settling.files : [...this.#settling.files, this.#reading];
  }

  /** The next file that is worth reading; undefined when there is none now, or when the task is to fail first. */
  async #openNext(): Promise<OpenFile | undefined> {
    if (this.#settling.size >= MAX_UNSETTLED) return undefined;
    if (this.#queue.length === 0) {
      const inHand = new Set(this.#openFiles().map((open) => open.file.relative));
      this.#queue = await this.#directory.list((file) => inHand.has(file.relative) || this.#recent.isFinished(file));
      this.#recent.endListing();
    }
    while (!this.#context.signal.aborted) {
      const listed = this.#queue.shift();
      if (listed === undefined) return undefined;
      const opened = await this.#opener.open(listed, this.#queue);
      if (opened === "growing") this.#directory.postpone(listed);
      else if (opened?.outcome === "failed") this.#fail(opened, opened.error);
      else if (opened !== undefined) return opened;
      if (this.#halted !== undefined) return undefined;
    }
    return undefined;
  }

  /** The next rows of the file; null when there are none, whatever the reason. */
  async #read(open: OpenFile): Promise<RecordBatch | null> {
    const { log, signal } = this.#context;
    try {
      const rows = await open.reader?.read(this.#settings.batchSize) ?? null;
      if (await open.hasChanged(log)) await this.#putBack(open);
      else if (rows !== null) return this.#records(open, rows);
      else {
        open.end("finished");
        this.#setAside(open);
      }
    } catch (error) {
      // A read that a stop has cut short is no error of the file.
      if (signal.aborted) return null;
      if (await open.hasChanged(log)) await this.#putBack(open);
      else this.#fail(open, error);
    }
    return null;
  }

  /** Throws what fails the file: with tolerance "none" its first bad row, and whatever ends it early. */
  #records(open: OpenFile, rows: RowBatch): RecordBatch {
    const stamped = withTimestamps(rows, this.#settings.fileTime ? open.file.lastModified : null, (offset) => open.lineOf(offset));
    if (this.#context.tolerance === "none") {
      const failure = stamped.failures[0];
      if (failure !== undefined) {
        open.isOneRow = true;
        open.faultLine = open.lineOf(rows.offsets[failure.row] as number);
        throw failure.error;
      }
      if (rows.fatal !== null) throw rows.fatal;
    }
    return open.batch(rows, stamped, this.#settings.batch);
  }

  /** Reads the rest once the file stays as it is. What was read last is dropped: its last row may have been half-written. */
  async #putBack(open: OpenFile): Promise<void> {
    const { file, identity, offset } = open;
    this.#context.log.warn(
      "A file is being written while it is read: the rest is read once it stays as it is. Write files elsewhere and rename them into the directory",
      { file: file.path, sentUpTo: Math.max(0, offset) },
    );
    if (identity !== undefined && offset >= 0) this.#recent.setPartial(file, { identity, offset });
    if (this.#reading === open) this.#reading = undefined;
    await open.release(this.#context.log);
    try {
      this.#directory.postpone(await lookAgain(file));
    } catch (error) {
      // Gone by now: there is nothing to wait for.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  #fail(open: OpenFile, error: unknown): void {
    const { file } = open;
    // The row behind those that were consumed, unless it is known already.
    if (open.reader !== undefined) open.faultLine ??= open.reader.line + 1;
    this.#context.log.error(failureLine(open, error, this.#finisher.errorTarget(file)), { file: file.path });
    open.error = error;
    open.end("failed");
    this.#setAside(open);
    if (this.#settings.finishing.haltOnError) this.#halted = open;
  }

  #setAside(open: OpenFile): void {
    if (this.#reading === open) this.#reading = undefined;
    if (open.skipped > 0) {
      const more = open.skipped > open.skippedLines.length ? " and more" : "";
      this.#context.log.warn(`Skipped ${open.skipped} row(s) that could not be read, in line ${open.skippedLines.join(", ")}${more}`, {
        file: open.file.path,
      });
    }
    this.#settling.add(open);
  }

  #finished({ file, rows, startedAt }: OpenFile): void {
    this.#recent.setFinished(file, this.#settings.finishing.policy === "NONE");
    const seconds = Math.floor((this.#context.now() - startedAt) / 1000);
    const speed = seconds < 1 ? "" : ` Processing speed ${readableSize(file.length / seconds)} per second.`;
    this.#context.log.info(`Finished processing ${rows} record(s) in ${seconds} second(s).${speed}`, { file: file.path });
  }

  /** Nothing to read: the first such poll returns at once, as acknowledgements may be waiting to be told. */
  async #idle(): Promise<null> {
    if (this.#halted !== undefined) return null;
    if (this.#settling.size > 0) {
      await this.#context.sleep(SETTLE_WAIT_MS);
      return null;
    }
    this.#idlePolls++;
    if (this.#idlePolls <= 1) return null;
    const { idleMs, directory } = this.#settings;
    if (!this.#saidIdle) this.#context.log.info(`No files matching input.file.pattern were found in ${directory.inputPath}`);
    this.#saidIdle = true;
    await this.#context.sleep(this.#directory.hasGrowing ? Math.min(idleMs, SETTLING_MS) : idleMs);
    return null;
  }

  /** The task fails once the file is out of the way, so that a restart goes on with the next one. */
  async #halt(halted: OpenFile): Promise<null> {
    if (!this.#settling.files.includes(halted)) throw fileError(halted, this.#context.tolerance);
    await this.#context.sleep(SETTLE_WAIT_MS);
    return null;
  }

  /** Flags of files in hand, before others may think their reader gone. */
  async #renewFlags(): Promise<void> {
    const now = this.#context.now();
    if (now < this.#renewAt) return;
    this.#renewAt = now + this.#settings.flags.leaseMs / 4;
    for (const open of this.#openFiles()) {
      try {
        await open.flag.renew(now);
      } catch (error) {
        this.#context.log.warn("Cannot renew a processing flag", { file: open.file.path, reason: String(error) });
      }
    }
  }
}

/** 1536 → `1.5 KiB`. */
function readableSize(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return `${(bytes / 2 ** (10 * power)).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
