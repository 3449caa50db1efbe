/**
 * JSON as the reference reads it (Jackson 2.19 with its defaults): strict, but duplicate keys are allowed, the last wins, and
 * whatever follows the first value is ignored. Numbers keep their text. Messages and positions are Jackson's, as clients show them.
 */

/** A parsed value, with where it began, for the messages of what binds it. */
export type JsonNode =
  | { readonly kind: "object"; readonly members: ReadonlyMap<string, JsonNode>; readonly at: Position; readonly end: Position }
  | { readonly kind: "array"; readonly items: readonly JsonNode[]; readonly at: Position }
  | { readonly kind: "string"; readonly text: string; readonly at: Position }
  /** `text` as written. */
  | { readonly kind: "number"; readonly text: string; readonly at: Position }
  | { readonly kind: "boolean"; readonly value: boolean; readonly at: Position }
  | { readonly kind: "null"; readonly at: Position };

/** From 1, in characters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A body that is no JSON, or not the JSON that is wanted. */
export class BodyError extends Error {
  override readonly name = "BodyError";
}

/** Jackson's bounds (StreamReadConstraints). */
const MAX_DEPTH = 1000;
const MAX_NUMBER = 1000;
const MAX_NAME = 50_000;

/** Shared, as ten megabytes of empty objects must not cost ten million maps. */
const NO_MEMBERS: ReadonlyMap<string, JsonNode> = new Map();

const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const ESCAPES: Readonly<Record<string, string>> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** The first value of a text; undefined when there is nothing but blanks. Throws a BodyError. */
export function parseJson(text: string): JsonNode | undefined {
  return new Parser(text).first();
}

