/**
 * Rows of a query as the bytes the server sent, not as JavaScript values: 220 ns a row of 10 columns where mysql2's own rows take 640.
 * The query command of mysql2 is given a `row` step of ours. It copies each chunk of the socket once and notes where the cells lie.
 */
import { allocateRegion, type Region, SPARE_BYTES } from "sdk";
import { SqlError } from "../sql_error.ts";
import type { ColumnPacket, Command, Packet, Step } from "./driver.ts";
import type { Link } from "./link.ts";

/** Bytes a page holds when rows come in plenty; it starts smaller, as most queries of a polling source find little. */
const PAGE_BYTES = 4 << 20;
const FIRST_PAGE_BYTES = 256 << 10;
/** Rows of a page, and cell places (two numbers each), whichever is less. */
const PAGE_ROWS = 10_000;
const PAGE_CELLS = 512 << 10;
/** Full pages that wait before the socket is paused. One is read while the next fills. */
const WAITING_PAGES = 2;

/** Rows in the order they came. */
export interface RawPage {
  readonly region: Region;
  /** Row-major pairs of start and end in the region; -1 = NULL. */
  readonly at: Int32Array;
  readonly rows: number;
}

/** A page being filled; its memory is used again once it is given back. */
class PageBuffer implements RawPage {
  region: Region;
  at: Int32Array;
  rows = 0;

  constructor(bytes: number, entries: number) {
    this.region = allocateRegion(bytes);
    this.at = new Int32Array(entries);
  }
}

/** The rows of one query, from the server's answer to its end. */
export class RawRows {
  readonly #link: Link;
  readonly #full: PageBuffer[] = [];
  readonly #free: PageBuffer[] = [];
  #fields: readonly ColumnPacket[] = [];
  #open: PageBuffer | null = null;
  /** The chunk last copied, and what to add to a place in it to find it in the region. */
  #chunk: Uint8Array | null = null;
  #shift = 0;
  #pageBytes = FIRST_PAGE_BYTES;
  #pageRows = PAGE_ROWS;
  #isPaused = false;
  #isIgnored = false;
  #isEnded = false;
  #error: SqlError | null = null;
  #wake: (() => void) | null = null;

  private constructor(link: Link) {
    this.#link = link;
  }

