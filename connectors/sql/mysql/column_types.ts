/** Columns of a result as Connect sees them, from the packets that describe them (MySQL Connector/J 9.1 with JDBC connector 10.9). */
import {
  ConnectError,
  DataError,
  dateSchema,
  LOGICAL_NAMES,
  parseDecimal,
  primitiveSchema,
  type Schema,
  type SchemaType,
  timeSchema,
  timestampSchema,
} from "sdk";
import type { TextParser } from "../../cells/cells.ts";
import type { TypeMapping } from "../dialect.ts";
import type { ColumnPacket } from "./driver.ts";
import type { ValueSettings } from "./target.ts";

/** How the cells of a column are read; `null` = not at all. */
export type CellKind =
  | { readonly is: "integer"; readonly bits: 8 | 16 | 32 | 64; readonly isCanonical: boolean; readonly parse: TextParser }
  | { readonly is: "float"; readonly bits: 32 | 64; readonly parse: TextParser }
  | { readonly is: "decimal"; readonly scale: number; readonly parse: TextParser }
  | { readonly is: "boolean" | "flag" | "bit" | "text" | "bytes" | "date" | "year" | "time" }
  | { readonly is: "timestamp"; readonly granularity: TypeMapping["granularity"] }
  | null;

/** What a column becomes. */
export interface ColumnType {
  readonly schema: Schema | null;
  readonly typeName: string;
  readonly kind: CellKind;
}

const NOT_NULL = 1;
const UNSIGNED = 32;
const ZEROFILL = 64;
/** Collation number of what has no characters. */
const BINARY = 63;

/** Names of type codes, for messages (MySQL protocol, enum_field_types). */
const NAMES: Readonly<Record<number, string>> = {
  0: "decimal",
  1: "tinyint",
  2: "smallint",
  3: "int",
  4: "float",
  5: "double",
  6: "null",
  7: "timestamp",
  8: "bigint",
  9: "mediumint",
  10: "date",
  11: "time",
  12: "datetime",
  13: "year",
  14: "date",
  15: "varchar",
  16: "bit",
  242: "vector",
  245: "json",
  246: "decimal",
  247: "enum",
  248: "set",
  249: "tinyblob",
  250: "mediumblob",
  251: "longblob",
  252: "blob",
  253: "varchar",
  254: "char",
  255: "geometry",
};

/** The type of a column. `schema` null: it has no place in Connect's data model. */
export function columnType(packet: ColumnPacket, mapping: TypeMapping, values: ValueSettings): ColumnType {
  const optional = (packet.flags & NOT_NULL) === 0;
  const typeName = packet.extendedTypeName ?? NAMES[packet.columnType] ?? `type ${packet.columnType}`;
  const [schema, kind] = schemaOf(packet, mapping, values, optional);
  return { schema, typeName: (packet.flags & UNSIGNED) !== 0 ? `${typeName} unsigned` : typeName, kind };
}

function schemaOf(
  packet: ColumnPacket,
  mapping: TypeMapping,
  values: ValueSettings,
  optional: boolean,
): readonly [Schema | null, CellKind] {
  switch (packet.columnType) {
    case 1:
      if (packet.columnLength === 1 && values.isTinyBoolean && (packet.flags & UNSIGNED) === 0) {
        return [primitiveSchema("BOOLEAN", { optional }), { is: "boolean" }];
      }
      return integer(packet, 8, optional);
    case 2:
      return integer(packet, 16, optional);
    case 3:
    case 9:
      return integer(packet, 32, optional);
    case 8:
      return integer(packet, 64, optional);
    case 4:
      return [primitiveSchema("FLOAT32", { optional }), { is: "float", bits: 32, parse: (text) => Math.fround(Number(text)) }];
    case 5:
      return [primitiveSchema("FLOAT64", { optional }), { is: "float", bits: 64, parse: Number }];
    case 0:
    case 246:
      return decimal(packet, optional);
    case 16:
      return values.isMariaDb && packet.columnLength === 1
        ? [primitiveSchema("BOOLEAN", { optional }), { is: "flag" }]
        : [primitiveSchema("INT8", { optional }), { is: "bit" }];
    case 13:
      return values.isYearDate ? [dateSchema({ optional }), { is: "year" }] : [primitiveSchema("INT32", { optional }), parsed(32)];
    case 10:
    case 14:
      return [dateSchema({ optional }), { is: "date" }];
    case 11:
      return [timeSchema({ optional }), { is: "time" }];
    case 7:
    case 12:
      return [timestampType(mapping.granularity, optional), { is: "timestamp", granularity: mapping.granularity }];
    case 6:
      return [null, null];
    default:
      if (values.isMariaDb && packet.extendedTypeName === "uuid") return [null, null];
      return packet.characterSet === BINARY && packet.columnType !== 245
        ? [primitiveSchema("BYTES", { optional }), { is: "bytes" }]
        : [primitiveSchema("STRING", { optional }), { is: "text" }];
  }
}

