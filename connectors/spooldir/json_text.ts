/** A JSON document as a tree that keeps what `JSON.parse` loses: the order of members named by digits, and the digits of numbers. */

/** A number by its text. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

export type JsonTree = null | boolean | string | JsonNumber | readonly JsonTree[] | ReadonlyMap<string, JsonTree>;

/** The tree of a text that holds one JSON document. The last of several members of one name counts. Throws a SyntaxError that names the place. */
export function parseJsonTree(text: string): JsonTree {
  return new JsonReader(text).document();
}

const BLANKS = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// deno-lint-ignore no-control-regex -- JSON forbids control characters within strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORDS = new Map<string, JsonTree>([["null", null], ["true", true], ["false", false]]);
/** Deeper nesting than any schema has; keeps hostile input off the stack. */
const MAX_DEPTH = 200;

class JsonReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonTree {
    const tree = this.#value();
    this.#match(BLANKS);
    if (this.#at < this.#text.length) throw this.#error("end of the text");
    return tree;
  }

  #value(): JsonTree {
    this.#match(BLANKS);
    if (++this.#depth > MAX_DEPTH) throw this.#error(`at most ${MAX_DEPTH} levels of nesting`);
    const tree = this.#takes("{") ? this.#members() : this.#takes("[") ? this.#items() : this.#scalar();
    this.#depth--;
    return tree;
  }

  #scalar(): JsonTree {
    for (const [word, value] of WORDS) if (this.#takes(word)) return value;
    if (this.#text[this.#at] === '"') return this.#string();
    const number = this.#match(NUMBER);
    if (number === undefined) throw this.#error("a value");
    return new JsonNumber(number);
  }

  #string(): string {
    const literal = this.#match(STRING);
    if (literal === undefined) throw this.#error("a string");
    return JSON.parse(literal);
  }

  #members(): JsonTree {
    const members = new Map<string, JsonTree>();
    this.#match(BLANKS);
    if (this.#takes("}")) return members;
    do {
      this.#match(BLANKS);
      const name = this.#string();
      this.#match(BLANKS);
      if (!this.#takes(":")) throw this.#error("':'");
      members.set(name, this.#value());
      this.#match(BLANKS);
    } while (this.#takes(","));
    if (!this.#takes("}")) throw this.#error("',' or '}'");
    return members;
  }

  #items(): JsonTree {
    const items: JsonTree[] = [];
    this.#match(BLANKS);
    if (this.#takes("]")) return items;
    do {
      items.push(this.#value());
      this.#match(BLANKS);
    } while (this.#takes(","));
    if (!this.#takes("]")) throw this.#error("',' or ']'");
    return items;
  }

  #takes(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#at)) return false;
    this.#at += expected.length;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #error(expected: string): SyntaxError {
    const before = this.#text.slice(0, this.#at);
    const line = before.split("\n").length;
    const column = this.#at - before.lastIndexOf("\n");
    const found = this.#at < this.#text.length ? `'${this.#text.slice(this.#at, this.#at + 20)}'` : "the end of the text";
    return new SyntaxError(`Cannot read JSON at line ${line}, column ${column}: expected ${expected}, found ${found}`);
  }
}
