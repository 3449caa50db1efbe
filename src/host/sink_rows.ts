/** Reads keys or values one by one, for converters that know no columns. */
import type { Column, Side } from "../data/column.ts";
import { type Schema, Struct, type Value } from "../data/schema.ts";
import { schemasEqual } from "../data/schema_equality.ts";
import type { Converter, RawSide, ReadRun } from "../sdk/converter.ts";

/** Schemas kept for the next records: a topic seldom has more at a time. */
const KEPT = 8;

/** Keeps one object of schemas that are equal, as those behind it compare and cache by object. */
export class SchemaCache {
  readonly #kept: Schema[] = [];

  /** The object that stands for this schema. */
  one(schema: Schema): Schema {
    if (this.#kept[0] === schema) return schema;
    const at = this.#kept.findIndex((kept) => schemasEqual(kept, schema));
    const found = this.#kept[at] ?? schema;
    if (at >= 0) this.#kept.splice(at, 1);
    this.#kept.unshift(found);
    this.#kept.length = Math.min(this.#kept.length, KEPT);
    return found;
  }
}

type Failure = ReadRun["failures"][number];

/** Rows gathered so far. */
interface Gathered {
  /** undefined: all rows are absent up to now, so any schema may follow. */
  schema: Schema | null | undefined;
  /** The values are structs of the schema, whose fields become columns. */
  hasColumns: boolean;
  readonly values: Value[];
  /** Rows without any value. */
  readonly absent: number[];
  readonly failures: Failure[];
}

/**
 * Records `from` to `to` (not included) as runs of one schema. A row that fails is no reason to begin another run. A `RetriableError` is thrown as it comes,
 * by `mayRetry`, which is asked of every error.
 */
export function readRows(
  converter: Pick<Converter, "fromBytes">,
  topic: string,
  raw: RawSide,
  range: { readonly from: number; readonly to: number },
  schemas: SchemaCache,
  mayRetry: (error: unknown) => boolean,
): ReadRun[] {
  const runs: ReadRun[] = [];
  let open = gather();
  for (let i = range.from; i < range.to; i++) {
    try {
      const { schema, value } = converter.fromBytes(topic, bytesAt(raw, i));
      const one = schema === null ? null : schemas.one(schema);
      if (one === null && value === null) {
        open.absent.push(open.values.length);
      } else if (!joins(open, one, value)) {
        runs.push(runOf(open));
        open = gather();
        joins(open, one, value);
      }
      open.values.push(value);
    } catch (error) {
      if (mayRetry(error)) throw error;
      const row = open.values.push(null) - 1;
      open.absent.push(row);
      open.failures.push({ row, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
  runs.push(runOf(open));
  return runs;
}

/** The bytes of one record, copied: a value may keep them. */
export function bytesAt({ region, slices }: RawSide, i: number): Uint8Array | null {
  const start = slices[2 * i] as number;
  const length = slices[2 * i + 1] as number;
  return length < 0 ? null : region.bytes.slice(start, start + length);
}

function gather(): Gathered {
  return { schema: undefined, hasColumns: false, values: [], absent: [], failures: [] };
}

/** Whether a row may go with those gathered; the first one with a schema, or a value, decides for all. */
function joins(open: Gathered, schema: Schema | null, value: Value): boolean {
  const hasColumns = schema !== null && schema.type === "STRUCT" && value instanceof Struct;
  if (open.schema === undefined) {
    open.schema = schema;
    open.hasColumns = hasColumns;
    return true;
  }
  return open.schema === schema && open.hasColumns === hasColumns;
}

function runOf({ schema = null, hasColumns, values, absent, failures }: Gathered): ReadRun {
  return { rows: values.length, side: sideOf(schema, hasColumns, values, absent), failures };
}

function sideOf(schema: Schema | null, hasColumns: boolean, values: readonly Value[], absent: readonly number[]): Side {
  // Without a schema there is no difference between a null value and none at all.
  const marks = schema === null ? {} : marksOf(values.length, absent);
  if (!hasColumns || schema === null) return { schema, whole: true, columns: [columnOf(values)], ...marks };
  const columns = schema.fields.map((_, i): Column => ({
    kind: "values",
    data: values.map((value) => value instanceof Struct ? value.values[i] ?? null : null),
  }));
  return { schema, whole: false, columns, ...marks };
}

function marksOf(rows: number, absent: readonly number[]): { readonly absent?: Uint8Array } {
  if (absent.length === 0) return {};
  const marks = new Uint8Array(rows);
  for (const row of absent) marks[row] = 1;
  return { absent: marks };
}

/** Null keys are the rule, and a constant costs nothing. */
function columnOf(values: readonly Value[]): Column {
  return values.every((value) => value === null) ? { kind: "constant", value: null } : { kind: "values", data: values };
}
