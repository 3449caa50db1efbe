import type { Schema } from "./schema.ts";

/**
 * A value of Connect's data model as JavaScript carries it.
 *
 * | Connect | carrier |
 * | --- | --- |
 * | INT8, INT16, INT32, FLOAT32, FLOAT64 under a schema | number |
 * | INT64 under a schema, a Java Long without one | bigint |
 * | a Java Double without a schema | number |
 * | Byte, Short, Integer, Float without a schema | `SizedNumber` |
 * | BOOLEAN, STRING, BYTES | boolean, string, Uint8Array |
 * | Decimal | `Decimal` |
 * | Date, Time, Timestamp | `Date` (milliseconds since the epoch, UTC) |
 * | ARRAY, MAP, STRUCT | array, Map, `Struct` |
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | Decimal
  | SizedNumber
  | Struct
  | readonly Value[]
  | ReadonlyMap<Value, Value>;

/** A number whose Java class is narrower than what its carrier says; only where no schema tells the width. */
export class SizedNumber {
  constructor(readonly type: "INT8" | "INT16" | "INT32" | "FLOAT32", readonly value: number) {}
}

/** An exact decimal: `unscaled × 10^-scale` (java.math.BigDecimal). */
export class Decimal {
  constructor(readonly unscaled: bigint, readonly scale: number) {}
}

/** A row of a STRUCT schema. `values[i]` belongs to `schema.fields[i]` and is the stored value, no default put in its place. */
export class Struct {
  constructor(readonly schema: Schema, readonly values: readonly Value[]) {}

  /** The stored value of a field, or its schema's default where null is stored (Struct.get). Throws for an unknown name. */
  get(name: string): Value {
    const field = this.schema.field(name);
    if (field === undefined) throw new RangeError(`${name} is not a valid field name`);
    const stored = this.values[field.index] ?? null;
    return stored === null ? field.schema.default ?? null : stored;
  }
}

/** A value with the schema that describes it; null stands for schemaless. */
export interface SchemaAndValue {
  readonly schema: Schema | null;
  readonly value: Value;
}
