/** From the parts of a step to calls of a writer: small parts are put together, large ones go as they are. */
import type { Column, NumberColumn, SinkBatch } from "sdk";
import { concatColumns } from "./concat_columns.ts";
import type { Step, StepPart } from "./write_plan.ts";

/** Rows of a part from which on putting it together with others costs more than statements that are not quite full. */
const LARGE = 2048;

/** What one call of a writer is given. */
export interface Call {
  readonly columns: readonly Column[];
  readonly rows: Int32Array;
  /** The record that row number `row` of `columns` is. */
  origin(row: number): { readonly batch: SinkBatch; readonly row: number };
}

/** The calls of a step, in order. */
export function callsOf(step: Step): readonly Call[] {
  const calls: Call[] = [];
  let small: StepPart[] = [];
  const flush = () => {
    const [only] = small;
    if (only !== undefined) calls.push(small.length === 1 ? single(only) : together(small, step));
    small = [];
  };
  for (const part of step.parts) {
    if (part.rows.length >= LARGE) {
      flush();
      calls.push(single(part));
    } else {
      small.push(part);
    }
  }
  flush();
  return step.isOrderFree ? calls.map(sortedByKey) : calls;
}

function single({ batch, columns, rows }: StepPart): Call {
  return { columns, rows, origin: (row) => ({ batch, row }) };
}

function together(parts: readonly StepPart[], { fields }: Step): Call {
  const columns = concatColumns(parts, fields.map((field) => field.schema));
  const total = parts.reduce((sum, part) => sum + part.rows.length, 0);
  return { columns, rows: Int32Array.from({ length: total }, (_, i) => i), origin: (row) => originOf(parts, row) };
}

function originOf(parts: readonly StepPart[], row: number): { readonly batch: SinkBatch; readonly row: number } {
  let rest = row;
  for (const { batch, rows } of parts) {
    if (rest < rows.length) return { batch, row: rows[rest] as number };
    rest -= rows.length;
  }
  throw new RangeError(`There is no row ${row} in these parts`);
}

/**
 * Rows in the order of their first key column where that holds numbers: tasks that write the same rows then lock them in the same order, and
 * an index is filled from left to right. Not for texts, which the database may order and even equate otherwise.
 */
function sortedByKey(call: Call): Call {
  const [key] = call.columns;
  if (key?.kind !== "numbers" || isAscending(key, call.rows)) return call;
  const { data } = key;
  return { ...call, rows: call.rows.toSorted((a, b) => (data[a] as number) - (data[b] as number)) };
}

function isAscending({ data }: NumberColumn, rows: Int32Array): boolean {
  for (let i = 1; i < rows.length; i++) if ((data[rows[i] as number] as number) < (data[rows[i - 1] as number] as number)) return false;
  return true;
}
