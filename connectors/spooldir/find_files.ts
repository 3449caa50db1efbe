import { join } from "node:path";

/** Where to look, and for which names. */
export interface FindSettings {
  readonly inputPath: string;
  readonly recursive: boolean;
  /** Directories that are never entered. */
  readonly excluded: readonly string[];
  readonly accepts: (name: string) => boolean;
}

/** A directory entry that is no directory; nothing has been asked of the file itself. */
export interface FoundFile {
  readonly name: string;
  readonly path: string;
  /** Relative to the input directory, with `/` between its parts. */
  readonly relative: string;
  /** A file of the same name with the flag's extension lies beside it. */
  readonly isFlagged: boolean;
}

/** What is told of each directory: that it was listed, or why not. */
export interface ListingTold {
  listed?(directory: string): void;
  unlisted(directory: string, reason: string): void;
}

/** Names the reference gives to the files it checks directories with. */
const PERMISSION_CHECK = /^\.permission.*\.testing$/;

/** Whether a name is that of a flag or of a check, which are never data, whatever the pattern says. */
export function isOurs(name: string, flagExtension: string): boolean {
  return name.endsWith(flagExtension) || PERMISSION_CHECK.test(name);
}

/** Entries with accepted names. Linked directories are not entered; each directory is told to `told`; one that cannot be listed counts as empty. */
export async function findFiles(
  settings: FindSettings,
  flagExtension: string,
  told: ListingTold,
): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const directories = [{ path: settings.inputPath, relative: "" }];
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    const entries = await list(directory.path, told);
    const names = new Set(entries.map((entry) => entry.name));
    for (const { name, isDirectory } of entries) {
      const path = join(directory.path, name);
      const relative = directory.relative === "" ? name : `${directory.relative}/${name}`;
      if (!isDirectory && settings.accepts(name)) found.push({ name, path, relative, isFlagged: names.has(name + flagExtension) });
      if (isDirectory && settings.recursive && !settings.excluded.includes(path)) directories.push({ path, relative });
    }
  }
  return found;
}

async function list(directory: string, told: ListingTold): Promise<Deno.DirEntry[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    told.listed?.(directory);
    return entries;
  } catch (error) {
    told.unlisted(directory, String(error));
    return [];
  }
}
