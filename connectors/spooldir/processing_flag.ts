/** The flag file beside a file that is being read: who reads it, in a form that survives crashes. */
import { hostname } from "node:os";
import process from "node:process";
import type { TaskLog } from "sdk";

/** Tells this run of this process from an earlier one with the same number, as containers start theirs. */
const PROCESS_TOKEN = crypto.randomUUID();

/** Who a flag belongs to. */
export interface FlagOwner {
  readonly connector: string;
  readonly task: number;
}

/** What flags are judged and made with. */
export interface FlagSettings {
  /** `processing.file.extension`. */
  readonly extension: string;
  /** Age in milliseconds from which a flag nobody renewed is stale. */
  readonly leaseMs: number;
  readonly owner: FlagOwner;
  readonly now: () => number;
  readonly log: TaskLog;
}

/** Contents of a flag file. Those of the reference are empty. */
interface FlagNote extends FlagOwner {
  readonly host: string;
  readonly pid: number;
  readonly process: string;
  /** Tells this flag from any other. */
  readonly token: string;
  readonly since: string;
}

/** What is to be thought of a flag: undefined = there is none. `reason` goes into the log. */
export type FlagVerdict = { readonly stale: boolean; readonly reason: string } | undefined;

/** Path of the flag of a file. */
export function flagPath(path: string, settings: Pick<FlagSettings, "extension">): string {
  return path + settings.extension;
}

/** Judges the flag of a file, if there is one. */
export async function judgeFlag(path: string, settings: FlagSettings): Promise<FlagVerdict> {
  return (await readFlag(flagPath(path, settings), settings))?.verdict;
}

/** A flag of ours, on disk until it is removed. */
export class ProcessingFlag {
  readonly #path: string;
  readonly #token: string;

  private constructor(path: string, token: string) {
    this.#path = path;
    this.#token = token;
  }

  /** Creates the flag of a file, exclusively; a stale one is taken over. undefined: somebody else is reading the file. */
  static async take(path: string, settings: FlagSettings): Promise<ProcessingFlag | undefined> {
    const flag = new ProcessingFlag(flagPath(path, settings), crypto.randomUUID());
    return await flag.#create(flag.#path, settings) || await flag.#takeOver(settings) ? flag : undefined;
  }

  /** False: there is a file of that name. */
  async #create(path: string, settings: FlagSettings): Promise<boolean> {
    const note: FlagNote = {
      host: hostname(),
      pid: process.pid,
      process: PROCESS_TOKEN,
      ...settings.owner,
      token: this.#token,
      since: new Date(settings.now()).toISOString(),
    };
    try {
      await Deno.writeTextFile(path, JSON.stringify(note) + "\n", { createNew: true });
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return false;
      throw error;
    }
  }

  /**
   * Many tasks may find the same stale flag. Who creates the candidate beside it may judge it once more, and renames the
   * candidate over it: in one step the flag has a new owner and the next candidate may come, which will find the flag fresh.
   */
  async #takeOver(settings: FlagSettings): Promise<boolean> {
    if (!(await readFlag(this.#path, settings))?.verdict.stale) return false;
    const candidate = this.#path + settings.extension;
    if (!await this.#create(candidate, settings)) {
      await dropIfStale(candidate, settings);
      return false;
    }
    const found = await readFlag(this.#path, settings);
    if (found === undefined || !found.verdict.stale) {
      await removeIfThere(candidate);
      return false;
    }
    settings.log.warn("Taking over the processing flag of a reader that is gone", { flag: this.#path, reason: found.verdict.reason });
    await Deno.rename(candidate, this.#path);
    return true;
  }

  /** Shows that the file is still being read. */
  async renew(now: number): Promise<void> {
    if (await this.isOurs()) await Deno.utime(this.#path, new Date(now), new Date(now));
  }

  /** Whether nobody took the flag over. One that was deleted by hand still counts as ours. */
  async isOurs(): Promise<boolean> {
    const text = await readText(this.#path);
    return text === undefined || noteIn(text)?.token === this.#token;
  }

  /** Removes the flag, unless it is another's by now. */
  async remove(): Promise<void> {
    if (await this.isOurs()) await removeIfThere(this.#path);
  }
}

/** A candidate lives for a moment; one that does not has been left by a crash. The next look finds the place free. */
async function dropIfStale(candidate: string, settings: FlagSettings): Promise<void> {
  if ((await readFlag(candidate, settings))?.verdict.stale) await removeIfThere(candidate);
}

interface FoundFlag {
  readonly text: string;
  readonly verdict: { readonly stale: boolean; readonly reason: string };
}

async function readFlag(path: string, settings: FlagSettings): Promise<FoundFlag | undefined> {
  try {
    const [text, info] = await Promise.all([Deno.readTextFile(path), Deno.stat(path)]);
    return { text, verdict: verdictOn(noteIn(text), settings.now() - (info.mtime?.getTime() ?? 0), settings) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function verdictOn(note: FlagNote | undefined, ageMs: number, settings: FlagSettings) {
  const who = note === undefined
    ? "an unnamed reader"
    : `connector ${note.connector}, task ${note.task}, process ${note.pid} on ${note.host}`;
  if (ageMs >= settings.leaseMs) return { stale: true, reason: `${who} has not renewed it for ${Math.round(ageMs / 1000)} seconds` };
  if (note !== undefined && note.host === hostname()) {
    if (note.process === PROCESS_TOKEN) {
      // One task of one connector runs once: a flag of its own is what its predecessor left.
      const own = note.connector === settings.owner.connector && note.task === settings.owner.task;
      return { stale: own, reason: own ? "this task has left it behind" : `${who} is reading the file` };
    }
    if (note.pid === process.pid || !isRunning(note.pid)) return { stale: true, reason: `${who} no longer runs` };
  }
  return { stale: false, reason: `${who} is reading the file, or left the flag behind ${Math.round(ageMs / 1000)} seconds ago` };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    return error instanceof Error && "code" in error && error.code !== "ESRCH";
  }
}

/** undefined for what is no note of ours: the reference writes nothing, and a note may be half-written. */
function noteIn(text: string): FlagNote | undefined {
  try {
    const note: unknown = JSON.parse(text);
    return isNote(note) ? note : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isNote(note: unknown): note is FlagNote {
  return typeof note === "object" && note !== null && "token" in note && "pid" in note && typeof note.pid === "number";
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
