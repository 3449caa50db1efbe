/** Cells of columns as literals of a statement, byte by byte. What a kernel has no room for goes by way of `literalOf`. */
import {
  type Column,
  decimalScale,
  isPlainDecimal,
  logicalType,
  MAX_NUMBER_BYTES,
  MS_PER_DAY,
  readInteger,
  type SliceColumn,
  utf8Bytes,
  valueAt,
  writeDouble,
  writeFloat,
  writeInteger,
  writeScaled,
} from "sdk";
import type { Zone } from "../../times/time_zone.ts";
import type { WriteColumn } from "../dialect.ts";
import { CLOCK_BYTES, ClockWriter } from "./clock_text.ts";
import { type SqlBytes, writeHexDigits, writeSqlCsv, writeSqlJson, writeSqlText } from "./sql_bytes.ts";
import { literalOf, notANumber, type SqlSyntax } from "./sql_text.ts";

/** Which kernel a column's numbers take. */
type NumberForm = "integer" | "float" | "double" | "boolean" | "decimal" | "date" | "time" | "timestamp" | "none";

const QUOTE = 0x27;

/** Writes the cells of one column. */
export class CellWriter {
  readonly #column: WriteColumn;
  readonly #dateZone: Zone;
  readonly #syntax: SqlSyntax;
  readonly #form: NumberForm;
  readonly #scale: number;
  readonly #clock: ClockWriter;
  /** The literal of the constant last met. */
  #constant: { readonly column: Column; readonly text: Uint8Array } | null = null;

  constructor(column: WriteColumn, dateZone: Zone, syntax: SqlSyntax) {
    this.#column = column;
    this.#dateZone = dateZone;
    this.#syntax = syntax;
    this.#form = numberForm(column);
    this.#scale = this.#form === "decimal" ? decimalScale(column.schema) : 0;
    this.#clock = new ClockWriter(syntax.isJulianBefore1582);
  }

