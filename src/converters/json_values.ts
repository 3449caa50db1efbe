/** Values and schemas to JSON text, one by one: the twin of the column writer, and what it falls back on. */
import {
  base64Text,
  bytesOfInteger,
  DataError,
  daysOfDate,
  Decimal,
  decimalText,
  doubleText,
  fitsInteger,
  floatText,
  javaClassOf,
  jsonString,
  type LogicalType,
  logicalType,
  millisOfTime,
  requireScale,
  type Schema,
  schemasEqual,
  SizedNumber,
  Struct,
  type Value,
} from "sdk";

/** What of the converter's config shapes a payload. */
export interface JsonOptions {
  /** Decimals as numbers instead of base64 (`decimal.format`). */
  readonly numericDecimals: boolean;
  /** A schema's default in place of null (`replace.null.with.default`). */
  readonly replaceNull: boolean;
}

/** A payload. Throws a DataError for a value its schema does not allow. */
export function jsonText(schema: Schema | null, value: Value, options: JsonOptions): string {
  if (value === null) return schema === null ? "null" : nullText(schema, options);
  if (schema === null) return schemalessText(value, options);
  const logical = logicalType(schema);
  return logical === null ? typedText(schema, value, options) : logicalText(schema, logical, value, options);
}

/** What stands for a null under a schema. */
export function nullText(schema: Schema, options: JsonOptions): string {
  if (schema.default !== undefined && options.replaceNull) return jsonText(schema, schema.default, options);
  if (schema.optional) return "null";
  throw new DataError("Conversion error: null value for field that is required and has no default value");
}

/** A double; JSON has no word for NaN and the infinities, so they are strings (as Jackson has it). */
export function doubleJson(value: number): string {
  return Number.isFinite(value) ? doubleText(value) : `"${value}"`;
}

/** A 32-bit float, like `doubleJson`. */
export function floatJson(value: number): string {
  return Number.isFinite(Math.fround(value)) ? floatText(value) : `"${Math.fround(value)}"`;
}

function logicalText(schema: Schema, logical: LogicalType, value: NonNullable<Value>, options: JsonOptions): string {
  if (logical === "Decimal") {
    if (!(value instanceof Decimal)) throw wrongLogical(logical, "BigDecimal", value, schema);
    if (options.numericDecimals) return decimalText(value);
    requireScale(schema, value);
    return `"${base64Text(bytesOfInteger(value.unscaled))}"`;
  }
  if (!(value instanceof Date)) throw wrongLogical(logical, "Date", value, schema);
  const epochMs = value.getTime();
  return String(logical === "Date" ? daysOfDate(epochMs) : logical === "Time" ? millisOfTime(epochMs) : epochMs);
}

function wrongLogical(logical: LogicalType, expected: string, value: NonNullable<Value>, schema: Schema): DataError {
  return new DataError(`Invalid type for ${logical}, expected ${expected} but was class ${javaClassOf(value, schema)}`);
}

function wrongType(schema: Schema, value: NonNullable<Value>): DataError {
  return new DataError(`Invalid type for ${schema.type}: class ${javaClassOf(value, schema)}`);
}

function typedText(schema: Schema, value: NonNullable<Value>, options: JsonOptions): string {
  switch (schema.type) {
    case "STRING":
      if (typeof value === "string") return jsonString(value);
      break;
    case "INT8":
    case "INT16":
    case "INT32":
      if (typeof value === "number" && fitsInteger(schema.type, value)) return String(value);
      break;
    case "INT64":
      if (typeof value === "bigint") return String(value);
      break;
    case "FLOAT32":
      if (typeof value === "number") return floatJson(value);
      break;
    case "FLOAT64":
      if (typeof value === "number") return doubleJson(value);
      break;
    case "BOOLEAN":
      if (typeof value === "boolean") return String(value);
      break;
    case "BYTES":
      if (value instanceof Uint8Array) return `"${base64Text(value)}"`;
      throw new DataError(`Invalid type for bytes type: class ${javaClassOf(value, schema)}`);
    case "ARRAY":
      if (Array.isArray(value)) return arrayText(schema.valueSchema ?? null, value, options);
      break;
    case "MAP":
      if (value instanceof Map) return mapText(schema, value, options);
      break;
    case "STRUCT":
      if (value instanceof Struct) return structText(schema, value, options);
      break;
  }
  throw wrongType(schema, value);
}

function schemalessText(value: NonNullable<Value>, options: JsonOptions): string {
  if (typeof value === "string") return jsonString(value);
  if (typeof value === "number") return doubleJson(value);
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value instanceof Uint8Array) return `"${base64Text(value)}"`;
  if (value instanceof SizedNumber) return value.type === "FLOAT32" ? floatJson(value.value) : String(value.value);
  if (value instanceof Map) return mapText(null, value, options);
  if (value instanceof Struct) throw new DataError("Mismatching schema.");
  if (Array.isArray(value)) return arrayText(null, value, options);
  throw new DataError(`Java class class ${javaClassOf(value)} does not have corresponding schema type.`);
}

function arrayText(elements: Schema | null, values: readonly Value[], options: JsonOptions): string {
  return `[${values.map((value) => jsonText(elements, value, options)).join(",")}]`;
}

/** An object when the keys are strings, else an array of pairs. Without a schema the keys themselves decide. */
function mapText(schema: Schema | null, map: ReadonlyMap<Value, Value>, options: JsonOptions): string {
  const keys = schema?.keySchema ?? null;
  const values = schema?.valueSchema ?? null;
  const entries = [...map];
  const asObject = schema === null ? entries.every(([key]) => typeof key === "string") : keys?.type === "STRING";
  if (!asObject) {
    return `[${entries.map(([key, value]) => `[${jsonText(keys, key, options)},${jsonText(values, value, options)}]`).join(",")}]`;
  }
  const members = entries.map(([key, value]) => {
    const name = jsonText(keys, key, options);
    return `${name.startsWith('"') ? name : jsonString(name)}:${jsonText(values, value, options)}`;
  });
  return `{${members.join(",")}}`;
}

function structText(schema: Schema, struct: Struct, options: JsonOptions): string {
  if (!schemasEqual(struct.schema, schema)) throw new DataError("Mismatching schema.");
  const members = schema.fields.map((field, i) => `${jsonString(field.name)}:${jsonText(field.schema, struct.values[i] ?? null, options)}`);
  return `{${members.join(",")}}`;
}
