/** A query's rows as pages of typed columns. */
import { type Column, MS_PER_DAY, type Region, type Schema, type TaskLog } from "sdk";
import type { Cells, CellTable } from "../../cells/cells.ts";
import type { Cursor, Moment, Page, ResultField, TypeMapping } from "../dialect.ts";
import { mixCells, type RunningHash } from "../row_hash.ts";
import { type CellReader, cellReader, type TimeSettings } from "./cell_readers.ts";
import { type ColumnType, columnType } from "./column_types.ts";
import type { ColumnPacket } from "./driver.ts";
import type { RawPage, RawRows } from "./raw_rows.ts";
import type { ValueSettings } from "./target.ts";
import { textFlags } from "./text_flags.ts";
import { WallClockReader } from "./wall_clock.ts";

/** The fields of a result and how to read them. Kept while results have the same shape: schemas are then the same objects. */
export class ResultShape {
  readonly fields: readonly ResultField[];
  readonly #types: readonly ColumnType[];
  readonly #signature: string;
  readonly #times: TimeSettings;
  /** Readers keep numbers in memory of their own, so each page that is in use has a set. */
  readonly #free: (readonly CellReader[])[] = [];
  readonly #clock: WallClockReader;
  readonly textColumns: readonly number[];

  constructor(packets: readonly ColumnPacket[], mapping: TypeMapping, values: ValueSettings, times: TimeSettings) {
    this.#signature = signature(packets, mapping);
    this.#types = packets.map((packet) => columnType(packet, mapping, values));
    this.fields = packets.map(({ name }, i) => {
      const { schema, typeName } = this.#types[i] as ColumnType;
      return { name, schema, typeName };
    });
    this.textColumns = this.#types.flatMap(({ kind }, i) => kind?.is === "text" ? [i] : []);
    this.#times = times;
    this.#clock = new WallClockReader(times);
  }

  /** Whether results described by these packets have this shape. */
  fits(packets: readonly ColumnPacket[], mapping: TypeMapping): boolean {
    return this.#signature === signature(packets, mapping);
  }

  /** A set of readers for one page. Give it back. */
  takeReaders(): readonly CellReader[] {
    return this.#free.pop() ?? this.#types.map(({ kind }, i) => cellReader(kind, this.#times, this.fields[i]?.name ?? ""));
  }

  giveBack(readers: readonly CellReader[]): void {
    this.#free.push(readers);
  }

  /** The instant in a cell of a date or timestamp column. Throws for a column of another type. */
  moment(field: number, bytes: Uint8Array, start: number, end: number): Moment | null {
    const kind = this.#types[field]?.kind?.is;
    if (kind === "timestamp") return this.#clock.read(bytes, start, end) ? { ...this.#clock.moment(), wall: this.#clock.wall } : null;
    if (kind !== "date") throw new RangeError(`Cannot read an instant from column ${field}: it is no date or timestamp`);
    const day = this.#clock.day(bytes, start, end);
    return day === day ? { ms: day * MS_PER_DAY, nanos: 0, wall: day * MS_PER_DAY } : null;
  }
}

function signature(packets: readonly ColumnPacket[], { granularity }: TypeMapping): string {
  const columns = packets.map((p) => [p.name, p.columnType, p.flags, p.columnLength, p.decimals, p.characterSet]);
  return JSON.stringify([granularity, columns]);
}

/** Pages of one query. `onEnd` is called once, when the session is free for another. */
export class MySqlCursor implements Cursor {
  readonly #rows: RawRows;
  readonly #shape: ResultShape;
  readonly #onEnd: () => void;
  readonly #giveUp: () => Promise<void>;
  /** A raw page of which some rows were given out already. */
  #rest: { readonly raw: SharedPage; from: number } | null = null;

  constructor(rows: RawRows, shape: ResultShape, onEnd: () => void, giveUp: () => Promise<void>) {
    this.#rows = rows;
    this.#shape = shape;
    this.#onEnd = onEnd;
    this.#giveUp = giveUp;
  }

  get fields(): readonly ResultField[] {
    return this.#shape.fields;
  }

