import type { CsvFormat } from "../csv_reader.ts";
import { emptyIsNull, type RowParser } from "./row_parser.ts";

/** Behaves like the RFC 4180 parser of opencsv 4.6: no escapes, nothing trimmed, a quote opens a cell only as its first character. */
export class Rfc4180RowParser implements RowParser {
  readonly #separator: string;
  readonly #quote: string;
  readonly #format: CsvFormat;
  #cells: (string | null)[] = [];
  /** Text of the cell that waits for the next line, or null; with its count of quotes, so that no line is looked at twice. */
  #open: string | null = null;
  #openQuotes = 0;
  #openIsQuoted = false;

  constructor(format: CsvFormat) {
    this.#format = format;
    this.#separator = String.fromCharCode(format.separator);
    this.#quote = String.fromCharCode(format.quote);
  }

  get cells(): readonly (string | null)[] {
    return this.#cells;
  }

  get openText(): string {
    return this.#open ?? "";
  }

  reset(): void {
    this.#open = null;
  }

  take(line: string): boolean {
    if (this.#open !== null) return this.#takeQuoted(line, this.#open, this.#openIsQuoted, this.#openQuotes);
    this.#cells = [];
    if (line.includes(this.#quote)) return this.#takeQuoted(line, "", line.startsWith(this.#quote), 0);
    for (const cell of line.split(this.#separator)) this.#close(cell, 0);
    return true;
  }

  /** `head`, `isQuoted` and `quotes` tell of the part of the first cell that earlier lines held. */
  #takeQuoted(line: string, head: string, isQuoted: boolean, quotes: number): boolean {
    let start = 0;
    for (;;) {
      const end = isQuoted ? this.#quotedEnd(line, start, quotes) : line.indexOf(this.#separator, start);
      const part = end < 0 ? line.slice(start) : line.slice(start, end);
      const seen = quotes + count(part, this.#quote);
      const isLast = end < 0 || end + 1 === line.length;
      if (isLast && (seen % 2 === 1 || (isQuoted && !part.endsWith(this.#quote)))) {
        this.#open = head + part + "\n"; // a separator behind it is lost, as in opencsv
        this.#openIsQuoted = isQuoted;
        this.#openQuotes = seen;
        return false;
      }
      this.#close(head + part, seen);
      if (isLast) break;
      start = end + 1;
      head = "";
      isQuoted = line.startsWith(this.#quote, start);
      quotes = 0;
    }
    if (line.endsWith(this.#separator)) this.#close("", 0);
    this.#open = null;
    return true;
  }

  /** Index of the separator behind the quote that closes the cell, or -1 when the cell runs to the end of the line. */
  #quotedEnd(line: string, start: number, quotes: number): number {
    let seen = quotes;
    for (let at = line.indexOf(this.#quote, start); at >= 0; at = line.indexOf(this.#quote, at + 1)) {
      seen++;
      if (seen % 2 === 0 && line.startsWith(this.#separator, at + 1)) return at + 1;
    }
    return -1;
  }

  #close(raw: string, quotes: number): void {
    const { nullFields } = this.#format;
    const quote = this.#quote;
    if (raw === "") {
      this.#cells.push(emptyIsNull(nullFields, false) ? null : "");
      return;
    }
    let text = raw;
    if (quotes > 1) {
      if (text.startsWith(quote)) {
        text = text.slice(1);
        if (text.endsWith(quote)) text = text.slice(0, -1);
      }
      text = text.replaceAll(quote + quote, () => quote);
    }
    this.#cells.push(text === "" && emptyIsNull(nullFields, true) ? null : text);
  }
}

function count(text: string, mark: string): number {
  let found = 0;
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) found++;
  return found;
}
