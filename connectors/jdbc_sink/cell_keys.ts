/** Hashes and equality of key cells, whatever form their columns have: the same value hashes the same as slice, number and value. */
import {
  type Column,
  ESCAPED,
  isNullAt,
  javaText,
  logicalType,
  type Schema,
  type SliceColumn,
  utf8Bytes,
  type Value,
  valueAt,
  valuesEqual,
} from "sdk";

const NUMERIC: ReadonlySet<string> = new Set(["INT8", "INT16", "INT32", "INT64", "FLOAT32", "FLOAT64", "BOOLEAN"]);
/** FNV-1a. */
const BASIS = 0x811c9dc5 | 0;
const PRIME = 0x01000193;
/** Digits of an integer that a double holds exactly, whatever they are. */
const SAFE_DIGITS = 15;

/** Mixes the hash of each row's cell into `hashes`. */
export function mixHashes(column: Column, schema: Schema, rows: Int32Array, hashes: Int32Array): void {
  const hash = cellHasher(column, schema);
  for (let i = 0; i < rows.length; i++) hashes[i] = Math.imul(hashes[i] as number ^ hash(rows[i] as number), PRIME);
}

/** Whether two cells hold the same value. Null equals nothing, as in SQL. */
export function sameCell(a: Column, rowA: number, b: Column, rowB: number, schema: Schema): boolean {
  if (a.kind === "numbers" && b.kind === "numbers") {
    return !isNullAt(a, rowA) && !isNullAt(b, rowB) && (a.data[rowA] === b.data[rowB]);
  }
  if (a.kind === "slices" && b.kind === "slices" && isVerbatim(a, rowA) && isVerbatim(b, rowB) && a.checked === b.checked) {
    return sameSlice(a, rowA, b, rowB);
  }
  const value = valueAt(a, schema, rowA);
  return value !== null && valuesEqual(value, valueAt(b, schema, rowB));
}

function cellHasher(column: Column, schema: Schema): (row: number) => number {
  const isNumber = isNumeric(schema);
  switch (column.kind) {
    case "numbers":
      if (isNumber) return (row) => numberHash(column.data[row] as number);
      break;
    case "slices":
      if (!isNumber && column.checked === null) {
        return (row) => isVerbatim(column, row) ? sliceHash(column, row) : valueHash(valueAt(column, schema, row), schema, isNumber);
      }
      if (column.checked === "integer" && schema.name === undefined) return (row) => integerHash(column, schema, row);
      break;
    case "constant": {
      const hash = valueHash(column.value, schema, isNumber);
      return () => hash;
    }
  }
  return (row) => valueHash(valueAt(column, schema, row), schema, isNumber);
}

function isNumeric(schema: Schema): boolean {
  return NUMERIC.has(schema.type) && logicalType(schema) !== "Decimal";
}

function valueHash(value: Value, schema: Schema, isNumber: boolean): number {
  if (value === null) return 0;
  if (isNumber) return numberHash(Number(value));
  if (value instanceof Uint8Array) return bytesHash(value, 0, value.length);
  const bytes = utf8Bytes(typeof value === "string" ? value : javaText(schema, value));
  return bytesHash(bytes, 0, bytes.length);
}

const scratch = new Float64Array(1);
const halves = new Int32Array(scratch.buffer);

function numberHash(value: number): number {
  scratch[0] = value + 0; // -0 becomes 0, which it equals
  const mixed = Math.imul((halves[0] as number) ^ Math.imul(halves[1] as number, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/** An integer's digits read without making a string. */
function integerHash(column: SliceColumn, schema: Schema, row: number): number {
  const at = column.first + row * column.stride;
  let i = column.at[at] as number;
  const end = column.at[at + 1] as number;
  if (i < 0) return 0;
  const { bytes } = column.region;
  if (end - i > SAFE_DIGITS) return valueHash(valueAt(column, schema, row), schema, true);
  const isNegative = bytes[i] === 0x2d;
  if (isNegative) i++;
  let value = 0;
  for (; i < end; i++) value = value * 10 + (bytes[i] as number) - 0x30;
  return numberHash(isNegative ? -value : value);
}

function sliceHash(column: SliceColumn, row: number): number {
  const at = column.first + row * column.stride;
  const start = column.at[at] as number;
  return start < 0 ? 0 : bytesHash(column.region.bytes, start, column.at[at + 1] as number);
}

function bytesHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = BASIS;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), PRIME);
  return hash ^ (hash >>> 15);
}

/** Whether the bytes of a slice are its text as it is. */
function isVerbatim(column: SliceColumn, row: number): boolean {
  return column.form === "plain" || ((column.flags[row] as number) & ESCAPED) === 0;
}

function sameSlice(a: SliceColumn, rowA: number, b: SliceColumn, rowB: number): boolean {
  const atA = a.first + rowA * a.stride;
  const atB = b.first + rowB * b.stride;
  const startA = a.at[atA] as number;
  const startB = b.at[atB] as number;
  const length = (a.at[atA + 1] as number) - startA;
  if (startA < 0 || startB < 0 || (b.at[atB + 1] as number) - startB !== length) return false;
  const bytesA = a.region.bytes;
  const bytesB = b.region.bytes;
  for (let i = 0; i < length; i++) if (bytesA[startA + i] !== bytesB[startB + i]) return false;
  return true;
}
