/** From the texts of a column to typed columns. */
import { DataError, Decimal, decimalScale, parseDecimal } from "sdk";
import type { TextParser } from "../../cells/cells.ts";
import { textColumn, values } from "../../cells/exact_columns.ts";
import { type CellNumber, numberReader } from "../../cells/cell_numbers.ts";
import { decimalReader, floatReader, integerReader } from "../../cells/number_columns.ts";
import type { TypeMapping } from "../dialect.ts";
import type { ColumnType } from "./column_types.ts";
import { fineTimestamps } from "./fine_timestamps.ts";
import { cellOf, type ColumnReader, unfit } from "./reader.ts";
import { readDate, readTime, readTimestamp, readTimeTz, type TimeRules } from "./time_text.ts";

/** The reader of a column. */
export function columnReader({ kind, schema }: ColumnType, rules: TimeRules, granularity: TypeMapping["granularity"]): ColumnReader {
  switch (kind) {
    case "boolean":
      return flagReader(0x74);
    case "bitBoolean":
      return flagReader(0x31);
    case "int8":
      return integerReader(8, integerParser(8));
    case "int16":
      return integerReader(16, integerParser(16));
    case "int32":
      return integerReader(32, integerParser(32));
    case "int64":
      return integerReader(64, integerParser(64));
    case "float32":
      return floatReader(32, (text) => Math.fround(Number(text)));
    case "float64":
      return floatReader(64, Number);
    case "money":
      return (cells) => values(cells, parseMoney);
    case "decimal":
      return decimalReader(decimalScale(schema), decimalParser(decimalScale(schema)));
    case "truncated":
      return (cells) => values(cells, parseTruncated);
    case "date":
      return instantReader("date", (bytes, start, end) => readDate(bytes, start, end, rules));
    case "time":
      return instantReader("time", readTime);
    case "timetz":
      return instantReader("time", (bytes, start, end) => readTimeTz(bytes, start, end, rules));
    case "timestamp":
    case "timestamptz":
      return granularity === "connect_logical"
        ? instantReader("timestamp", (bytes, start, end) => readTimestamp(bytes, start, end, rules))
        : fineTimestamps(granularity, rules);
    case "text":
      return textColumn;
    case "bytea":
      return (cells) => values(cells, parseHex);
    case "textBytes":
      return (cells) => values(cells, (text) => new TextEncoder().encode(text));
  }
}

/** `t` or `1`: whether the one letter of a cell is that. */
function flagReader(yes: number): ColumnReader {
  return numberReader((bytes, start) => bytes[start] === yes ? 1 : 0, () => null);
}

/** Dates and times in ms; what cannot be one takes its row out. */
function instantReader(type: string, read: CellNumber): ColumnReader {
  return numberReader(read, (cells, row) => unfit(cellOf(cells, row), type));
}

/** Integers that the kernel left: too large, or beyond its digits. */
function integerParser(bits: 8 | 16 | 32 | 64): TextParser {
  const limit = 1n << BigInt(bits - 1);
  return (text) => {
    if (!/^-?\d+$/.test(text)) throw unfit(text, `INT${bits}`);
    const value = BigInt(text);
    if (value >= limit || value < -limit) throw new DataError(`Cannot read "${text}" as INT${bits}: it is out of range`);
    return bits === 64 ? value : Number(value);
  };
}

/** A decimal under the schema's scale; upstream pads one without a scale of its own. */
function decimalParser(scale: number): TextParser {
  return (text) => {
    const decimal = parseDecimal(text);
    if (decimal === null) throw unfit(text, "Decimal");
    const missing = scale - decimal.scale;
    if (missing >= 0) return new Decimal(decimal.unscaled * 10n ** BigInt(missing), scale);
    const power = 10n ** BigInt(-missing);
    if (decimal.unscaled % power !== 0n) {
      throw new DataError(`Cannot read "${text}" as Decimal: it has more than ${scale} digits after the point`);
    }
    return new Decimal(decimal.unscaled / power, scale);
  };
}

/** A number without its decimals, as upstream reads `numeric` without precision when numbers are mapped by their precision. */
function parseTruncated(text: string): number {
  const value = Math.trunc(Number(text));
  if (Number.isNaN(value)) throw unfit(text, "INT8");
  if (value < -128 || value > 127) {
    throw new DataError(
      `Cannot read "${text}" as INT8: it is out of range. A numeric column without precision has this type under numeric.mapping=precision_only; ` +
        'give the column a precision, or set "numeric.mapping" to best_fit or none',
    );
  }
  return value + 0; // never -0
}

/** An amount as the server's lc_monetary writes it: `-$1,234.50`, `($2.00)`, `1.234,50 €`. The last separator of a kind of its own is the point. */
export function parseMoney(text: string): number {
  const isNegative = text.includes("-") || text.includes("(");
  const amount = text.replace(/[^\d.,]/g, "");
  const point = amount.lastIndexOf(".");
  const comma = amount.lastIndexOf(",");
  const isCommaPoint = comma > point && (point >= 0 || /^\d*,\d\d$/.test(amount));
  const plain = isCommaPoint ? amount.replaceAll(".", "").replace(",", ".") : amount.replaceAll(",", "");
  const value = Number(plain);
  if (plain === "" || Number.isNaN(value)) throw unfit(text, "FLOAT64");
  return isNegative ? -value : value;
}

/** `\x00ff10`. */
function parseHex(text: string): Uint8Array {
  if (!text.startsWith("\\x")) throw unfit(text, "BYTES");
  return Uint8Array.fromHex(text.substring(2));
}
