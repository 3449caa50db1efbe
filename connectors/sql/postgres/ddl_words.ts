/** PostgreSQL's words for CREATE and ALTER TABLE. */
import { ConnectError, logicalType, type Schema, type SchemaType, type Value } from "sdk";
import type { Zone } from "../../times/time_zone.ts";
import { type DdlWords, defaultLiteral } from "../ddl.ts";
import type { NewColumn } from "../dialect.ts";
import { textLiteral } from "./literals.ts";

const TYPES: Readonly<Partial<Record<SchemaType, string>>> = {
  INT8: "SMALLINT",
  INT16: "SMALLINT",
  INT32: "INT",
  INT64: "BIGINT",
  FLOAT32: "REAL",
  FLOAT64: "DOUBLE PRECISION",
  BOOLEAN: "BOOLEAN",
  STRING: "TEXT",
  BYTES: "BYTEA",
};
const LOGICAL_TYPES = { Decimal: "DECIMAL", Date: "DATE", Time: "TIME", Timestamp: "TIMESTAMP" } as const;

/** The type of a column (JDBC connector 10.9); null where there is none. */
export function columnTypeSql({ schema, epochUnit }: Pick<NewColumn, "schema" | "epochUnit">): string | null {
  return epochUnit !== null ? "TIMESTAMP" : schemaType(schema);
}

function schemaType(schema: Schema): string | null {
  const logical = logicalType(schema);
  if (logical !== null) return LOGICAL_TYPES[logical];
  if (schema.type !== "ARRAY") return TYPES[schema.type] ?? null;
  // Arrays of arrays have the type of arrays.
  const element = schema.valueSchema === undefined ? null : schemaType(schema.valueSchema);
  return element === null || element.endsWith("[]") ? element : `${element}[]`;
}

/** The words, with defaults as clocks in `zone` show them. */
export function ddlWords(quote: string, zone: Zone): DdlWords {
  return { quote, columnType: columnTypeSql, literal: (value, column) => literal(value, column, zone) };
}

function literal(value: Value, column: NewColumn, zone: Zone): string {
  if (column.schema.type !== "ARRAY") {
    return defaultLiteral(value, column, {
      text: textLiteral,
      bytes: (bytes) => `'\\x${bytes.toHex()}'::bytea`,
      booleans: ["FALSE", "TRUE"],
    }, zone);
  }
  const { valueSchema } = column.schema;
  if (!Array.isArray(value) || valueSchema === undefined) {
    throw new ConnectError("Cannot write the default of an array field: it is no array");
  }
  const elements = (value as readonly Value[]).map((element) =>
    element === null ? "NULL" : literal(element, { ...column, schema: valueSchema }, zone)
  );
  return elements.length === 0 ? "'{}'" : `ARRAY[${elements.join(",")}]`;
}
