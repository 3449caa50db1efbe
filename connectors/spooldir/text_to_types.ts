import { ConnectError, DataError, decimalScale, type LogicalType, logicalType, MS_PER_DAY, type Schema, type SchemaType } from "sdk";
import type { TextParser } from "../cells/cells.ts";
import { parseFloating, parseInteger, parseScaled } from "./java_numbers.ts";
import { createDateFormat, type DateFormat } from "../times/date_format.ts";
import { ISO_FORMAT, parseIsoTime } from "../times/iso_time.ts";
import { timeZone, type Zone } from "../times/time_zone.ts";

const CARRIERS: { readonly [T in LogicalType]: SchemaType } = { Decimal: "BYTES", Date: "INT32", Time: "INT32", Timestamp: "INT64" };

/** How texts stand for times: `parser.timestamp.*`. */
export interface TimeTexts {
  readonly timeZone: string;
  /** SimpleDateFormat patterns, tried in order, or `ISO`. */
  readonly timeFormats: readonly string[];
}

/** The formats for times, compiled. */
export interface TimeFormats {
  readonly zone: Zone;
  /** Null stands for ISO 8601. */
  readonly formats: readonly (DateFormat | null)[];
}

/** Compiles the formats for times; throws a ConnectError for a pattern that is none (`Illegal pattern character 'q'`). */
export function compileTimes({ timeZone: id, timeFormats }: TimeTexts): TimeFormats {
  const zone = timeZone(id);
  const now = Date.now();
  return { zone, formats: timeFormats.map((pattern) => pattern === ISO_FORMAT ? null : createDateFormat(pattern, zone, now)) };
}

/** Milliseconds since the epoch by the first format that fits, or null. */
export function parseTime(text: string, { zone, formats }: TimeFormats): number | null {
  for (const format of formats) {
    const instant = format === null ? parseIsoTime(text, zone) : format.parse(text);
    if (instant !== null) return instant;
  }
  return null;
}

/** Midnight UTC of the day that an instant falls on in a zone: what a Date is, whatever zone it was read in. */
export function dayOfInstant(instant: number, zone: Zone): number {
  return Math.floor((instant + zone.offsetAt(instant)) / MS_PER_DAY) * MS_PER_DAY;
}

/** The parser of a schema. Throws a ConnectError for a time pattern that is none. */
export function textParser(schema: Schema, times: TimeTexts): TextParser {
  return parserOf(schema, compileTimes(times));
}

/** What decides how text becomes a value: the type, or the logical type on the type that carries it. Null: nothing does. */
export function textKind(schema: Schema): SchemaType | LogicalType | null {
  if (schema.name === undefined) return schema.type === "BYTES" ? null : schema.type;
  const logical = logicalType(schema);
  return logical !== null && CARRIERS[logical] === schema.type ? logical : null;
}

/** The parser of a schema, by its type and name; the words for types are those of connect-utils 0.7.173. */
export function parserOf(schema: Schema, times: TimeFormats): TextParser {
  switch (textKind(schema)) {
    case "INT8":
      return guarded("Byte", (text) => Number(parseInteger(text, 8)));
    case "INT16":
      return guarded("Short", (text) => Number(parseInteger(text, 16)));
    case "INT32":
      return guarded("Integer", (text) => Number(parseInteger(text, 32)));
    case "INT64":
      return guarded("Long", (text) => parseInteger(text, 64));
    case "FLOAT32":
      return guarded("Float", (text) => parseFloating(text, 32));
    case "FLOAT64":
      return guarded("Double", (text) => parseFloating(text, 64));
    case "BOOLEAN":
      return (text) => /^true$/i.test(text);
    case "STRING":
      return (text) => text;
    case "Decimal": {
      const scale = decimalScale(schema);
      return guarded("BigDecimal", (text) => parseScaled(text, scale));
    }
    case "Date":
      return guarded("Date", (text) => new Date(dayOfInstant(timeOf(text, times), times.zone)));
    case "Time":
    case "Timestamp":
      return guarded("Date", (text) => new Date(timeOf(text, times)));
    default:
      return () => {
        const message = `Schema ${schema.type}(${schema.name ?? null}) is not supported`;
        throw new ConnectError(message, { javaClass: "java.lang.UnsupportedOperationException" });
      };
  }
}

function timeOf(text: string, times: TimeFormats): number {
  const instant = parseTime(text, times);
  if (instant !== null) return instant;
  throw new ConnectError(`Unparseable date: "${text}"`, { javaClass: "java.text.ParseException" });
}

function guarded(type: string, parse: TextParser): TextParser {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new DataError(`Could not parse '${text}' to '${type}'`, { cause: error });
    }
  };
}