const WIDTHS: Readonly<Record<number, SchemaType & `INT${string}`>> = { 8: "INT8", 16: "INT16", 32: "INT32", 64: "INT64" };

/** Unsigned integers take the next width, but for bigint, which has none. */
function integer(packet: ColumnPacket, bits: 8 | 16 | 32 | 64, optional: boolean): readonly [Schema, CellKind] {
  const isUnsigned = (packet.flags & UNSIGNED) !== 0;
  // mediumint unsigned becomes INT64 as well, as upstream has it.
  const width = !isUnsigned || bits === 64 ? bits : bits * 2 as 16 | 32 | 64;
  const isCanonical = (packet.flags & ZEROFILL) === 0 && !(isUnsigned && bits === 64);
  return [primitiveSchema(WIDTHS[width] ?? "INT64", { optional }), { ...parsed(width), isCanonical }];
}

function parsed(bits: 8 | 16 | 32 | 64): { is: "integer"; bits: 8 | 16 | 32 | 64; isCanonical: boolean; parse: TextParser } {
  return { is: "integer", bits, isCanonical: false, parse: bits === 64 ? parseLong : Number };
}

/** Throws for an unsigned bigint that a Java long does not hold. */
function parseLong(text: string): bigint {
  const value = BigInt(text);
  if (value === BigInt.asIntN(64, value)) return value;
  throw outOfRange(value.toLocaleString("en-US"), "Long");
}

function decimal(packet: ColumnPacket, optional: boolean): readonly [Schema, CellKind] {
  const scale = packet.decimals;
  const sign = (packet.flags & UNSIGNED) === 0 ? 1 : 0;
  const precision = packet.columnLength - sign - (scale > 0 ? 1 : 0);
  const parameters = new Map([["scale", String(scale)], ["connect.decimal.precision", String(precision)]]);
  const parse: TextParser = (text) => parseDecimal(text);
  return [primitiveSchema("BYTES", { optional, name: LOGICAL_NAMES.Decimal, version: 1, parameters }), { is: "decimal", scale, parse }];
}

function timestampType(granularity: TypeMapping["granularity"], optional: boolean): Schema {
  switch (granularity) {
    case "connect_logical":
      return timestampSchema({ optional });
    case "micros_long":
    case "nanos_long":
      return primitiveSchema("INT64", { optional });
    default:
      return primitiveSchema("STRING", { optional });
  }
}

/** Why a number has no place in its type, as Connector/J has it. */
export function outOfRange(number: string, type: "Long" | "Byte"): DataError {
  const text = `Value '${number}' is outside of valid range for type java.lang.${type}`;
  return driverFault(text, "java.sql.SQLDataException", "com.mysql.cj.exceptions.NumberOutOfRange");
}

/** Why `0000-00-00` is no date. */
export function zeroDate(): DataError {
  return driverFault("Zero date value prohibited", "java.sql.SQLException", "com.mysql.cj.exceptions.DataReadException");
}

/** Why a TIME is no time of day. */
export function noTimeOfDay(text: string): DataError {
  const message =
    `The value '${text}' is an invalid TIME value. JDBC Time objects represent a wall-clock time and not a duration as MySQL ` +
    "treats them. If you are treating this type as a duration, consider retrieving this value as a string and dealing with it according " +
    "to your requirements.";
  return driverFault(message, "java.sql.SQLException", "com.mysql.cj.exceptions.DataReadException");
}

/** The chain of errors that upstream shows for a cell its driver refuses. */
function driverFault(text: string, javaClass: string, cause: string): DataError {
  const origin = new ConnectError(text, { javaClass: cause });
  return new DataError(`${javaClass}: ${text}`, { cause: new ConnectError(text, { javaClass, cause: origin }) });
}