  /** Appends the literal of one cell. Throws a SqlError of kind `data` for a value that MySQL has no literal for. */
  write(out: SqlBytes, cells: Column, row: number): void {
    switch (cells.kind) {
      case "slices":
        if ((cells.at[cells.first + row * cells.stride] as number) < 0) writeNull(out);
        else this.#writeSlice(out, cells, row);
        return;
      case "numbers":
        if (cells.nulls !== null && cells.nulls[row] === 1) writeNull(out);
        else if (this.#form === "none") this.#writeExact(out, cells, row);
        else this.#writeNumber(out, cells, row, cells.data[row] as number);
        return;
      case "constant":
        if (this.#constant?.column !== cells) this.#constant = { column: cells, text: utf8Bytes(this.#literal(cells, row)) };
        out.add(this.#constant.text);
        return;
      case "values":
        this.#writeExact(out, cells, row);
    }
  }

  #writeSlice(out: SqlBytes, cells: SliceColumn, row: number): void {
    const entry = cells.first + row * cells.stride;
    const start = cells.at[entry] as number;
    const end = cells.at[entry + 1] as number;
    const type = this.#column.schema.type;
    if (this.#column.epochUnit !== null) return this.#writeExact(out, cells, row);
    if (type === "STRING") return this.#writeText(out, cells, start, end);
    if (cells.checked === null) {
      if (type === "BYTES" && this.#form !== "decimal" && cells.form === "plain") {
        return writeHexLiteral(out, cells.region.bytes, start, end);
      }
      return this.#writeExact(out, cells, row);
    }
    switch (this.#form) {
      case "integer":
      case "decimal":
      case "float":
      case "double":
        if (this.#isNegativeZero(cells.region.bytes, start, end)) return this.#writeExact(out, cells, row);
        out.reserve(end - start);
        for (let i = start; i < end; i++) out.bytes[out.used++] = cells.region.bytes[i] as number;
        return;
      case "date":
      case "time":
      case "timestamp": {
        const value = readInteger(cells.region.bytes, start, end);
        if (value !== value) return this.#writeExact(out, cells, row);
        return this.#writeTime(out, this.#form === "date" ? value * MS_PER_DAY : value);
      }
      default:
        this.#writeExact(out, cells, row);
    }
  }

  /** As a number it would lose its sign. */
  #isNegativeZero(bytes: Uint8Array, start: number, end: number): boolean {
    return bytes[start] === 0x2d && end - start <= 4 && bytes[start + 1] === 0x30 && (this.#form === "float" || this.#form === "double");
  }

  #writeText(out: SqlBytes, { region, form }: SliceColumn, start: number, end: number): void {
    out.reserve(2 * (end - start) + 16);
    const { hasBackslashEscapes } = this.#syntax;
    out.bytes[out.used++] = QUOTE;
    if (form === "json") out.used = writeSqlJson(region.bytes, start, end, out.bytes, out.used, hasBackslashEscapes);
    else if (form === "csv" && region.bytes[start - 1] === 0x22) {
      out.used = writeSqlCsv(region.bytes, start, end, out.bytes, out.used, hasBackslashEscapes);
    } else out.used = writeSqlText(region.bytes, region.view, start, end, out.bytes, out.view, out.used, hasBackslashEscapes);
    out.bytes[out.used++] = QUOTE;
  }

  #writeNumber(out: SqlBytes, cells: Column, row: number, value: number): void {
    out.reserve(MAX_NUMBER_BYTES + CLOCK_BYTES);
    switch (this.#form) {
      case "integer":
        out.used = writeInteger(out.bytes, out.used, value);
        return;
      case "boolean":
        out.bytes[out.used++] = value === 0 ? 0x30 : 0x31;
        return;
      case "float":
      case "double":
        if (!Number.isFinite(value)) throw notANumber(value, this.#column.name);
        if (Object.is(value, -0)) return this.#writeExact(out, cells, row);
        out.used = this.#form === "float" ? writeFloat(out.bytes, out.used, value) : writeDouble(out.bytes, out.used, value);
        return;
      case "decimal":
        if (this.#scale === 0) out.used = writeInteger(out.bytes, out.used, value);
        else if (isPlainDecimal(value, this.#scale)) out.used = writeScaled(out.bytes, out.used, value, this.#scale);
        else this.#writeExact(out, cells, row);
        return;
      default:
        this.#writeTime(out, value);
    }
  }

  #writeTime(out: SqlBytes, ms: number): void {
    out.reserve(CLOCK_BYTES + 2);
    const bytes = out.bytes;
    let o = out.used;
    bytes[o++] = QUOTE;
    const zone = this.#form === "date" ? this.#dateZone : this.#syntax.zone;
    const wall = ms + zone.offsetAt(ms);
    const day = Math.floor(wall / MS_PER_DAY);
    if (this.#form !== "time") o = this.#clock.writeDate(bytes, o, day);
    if (this.#form === "timestamp") bytes[o++] = 0x20;
    if (this.#form !== "date") o = this.#clock.writeTime(bytes, o, wall - day * MS_PER_DAY);
    bytes[o++] = QUOTE;
    out.used = o;
  }

  #writeExact(out: SqlBytes, cells: Column, row: number): void {
    out.add(utf8Bytes(this.#literal(cells, row)));
  }

  #literal(cells: Column, row: number): string {
    return literalOf(valueAt(cells, this.#column.schema, row), this.#column, this.#dateZone, this.#syntax);
  }
}

function numberForm({ schema, epochUnit }: WriteColumn): NumberForm {
  if (epochUnit !== null) return "none";
  switch (schema.name === undefined ? null : logicalType(schema)) {
    case "Decimal":
      return "decimal";
    case "Date":
      return "date";
    case "Time":
      return "time";
    case "Timestamp":
      return "timestamp";
    case null:
  }
  switch (schema.type) {
    case "INT8":
    case "INT16":
    case "INT32":
    case "INT64":
      return "integer";
    case "FLOAT32":
      return "float";
    case "FLOAT64":
      return "double";
    case "BOOLEAN":
      return "boolean";
    default:
      return "none";
  }
}

function writeNull(out: SqlBytes): void {
  out.reserve(4);
  const { bytes } = out;
  bytes[out.used++] = 0x4e;
  bytes[out.used++] = 0x55;
  bytes[out.used++] = 0x4c;
  bytes[out.used++] = 0x4c;
}

function writeHexLiteral(out: SqlBytes, from: Uint8Array, start: number, end: number): void {
  out.reserve(2 * (end - start) + 3);
  out.bytes[out.used++] = 0x78;
  out.bytes[out.used++] = QUOTE;
  out.used = writeHexDigits(from, start, end, out.bytes, out.used);
  out.bytes[out.used++] = QUOTE;
}
