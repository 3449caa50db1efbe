/** JSON records straight from the columns of a batch: no string and no object for a row of slices and numbers. */
import {
  type Arena,
  type Column,
  copyOver,
  DataError,
  ESCAPED,
  escapedLength,
  hasFourByteCharacter,
  isNullAt,
  jsonString,
  logicalType,
  makeRoom,
  MAX_ESCAPED,
  NO_BYTES,
  NON_ASCII,
  type NumberColumn,
  type Padded,
  padded,
  type SliceColumn,
  SPARE_BYTES,
  textAt,
  utf8Bytes,
  valueAt,
  writeEscaped,
  writeEscapedCsv,
  writeInteger,
  writeUtf8,
} from "sdk";
import type { RowWriter } from "./batch_write.ts";
import { numberWriter, type WriteNumber } from "./json_number_cells.ts";
import { type CellPlan, type RecordPlan, type WriteCell, writeNothing } from "./json_plan.ts";
import { type JsonOptions, jsonText } from "./json_values.ts";

/** Room for a cell beside its key: a number, or the quotes and overshoot of a text. */
const CELL_BYTES = 48;
const QUOTE = 0x22;
/** Bytes of text above which the room for its escapes is counted instead of guessed. */
const LONG_TEXT = 4096;

/** How a cell is written. */
const TEXT = 0;
const BARE = 1;
const NUMBER = 2;
const CONSTANT = 3;
const OTHER = 4;

/** One cell of the record for the rows of one batch. All have the same shape, so that the loop over them stays fast. */
interface Cell {
  readonly kind: typeof TEXT | typeof BARE | typeof NUMBER | typeof CONSTANT | typeof OTHER;
  readonly plan: CellPlan;
  readonly key: DataView;
  readonly keyLength: number;
  readonly slices: SliceColumn;
  readonly numbers: NumberColumn;
  readonly put: WriteNumber;
  readonly constant: Padded;
  readonly write: WriteCell;
}

const NO_SLICES: SliceColumn = {
  kind: "slices",
  region: { bytes: new Uint8Array(8), view: new DataView(new ArrayBuffer(8)), used: 0 },
  at: new Int32Array(0),
  first: 0,
  stride: 0,
  form: "plain",
  flags: new Uint8Array(0),
  checked: null,
};
const NO_NUMBERS: NumberColumn = { kind: "numbers", data: new Float64Array(0), nulls: null };
const NO_CONSTANT = padded(new Uint8Array(0));

/** Writes the records of one side of one batch. `columns[i]` goes into cell i of the plan. */
export class JsonColumns implements RowWriter {
  readonly #arena: Arena;
  readonly #plan: RecordPlan;
  readonly #cells: readonly Cell[];
  /** Most bytes a record can need, text and long values apart; each of those reserves itself and this much again. */
  readonly #slack: number;
  /** A record without schema and value has no bytes. */
  readonly #nullable: Column | null;

  constructor(plan: RecordPlan, columns: readonly Column[], arena: Arena, options: JsonOptions) {
    this.#arena = arena;
    this.#plan = plan;
    const [only] = plan.cells;
    this.#nullable = plan.cells.length === 1 && only?.schema === null ? columns[0] ?? null : null;
    const constants = plan.cells.map((cell, i) => constantOf(cell, columns[i] as Column, options));
    this.#slack = plan.fixedBytes + plan.cells.length * CELL_BYTES + SPARE_BYTES +
      constants.reduce((sum, each) => sum + (each?.length ?? 0), 0);
    this.#cells = plan.cells.map((cell, i) => cellOf(cell, columns[i] as Column, constants[i] ?? null, arena, this.#slack, options));
  }

