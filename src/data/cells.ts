/** How the cells of columns become values; `row_view.ts` is the door to it. */
import { Buffer } from "node:buffer";
import type { Batch } from "./batch.ts";
import { type Column, ESCAPED, type HeaderColumn, NON_ASCII, type NumberColumn, type Side, type SliceColumn } from "./column.ts";
import { DataError } from "./errors.ts";
import { decimalScale, logicalType, MS_PER_DAY, parseDecimal } from "./logical_types.ts";
import type { Header } from "./record.ts";
import type { Region } from "./region.ts";
import { Decimal, type Schema, Struct, type Value } from "./schema.ts";

/** Gives the text of a slice that is not null. */
export type TextReader = (column: SliceColumn, row: number) => string;
/** One function per header column. */
export type HeaderReader = readonly ((row: number) => Header)[];

/** Text of a stretch of a region; character i is the byte at `base + i`. */
interface RegionText {
  readonly text: string;
  readonly base: number;
}

/** Cuts the texts of one batch from strings of whole regions. */
export class TextCutter {
  readonly #batch: Batch;
  readonly #texts = new Map<Region, RegionText>();
  /** The one used last: most batches have one region. */
  #lastRegion: Region | undefined;
  #lastText: RegionText = { text: "", base: 0 };
  /** A `TextReader`. */
  readonly read: TextReader = (column, row) => this.#sliceText(column, row);

  constructor(batch: Batch) {
    this.#batch = batch;
  }

  #sliceText(column: SliceColumn, row: number): string {
    const flags = column.flags[row] as number;
    if ((flags & NON_ASCII) !== 0) return sliceText(column, row);
    if (column.region !== this.#lastRegion) {
      this.#lastRegion = column.region;
      this.#lastText = this.#texts.get(column.region) ?? this.#regionText(column.region);
    }
    const { text, base } = this.#lastText;
    const at = column.first + row * column.stride;
    const start = column.at[at] as number;
    const plain = text.substring(start - base, (column.at[at + 1] as number) - base);
    return (flags & ESCAPED) === 0 ? plain : unescaped(column, start, plain);
  }

  /** Decodes what the slice columns of the batch cover of a region, not the whole of it: a region may serve many batches. */
  #regionText(region: Region): RegionText {
    let low = region.used;
    let high = 0;
    for (const column of columnsOf(this.#batch)) {
      if (column.kind !== "slices" || column.region !== region) continue;
      const { at, first, stride } = column;
      for (let i = first, row = 0; row < this.#batch.rows; i += stride, row++) {
        const start = at[i] as number;
        if (start < 0) continue;
        if (start < low) low = start;
        if ((at[i + 1] as number) > high) high = at[i + 1] as number;
      }
    }
    const made = { text: bufferOf(region.bytes).toString("latin1", low, Math.max(low, high)), base: low };
    this.#texts.set(region, made);
    return made;
  }
}

/** Headers that are the same in every row are made once. */
export function readHeaders(columns: readonly HeaderColumn[], text: TextReader): HeaderReader {
  return columns.map(({ name, schema, column }) => {
    if (column.kind !== "constant") return (row: number) => ({ name, schema, value: readValue(column, schema, row, text) });
    const header: Header = { name, schema, value: column.value };
    return () => header;
  });
}

/** Whether a row has no key (no value) at all, as a tombstone: null, and no schema. */
export function isAbsent(side: Side, row: number): boolean {
  return side.absent !== undefined && side.absent !== null && side.absent[row] === 1;
}

/** The key or value of one row; null where it has none at all. */
export function readSide(side: Side, row: number, text: TextReader): Value {
  if (isAbsent(side, row)) return null;
  const { schema, columns } = side;
  if (side.whole || schema === null) {
    const [column] = columns;
    return column === undefined ? null : readValue(column, schema, row, text);
  }
  return new Struct(schema, schema.fields.map((field, i) => readValue(columns[i] as Column, field.schema, row, text)));
}

