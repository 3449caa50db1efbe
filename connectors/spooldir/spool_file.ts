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
}

/** The directory of a file relative to `input.path`; empty at top level. */
export function subDirectory(file: SpoolFile): string {
  return file.relative.slice(0, Math.max(0, file.relative.length - file.name.length - 1));
}

/** How the file looks now: same place, new length and time. Throws `Deno.errors.NotFound` when it is gone. */
export async function lookAgain(file: SpoolFile): Promise<SpoolFile> {
  const info = await Deno.stat(file.path);
  if (!info.isFile) throw new Deno.errors.NotFound(`"${file.path}" is no file any more`);
  return { ...file, length: info.size, lastModified: info.mtime?.getTime() ?? 0 };
}

/** Whether nobody wrote to the file between two looks. */
export function isUnchanged(before: SpoolFile, after: SpoolFile): boolean {
  return before.length === after.length && before.lastModified === after.lastModified;
}
