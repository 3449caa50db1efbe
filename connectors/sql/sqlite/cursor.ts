/** A query under way, its rows read ahead as far as their types need to be seen. */
import type { Column } from "sdk";
import type { Cursor, Moment, Page, ResultField } from "../dialect.ts";
import { mixValue, type RunningHash } from "../row_hash.ts";
import { SqlError } from "../sql_error.ts";
import { columnOf, type FailureNote, type FieldPlan, type Reading, type StoredRow } from "./columns.ts";
import { sqliteError } from "./failures.ts";
import { momentOf } from "./time_text.ts";
import { type Kind, widened } from "./column_types.ts";

/** Bytes of text and blobs in one page, about. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** Rows handled before other tasks get their turn: a few milliseconds. */
const TURN_ROWS = 5000;

/** What a cursor reads from. */
export interface CursorSource {
  readonly rows: Iterator<StoredRow>;
  /** Read already, in front of `rows`. */
  readonly ahead: readonly StoredRow[];
  readonly plans: readonly FieldPlan[];
  readonly fields: readonly ResultField[];
  readonly reading: Reading;
  /** A column turned out wider than it was taken for: the next query takes it so. */
  readonly widen: (plan: FieldPlan, kind: Kind) => void;
}

/** Takes rows until there are enough of them by number or size. */
export function takeRows(rows: Iterator<StoredRow>, maxRows: number): StoredRow[] {
  const taken: StoredRow[] = [];
  for (let bytes = 0; taken.length < maxRows && bytes < PAGE_BYTES;) {
    const next = rows.next();
    if (next.done === true) break;
    taken.push(next.value);
    bytes += sizeOf(next.value);
  }
  return taken;
}

function sizeOf(row: StoredRow): number {
  let bytes = 0;
  for (const value of row) if (typeof value === "string" || value instanceof Uint8Array) bytes += value.length;
  return bytes;
}

/** The cursor. */
export class SqliteCursor implements Cursor {
  readonly #source: CursorSource;
  #ahead: readonly StoredRow[];
  #isOver = false;

  constructor(source: CursorSource) {
    this.#source = source;
    this.#ahead = source.ahead;
  }

  get fields(): readonly ResultField[] {
    return this.#source.fields;
  }

  // deno-lint-ignore require-await -- SQLite answers at once; the seam is made for databases that do not
  async read(maxRows: number): Promise<Page | null> {
    const rows = this.#take(Math.min(maxRows, TURN_ROWS));
    if (rows.length === 0) {
      this.#isOver = true;
      return null;
    }
    const { plans, reading } = this.#source;
    const note: FailureNote = { failure: null };
    const columns = plans.map((plan, field) => columnOf(rows, field, plan, reading, note));
    return new StoredPage(rows, columns, note.failure, reading);
  }

  close(): Promise<void> {
    if (!this.#isOver) this.#source.rows.return?.();
    this.#isOver = true;
    return Promise.resolve();
  }

  #take(maxRows: number): readonly StoredRow[] {
    if (this.#ahead.length > 0) {
      const rows = this.#ahead.slice(0, maxRows);
      this.#ahead = this.#ahead.slice(maxRows);
      return rows;
    }
    if (this.#isOver) return [];
    try {
      const rows = takeRows(this.#source.rows, maxRows);
      this.#requireFit(rows);
      return rows;
    } catch (error) {
      throw sqliteError(error);
    }
  }

  /** Rows behind those read ahead may hold more than these did. */
  #requireFit(rows: readonly StoredRow[]): void {
    for (const [field, plan] of this.#source.plans.entries()) {
      const kind = widened(plan.declared, plan.kind, rows.map((row) => row[field]));
      if (kind === plan.kind) continue;
      this.#source.widen(plan, kind);
      throw new SqlError(`Column "${plan.name}" holds more than ${plan.kind}: it is read again as ${kind}`, { kind: "retriable" });
    }
  }
}

class StoredPage implements Page {
  readonly rows: number;
  readonly columns: readonly Column[];
  readonly failure: Page["failure"];
  readonly #stored: readonly StoredRow[];
  readonly #reading: Reading;

  constructor(stored: readonly StoredRow[], columns: readonly Column[], failure: Page["failure"], reading: Reading) {
    this.rows = stored.length;
    this.columns = columns;
    this.failure = failure;
    this.#stored = stored;
    this.#reading = reading;
  }

  moment(field: number, row: number): Moment | null {
    const value = this.#stored[row]?.[field];
    if (typeof value !== "bigint" && typeof value !== "number" && typeof value !== "string") return null;
    return momentOf(value, this.#reading);
  }

  mix(row: number, hash: RunningHash): void {
    for (const value of this.#stored[row] ?? []) mixValue(hash, value);
  }

  get bytes(): number {
    return this.#stored.reduce((sum, row) => sum + sizeOf(row), 0);
  }

  release(): void {
    // The rows are JavaScript's own.
  }
}
