/** SQLite's declared types as Connect's, after sqlite-jdbc 3.41. What is declared decides, so that schemas do not hang on the first row. */
import { dateSchema, decimalSchema, LOGICAL_NAMES, primitiveSchema, type Schema, timestampSchema } from "sdk";
import type { TypeMapping } from "../dialect.ts";

/** How the values of a column are read. */
export type Kind =
  | "int16"
  | "int32"
  | "int64"
  | "float32"
  | "float64"
  | "boolean"
  | "string"
  | "bytes"
  | "date"
  | "timestamp"
  | "decimal"
  /** Nothing declared and nothing seen yet. */
  | "unknown";

/** What a column's declaration says. */
export interface Declared {
  readonly kind: Kind;
  /** Digits after the point, for decimals. */
  readonly scale: number;
  readonly precision: number;
  /** Values may make it wider: int32 to int64, and to float64 with `mayFloat`. */
  readonly mayWiden: boolean;
  readonly mayFloat: boolean;
}

const PLAIN = { scale: 0, precision: 0, mayWiden: false, mayFloat: false };

/** By the words of the declaration, the first that matches (sqlite-jdbc, JDBC3ResultSet.getColumnType). */
const WORDS: readonly (readonly [RegExp, Omit<Declared, "scale" | "precision">])[] = [
  [/^BOOL(EAN)?$/, { ...PLAIN, kind: "boolean" }],
  [/^TINYINT$/, { ...PLAIN, kind: "int16" }],
  [/^(SMALLINT|INT2)$/, { ...PLAIN, kind: "int32" }],
  [/^(BIGINT|INT8|INT|MEDIUMINT|UNSIGNED BIG INT)$/, { ...PLAIN, kind: "int64" }],
  [/^DATE$/, { ...PLAIN, kind: "date" }],
  [/^(TIMESTAMP|DATETIME)$/, { ...PLAIN, kind: "timestamp" }],
  [/^(DECIMAL|NUMERIC)$/, { ...PLAIN, kind: "int32", mayWiden: true, mayFloat: true }],
  [/^REAL$/, { ...PLAIN, kind: "float32" }],
  [/(DOUBLE|FLOA)/, { ...PLAIN, kind: "float64" }],
  [/(CHAR|TEXT|CLOB)/, { ...PLAIN, kind: "string" }],
  [/(BLOB|BINARY)/, { ...PLAIN, kind: "bytes" }],
  [/INT/, { ...PLAIN, kind: "int32", mayWiden: true }],
];

/** What a declaration such as `decimal(10,2)` says; null: there is none, as with expressions. */
export function declaredType(declaration: string | null): Declared {
  if (declaration === null || declaration === "") return { ...PLAIN, kind: "unknown" };
  const [, word = "", precision, scale] = /^\s*([^(]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\).*)?$/s.exec(declaration.toUpperCase()) ?? [];
  const found = WORDS.find(([pattern]) => pattern.test(word));
  // Other words are text: TIME, JSON, UUID and whatever people write.
  const declared = found?.[1] ?? { ...PLAIN, kind: "string" as const };
  if (declared.mayFloat && Number(scale ?? 0) > 0) {
    return { ...PLAIN, kind: "decimal", scale: Number(scale), precision: Number(precision) };
  }
  if (declared.mayFloat && word === "DECIMAL") return { ...PLAIN, ...declared, kind: "int64" };
  return { ...PLAIN, ...declared };
}

/** The kind that has room for the values seen; the same where they fit, or where nothing would. */
export function widened(declared: Declared, kind: Kind, values: Iterable<unknown>): Kind {
  if (kind !== "unknown" && !declared.mayWiden && declared.kind !== "unknown") return kind;
  let wide = kind;
  for (const value of values) wide = widerFor(declared, wide, value);
  return wide;
}

function widerFor(declared: Declared, kind: Kind, value: unknown): Kind {
  if (value === null) return kind;
  if (kind === "unknown") return kindOf(value);
  if (typeof value === "bigint" && kind === "int32" && BigInt.asIntN(32, value) !== value) return "int64";
  const mayFloat = declared.mayFloat || declared.kind === "unknown";
  return typeof value === "number" && mayFloat && (kind === "int32" || kind === "int64") ? "float64" : kind;
}

function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case "bigint":
      return BigInt.asIntN(32, value) === value ? "int32" : "int64";
    case "number":
      return "float64";
    case "string":
      return "string";
    default:
      return "bytes";
  }
}

/** Connect's schema of a column; null for one of which nothing is known. */
export function schemaOf(kind: Kind, declared: Declared, optional: boolean, mapping: TypeMapping): Schema | null {
  switch (kind) {
    case "int16":
      return primitiveSchema("INT16", { optional });
    case "int32":
      return primitiveSchema("INT32", { optional });
    case "int64":
      return primitiveSchema("INT64", { optional });
    case "float32":
      return primitiveSchema("FLOAT32", { optional });
    case "float64":
      return primitiveSchema("FLOAT64", { optional });
    case "boolean":
      return primitiveSchema("BOOLEAN", { optional });
    case "string":
      return primitiveSchema("STRING", { optional });
    case "bytes":
      return primitiveSchema("BYTES", { optional });
    case "date":
      return dateSchema({ optional });
    case "timestamp":
      return timeSchema(mapping.granularity, optional);
    case "decimal":
      return decimalWithPrecision(declared, optional);
    case "unknown":
      return null;
  }
}

function timeSchema(granularity: TypeMapping["granularity"], optional: boolean): Schema {
  if (granularity === "connect_logical") return timestampSchema({ optional });
  return primitiveSchema(granularity.endsWith("_long") ? "INT64" : "STRING", { optional });
}

/** With the parameter the JDBC connector adds. */
function decimalWithPrecision({ scale, precision }: Declared, optional: boolean): Schema {
  const { parameters } = decimalSchema(scale);
  return primitiveSchema("BYTES", {
    optional,
    name: LOGICAL_NAMES.Decimal,
    version: 1,
    parameters: new Map([...parameters ?? [], ["connect.decimal.precision", String(precision)]]),
  });
}
