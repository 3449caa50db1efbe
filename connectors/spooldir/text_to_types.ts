import { DataError, type Schema, type Value } from "sdk";

/** How texts stand for times: `parser.timestamp.*`. */
export interface TimeTexts {
  readonly timeZone: string;
  readonly timeFormats: readonly string[];
}

/** Turns the text of a cell into a value; throws a DataError that names text and type. */
export type TextParser = (text: string) => Value;

/** The parser of a schema, by its type and name. */
export function textParser(schema: Schema, _times: TimeTexts): TextParser {
  if (schema.type === "STRING" && schema.name === undefined) return (text) => text;
  return () => {
    throw new DataError(`Schema ${schema.type}(${schema.name ?? null}) is not supported`, {
      javaClass: "java.lang.UnsupportedOperationException",
    });
  };
}
