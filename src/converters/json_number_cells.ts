/** Cells of JSON records from columns of numbers. */
import {
  DataError,
  daysOfDate,
  Decimal,
  decimalScale,
  decimalText,
  isPlainDecimal,
  type LogicalType,
  logicalType,
  millisOfTime,
  type Schema,
  writeBase64,
  writeDouble,
  writeFloat,
  writeInteger,
  writeIntegerBytes,
  writeScaled,
  writeUtf8,
} from "sdk";
import { doubleJson, floatJson, type JsonOptions } from "./json_values.ts";

/** Writes a number at a place, in no more than the room every cell has; returns the place after it. */
export type WriteNumber = (to: Uint8Array, at: number, value: number) => number;

/** The writer of numbers under a schema, or null where the schema allows no number: the value itself is then judged. */
export function numberWriter(schema: Schema | null, options: JsonOptions): WriteNumber | null {
  if (schema === null) return writeDoubleJson;
  const logical = logicalType(schema);
  if (logical !== null) return logicalWriter(schema, logical, options);
  switch (schema.type) {
    case "INT8":
    case "INT16":
    case "INT32":
    case "INT64":
      return writeInteger;
    case "FLOAT32":
      return writeFloatJson;
    case "FLOAT64":
      return writeDoubleJson;
    case "BOOLEAN":
      return writeBoolean;
    default:
      return null;
  }
}

function logicalWriter(schema: Schema, logical: LogicalType, options: JsonOptions): WriteNumber | null {
  switch (logical) {
    case "Date":
      return (to, at, value) => writeInteger(to, at, daysOfDate(value));
    case "Time":
      return (to, at, value) => writeInteger(to, at, millisOfTime(value));
    case "Timestamp":
      return writeInteger;
    case "Decimal": {
      const scale = scaleOrNull(schema);
      if (scale === null) return null;
      return options.numericDecimals ? numericWriter(scale) : base64Writer();
    }
  }
}

/** null where the schema has no scale: the row twin then says so, row by row. */
function scaleOrNull(schema: Schema): number | null {
  try {
    return decimalScale(schema);
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}

function numericWriter(scale: number): WriteNumber {
  if (scale === 0) return writeInteger;
  return (to, at, value) =>
    isPlainDecimal(value, scale) ? writeScaled(to, at, value, scale) : writeUtf8(decimalText(new Decimal(BigInt(value), scale)), to, at);
}

function base64Writer(): WriteNumber {
  const scratch = new Uint8Array(8);
  return (to, at, value) => {
    to[at] = 0x22;
    const end = writeBase64(scratch, writeIntegerBytes(value, scratch), 8, to, at + 1);
    to[end] = 0x22;
    return end + 1;
  };
}

function writeBoolean(to: Uint8Array, at: number, value: number): number {
  return writeUtf8(value === 0 ? "false" : "true", to, at);
}

function writeDoubleJson(to: Uint8Array, at: number, value: number): number {
  return Number.isFinite(value) ? writeDouble(to, at, value) : writeUtf8(doubleJson(value), to, at);
}

function writeFloatJson(to: Uint8Array, at: number, value: number): number {
  return Number.isFinite(Math.fround(value)) ? writeFloat(to, at, value) : writeUtf8(floatJson(value), to, at);
}
