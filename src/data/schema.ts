/** Schemas and values in one file: a schema's default is a value, a struct names its schema. `value.ts` is the door to the values. */

/** The twelve types of Connect's data model, by their enum names (Kafka Connect 4, Schema.Type). */
export type SchemaType =
  | "INT8"
  | "INT16"
  | "INT32"
  | "INT64"
  | "FLOAT32"
  | "FLOAT64"
  | "BOOLEAN"
  | "STRING"
  | "BYTES"
  | "ARRAY"
  | "MAP"
  | "STRUCT";

/** What may be said of a schema besides its type. A schema is required unless `optional` is true. */
export interface SchemaOptions {
  readonly optional?: boolean;
  /** Must fit the schema itself; absent means there is none. Never null. */
  readonly default?: Value;
  readonly name?: string;
  readonly version?: number;
  readonly doc?: string;
  /** Written in insertion order. */
  readonly parameters?: ReadonlyMap<string, string>;
}

/** One member of a STRUCT schema. */
export interface SchemaField {
  readonly name: string;
  readonly index: number;
  readonly schema: Schema;
}

interface SchemaParts extends SchemaOptions {
  readonly type: SchemaType;
  readonly fields?: readonly SchemaField[];
  readonly keySchema?: Schema;
  readonly valueSchema?: Schema;
}

/**
 * An immutable schema. Converters and transformations cache by object identity, so a source builds a schema once
 * and hands out the same object with every batch.
 */
export class Schema {
  readonly type: SchemaType;
  readonly optional: boolean;
  readonly default: Value | undefined;
  readonly name: string | undefined;
  readonly version: number | undefined;
  readonly doc: string | undefined;
  readonly parameters: ReadonlyMap<string, string> | undefined;
  /** Empty unless the type is STRUCT. */
  readonly fields: readonly SchemaField[];
  /** Set for MAP. */
  readonly keySchema: Schema | undefined;
  /** Set for MAP and ARRAY. */
  readonly valueSchema: Schema | undefined;
  readonly #byName: ReadonlyMap<string, SchemaField>;

  constructor(parts: SchemaParts) {
    this.type = parts.type;
    this.optional = parts.optional ?? false;
    this.default = parts.default;
    this.name = parts.name;
    this.version = parts.version;
    this.doc = parts.doc;
    this.parameters = parts.parameters;
    this.fields = parts.fields ?? [];
    this.keySchema = parts.keySchema;
    this.valueSchema = parts.valueSchema;
    this.#byName = new Map(this.fields.map((field) => [field.name, field]));
  }

  /** The field of that name, or undefined. */
  field(name: string): SchemaField | undefined {
    return this.#byName.get(name);
  }

  /** `Schema{name:TYPE}` or `Schema{TYPE}`, as Connect prints it in messages. */
  toString(): string {
    return this.name === undefined ? `Schema{${this.type}}` : `Schema{${this.name}:${this.type}}`;
  }
}

/** A schema of a type without members: every type but ARRAY, MAP and STRUCT. */
export function primitiveSchema(type: Exclude<SchemaType, "ARRAY" | "MAP" | "STRUCT">, options: SchemaOptions = {}): Schema {
  return new Schema({ ...options, type });
}

/** A STRUCT schema with the given fields, in order. */
export function structSchema(fields: readonly (readonly [name: string, schema: Schema])[], options: SchemaOptions = {}): Schema {
  return new Schema({ ...options, type: "STRUCT", fields: fields.map(([name, schema], index) => ({ name, index, schema })) });
}

/** An ARRAY schema. */
export function arraySchema(valueSchema: Schema, options: SchemaOptions = {}): Schema {
  return new Schema({ ...options, type: "ARRAY", valueSchema });
}

/** A MAP schema. */
export function mapSchema(keySchema: Schema, valueSchema: Schema, options: SchemaOptions = {}): Schema {
  return new Schema({ ...options, type: "MAP", keySchema, valueSchema });
}

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
