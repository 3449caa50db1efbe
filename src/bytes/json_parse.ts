/**
 * JSON bytes to a tree that keeps each number's text, the order of members and the last of equal names: `JSON.parse` loses all
 * three. Accepts what Kafka Connect's reader accepts (Jackson with leading zeros allowed): a byte order mark, anything after the
 * first value.
 */
import { Buffer } from "node:buffer";
import { validUtf8Text } from "./utf8.ts";

/** A number as it was written, leading zeros removed. */
export class JsonNumber {
  constructor(
    readonly text: string,
    /** No point and no exponent. */
    readonly integral: boolean,
  ) {}
}

/** A parsed JSON value with numbers as `N`. */
export type JsonTree<N> = null | boolean | string | N | readonly JsonTree<N>[] | ReadonlyMap<string, JsonTree<N>>;

/** A parsed JSON value with numbers as they were written. */
export type JsonNode = JsonTree<JsonNumber>;

/** Makes a number of its text, which is that of a `JsonNumber`. */
export type NumberOf<N> = (text: string, integral: boolean) => N;

const asWritten: NumberOf<JsonNumber> = (text, integral) => new JsonNumber(text, integral);

/** Why bytes are not JSON; the message names the place, never the text around it. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
}

/** Deepest nesting (Jackson 2.16, StreamReadConstraints). */
const MAX_DEPTH = 1000;

/**
 * The first value in the bytes, from `start` on, and where it ends; undefined when there is nothing but blanks. `depth`: how many
 * objects and arrays it is known to lie in. Throws a JsonSyntaxError.
 */
export function parseJson(bytes: Uint8Array, start = 0, depth = 0): { readonly node: JsonNode; readonly end: number } | undefined {
  const parser = new Parser(bytes, start, asWritten);
  const node = parser.first(depth);
  return node === undefined ? undefined : { node, end: parser.end };
}

