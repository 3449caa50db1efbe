/** The four logical types of Connect: a schema's name, not its type, says that a value is one (Kafka Connect 4, org.apache.kafka.connect.data). */
import { DataError } from "./errors.ts";
import { Decimal, primitiveSchema, type Schema, type SchemaOptions } from "./schema.ts";

/** Logical types by the short name messages use. */
export type LogicalType = "Decimal" | "Date" | "Time" | "Timestamp";

/** Schema names that make a logical type. */
export const LOGICAL_NAMES: { readonly [T in LogicalType]: string } = {
  Decimal: "org.apache.kafka.connect.data.Decimal",
  Date: "org.apache.kafka.connect.data.Date",
  Time: "org.apache.kafka.connect.data.Time",
  Timestamp: "org.apache.kafka.connect.data.Timestamp",
};

/** Milliseconds of a day, leap seconds not counted (as in Java). */
export const MS_PER_DAY = 86_400_000;

/** The logical type a schema's name stands for, or null. */
export function logicalType(schema: Schema | null): LogicalType | null {
  switch (schema?.name) {
    case LOGICAL_NAMES.Decimal:
      return "Decimal";
    case LOGICAL_NAMES.Date:
      return "Date";
    case LOGICAL_NAMES.Time:
      return "Time";
    case LOGICAL_NAMES.Timestamp:
      return "Timestamp";
    default:
      return null;
  }
}

/** A Decimal schema; `scale` = digits after the point. */
export function decimalSchema(scale: number, options: Omit<SchemaOptions, "name" | "version" | "parameters"> = {}): Schema {
  const parameters = new Map([["scale", String(scale)]]);
  return primitiveSchema("BYTES", { ...options, name: LOGICAL_NAMES.Decimal, version: 1, parameters });
}

/** A Date schema: days since the epoch on the wire. */
export function dateSchema(options: Omit<SchemaOptions, "name" | "version"> = {}): Schema {
  return primitiveSchema("INT32", { ...options, name: LOGICAL_NAMES.Date, version: 1 });
}

/** A Time schema: milliseconds since midnight on the wire. */
export function timeSchema(options: Omit<SchemaOptions, "name" | "version"> = {}): Schema {
  return primitiveSchema("INT32", { ...options, name: LOGICAL_NAMES.Time, version: 1 });
}

/** A Timestamp schema: milliseconds since the epoch on the wire. */
export function timestampSchema(options: Omit<SchemaOptions, "name" | "version"> = {}): Schema {
  return primitiveSchema("INT64", { ...options, name: LOGICAL_NAMES.Timestamp, version: 1 });
}

/** The scale of a Decimal schema. Throws a DataError when its parameter is missing or no integer. */
export function decimalScale(schema: Schema): number {
  const text = schema.parameters?.get("scale");
  if (text === undefined) throw new DataError("Invalid Decimal schema: scale parameter not found.");
  if (!/^[+-]?\d{1,10}$/.test(text)) throw new DataError("Invalid scale parameter found in Decimal schema: ");
  return Number(text);
}

/** Throws a DataError unless the decimal has the scale its schema says: nothing ever rescales silently. */
export function requireScale(schema: Schema, decimal: Decimal): void {
  const scale = decimalScale(schema);
  if (decimal.scale === scale) return;
  throw new DataError(
    `Decimal value has mismatching scale for given Decimal schema. Schema has scale ${scale}, value has scale ${decimal.scale}.`,
  );
}

/** Wire form of a Date: days since the epoch. Throws a DataError for an instant that is not midnight UTC. */
export function daysOfDate(epochMs: number): number {
  if (epochMs % MS_PER_DAY !== 0) {
    throw new DataError("Kafka Connect Date type should not have any time fields set to non-zero values.");
  }
  return epochMs / MS_PER_DAY;
}

/** Wire form of a Time: milliseconds since midnight. Throws a DataError outside one day (midnight of the next day passes, as in Connect). */
export function millisOfTime(epochMs: number): number {
  if (epochMs < 0 || epochMs > MS_PER_DAY) {
    throw new DataError("Kafka Connect Time type should not have any date fields set to non-zero values.");
  }
  return epochMs;
}

/** A Time from its wire form; the bounds are the ones `millisOfTime` has. */
export function timeOfMillis(millis: number): Date {
  if (millis < 0 || millis > MS_PER_DAY) {
    throw new DataError("Time values must use number of milliseconds greater than 0 and less than 86400000");
  }
  return new Date(millis);
}

/** A decimal from its plain or scientific text, digit for digit: the scale is what the text says (java.math.BigDecimal). Null when it is none. */
export function parseDecimal(text: string): Decimal | null {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,10}))?$/.exec(text);
  if (match === null) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  if (whole.length + fraction.length === 0) return null;
  const scale = fraction.length - Number(exponent);
  if ((scale | 0) !== scale) return null; // A BigDecimal's scale is an int.
  const unscaled = BigInt(whole + fraction);
  return new Decimal(sign === "-" ? -unscaled : unscaled, scale);
}
