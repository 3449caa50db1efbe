/**
 * Cells of the bench's table to JSON bytes and nothing else: the least work the job allows, written apart from the product, so that a slow product
 * cannot hide behind a slow yardstick. Knows this one table: no nulls, no byte to escape, amounts below 2^31 hundredths.
 */
import type { NativeArena } from "../../../src/kafka/memory.ts";
import { ORDER_COLUMNS, SCHEMA_PREFIX } from "./order_rows.ts";

/** Rows as they came: start and end of each cell, row after row. */
export interface Cells {
  readonly bytes: Uint8Array;
  readonly at: Int32Array;
  rows: number;
}

const AMOUNT = 4, CREATED = 7, WIDTH = ORDER_COLUMNS.length;
const TEXTS = new Set(["customer", "email", "amount"]);
/** No record of this table is longer. */
const BOUND = 2048;
const encoder = new TextEncoder();
const BASE64 = encoder.encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

/** Writes rows into the producer's arena. */
export class OrderWriter {
  readonly #open: Uint8Array;
  readonly #names: readonly Uint8Array[];
  readonly #close: Uint8Array;
  /** The last midnight met, and the text of its day. */
  #day = 0;
  #midnight = -1;

  constructor(schemas: boolean) {
    this.#open = encoder.encode(schemas ? SCHEMA_PREFIX : "");
    this.#names = ORDER_COLUMNS.map((name, i) => {
      const before = i === 0 ? "{" : TEXTS.has(ORDER_COLUMNS[i - 1] as string) ? '",' : ",";
      return encoder.encode(`${before}"${name}":${TEXTS.has(name) ? '"' : ""}`);
    });
    this.#close = encoder.encode(schemas ? "}}" : "}");
  }

  /** The key of a row. */
  id({ bytes, at }: Cells, row: number): number {
    return digits(bytes, at[row * WIDTH * 2] as number, at[row * WIDTH * 2 + 1] as number);
  }

  /** Rows `from` … `from + count - 1`, one after the other; record i lies at `slices[i]` … `slices[i + 1]`. */
  write(arena: NativeArena, cells: Cells, from: number, count: number, slices: Int32Array): void {
    arena.used = 0;
    arena.reserve(count * BOUND);
    const to = arena.bytes;
    let o = 0;
    for (let i = 0; i < count; i++) {
      slices[i] = o;
      o = this.#row(to, o, cells, from + i);
    }
    slices[count] = arena.used = o;
  }

  #row(to: Uint8Array, o: number, cells: Cells, row: number): number {
    const { bytes, at } = cells;
    to.set(this.#open, o);
    o += this.#open.length;
    for (let column = 0, w = row * WIDTH * 2; column < WIDTH; column++, w += 2) {
      const name = this.#names[column] as Uint8Array;
      for (let i = 0; i < name.length; i++) to[o++] = name[i] as number;
      const start = at[w] as number, end = at[w + 1] as number;
      if (column === AMOUNT) o = base64(to, o, digits(bytes, start, end));
      else if (column === CREATED) o = number(to, o, this.#millis(bytes, start, end));
      else for (let p = start; p < end; p++) to[o++] = bytes[p] as number;
    }
    to.set(this.#close, o);
    return o + this.#close.length;
  }

  /** `2024-01-01 00:00:01` with or without a fraction, UTC. */
  #millis(bytes: Uint8Array, start: number, end: number): number {
    const day = digits(bytes, start, start + 10);
    if (day !== this.#day) {
      this.#day = day;
      this.#midnight = Date.UTC(Math.floor(day / 10000), Math.floor(day / 100) % 100 - 1, day % 100);
    }
    const clock = digits(bytes, start + 11, start + 19);
    const seconds = Math.floor(clock / 10000) * 3600 + Math.floor(clock / 100) % 100 * 60 + clock % 100;
    return this.#midnight + seconds * 1000 + (end > start + 20 ? digits(bytes, start + 20, start + 23) : 0);
  }
}

/** The digits of a stretch as a number; what is no digit is passed over. */
function digits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let p = start; p < end; p++) {
    const digit = (bytes[p] as number) - 48;
    if (digit >= 0) value = value * 10 + digit;
  }
  return value;
}

function number(to: Uint8Array, o: number, value: number): number {
  let size = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) size++;
  for (let p = o + size - 1, rest = value; p >= o; p--) {
    const tenth = Math.floor(rest / 10);
    to[p] = 48 + rest - tenth * 10;
    rest = tenth;
  }
  return o + size;
}

/** Shortest big-endian two's complement of a number from 0 to 2^31 - 1. */
function base64(to: Uint8Array, o: number, value: number): number {
  const size = value < 0x80 ? 1 : value < 0x8000 ? 2 : value < 0x800000 ? 3 : 4;
  for (let i = 0; i < size; i += 3) {
    const left = size - i;
    const shift = 8 * (left - 1);
    const a = (value >>> shift) & 255, b = left > 1 ? (value >>> (shift - 8)) & 255 : 0, c = left > 2 ? (value >>> (shift - 16)) & 255 : 0;
    to[o++] = BASE64[a >> 2] as number;
    to[o++] = BASE64[((a & 3) << 4) | (b >> 4)] as number;
    to[o++] = left > 1 ? BASE64[((b & 15) << 2) | (c >> 6)] as number : 61;
    to[o++] = left > 2 ? BASE64[c & 63] as number : 61;
  }
  return o;
}
