/** What the checks read: the repository this file lies in. */
import { relative } from "node:path/posix";
import type { ImportMap, Sources } from "./arrows.ts";

/** Absolute path of the repository's top, without a slash at the end. */
export const TOP: string = decodeURIComponent(new URL("../../", import.meta.url).pathname).replace(/\/$/, "");

/** Every TypeScript file that is ours: main.ts and those under connectors, src and test. */
export function ourSources(): Sources {
  const sources = new Map<string, string>();
  const add = (path: string) => sources.set(relative(TOP, path), Deno.readTextFileSync(path));
  if (exists(`${TOP}/main.ts`)) add(`${TOP}/main.ts`);
  for (const folder of ["connectors", "src", "test"]) {
    for (const path of filesBelow(`${TOP}/${folder}`)) if (path.endsWith(".ts")) add(path);
  }
  return sources;
}

/** The import map of deno.json. */
export function ourImportMap(): ImportMap {
  return JSON.parse(Deno.readTextFileSync(`${TOP}/deno.json`)).imports;
}

/** All files below a folder, in no order; none when there is no such folder. */
export function* filesBelow(folder: string): Generator<string> {
  if (!exists(folder)) return;
  for (const entry of Deno.readDirSync(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory && entry.name !== "node_modules") yield* filesBelow(path);
    else if (entry.isFile) yield path;
  }
}

/** Whether there is a file or folder of that name. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}
