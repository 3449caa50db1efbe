import type { Region } from "./region.ts";
import type { Schema } from "./schema.ts";
import type { Value } from "./value.ts";

/**
 * How the bytes of a slice stand for its text: `plain`: as they are; `csv`: `""` stands for `"` in a slice whose row has
 * flag `ESCAPED`, if the byte before the slice is a quote; `json`: JSON escapes inside.
 */
export type Form = "plain" | "csv" | "json";

/** Row flag: some byte of the slice needs an escape in JSON (`"`, `\`, below 0x20), or in form `csv` undoubling. */
export const ESCAPED = 4;
/** Row flag: some byte of the slice is not ASCII. */
export const NON_ASCII = 8;

/** Text of a file or a wire, not yet a JavaScript string. */
export interface SliceColumn {
  readonly kind: "slices";
  readonly region: Region;
  /** Row i: start at `at[first + i*stride]`, end (exclusive) in the next entry. Start -1 = null. */
  readonly at: Int32Array;
  readonly first: number;
  readonly stride: number;
  readonly form: Form;
  /** Per row (not per cell) the flags of all its slices together: 0, ESCAPED, NON_ASCII or both. */
  readonly flags: Uint8Array;
  /** Proven number text in Java's canonical form: may be copied into JSON unquoted. */
  readonly checked: null | "integer" | "decimal" | "float";
}

/**
 * Numbers by row. By schema: INT8…INT64 the integer (safe integers only), FLOAT32/FLOAT64 the value, BOOLEAN 0 or 1,
 * Date, Time, Timestamp epoch milliseconds, Decimal the unscaled value under the schema's scale.
 */
export interface NumberColumn {
  readonly kind: "numbers";
  readonly data: Float64Array;
  /** 1 = null. `null` = no row is null. */
  readonly nulls: Uint8Array | null;
}

/** The same value in every row. */
export interface ConstantColumn {
  readonly kind: "constant";
  readonly value: Value;
}

/** Anything else: one JavaScript value per row. */
export interface ValueColumn {
  readonly kind: "values";
  readonly data: readonly Value[];
}

export type Column = SliceColumn | NumberColumn | ConstantColumn | ValueColumn;

/**
 * The key or the value of all rows. `columns[i]` belongs to `schema.fields[i]`; with `whole`, `columns[0]` is the key or
 * value itself, of any schema or none. A null side is `whole` with schema null and a constant null.
 */
export interface Side {
  readonly schema: Schema | null;
  readonly whole: boolean;
  readonly columns: readonly Column[];
  /**
   * 1 = the row has no key (no value) at all: null, and no schema, as a tombstone; its cells then mean nothing. Absent or null: no
   * row is without. Only batches of sinks have it.
   */
  readonly absent?: Uint8Array | null;
}

/** One header of every row. Constant columns hold what is fixed per file. */
export interface HeaderColumn {
  readonly name: string;
  readonly schema: Schema | null;
  readonly column: Column;
}

/** The side of records without a key (or without a value). */
export const NULL_SIDE: Side = { schema: null, whole: true, columns: [{ kind: "constant", value: null }] };
