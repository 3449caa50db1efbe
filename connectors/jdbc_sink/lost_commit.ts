/** Whether a commit whose answer was lost went through: told by the keys of what it wrote, for a transaction leaves all of its rows or none. */
import { ConnectError, Decimal, logicalType, plainDecimalText, type SinkBatch, type Value, valueAt } from "sdk";
import type { Session, SqlPart, WriteColumn } from "../sql/dialect.ts";
import { SqlError } from "../sql/sql_error.ts";
import type { TableShape } from "./table_shape.ts";
import type { Step } from "./write_plan.ts";

/** Keys of one question: SQLite nests a chain of OR, and takes 1,000 levels. */
const KEYS_AT_ONCE = 200;
/** Types that want their numbers as texts. */
const TEXT_TYPE = /text|char|clob/i;

/** What became of the commit. `unknown`: the rows have no key that could be looked for. */
export type Outcome =
  | { readonly is: "unknown" }
  | { readonly is: "not committed" }
  /** `repeats`: rows whose key an earlier row of the same batches has, so that the commit was without them. */
  | { readonly is: "committed"; readonly repeats: RowSet };

/** Rows of batches. */
export class RowSet {
  readonly #rows = new Map<SinkBatch, Set<number>>();

  constructor(rows: Iterable<{ readonly batch: SinkBatch; readonly row: number }> = []) {
    for (const row of rows) this.add(row);
  }

  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  has(batch: SinkBatch, row: number): boolean {
    return this.#rows.get(batch)?.has(row) ?? false;
  }

  add({ batch, row }: { readonly batch: SinkBatch; readonly row: number }): void {
    this.#rows.set(batch, (this.#rows.get(batch) ?? new Set()).add(row));
  }
}

/** A key as it is looked for: a part per column. */
type Key = readonly SqlPart[];

/** What a table has when the commit went through. */
interface Expected {
  readonly shape: TableShape;
  readonly names: readonly string[];
  readonly present: Map<string, Key>;
  readonly absent: Map<string, Key>;
}

/**
 * Looks for all keys of the inserts, those of rows that are known to be `bad` aside. Call it outside of a transaction, which would show rows
 * of its own. Throws a `SqlError` when the connection is lost again.
 */
export async function outcomeOf(
  session: Session,
  steps: readonly Step[],
  bad: (batch: SinkBatch, row: number) => boolean,
): Promise<Outcome> {
  const repeats = new RowSet();
  const tables = expectedOf(steps, bad, repeats);
  if (tables === null) return { is: "unknown" };
  try {
    for (const table of tables) {
      if (await found(session, table, [...table.present.values()]) < table.present.size) return { is: "not committed" };
      if (await found(session, table, [...table.absent.values()]) > 0) return { is: "not committed" };
    }
  } catch (error) {
    if (!(error instanceof ConnectError) || (error instanceof SqlError && error.kind === "retriable")) throw error;
    return { is: "unknown" };
  }
  return { is: "committed", repeats };
}

/** By table; null where some row has no key to look for. */
function expectedOf(
  steps: readonly Step[],
  bad: (batch: SinkBatch, row: number) => boolean,
  repeats: RowSet,
): readonly Expected[] | null {
  const tables = new Map<string, Expected>();
  for (const step of steps) {
    const places = identityOf(step);
    if (places === null) return null;
    const names = places.map((place) => step.shape.columns[place]?.name ?? "");
    const of = JSON.stringify([step.shape.id, names]);
    const table = tables.get(of) ?? { shape: step.shape, names, present: new Map(), absent: new Map() };
    tables.set(of, table);
    for (const { batch, rows, columns } of step.parts) {
      for (const row of rows) {
        if (bad(batch, row)) continue;
        const key: SqlPart[] = [];
        for (const place of places) {
          const [column, field, written] = [columns[place], step.fields[place], step.shape.columns[place]];
          if (column === undefined || field === undefined || written === undefined) return null;
          const part = literal(valueAt(column, field.schema, row), written);
          if (part === null) return null;
          key.push(part);
        }
        note(table, step.kind, key, () => repeats.add({ batch, row }));
      }
    }
  }
  return [...tables.values()];
}

function note({ present, absent }: Expected, kind: Step["kind"], key: Key, isRepeat: () => void): void {
  const text = JSON.stringify(key, (_, value) => typeof value === "bigint" ? String(value) : value);
  if (kind === "delete") {
    present.delete(text);
    absent.set(text, key);
  } else {
    if (present.has(text)) isRepeat();
    absent.delete(text);
    present.set(text, key);
  }
}

/** Places of columns that tell the rows of a step from all others of the table; null where there are none. */
function identityOf({ kind, shape }: Step): readonly number[] | null {
  const { columns, uniqueKeys } = shape;
  for (const unique of uniqueKeys) {
    const places = unique.map((name) => columns.findIndex((column) => column.name === name)).sort((a, b) => a - b);
    const hasAll = places.length > 0 && places.every((place) => place >= 0 && (kind === "write" || place < shape.fields.keys.length));
    if (hasAll) return places;
  }
  return null;
}

/** A value as a statement has it; null for those that databases write and compare in forms of their own. */
function literal(value: Value, { schema, epochUnit, definition }: WriteColumn): SqlPart | null {
  if (value === null || epochUnit !== null) return null;
  const type = definition?.typeName ?? "";
  if (value instanceof Decimal) return { text: plainDecimalText(value) };
  if (logicalType(schema) !== null) return null;
  switch (typeof value) {
    case "string":
      return { text: value };
    case "boolean":
      return type === "bool" ? { text: String(value) } : TEXT_TYPE.test(type) ? null : { integer: value ? 1n : 0n };
    case "number":
    case "bigint":
      if (schema.type === "FLOAT32" || schema.type === "FLOAT64") return null;
      return TEXT_TYPE.test(type) ? { text: String(value) } : { integer: BigInt(value) };
    default:
      return null;
  }
}

/** How many of these keys the table has. */
async function found(session: Session, { shape, names }: Expected, keys: readonly Key[]): Promise<number> {
  let count = 0;
  for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
    const some = keys.slice(from, from + KEYS_AT_ONCE);
    const list = names.flatMap((name, i): SqlPart[] => i === 0 ? [{ name }] : [",", { name }]);
    const meets = some.flatMap((key, i): SqlPart[] => [
      i === 0 ? "(" : " OR (",
      ...key.flatMap((part, k): SqlPart[] => [k === 0 ? "" : " AND ", { name: names[k] ?? "" }, "=", part]),
      ")",
    ]);
    count += await rowsOf(session, ["SELECT DISTINCT ", ...list, " FROM ", { table: shape.id }, " WHERE ", ...meets]);
  }
  return count;
}

async function rowsOf(session: Session, query: readonly SqlPart[]): Promise<number> {
  const cursor = await session.open({
    parts: ["SELECT COUNT(*) AS n FROM (", ...query, ") AS t"],
    limit: null,
    suffix: "",
    mapping: { numeric: "none", granularity: "connect_logical" },
  });
  try {
    const page = await cursor.read(1);
    const [column, schema] = [page?.columns[0], cursor.fields[0]?.schema];
    if (page === null || column === undefined || schema === null || schema === undefined) return 0;
    const count = Number(valueAt(column, schema, 0));
    page.release();
    return count;
  } finally {
    await cursor.close();
  }
}
