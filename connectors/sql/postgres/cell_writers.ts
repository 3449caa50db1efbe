/** From columns to the text that PostgreSQL reads, written as bytes: into a COPY or into an array. */
import {
  type Arena,
  type Column,
  copyOver,
  DataError,
  Decimal,
  decimalScale,
  ESCAPED,
  isPlainDecimal,
  logicalType,
  makeRoom,
  MAX_NUMBER_BYTES,
  MS_PER_DAY,
  type NumberColumn,
  plainDecimalText,
  readInteger,
  type Schema,
  type SliceColumn,
  textAt,
  utf8Bytes,
  type Value,
  valueAt,
  writeDouble,
  writeFloat,
  writeInteger,
  writeScaled,
  writeUtf8,
} from "sdk";
import { CLOCK_BYTES } from "./clock_text.ts";
import {
  booleanTexts,
  isIntegerSlot,
  offsetStyle,
  quotedElement,
  type Slot,
  valueText,
  writeDateOf,
  type WriteRules,
  writeTimeOf,
  writeTimestampOf,
} from "./value_text.ts";

/** Where text goes to: a field of a COPY row, or an element of an array. They differ in what is escaped and how null is said. */
export type TextStyle = "copy" | "array";

/** Writes the cell of a row behind what `out` holds. Throws a DataError for what PostgreSQL cannot hold. */
export type CellWriter = (row: number) => void;

const NULL_TEXT: Readonly<Record<TextStyle, Uint8Array>> = { copy: utf8Bytes("\\N"), array: utf8Bytes("NULL") };
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What a byte of text needs in a COPY field: 0 nothing, else the letter behind a backslash. */
const COPY_ESCAPES = new Uint8Array(256);
for (const [byte, letter] of [[8, "b"], [9, "t"], [10, "n"], [11, "v"], [12, "f"], [13, "r"], [BACKSLASH, "\\"]] as const) {
  COPY_ESCAPES[byte] = letter.charCodeAt(0);
}
const ARRAY_ESCAPES = new Uint8Array(256);
ARRAY_ESCAPES[QUOTE] = QUOTE;
ARRAY_ESCAPES[BACKSLASH] = BACKSLASH;

/** What all writers of one column share. */
interface Job {
  readonly slot: Slot;
  readonly style: TextStyle;
  readonly out: Arena;
  readonly rules: WriteRules;
}

/** The writer of a column whose values have the slot's schema. */
export function cellWriter(column: Column, slot: Slot, style: TextStyle, out: Arena, rules: WriteRules): CellWriter {
  const job: Job = { slot, style, out, rules };
  const { schema } = slot.column;
  switch (column.kind) {
    case "constant": {
      const text = column.value === null ? NULL_TEXT[style] : escapedBytes(valueText(column.value, schema, slot, rules), job);
      return () => putBytes(out, text);
    }
    case "numbers":
      return slot.column.epochUnit === null ? numberWriter(column, schema, job) : exactWriter(column, job);
    case "slices":
      return sliceWriter(column, schema, job) ?? exactWriter(column, job);
    case "values":
      return exactWriter(column, job);
  }
}

function putBytes(out: Arena, bytes: Uint8Array): void {
  makeRoom(out, out.used, bytes.length);
  const to = out.bytes;
  let o = out.used;
  for (let i = 0; i < bytes.length; i++) to[o++] = bytes[i] as number;
  out.used = o;
}

/** By way of JavaScript values: any column. */
function exactWriter(column: Column, job: Job): CellWriter {
  const { slot, style, out, rules } = job;
  const { schema } = slot.column;
  return (row) => {
    const value: Value = valueAt(column, schema, row);
    if (value === null) putBytes(out, NULL_TEXT[style]);
    else putText(out, escapedText(valueText(value, schema, slot, rules), job));
  };
}

function putText(out: Arena, text: string): void {
  makeRoom(out, out.used, 3 * text.length);
  out.used = writeUtf8(text, out.bytes, out.used);
}

function escapedBytes(text: string, job: Job): Uint8Array {
  return utf8Bytes(escapedText(text, job));
}

function escapedText(text: string, { style, slot }: Job): string {
  if (text.includes("\0")) throw nulError(slot);
  if (style === "array") return quotedElement(text);
  if (!/[\b\t\n\v\f\r\\]/.test(text)) return text;
  return text.replace(/[\b\t\n\v\f\r\\]/g, (char) => `\\${String.fromCharCode(COPY_ESCAPES[char.charCodeAt(0)] as number)}`);
}

function nulError({ column }: Slot): DataError {
  return new DataError(`Cannot write column "${column.name}": its text has a NUL character, and PostgreSQL cannot hold one`);
}

/** Writes a number that is not null as text; returns the place after it. None of the texts has anything to escape. */
type NumberText = (to: Uint8Array, at: number, value: number) => number;

function numberWriter(column: NumberColumn, schema: Schema, job: Job): CellWriter {
  const { out, style } = job;
  const { data, nulls } = column;
  const write = numberText(schema, job);
  if (write === null) return exactWriter(column, job);
  const room = roomOf(schema);
  return (row) => {
    if (nulls !== null && nulls[row] === 1) {
      putBytes(out, NULL_TEXT[style]);
      return;
    }
    makeRoom(out, out.used, room);
    out.used = write(out.bytes, out.used, data[row] as number);
  };
}

/** Most bytes that the text of a number takes. */
function roomOf(schema: Schema): number {
  return logicalType(schema) === "Decimal" ? CLOCK_BYTES + Math.abs(decimalScale(schema)) : CLOCK_BYTES;
}

