/** Java's regular expressions, run by JavaScript's engine. */
import { RegexSyntaxError } from "./cursor.ts";
import type { RegexNode } from "./node.ts";
import { parseJavaRegex } from "./parser.ts";

/**
 * Whether a whole text matches (java.util.regex.Matcher.matches). Throws a `RegexSyntaxError` for a pattern that is none,
 * and for the few things JavaScript cannot do: blocks (`\p{In…}`), the flag `(?U)`, `\X`, `\N{…}`.
 */
export function compileJavaRegex(pattern: string): (text: string) => boolean {
  const source = new RegexWriter().write(parseJavaRegex(pattern));
  const regex = compiled(`^(?:${source})$`, pattern);
  return (text) => regex.test(text);
}

function compiled(source: string, pattern: string): RegExp {
  try {
    return new RegExp(source, "v");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RegexSyntaxError(`Cannot be expressed here (${reason})`, pattern, 0);
  }
}

/** Writes the tree as JavaScript. Groups are numbered anew, as atomic ones need a capture of their own. */
class RegexWriter {
  #groups = 0;
  /** Java's number of each capture → ours. */
  readonly #numbers: number[] = [0];

  write(node: RegexNode): string {
    switch (node.kind) {
      case "js":
        return node.source;
      case "sequence":
        return node.items.map((item) => this.write(item)).join("");
      case "choice":
        return node.options.map((option) => this.write(option)).join("|");
      case "group":
        if (node.opening === "" || /^\?<[a-zA-Z]/.test(node.opening)) this.#numbers.push(++this.#groups);
        return `(${node.opening}${this.write(node.body)})`;
      case "atomic":
        return this.#atomic(() => this.write(node.body));
      case "repeat":
        return this.#repeat(node);
      case "reference":
        return this.#reference(node);
    }
  }

  /** What a lookahead has matched is not tried again, so a reference to it is atomic. */
  #atomic(body: () => string): string {
    const number = ++this.#groups;
    return `(?=(${body()}))\\${number}(?:)`;
  }

  #repeat(node: RegexNode & { kind: "repeat" }): string {
    const write = () => {
      const body = this.write(node.body);
      const single = node.body.kind === "group" && !/^\?<?[=!]/.test(node.body.opening);
      return `${single ? body : `(?:${body})`}${node.bounds}`;
    };
    if (node.mode === "possessive") return `(?:${this.#atomic(write)})`;
    return node.mode === "lazy" ? `${write()}?` : write();
  }

  /** A group that does not exist, or has not matched, never matches in Java; in JavaScript it would match nothing at all. */
  #reference(node: RegexNode & { kind: "reference" }): string {
    const name = typeof node.group === "string" ? `\\k<${node.group}>` : undefined;
    const number = typeof node.group === "number" ? this.#numbers[node.group] : undefined;
    const source = name ?? (number === undefined ? "[]" : `\\${number}(?:)`);
    return node.ignoreCase ? `(?i:${source})` : source;
  }
}
