/** Booleans as one byte (org.apache.kafka.connect.converters.BooleanConverter). */
import { ConnectError, DataError, javaClassOf, primitiveSchema, type Schema, type Value } from "sdk";
import { binaryConverter } from "./binary.ts";

const OPTIONAL_BOOLEAN = primitiveSchema("BOOLEAN", { optional: true });

function toBytes(schema: Schema | null, value: Value): Uint8Array | null {
  if (schema !== null && schema.type !== "BOOLEAN") throw new DataError(`Invalid schema type for BooleanConverter: ${schema.type}`);
  if (value === null) return null;
  if (typeof value === "boolean") return Uint8Array.of(value ? 1 : 0);
  throw new DataError(`BooleanConverter is not compatible with objects of type class ${javaClassOf(value, schema)}`);
}

function valueOf(bytes: Uint8Array): boolean {
  if (bytes.length === 1 && (bytes[0] === 0 || bytes[0] === 1)) return bytes[0] === 1;
  const message = bytes.length === 1
    ? `Unexpected byte received by BooleanDeserializer: ${(bytes[0] as number) << 24 >> 24}`
    : "Size of data received by BooleanDeserializer is not 1";
  const cause = new ConnectError(message, { javaClass: "org.apache.kafka.common.errors.SerializationException" });
  throw new DataError("Failed to deserialize boolean: ", { cause });
}

/** The definition of the converter of booleans. */
export const booleanConverter = binaryConverter({
  class: "org.apache.kafka.connect.converters.BooleanConverter",
  summary: "Booleans as one byte, 1 or 0.",
  toBytes,
  schema: OPTIONAL_BOOLEAN,
  valueOf,
  columnWriter: () => null,
});
