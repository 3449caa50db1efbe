/** A record of one schema brought to another (Kafka Connect 4, SchemaProjector). */
import { DataError } from "./errors.ts";
import { parametersEqual } from "./schema_equality.ts";
import { type Schema, Struct, type Value } from "./schema.ts";

/** Numeric types, each of which may become itself or one after it. */
const PROMOTIONS: readonly string[] = ["INT8", "INT16", "INT32", "INT64", "FLOAT32", "FLOAT64"];

/**
 * The value under `target`: fields by name, those the target lacks dropped, those it adds at their default. Throws a DataError
 * where the schemas do not fit.
 */
export function project(source: Schema, value: Value, target: Schema): Value {
  requireCompatible(source, target);
  if (value !== null) return projectPresent(source, value, target);
  if (!source.optional || target.optional) return null;
  if (target.default === undefined) {
    throw projectorError("Writer schema is optional, however, target schema does not provide a default value.");
  }
  return target.default;
}

function requireCompatible(source: Schema, target: Schema): void {
  if (source.type !== target.type && !isPromotable(source, target)) {
    throw projectorError(`Schema type mismatch. source type: ${source.type} and target type: ${target.type}`);
  }
  if (source.name !== target.name) {
    throw projectorError(`Schema name mismatch. source name: ${source.name ?? null} and target name: ${target.name ?? null}`);
  }
  if (!parametersEqual(source.parameters, target.parameters)) {
    const [from, to] = [source.parameters, target.parameters].map(parametersText);
    throw projectorError(`Schema parameters not equal. source parameters: ${from} and target parameters: ${to}`);
  }
}

function isPromotable(source: Schema, target: Schema): boolean {
  const from = PROMOTIONS.indexOf(source.type);
  return from >= 0 && PROMOTIONS.indexOf(target.type) >= from;
}

function projectPresent(source: Schema, value: NonNullable<Value>, target: Schema): Value {
  if (value instanceof Struct) return projectStruct(source, value, target);
  const [from, to] = [source.valueSchema, target.valueSchema];
  if (Array.isArray(value) && from !== undefined && to !== undefined) return value.map((each) => project(from, each, to));
  if (value instanceof Map && from !== undefined && to !== undefined) return projectMap(source, value, target, from, to);
  return typeof value === "number" || typeof value === "bigint" ? promoted(value, target) : value;
}

function projectMap(source: Schema, map: ReadonlyMap<Value, Value>, target: Schema, from: Schema, to: Schema): Value {
  const { keySchema } = source;
  const targetKeys = target.keySchema;
  if (keySchema === undefined || targetKeys === undefined) return map;
  return new Map([...map].map(([key, each]) => [project(keySchema, key, targetKeys), project(from, each, to)]));
}

function projectStruct(source: Schema, struct: Struct, target: Schema): Struct {
  const values = target.fields.map(({ name, schema }) => {
    const field = source.field(name);
    if (field !== undefined) return projectField(field.schema, struct.get(name), schema, name);
    if (schema.optional) return null;
    if (schema.default !== undefined) return schema.default;
    throw projectorError(`Required field \`${name}\` is missing from source schema: ${source}`);
  });
  return new Struct(target, values);
}

function projectField(source: Schema, value: Value, target: Schema, name: string): Value {
  try {
    return project(source, value, target);
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw projectorError(`Error projecting ${name}`, cause);
  }
}

/** The number in the carrier of the wider type. */
function promoted(value: number | bigint, target: Schema): Value {
  if (target.name !== undefined) return value;
  if (target.type === "INT64") return BigInt(value);
  return target.type === "FLOAT32" ? Math.fround(Number(value)) : Number(value);
}

function parametersText(parameters: ReadonlyMap<string, string> | undefined): string {
  return parameters === undefined ? "null" : `{${[...parameters].map(([name, value]) => `${name}=${value}`).join(", ")}}`;
}

function projectorError(message: string, cause?: unknown): DataError {
  return new DataError(message, { javaClass: "org.apache.kafka.connect.errors.SchemaProjectorException", cause });
}
