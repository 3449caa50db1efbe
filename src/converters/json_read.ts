/** Payloads and schemas from JSON, as lenient as Kafka Connect reads them. */
import {
  base64Bytes,
  DataError,
  Decimal,
  decimalScale,
  integerOfBytes,
  type JsonNode,
  JsonNumber,
  type LogicalType,
  logicalType,
  MS_PER_DAY,
  parseDecimal,
  type Schema,
  type SchemaField,
  Struct,
  timeOfMillis,
  validateValue,
  type Value,
} from "sdk";

/** A payload under its schema, or without one. `undefined`: the member is missing. Throws a DataError. */
export function readPayload(schema: Schema | null, node: JsonNode | undefined, replaceNull: boolean): Value {
  if (schema === null) return readSchemaless(node ?? null);
  if (node === undefined || node === null) {
    if (schema.default !== undefined && replaceNull) return schema.default;
    if (schema.optional) return null;
    throw new DataError(`Invalid null value for required ${schema.type} field`);
  }
  const logical = logicalType(schema);
  if (logical === "Decimal") return readDecimal(schema, node);
  return logical === null ? readTyped(schema, node, replaceNull) : readDate(logical, node);
}

/** What Jackson calls a node in messages. */
export function nodeType(node: JsonNode): string {
  if (node === null) return "NULL";
  if (typeof node === "boolean") return "BOOLEAN";
  if (typeof node === "string") return "STRING";
  if (node instanceof JsonNumber) return "NUMBER";
  return node instanceof Map ? "OBJECT" : "ARRAY";
}

/** A number without a schema: a long, cut to 64 bits, or a double. */
export function schemalessNumber(text: string, integral: boolean): bigint | number {
  if (!integral) return Number(text);
  // So many characters are an exact double, which becomes a bigint at a third of the cost.
  return text.length <= 15 ? BigInt(Number(text)) : BigInt.asIntN(64, BigInt(text));
}

function readSchemaless(node: JsonNode): Value {
  if (node instanceof JsonNumber) return schemalessNumber(node.text, node.integral);
  if (node instanceof Map) return new Map([...node].map(([name, member]) => [name, readSchemaless(member)]));
  return Array.isArray(node) ? node.map(readSchemaless) : node as null | boolean | string;
}

function readTyped(schema: Schema, node: NonNullable<JsonNode>, replaceNull: boolean): Value {
  switch (schema.type) {
    case "INT8":
      return intOf(node) << 24 >> 24;
    case "INT16":
      return intOf(node) << 16 >> 16;
    case "INT32":
      return intOf(node);
    case "INT64":
      return BigInt.asIntN(64, wholePart(node));
    case "FLOAT32":
      return Math.fround(doubleOf(node));
    case "FLOAT64":
      return doubleOf(node);
    case "BOOLEAN":
      return node === true;
    case "STRING":
      return typeof node === "string" ? node : null;
    case "BYTES":
      return readBytes(node);
    case "ARRAY":
      return elementsOf(node).map((each) => readPayload(schema.valueSchema ?? null, each, replaceNull));
    case "MAP":
      return schema.keySchema?.type === "STRING" ? readObjectMap(schema, node, replaceNull) : readPairs(schema, node, replaceNull);
    case "STRUCT":
      return readStruct(schema, node, replaceNull);
  }
}

/** Any number; 0 for what is none. The strings that stand for NaN and the infinities are read back, where Kafka Connect makes 0 of them. */
function doubleOf(node: JsonNode): number {
  if (node instanceof JsonNumber) return Number(node.text);
  return node === "NaN" || node === "Infinity" || node === "-Infinity" ? Number(node) : 0;
}

/** Any number, cut to 32 bits; 0 for what is none (JsonNode.intValue). */
function intOf(node: JsonNode): number {
  // Nine characters of an integer fit 32 bits for sure. There is no negative zero among integers.
  if (node instanceof JsonNumber && node.integral && node.text.length <= 9) return Number(node.text) | 0;
  return Number(BigInt.asIntN(32, wholePart(node)));
}

/** A number without its fraction, of any size; 0 for what is none. */
function wholePart(node: JsonNode): bigint {
  if (!(node instanceof JsonNumber)) return 0n;
  if (node.integral) return BigInt(node.text);
  const decimal = parseDecimal(node.text);
  if (decimal === null) return 0n;
  const { unscaled, scale } = decimal;
  // Below, all low 64 bits are zero: 10^64 is a multiple of 2^64. Above, no digit is left of the point.
  if (scale < -64 || scale > node.text.length) return 0n;
  return scale < 0 ? unscaled * 10n ** BigInt(-scale) : unscaled / 10n ** BigInt(scale);
}

