/** Batches as a sink task is given them, made from rows: as values, or in the columns the readers make. */
import { allocateRegion, type Column, ESCAPED, NON_ASCII, type Schema, type Side, type SinkBatch, Struct, type Value } from "sdk";

/** One record of a topic. undefined = no key (no value) at all. */
export interface Row {
  readonly key?: Value | undefined;
  readonly value?: Value | undefined;
}

/** What the rows of a batch have in common. */
export interface BatchParts {
  readonly keySchema?: Schema | null;
  readonly valueSchema?: Schema | null;
  readonly topic?: string;
  readonly partition?: number;
  /** Offset of the first row. */
  readonly offset?: number;
  /** Rows that a transformation took out. */
  readonly without?: readonly number[];
  /** "values": one JavaScript value per row. "columns": numbers and slices wherever the schema allows. Default values. */
  readonly as?: "values" | "columns";
}

/** A batch of these rows, in order. */
export function sinkBatch(rows: readonly Row[], parts: BatchParts = {}): SinkBatch {
  const { keySchema = null, valueSchema = null, topic = "t", partition = 0, offset = 0, without = [], as = "values" } = parts;
  const alive = rows.flatMap((_, row) => without.includes(row) ? [] : [row]);
  return {
    rows: rows.length,
    select: without.length === 0 ? null : Int32Array.from(alive),
    topic,
    partition,
    timestamps: Float64Array.from(rows, (_, row) => 1_700_000_000_000 + row),
    key: sideOf(keySchema, rows.map((row) => row.key), as),
    value: sideOf(valueSchema, rows.map((row) => row.value), as),
    headers: [],
    failures: [],
    offsets: Float64Array.from(rows, (_, row) => offset + row),
    timestampType: "CreateTime",
    origin: { topic, partition },
  };
}

function sideOf(schema: Schema | null, cells: readonly (Value | undefined)[], as: "values" | "columns"): Side {
  const absent = cells.some((cell) => cell === undefined) ? Uint8Array.from(cells, (cell) => cell === undefined ? 1 : 0) : null;
  const values = cells.map((cell) => cell ?? null);
  const isStruct = schema?.type === "STRUCT" && values.every((value) => value === null || value instanceof Struct);
  if (schema === null || !isStruct) return { schema, whole: true, columns: [columnOf(schema, values, as)], absent };
  const columns = schema.fields.map((field) =>
    columnOf(field.schema, values.map((value) => (value as Struct | null)?.values[field.index] ?? null), as)
  );
  return { schema, whole: false, columns, absent };
}

function columnOf(schema: Schema | null, values: readonly Value[], as: "values" | "columns"): Column {
  if (as === "columns" && values.every((value) => value === null || typeof value === "string")) return sliceColumn(values);
  const isNumber = schema !== null && ["INT32", "FLOAT64"].includes(schema.type) && schema.name === undefined;
  if (as === "columns" && isNumber) {
    const nulls = Uint8Array.from(values, (value) => value === null ? 1 : 0);
    return { kind: "numbers", data: Float64Array.from(values, (value) => Number(value ?? 0)), nulls };
  }
  return { kind: "values", data: values };
}

/** JSON text of the strings, one behind the other. */
function sliceColumn(values: readonly (string | null)[]): Column {
  const texts = values.map((value) => value === null ? null : new TextEncoder().encode(JSON.stringify(value).slice(1, -1)));
  const region = allocateRegion(texts.reduce((sum, text) => sum + (text?.length ?? 0), 0));
  const at = new Int32Array(values.length * 2);
  const flags = new Uint8Array(values.length);
  texts.forEach((text, row) => {
    at[row * 2] = text === null ? -1 : region.used;
    if (text === null) return;
    region.bytes.set(text, region.used);
    region.used += text.length;
    at[row * 2 + 1] = region.used;
    flags[row] = (text.includes(0x5c) ? ESCAPED : 0) | (text.some((byte) => byte > 0x7f) ? NON_ASCII : 0);
  });
  return { kind: "slices", region, at, first: 0, stride: 2, form: "json", flags, checked: null };
}
