/** The Java classes Connect's messages name. */
import { Decimal, type Schema, SizedNumber, Struct, type Value } from "./schema.ts";

const BOXES = {
  INT8: "java.lang.Byte",
  INT16: "java.lang.Short",
  INT32: "java.lang.Integer",
  INT64: "java.lang.Long",
  FLOAT32: "java.lang.Float",
  FLOAT64: "java.lang.Double",
} as const;

/** The class a value would have in Java. `schema` tells the width of a number; without one, or with one of another kind, it is a Double. */
export function javaClassOf(value: NonNullable<Value>, schema: Schema | null = null): string {
  switch (typeof value) {
    case "string":
      return "java.lang.String";
    case "boolean":
      return "java.lang.Boolean";
    case "bigint":
      return "java.lang.Long";
    case "number":
      return numberClass(value, schema);
    default:
      return objectClass(value);
  }
}

function numberClass(value: number, schema: Schema | null): string {
  switch (schema?.type) {
    case "FLOAT32":
      return BOXES.FLOAT32;
    case "INT8":
    case "INT16":
    case "INT32":
      // A whole number that is too large for the schema is an int to Java, so that the message makes sense.
      if (fitsInteger(schema.type, value)) return BOXES[schema.type];
      return fitsInteger("INT32", value) ? BOXES.INT32 : BOXES.FLOAT64;
    default:
      return BOXES.FLOAT64;
  }
}

function objectClass(value: object): string {
  if (value instanceof Struct) return "org.apache.kafka.connect.data.Struct";
  if (value instanceof Decimal) return "java.math.BigDecimal";
  if (value instanceof Date) return "java.util.Date";
  if (value instanceof Uint8Array) return "[B";
  if (value instanceof SizedNumber) return BOXES[value.type];
  return value instanceof Map ? "java.util.HashMap" : "java.util.ArrayList";
}

/** Whether a number fits an integer type's width. */
export function fitsInteger(type: "INT8" | "INT16" | "INT32", value: number): boolean {
  const limit = type === "INT8" ? 0x80 : type === "INT16" ? 0x8000 : 0x8000_0000;
  return Number.isInteger(value) && value >= -limit && value < limit;
}
