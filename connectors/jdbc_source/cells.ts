/** Single cells of columns, without making a JavaScript string where they are bytes. */
import { Buffer } from "node:buffer";
import { type Column, ConnectError, DataError, Decimal, decimalScale, LOGICAL_NAMES, type Schema, type SliceColumn } from "sdk";
import type { Id } from "./offsets.ts";

/** Integers of up to this many digits are exact doubles. */
const SAFE_DIGITS = 15;
const MINUS = 0x2d;
const ZERO = 0x30;
const MAX_LONG = 2n ** 63n - 1n;

/** Reads ids of a page's incrementing column. Throws a `DataError` for a null and for what is no integer. */
export function idReader(column: Column, schema: Schema): (row: number) => Id {
  requireInteger(schema);
  const missing = () => new DataError(`Null value for incrementing column of type: ${schema.type}`);
  switch (column.kind) {
    case "numbers":
      return (row) => {
        if (column.nulls?.[row] === 1) throw missing();
        return column.data[row] as number;
      };
    case "slices":
      return (row) => {
        const id = integerSlice(column, row);
        if (id === null) throw missing();
        return id;
      };
    case "values":
      return (row) => idOf(column.data[row] ?? null, missing);
    case "constant":
      return () => idOf(column.value, missing);
  }
}

function requireInteger(schema: Schema): void {
  if (["INT8", "INT16", "INT32", "INT64"].includes(schema.type) && schema.name === undefined) return;
  if (schema.name !== LOGICAL_NAMES.Decimal) throw new ConnectError(`Invalid type for incrementing column: ${schema.type}`);
  if (decimalScale(schema) !== 0) throw new ConnectError("Scale of Decimal value for incrementing column must be 0");
}

function idOf(value: unknown, missing: () => Error): Id {
  if (value === null) throw missing();
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (!(value instanceof Decimal)) throw new ConnectError(`Invalid type for incrementing column: ${typeof value}`);
  if (value.unscaled > MAX_LONG) throw new ConnectError("Decimal value for incrementing column exceeded Long.MAX_VALUE");
  const number = Number(value.unscaled);
  return Number.isSafeInteger(number) ? number : value.unscaled;
}

/** The integer a slice spells. */
function integerSlice({ region, at, first, stride }: SliceColumn, row: number): Id | null {
  const start = at[first + row * stride] as number;
  if (start < 0) return null;
  const end = at[first + row * stride + 1] as number;
  const bytes = region.bytes;
  const isNegative = bytes[start] === MINUS;
  if (end - start > SAFE_DIGITS) {
    const exact = BigInt(sliceText(region.bytes, start, end));
    return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
  }
  let value = 0;
  for (let p = isNegative ? start + 1 : start; p < end; p++) value = value * 10 + (bytes[p] as number) - ZERO;
  return isNegative ? -value : value;
}

function sliceText(bytes: Uint8Array<ArrayBuffer>, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}