/** The first value in the bytes with numbers as `numberOf` makes them, otherwise like `parseJson`. */
export function parseJsonAs<N>(bytes: Uint8Array, numberOf: NumberOf<N>): JsonTree<N> | undefined {
  return new Parser(bytes, 0, numberOf).first(0);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ESCAPES: Readonly<Record<string, string>> = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", '"': '"', "\\": "\\", "/": "/" };

class Parser<N> {
  readonly #bytes: Uint8Array;
  /** A character per byte: ASCII texts are cut from it, which is ten times faster than decoding each. */
  readonly #latin1: string;
  readonly #numberOf: NumberOf<N>;
  #at: number;

  constructor(bytes: Uint8Array, start: number, numberOf: NumberOf<N>) {
    this.#bytes = bytes;
    this.#numberOf = numberOf;
    this.#latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    this.#at = start;
  }

  get end(): number {
    return this.#at;
  }

  first(depth: number): JsonTree<N> | undefined {
    const bytes = this.#bytes;
    if (this.#at === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.#at = 3;
    return this.#skipBlanks() === undefined ? undefined : this.#value(depth);
  }

  #skipBlanks(): number | undefined {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.#at++;
    }
  }

  #value(depth: number): JsonTree<N> {
    const byte = this.#skipBlanks();
    switch (byte) {
      case undefined:
        throw this.#error("Unexpected end of input: was expecting a value");
      case QUOTE:
        return this.#string();
      case 0x7b:
        return this.#object(depth + 1);
      case 0x5b:
        return this.#array(depth + 1);
      default:
        return byte === 0x2d || isDigit(byte) ? this.#number() : this.#word();
    }
  }

  #object(depth: number): JsonTree<N> {
    this.#enter(depth);
    const members = new Map<string, JsonTree<N>>();
    if (this.#skipBlanks() === 0x7d) return this.#leave(members);
    for (;;) {
      if (this.#skipBlanks() !== QUOTE) throw this.#error("Unexpected character: was expecting double-quote to start field name");
      const name = this.#string();
      if (this.#skipBlanks() !== 0x3a) throw this.#error("Unexpected character: was expecting a colon to separate field name and value");
      this.#at++;
      members.set(name, this.#value(depth));
      if (this.#skipBlanks() === 0x7d) return this.#leave(members);
      this.#comma("Object");
    }
  }

  #array(depth: number): JsonTree<N> {
    this.#enter(depth);
    const elements: JsonTree<N>[] = [];
    if (this.#skipBlanks() === 0x5d) return this.#leave(elements);
    for (;;) {
      elements.push(this.#value(depth));
      if (this.#skipBlanks() === 0x5d) return this.#leave(elements);
      this.#comma("Array");
    }
  }

  #enter(depth: number): void {
    if (depth > MAX_DEPTH) throw this.#error(`Document nesting depth (${depth}) exceeds the maximum allowed (${MAX_DEPTH})`);
    this.#at++;
  }

  #leave<T>(node: T): T {
    this.#at++;
    return node;
  }

  #comma(inside: "Object" | "Array"): void {
    if (this.#bytes[this.#at] !== 0x2c) throw this.#error(`Unexpected character or end: was expecting comma to separate ${inside} entries`);
    this.#at++;
  }

  #string(): string {
    const bytes = this.#bytes;
    const start = ++this.#at;
    let escaped = false;
    let seen = 0;
    for (let i = start;; i++) {
      const byte = bytes[i];
      if (byte === QUOTE) {
        this.#at = i + 1;
        const text = seen < 0x80 ? this.#latin1.substring(start, i) : this.#utf8(start, i);
        return escaped ? this.#unescaped(text) : text;
      }
      if (byte === BACKSLASH) {
        escaped = true;
        i++;
      } else if (byte === undefined || byte < 0x20) {
        this.#at = i;
        throw this.#error(
          byte === undefined ? "Unexpected end of input in a string" : `Illegal unquoted character (code ${byte}) in a string`,
        );
      } else {
        seen |= byte;
      }
    }
  }

  #utf8(start: number, end: number): string {
    const text = validUtf8Text(this.#bytes.subarray(start, end));
    if (text === undefined) throw this.#error("Invalid UTF-8 in a string");
    return text;
  }

  #unescaped(text: string): string {
    return text.replace(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, (_, hex: string | undefined, char: string | undefined) => {
      if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
      const plain = ESCAPES[char ?? ""];
      if (plain === undefined) throw this.#error(`Unrecognized character escape '${char}'`);
      return plain;
    });
  }

  #number(): JsonTree<N> {
    const bytes = this.#bytes;
    const start = this.#at;
    let i = start + (bytes[start] === 0x2d ? 1 : 0);
    const whole = this.#digits(i);
    while (i < whole - 1 && bytes[i] === 0x30) i++;
    let end = whole;
    if (bytes[end] === 0x2e) end = this.#digits(end + 1);
    if (bytes[end] === 0x65 || bytes[end] === 0x45) {
      end = this.#digits(bytes[end + 1] === 0x2b || bytes[end + 1] === 0x2d ? end + 2 : end + 1);
    }
    this.#at = end;
    this.#mustEnd("number");
    const sign = bytes[start] === 0x2d ? "-" : "";
    return this.#numberOf(sign + this.#latin1.substring(i, end), end === whole);
  }

  /** The place after one digit or more. */
  #digits(from: number): number {
    let i = from;
    while (isDigit(this.#bytes[i])) i++;
    if (i === from) {
      this.#at = i;
      throw this.#error("Unexpected character or end in a number: was expecting a digit");
    }
    return i;
  }

  #word(): JsonTree<N> {
    const start = this.#at;
    while (isWordByte(this.#bytes[this.#at])) this.#at++;
    const word = this.#latin1.substring(start, this.#at);
    if (word === "null") return null;
    if (word === "true" || word === "false") return word === "true";
    this.#at = start;
    throw this.#error("Unrecognized token: was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')");
  }

  #mustEnd(what: string): void {
    if (isWordByte(this.#bytes[this.#at])) throw this.#error(`Unexpected character after a ${what}: was expecting a separator`);
  }

  #error(message: string): JsonSyntaxError {
    return new JsonSyntaxError(`${message} (byte ${this.#at})`);
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Letters, digits, `_`, `$` and all that is not ASCII: what Jackson takes for part of a token. */
function isWordByte(byte: number | undefined): boolean {
  return byte !== undefined &&
    (isDigit(byte) || byte >= 0x41 && byte <= 0x5a || byte >= 0x61 && byte <= 0x7a || byte === 0x5f || byte === 0x24 || byte >= 0x80);
}
