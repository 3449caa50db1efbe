/**
 * CSV bytes to JSON bytes and nothing else: the least work the job allows, written anew and apart from the product, so that a slow
 * product cannot hide behind a slow yardstick. Knows the files of csv_rows.ts only: LF line ends, no empty cells, quotes doubled.
 */
import type { NativeArena } from "../../src/kafka/memory.ts";
import { type BenchColumn, COLUMNS } from "./csv_rows.ts";

const COMMA = 44, LF = 10, QUOTE = 34, BACKSLASH = 92, DOT = 46, MINUS = 45;
/** What a byte means to the scanner: ends a field, ends a row, must be escaped, is not ASCII. */
const ENDS_FIELD = 1, ENDS_ROW = 2, ESCAPED = 4, NON_ASCII = 8;
const CLASS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === COMMA) return ENDS_FIELD;
  if (byte === LF) return ENDS_ROW;
  if (byte < 32 || byte === QUOTE || byte === BACKSLASH) return ESCAPED;
  return byte > 127 ? NON_ASCII : 0;
});
const WIDTH = COLUMNS.length;
const encoder = new TextEncoder();
const BASE64 = encoder.encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

/** Where the fields of a run of rows lie: start and end of each, row after row. */
export interface ScannedRows {
  readonly at: Int32Array;
  readonly flags: Uint8Array;
  /** Complete rows found. */
  rows: number;
  /** Just after the last complete row. */
  next: number;
}

/** Room for `capacity` rows. */
export function scannedRows(capacity: number): ScannedRows {
  return { at: new Int32Array(capacity * WIDTH * 2), flags: new Uint8Array(capacity), rows: 0, next: 0 };
}

/** Finds complete rows from `from` on. `bytes[end]` must be a line feed of the caller's own: it ends a row that is cut off, which is then left out. */
export function scan(bytes: Uint8Array, from: number, end: number, into: ScannedRows): void {
  const { at, flags } = into;
  let p = from, w = 0, rows = 0, next = from;
  while (p < end && rows < flags.length) {
    let flag = 0, byte = 0;
    for (let column = 0; column < WIDTH; column++) {
      if (bytes[p] === QUOTE) {
        at[w++] = ++p;
        for (; p < end; p++) {
          if (bytes[p] !== QUOTE) flag |= CLASS[bytes[p] as number] as number;
          else if (bytes[p + 1] === QUOTE) flag |= ESCAPED, p++;
          else break;
        }
        at[w++] = p++;
        flag &= ESCAPED | NON_ASCII;
      } else {
        at[w++] = p;
        while ((byte = CLASS[bytes[p] as number] as number) === 0 || byte > ENDS_ROW) flag |= byte, p++;
        at[w++] = p;
      }
      p++;
    }
    if (p > end) break;
    flags[rows++] = flag;
    next = p;
  }
  into.rows = rows;
  into.next = next;
}

/** How records are to look. */
export interface Shape {
  readonly typed: boolean;
  readonly schemas: boolean;
}

/** Writes scanned rows as records. */
export class BareWriter {
  readonly #prefix: Uint8Array;
  readonly #suffix: Uint8Array;
  /** The constant text before each column, all in one padded buffer. */
  readonly #names: DataView;
  readonly #nameStarts: number[] = [];
  readonly #kinds: readonly BenchColumn["type"][];

  constructor(shape: Shape) {
    this.#kinds = COLUMNS.map((column) => shape.typed ? column.type : "STRING");
    this.#prefix = encoder.encode(shape.schemas ? `{"schema":${schemaJson(this.#kinds)},"payload":` : "");
    this.#suffix = encoder.encode(shape.schemas ? "}}" : "}");
    const names = COLUMNS.map((column, i) => encoder.encode(`${i === 0 ? "{" : ","}"${column.name}":`));
    const all = new Uint8Array(names.reduce((size, name) => size + name.length, 8));
    let at = 0;
    for (const name of names) {
      this.#nameStarts.push(at);
      all.set(name, at);
      at += name.length;
    }
    this.#nameStarts.push(at);
    this.#names = new DataView(all.buffer);
  }

