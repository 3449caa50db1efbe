/** Judges which file imports which: rooms against a table, libraries against the import map, and no way back to where one started. */
import { dirname, join } from "node:path/posix";
import { importsOf } from "./source_scan.ts";

/** Path from the repository's top → source text. */
export type Sources = ReadonlyMap<string, string>;

/** What a room may import besides itself; `"*"` = every room but `test` and `main.ts`. */
export type ArrowTable = Readonly<Record<string, readonly string[]>>;

/** Aliases and libraries of `deno.json`. */
export type ImportMap = Readonly<Record<string, string>>;

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly line: number;
}

/** Rooms whose files may reach `src/` through the alias `sdk` alone. */
const THROUGH_SDK = new Set(["converters", "transforms", "connectors"]);

/** The room a file lies in, undefined where no file belongs. */
export function roomOf(path: string): string | undefined {
  if (path === "main.ts" || path === "deno.json") return path;
  if (path === "connectors/registry.ts") return "registry";
  const [top, second, ...rest] = path.split("/");
  if (top === "test") return "test";
  if (top === "connectors" && rest.length > 0) return "connectors";
  if (top === "src" && rest.length > 0) return second;
  return undefined;
}

/** One sentence for every import the table, the import map or the rule about `sdk` does not allow. */
export function wrongImports(sources: Sources, table: ArrowTable, imports: ImportMap): string[] {
  const wrong: string[] = [];
  for (const [path, source] of sources) {
    const room = roomOf(path);
    if (room === undefined || table[room] === undefined) {
      wrong.push(`${path} lies in no room of the table`);
      continue;
    }
    for (const { specifier, line } of importsOf(source)) {
      const fault = faultOf(path, room, specifier, sources, table, imports);
      if (fault !== undefined) wrong.push(`${path}:${line} imports "${specifier}": ${fault}`);
    }
  }
  return wrong;
}

function faultOf(
  path: string,
  room: string,
  specifier: string,
  sources: Sources,
  table: ArrowTable,
  imports: ImportMap,
): string | undefined {
  if (specifier.startsWith("node:")) return undefined;
  if (/^[a-z]+:/.test(specifier)) return "libraries are named in the import map of deno.json, pinned, and never come from jsr or a URL";
  const target = resolve(path, specifier, imports);
  if (target === undefined) return libraryFault(specifier, imports);
  const targetRoom = roomOf(target);
  if (targetRoom === undefined) return "the target lies in no room";
  if (THROUGH_SDK.has(room) && target.startsWith("src/") && targetRoom !== room && specifier !== "sdk") {
    return `"${room}" reaches src/ through the alias "sdk" alone`;
  }
  if (room === "connectors" && targetRoom === "connectors") return connectorFault(path, target, sources);
  if (targetRoom === room) return undefined;
  const allowed = table[room] ?? [];
  const everywhere = allowed.includes("*") && targetRoom !== "test" && targetRoom !== "main.ts";
  return allowed.includes(targetRoom) || everywhere ? undefined : `"${room}" may not import "${targetRoom}"`;
}

/** A connector may use its own folder, and one shared folder that defines no connector. */
function connectorFault(path: string, target: string, sources: Sources): string | undefined {
  const folder = dirname(target);
  if (folder === dirname(path) || path.startsWith(`${folder}/`) || folder.startsWith(`${dirname(path)}/`)) return undefined;
  const top = folder.split("/").slice(0, 2).join("/");
  if (path.startsWith(`${top}/`)) return undefined;
  for (const [other, source] of sources) {
    if (other.startsWith(`${top}/`) && /\bdefine(?:Source|Sink)\s*\(/.test(source)) return `${top} is another connector`;
  }
  return undefined;
}

function libraryFault(specifier: string, imports: ImportMap): string | undefined {
  const known = Object.keys(imports).some((name) => specifier === name || specifier.startsWith(`${name}/`));
  return known ? undefined : "it is not in the import map of deno.json";
}

/** Path from the top for a file of ours, undefined for a library. */
function resolve(path: string, specifier: string, imports: ImportMap): string | undefined {
  if (specifier.startsWith(".")) return join(dirname(path), specifier);
  const mapped = imports[specifier];
  return mapped?.startsWith("./") ? mapped.slice(2) : undefined;
}

/** Every cycle between files, each once, written `a → b → a`. Type-only imports count. */
export function cycles(sources: Sources, imports: ImportMap): string[] {
  const arrows = arrowsOf(sources, imports);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, way: string[]) => {
    const seen = way.indexOf(path);
    if (seen >= 0) {
      found.push([...way.slice(seen), path].join(" → "));
      return;
    }
    if (done.has(path)) return;
    for (const arrow of arrows.get(path) ?? []) visit(arrow.to, [...way, path]);
    done.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return found;
}

function arrowsOf(sources: Sources, imports: ImportMap): Map<string, Arrow[]> {
  const arrows = new Map<string, Arrow[]>();
  for (const [path, source] of sources) {
    const targets = importsOf(source).map(({ specifier, line }) => ({ from: path, to: resolve(path, specifier, imports) ?? "", line }));
    arrows.set(path, targets.filter((arrow) => sources.has(arrow.to)));
  }
  return arrows;
}