  write(row: number, at: number): number {
    if (this.#nullable !== null && isNullAt(this.#nullable, row)) return NO_BYTES;
    const arena = this.#arena;
    const slack = this.#slack;
    makeRoom(arena, at, slack);
    let { bytes, view } = arena;
    let limit = bytes.length - SPARE_BYTES - slack;
    bytes.set(this.#plan.open, at);
    let o = at + this.#plan.open.length;
    const cells = this.#cells;
    for (let c = 0; c < cells.length; c++) {
      const cell = cells[c] as Cell;
      o = copyOver(cell.key, 0, cell.keyLength, view, o);
      if (cell.kind <= BARE) {
        const { at: places, first, stride, region, flags } = cell.slices;
        const place = first + row * stride;
        const start = places[place] as number;
        if (start < 0) {
          o = writeNothing(cell.plan, view, o);
          continue;
        }
        const length = (places[place + 1] as number) - start;
        const flag = flags[row] as number;
        const most = flag === 0 ? length : length <= LONG_TEXT ? length * MAX_ESCAPED : escapedLength(region.bytes, start, start + length);
        if (o + most > limit) {
          makeRoom(arena, o, most + slack);
          bytes = arena.bytes;
          view = arena.view;
          limit = bytes.length - SPARE_BYTES - slack;
        }
        if (cell.kind === BARE) {
          o = copyOver(region.view, start, length, view, o);
        } else {
          bytes[o] = QUOTE;
          const raw = (flag & ESCAPED) === 0 && ((flag & NON_ASCII) === 0 || !hasFourByteCharacter(region.view, start, start + length));
          o = raw ? copyOver(region.view, start, length, view, o + 1) : writeText(cell.slices, row, start, length, bytes, o + 1);
          bytes[o++] = QUOTE;
        }
      } else if (cell.kind === NUMBER) {
        const { data, nulls } = cell.numbers;
        o = nulls !== null && nulls[row] === 1 ? writeNothing(cell.plan, view, o) : cell.put(bytes, o, data[row] as number);
      } else if (cell.kind === CONSTANT) {
        o = writeConstant(cell.constant, bytes, view, o);
      } else {
        o = cell.write(row, o);
        bytes = arena.bytes;
        view = arena.view;
        limit = bytes.length - SPARE_BYTES - slack;
      }
    }
    return copyOver(this.#plan.close.view, 0, this.#plan.close.length, view, o);
  }
}

function writeConstant(constant: Padded, bytes: Uint8Array, view: DataView, at: number): number {
  if (constant.length <= 128) return copyOver(constant.view, 0, constant.length, view, at);
  bytes.set(constant.bytes.subarray(0, constant.length), at);
  return at + constant.length;
}

/** Text that is not copied as it is. */
function writeText(column: SliceColumn, row: number, start: number, length: number, to: Uint8Array, at: number): number {
  const from = column.region.bytes;
  switch (column.form) {
    case "plain":
      return writeEscaped(from, start, start + length, to, at);
    case "csv":
      return from[start - 1] === QUOTE
        ? writeEscapedCsv(from, start, start + length, to, at)
        : writeEscaped(from, start, start + length, to, at);
    case "json": {
      // Escapes of others need not be the ones Kafka Connect writes. Quotes: the caller has written one and writes the other.
      const text = jsonString(textAt(column, row) ?? "");
      return writeUtf8(text.substring(1, text.length - 1), to, at);
    }
  }
}

/** The bytes of a column that is the same in every row, or null when it is not, or when it has no bytes because it fails. */
function constantOf(plan: CellPlan, column: Column, options: JsonOptions): Padded | null {
  if (column.kind !== "constant") return null;
  try {
    return padded(utf8Bytes(jsonText(plan.schema, column.value, options)));
  } catch (error) {
    // It fails again, in every row.
    if (error instanceof DataError) return null;
    throw error;
  }
}

function cellOf(plan: CellPlan, column: Column, constant: Padded | null, arena: Arena, slack: number, options: JsonOptions): Cell {
  const cell: Cell = {
    kind: OTHER,
    plan,
    key: plan.key.view,
    keyLength: plan.key.length,
    slices: NO_SLICES,
    numbers: NO_NUMBERS,
    put: writeInteger,
    constant: NO_CONSTANT,
    write: otherCell(plan, column, arena, slack, options),
  };
  if (constant !== null) return { ...cell, kind: CONSTANT, constant };
  if (column.kind === "slices" && isText(plan, column)) return { ...cell, kind: TEXT, slices: column };
  if (column.kind === "slices" && isBare(plan, column, options)) return { ...cell, kind: BARE, slices: column };
  const put = column.kind === "numbers" ? numberWriter(plan.schema, options) : null;
  return column.kind === "numbers" && put !== null ? { ...cell, kind: NUMBER, numbers: column, put } : cell;
}

function isText({ schema }: CellPlan, column: SliceColumn): boolean {
  return schema === null ? column.checked === null : schema.type === "STRING" && logicalType(schema) === null;
}

/** Whether the slice is the JSON: number text under a number's schema. */
function isBare({ schema }: CellPlan, { checked }: SliceColumn, { numericDecimals }: JsonOptions): boolean {
  if (checked === null || schema === null) return checked === "integer" || checked === "float";
  switch (logicalType(schema)) {
    case "Decimal":
      return numericDecimals && checked !== "float";
    case "Time":
      return false; // Has bounds to be judged.
    case null:
      return schema.type.startsWith("FLOAT") ? checked === "float" : schema.type.startsWith("INT") && checked === "integer";
    default:
      return checked === "integer";
  }
}

function otherCell(plan: CellPlan, column: Column, arena: Arena, slack: number, options: JsonOptions): WriteCell {
  return (row, at) => {
    const text = jsonText(plan.schema, valueAt(column, plan.schema, row), options);
    makeRoom(arena, at, text.length * 3 + slack);
    return writeUtf8(text, arena.bytes, at);
  };
}
