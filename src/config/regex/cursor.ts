/** Reading a Java pattern from left to right: position, flags in force, errors in Java's form. */

/** Flags in force at a place of the pattern. */
export interface RegexFlags {
  /** ASCII letters match both cases. */
  readonly i: boolean;
  /** With `i`: letters beyond ASCII too. */
  readonly u: boolean;
  readonly m: boolean;
  readonly s: boolean;
  /** Only LF ends a line. */
  readonly d: boolean;
  /** Blanks and comments are skipped. */
  readonly x: boolean;
}

/** The pattern cannot be read; `message` has the form of Java's PatternSyntaxException. */
export class RegexSyntaxError extends Error {
  override readonly name = "RegexSyntaxError";
  constructor(description: string, pattern: string, index: number) {
    super(`${description} near index ${index}\n${pattern}${index < pattern.length ? `\n${" ".repeat(index)}^` : ""}`);
  }
}

/** What holds at the start of a pattern. */
export const NO_FLAGS: RegexFlags = { i: false, u: false, m: false, s: false, d: false, x: false };

/** Where a parser stands in a pattern. */
export class RegexCursor {
  readonly #pattern: string;
  /** The pattern with `\Q…\E` spelt out; positions in messages are the given pattern's as long as it quotes nothing. */
  readonly text: string;
  at = 0;
  flags: RegexFlags = NO_FLAGS;

  constructor(pattern: string) {
    this.#pattern = pattern;
    this.text = withoutQuoting(pattern);
  }

  /** The error to throw at a place, which is the current one unless given. */
  error(description: string, index: number = this.at): RegexSyntaxError {
    return new RegexSyntaxError(description, this.#pattern, Math.max(0, index));
  }

  /** Whether the text goes on with this; takes it if so. */
  takes(expected: string): boolean {
    if (!this.text.startsWith(expected, this.at)) return false;
    this.at += expected.length;
    return true;
  }

  /** The next code point, taken. */
  next(): number {
    const code = this.text.codePointAt(this.at);
    if (code === undefined) throw this.error("Unexpected end of the pattern");
    this.at += code > 0xffff ? 2 : 1;
    return code;
  }

  /** The name of a group, up to and with its `>`. */
  groupName(): string {
    const name = /[a-zA-Z][a-zA-Z0-9]*>/y;
    name.lastIndex = this.at;
    const found = name.exec(this.text);
    if (found === null) throw this.error("named capturing group is missing trailing '>'");
    this.at += found[0].length;
    return found[0].slice(0, -1);
  }
}

/** One code point by its number, which means itself inside and outside of classes. */
export function codePoint(code: number): string {
  return /^[A-Za-z0-9]$/.test(String.fromCodePoint(code)) ? String.fromCodePoint(code) : `\\u{${code.toString(16)}}`;
}

/** A literal under the flags in force: Java folds ASCII letters only, unless told otherwise. */
export function literal(code: number, flags: RegexFlags): string {
  if (!flags.i) return codePoint(code);
  if (flags.u) return `(?i:${codePoint(code)})`;
  const other = otherCase(code);
  return other === code ? codePoint(code) : `[${codePoint(code)}${codePoint(other)}]`;
}

/** The same ASCII letter in the other case. */
export function otherCase(code: number): number {
  const upper = code & ~0x20;
  return code < 0x80 && upper >= 0x41 && upper <= 0x5a ? code ^ 0x20 : code;
}

/** Spells `\Q…\E` out, as Java does before it reads anything else. */
function withoutQuoting(pattern: string): string {
  return pattern.replace(/\\Q([\s\S]*?)(?:\\E|$)|\\[\s\S]?/g, (whole, quoted: string | undefined) => {
    if (quoted === undefined) return whole;
    return Array.from(quoted, (char) => `\\x{${(char.codePointAt(0) ?? 0).toString(16)}}`).join("");
  });
}