  async read(maxRows: number): Promise<Page | null> {
    let rest = this.#rest;
    if (rest === null) {
      const raw = await this.#nextRaw(maxRows);
      if (raw === null) return null;
      rest = { raw: new SharedPage(raw, () => this.#rows.giveBack(raw)), from: 0 };
    }
    const { raw, from } = rest;
    const rows = Math.min(maxRows, raw.rows - from);
    this.#rest = from + rows < raw.rows ? { raw, from: from + rows } : null;
    if (this.#rest !== null) raw.share();
    return new MySqlPage(raw, from, rows, this.#shape);
  }

  async #nextRaw(maxRows: number): Promise<RawPage | null> {
    try {
      const raw = await this.#rows.next(maxRows);
      if (raw === null) this.#onEnd();
      return raw;
    } catch (error) {
      this.#onEnd();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#rest?.raw.release();
    this.#rest = null;
    if (!this.#rows.isEnded) await this.#giveUp();
    this.#onEnd();
  }
}

/** A raw page used by several pages. */
class SharedPage {
  readonly region: Region;
  readonly at: Int32Array;
  readonly rows: number;
  readonly #free: () => void;
  #users = 1;

  constructor({ region, at, rows }: RawPage, free: () => void) {
    this.region = region;
    this.at = at;
    this.rows = rows;
    this.#free = free;
  }

  share(): void {
    this.#users++;
  }

  release(): void {
    if (--this.#users === 0) this.#free();
  }
}

class MySqlPage implements Page {
  readonly rows: number;
  readonly columns: readonly Column[];
  failure: { readonly row: number; readonly error: Error } | null = null;
  readonly #raw: SharedPage;
  readonly #table: CellTable;
  readonly #shape: ResultShape;
  readonly #readers: readonly CellReader[];
  #isReleased = false;

  constructor(raw: SharedPage, from: number, rows: number, shape: ResultShape) {
    const count = shape.fields.length;
    this.rows = rows;
    this.#raw = raw;
    this.#shape = shape;
    this.#table = { columns: count, rows, at: from === 0 ? raw.at : raw.at.subarray(2 * count * from), flags: new Uint8Array(rows) };
    this.#flagTexts();
    this.#readers = shape.takeReaders();
    this.columns = shape.fields.map(({ schema }, position) => this.#column(schema, position));
  }

  moment(field: number, row: number): Moment | null {
    const entry = 2 * (row * this.#table.columns + field);
    const start = this.#table.at[entry] as number;
    return start < 0 ? null : this.#shape.moment(field, this.#raw.region.bytes, start, this.#table.at[entry + 1] as number);
  }

  mix(row: number, hash: RunningHash): void {
    const { at, columns } = this.#table;
    mixCells(hash, this.#raw.region.bytes, at, 2 * row * columns, 2 * (row + 1) * columns);
  }

  get bytes(): number {
    return Math.ceil(this.rows / this.#raw.rows * this.#raw.region.used);
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#shape.giveBack(this.#readers);
    this.#raw.release();
  }

  #column(schema: Schema | null, position: number): Column {
    const reader = this.#readers[position];
    if (reader === undefined || schema === null) return { kind: "constant", value: null };
    const cells: Cells = {
      table: this.#table,
      region: this.#raw.region,
      form: "plain",
      position,
      schema,
      fail: (row, error) => this.#fail(row, error),
    };
    return reader(cells);
  }

  /** Of several rows that fail the first counts; of one row's cells the first. */
  #fail(row: number, error: Error): void {
    if (this.failure === null || row < this.failure.row) this.failure = { row, error };
  }

  /** Flags of the text cells of each row together. */
  #flagTexts(): void {
    const { at, flags, rows, columns } = this.#table;
    const { view } = this.#raw.region;
    for (const position of this.#shape.textColumns) {
      for (let row = 0, entry = 2 * position; row < rows; row++, entry += 2 * columns) {
        const start = at[entry] as number;
        if (start >= 0) flags[row] = (flags[row] as number) | textFlags(view, start, at[entry + 1] as number);
      }
    }
  }
}

/** Names the columns that are left out. */
export function warnOfDropped(fields: readonly ResultField[], log: TaskLog): void {
  for (const { schema, typeName, name } of fields) {
    if (schema === null) log.warn(`JDBC type of column "${name}" (${typeName}) not currently supported`);
  }
}
