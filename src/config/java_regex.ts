/** Regular expressions as Java writes them, run by JavaScript. */
import type { Validator } from "./field.ts";
import { invalidValue } from "./parse.ts";

/** Java's POSIX and Java-only classes that JavaScript lacks; ASCII, as java.util.regex without flags has them. */
const CLASSES: Readonly<Record<string, string>> = {
  Lower: "a-z",
  Upper: "A-Z",
  Alpha: "a-zA-Z",
  Digit: "0-9",
  Alnum: "a-zA-Z0-9",
  Punct: "!-\\/:-@\\[-`\\{-~",
  Graph: "!-~",
  Print: " -~",
  Blank: " \\t",
  Cntrl: "\\x00-\\x1f\\x7f",
  XDigit: "0-9a-fA-F",
  Space: " \\t\\n\\x0b\\f\\r",
  ASCII: "\\x00-\\x7f",
};

/** Escapes that mean the same in both languages. */
const SHARED_ESCAPES = /[dDsSwWbBtnrfxuck0-9<>]/;

/** Escapes only Java knows. `\\v` is any vertical blank there. */
const JAVA_ESCAPES: Readonly<Record<string, string>> = {
  A: "^",
  Z: "$",
  z: "$",
  R: "(?:\\r\\n|[\\n-\\r\\x85\\u2028\\u2029])",
  a: "\\x07",
  e: "\\x1b",
};
const JAVA_CLASS_ESCAPES: Readonly<Record<string, string>> = { h: " \\t\\xa0", v: "\\n-\\r\\x85\\u2028\\u2029" };

/**
 * Compiles a Java regex for matching whole texts (Matcher.matches). Covers what file and topic patterns use: leading inline
 * flags, `\\Q…\\E`, POSIX and Unicode classes, Java's own escapes, possessive quantifiers (which become greedy). Throws a
 * SyntaxError for what is no regex, and for what JavaScript would read differently.
 */
export function javaRegex(pattern: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  const translated = translate(flags === null ? pattern : pattern.slice(flags[0].length));
  return new RegExp(`^(?:${translated.body})$`, [...new Set(`${flags?.[1] ?? ""}${translated.unicode ? "u" : ""}`)].join(""));
}

/** A rule for keys that hold a Java regex. */
export function validRegex(): Validator<string> {
  return (value, name) => {
    if (value === null) return [];
    try {
      javaRegex(value);
      return [];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return [invalidValue(value, name, `Invalid regex: ${reasonOf(error.message, value)}`)];
    }
  };
}

/** The engine's own words about the pattern, without the anchors put around it. */
function reasonOf(message: string, pattern: string): string {
  const reason = message.slice(message.lastIndexOf(": ") + 1).trim();
  return `${reason}\n${pattern}`;
}

interface Piece {
  readonly text: string;
  /** Characters of the pattern it takes. */
  readonly length: number;
  readonly unicode?: boolean;
}

function translate(pattern: string): { readonly body: string; readonly unicode: boolean } {
  let body = "";
  let unicode = false;
  let depth = 0; // of nested character classes
  let quantified = false; // whether what stands last in the body is a quantifier
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i);
    if (char === "\\") {
      const piece = escaped(pattern, i, depth > 0);
      body += piece.text;
      unicode ||= piece.unicode === true;
      i += piece.length - 1;
      quantified = false;
      continue;
    }
    if (depth > 0) {
      if (char === "[" || pattern.startsWith("&&", i)) throw new SyntaxError("Classes within classes are not supported");
      if (char === "]") depth--;
    } else if (char === "[") depth++;
    // A plus after a quantifier makes it possessive in Java; greedy gives the same for all but contrived patterns.
    else if (char === "+" && quantified) continue;
    body += char;
    quantified = depth === 0 &&
      ("*+?".includes(char) || (char === "}" && /\{[0-9]+(,[0-9]*)?\}$/.test(pattern.slice(Math.max(0, i - 24), i + 1))));
  }
  return { body, unicode };
}

/** What a backslash at `at` begins. */
function escaped(pattern: string, at: number, inClass: boolean): Piece {
  const next = pattern.charAt(at + 1);
  if (next === "Q") return quoted(pattern, at);
  if (next === "p" || next === "P") return property(pattern, at, inClass);
  const members = JAVA_CLASS_ESCAPES[next];
  if (members !== undefined) return { text: inClass ? members : `[${members}]`, length: 2 };
  const own = JAVA_ESCAPES[next];
  if (own !== undefined && !inClass) return { text: own, length: 2 };
  if (/[a-zA-Z]/.test(next) && !SHARED_ESCAPES.test(next)) throw new SyntaxError(`Escape \\${next} is not supported`);
  return { text: `\\${next}`, length: 2 };
}

function quoted(pattern: string, at: number): Piece {
  const end = pattern.indexOf("\\E", at + 2);
  const text = pattern.slice(at + 2, end < 0 ? undefined : end);
  return { text: text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), length: text.length + (end < 0 ? 2 : 4) };
}

function property(pattern: string, at: number, inClass: boolean): Piece {
  const found = /^\\[pP](?:\{(?:Is)?(\w+)\}|(\w))/.exec(pattern.slice(at, at + 40));
  const name = found?.[1] ?? found?.[2];
  if (found === null || name === undefined) throw new SyntaxError("Escape \\p needs a class name");
  const members = CLASSES[name];
  const negated = found[0].charAt(1) === "P";
  if (members === undefined || (negated && inClass)) {
    return { text: `\\${found[0].charAt(1)}{${name}}`, length: found[0].length, unicode: true };
  }
  return { text: inClass ? members : `[${negated ? "^" : ""}${members}]`, length: found[0].length };
}