function readBytes(node: JsonNode): Value {
  if (typeof node !== "string") return null;
  const bytes = base64Bytes(node);
  if (bytes === undefined) throw new DataError("Invalid bytes field");
  return bytes;
}

/** Members of an array, or of an object: Jackson iterates over both. Of anything else there are none. */
function elementsOf(node: JsonNode): readonly JsonNode[] {
  if (node instanceof Map) return [...node.values()];
  return Array.isArray(node) ? node : [];
}

function readObjectMap(schema: Schema, node: JsonNode, replaceNull: boolean): Value {
  if (!(node instanceof Map)) {
    throw new DataError(`Maps with string fields should be encoded as JSON objects, but found ${nodeType(node)}`);
  }
  return new Map([...node].map(([name, member]) => [name, readPayload(schema.valueSchema ?? null, member, replaceNull)]));
}

function readPairs(schema: Schema, node: JsonNode, replaceNull: boolean): Value {
  if (!Array.isArray(node)) {
    throw new DataError(`Maps with non-string fields should be encoded as JSON array of tuples, but found ${nodeType(node)}`);
  }
  return new Map(node.map((pair: JsonNode) => {
    if (!Array.isArray(pair)) throw new DataError(`Found invalid map entry instead of array tuple: ${nodeType(pair)}`);
    if (pair.length !== 2) throw new DataError(`Found invalid map entry, expected length 2 but found :${pair.length}`);
    const [key, value] = pair as readonly JsonNode[];
    return [
      readPayload(schema.keySchema ?? null, key, replaceNull),
      readPayload(schema.valueSchema ?? null, value, replaceNull),
    ] as const;
  }));
}

function readStruct(schema: Schema, node: JsonNode, replaceNull: boolean): Value {
  if (!(node instanceof Map)) throw new DataError(`Structs should be encoded as JSON objects, but found ${nodeType(node)}`);
  return new Struct(schema, schema.fields.map((field) => readField(field, node.get(field.name), replaceNull)));
}

/** A member of a struct; `undefined`: it is missing. Throws a DataError. */
export function readField({ name, schema }: SchemaField, node: JsonNode | undefined, replaceNull: boolean): Value {
  const value = readPayload(schema, node, replaceNull);
  // Lenient reading may have made a null of what is no text or no base64: where it is required, also inside, it is refused.
  if (value === null || isCollection(schema)) validateValue(schema, value, `field: "${name}"`);
  return value;
}

function isCollection(schema: Schema): boolean {
  return schema.type === "ARRAY" || schema.type === "MAP";
}

function readDecimal(schema: Schema, node: NonNullable<JsonNode>): Decimal {
  if (node instanceof JsonNumber) {
    const decimal = parseDecimal(node.text);
    if (decimal !== null) return decimal;
  }
  if (typeof node !== "string") {
    throw new DataError(
      `Invalid type for Decimal, underlying representation should be numeric or bytes but was ${nodeType(node)}`,
    );
  }
  const unscaled = integerOfBytes(base64Bytes(node) ?? new Uint8Array(0));
  if (unscaled === undefined) throw new DataError("Invalid bytes for Decimal field");
  return new Decimal(unscaled, scaleOf(schema));
}

/** A schema without a scale is the field's fault in Connect's words, as the whole decoding is one act there. */
function scaleOf(schema: Schema): number {
  try {
    return decimalScale(schema);
  } catch (cause) {
    throw new DataError("Invalid bytes for Decimal field", { cause });
  }
}

function readDate(logical: Exclude<LogicalType, "Decimal">, node: NonNullable<JsonNode>): Date {
  const number = node instanceof JsonNumber && node.integral ? BigInt(node.text) : null;
  if (logical === "Timestamp") {
    if (number === null) {
      throw new DataError(`Invalid type for Timestamp, underlying representation should be integral but was ${nodeType(node)}`);
    }
    return dateOf(Number(BigInt.asIntN(64, number)));
  }
  if (number === null || BigInt.asIntN(32, number) !== number) {
    throw new DataError(`Invalid type for ${logical}, underlying representation should be integer but was ${nodeType(node)}`);
  }
  return logical === "Date" ? dateOf(Number(number) * MS_PER_DAY) : timeOfMillis(Number(number));
}

/** JavaScript dates end in the year 275760, Java's much later. */
function dateOf(epochMs: number): Date {
  const date = new Date(epochMs);
  if (!Number.isNaN(date.getTime())) return date;
  throw new DataError(`Cannot read ${epochMs} milliseconds since the epoch as an instant: the years -271821 to 275760 can be held`);
}
