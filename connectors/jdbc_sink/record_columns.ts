/** The columns of a batch that go into a table. */
import { type Column, isNullAt, type Schema, type Side, type SinkBatch, Struct, type Value, valueAt } from "sdk";
import type { RecordField } from "./record_fields.ts";

/** Columns of a batch, made when first asked for; row numbers are the batch's. */
export class RecordColumns {
  readonly #batch: SinkBatch;
  readonly #replaceNulls: boolean;
  #keys: readonly Column[] | undefined;
  #values: readonly Column[] | undefined;

  /** `replaceNulls`: whether fields that are no keys take their schema's default in the place of null. Keys always do. */
  constructor(batch: SinkBatch, replaceNulls: boolean) {
    this.#batch = batch;
    this.#replaceNulls = replaceNulls;
  }

  /** One column per field. `rows` are those that will be read. */
  of(fields: readonly RecordField[], rows: Int32Array): readonly Column[] {
    return fields.map((field) => {
      const column = this.#column(field);
      const fallback = field.schema.default ?? null;
      return fallback !== null && (field.isKey || this.#replaceNulls) ? filled(column, field.schema, fallback, rows) : column;
    });
  }

  #column({ source }: RecordField): Column {
    const { topic, partition, offsets, key, value } = this.#batch;
    switch (source.of) {
      case "topic":
        return typeof topic === "string" ? { kind: "constant", value: topic } : { kind: "values", data: topic };
      case "partition":
        if (typeof partition === "number") return { kind: "constant", value: partition };
        return { kind: "numbers", data: Float64Array.from(partition), nulls: null };
      case "offset":
        return { kind: "numbers", data: offsets, nulls: null };
      case "key":
        this.#keys ??= fieldColumns(key, this.#batch.rows);
        return this.#keys[source.field ?? 0] ?? NULLS;
      case "value":
        this.#values ??= fieldColumns(value, this.#batch.rows);
        return this.#values[source.field ?? 0] ?? NULLS;
    }
  }
}

const NULLS: Column = { kind: "constant", value: null };

/** The columns of a side by field; Structs that came whole are taken apart. */
function fieldColumns(side: Side, rows: number): readonly Column[] {
  const { schema, whole, columns } = side;
  const [only] = columns;
  if (!whole || schema?.type !== "STRUCT" || only === undefined) return columns;
  const structs: (Struct | null)[] = [];
  for (let row = 0; row < rows; row++) {
    const value = valueAt(only, schema, row);
    structs.push(value instanceof Struct ? value : null);
  }
  return schema.fields.map(({ index }): Column => ({ kind: "values", data: structs.map((struct) => struct?.values[index] ?? null) }));
}

/** The column with `fallback` in the place of nulls; the very column where none of the rows is null. */
function filled(column: Column, schema: Schema, fallback: Value, rows: Int32Array): Column {
  if (column.kind === "constant") return column.value === null ? { kind: "constant", value: fallback } : column;
  if (!rows.some((row) => isNullAt(column, row))) return column;
  const data: Value[] = [];
  for (const row of rows) data[row] = valueAt(column, schema, row) ?? fallback;
  return { kind: "values", data };
}
