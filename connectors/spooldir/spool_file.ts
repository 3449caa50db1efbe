/** A file of the input directory as it looked when it was opened or listed. */
export interface SpoolFile {
  /** Without directory. */
  readonly name: string;
  /** Absolute, links not resolved. */
  readonly path: string;
  /** Relative to `input.path`, file name included, with `/` between its parts on every system. */
  readonly relative: string;
  /** Bytes on disk. */
  readonly length: number;
  /** Epoch milliseconds. */
  readonly lastModified: number;
  /** Device and number of the file on it; absent where the system gives none. A file that is replaced by renaming another over it gets a new number. */
  readonly device?: number | undefined;
  readonly inode?: number | undefined;
}

/** Where a file is, whatever it holds. */
export type FilePlace = Pick<SpoolFile, "name" | "path" | "relative">;

/** The directory of a file relative to `input.path`; empty at top level. */
export function subDirectory(file: SpoolFile): string {
  return file.relative.slice(0, Math.max(0, file.relative.length - file.name.length - 1));
}

/** The file at a place, as the system describes it. */
export function fileAt({ name, path, relative }: FilePlace, { size, mtime, dev, ino }: Deno.FileInfo): SpoolFile {
  return { name, path, relative, length: size, lastModified: mtime?.getTime() ?? 0, device: dev, inode: ino ?? undefined };
}

/** How the file looks now: same place, the rest new. Throws `Deno.errors.NotFound` when it is gone. */
export async function lookAgain(file: SpoolFile): Promise<SpoolFile> {
  const info = await Deno.stat(file.path);
  if (!info.isFile) throw new Deno.errors.NotFound(`"${file.path}" is no file any more`);
  return fileAt(file, info);
}

/** Whether nobody wrote to the file, or put another in its place, between two looks. */
export function isUnchanged(before: SpoolFile, after: SpoolFile): boolean {
  return before.length === after.length && before.lastModified === after.lastModified && isSamePlaceOnDisk(before, after);
}

/** Whether two looks were at the same file on disk, whatever was written to it; true where the system does not tell. */
export function isSamePlaceOnDisk(before: Pick<SpoolFile, "device" | "inode">, after: Pick<SpoolFile, "device" | "inode">): boolean {
  if (before.inode === undefined || after.inode === undefined) return true;
  return before.inode === after.inode && before.device === after.device;
}
