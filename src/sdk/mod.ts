/**
 * What the author of a connector, converter or transformation sees. Nothing else of `src/` is theirs to import.
 * @module
 */
export * from "../data/schema.ts";
export * from "../data/value.ts";
export * from "../data/record.ts";
export * from "../data/region.ts";
export * from "../data/column.ts";
export * from "../data/batch.ts";
export * from "../data/decimal_bytes.ts";
export * from "../data/java_calendar.ts";
export * from "../data/java_class.ts";
export * from "../data/java_text.ts";
export * from "../data/logical_types.ts";
export * from "../data/projection.ts";
export * from "../data/row_batches.ts";
export * from "../data/row_view.ts";
export * from "../data/schema_equality.ts";
export * from "../data/selection.ts";
export * from "../data/validate.ts";
export * from "../bytes/base64.ts";
export * from "../bytes/copy.ts";
export * from "../bytes/json_parse.ts";
export * from "../bytes/json_scan.ts";
export * from "../bytes/json_write.ts";
export * from "../bytes/number_scan.ts";
export * from "../bytes/number_text.ts";
export * from "../bytes/quotes.ts";
export * from "../bytes/utf8.ts";
export { maskValues } from "../base/secret_text.ts";
export * from "../config/field.ts";
export * from "../config/validators.ts";
export { compileJavaRegex } from "../config/regex/java_regex.ts";
export { RegexSyntaxError } from "../config/regex/cursor.ts";
export * from "./errors.ts";
export * from "./connector.ts";
export * from "./source.ts";
export * from "./sink.ts";
export * from "./converter.ts";
