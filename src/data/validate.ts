/** Whether a value fits its schema, in Connect's words (Kafka Connect 4, ConnectSchema.validateValue). */
import { DataError } from "./errors.ts";
import { fitsInteger, javaClassOf } from "./java_class.ts";
import { logicalType } from "./logical_types.ts";
import { schemasEqual } from "./schema_equality.ts";
import { Decimal, type Schema, SizedNumber, Struct, type Value } from "./schema.ts";

/** Throws a DataError unless the value fits. A default does not make null fit. `where`: what the message calls the value. */
export function validateValue(schema: Schema, value: Value, where = "value"): void {
  if (value === null) {
    if (schema.optional) return;
    throw new DataError(`Invalid value: null used for required ${where}, schema type: ${schema.type}`);
  }
  if (!isCarrier(schema, value)) {
    const named = schema.name === undefined ? "" : ` "${schema.name}"`;
    throw new DataError(
      `Invalid Java object for schema${named} with type ${schema.type}: class ${javaClassOf(value, schema)} for ${where}`,
    );
  }
  if (value instanceof Struct) {
    if (!schemasEqual(value.schema, schema)) throw new DataError("Struct schemas do not match.");
    validateStruct(value);
  } else if (schema.type === "ARRAY") {
    const elements = memberSchema(schema.valueSchema, `element of array ${where}`);
    for (const each of value as readonly Value[]) validateValue(elements, each, `element of array ${where}`);
  } else if (schema.type === "MAP") {
    const keys = memberSchema(schema.keySchema, `key of map ${where}`);
    const values = memberSchema(schema.valueSchema, `value of map ${where}`);
    for (const [key, each] of value as ReadonlyMap<Value, Value>) {
      validateValue(keys, key, `key of map ${where}`);
      validateValue(values, each, `value of map ${where}`);
    }
  }
}

/** Throws a DataError unless every field fits its schema; here a default does make null fit (Struct.validate). */
export function validateStruct(struct: Struct): void {
  for (const { name, index, schema } of struct.schema.fields) {
    const value = struct.values[index] ?? null;
    if (value === null && (schema.optional || schema.default !== undefined)) continue;
    validateValue(schema, value, `field: "${name}"`);
  }
}

function memberSchema(schema: Schema | undefined, where: string): Schema {
  if (schema === undefined) throw new DataError(`No schema defined for ${where}`);
  return schema;
}

/** Whether the value is carried by what `Value` says for that schema; the name of a logical type goes before the type. */
function isCarrier(schema: Schema, value: NonNullable<Value>): boolean {
  const logical = logicalType(schema);
  if (logical !== null) return logical === "Decimal" ? value instanceof Decimal : value instanceof Date;
  switch (schema.type) {
    case "INT8":
    case "INT16":
    case "INT32":
      return typeof value === "number" && fitsInteger(schema.type, value);
    case "INT64":
      return typeof value === "bigint" && BigInt.asIntN(64, value) === value;
    case "FLOAT32":
    case "FLOAT64":
      return typeof value === "number";
    case "BOOLEAN":
      return typeof value === "boolean";
    case "STRING":
      return typeof value === "string";
    case "BYTES":
      return value instanceof Uint8Array;
    case "ARRAY":
      return Array.isArray(value);
    case "MAP":
      return value instanceof Map;
    case "STRUCT":
      return value instanceof Struct;
  }
}

/** The type a value has by its Java class alone; null for a date and a decimal (ConnectSchema.schemaType). */
export function carrierType(value: NonNullable<Value>): Schema["type"] | null {
  switch (typeof value) {
    case "string":
      return "STRING";
    case "boolean":
      return "BOOLEAN";
    case "bigint":
      return "INT64";
    case "number":
      return "FLOAT64";
    default:
      if (value instanceof SizedNumber) return value.type;
      if (value instanceof Struct) return "STRUCT";
      if (value instanceof Uint8Array) return "BYTES";
      if (value instanceof Date || value instanceof Decimal) return null;
      return value instanceof Map ? "MAP" : "ARRAY";
  }
}
