/** The columns of a run of payloads while they are read. */
import {
  allocateRegion,
  type Column,
  Decimal,
  ESCAPED,
  NON_ASCII,
  type NumberColumn,
  type Region,
  type Side,
  Struct,
  utf8Bytes,
  type Value,
  valueAt,
} from "sdk";
import { BOOLEAN, BYTES, DECIMAL, FLOAT, INTEGER, type ReadCell, type ReadPlan } from "./json_read_plan.ts";

/** Start entries from here down are texts of their own: text i is `OWN_TEXT - i`. -1 is null. */
const OWN_TEXT = -2;
const NO_NUMBERS = new Float64Array(0);

/** One column. The scanner writes into its arrays; the row twin puts values. All have one shape, so that the loop over them stays fast. */
export class GrowingColumn {
  readonly cell: ReadCell;
  /** Kinds FLOAT to DECIMAL. */
  readonly data: Float64Array;
  nulls: Uint8Array | null = null;
  /** Kinds BYTES and OTHER. */
  readonly values: Value[];
  /** FLOAT: all texts so far are what Java would print. */
  isCanonical = true;
  readonly #rows: number;
  /** Values that a column of numbers cannot hold, by row. */
  #odd: Map<number, Value> | null = null;

  constructor(cell: ReadCell, rows: number) {
    this.cell = cell;
    this.#rows = rows;
    this.data = cell.kind >= FLOAT && cell.kind <= DECIMAL ? new Float64Array(rows) : NO_NUMBERS;
    this.values = cell.kind >= BYTES ? new Array<Value>(rows).fill(null) : [];
  }

  /** Kinds above INTEGER: takes any value its schema allows. */
  put(row: number, value: Value): void {
    if (this.cell.kind >= BYTES) {
      this.values[row] = value;
      return;
    }
    this.#odd?.delete(row);
    this.setNull(row, value === null);
    if (value === null) return;
    this.isCanonical = false;
    const number = this.#numberOf(value);
    if (number === null) (this.#odd ??= new Map()).set(row, value);
    else this.data[row] = number;
  }

  /** Marks a row of a column of numbers. */
  setNull(row: number, isNull: boolean): void {
    if (isNull) this.nulls ??= new Uint8Array(this.#rows);
    if (this.nulls !== null) this.nulls[row] = isNull ? 1 : 0;
  }

  /** The column of a kind above INTEGER, unless it stays text. */
  finish(rows: number): Column {
    if (this.cell.kind >= BYTES) return { kind: "values", data: this.values };
    const numbers: NumberColumn = { kind: "numbers", data: this.data, nulls: this.nulls };
    const odd = this.#odd;
    if (odd === null || odd.size === 0) return numbers;
    const data = Array.from({ length: rows }, (_, row) => odd.get(row) ?? valueAt(numbers, this.cell.schema, row));
    return { kind: "values", data };
  }

  /** What a column of numbers holds for a value; null where it holds no such. */
  #numberOf(value: NonNullable<Value>): number | null {
    if (typeof value === "number") return value;
    if (this.cell.kind === BOOLEAN) return value === true ? 1 : 0;
    if (value instanceof Date) return value.getTime();
    if (!(value instanceof Decimal) || value.scale !== this.cell.scale) return null;
    const unscaled = Number(value.unscaled);
    return Number.isSafeInteger(unscaled) ? unscaled : null;
  }
}

/** The columns of a side. Every row is either scanned, or put, or skipped. */
export class GrowingSide {
  readonly plan: ReadPlan;
  readonly region: Region;
  readonly columns: readonly GrowingColumn[];
  /** Row-major pairs of start and end of all cells, whatever becomes of them. */
  readonly at: Int32Array;
  readonly stride: number;
  readonly flags: Uint8Array;
  /** JSON texts that are nowhere in the region. */
  readonly #texts: string[] = [];
  #lastText: Value = null;

  constructor(plan: ReadPlan, region: Region, rows: number) {
    this.plan = plan;
    this.region = region;
    this.columns = plan.cells.map((cell) => new GrowingColumn(cell, rows));
    this.stride = 2 * plan.cells.length;
    this.at = new Int32Array(rows * this.stride);
    this.flags = new Uint8Array(rows);
  }

