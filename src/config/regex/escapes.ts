/** What stands behind a backslash in a Java pattern. */
import { literal, type RegexCursor } from "./cursor.ts";
import { js, type RegexNode } from "./node.ts";

const SPACES = " \\t\\n\\v\\f\\r";
const HORIZONTAL = " \\t\\u{a0}\\u{1680}\\u{180e}\\u{2000}-\\u{200a}\\u{202f}\\u{205f}\\u{3000}";
const VERTICAL = "\\n\\v\\f\\r\\u{85}\\u{2028}\\u{2029}";

/** Predefined classes; Java's are ASCII, JavaScript's `\s` is not. */
const PREDEFINED: Readonly<Record<string, string>> = {
  d: "[0-9]",
  D: "[^0-9]",
  w: "[a-zA-Z0-9_]",
  W: "[^a-zA-Z0-9_]",
  s: `[${SPACES}]`,
  S: `[^${SPACES}]`,
  h: `[${HORIZONTAL}]`,
  H: `[^${HORIZONTAL}]`,
  v: `[${VERTICAL}]`,
  V: `[^${VERTICAL}]`,
};

/** POSIX names, US-ASCII only (java.util.regex.Pattern, "POSIX character classes"). */
const POSIX: Readonly<Record<string, string>> = {
  Lower: "[a-z]",
  Upper: "[A-Z]",
  ASCII: "[\\u{0}-\\u{7f}]",
  Alpha: "[a-zA-Z]",
  Digit: "[0-9]",
  Alnum: "[a-zA-Z0-9]",
  Punct: "[\\u{21}-\\u{2f}\\u{3a}-\\u{40}\\u{5b}-\\u{60}\\u{7b}-\\u{7e}]",
  Graph: "[\\u{21}-\\u{7e}]",
  Print: "[\\u{20}-\\u{7e}]",
  Blank: "[ \\t]",
  Cntrl: "[\\u{0}-\\u{1f}\\u{7f}]",
  XDigit: "[0-9a-fA-F]",
  Space: `[${SPACES}]`,
};

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 };

/** Anchors and the line break, which no class can hold. `$`-like ones stand for the very end or the last line end. */
const ANCHORS: Readonly<Record<string, string>> = {
  b: "\\b",
  B: "\\B",
  A: "(?<![\\s\\S])",
  G: "(?<![\\s\\S])",
  z: "(?![\\s\\S])",
  Z: "(?=(?:\\r\\n|[\\n\\r\\u{85}\\u{2028}\\u{2029}])?(?![\\s\\S]))",
  R: "(?:\\r\\n|[\\n\\v\\f\\r\\u{85}\\u{2028}\\u{2029}])",
};

/** An escape outside of a class; the parser stands at the backslash. */
export function escapedAtom(cursor: RegexCursor): RegexNode {
  const char = cursor.text[cursor.at + 1];
  if (char !== undefined && ANCHORS[char] !== undefined) {
    cursor.at += 2;
    return js(ANCHORS[char]);
  }
  if (char === "k" && cursor.text[cursor.at + 2] === "<") {
    cursor.at += 3;
    return { kind: "reference", group: cursor.groupName(), ignoreCase: cursor.flags.i };
  }
  if (char !== undefined && char >= "1" && char <= "9") {
    cursor.at += 2;
    return { kind: "reference", group: Number(char), ignoreCase: cursor.flags.i };
  }
  const escape = readEscape(cursor);
  return js(typeof escape === "number" ? literal(escape, cursor.flags) : escape);
}

