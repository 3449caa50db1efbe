/** The extended protocol's messages for one statement with arrays as parameters, built in one piece (PostgreSQL 15, 55.7). */
import { type Arena, type Column, makeRoom, utf8Bytes } from "sdk";
import type { WriteSlot } from "./slots.ts";
import { type CellWriter, cellWriter } from "./cell_writers.ts";
import type { WriteRules } from "./value_text.ts";

const OPEN = 0x7b;
const COMMA = 0x2c;
const CLOSE = 0x7d;
/** Execute of the unnamed portal, all rows, and Sync. */
const EXECUTE_SYNC = Uint8Array.of(0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0x53, 0, 0, 0, 4);

/** The Parse message of a statement, unnamed, with types for the server to find. */
export function parseMessage(sql: string): Uint8Array {
  const text = utf8Bytes(sql);
  const bytes = new Uint8Array(1 + 4 + 1 + text.length + 1 + 2);
  bytes[0] = 0x50;
  new DataView(bytes.buffer).setInt32(1, bytes.length - 1);
  bytes.set(text, 6);
  return bytes;
}

/**
 * Writes Parse, Bind, Execute and Sync to the arena, which must be empty: parameter i holds the values of column i in `rows[from]` up to
 * `rows[to]` as an array. Throws a DataError for a value PostgreSQL cannot hold.
 */
export function writeStatement(
  out: Arena,
  parse: Uint8Array,
  slots: readonly WriteSlot[],
  columns: readonly Column[],
  rows: Int32Array,
  from: number,
  to: number,
  rules: WriteRules,
): void {
  append(out, parse);
  const bind = out.used;
  makeRoom(out, out.used, 16);
  out.bytes[bind] = 0x42;
  // Behind the length: no portal name, no statement name, no format codes (all is text).
  for (let i = bind + 5; i < bind + 9; i++) out.bytes[i] = 0;
  out.view.setInt16(bind + 9, slots.length);
  out.used = bind + 11;
  slots.forEach((slot, i) => {
    const column = columns[i];
    if (column === undefined) throw new RangeError(`No column came for "${slot.name}"`);
    writeArray(out, cellWriter(column, slot, "array", out, rules), rows, from, to);
  });
  makeRoom(out, out.used, 2);
  out.view.setInt16(out.used, 0); // results as text
  out.used += 2;
  out.view.setInt32(bind + 1, out.used - bind - 1);
  append(out, EXECUTE_SYNC);
}

/** A parameter: its length, then `{1,2,NULL}`. */
function writeArray(out: Arena, write: CellWriter, rows: Int32Array, from: number, to: number): void {
  const lengthAt = out.used;
  makeRoom(out, out.used, 8);
  out.used += 4;
  for (let i = from; i < to; i++) {
    makeRoom(out, out.used, 1);
    out.bytes[out.used++] = i === from ? OPEN : COMMA;
    write(rows[i] as number);
  }
  makeRoom(out, out.used, 1);
  out.bytes[out.used++] = CLOSE;
  out.view.setInt32(lengthAt, out.used - lengthAt - 4);
}

function append(out: Arena, bytes: Uint8Array): void {
  makeRoom(out, out.used, bytes.length);
  out.bytes.set(bytes, out.used);
  out.used += bytes.length;
}
