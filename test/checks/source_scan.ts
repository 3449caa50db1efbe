/** Reads TypeScript just well enough to know what is code, what is text, and what is imported. No compiler: the checks run in a few hundredths of a second. */

/** One import, export-from, dynamic import or import type. */
export interface Import {
  readonly specifier: string;
  /** Line of the specifier, from 1. */
  readonly line: number;
}

/** Something a file may not contain. */
export interface Finding {
  readonly line: number;
  readonly what: string;
}

/** Words after which a slash starts a regular expression and not a division. */
const BEFORE_REGEX = new Set(["return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "yield", "await"]);

/**
 * The source with comments, text of strings and templates, and regular expressions turned into blanks. Quotes stay, line
 * ends stay and every offset is that of the source, so a place found here can be read there.
 */
export function codeOnly(source: string): string {
  const out = source.split("");
  /** Depth of braces at which each open `${` of a template ends. */
  const templates: number[] = [];
  let depth = 0;
  let at = 0;
  const blank = (from: number, to: number) => {
    for (let i = from; i < Math.min(to, out.length); i++) if (out[i] !== "\n") out[i] = " ";
  };
  while (at < source.length) {
    const here = source[at] as string;
    let end = at + 1;
    if (here === "/" && source[at + 1] === "/") {
      end = endOr(source.indexOf("\n", at), source);
      blank(at, end);
    } else if (here === "/" && source[at + 1] === "*") {
      end = endOr(source.indexOf("*/", at), source) + 2;
      blank(at, end);
    } else if (here === '"' || here === "'") {
      end = endOfText(source, at + 1, here);
      blank(at + 1, end - 1);
    } else if (here === "`" || (here === "}" && templates.at(-1) === depth)) {
      if (here === "}") templates.pop();
      end = endOfTemplate(source, at + 1);
      const opens = source[end - 1] === "{";
      blank(at + 1, opens ? end - 2 : end - 1);
      if (opens) templates.push(depth);
    } else if (here === "/" && startsRegex(out, at)) {
      end = endOfRegex(source, at + 1);
      blank(at, end);
    } else if (here === "{") {
      depth++;
    } else if (here === "}") {
      depth--;
    }
    at = end;
  }
  return out.join("");
}

/** All imports of a file, those of types included. */
export function importsOf(source: string): Import[] {
  const code = codeOnly(source);
  const found = new Map<number, string>();
  const forms = [
    /\b(?:import|export)\b[^;"'`()=]*?\bfrom\s*["']/g, // import x from, export * from
    /\bimport\s*["']/g, // for its side effect
    /\bimport\s*\(\s*["']/g, // dynamic, and `import("x").Type`
  ];
  for (const form of forms) {
    for (const match of code.matchAll(form)) {
      const start = match.index + match[0].length;
      const end = code.indexOf(code[start - 1] as string, start);
      found.set(start, source.slice(start, end));
    }
  }
  return [...found].sort(([a], [b]) => a - b).map(([start, specifier]) => ({ specifier, line: lineAt(source, start) }));
}

/** Uses of `console`, `any`, `!` assertions, and dynamic imports whose target only shows at run time. Formatted source is assumed. */
export function forbiddenIn(source: string): Finding[] {
  const code = codeOnly(source);
  const forms: readonly (readonly [RegExp, string])[] = [
    [/(?<![.\w$])console\s*[.[]/g, "console"],
    [/(?<![.\w$#])any(?![\w$])(?!\s*[:(?])/g, "any"],
    [/[\w$)\]]!(?!=)/g, "! assertion"],
    [/\bimport\s*\(\s*[^"'\s]/g, "import of a computed name"],
  ];
  return forms.flatMap(([form, what]) => [...code.matchAll(form)].map((match) => ({ line: lineAt(source, match.index), what })));
}

function endOr(index: number, source: string): number {
  return index < 0 ? source.length : index;
}

function endOfText(source: string, from: number, quote: string): number {
  let at = from;
  while (at < source.length && source[at] !== quote && source[at] !== "\n") at += source[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** Just after the closing backtick, or after the `{` of the next `${`. */
function endOfTemplate(source: string, from: number): number {
  let at = from;
  while (at < source.length) {
    if (source[at] === "`") return at + 1;
    if (source[at] === "$" && source[at + 1] === "{") return at + 2;
    at += source[at] === "\\" ? 2 : 1;
  }
  return at;
}

function endOfRegex(source: string, from: number): number {
  let inClass = false;
  let at = from;
  while (at < source.length && source[at] !== "\n" && (inClass || source[at] !== "/")) {
    if (source[at] === "[") inClass = true;
    if (source[at] === "]") inClass = false;
    at += source[at] === "\\" ? 2 : 1;
  }
  return at + 1;
}

/** Judged by what stands before the slash: a value means division, anything else a regular expression. */
function startsRegex(code: readonly string[], at: number): boolean {
  let before = at - 1;
  while (before >= 0 && (code[before] as string).trim() === "") before--;
  if (before < 0) return true;
  if (!/[\w$)\]"'`]/.test(code[before] as string)) return true;
  let start = before;
  while (start >= 0 && /[\w$]/.test(code[start] as string)) start--;
  return BEFORE_REGEX.has(code.slice(start + 1, before + 1).join(""));
}

function lineAt(source: string, offset: number): number {
  let line = 1;
  for (let i = source.indexOf("\n"); i >= 0 && i < offset; i = source.indexOf("\n", i + 1)) line++;
  return line;
}
