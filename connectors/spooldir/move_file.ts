/** Moving and tidying that can stop at any instant without losing a file. */
import { dirname, join, relative, sep } from "node:path";
import { ConnectError, type TaskLog } from "sdk";
import { numberedName } from "./layout.ts";

/** Names tried before giving up: a directory with more copies of one name is no accident. */
const MAX_NAMES = 10_000;

/** A directory to move files to: `path`, which may have to be made, at or below `root`, which is there, as the value of `key`. */
export interface TargetDirectory {
  readonly key: "finished.path" | "error.path";
  readonly root: string;
  readonly path: string;
}

/** Moves a file into a directory, never over an existing file. Returns where it went. See `makeDirectory` for what it throws. */
export async function moveFile(from: string, target: TargetDirectory, name: string): Promise<string> {
  await makeDirectory(target);
  const moved = await reserve(target.path, name);
  try {
    await renameOrCopy(from, moved);
  } catch (error) {
    // Only the empty placeholder; the source is where it was.
    await Deno.remove(moved);
    throw error;
  }
  return moved;
}

/** Makes a directory. Its root is never made: it may lie on a volume that is not mounted now, and the system's own disk would fill. */
export async function makeDirectory({ key, root, path }: TargetDirectory): Promise<void> {
  try {
    if (!(await Deno.stat(root)).isDirectory) throw missingRoot(key, root);
    let made = root;
    for (const part of relative(root, path).split(sep)) if (part !== "") await makeOne(made = join(made, part));
  } catch (error) {
    // Not as NotFound, which tells of the file that is to be moved.
    throw error instanceof Deno.errors.NotFound ? missingRoot(key, root) : error;
  }
}

async function makeOne(directory: string): Promise<void> {
  try {
    await Deno.mkdir(directory);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

function missingRoot(key: string, root: string): ConnectError {
  return new ConnectError(
    `There is no directory '${root}', which is ${key}, and it is not made here, as a volume may be missing: mount it or make it`,
  );
}

/** Takes a free name by creating it empty, as two tasks may want the same one. */
async function reserve(directory: string, name: string): Promise<string> {
  for (let n = 0; n < MAX_NAMES; n++) {
    const target = join(directory, numberedName(name, n));
    try {
      (await Deno.open(target, { write: true, createNew: true })).close();
      return target;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
  throw new Error(`Cannot find a free name for '${name}' in '${directory}': ${MAX_NAMES} are taken`);
}

async function renameOrCopy(from: string, target: string): Promise<void> {
  try {
    await Deno.rename(from, target);
  } catch (error) {
    if (!isCrossDevice(error)) throw error;
    await copyDurably(from, target);
    await Deno.remove(from);
  }
}

function isCrossDevice(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EXDEV";
}

/** The copy is complete on disk, with the source's times, before the source may go. Invariant 3. */
async function copyDurably(from: string, target: string): Promise<void> {
  const info = await Deno.stat(from);
  await Deno.copyFile(from, target);
  using file = await Deno.open(target, { read: true, write: true });
  await file.sync();
  await file.utime(info.atime ?? new Date(), info.mtime ?? new Date());
}

/**
 * Removes the directories that moving a file away has left empty, from its own up to, not including, `root`. Only true, empty
 * directories ever go. Tidying is a courtesy: what stands in its way is told to `log` and ends it.
 */
export async function removeEmptyParents(path: string, root: string, log: TaskLog): Promise<void> {
  const inside = root.endsWith(sep) ? root : root + sep;
  for (let directory = dirname(path); directory.startsWith(inside); directory = dirname(directory)) {
    try {
      if (!(await Deno.lstat(directory)).isDirectory) return;
      await Deno.remove(directory);
    } catch (error) {
      log.debug("Cannot clean up a sub-directory of input.path", { directory, reason: String(error) });
      return;
    }
  }
}
