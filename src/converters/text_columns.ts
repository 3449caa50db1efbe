/** Java's text of rows straight from the columns of a batch: `Struct{a=1,b=x}`. */
import {
  type Arena,
  type Column,
  copyOver,
  ESCAPED,
  isNullAt,
  javaText,
  logicalType,
  makeRoom,
  MAX_NUMBER_BYTES,
  NO_BYTES,
  type Padded,
  padded,
  type Schema,
  type Side,
  type SliceColumn,
  textAt,
  utf8Bytes,
  valueAt,
  writeDouble,
  writeFloat,
  writeInteger,
  writeUndoubled,
  writeUtf8,
} from "sdk";
import type { RowWriter } from "./batch_write.ts";

const COMMA = 0x2c;
const OPEN = padded(utf8Bytes("Struct{"));
const CLOSE = padded(utf8Bytes("}"));
const NOTHING = padded(new Uint8Array(0));

/** Writes the value of one row, which is not null, at a place and returns the place after it. Reserves what it needs. */
type WriteText = (row: number, at: number) => number;

interface Cell {
  /** `name=`, or nothing for a whole value. */
  readonly key: Padded;
  readonly column: Column;
  readonly write: WriteText;
}

/** Writes the texts of one side of one batch as UTF-8. */
export class TextColumns implements RowWriter {
  readonly #arena: Arena;
  readonly #whole: boolean;
  readonly #cells: readonly Cell[];

  constructor({ schema, whole, columns }: Side, arena: Arena) {
    this.#arena = arena;
    this.#whole = whole;
    this.#cells = whole || schema === null
      ? columns.map((column) => ({ key: NOTHING, column, write: writerOf(schema, column, arena) }))
      : schema.fields.map((field, i) => {
        const column = columns[i] as Column;
        return { key: padded(utf8Bytes(`${field.name}=`)), column, write: writerOf(field.schema, column, arena) };
      });
  }

  write(row: number, at: number): number {
    if (this.#whole) return this.#writeWhole(row, at);
    const arena = this.#arena;
    let o = put(OPEN, arena, at);
    let first = true;
    for (const { key, column, write } of this.#cells) {
      if (isNullAt(column, row)) continue;
      makeRoom(arena, o, 1);
      if (!first) arena.bytes[o++] = COMMA;
      first = false;
      o = write(row, put(key, arena, o));
    }
    return put(CLOSE, arena, o);
  }

  #writeWhole(row: number, at: number): number {
    const [cell] = this.#cells;
    return cell === undefined || isNullAt(cell.column, row) ? NO_BYTES : cell.write(row, at);
  }
}

function put({ view, length }: Padded, arena: Arena, at: number): number {
  makeRoom(arena, at, length);
  return copyOver(view, 0, length, arena.view, at);
}

function writerOf(schema: Schema | null, column: Column, arena: Arena): WriteText {
  if (column.kind === "slices" && isTextOfSlice(schema, column)) return sliceWriter(column, arena);
  if (column.kind === "numbers") {
    const write = numberWriter(schema);
    const { data } = column;
    if (write !== null) {
      return (row, at) => {
        makeRoom(arena, at, MAX_NUMBER_BYTES);
        return write(arena.bytes, at, data[row] as number);
      };
    }
  }
  return (row, at) => {
    const text = javaText(schema, valueAt(column, schema, row));
    makeRoom(arena, at, text.length * 3);
    return writeUtf8(text, arena.bytes, at);
  };
}

/** Whether the slice's text is the value's: a proven number is written by Java in the same digits, but a date is not. */
function isTextOfSlice(schema: Schema | null, { checked }: SliceColumn): boolean {
  if (checked === null) return schema?.type !== "BYTES";
  return logicalType(schema) === null && !schema?.type.startsWith("FLOAT") || checked === "float";
}

function sliceWriter(column: SliceColumn, arena: Arena): WriteText {
  const { at: places, first, stride, region, form, flags } = column;
  return (row, at) => {
    const place = first + row * stride;
    const start = places[place] as number;
    const length = (places[place + 1] as number) - start;
    makeRoom(arena, at, length);
    if (form === "plain" || ((flags[row] as number) & ESCAPED) === 0) return copyOver(region.view, start, length, arena.view, at);
    if (form === "json") return writeUtf8(textAt(column, row) ?? "", arena.bytes, at);
    return region.bytes[start - 1] === 0x22
      ? writeUndoubled(region.bytes, start, start + length, arena.bytes, at)
      : copyOver(region.view, start, length, arena.view, at);
  };
}

/** null: the text is made of the value (dates, decimals, booleans, and what does not fit its schema). */
function numberWriter(schema: Schema | null): ((to: Uint8Array, at: number, value: number) => number) | null {
  if (logicalType(schema) !== null) return null;
  switch (schema?.type) {
    case "INT8":
    case "INT16":
    case "INT32":
    case "INT64":
      return writeInteger;
    case "FLOAT32":
      return writeFloat;
    case undefined:
    case "FLOAT64":
      return writeDouble;
    default:
      return null;
  }
}
