import { ConnectError } from "sdk";
import type { CsvFormat } from "../csv_reader.ts";
import { DefaultRowParser } from "./default_parser.ts";
import { Rfc4180RowParser } from "./rfc4180_parser.ts";
import { isRfc4180, type RowParser } from "./row_parser.ts";

/** The parser that the connector's keys select. Throws for a format no row can be read with. */
export function createRowParser(format: CsvFormat): RowParser {
  const { separator, quote } = format;
  const rfc4180 = isRfc4180(format);
  const escape = rfc4180 ? 0 : format.escape;
  if (same(separator, quote) || same(separator, escape) || same(quote, escape)) {
    // The text is opencsv 4.6's, which meets it when a file is opened.
    throw new ConnectError("The separator, quote, and escape characters must be different!", {
      javaClass: "java.lang.UnsupportedOperationException",
    });
  }
  return rfc4180 ? new Rfc4180RowParser(format) : new DefaultRowParser(format);
}

/** Zero means "no such character" and may stand twice. */
function same(a: number, b: number): boolean {
  return a !== 0 && a === b;
}