/** How the numbers of a schema are written; null: by way of values. */
function numberText(schema: Schema, { slot, rules }: Job): NumberText | null {
  switch (logicalType(schema)) {
    case "Decimal":
      return decimalText(decimalScale(schema), slot);
    case "Date":
      return (to, at, ms) => writeDateOf(to, at, ms, rules);
    case "Time":
      return (to, at, ms) => writeTimeOf(to, at, ms, rules);
    case "Timestamp": {
      const style = offsetStyle(slot);
      return (to, at, ms) => writeTimestampOf(to, at, ms, style, rules);
    }
    case null:
      break;
  }
  switch (schema.type) {
    case "FLOAT32":
      return isIntegerSlot(slot) ? null : writeFloat;
    case "FLOAT64":
      return isIntegerSlot(slot) ? null : writeDouble;
    case "BOOLEAN": {
      const [no, yes] = booleanTexts(slot);
      return (to, at, value) => writeUtf8(value === 0 ? no : yes, to, at);
    }
    default:
      return writeInteger;
  }
}

function decimalText(scale: number, slot: Slot): NumberText | null {
  if (scale === 0) return writeInteger;
  if (isIntegerSlot(slot)) return null;
  return (to, at, unscaled) =>
    isPlainDecimal(unscaled, scale)
      ? writeScaled(to, at, unscaled, scale)
      : writeUtf8(plainDecimalText(new Decimal(BigInt(unscaled), scale)), to, at);
}

/** Slices that need not become strings; null: they do. */
function sliceWriter(column: SliceColumn, schema: Schema, job: Job): CellWriter | null {
  const { slot } = job;
  if (slot.column.epochUnit !== null) return null;
  const logical = logicalType(schema);
  if (column.checked === null) {
    return schema.type === "STRING" && logical === null ? textWriter(column, job) : null;
  }
  if (schema.type === "STRING") return textWriter(column, job);
  if (logical === "Date" || logical === "Time" || logical === "Timestamp") return countedTimes(column, schema, job);
  if (column.checked !== "integer" && isIntegerSlot(slot)) return null;
  return bareWriter(column, job);
}

/** Number text, copied as it is. */
function bareWriter(column: SliceColumn, { out, style }: Job): CellWriter {
  const { at, first, stride, region } = column;
  return (row) => {
    const entry = first + row * stride;
    const start = at[entry] as number;
    if (start < 0) {
      putBytes(out, NULL_TEXT[style]);
      return;
    }
    const length = (at[entry + 1] as number) - start;
    makeRoom(out, out.used, Math.max(length, MAX_NUMBER_BYTES));
    out.used = copyOver(region.view, start, length, out.view, out.used);
  };
}

/** Times given as integers in their wire form. */
function countedTimes(column: SliceColumn, schema: Schema, job: Job): CellWriter {
  const { at, first, stride, region } = column;
  const { out, style } = job;
  const write = numberText(schema, job) ?? writeInteger;
  const unit = logicalType(schema) === "Date" ? MS_PER_DAY : 1;
  return (row) => {
    const entry = first + row * stride;
    const start = at[entry] as number;
    if (start < 0) {
      putBytes(out, NULL_TEXT[style]);
      return;
    }
    const end = at[entry + 1] as number;
    const count = readInteger(region.bytes, start, end);
    makeRoom(out, out.used, CLOCK_BYTES);
    out.used = write(out.bytes, out.used, unit * (Number.isNaN(count) ? Number(textAt(column, row)) : count));
  };
}

/** Text. Rows without anything to escape, which are most, are copied eight bytes at a time. */
function textWriter(column: SliceColumn, job: Job): CellWriter {
  const { at, first, stride, region, flags, form } = column;
  const { out, style } = job;
  const isQuoted = style === "array";
  return (row) => {
    const entry = first + row * stride;
    const start = at[entry] as number;
    if (start < 0) {
      putBytes(out, NULL_TEXT[style]);
      return;
    }
    const end = at[entry + 1] as number;
    const length = end - start;
    makeRoom(out, out.used, 2 * length + 2);
    const isEscaped = ((flags[row] as number) & ESCAPED) !== 0;
    // Flags are those of the whole row: in JSON only a backslash in the cell itself matters.
    if (isEscaped && form !== "plain" && (form === "csv" || region.bytes.subarray(start, end).indexOf(BACKSLASH) >= 0)) {
      putText(out, escapedText(textAt(column, row) ?? "", job));
      return;
    }
    let o = out.used;
    const to = out.bytes;
    if (isQuoted) to[o++] = QUOTE;
    o = isEscaped && form === "plain"
      ? writeEscaped(region.bytes, start, end, to, o, job)
      : copyOver(region.view, start, length, out.view, o);
    if (isQuoted) to[o++] = QUOTE;
    out.used = o;
  };
}

/** Copies text byte by byte with what it needs to be escaped; returns the place after it. */
function writeEscaped(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number, { style, slot }: Job): number {
  const escapes = style === "copy" ? COPY_ESCAPES : ARRAY_ESCAPES;
  let o = at;
  for (let i = start; i < end; i++) {
    const byte = from[i] as number;
    const letter = escapes[byte] as number;
    if (byte === 0) throw nulError(slot);
    if (letter !== 0) to[o++] = BACKSLASH;
    to[o++] = letter === 0 ? byte : letter;
  }
  return o;
}
