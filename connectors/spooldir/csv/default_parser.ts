import type { CsvFormat } from "../csv_reader.ts";
import { emptyIsNull, type RowParser } from "./row_parser.ts";

/**
 * Behaves like the default parser of opencsv 4.6, its surprises included: escapes vanish from unquoted text, a quote inside
 * a cell is kept only from the fourth character of the line on, and blanks before a quote go when told so.
 */
export class DefaultRowParser implements RowParser {
  readonly #format: CsvFormat;
  #cells: (string | null)[] = [];
  /** Text of the open cell. Appended to in runs: strings of one character each would cost 30 bytes per byte of a huge cell. */
  #text = "";
  /** Nothing but white space in `#text`; kept along, since asking a growing string again and again is quadratic. */
  #blank = true;
  #continues = false;
  /** Inside a cell's text; outlives a line end within a row, and decides whether an escape or a doubled quote counts. */
  #inField = false;
  /** An empty cell counts as quoted. */
  #fromQuotes = false;

  constructor(format: CsvFormat) {
    this.#format = format;
  }

  get cells(): readonly (string | null)[] {
    return this.#cells;
  }

  get openText(): string {
    return this.#text;
  }

  reset(): void {
    this.#continues = false;
    this.#inField = false;
    this.#clear();
  }

  take(line: string): boolean {
    const { separator, quote, escape, strictQuotes, ignoreQuotations } = this.#format;
    let inQuotes = this.#continues && !ignoreQuotations;
    if (!this.#continues) this.#cells = [];
    this.#fromQuotes = false;
    let run = 0; // start of the characters that are kept but not yet appended
    for (let k = 0; k < line.length; k++) {
      const c = line.charCodeAt(k);
      const quoted = inQuotes && !ignoreQuotations;
      if (c === escape) {
        this.#append(line, run, k);
        const next = line.charCodeAt(k + 1); // NaN behind the last character
        const escapes = (quoted || this.#inField) && (next === quote || next === escape);
        run = k + 1; // keeps the escaped character, drops the escape in any case
        if (escapes) k++;
      } else if (c === quote) {
        this.#append(line, run, k);
        run = k + 1;
        if ((quoted || this.#inField) && line.charCodeAt(k + 1) === quote) {
          k++; // the second of the two is kept
        } else {
          inQuotes = !inQuotes;
          if (this.#text === "") this.#fromQuotes = true;
          if (!strictQuotes && this.#isEmbedded(line, k)) run = this.#keepEmbedded(k);
        }
        this.#inField = !this.#inField;
      } else if (c === separator && !quoted) {
        this.#append(line, run, k);
        run = k + 1;
        this.#close();
        this.#inField = false;
      } else if (strictQuotes && !quoted) {
        this.#append(line, run, k);
        run = k + 1;
      } else {
        this.#inField = true;
        this.#fromQuotes = true;
      }
    }
    this.#append(line, run, line.length);
    return this.#endLine(inQuotes && !ignoreQuotations);
  }

  #endLine(quoted: boolean): boolean {
    this.#continues = quoted;
    if (quoted) {
      this.#text += "\n";
      return false;
    }
    this.#close();
    this.#inField = false;
    return true;
  }

  /** A quote with text on both sides of it; opencsv asks only from the fourth character of a line on. */
  #isEmbedded(line: string, k: number): boolean {
    const { separator } = this.#format;
    return k > 2 && line.charCodeAt(k - 1) !== separator && k + 1 < line.length && line.charCodeAt(k + 1) !== separator;
  }

  /** Where the next run starts: at the embedded quote, or behind it when it is a late opening quote after blanks. */
  #keepEmbedded(k: number): number {
    if (!this.#format.ignoreLeadingWhitespace || this.#text === "" || !this.#blank) return k;
    this.#clear();
    return k + 1;
  }

  #append(line: string, start: number, end: number): void {
    if (start >= end) return;
    this.#text += line.slice(start, end);
    for (let k = start; this.#blank && k < end; k++) this.#blank = isWhitespace(line.charCodeAt(k));
  }

  #clear(): void {
    this.#text = "";
    this.#blank = true;
  }

  #close(): void {
    this.#cells.push(this.#text === "" && emptyIsNull(this.#format.nullFields, this.#fromQuotes) ? null : this.#text);
    this.#fromQuotes = false;
    this.#clear();
  }
}

/** Java's Character.isWhitespace for one UTF-16 code: no no-break spaces, but the information separators. */
function isWhitespace(c: number): boolean {
  if (c < 0x80) return c === 0x20 || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f);
  return c === 0x1680 || (c >= 0x2000 && c <= 0x200a && c !== 0x2007) || c === 0x2028 || c === 0x2029 || c === 0x205f || c === 0x3000;
}
