import { type ConfigOf, ConnectError, type Problem } from "sdk";
import type { csvKeys, ownCsvKeys } from "./csv_keys.ts";
import type { CsvFormat, NullFields } from "./csv_reader.ts";
import type { FileConfig, SchemaConfig } from "./start_checks.ts";

export type CsvConfig = FileConfig & SchemaConfig & ConfigOf<ReturnType<typeof csvKeys> & typeof ownCsvKeys>;

const SAME = "The separator, quote, and escape characters must be different!";

/** The `csv.*` keys as the reader takes them. */
export function csvFormat(config: CsvConfig): CsvFormat {
  const separator = character(config["csv.separator.char"]);
  return {
    separator,
    quote: character(config["csv.quote.char"]),
    escape: character(config["csv.escape.char"]),
    strictQuotes: config["csv.strict.quotes"],
    ignoreLeadingWhitespace: config["csv.ignore.leading.whitespace"],
    ignoreQuotations: config["csv.ignore.quotations"],
    keepCarriageReturn: config["csv.keep.carriage.return"],
    rfc4180: config["csv.rfc.4180.parser.enabled"] || separator === 0,
    nullFields: config["csv.null.field.indicator"] as NullFields,
    charset: config["csv.file.charset"],
    skipLines: Math.max(0, config["csv.skip.lines"]),
    firstRowIsHeader: config["csv.first.row.as.header"],
    bufferBytes: config["file.buffer.size.bytes"],
    maxRowBytes: config["sluice.csv.max.row.bytes"],
    timeZone: config["parser.timestamp.timezone"],
    timeFormats: config["parser.timestamp.date.formats"],
  };
}

/** Java's cast of an int to a char. */
function character(code: number): number {
  return code & 0xffff;
}

/** Characters that would mean two things, as a problem of the second one; 0 means nothing. The RFC 4180 parser knows no escape. */
export function characterProblem(
  values: { readonly [K in "csv.separator.char" | "csv.quote.char" | "csv.escape.char"]: number | null } & {
    readonly "csv.rfc.4180.parser.enabled": boolean | null;
  },
): Problem | undefined {
  const separator = values["csv.separator.char"] ?? 0;
  const keys = values["csv.rfc.4180.parser.enabled"] === true || character(separator) === 0
    ? ["csv.separator.char", "csv.quote.char"] as const
    : ["csv.separator.char", "csv.quote.char", "csv.escape.char"] as const;
  for (const [i, key] of keys.entries()) {
    const code = values[key];
    const earlier = keys.slice(0, i).find((other) => code !== null && character(code) !== 0 && values[other] === code);
    if (earlier !== undefined) return { key, message: `Invalid value ${code} for configuration ${key}: ${SAME} ${earlier} is ${code} too` };
  }
  return undefined;
}

/** Throws for characters that would mean two things. */
export function requireDistinctCharacters(config: CsvConfig): void {
  const problem = characterProblem(config);
  if (problem === undefined) return;
  throw new ConnectError(`${SAME} ${problem.message}`, { javaClass: "java.lang.UnsupportedOperationException" });
}
