/** One schema for all elements of a header's list or map, and the elements made to fit it. */
import { DataError, type Schema, type Value } from "sdk";

/** Numeric types, each of which holds the ones before it. */
const WIDTHS: readonly string[] = ["INT8", "INT16", "INT32", "INT64", "FLOAT32", "FLOAT64"];

/** The schema of elements so far and one more; null when they have none in common, which is then final. */
export function commonSchema(previous: Schema | null, latest: Schema | null): Schema | null {
  if (previous === null || latest === null) return null;
  if (previous.type === latest.type) return latest;
  const [a, b] = [WIDTHS.indexOf(previous.type), WIDTHS.indexOf(latest.type)];
  if (a < 0 || b < 0) return null;
  return a > b ? previous : latest;
}

/** An element under the common schema. Throws a DataError for null. */
export function alignedTo(schema: Schema, value: Value): Value {
  if (value === null) throw new DataError(`Unable to convert a null value to a schema that requires a value: ${schema}`);
  if (schema.type === "INT64" && typeof value === "number") return BigInt(value);
  if (schema.type.startsWith("FLOAT") && (typeof value === "number" || typeof value === "bigint")) {
    return schema.type === "FLOAT32" ? Math.fround(Number(value)) : Number(value);
  }
  return value;
}
