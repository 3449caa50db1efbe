/** One schema for all elements of a header's list or map, and the elements made to fit it. */
import {
  DataError,
  type LogicalType,
  logicalType,
  MS_PER_DAY,
  type Schema,
  schemasEqual,
  SizedNumber,
  timeOfMillis,
  type Value,
} from "sdk";

/** A value that was found; null for the word `null`. */
export type Found = { readonly schema: Schema; readonly value: Value } | null;

/** Numeric types, each of which holds the ones before it. */
const WIDTHS: readonly string[] = ["INT8", "INT16", "INT32", "INT64", "FLOAT32", "FLOAT64"];

/** Values of one collection under one schema, or without one when they have none in common. */
export interface Merged {
  readonly schema: Schema | null;
  readonly values: readonly Value[];
}

/**
 * Throws a DataError when the values have a schema in common that one of them, null for instance, cannot be brought to.
 * `witnesses`: what the schema is taken from, the values themselves when not given.
 */
export function merge(elements: readonly Found[], witnesses: readonly Found[] = elements): Merged {
  const schema = commonSchema(witnesses.flatMap((each) => each === null ? [] : [each.schema]));
  return schema === null ? asTheyAre(elements) : { schema, values: elements.map((each) => alignedTo(schema, each)) };
}

/** The values without a common schema, each of its own class. */
export function asTheyAre(elements: readonly Found[]): Merged {
  return { schema: null, values: elements.map((each) => each === null ? null : withoutSchema(each.schema, each.value)) };
}

/** Of equal types the last schema counts, as in Connect, whatever its name or members. */
function commonSchema(schemas: readonly Schema[]): Schema | null {
  let common: Schema | null = null;
  for (const schema of schemas) {
    const next: Schema | null = common === null ? schema : wider(common, schema);
    if (next === null) return null;
    common = next;
  }
  return common;
}

function wider(previous: Schema, latest: Schema): Schema | null {
  if (previous.type === latest.type) return latest;
  const [a, b] = [WIDTHS.indexOf(previous.type), WIDTHS.indexOf(latest.type)];
  if (a < 0 || b < 0) return null;
  return a > b ? previous : latest;
}

function alignedTo(schema: Schema, found: Found): Value {
  if (found === null) throw new DataError(`Unable to convert a null value to a schema that requires a value: ${schema}`);
  const { value } = found;
  if (value instanceof Date) {
    if (schema.name === undefined) throw new DataError(`Unable to convert a date to ${schema}`);
    return value;
  }
  if (typeof value === "number" || typeof value === "bigint") {
    const logical = logicalType(schema);
    return logical === null ? widened(schema, value) : instantOf(logical, Number(value));
  }
  // A collection keeps its elements: under the schema of another one only their classes tell what they are.
  return schemasEqual(schema, found.schema) ? value : withoutSchema(found.schema, value);
}

function widened(schema: Schema, value: number | bigint): Value {
  if (schema.type === "INT64") return BigInt(value);
  return schema.type === "FLOAT32" ? Math.fround(Number(value)) : Number(value);
}

function instantOf(logical: LogicalType, value: number): Date {
  if (logical === "Time") return timeOfMillis(value);
  return new Date(logical === "Date" ? value * MS_PER_DAY : value);
}

/** The value with the width of its numbers in themselves. */
function withoutSchema(schema: Schema | undefined, value: Value): Value {
  if (typeof value === "number" && schema !== undefined) {
    const { type } = schema;
    return type === "INT8" || type === "INT16" || type === "INT32" || type === "FLOAT32" ? new SizedNumber(type, value) : value;
  }
  if (value instanceof Map) {
    return new Map([...value].map(([key, each]) => [withoutSchema(schema?.keySchema, key), withoutSchema(schema?.valueSchema, each)]));
  }
  return Array.isArray(value) ? value.map((each) => withoutSchema(schema?.valueSchema, each)) : value;
}
