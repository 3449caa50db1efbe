/** What the modes of reading have in common: pages on their way from a cursor to a batch. */
import { NULL_SIDE, type RecordBatch, type RowFailure, type SourceOffset, type TaskLog } from "sdk";
import type { Cursor, Page, Session, SqlPart } from "../sql/dialect.ts";
import { type Layout, Layouts, valueSide } from "./layout.ts";
import type { RowSource } from "./row_source.ts";
import type { Settings } from "./settings.ts";

/** A statement took so long to its first row that the next one of the round asks for all that is left: without an index each is a full scan. */
const SLOW_MS = 1000;

/** Rows of a page that are to become a batch. */
export interface Rows {
  readonly page: Page;
  readonly layout: Layout;
  /** The first so many rows of the page. */
  readonly count: number;
  /** The last of them cannot be read and is to be tolerated. */
  readonly failure: Error | null;
  /** They are not newer than what was sent: rows that committed late are among them. */
  readonly isLate: boolean;
  /** No row behind them has the timestamp of the last one. */
  readonly endsInstant: boolean;
}

/** What a mode makes of rows. */
export interface Taken {
  /** Rows to send; null = all. */
  readonly select: Int32Array | null;
  /** The offset once this row and all before it are acknowledged; null = none is stored. */
  offset(row: number): SourceOffset | null;
}

/** How one mode reads a table. */
export interface ReadingMode {
  /**
   * The rows of one reading, from where the last one ended. What is yielded has been given to `take` before the next is asked for. A reading
   * that is given up is followed by a new one, which begins behind what was taken.
   */
  round(session: Session): AsyncGenerator<Rows | "note", void>;
  /** Takes rows as sent. Called in the order of `round`. */
  take(rows: Rows): Taken;
  /** The offset to store without any row, for "note". */
  note(): SourceOffset | null;
}

/** What every mode needs. */
export interface ReadingContext {
  readonly source: RowSource;
  readonly settings: Settings;
  /** `errors.tolerance` is all: rows that cannot be read are left out. */
  readonly tolerates: boolean;
  readonly log: TaskLog;
  now(): number;
}

/** Runs the statements of one table. */
export class Statements {
  readonly #context: ReadingContext;
  readonly #layouts: Layouts;
  #lastText = "";
  /** Rows for one statement; null = all. For the present round. */
  limit: number | null = null;

  constructor(context: ReadingContext) {
    this.#context = context;
    this.#layouts = new Layouts(context.source.schemaName, context.log);
  }

  /** At the start of a round. `inPages`: whether a statement may end in the middle. */
  begin(inPages: boolean): void {
    this.limit = inPages ? this.#context.settings.pageRows : null;
  }

  /** Pages of a statement with the present limit. Closes the cursor at the end, also when it is given up. */
  async *pages(session: Session, parts: readonly SqlPart[], suffix = ""): AsyncGenerator<{ page: Page; layout: Layout }, void> {
    const startedAt = performance.now();
    this.#log(parts, suffix);
    const { mapping, batchRows } = this.#context.settings;
    const cursor = await session.open({ parts, limit: this.limit, suffix, mapping });
    try {
      const layout = this.#layouts.of(cursor.fields);
      let page = await cursor.read(batchRows);
      if (performance.now() - startedAt > SLOW_MS) this.limit = null;
      for (; page !== null; page = await cursor.read(batchRows)) yield { page, layout };
    } finally {
      await closeQuietly(cursor);
    }
  }

  /** Each statement once: values in it do not count. */
  #log(parts: readonly SqlPart[], suffix: string): void {
    const text = `${parts.map(shownPart).join("")}${suffix === "" ? "" : ` ${suffix}`}`;
    if (text === this.#lastText) return;
    this.#lastText = text;
    this.#context.log.debug(`Begin using SQL query: ${this.#context.settings.isQuerySecret ? "<redacted>" : text}`);
  }
}

function shownPart(part: SqlPart): string {
  if (typeof part === "string") return part;
  if ("name" in part) return part.name;
  return "table" in part ? part.table.name : "?";
}

/** A cursor that cannot be closed belongs to a connection that is gone. */
async function closeQuietly(cursor: Cursor): Promise<void> {
  await cursor.close().catch(() => undefined);
}

/** The batch of taken rows. `component`: the task's class. */
export function batchOf(rows: Rows, { select, offset }: Taken, source: RowSource, component: string): RecordBatch {
  const { page, layout, count, failure } = rows;
  const failures: RowFailure[] = failure === null ? [] : [{ row: count - 1, stage: "TASK_POLL", component, error: failure }];
  return {
    rows: count,
    select: failure === null ? select : withoutLast(select, count),
    topic: source.topic,
    partition: -1,
    timestamps: null,
    key: NULL_SIDE,
    value: valueSide(layout, page.columns),
    headers: [],
    position: { partition: source.partition, offset },
    failures,
  };
}

/** The last row is in `failures` and in no record. */
function withoutLast(select: Int32Array | null, count: number): Int32Array {
  const last = count - 1;
  return select === null ? Int32Array.from({ length: last }, (_, row) => row) : select.filter((row) => row !== last);
}

/** A batch without a record: it has an offset stored. */
export function noteBatch(offset: SourceOffset | null, source: RowSource): RecordBatch {
  return {
    rows: 1,
    select: new Int32Array(0),
    topic: source.topic,
    partition: -1,
    timestamps: null,
    key: NULL_SIDE,
    value: NULL_SIDE,
    headers: [],
    position: { partition: source.partition, offset: () => offset },
    failures: [],
  };
}

/** Rows up to the first that cannot be read. `rest`: the error that ends the reading after them, null when there is none or it is tolerated. */
export function readable(page: Page, layout: Layout, tolerates: boolean): { readonly rows: Rows | null; readonly rest: Error | null } {
  const { failure } = page;
  const common = { page, layout, isLate: false, endsInstant: false };
  if (failure === null) return { rows: { ...common, count: page.rows, failure: null }, rest: null };
  if (tolerates) return { rows: { ...common, count: failure.row + 1, failure: failure.error }, rest: null };
  return { rows: failure.row === 0 ? null : { ...common, count: failure.row, failure: null }, rest: failure.error };
}