/** Where something stands, in Jackson's words. */
export function source(at: Position): string {
  return `[Source: REDACTED (\`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION\` disabled); line: ${at.line}, column: ${at.column}]`;
}

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  /** Start of the current line. */
  #lineStart = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  first(): JsonNode | undefined {
    this.#skipBlanks();
    if (this.#at >= this.#text.length) return undefined;
    const char = this.#text.charAt(this.#at);
    if (char === "}" || char === "]") {
      this.#fail(`Unexpected close marker '${char}': no open ${char === "}" ? "Object" : "Array"} to close`);
    }
    const value = this.#value();
    const next = this.#text.charAt(this.#at);
    if (value.kind === "number" && !/^[ \t\r\n]?$/.test(next)) this.#unexpected("Expected space separating root-level values");
    return value;
  }

  #value(within?: "Object" | "Array"): JsonNode {
    const at = this.#position();
    const char = this.#text.charAt(this.#at);
    if (char === "{") return this.#object(at);
    if (char === "[") return this.#array(at);
    if (char === '"') return { kind: "string", text: this.#string("string value"), at };
    if (char === "-" || isDigit(char)) return { kind: "number", text: this.#number(), at };
    return this.#token(at, within);
  }

  #object(at: Position): JsonNode {
    this.#enter();
    this.#skipBlanks();
    if (this.#closes("}", "]", "Object", at)) return this.#closeObject(NO_MEMBERS, at);
    const members = new Map<string, JsonNode>();
    while (true) {
      const name = this.#name(at);
      this.#between("Object");
      this.#expect(":", "was expecting a colon to separate field name and value", "Object", at);
      this.#between("Object");
      members.set(name, this.#value("Object"));
      this.#skipBlanks();
      if (this.#closes("}", "]", "Object", at)) return this.#closeObject(members, at);
      this.#expect(",", "was expecting comma to separate Object entries", "Object", at);
      this.#between("Object");
    }
  }

  #closeObject(members: ReadonlyMap<string, JsonNode>, at: Position): JsonNode {
    this.#at++;
    this.#depth--;
    return { kind: "object", members, at, end: this.#position() };
  }

  #array(at: Position): JsonNode {
    this.#enter();
    const items: JsonNode[] = [];
    this.#skipBlanks();
    let closed = this.#closes("]", "}", "Array", at);
    while (!closed) {
      items.push(this.#value("Array"));
      this.#skipBlanks();
      closed = this.#closes("]", "}", "Array", at);
      if (closed) break;
      this.#expect(",", "was expecting comma to separate Array entries", "Array", at);
      this.#between("Array");
    }
    this.#at++;
    this.#depth--;
    return { kind: "array", items, at };
  }

  /** Bounds recursion, and so the stack. */
  #enter(): void {
    this.#at++;
    if (++this.#depth <= MAX_DEPTH) return;
    const limit = `the maximum allowed (${MAX_DEPTH}, from \`StreamReadConstraints.getMaxNestingDepth()\`)`;
    this.#fail(`Document nesting depth (${this.#depth}) exceeds ${limit}`);
  }

  /** The next character, which must be there. */
  #peek(what: "Object" | "Array", start: Position): string {
    if (this.#at < this.#text.length) return this.#text.charAt(this.#at);
    return this.#fail(`Unexpected end-of-input: expected close marker for ${what} (start marker at ${source(start)})`);
  }

  /** Blanks in the middle of an entry, behind which something must come. */
  #between(what: "Object" | "Array"): void {
    this.#skipBlanks();
    if (this.#at >= this.#text.length) this.#fail(`Unexpected end-of-input within/between ${what} entries`);
  }

  #closes(marker: string, wrong: string, what: "Object" | "Array", start: Position): boolean {
    const char = this.#peek(what, start);
    if (char === wrong) this.#fail(`Unexpected close marker '${wrong}': expected '${marker}' (for ${what} starting at ${source(start)})`);
    return char === marker;
  }

  #expect(char: string, rule: string, what: "Object" | "Array", start: Position): void {
    if (this.#peek(what, start) !== char) this.#unexpected(rule);
    this.#at++;
  }

  #name(start: Position): string {
    if (this.#peek("Object", start) !== '"') this.#unexpected("was expecting double-quote to start field name");
    const name = this.#string("name");
    if (name.length <= MAX_NAME) return name;
    return this.#fail(
      `Name length (${name.length}) exceeds the maximum allowed (${MAX_NAME}, from \`StreamReadConstraints.getMaxNameLength()\`)`,
    );
  }

  #string(what: "name" | "string value"): string {
    let out = "";
    let from = ++this.#at;
    while (true) {
      const code = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(code)) this.#fail(`Unexpected end-of-input in ${what === "name" ? "field name" : "VALUE_STRING"}`);
      if (code === 0x22) break;
      if (code < 0x20) {
        this.#fail(`Illegal unquoted character (${describe(code)}): has to be escaped using backslash to be included in ${what}`);
      }
      if (code === 0x5c) {
        out += this.#text.slice(from, this.#at) + this.#escape();
        from = this.#at;
      } else this.#at++;
    }
    out += this.#text.slice(from, this.#at++);
    // Half a surrogate pair is no text: no path could name what is called so.
    return out.toWellFormed();
  }

  #escape(): string {
    const char = this.#text.charAt(++this.#at);
    if (char === "u") return this.#unicode();
    if (char === "") this.#fail("Unexpected end-of-input in character escape sequence");
    const plain = Object.hasOwn(ESCAPES, char) ? ESCAPES[char] : undefined;
    if (plain === undefined) return this.#fail(`Unrecognized character escape ${describe(char.charCodeAt(0))}`);
    this.#at++;
    return plain;
  }

  #unicode(): string {
    this.#at++;
    const end = this.#at + 4;
    for (; this.#at < end; this.#at++) {
      if (this.#at >= this.#text.length) this.#fail("Unexpected end-of-input in character escape sequence");
      if (!/[0-9a-fA-F]/.test(this.#text.charAt(this.#at))) this.#unexpected("expected a hex-digit for character escape sequence");
    }
    return String.fromCharCode(Number.parseInt(this.#text.slice(end - 4, end), 16));
  }

  #number(): string {
    const start = this.#at;
    if (this.#text.startsWith("-Infinity", start)) this.#nonNumber("-Infinity");
    if (this.#text.charAt(this.#at) === "-") this.#at++;
    if (!isDigit(this.#text.charAt(this.#at))) this.#badNumber("expected digit (0-9) to follow minus sign, for valid numeric value");
    if (this.#text.charAt(this.#at) === "0" && isDigit(this.#text.charAt(this.#at + 1))) {
      this.#fail("Invalid numeric value: Leading zeroes not allowed");
    }
    this.#digits();
    if (this.#text.charAt(this.#at) === ".") {
      this.#at++;
      if (!isDigit(this.#text.charAt(this.#at))) this.#badNumber("Decimal point not followed by a digit");
      this.#digits();
    }
    if (/[eE]/.test(this.#text.charAt(this.#at))) this.#exponent();
    const length = this.#at - start;
    if (length > MAX_NUMBER) {
      this.#fail(
        `Number value length (${length}) exceeds the maximum allowed (${MAX_NUMBER}, from \`StreamReadConstraints.getMaxNumberLength()\`)`,
      );
    }
    return this.#text.slice(start, this.#at);
  }

  #exponent(): void {
    this.#at++;
    if (/[+-]/.test(this.#text.charAt(this.#at))) this.#at++;
    if (!isDigit(this.#text.charAt(this.#at))) this.#badNumber("Exponent indicator not followed by a digit");
    this.#digits();
  }

  #digits(): void {
    while (isDigit(this.#text.charAt(this.#at))) this.#at++;
  }

  #badNumber(rule: string): never {
    if (this.#at >= this.#text.length) return this.#fail("Unexpected end-of-input in a Number value");
    return this.#fail(`Unexpected character (${describe(this.#text.charCodeAt(this.#at))}) in numeric value: ${rule}`);
  }

  #token(at: Position, within: "Object" | "Array" | undefined): JsonNode {
    const char = this.#text.charAt(this.#at);
    if (char === "}" || char === "," || (char === "]" && within === "Array")) this.#unexpected("expected a value");
    if (char === "+") this.#plusSign();
    // Java's identifier characters; bounded, as the word is shown.
    const word = /^[\p{L}\p{Sc}\p{Pc}][\p{L}\p{N}\p{Sc}\p{Pc}]{0,255}/u.exec(this.#text.slice(this.#at, this.#at + 512))?.[0];
    if (word === undefined) return this.#unexpected(`expected a valid value ${VALUES}`);
    this.#at += word.length;
    if (word === "null") return { kind: "null", at };
    if (word === "true" || word === "false") return { kind: "boolean", value: word === "true", at };
    if (word === "NaN" || word === "Infinity") this.#nonNumber(word);
    return this.#fail(`Unrecognized token '${word}': was expecting ${VALUES}`);
  }

  #nonNumber(word: string): never {
    return this.#fail(`Non-standard token '${word}': enable \`JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS\` to allow`);
  }

  #plusSign(): never {
    const way = "enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow";
    return this.#fail(`Unexpected character ('+' (code 43)) in numeric value: JSON spec does not allow numbers to have plus signs: ${way}`);
  }

  #skipBlanks(): void {
    while (true) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x20 || code === 0x09 || code === 0x0d) this.#at++;
      else if (code === 0x0a) {
        this.#lineStart = ++this.#at;
        this.#line++;
      } else if (code < 0x20) {
        this.#fail(`Illegal character (${describe(code)}): only regular white space (\\r, \\n, \\t) is allowed between tokens`);
      } else return;
    }
  }

  #unexpected(rule: string): never {
    const code = this.#text.codePointAt(this.#at) ?? 0;
    const why = code === 0x2f
      ? "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)"
      : rule;
    return this.#fail(`Unexpected character (${describe(code)}): ${why}`);
  }

  #fail(message: string): never {
    throw new BodyError(`${message}\n at ${source(this.#position())}`);
  }

  #position(): Position {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9" && char.length === 1;
}

/** A character in Jackson's words. */
function describe(code: number): string {
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return `(CTRL-CHAR, code ${code})`;
  const char = String.fromCodePoint(code);
  return code > 255 ? `'${char}' (code ${code} / 0x${code.toString(16)})` : `'${char}' (code ${code})`;
}
