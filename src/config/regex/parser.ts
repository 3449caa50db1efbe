/** Java's regular expressions (java.util.regex, Java 17) as a tree that JavaScript can be written from. */
import { parseClass } from "./class.ts";
import { literal, NO_FLAGS, RegexCursor, type RegexFlags } from "./cursor.ts";
import { escapedAtom } from "./escapes.ts";
import { js, type RegexNode } from "./node.ts";

const LINE_ENDS = "\\n\\r\\u{85}\\u{2028}\\u{2029}";

/** The tree of a pattern. Throws a `RegexSyntaxError`. */
export function parseJavaRegex(pattern: string): RegexNode {
  return new RegexParser(pattern).whole();
}

class RegexParser {
  readonly #cursor: RegexCursor;

  constructor(pattern: string) {
    this.#cursor = new RegexCursor(pattern);
  }

  whole(): RegexNode {
    const tree = this.#choice();
    if (this.#cursor.at < this.#cursor.text.length) throw this.#cursor.error("Unmatched closing ')'", this.#cursor.at - 1);
    return tree;
  }

  /** Alternatives up to the end of the group; a flag set inside holds to that end and no further. */
  #choice(): RegexNode {
    const outer = this.#cursor.flags;
    const options = [this.#sequence()];
    while (this.#cursor.takes("|")) options.push(this.#sequence());
    this.#cursor.flags = outer;
    return options.length === 1 ? options[0] as RegexNode : { kind: "choice", options };
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = [];
    for (;;) {
      if (this.#cursor.flags.x) this.#skipComments();
      const char = this.#cursor.text[this.#cursor.at];
      if (char === undefined || char === "|" || char === ")") return { kind: "sequence", items };
      const atom = this.#atom();
      if (atom !== undefined) items.push(this.#repeated(atom));
    }
  }

  #skipComments(): void {
    const skipped = /(?:[ \t-\r]|#[^\n\r\u0085\u2028\u2029]*)*/y;
    skipped.lastIndex = this.#cursor.at;
    this.#cursor.at += (skipped.exec(this.#cursor.text)?.[0] ?? "").length;
  }

  /** undefined: a flag setting, which stands for nothing itself. */
  #atom(): RegexNode | undefined {
    switch (this.#cursor.text[this.#cursor.at]) {
      case "(":
        return this.#group();
      case "[":
        return js(parseClass(this.#cursor));
      case "\\":
        return escapedAtom(this.#cursor);
      case ".":
        this.#cursor.at++;
        return js(this.#cursor.flags.s ? "[\\s\\S]" : this.#cursor.flags.d ? "[^\\n]" : `[^${LINE_ENDS}]`);
      case "^":
        this.#cursor.at++;
        return js(!this.#cursor.flags.m ? "(?<![\\s\\S])" : this.#cursor.flags.d ? "(?<![^\\n])" : `(?<![^${LINE_ENDS}])`);
      case "$":
        this.#cursor.at++;
        return js(endOfLine(this.#cursor.flags));
      case "*":
      case "+":
      case "?":
        throw this.#cursor.error(`Dangling meta character '${this.#cursor.text[this.#cursor.at]}'`);
      case "{":
        throw this.#cursor.error("Illegal repetition", this.#cursor.at + 1);
      default:
        return js(literal(this.#cursor.next(), this.#cursor.flags));
    }
  }

  #group(): RegexNode | undefined {
    this.#cursor.at++;
    if (!this.#cursor.takes("?")) return this.#closed("");
    if (this.#cursor.takes(">")) return { kind: "atomic", body: this.#body() };
    for (const look of ["=", "!", "<=", "<!"]) if (this.#cursor.takes(look)) return this.#closed(`?${look}`);
    if (this.#cursor.takes("<")) return this.#closed(`?<${this.#cursor.groupName()}>`);
    return this.#flagGroup();
  }

  #closed(opening: string): RegexNode {
    return { kind: "group", opening, body: this.#body() };
  }

  #body(): RegexNode {
    const body = this.#choice();
    if (!this.#cursor.takes(")")) throw this.#cursor.error("Unclosed group", this.#cursor.text.length);
    return body;
  }

  /** `(?i)` to the end of the enclosing group, or `(?i:…)`. */
  #flagGroup(): RegexNode | undefined {
    const outer = this.#cursor.flags;
    let on = true;
    let flags = outer;
    for (;;) {
      const flag = this.#cursor.text[this.#cursor.at];
      this.#cursor.at++;
      if (flag === ":" || flag === ")") {
        this.#cursor.flags = flags;
        if (flag === ")") return undefined;
        const body = this.#body();
        this.#cursor.flags = outer;
        return { kind: "group", opening: "?:", body };
      }
      if (flag === "-") on = false;
      else if (flag !== undefined && flag in NO_FLAGS) flags = { ...flags, [flag]: on };
      else if (flag === "U") {
        throw this.#cursor.error("The flag (?U) is not supported here, write \\p{…} instead; it stands", this.#cursor.at - 1);
      } else throw this.#cursor.error("Unknown inline modifier", this.#cursor.at - 1);
    }
  }

  #repeated(atom: RegexNode): RegexNode {
    if (this.#cursor.flags.x) this.#skipComments();
    const bounds = this.#bounds();
    if (bounds === undefined) return atom;
    const mode = this.#cursor.takes("?") ? "lazy" : this.#cursor.takes("+") ? "possessive" : "greedy";
    return { kind: "repeat", body: atom, bounds, mode };
  }

  #bounds(): string | undefined {
    const char = this.#cursor.text[this.#cursor.at];
    if (char === "*" || char === "+" || char === "?") {
      this.#cursor.at++;
      return char;
    }
    if (char !== "{") return undefined;
    const counted = /\{\d+(?:,\d*)?\}/y;
    counted.lastIndex = this.#cursor.at;
    const found = counted.exec(this.#cursor.text);
    if (found === null) {
      throw this.#cursor.error(/^\{\d/.test(this.#cursor.text.slice(this.#cursor.at)) ? "Unclosed counted closure" : "Illegal repetition");
    }
    this.#cursor.at += found[0].length;
    return found[0];
  }
}

/** `$`: the end, or before the line end that ends the text. */
function endOfLine(flags: RegexFlags): string {
  if (flags.m) return flags.d ? "(?![^\\n])" : `(?![^${LINE_ENDS}])`;
  return flags.d ? "(?=\\n?(?![\\s\\S]))" : `(?=(?:\\r\\n|[${LINE_ENDS}])?(?![\\s\\S]))`;
}
