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

/** Two running hashes of 32 bits: what is told apart by them is told apart by 53. */
export interface RunningHash {
  low: number;
  high: number;
}

/** Mixes a number in. */
export function mixNumber(hash: RunningHash, value: number): void {
  doubles[0] = value;
  mixWord(hash, words[0] as number);
  mixWord(hash, words[1] as number);
}

const doubles = new Float64Array(1);
const words = new Uint32Array(doubles.buffer);
const encoder = new TextEncoder();

/** Murmur's rounds with two sets of constants (Austin Appleby, MurmurHash3, 32 bits). */
function mixWord(hash: RunningHash, word: number): void {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  hash.low = Math.imul(((hash.low ^ k) << 13) | ((hash.low ^ k) >>> 19), 5) + 0xe6546b64 | 0;
  let l = Math.imul(word ^ 0x9e3779b9, 0x85ebca6b);
  l = Math.imul((l << 16) | (l >>> 16), 0xc2b2ae35);
  hash.high = Math.imul(((hash.high ^ l) << 17) | ((hash.high ^ l) >>> 15), 9) + 0x52dce729 | 0;
}

function mixBytes(hash: RunningHash, bytes: Uint8Array, start: number, end: number): void {
  for (let p = start; p < end; p += 4) {
    let word = 0;
    for (let i = 0; i < 4 && p + i < end; i++) word |= (bytes[p + i] as number) << (8 * i);
    mixWord(hash, word);
  }
  mixWord(hash, end - start);
}

/** The hash as one whole number below 2^53. */
export function hashNumber({ low, high }: RunningHash): number {
  return finish(high) % 0x20_0000 * 0x1_0000_0000 + finish(low);
}

function finish(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Mixes a cell in, by its value: how a page happens to carry it makes no difference. */
export function mixCell(hash: RunningHash, column: Column, row: number): void {
  switch (column.kind) {
    case "numbers":
      return column.nulls?.[row] === 1 ? mixWord(hash, NULL_MARK) : mixNumber(hash, column.data[row] as number);
    case "slices":
      return mixSlice(hash, column, row);
    case "values":
      return mixValue(hash, column.data[row]);
    case "constant":
      return mixValue(hash, column.value);
  }
}

const NULL_MARK = 0x6e756c6c;

function mixSlice(hash: RunningHash, { region, at, first, stride, checked }: SliceColumn, row: number): void {
  const start = at[first + row * stride] as number;
  if (start < 0) return mixWord(hash, NULL_MARK);
  const end = at[first + row * stride + 1] as number;
  const bytes = region.bytes;
  if (checked === null) return mixBytes(hash, bytes, start, end);
  // As a column of numbers would have it: integers and floats by value, decimals by their digits.
  const text = sliceText(bytes, start, end);
  if (checked === "float") return mixNumber(hash, Number(text));
  mixValue(hash, exactInteger(text.replace(".", "")));
}

function exactInteger(text: string): Id {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function mixValue(hash: RunningHash, value: unknown): void {
  if (value === null || value === undefined) return mixWord(hash, NULL_MARK);
  if (typeof value === "number") return mixNumber(hash, value);
  if (typeof value === "boolean") return mixNumber(hash, value ? 1 : 0);
  if (value instanceof Date) return mixNumber(hash, value.getTime());
  if (value instanceof Uint8Array) return mixBytes(hash, value, 0, value.length);
  const plain = value instanceof Decimal ? value.unscaled : value;
  if (typeof plain === "bigint" && Number.isSafeInteger(Number(plain))) return mixNumber(hash, Number(plain));
  const bytes = encoder.encode(typeof plain === "string" ? plain : String(plain));
  mixBytes(hash, bytes, 0, bytes.length);
}
