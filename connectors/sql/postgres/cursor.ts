import { isUtf8 } from "node:buffer";
import { type Column, DataError, NON_ASCII } from "sdk";
import type { Cells, CellTable } from "../../cells/cells.ts";
import type { Cursor, Moment, Page, TypeMapping } from "../dialect.ts";
import { mixCells, type RunningHash } from "../row_hash.ts";
import { SqlError } from "../sql_error.ts";
import { columnReader } from "./column_readers.ts";
import type { CopyBlock } from "./copy_block.ts";
import type { BlockPool } from "./copy_out.ts";
import { CopyOut } from "./copy_out.ts";
import type { Link } from "./link.ts";
import type { ColumnReader } from "./reader.ts";
import type { FieldPlan } from "./result_fields.ts";
import { instant, readDate, readTimestamp, type TimeRules } from "./time_text.ts";

/** How long the rest of a result is read and dropped before the server is asked to stop, which costs a connection. */
const PATIENCE_MS = 50;
const NULLS: Column = { kind: "constant", value: null };

/** What reading takes besides the statement. */
export interface ReadRules extends TimeRules {
  readonly granularity: TypeMapping["granularity"];
  /** The server does not check that texts are UTF-8. */
  readonly isUnchecked: boolean;
}

/** A result read by COPY. */
export class CopyCursor implements Cursor {
  readonly fields: readonly FieldPlan[];
  readonly #out: CopyOut;
  readonly #link: Link;
  readonly #rules: ReadRules;
  /** Readers that no page uses: their memory is the page's. */
  readonly #spare: (readonly (ColumnReader | null)[])[] = [];

  constructor(text: string, fields: readonly FieldPlan[], link: Link, pool: BlockPool, rules: ReadRules) {
    this.fields = fields;
    this.#link = link;
    this.#rules = rules;
    // The line feed ends a comment at the end of a user's query.
    this.#out = link.start(new CopyOut(`COPY (${text}\n) TO STDOUT`, fields.length, link, pool));
  }

  async read(maxRows: number): Promise<Page | null> {
    const found = await this.#out.next(maxRows);
    if (found === null) return null;
    const { block, rows } = found;
    const readers = this.#spare.pop() ??
      this.fields.map(({ type }) => type === null ? null : columnReader(type, this.#rules, this.#rules.granularity));
    const page = new CopyPage(this.fields, readers, block, rows, this.#rules, () => {
      this.#spare.push(readers);
      this.#out.settle(block);
    });
    this.#out.settle(block);
    return page;
  }

  async close(): Promise<void> {
    this.#out.discard();
    if (this.#out.isOver || this.#link.lost !== null || await this.#endsSoon()) return;
    await this.#link.cancel();
    await this.#out.done.catch(forgive);
    // The request may have come late and hit what comes next: then it hits this.
    if (this.#link.lost === null) await this.#link.ask("SELECT 1").catch(forgive);
  }

  /** Reads and drops what is left, for a moment. */
  async #endsSoon(): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<boolean>((resolve) => timer = setTimeout(() => resolve(false), PATIENCE_MS));
    try {
      return await Promise.race([this.#out.done.then(() => true, () => true), patience]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Takes the end that was asked for, and that a transaction is broken by it; a lost connection is noticed by the next statement. */
function forgive(error: unknown): void {
  if (!(error instanceof SqlError)) throw error;
}

/** Consecutive rows of a block. */
class CopyPage implements Page {
  readonly rows: number;
  readonly columns: readonly Column[];
  failure: { readonly row: number; readonly error: Error } | null = null;
  readonly #table: CellTable;
  readonly #block: CopyBlock;
  readonly #fields: readonly FieldPlan[];
  readonly #rules: ReadRules;
  #onRelease: (() => void) | null;

  constructor(
    fields: readonly FieldPlan[],
    readers: readonly (ColumnReader | null)[],
    block: CopyBlock,
    rows: number,
    rules: ReadRules,
    onRelease: () => void,
  ) {
    this.#fields = fields;
    this.#block = block;
    this.#rules = rules;
    this.#onRelease = onRelease;
    this.rows = rows;
    const first = block.taken;
    this.#table = {
      columns: fields.length,
      rows,
      at: block.at.subarray(2 * fields.length * first, 2 * fields.length * (first + rows)),
      flags: block.flags.subarray(first, first + rows),
    };
    block.taken += rows;
    block.pages++;
    if (rules.isUnchecked) this.#checkUtf8();
    this.columns = fields.map((field, position) => {
      const reader = readers[position];
      return reader === null || reader === undefined || field.schema === null ? NULLS : reader(this.#cells(field, position));
    });
  }

  moment(field: number, row: number): Moment | null {
    const { at, columns } = this.#table;
    const entry = 2 * (row * columns + field);
    const start = at[entry] as number;
    if (start < 0) return null;
    const end = at[entry + 1] as number;
    const { bytes } = this.#block.region;
    if (this.#fields[field]?.type?.kind === "date") {
      const day = readDate(bytes, start, end, this.#rules);
      return { ms: day, nanos: 0, wall: day };
    }
    const ms = readTimestamp(bytes, start, end, this.#rules);
    const { nanos, wall } = instant;
    return Number.isNaN(wall) ? { ms, nanos } : { ms, nanos, wall };
  }

  mix(row: number, hash: RunningHash): void {
    const { at, columns } = this.#table;
    mixCells(hash, this.#block.region.bytes, at, 2 * row * columns, 2 * (row + 1) * columns);
  }

  get bytes(): number {
    const { rows, taken, region } = this.#block;
    return Math.ceil(this.rows / Math.max(rows, taken, 1) * region.used);
  }

  release(): void {
    if (this.#onRelease === null) return;
    this.#block.pages--;
    this.#onRelease();
    this.#onRelease = null;
  }

  #cells(field: FieldPlan, position: number): Cells {
    const { schema, name } = field;
    if (schema === null) throw new RangeError(`Cannot read the column "${name}" as it has no schema`);
    return {
      table: this.#table,
      region: this.#block.region,
      form: "plain",
      position,
      schema,
      fail: (row, cause) => {
        const isNull = (this.#table.at[2 * (row * this.#fields.length + position)] as number) < 0;
        const why = isNull
          ? new DataError(`Invalid value: null used for required field: "${name}", schema type: ${schema.type}`)
          : new DataError(`Column "${name}" (${field.typeName}): ${cause.message}`, { cause });
        this.#fail(row, why);
      },
    };
  }

  /** Notes the first row that fails; of its columns the first. */
  #fail(row: number, error: Error): void {
    if (this.failure === null || row < this.failure.row) this.failure = { row, error };
  }

  #checkUtf8(): void {
    const { at, flags, columns, rows } = this.#table;
    for (let row = 0; row < rows; row++) {
      if (((flags[row] as number) & NON_ASCII) === 0) continue;
      for (let column = 0, entry = 2 * row * columns; column < columns; column++, entry += 2) {
        const start = at[entry] as number;
        if (start < 0 || isUtf8(this.#block.region.bytes.subarray(start, at[entry + 1]))) continue;
        const message = `Column "${
          this.#fields[column]?.name
        }": its text is not UTF-8, and the database (SQL_ASCII) does not say what it is`;
        this.#fail(row, new DataError(message));
        at[entry + 1] = start; // nobody may copy it
      }
    }
  }
}
