import { type Arena, type Column, DataError, heapArena, makeRoom } from "sdk";
import type { RowWriter, WriteTarget } from "../dialect.ts";
import { SqlError } from "../sql_error.ts";
import { quoted, quotedName } from "../table_id.ts";
import { parseMessage, writeStatement } from "./bind_message.ts";
import { cellWriter } from "./cell_writers.ts";
import { COPY_HEADER_BYTES, CopyIn } from "./copy_in.ts";
import { BytesExchange } from "./exchange.ts";
import type { Link } from "./link.ts";
import { findSlots, type TableSlots } from "./slots.ts";
import type { WriteRules } from "./value_text.ts";
import { writeSql } from "./write_sql.ts";

/** Bytes of COPY text that are sent at once. */
const CHUNK_BYTES = 256 * 1024;
/**
 * Rows and bytes of a statement. Measured with 8 columns against PostgreSQL 15: 3,000 rows a statement reach what 10,000 do within the
 * noise, and a COPY into a temporary table with INSERT … SELECT behind it is no faster than arrays, but needs a right and a table.
 */
const MAX_ROWS = 10_000;
const MAX_BYTES = 4 * 1024 * 1024;
/** Rows of the first statement, when nobody knows how long they are. */
const FIRST_ROWS = 500;
const TAB = 0x09;
const LINE_FEED = 0x0a;

/** Memory for what is sent, of a session: one half is filled while the other is on its way. */
export class WriteBuffers {
  #halves: readonly [Arena, Arena] = freshHalves();

  get halves(): readonly [Arena, Arena] {
    return this.#halves;
  }

  /** To be called after each write: memory that rows of many megabytes took is not kept. */
  trim(): void {
    if (this.#halves.some((half) => half.bytes.length > 4 * MAX_BYTES)) this.renew();
  }

  /** To be called after a failure: what was being sent may still be on its way, so its memory is not used again. */
  renew(): void {
    this.#halves = freshHalves();
  }
}

function freshHalves(): readonly [Arena, Arena] {
  return [heapArena(CHUNK_BYTES), heapArena(CHUNK_BYTES)];
}

/** Writes rows by COPY where they are inserted, else by statements over arrays. */
export class PostgresRowWriter implements RowWriter {
  readonly #link: Link;
  readonly #target: WriteTarget;
  readonly #quote: string;
  readonly #rules: WriteRules;
  #table: TableSlots | null = null;
  #parse: Uint8Array | null = null;
  readonly #buffers: WriteBuffers;
  #rowBytes = MAX_BYTES / FIRST_ROWS;

  constructor(link: Link, buffers: WriteBuffers, target: WriteTarget, quote: string, rules: WriteRules) {
    this.#link = link;
    this.#buffers = buffers;
    this.#target = target;
    this.#quote = quote;
    this.#rules = rules;
  }

  async write(columns: readonly Column[], rows: Int32Array, from: number, to: number): Promise<void> {
    if (from >= to) return;
    const { mode, columns: targets } = this.#target;
    if (mode === "update" && targets.every((column) => column.isKey)) return;
    if ((mode === "update" || mode === "delete" || mode === "upsert") && !targets.some((column) => column.isKey)) {
      throw new SqlError(`Cannot write to ${quotedName(this.#target.table, '"')} in ${mode} mode: no key columns are known`, {
        kind: "fatal",
      });
    }
    const table = this.#table ??= await findSlots(this.#link, this.#target, this.#quote);
    try {
      if (mode === "insert" && table.takesCopy) await this.#copy(table, columns, rows, from, to);
      else await this.#execute(table, columns, rows, from, to);
      this.#buffers.trim();
    } catch (error) {
      this.#buffers.renew();
      this.#table = null;
      this.#parse = null;
      // 22021: not in the character set, which is what the server would say of a NUL.
      throw error instanceof DataError ? new SqlError(error.message, { kind: "data", sqlState: "22021", cause: error }) : error;
    }
  }

  async #copy({ slots }: TableSlots, columns: readonly Column[], rows: Int32Array, from: number, to: number): Promise<void> {
    const names = slots.map((slot) => quoted(slot.name, this.#quote)).join(",");
    const copy = this.#link.start(new CopyIn(`COPY ${quotedName(this.#target.table, this.#quote)} (${names}) FROM STDIN`));
    const writers = this.#buffers.halves.map((arena) =>
      slots.map((slot, i) => cellWriter(columnAt(columns, i), slot, "copy", arena, this.#rules))
    );
    let turn = 0;
    let previous: Promise<void> = Promise.resolve();
    try {
      for (let i = from; i < to; turn = 1 - turn) {
        const arena = this.#buffers.halves[turn as 0 | 1];
        arena.used = COPY_HEADER_BYTES;
        const cells = writers[turn] ?? [];
        while (i < to && arena.used < CHUNK_BYTES) {
          const row = rows[i++] as number;
          for (let c = 0; c < cells.length; c++) {
            if (c > 0) arena.bytes[arena.used++] = TAB;
            cells[c]?.(row);
            makeRoom(arena, arena.used, 2);
          }
          arena.bytes[arena.used++] = LINE_FEED;
        }
        const { sent } = await copy.send(arena.bytes, arena.used - COPY_HEADER_BYTES);
        // The other half is written next, once it is free.
        await previous;
        previous = sent;
      }
    } catch (error) {
      await copy.abandon("A row could not be written as text");
      throw error;
    }
    await copy.finish();
  }

  async #execute({ slots }: TableSlots, columns: readonly Column[], rows: Int32Array, from: number, to: number): Promise<void> {
    const parse = this.#parse ??= parseMessage(writeSql(this.#target.mode, this.#target.table, slots, this.#quote));
    let previous: Promise<unknown> = Promise.resolve();
    let turn = 0;
    for (let i = from; i < to; turn = 1 - turn) {
      const count = Math.max(1, Math.min(MAX_ROWS, Math.floor(MAX_BYTES / this.#rowBytes), to - i));
      const arena = this.#buffers.halves[turn as 0 | 1];
      arena.used = 0;
      try {
        writeStatement(arena, parse, slots, columns, rows, i, i + count, this.#rules);
      } catch (error) {
        await previous;
        throw error;
      }
      this.#rowBytes = Math.max(1, arena.used / count);
      await previous;
      const statement = this.#link.start(new BytesExchange(arena.bytes.subarray(0, arena.used)));
      previous = statement.done;
      i += count;
    }
    await previous;
  }
}

function columnAt(columns: readonly Column[], i: number): Column {
  const column = columns[i];
  if (column === undefined) throw new RangeError(`No values came for column ${i + 1} of the target`);
  return column;
}
