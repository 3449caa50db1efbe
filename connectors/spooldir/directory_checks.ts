/** Rules about directories that need the disk. */
import { access, constants } from "node:fs/promises";
import { ConnectError, type Problem } from "sdk";
import { movesFiles } from "./file_keys.ts";
import { isAbsolutePath, notAbsolute } from "./rules.ts";

/** Directories of a config, by key. null: not given, or not readable as a text. */
export type DirectoryKeys = Readonly<Record<string, string | null>>;

/** The directories in use, by their keys. */
export function usedDirectories(
  config: { readonly [K in "input.path" | "error.path" | "finished.path" | "cleanup.policy"]: string | null },
) {
  return {
    "input.path": config["input.path"],
    "error.path": config["error.path"],
    "finished.path": movesFiles(config["cleanup.policy"]) ? config["finished.path"] : null,
  };
}

/** What is wrong with directories, as validation shows it. What is wrong with the texts themselves is left to the keys' own rules. */
export async function* directoryProblems(directories: DirectoryKeys): AsyncGenerator<Problem> {
  for (const [key, path] of Object.entries(directories)) {
    if (path === null) continue;
    if (!isAbsolutePath(path)) {
      // An empty one is found at the start, as in the reference; the others' texts have rules of their own.
      if (key === "finished.path" && path !== "") yield { key, message: notAbsolute(key, path) };
      continue;
    }
    const fault = await directoryFault(path);
    if (fault !== undefined) yield { key, message: `Invalid value ${fault} for configuration ${key}` };
  }
}

async function directoryFault(path: string): Promise<string | undefined> {
  if (!await isDirectory(path)) return `'${path}' must be a directory.`;
  if (!await mayAccess(path, constants.W_OK)) return `File '${path}' should be writable.`;
  if (!await mayAccess(path, constants.R_OK)) return `File '${path}' should be readable.`;
  return undefined;
}

/** Throws the reference's errors unless files can be made in each directory: what a task needs to know before it reads anything. */
export async function requireUsable(directories: DirectoryKeys): Promise<void> {
  for (const [key, path] of Object.entries(directories)) {
    if (path === null) continue;
    if (!await isDirectory(path)) {
      const cause = new ConnectError(path, { javaClass: "java.io.FileNotFoundException" });
      throw new ConnectError(`Directory for '${key}' '${path}' does not exist `, { cause });
    }
    try {
      await Deno.remove(await Deno.makeTempFile({ dir: path, prefix: ".permission", suffix: ".testing" }));
    } catch (error) {
      // "it", as in the reference.
      throw new ConnectError(`Directory for '${key}' '${path}' it not writable.`, { cause: error });
    }
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    // Absent, or behind a directory we may not enter: either way there is no directory for us.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return false;
    if (error instanceof Error && "code" in error && error.code === "ENOTDIR") return false;
    throw error;
  }
}

async function mayAccess(path: string, mode: number): Promise<boolean> {
  // The superuser may, whatever the bits say, which Deno's access() does not know.
  if (Deno.build.os !== "windows" && Deno.uid() === 0) return true;
  try {
    await access(path, mode);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EACCES") return false;
    throw error;
  }
}
