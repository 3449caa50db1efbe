/** Types and defaults of the columns that the sink makes (JDBC connector 10.9, MySqlDatabaseDialect). */
import { decimalScale, logicalType, type Value } from "sdk";
import { type DdlWords, defaultLiteral } from "../ddl.ts";
import type { NewColumn } from "../dialect.ts";
import { bytesLiteral, type SqlSyntax, textLiteral } from "./sql_text.ts";

/** Column of `pk.mode=kafka` that holds the topic's name, which is at most so long. */
const TOPIC_COLUMN = "__connect_topic";
const TOPIC_LENGTH = 249;
/** Characters or bytes of a key column. Upstream makes TEXT of it, which no key can be made of. */
const KEY_LENGTH = 255;
/** Bytes of a key (InnoDB), and of a character at most. */
const KEY_BYTES = 3072;
const CHARACTER_BYTES = 4;

/** How a server takes defaults of TEXT: MariaDB as they are, MySQL from 8.0.13 on as an expression, before not at all. */
export type TextDefaults = "literal" | "expression" | "none";

/** The DDL type, null for a schema that has none. `keyLength`: of string and bytes keys. */
export function sqlType({ name, schema, isKey, epochUnit }: NewColumn, keyLength = KEY_LENGTH): string | null {
  if (epochUnit !== null) return "DATETIME(6)";
  switch (schema.name === undefined ? null : logicalType(schema)) {
    case "Decimal":
      return `DECIMAL(65,${decimalScale(schema)})`;
    case "Date":
      return "DATE";
    case "Time":
      return "TIME(3)";
    case "Timestamp":
      return "DATETIME(3)";
    case null:
  }
  switch (schema.type) {
    case "INT8":
    case "BOOLEAN":
      return "TINYINT";
    case "INT16":
      return "SMALLINT";
    case "INT32":
      return "INT";
    case "INT64":
      return "BIGINT";
    case "FLOAT32":
      return "FLOAT";
    case "FLOAT64":
      return "DOUBLE";
    case "STRING":
      return isKey ? `VARCHAR(${name === TOPIC_COLUMN ? Math.min(TOPIC_LENGTH, keyLength) : keyLength})` : "TEXT";
    case "BYTES":
      return isKey ? `VARBINARY(${keyLength})` : "VARBINARY(1024)";
    default:
      return null;
  }
}

/** The words of a table's DDL. Several string keys share the bytes that a key may have. */
export function ddlWords(columns: readonly NewColumn[], syntax: SqlSyntax, textDefaults: TextDefaults): DdlWords {
  const long = columns.filter(({ isKey, schema, epochUnit }) => isKey && epochUnit === null && isLong(schema.type, schema.name));
  const keyLength = Math.min(KEY_LENGTH, Math.floor(KEY_BYTES / CHARACTER_BYTES / Math.max(1, long.length)));
  return {
    quote: syntax.quote,
    columnType: (column) => sqlType(column, keyLength),
    literal: (value, column) => columnDefault(value, column, syntax, textDefaults),
  };
}

function isLong(type: string, name: string | undefined): boolean {
  return (type === "STRING" || type === "BYTES") && name === undefined;
}

function columnDefault(value: Value, column: NewColumn, syntax: SqlSyntax, textDefaults: TextDefaults): string | null {
  const words = {
    text: (text: string) => textLiteral(text, syntax),
    bytes: bytesLiteral,
    booleans: ["0", "1"] as const,
  };
  const literal = defaultLiteral(value, column, words, syntax.zone);
  if (sqlType(column) !== "TEXT" || textDefaults === "literal") return literal;
  return textDefaults === "expression" ? `(${literal})` : null;
}
