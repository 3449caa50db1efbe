/** Deep equality of schemas and values, as Connect's `equals` has it. */
import { Decimal, type Schema, SizedNumber, Struct, type Value } from "./schema.ts";

/** Whether two schemas agree in every attribute, doc and order of fields included. The same object is equal at no cost. */
export function schemasEqual(a: Schema | null | undefined, b: Schema | null | undefined): boolean {
  if (a === b) return true;
  if (!a || !b) return false;
  return a.type === b.type && a.optional === b.optional && a.name === b.name && a.version === b.version && a.doc === b.doc &&
    valuesEqual(a.default ?? null, b.default ?? null) && parametersEqual(a.parameters, b.parameters) &&
    schemasEqual(a.keySchema, b.keySchema) && schemasEqual(a.valueSchema, b.valueSchema) &&
    a.fields.length === b.fields.length &&
    a.fields.every((field, i) => field.name === b.fields[i]?.name && schemasEqual(field.schema, b.fields[i]?.schema));
}

/** Whether two sets of schema parameters hold the same; their order does not count. */
export function parametersEqual(a: ReadonlyMap<string, string> | undefined, b: ReadonlyMap<string, string> | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.size !== b.size) return false;
  return [...a].every(([name, value]) => b.get(name) === value);
}

/** Whether two values are the same data. NaN equals itself, 0.0 differs from -0.0, decimals of different scales differ (Java's `equals`). */
export function valuesEqual(a: Value, b: Value): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime();
  if (a instanceof Decimal) return b instanceof Decimal && a.unscaled === b.unscaled && a.scale === b.scale;
  if (a instanceof SizedNumber) return b instanceof SizedNumber && a.type === b.type && Object.is(a.value, b.value);
  if (a instanceof Struct) return b instanceof Struct && schemasEqual(a.schema, b.schema) && listsEqual(a.values, b.values);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i]);
  if (a instanceof Map) return b instanceof Map && mapsEqual(a, b);
  return Array.isArray(a) && Array.isArray(b) && listsEqual(a, b);
}

function listsEqual(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((each, i) => valuesEqual(each, b[i] ?? null));
}

function mapsEqual(a: ReadonlyMap<Value, Value>, b: ReadonlyMap<Value, Value>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => {
    const same = b.has(key) ? key : [...b.keys()].find((each) => valuesEqual(each, key));
    return same !== undefined && valuesEqual(value, b.get(same) ?? null);
  });
}
