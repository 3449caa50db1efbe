/** A header's text in tokens: each of `: , { } [ ] "` without an odd backslash in front is one, and so is all between two of them. */

const DELIMITERS = new Set(':,{}[]"');

/** Java's String.trim: all characters up to the blank. */
export function trimmed(text: string): string {
  // deno-lint-ignore no-control-regex -- Java trims control characters
  return text.replace(/^[\u0000- ]+|[\u0000- ]+$/g, "");
}

/** A cursor over the tokens of a text. */
export class HeaderTokens {
  readonly text: string;
  /** Where the next token begins; may be set back. */
  place = 0;

  constructor(text: string) {
    this.text = text;
  }

  get atEnd(): boolean {
    return this.place >= this.text.length;
  }

  /** The next token as it is. */
  next(): string {
    const token = this.#peek();
    this.place += token.length;
    return token;
  }

  /** The next four tokens together, or null when there are fewer; then the cursor stays. */
  nextFour(): string | null {
    const start = this.place;
    for (let i = 0; i < 4; i++) {
      if (this.atEnd) {
        this.place = start;
        return null;
      }
      this.next();
    }
    return this.text.substring(start, this.place);
  }

  /** Steps over the next token if it is this one, blanks around it aside. Blank tokens in front are stepped over in any case. */
  take(expected: string): boolean {
    if (this.atEnd) return false;
    let token = this.#peek();
    while (trimmed(token) === "" && this.place + token.length < this.text.length) {
      this.place += token.length;
      token = this.#peek();
    }
    if (trimmed(token) !== expected) return false;
    this.place += token.length;
    return true;
  }

  #peek(): string {
    const { text, place } = this;
    let escaped = false;
    for (let i = place; i < text.length; i++) {
      const char = text[i] as string;
      if (DELIMITERS.has(char) && !escaped) return text.substring(place, i === place ? i + 1 : i);
      escaped = char === "\\" && !escaped;
    }
    return text.substring(place);
  }
}
