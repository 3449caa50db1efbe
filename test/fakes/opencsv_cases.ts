/** Texts with the rows opencsv made of them; see the file's first line. */
import type { CsvFormat, NullFields } from "../../connectors/spooldir/csv_reader.ts";
import { DEFAULT_FORMAT } from "./csv_file.ts";

const CAPTURE = new URL("../captures/spooldir/opencsv-rows.jsonl", import.meta.url);
const LOST = /^Unterminated quoted field at end of CSV line\. Beginning of lost text: \[([^]*)\]$/;

export interface OpencsvCase {
  readonly format: CsvFormat;
  readonly text: string;
  readonly rows: readonly (readonly [lines: number, cells: readonly (string | null)[]])[];
  readonly error?: string;
}

/** All captured cases. */
export function opencsvCases(): OpencsvCase[] {
  return Deno.readTextFileSync(CAPTURE).trimEnd().split("\n").slice(1).map((line) => {
    const [format, text, rows, error] = JSON.parse(line);
    return { format: formatOf(format), text, rows, error };
  });
}

/** What a parser has to give: the rows, and the text that an open quote swallowed. */
export function expected({ rows, error }: OpencsvCase): unknown {
  return error === undefined ? { rows } : { rows, lostText: LOST.exec(error)?.[1] };
}

function formatOf(
  [separator, quote, escape, skipLines, nullFields, switches]: [number, number, number, number, NullFields, string],
): CsvFormat {
  const on = new Set(switches.split(" "));
  return {
    ...DEFAULT_FORMAT,
    separator,
    quote,
    escape,
    skipLines,
    nullFields,
    strictQuotes: on.has("strictQuotes"),
    ignoreLeadingWhitespace: on.has("ignoreLeadingWhitespace"),
    ignoreQuotations: on.has("ignoreQuotations"),
    keepCarriageReturn: on.has("keepCarriageReturn"),
    rfc4180: on.has("rfc4180"),
  };
}
