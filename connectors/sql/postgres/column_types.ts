/** PostgreSQL's types and what they are in Connect's data model (JDBC connector 10.9 over pgjdbc 42.7). */
import { dateSchema, LOGICAL_NAMES, primitiveSchema, type Schema, type SchemaType, timeSchema, timestampSchema } from "sdk";
import type { TypeMapping } from "../dialect.ts";

/** How the text of a cell becomes a value. */
export type CellKind =
  | "boolean"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "float32"
  | "float64"
  | "money"
  | "decimal"
  | "truncated" // a number with decimals into INT8
  | "date"
  | "time"
  | "timetz"
  | "timestamp"
  | "timestamptz"
  | "bitBoolean"
  | "text"
  | "bytea"
  | "textBytes";

/** What becomes of a column. */
export interface ColumnType {
  readonly kind: CellKind;
  readonly schema: Schema;
}

/** Oids of built-in types, which never change (pg_type.dat). */
export const OID = {
  bool: 16,
  bytea: 17,
  char: 18,
  name: 19,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  oid: 26,
  json: 114,
  xml: 142,
  float4: 700,
  float8: 701,
  money: 790,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  timestamptz: 1184,
  timetz: 1266,
  bit: 1560,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
} as const;

/** Highest oid that initdb gives away: types beyond are the user's own. */
export const LAST_SYSTEM_OID = 16_383;

/** Kinds that need nothing but the oid. */
const SIMPLE = new Map<number, readonly [CellKind, SchemaType]>([
  [OID.bool, ["boolean", "BOOLEAN"]],
  [OID.int2, ["int16", "INT16"]],
  [OID.int4, ["int32", "INT32"]],
  [OID.int8, ["int64", "INT64"]],
  [OID.oid, ["int64", "INT64"]],
  [OID.float4, ["float32", "FLOAT32"]],
  [OID.float8, ["float64", "FLOAT64"]],
  [OID.money, ["money", "FLOAT64"]],
  [OID.bytea, ["bytea", "BYTES"]],
  ...[OID.char, OID.name, OID.text, OID.bpchar, OID.varchar, OID.json, OID.jsonb, OID.xml, OID.uuid].map((oid) =>
    [oid, ["text", "STRING"]] as [number, [CellKind, SchemaType]]
  ),
]);

/** Digits after the point of a `numeric` that does not say how many, in the schema of a Decimal (JDBC connector 10.9). */
const UNSET_SCALE = 127;

/** A column as RowDescription and the catalog have it. */
export interface TypedColumn {
  /** For a domain that of its base type. */
  readonly oid: number;
  readonly typmod: number;
  readonly isEnum: boolean;
  readonly isNullable: boolean;
}

/** What a column becomes; null: it has no place in Connect's data model. */
export function columnTypeOf({ oid, typmod, isEnum, isNullable: optional }: TypedColumn, mapping: TypeMapping): ColumnType | null {
  const simple = isEnum ? ["text", "STRING"] as const : SIMPLE.get(oid);
  if (simple !== undefined) return { kind: simple[0], schema: scalar(simple[1], optional) };
  switch (oid) {
    case OID.numeric:
      return numericType(typmod, optional, mapping.numeric);
    case OID.bit:
      return bitType(typmod, optional);
    case OID.date:
      return { kind: "date", schema: dateSchema({ optional }) };
    case OID.time:
      return { kind: "time", schema: timeSchema({ optional }) };
    case OID.timetz:
      return { kind: "timetz", schema: timeSchema({ optional }) };
    case OID.timestamp:
      return { kind: "timestamp", schema: timestampSchemaOf(mapping.granularity, optional) };
    case OID.timestamptz:
      return { kind: "timestamptz", schema: timestampSchemaOf(mapping.granularity, optional) };
    default:
      return null;
  }
}

function scalar(type: SchemaType, optional: boolean): Schema {
  return primitiveSchema(type as Parameters<typeof primitiveSchema>[0], { optional });
}

function timestampSchemaOf(granularity: TypeMapping["granularity"], optional: boolean): Schema {
  if (granularity === "connect_logical") return timestampSchema({ optional });
  return scalar(granularity.endsWith("_long") ? "INT64" : "STRING", optional);
}

/** One bit is a BOOLEAN; up to eight the number that their digits spell, ten for two; more the digits themselves: as upstream has it. */
function bitType(length: number, optional: boolean): ColumnType {
  if (length === 1) return { kind: "bitBoolean", schema: scalar("BOOLEAN", optional) };
  if (length > 1 && length <= 8) return { kind: "int8", schema: scalar("INT8", optional) };
  return { kind: "textBytes", schema: scalar("BYTES", optional) };
}

/** The precision and scale of `numeric(p,s)`; null for one that has none. A scale may be negative since PostgreSQL 15. */
export function numericDigits(typmod: number): { readonly precision: number; readonly scale: number } | null {
  if (typmod < 4) return null;
  const packed = typmod - 4;
  return { precision: packed >>> 16, scale: ((packed & 0x7ff) ^ 0x400) - 0x400 };
}

function numericType(typmod: number, optional: boolean, mapping: TypeMapping["numeric"]): ColumnType {
  const digits = numericDigits(typmod);
  if (digits === null) {
    if (mapping === "none") return decimal(UNSET_SCALE, 0, optional);
    // Upstream takes the precision 0 that the driver reports at its word and cuts the decimals off. Under best_fit that helps nobody.
    return mapping === "precision_only"
      ? { kind: "truncated", schema: scalar("INT8", optional) }
      : { kind: "float64", schema: scalar("FLOAT64", optional) };
  }
  const { precision, scale } = digits;
  const isWhole = mapping === "precision_only" ? scale === 0 : scale <= 0;
  const digitsBefore = precision - Math.min(scale, 0);
  if (mapping !== "none") {
    if (isWhole && digitsBefore <= 18) return integer(digitsBefore, optional);
    if (mapping !== "precision_only" && scale > 0 && (precision <= 18 || mapping === "best_fit_eager_double")) {
      return { kind: "float64", schema: scalar("FLOAT64", optional) };
    }
  }
  return decimal(scale, precision, optional);
}

/** The smallest type that holds so many digits. */
function integer(digits: number, optional: boolean): ColumnType {
  if (digits <= 2) return { kind: "int8", schema: scalar("INT8", optional) };
  if (digits <= 4) return { kind: "int16", schema: scalar("INT16", optional) };
  if (digits <= 9) return { kind: "int32", schema: scalar("INT32", optional) };
  return { kind: "int64", schema: scalar("INT64", optional) };
}

function decimal(scale: number, precision: number, optional: boolean): ColumnType {
  const parameters = new Map([["scale", String(scale)], ["connect.decimal.precision", String(precision)]]);
  return { kind: "decimal", schema: primitiveSchema("BYTES", { optional, name: LOGICAL_NAMES.Decimal, version: 1, parameters }) };
}
