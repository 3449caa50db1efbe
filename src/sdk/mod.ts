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
export * from "../config/field.ts";
export * from "../config/validators.ts";
export { javaRegex, validRegex } from "../config/java_regex.ts";
export * from "./errors.ts";
export * from "./source.ts";
export * from "./converter.ts";