  /** Writes row `row` to the arena's end. Room for six times the text must have been reserved. */
  write(arena: NativeArena, bytes: Uint8Array, view: DataView, scanned: ScannedRows, row: number): void {
    const out = arena.bytes, to = arena.view, { at } = scanned;
    const escaped = ((scanned.flags[row] as number) & ESCAPED) !== 0;
    let o = arena.used;
    out.set(this.#prefix, o);
    o += this.#prefix.length;
    for (let column = 0; column < WIDTH; column++) {
      const name = this.#nameStarts[column] as number, nameEnd = this.#nameStarts[column + 1] as number;
      o = copy(this.#names, name, nameEnd, to, o);
      const w = (row * WIDTH + column) * 2, start = at[w] as number, end = at[w + 1] as number;
      switch (this.#kinds[column]) {
        case "STRING":
          out[o++] = QUOTE;
          o = escaped ? copyEscaped(bytes, start, end, out, o) : copy(view, start, end, to, o);
          out[o++] = QUOTE;
          break;
        case "TIMESTAMP":
          o = writeNumber(epochMs(bytes, start), out, o);
          break;
        case "DECIMAL":
          o = writeDecimal(bytes, start, end, out, o);
          break;
        default: // numbers in canonical form, true and false: their text is their JSON
          o = copy(view, start, end, to, o);
      }
    }
    out.set(this.#suffix, o);
    arena.used = o + this.#suffix.length;
  }

  /** Most bytes a row of `textLength` bytes can take. */
  bound(textLength: number): number {
    return this.#prefix.length + this.#suffix.length + this.#names.byteLength + 6 * textLength + 24 * WIDTH;
  }
}

/** What Kafka Connect's JsonConverter writes before every payload of this shape. */
function schemaJson(kinds: readonly BenchColumn["type"][]): string {
  const fields = COLUMNS.map(({ name }, i) => {
    switch (kinds[i]) {
      case "TIMESTAMP":
        return `{"type":"int64","optional":true,"name":"org.apache.kafka.connect.data.Timestamp","version":1,"field":"${name}"}`;
      case "DECIMAL":
        return `{"type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"2"},"field":"${name}"}`;
      default:
        return `{"type":"${JSON_TYPES[kinds[i] ?? "STRING"]}","optional":true,"field":"${name}"}`;
    }
  });
  return `{"type":"struct","fields":[${fields.join(",")}],"optional":false,"name":"${VALUE_NAME}"}`;
}

/** Schema name of the records' values, as SpoolDir's generated schemas have it. */
export const VALUE_NAME = "com.github.jcustenborder.kafka.connect.model.Value";
const JSON_TYPES: Readonly<Record<string, string>> = {
  STRING: "string",
  INT32: "int32",
  INT64: "int64",
  FLOAT64: "double",
  BOOLEAN: "boolean",
};

/** Copies eight bytes a step and may write up to seven too many, which whoever writes next overwrites. */
function copy(from: DataView, start: number, end: number, to: DataView, o: number): number {
  for (let p = start, q = o; p < end; p += 8, q += 8) to.setBigUint64(q, from.getBigUint64(p, true), true);
  return o + end - start;
}

function copyEscaped(bytes: Uint8Array, start: number, end: number, out: Uint8Array, o: number): number {
  for (let p = start; p < end; p++) {
    const byte = bytes[p] as number;
    if (byte === QUOTE || byte === BACKSLASH) {
      out[o++] = BACKSLASH;
      if (byte === QUOTE) p++; // a quote inside is doubled
    }
    out[o++] = byte;
  }
  return o;
}

function digits(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) * 10 + (bytes[at + 1] as number) - 48 * 11;
}

/** `yyyy-MM-ddTHH:mm:ss` as UTC, by the days-from-civil formula for a March-based year. */
function epochMs(bytes: Uint8Array, at: number): number {
  const month = digits(bytes, at + 5), day = digits(bytes, at + 8);
  const year = digits(bytes, at) * 100 + digits(bytes, at + 2) - (month <= 2 ? 1 : 0);
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const days = year * 365 + Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400) + dayOfYear - 719468;
  return ((days * 24 + digits(bytes, at + 11)) * 60 + digits(bytes, at + 14)) * 60_000 + digits(bytes, at + 17) * 1000;
}

function writeNumber(value: number, out: Uint8Array, o: number): number {
  let size = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) size++;
  for (let i = size - 1, rest = value; i >= 0; i--) {
    const tenth = Math.floor(rest / 10);
    out[o + i] = 48 + rest - tenth * 10;
    rest = tenth;
  }
  return o + size;
}

/** Two digits after the point, at most 31 bits: the unscaled value's shortest two's complement, in base64. */
function writeDecimal(bytes: Uint8Array, start: number, end: number, out: Uint8Array, o: number): number {
  let value = 0;
  const negative = bytes[start] === MINUS;
  for (let p = negative ? start + 1 : start; p < end; p++) if (bytes[p] !== DOT) value = value * 10 + (bytes[p] as number) - 48;
  if (negative) value = -value;
  let size = 1;
  while (size < 4 && (value < -(2 ** (8 * size - 1)) || value >= 2 ** (8 * size - 1))) size++;
  out[o++] = QUOTE;
  for (let i = 0; i < size; i += 3) {
    const left = size - i;
    const at = (k: number) => k < size ? (value >> (8 * (size - 1 - k))) & 255 : 0;
    const group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    out[o++] = BASE64[group >> 18] as number;
    out[o++] = BASE64[(group >> 12) & 63] as number;
    out[o++] = left > 1 ? BASE64[(group >> 6) & 63] as number : 61;
    out[o++] = left > 2 ? BASE64[group & 63] as number : 61;
  }
  out[o++] = QUOTE;
  return o;
}
