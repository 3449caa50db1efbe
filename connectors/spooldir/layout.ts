/** Where files go once they are done with. */
import { join } from "node:path";
import { type SpoolFile, subDirectory } from "./spool_file.ts";

/** `doubled`: below a directory named like the file. `flat`: into the sub-directory it came from. */
export type Layout = "doubled" | "flat";

/** The directory below `root` for a finished or failed file. */
export function targetDirectory(root: string, file: SpoolFile, layout: Layout): string {
  return join(root, layout === "doubled" ? file.relative : subDirectory(file));
}

/** The part of a MOVEBYDATE target that names the day of last modification, in this process's time zone. */
export function dayDirectory(lastModified: number): string {
  const date = new Date(lastModified);
  const digits = (value: number, width: number) => String(value).padStart(width, "0");
  return `${digits(date.getFullYear(), 4)}-${digits(date.getMonth() + 1, 2)}-${digits(date.getDate(), 2)}`;
}

/** Value of the header `file.relative.path`; undefined where the header is left out. */
export function relativePathHeader(file: SpoolFile, layout: Layout): string | undefined {
  return layout === "doubled" ? file.relative : subDirectory(file) || undefined;
}

/** The n-th name to try where a file of that name exists: the number stands before the extension, so that patterns still match. */
export function numberedName(name: string, n: number): string {
  if (n === 0) return name;
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? `${name}.${n}` : `${name.slice(0, dot)}.${n}${name.slice(dot)}`;
}
