/** Key and value schema of a connector's records, and how columns of a file become the two sides. */
import { type Column, DataError, type Schema, type Side } from "sdk";
import { servesAs } from "./column_names.ts";

/** The two schemas of all records. Both are STRUCTs. */
export interface RecordSchemas {
  readonly key: Schema;
  readonly value: Schema;
}

/** A column to be read. */
export interface NeededColumn {
  readonly name: string;
  readonly schema: Schema;
}

/** Which columns to read, and where each field of the key finds its own. */
export interface SidePlan {
  /** The value's fields first, in order; then what the key alone needs. */
  readonly columns: readonly NeededColumn[];
  key(columns: readonly Column[]): Side;
  value(columns: readonly Column[]): Side;
}

/** Throws a DataError unless the schema is a STRUCT. */
export function requireStruct(schema: Schema): Schema {
  if (schema.type === "STRUCT") return schema;
  throw new DataError(`Not a struct schema: ${schema}. key.schema and value.schema must be of type STRUCT`);
}

/** Plans the columns. A key field that the value has too shares its column, unless its type differs or it may not be null. */
export function planSides({ key, value }: RecordSchemas): SidePlan {
  const columns: NeededColumn[] = value.fields.map(({ name, schema }) => ({ name, schema }));
  const keyIndexes = key.fields.map(({ name, schema }) => {
    const shared = value.field(name);
    if (shared !== undefined && servesAs(shared.schema, schema)) return shared.index;
    return columns.push({ name, schema }) - 1;
  });
  return {
    columns,
    key: (read) => ({ schema: key, whole: false, columns: keyIndexes.map((index) => read[index] as Column) }),
    value: (read) => ({ schema: value, whole: false, columns: read.slice(0, value.fields.length) }),
  };
}

/** Throws a DataError for a required field that the file has no column for: every row would fail. */
export function requireColumns(plan: SidePlan, names: readonly string[]): void {
  const present = new Set(names);
  for (const { name, schema } of plan.columns) {
    if (present.has(name) || schema.optional || schema.default !== undefined) continue;
    throw new DataError(
      `Invalid value: null used for required field: "${name}", schema type: ${schema.type}. The file has no column of that name; ` +
        `its columns are ${names.map((column) => `"${column}"`).join(", ")}`,
    );
  }
}
