/** What a `put` comes to: for each table, steps of writes and deletes in an order that leaves what the records' own order would. */
import type { Column, Schema, SinkBatch } from "sdk";
import type { RowWriter } from "../sql/dialect.ts";
import { lastPerKey } from "./last_per_key.ts";
import type { RecordColumns } from "./record_columns.ts";
import type { RecordField } from "./record_fields.ts";
import type { TableShape } from "./table_shape.ts";

/** Rows of one batch to be written or deleted. */
export interface StepPart {
  readonly batch: SinkBatch;
  /** Row numbers of the batch. */
  readonly rows: Int32Array;
  /** One per column of the writer. */
  readonly columns: readonly Column[];
}

/** Rows for one writer. */
export interface Step {
  readonly kind: "write" | "delete";
  readonly writer: RowWriter;
  readonly fields: readonly RecordField[];
  readonly parts: readonly StepPart[];
  /** Whether each key comes once, so that any order of the rows will do. */
  readonly isOrderFree: boolean;
  readonly shape: TableShape;
  /** The table, for messages. */
  readonly shown: string;
}

/** Consecutive rows of one shape. */
export interface Run {
  /** Takes the place of the first when rows with values follow on tombstones alone. */
  shape: TableShape;
  readonly parts: RunPart[];
}

/** Rows of one batch in a run. */
export interface RunPart {
  readonly batch: SinkBatch;
  readonly columns: RecordColumns;
  readonly rows: Int32Array;
  /** 1 = the row deletes, by row number; null = none does. */
  readonly deletes: Uint8Array | null;
}

/** Steps of a run in which only the last action of each key counts: deletes, then writes. */
export function stepsByKey(run: Run): readonly Step[] {
  const { keys } = run.shape.fields;
  const keyed = run.parts.map(({ columns, rows, deletes }) => ({ keys: columns.of(keys, rows), rows, deletes }));
  const last = lastPerKey(keyed, keys.map((field) => field.schema as Schema));
  const removed = run.parts.map((part, p) => ({ part, rows: last.deletes[p] ?? NO_ROWS }));
  const written = run.parts.map((part, p) => ({ part, rows: last.writes[p] ?? NO_ROWS }));
  return [...step(run.shape, "delete", removed, true), ...step(run.shape, "write", written, true)];
}

/**
 * Steps that keep the order of the records as upstream does: writes are gathered, then deletes, until a write comes behind a delete
 * (JDBC connector 10.9, BufferedRecords).
 */
export function stepsInOrder(run: Run): readonly Step[] {
  const steps: Step[] = [];
  let writes: Chosen[] = [];
  let deletes: Chosen[] = [];
  const flush = () => {
    steps.push(...step(run.shape, "write", writes, false), ...step(run.shape, "delete", deletes, false));
    [writes, deletes] = [[], []];
  };
  for (const part of run.parts) {
    for (const stretch of stretches(part)) {
      if (!stretch.isDelete && deletes.length > 0) flush();
      (stretch.isDelete ? deletes : writes).push({ part, rows: stretch.rows });
    }
  }
  flush();
  return steps;
}

interface Chosen {
  readonly part: RunPart;
  readonly rows: Int32Array;
}

const NO_ROWS = new Int32Array(0);

/** Consecutive rows that all write or all delete. */
function* stretches({ rows, deletes }: RunPart): Iterable<{ readonly isDelete: boolean; readonly rows: Int32Array }> {
  if (deletes === null) return yield { isDelete: false, rows };
  for (let from = 0; from < rows.length;) {
    const kind = deletes[rows[from] as number];
    let to = from + 1;
    while (to < rows.length && deletes[rows[to] as number] === kind) to++;
    yield { isDelete: kind === 1, rows: rows.subarray(from, to) };
    from = to;
  }
}

function step(shape: TableShape, kind: Step["kind"], chosen: readonly Chosen[], isOrderFree: boolean): readonly Step[] {
  const some = chosen.filter(({ rows }) => rows.length > 0);
  if (some.length === 0) return [];
  const fields = kind === "write" ? shape.written : shape.fields.keys;
  const parts = some.map(({ part, rows }) => ({ batch: part.batch, rows, columns: part.columns.of(fields, rows) }));
  const writer = kind === "write" ? shape.write() : shape.remove();
  return [{ kind, writer, fields, parts, isOrderFree, shape, shown: shape.shown }];
}

/**
 * The steps of all tables in the order they are done: what is deleted first is deleted in the reverse order of the tables' first appearance, what is
 * deleted last likewise, and all else in that order. So rows that refer to rows of an earlier table find them.
 */
export function ordered(tables: readonly (readonly Step[])[]): readonly Step[] {
  if (tables.length === 1) return tables[0] ?? [];
  const first: Step[] = [];
  const middle: Step[] = [];
  const last: Step[] = [];
  for (const steps of tables) {
    let from = 0;
    let to = steps.length;
    while (from < to && steps[from]?.kind === "delete") from++;
    while (to > from && steps[to - 1]?.kind === "delete") to--;
    first.unshift(...steps.slice(0, from));
    middle.push(...steps.slice(from, to));
    last.unshift(...steps.slice(to));
  }
  return [...first, ...middle, ...last];
}