/** An escape that a class may hold too: the code point it stands for, or a class in JavaScript's words. */
export function readEscape(cursor: RegexCursor): number | string {
  const start = cursor.at;
  cursor.at++;
  const char = cursor.text[cursor.at];
  if (char === undefined) throw cursor.error("Unexpected internal error", start);
  if (PREDEFINED[char] !== undefined) {
    cursor.at++;
    return PREDEFINED[char];
  }
  if (char === "p" || char === "P") {
    cursor.at++;
    return property(cursor, char === "P");
  }
  const code = numericEscape(cursor) ?? CONTROLS[char];
  if (code !== undefined) {
    if (CONTROLS[char] === code) cursor.at++;
    return code;
  }
  // A letter without a meaning is an error in Java, so that it may get one later.
  if (/[A-Za-z]/.test(char)) throw cursor.error("Illegal/unsupported escape sequence");
  return cursor.next();
}

/** `\xhh`, `\x{h…}`, `\uhhhh`, `\0ooo`, `\cX`; takes it when it is one. */
function numericEscape(cursor: RegexCursor): number | undefined {
  const forms: readonly [RegExp, number][] = [[/x([0-9a-fA-F]{2})/y, 16], [/x\{([0-9a-fA-F]+)\}/y, 16], [/u([0-9a-fA-F]{4})/y, 16], [
    /0([0-3]?[0-7]{1,2})/y,
    8,
  ]];
  for (const [form, radix] of forms) {
    form.lastIndex = cursor.at;
    const found = form.exec(cursor.text);
    if (found === null) continue;
    cursor.at += found[0].length;
    return joinedSurrogates(cursor, Number.parseInt(found[1] as string, radix));
  }
  if (cursor.text[cursor.at] !== "c" || cursor.at + 1 >= cursor.text.length) return undefined;
  cursor.at++;
  return cursor.next() ^ 64;
}

/** Java reads two `\u` escapes of a surrogate pair as one code point. */
function joinedSurrogates(cursor: RegexCursor, code: number): number {
  if (code < 0xd800 || code > 0xdbff) return code;
  const low = /\\u([dD][c-fC-F][0-9a-fA-F]{2})/y;
  low.lastIndex = cursor.at;
  const found = low.exec(cursor.text);
  if (found === null) return code;
  cursor.at += found[0].length;
  return ((code - 0xd800) << 10) + Number.parseInt(found[1] as string, 16) - 0xdc00 + 0x10000;
}

/** `\p{…}`: a POSIX name, a general category, a script or a binary property. */
function property(cursor: RegexCursor, negated: boolean): string {
  const form = /\{([^}]*)\}|([A-Za-z])/y;
  form.lastIndex = cursor.at;
  const found = form.exec(cursor.text);
  if (found === null) throw cursor.error("Unclosed character family", cursor.text.length - 1);
  const name = found[1] ?? found[2] as string;
  cursor.at += found[0].length;
  const posix = POSIX[name];
  if (posix !== undefined) return negated ? `[^${posix.slice(1)}` : posix;
  const source = unicodeProperty(name);
  if (source === undefined) throw cursor.error(`Unknown character property name {${name}}`, cursor.at - 1);
  return negated ? `[^${source}]` : source;
}

/** Java's words before an equals sign, in any case → JavaScript's. */
const PROPERTY_KINDS: Readonly<Record<string, string>> = { gc: "gc", general_category: "gc", sc: "sc", script: "sc" };

/** The first of JavaScript's spellings that it knows. */
function unicodeProperty(name: string): string | undefined {
  const equals = name.indexOf("=");
  const value = equals < 0 ? name.replace(/^Is/, "") : name.slice(equals + 1);
  const kind = PROPERTY_KINDS[name.slice(0, Math.max(0, equals)).toLowerCase()];
  if (equals >= 0 && kind === undefined) return undefined;
  const title = value.toLowerCase().replace(/(^|_)[a-z]/g, (start) => start.toUpperCase());
  const spellings = [value, title].flatMap((word) => kind === undefined ? [word, `gc=${word}`, `sc=${word}`] : [`${kind}=${word}`]);
  return spellings.map((spelling) => `\\p{${spelling}}`).find(isRegex);
}

function isRegex(source: string): boolean {
  try {
    return new RegExp(source, "v").source === source;
  } catch (error) {
    // A property JavaScript does not know: the answer is no.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
