import { field, range } from "sdk";
import { charsetName, enumName } from "./rules.ts";

/** Which empty cells are null. */
export const NULL_FIELDS = ["EMPTY_SEPARATORS", "EMPTY_QUOTES", "BOTH", "NEITHER"] as const;

const CSV = "CSV Parsing";

/** Keys of the CSV connector alone, in the order the reference lists them. `isCharset` judges Java charset names. */
export function csvKeys(isCharset: (name: string) => boolean) {
  return {
    "csv.skip.lines": field.int({
      default: 0,
      importance: "LOW",
      group: CSV,
      width: "LONG",
      displayName: "Skip lins",
      doc: "Lines dropped at the start of a file, before the header. Physical lines: one within quotes counts.",
    }),
    "csv.separator.char": code(
      44,
      "Separator Character",
      "Character between cells, as its code: 9 is a tab, 124 a pipe. 0 selects the RFC 4180 parser.",
    ),
    "csv.quote.char": code(34, "Quote Character", "Character around cells that hold separators or line ends, as its code; 0 is none."),
    "csv.escape.char": code(
      92,
      "Escape Character",
      "Character that takes the meaning from a following quote or escape, as its code; 0 is none. In all other places it vanishes: " +
        "C:\\temp is read as C:temp unless this is 0 or csv.rfc.4180.parser.enabled is true. Default parser only.",
    ),
    "csv.strict.quotes": flag(false, "Strict Quotes", "Whether text outside of quotes is dropped. Default parser only."),
    "csv.ignore.leading.whitespace": flag(
      true,
      "Ignore leading whitespace",
      "Whether blanks before an opening quote are dropped; other blanks stay. Default parser only.",
    ),
    "csv.ignore.quotations": flag(
      false,
      "Ignore quotations",
      "Whether quotes no longer protect separators and line ends. Default parser only.",
    ),
    "csv.keep.carriage.return": flag(
      false,
      "Preserve Carriage Return?",
      "Whether lines end at LF alone and keep a CR before it, in the last cell and the last column's name too.",
    ),
    "csv.verify.reader": flag(
      true,
      "Verify reader",
      "Accepted and without effect: a file that cannot be read to its end is always an error, never the end of the file.",
    ),
    "csv.null.field.indicator": field.string({
      default: "NEITHER",
      importance: "LOW",
      group: CSV,
      width: "LONG",
      displayName: "Null field indicator",
      doc:
        "Which empty cells are null: those with nothing between separators (EMPTY_SEPARATORS), those with two quotes (EMPTY_QUOTES), both, or neither.",
      validate: enumName("CSVReaderNullFieldIndicator", NULL_FIELDS),
    }),
    "csv.first.row.as.header": field.boolean({
      default: false,
      importance: "MEDIUM",
      group: CSV,
      width: "LONG",
      displayName: "Treat first row as header.",
      doc: "Whether the first row holds the columns' names. Without, the columns are the fields of value.schema in order.",
    }),
    "csv.file.charset": field.string({
      default: "UTF-8",
      importance: "LOW",
      group: CSV,
      width: "LONG",
      displayName: "File character set.",
      doc: "Charset of the files, by its Java name.",
      validate: charsetName(isCharset),
    }),
    "csv.case.sensitive.field.names": field.boolean({
      default: false,
      importance: "LOW",
      group: "",
      displayName: "Case sensitive field names.",
      doc: "Written as false, columns find their fields whatever the case of their names. When it is left out, case counts.",
    }),
    "csv.rfc.4180.parser.enabled": field.boolean({
      default: false,
      importance: "LOW",
      group: "",
      displayName: "Flag to determine if the RFC 4180 should be used instead.",
      doc: "Whether files are read by the rules of RFC 4180: no escape character, quotes only around whole cells.",
    }),
  };
}

/** Keys of our own that concern CSV. */
export const ownCsvKeys = {
  "sluice.csv.max.row.bytes": field.int({
    default: 16 * 1024 * 1024,
    importance: "LOW",
    group: CSV,
    doc: "Longest row in bytes. A longer one fails the file with its line number: most often a quote that is never closed. " +
      "Kafka refuses records beyond 1 MB unless told otherwise, so the default leaves room for rows of which only some columns are kept.",
    validate: range({ min: 1024, max: 1024 * 1024 * 1024 }),
  }),
  "sluice.csv.field.names.ignore.case": field.boolean({
    default: false,
    importance: "LOW",
    group: CSV,
    doc: "Whether columns find their fields whatever the case of their names; set by the connector from csv.case.sensitive.field.names.",
  }),
};

/** A character by its UTF-16 code. */
function code(fallback: number, displayName: string, doc: string) {
  return field.int({ default: fallback, importance: "LOW", group: CSV, width: "LONG", displayName, doc });
}

function flag(fallback: boolean, displayName: string, doc: string) {
  return field.boolean({ default: fallback, importance: "LOW", group: CSV, width: "LONG", displayName, doc });
}