  /** Puts the value of one cell. */
  put(c: number, row: number, value: Value): void {
    const column = this.columns[c] as GrowingColumn;
    const place = row * this.stride + 2 * c;
    if (column.cell.kind > INTEGER) {
      this.at[place] = -1;
      column.put(row, value);
    } else {
      this.at[place] = value === null ? -1 : OWN_TEXT - this.#ownText(value);
    }
  }

  /** Puts a row that the row twin has read: a struct, or the whole value. */
  putRow(row: number, value: Value): void {
    this.flags[row] = 0;
    if (this.plan.whole) this.put(0, row, value);
    else if (value instanceof Struct) value.values.forEach((each, c) => this.put(c, row, each));
  }

  /** A row without a value, or one that failed. */
  skip(row: number): void {
    this.at.fill(-1, row * this.stride, (row + 1) * this.stride);
    this.flags[row] = 0;
  }

  /** The side of the first `rows` rows. */
  finish(rows: number, absent: Uint8Array | null): Side {
    const region = this.#texts.length === 0 ? this.region : this.#ownRegion(rows);
    const columns = this.columns.map((column, c): Column => {
      const { kind } = column.cell;
      if (kind > FLOAT || (kind === FLOAT && !column.isCanonical)) return column.finish(rows);
      return {
        kind: "slices",
        region,
        at: this.at,
        first: 2 * c,
        stride: this.stride,
        form: kind <= 0 ? "json" : "plain",
        flags: this.flags,
        checked: kind === INTEGER ? "integer" : kind === FLOAT ? "float" : null,
      };
    });
    const { schema, whole } = this.plan;
    return { schema, whole, columns, absent };
  }

  /** Index of the JSON text of a string or integer. Defaults come row after row. */
  #ownText(value: NonNullable<Value>): number {
    if (value !== this.#lastText) {
      // JSON.stringify: it alone escapes halves of surrogate pairs.
      this.#texts.push(typeof value === "string" ? JSON.stringify(value).slice(1, -1) : String(value));
      this.#lastText = value;
    }
    return this.#texts.length - 1;
  }

  /** A region with what the slices cover of the lent one, and the texts of our own behind it; all starts and ends are moved there. */
  #ownRegion(rows: number): Region {
    const texts = this.#texts.map(utf8Bytes);
    const [from, to] = this.#covered(rows);
    const kept = to - from;
    const region = allocateRegion(texts.reduce((sum, text) => sum + text.length, kept));
    region.bytes.set(this.region.bytes.subarray(from, from + kept));
    const starts = texts.map((text) => {
      const start = region.used;
      region.bytes.set(text, kept + start);
      region.used += text.length;
      return kept + start;
    });
    region.used += kept;
    const flags = texts.map((text, i) => flagsOf(this.#texts[i] as string, text));
    const { at, stride } = this;
    for (let row = 0; row < rows; row++) {
      for (let place = row * stride; place < (row + 1) * stride; place += 2) {
        const start = at[place] as number;
        if (start >= 0) {
          at[place] = start - from;
          at[place + 1] = (at[place + 1] as number) - from;
        } else if (start <= OWN_TEXT) {
          const text = OWN_TEXT - start;
          at[place] = starts[text] as number;
          at[place + 1] = (starts[text] as number) + (texts[text] as Uint8Array).length;
          this.flags[row] = (this.flags[row] as number) | (flags[text] as number);
        }
      }
    }
    return region;
  }

  /** The stretch of the lent region that the slices of those rows lie in. */
  #covered(rows: number): readonly [from: number, to: number] {
    const { at, stride } = this;
    let from = this.region.bytes.length;
    let to = 0;
    for (let place = 0; place < rows * stride; place += 2) {
      const start = at[place] as number;
      if (start < 0 || (this.columns[(place % stride) / 2] as GrowingColumn).cell.kind > FLOAT) continue;
      from = Math.min(from, start);
      to = Math.max(to, at[place + 1] as number);
    }
    return to > from ? [from, to] : [0, 0];
  }
}

/** Row flags of a JSON text. */
function flagsOf(text: string, bytes: Uint8Array): number {
  return (text.includes("\\") ? ESCAPED : 0) | (bytes.length > text.length ? NON_ASCII : 0);
}
