/** Reads `sasl.jaas.config`, the line in which Java clients keep their credentials. Never shows what it read: most of it is secret. */

/** One login module with its options. */
export interface JaasEntry {
  /** Last part of the class name, e.g. `PlainLoginModule`. */
  readonly module: string;
  readonly options: ReadonlyMap<string, string>;
}

/** Reads one entry: `module.Class flag name="value" …;`. Throws a `SyntaxError` that names the place, never the text. */
export function parseJaas(text: string): JaasEntry {
  const words = [...tokens(text)];
  const [className, flag, ...rest] = words;
  if (className === undefined || flag === undefined) {
    throw new SyntaxError('it must read: login module class, "required", options as name="value", and a semicolon');
  }
  if (!/^(required|requisite|sufficient|optional)$/i.test(flag)) {
    throw new SyntaxError('the word after the login module class must be "required"');
  }
  if (rest.at(-1) !== ";") throw new SyntaxError("it must end with a semicolon");
  const options = new Map<string, string>();
  for (let i = 0; i < rest.length - 1; i += 3) {
    const [name, equals, value] = rest.slice(i, i + 3);
    if (name === ";") throw new SyntaxError("it must hold one login module only");
    if (equals !== "=" || value === undefined || name === undefined) {
      throw new SyntaxError(`option ${i / 3 + 1} must be written as name="value"`);
    }
    options.set(name, value);
  }
  return { module: className.slice(className.lastIndexOf(".") + 1), options };
}

/** Words, quoted texts without their quotes, `=` and `;`. A backslash keeps the character after it (Java's StreamTokenizer). */
function* tokens(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const char = text[at] as string;
    if (/\s/.test(char)) at++;
    else if (char === "=" || char === ";") {
      yield char;
      at++;
    } else if (char === '"' || char === "'") {
      const [value, next] = quoted(text, at, char);
      yield value;
      at = next;
    } else {
      const word = /^[^\s=;"']+/.exec(text.slice(at))?.[0] as string;
      yield word;
      at += word.length;
    }
  }
}

function quoted(text: string, start: number, quote: string): [value: string, next: number] {
  const escapes: Record<string, string> = { n: "\n", t: "\t", r: "\r" };
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at] as string;
    if (char === quote) return [value, at + 1];
    if (char !== "\\") value += char;
    else {
      at++;
      const escaped = text[at] ?? "";
      value += escapes[escaped] ?? escaped;
    }
  }
  throw new SyntaxError(`the quote at character ${start + 1} must be closed`);
}
