/** What is to be known of a schema before payloads under it are read; made once per schema. */
import {
  DataError,
  decimalScale,
  integerRange,
  jsonString,
  logicalType,
  type Padded,
  padded,
  type Schema,
  type SchemaField,
  utf8Bytes,
  type Value,
} from "sdk";

/** How a cell is read. From `TEXT` to `FLOAT` it may stay a slice, from `FLOAT` to `DECIMAL` it may become a number. */
export const TEXT = 0;
export const INTEGER = 1;
export const FLOAT = 2;
export const BOOLEAN = 3;
export const DATE = 4;
export const TIME = 5;
export const TIMESTAMP = 6;
export const DECIMAL = 7;
/** The last two become values: base64, and all that only the row twin reads. */
export const BYTES = 8;
export const OTHER = 9;
export type CellKind =
  | typeof TEXT
  | typeof INTEGER
  | typeof FLOAT
  | typeof BOOLEAN
  | typeof DATE
  | typeof TIME
  | typeof TIMESTAMP
  | typeof DECIMAL
  | typeof BYTES
  | typeof OTHER;

/** One cell of a payload. */
export interface ReadCell {
  readonly kind: CellKind;
  readonly schema: Schema;
  /** null: the cell is the whole payload. */
  readonly field: SchemaField | null;
  /** The bytes in front of the value, where the payload is as Kafka Connect writes it: `,"name":`. */
  readonly key: Padded;
  /** The same as Python and others write it: `, "name": `. */
  readonly spacedKey: Padded;
  /** What a JSON null becomes; undefined: the row fails. */
  readonly nullValue: Value | undefined;
  /** INTEGER: see `integerRange`. */
  readonly range: Uint8Array;
  /** FLOAT. */
  readonly bits: 32 | 64;
  /** DECIMAL. */
  readonly scale: number;
}

/** A schema as its payloads are read. */
export interface ReadPlan {
  readonly schema: Schema;
  /** The payload itself is the only cell; else it is a struct. */
  readonly whole: boolean;
  readonly cells: readonly ReadCell[];
}

const NO_RANGE = new Uint8Array(0);

/** The plan of a schema. */
export function readPlan(schema: Schema, replaceNull: boolean): ReadPlan {
  if (schema.type !== "STRUCT" || logicalType(schema) !== null) {
    return { schema, whole: true, cells: [readCell(schema, null, "", "", replaceNull)] };
  }
  const cells = schema.fields.map((field, i) => {
    const name = jsonString(field.name);
    return readCell(field.schema, field, `${i === 0 ? "{" : ","}${name}:`, `${i === 0 ? "{" : ", "}${name}: `, replaceNull);
  });
  return { schema, whole: false, cells };
}

function readCell(schema: Schema, field: SchemaField | null, key: string, spacedKey: string, replaceNull: boolean): ReadCell {
  const kind = kindOf(schema);
  return {
    kind,
    schema,
    field,
    key: padded(utf8Bytes(key)),
    spacedKey: padded(utf8Bytes(spacedKey)),
    nullValue: schema.default !== undefined && replaceNull ? schema.default : schema.optional ? null : undefined,
    range: kind === INTEGER ? integerRange(integerBits(schema)) : NO_RANGE,
    bits: schema.type === "FLOAT32" ? 32 : 64,
    scale: kind === DECIMAL ? decimalScale(schema) : 0,
  };
}

function kindOf(schema: Schema): CellKind {
  switch (logicalType(schema)) {
    case "Decimal":
      return hasScale(schema) ? DECIMAL : OTHER;
    case "Date":
      return DATE;
    case "Time":
      return TIME;
    case "Timestamp":
      return TIMESTAMP;
    case null:
      return typedKind(schema);
  }
}

function typedKind({ type }: Schema): CellKind {
  switch (type) {
    case "STRING":
      return TEXT;
    case "INT8":
    case "INT16":
    case "INT32":
    case "INT64":
      return INTEGER;
    case "FLOAT32":
    case "FLOAT64":
      return FLOAT;
    case "BOOLEAN":
      return BOOLEAN;
    case "BYTES":
      return BYTES;
    default:
      return OTHER;
  }
}

/** Without a scale every row fails, each with the error of the row twin. */
function hasScale(schema: Schema): boolean {
  try {
    decimalScale(schema);
    return true;
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  }
}

function integerBits({ type }: Schema): 8 | 16 | 32 | 64 {
  return type === "INT8" ? 8 : type === "INT16" ? 16 : type === "INT32" ? 32 : 64;
}