/** The value of one row of a column. */
export function readValue(column: Column, schema: Schema | null, row: number, text: TextReader): Value {
  switch (column.kind) {
    case "constant":
      return column.value;
    case "values":
      return column.data[row] ?? null;
    case "numbers":
      return numberAt(column, schema, row);
    case "slices":
      return (column.at[column.first + row * column.stride] as number) < 0 ? null : sliceValue(column, schema, row, text);
  }
}

function numberAt(column: NumberColumn, schema: Schema | null, row: number): Value {
  if (column.nulls !== null && column.nulls[row] === 1) return null;
  const number = column.data[row] as number;
  if (schema === null) return number;
  if (schema.name !== undefined) {
    const logical = logicalType(schema);
    if (logical === "Decimal") return new Decimal(BigInt(number), decimalScale(schema));
    if (logical !== null) return new Date(number);
  }
  if (schema.type === "INT64") return BigInt(number);
  return schema.type === "BOOLEAN" ? number !== 0 : number;
}

/** A slice's value: its text, but what `checked` proves to be a number is one, and under a BYTES schema it is the bytes. */
function sliceValue(column: SliceColumn, schema: Schema | null, row: number, text: TextReader): Value {
  if (column.checked !== null && schema?.type !== "STRING") return checkedValue(column, schema, text(column, row));
  if (schema?.type === "BYTES" && logicalType(schema) === null) {
    const at = column.first + row * column.stride;
    return column.region.bytes.slice(column.at[at], column.at[at + 1]);
  }
  return text(column, row);
}

function checkedValue(column: SliceColumn, schema: Schema | null, text: string): Value {
  const logical = logicalType(schema);
  if (logical === "Decimal" || (schema === null && column.checked === "decimal")) {
    const decimal = parseDecimal(text);
    if (decimal === null) throw new DataError(`Cannot read "${text}" as a decimal: it was said to be one`);
    return decimal;
  }
  if (schema === null ? column.checked === "integer" : schema.type === "INT64" && logical === null) return BigInt(text);
  if (logical !== null) return new Date(Number(text) * (logical === "Date" ? MS_PER_DAY : 1));
  return schema?.type === "FLOAT32" ? Math.fround(Number(text)) : Number(text);
}

/** The text of one slice, decoded by itself. */
export function sliceText(column: SliceColumn, row: number): string {
  const at = column.first + row * column.stride;
  const start = column.at[at] as number;
  const flags = column.flags[row] as number;
  const encoding = (flags & NON_ASCII) === 0 ? "latin1" : "utf8";
  const plain = bufferOf(column.region.bytes).toString(encoding, start, column.at[at + 1]);
  return (flags & ESCAPED) === 0 ? plain : unescaped(column, start, plain);
}

/** Undoubles or unescapes the text of a slice whose row is flagged ESCAPED. */
function unescaped(column: SliceColumn, start: number, plain: string): string {
  switch (column.form) {
    case "plain":
      return plain;
    case "csv":
      // A cell without quotes around it may hold two quotes that mean two quotes.
      return column.region.bytes[start - 1] === 0x22 ? plain.replaceAll('""', '"') : plain;
    case "json":
      return plain.includes("\\") ? JSON.parse(`"${plain}"`) as string : plain;
  }
}

let lastBytes: Uint8Array<ArrayBuffer> | undefined;
let lastBuffer: Buffer | undefined;

/** A Buffer over the same memory. The last one is kept: making one costs more than most texts. */
function bufferOf(bytes: Uint8Array<ArrayBuffer>): Buffer {
  if (lastBuffer === undefined || lastBytes !== bytes) {
    lastBytes = bytes;
    lastBuffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  return lastBuffer;
}

function columnsOf(batch: Batch): Column[] {
  return [...batch.key.columns, ...batch.value.columns, ...batch.headers.map((header) => header.column)];
}
