/** What all JSON records of a schema have in common, made once per schema object. */
import { copyOver, DataError, jsonString, type Padded, padded, type Schema, utf8Bytes } from "sdk";
import { schemaText } from "./json_schema.ts";
import { type JsonOptions, nullText } from "./json_values.ts";

/** One place of a record where a value goes. */
export interface CellPlan {
  /** The schema of what goes there. */
  readonly schema: Schema | null;
  /** What stands in front of it: `,"name":`. */
  readonly key: Padded;
  /** What stands there for null, or why null cannot stand there. */
  readonly nothing: Padded | DataError;
}

/** A record without its values. */
export interface RecordPlan {
  /** Up to the first cell's key: the envelope with the schema. */
  readonly open: Uint8Array<ArrayBuffer>;
  readonly cells: readonly CellPlan[];
  readonly close: Padded;
  /** Bytes of all that together, nulls included. */
  readonly fixedBytes: number;
}

/**
 * Writes the value of one row at a place and returns the place after it. May rely on `CELL_BYTES` of room, reserves what it
 * needs beyond, and leaves `slack` bytes of room behind it.
 */
export type WriteCell = (row: number, at: number) => number;

/** A record whose cells are the fields of a struct schema. */
export function structPlan(schema: Schema, envelope: boolean, options: JsonOptions): RecordPlan {
  const cells = schema.fields.map((field, i) => cellPlan(field.schema, `${i === 0 ? "" : ","}${jsonString(field.name)}:`, options));
  return plan(`${envelopeText(schema, envelope, options)}{`, cells, envelope ? "}}" : "}");
}

/** A record whose one cell is the whole key or value. Without a schema there is no text for null: such a record has no bytes. */
export function wholePlan(schema: Schema | null, envelope: boolean, options: JsonOptions): RecordPlan {
  return plan(envelopeText(schema, envelope, options), [cellPlan(schema, "", options)], envelope ? "}" : "");
}

function envelopeText(schema: Schema | null, envelope: boolean, options: JsonOptions): string {
  return envelope ? `{"schema":${schemaText(schema, options)},"payload":` : "";
}

function plan(open: string, cells: readonly CellPlan[], close: string): RecordPlan {
  const openBytes = utf8Bytes(open);
  const cellBytes = cells.map(({ key, nothing }) => key.length + (nothing instanceof DataError ? 0 : nothing.length));
  return {
    open: openBytes,
    cells,
    close: padded(utf8Bytes(close)),
    fixedBytes: openBytes.length + cellBytes.reduce((sum, each) => sum + each, 0) + close.length,
  };
}

function cellPlan(schema: Schema | null, key: string, options: JsonOptions): CellPlan {
  return { schema, key: padded(utf8Bytes(key)), nothing: nothingOf(schema, options) };
}

function nothingOf(schema: Schema | null, options: JsonOptions): Padded | DataError {
  try {
    return padded(utf8Bytes(schema === null ? "null" : nullText(schema, options)));
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
}

/** What stands for null in a cell. Throws a DataError where nothing may. */
export function writeNothing({ nothing }: CellPlan, view: DataView, at: number): number {
  if (nothing instanceof DataError) throw new DataError(nothing.message);
  return copyOver(nothing.view, 0, nothing.length, view, at);
}
