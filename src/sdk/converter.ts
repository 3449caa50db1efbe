import type { RecordBatch } from "../data/batch.ts";
import type { Column, Side } from "../data/column.ts";
import type { Arena, Region } from "../data/region.ts";
import type { Schema } from "../data/schema.ts";
import type { SchemaAndValue, Value } from "../data/value.ts";
import type { ConfigOf, ConfigSpec } from "../config/field.ts";

/** Length in a slice table: the record has no bytes here (null). */
export const NO_BYTES = -1;
/** Length in a slice table: the row failed; the failure is in `batch.failures`. */
export const FAILED_ROW = -2;

/** Keys or values of consumed records, as they came. */
export interface RawSide {
  /** Valid UTF-8 is not promised here. */
  readonly region: Region;
  /** Pairs of start and length per record; length -1 = null. */
  readonly slices: Int32Array;
}

/** What a converter made of some consecutive records. */
export interface ReadRun {
  /** How many records it took, at least one. */
  readonly rows: number;
  /** Row i is record `from + i`. May point into the raw region; its other memory is its own and is not used again. */
  readonly side: Side;
  /** Rows that cannot be read; their cells mean nothing. */
  readonly failures: readonly { readonly row: number; readonly error: Error }[];
}

/**
 * Writes keys or values of a whole batch. Live row i (of `liveRows(batch)`) goes to `out[2*i]` (start in `arena.bytes`) and
 * `out[2*i+1]` (length, or NO_BYTES, or FAILED_ROW). Never throws for one row: it appends to `batch.failures`
 * and marks the row. No promise, Map, closure or string per row where the columns are bytes or numbers.
 */
export interface Converter {
  write(batch: RecordBatch, side: "key" | "value", arena: Arena, out: Int32Array): void;
  /** One value to bytes, null for no bytes: the row twin, for headers and rows. Throws a DataError. */
  toBytes(topic: string, schema: Schema | null, value: Value): Uint8Array | null;
  /** Bytes of a record to a value. Throws a DataError. */
  fromBytes(topic: string, bytes: Uint8Array | null): SchemaAndValue;
  /**
   * Keys or values of a whole batch of consumed records to columns: records `from` (included) to `to` (not included), as far as they share
   * a schema; those without bytes go with any. The same schema gives the same `Schema` object again, as long as it is among the last
   * ones used. Absent: records are read one by one with `fromBytes`. Never throws for one row.
   */
  read?(topic: string, raw: RawSide, from: number, to: number): ReadRun;
}

/** Writes headers. Any Converter can be one; SimpleHeaderConverter is only this. */
export interface HeaderConverter {
  toHeader(topic: string, name: string, schema: Schema | null, value: Value): Uint8Array | null;
  fromHeader(topic: string, name: string, bytes: Uint8Array | null): SchemaAndValue;
  /** Like `Converter.write`, for one non-constant header column of the batch; optional, rows otherwise. */
  writeColumn?(batch: RecordBatch, schema: Schema | null, column: Column, arena: Arena, out: Int32Array): void;
}

/** A converter plugin: everything that is to be said of it. */
export interface ConverterDefinition<S extends ConfigSpec = ConfigSpec> {
  readonly class: string;
  readonly version: string;
  readonly summary: string;
  /** Its own keys, `converter.type` first where upstream has it. */
  readonly config: S;
  /** Absent: cannot convert keys and values (SimpleHeaderConverter). */
  create?(config: ConfigOf<S>): Converter;
  createHeader(config: ConfigOf<S>): HeaderConverter;
}

// deno-lint-ignore no-explicit-any -- the config type is known only inside the definition
export type AnyConverter = ConverterDefinition<any>;

export type { Side };