  /** Sends a query; resolves when its columns are known. Throws a SqlError, also for a statement that gives no rows. */
  static async open(link: Link, sql: string): Promise<RawRows> {
    const rows = new RawRows(link);
    const { driver, connection } = link;
    const command = driver.Connection.createQuery({ sql }, undefined, undefined, connection.config);
    const fields = await (hasSteps(command) ? rows.#start(command) : rows.#startPlain(sql));
    if (fields === null) throw new SqlError("Cannot read rows: the statement gives none", { kind: "fatal" });
    rows.#fields = fields;
    return rows;
  }

  get fields(): readonly ColumnPacket[] {
    return this.#fields;
  }

  /** Whether the server has nothing more to send. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The next page, null after the last; at least `rows` rows unless bytes or the end come first. Throws a SqlError. Give it back when it is not needed any more. */
  async next(rows: number): Promise<RawPage | null> {
    this.#pageRows = Math.max(1, Math.min(rows, PAGE_ROWS, Math.floor(PAGE_CELLS / Math.max(1, this.#fields.length))));
    if (this.#open !== null && this.#open.rows >= this.#pageRows) this.#finishPage();
    while (this.#full.length === 0 && !this.#isEnded) {
      this.#resume();
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const page = this.#full.shift();
    if (page !== undefined) {
      if (this.#full.length < WAITING_PAGES) this.#resume();
      return page;
    }
    if (this.#error !== null) throw this.#error;
    return null;
  }

  /** Takes the memory of a page back. */
  giveBack(page: RawPage): void {
    if (page instanceof PageBuffer && this.#free.length < WAITING_PAGES) this.#free.push(page);
  }

  /** Lets what still comes go by; resolves when the server has sent its last. */
  async drain(): Promise<void> {
    this.#isIgnored = true;
    this.#full.length = 0;
    this.#open = null;
    while (!this.#isEnded) {
      this.#resume();
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  #start(command: Command): Promise<readonly ColumnPacket[] | null> {
    const { connection } = this.#link;
    const theirs = command.row;
    const step: Step = (packet) => {
      if (packet.isEOF()) return theirs.call(command, packet, connection);
      if (!this.#isIgnored) this.#add(packet);
      return step;
    };
    command.row = step;
    return new Promise((resolve, reject) => {
      let hasFields = false;
      command.on("fields", (fields) => {
        if (hasFields) this.#isIgnored = true; // a second result
        hasFields = true;
        this.#fields = fields ?? [];
        resolve(fields ?? null);
      });
      this.#link.run(command, (error) => {
        if (!hasFields && error !== null) reject(error);
        this.#end(error);
      });
    });
  }

  /** The same by the public API, for a mysql2 of another shape: all rows are in memory at once. */
  #startPlain(sql: string): Promise<readonly ColumnPacket[] | null> {
    return new Promise((resolve, reject) => {
      this.#link.rows(sql, (error, rows, fields) => {
        if (error !== null) return reject(error);
        this.#fields = fields ?? [];
        for (const row of rows) this.#addCells(row);
        resolve(fields ?? null);
        this.#end(null);
      });
    });
  }

  /** Notes the cells of a row (protocol: text result set row, length-encoded strings). */
  #add(packet: Packet): void {
    let page = this.#open ?? this.#openPage();
    if (packet.buffer !== this.#chunk) {
      page = this.#copyChunk(page, packet);
    }
    const count = this.#fields.length;
    let entry = 2 * count * page.rows;
    if (entry + 2 * count > page.at.length) grow(page, count);
    const at = page.at;
    const bytes = page.region.bytes;
    let p = packet.offset + this.#shift;
    for (const end = entry + 2 * count; entry < end; entry += 2) {
      let length = bytes[p++] as number;
      if (length > 250) {
        if (length === 0xfb) {
          at[entry] = -1;
          at[entry + 1] = -1;
          continue;
        }
        const size = length === 0xfc ? 2 : length === 0xfd ? 3 : 8;
        length = (bytes[p] as number) | (bytes[p + 1] as number) << 8;
        if (size > 2) length |= (bytes[p + 2] as number) << 16;
        if (size > 3) length += (bytes[p + 3] as number) * 0x100_0000; // rows of 2 GB and more do not exist
        p += size;
      }
      at[entry] = p;
      at[entry + 1] = p += length;
    }
    page.rows++;
    if (page.rows >= this.#pageRows) this.#finishPage();
  }

  /** Copies what follows of a chunk into the page, or into a new one when there is no room. */
  #copyChunk(page: PageBuffer, packet: Packet): PageBuffer {
    const chunk: Uint8Array = packet.buffer;
    const length = chunk.length - packet.start;
    let into = page;
    if (!hasRoom(page, length) && page.rows > 0) {
      this.#pageBytes = Math.min(PAGE_BYTES, this.#pageBytes * 4);
      this.#finishPage();
      into = this.#openPage();
    }
    if (!hasRoom(into, length)) into.region = allocateRegion(Math.max(length, this.#pageBytes)); // it has no rows yet
    into.region.bytes.set(packet.start === 0 ? chunk : chunk.subarray(packet.start), into.region.used);
    this.#chunk = chunk;
    this.#shift = into.region.used - packet.start;
    into.region.used += length;
    return into;
  }

  /** A row of the public API: a Buffer or null each. */
  #addCells(cells: readonly (Uint8Array | null)[]): void {
    const length = cells.reduce((sum, cell) => sum + (cell?.length ?? 0), 0);
    let page = this.#open ?? this.#openPage();
    if (!hasRoom(page, length) && page.rows > 0) {
      this.#finishPage();
      page = this.#openPage();
    }
    if (!hasRoom(page, length)) page.region = allocateRegion(Math.max(length, this.#pageBytes));
    let entry = 2 * cells.length * page.rows;
    if (entry + 2 * cells.length > page.at.length) grow(page, cells.length);
    for (const cell of cells) {
      const start = page.region.used;
      if (cell !== null) page.region.bytes.set(cell, start);
      page.region.used += cell?.length ?? 0;
      page.at[entry++] = cell === null ? -1 : start;
      page.at[entry++] = cell === null ? -1 : page.region.used;
    }
    page.rows++;
    if (page.rows >= this.#pageRows) this.#finishPage();
  }

  #openPage(): PageBuffer {
    const known = this.#free.pop();
    // Pages that were made small at the start are not kept.
    const isLarge = known !== undefined && known.region.bytes.length > this.#pageBytes;
    const page = isLarge ? known : new PageBuffer(this.#pageBytes, known?.at.length ?? 2 * this.#fields.length * 256);
    page.rows = 0;
    page.region.used = 0;
    this.#chunk = null;
    this.#open = page;
    return page;
  }

  #finishPage(): void {
    if (this.#open !== null) this.#full.push(this.#open);
    this.#open = null;
    this.#chunk = null;
    // What is left of the chunk still comes: 64 kB.
    if (this.#full.length >= WAITING_PAGES && !this.#isPaused && !this.#isEnded) {
      this.#isPaused = true;
      this.#link.pause();
    }
    this.#notify();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#link.resume();
  }

  #end(error: SqlError | null): void {
    this.#isEnded = true;
    this.#error = error;
    if (this.#open !== null && this.#open.rows > 0) this.#finishPage();
    this.#notify();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}

function hasRoom({ region }: PageBuffer, length: number): boolean {
  return region.used + length <= region.bytes.length - SPARE_BYTES;
}

/** Makes room for more rows. */
function grow(page: PageBuffer, columns: number): void {
  const larger = new Int32Array(Math.max(page.at.length * 2, 2 * columns * (page.rows + 1)));
  larger.set(page.at);
  page.at = larger;
}

/** Whether a command of this mysql2 has the steps that are put in place of. */
function hasSteps(command: Partial<Command>): command is Command {
  return typeof command.row === "function" && typeof command.start === "function" && typeof command.resultsetHeader === "function";
}
