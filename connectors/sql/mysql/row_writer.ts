/** Rows to few, large statements: several rows each, or where MySQL has no such form several statements a round trip. */
import { type Column, utf8Bytes } from "sdk";
import type { RowWriter, WriteColumn, WriteTarget } from "../dialect.ts";
import { SqlError } from "../sql_error.ts";
import { quoted, quotedName } from "../table_id.ts";
import { CellWriter } from "./cell_writer.ts";
import { type Sender, sendStatements, type StatementBytes, statementHeader } from "./raw_statement.ts";
import { SqlBytes } from "./sql_bytes.ts";
import type { SqlSyntax } from "./sql_text.ts";

/** What the server takes. */
export interface ServerLimits {
  /** `max_allowed_packet`, bytes. */
  readonly maxPacketBytes: number;
  /** MySQL from 8.0.19 on names the new row, where `values(a)` is deprecated. */
  readonly namesNewRow: boolean;
}

/** Rows of a statement: beyond this nothing is gained (upserts of 500 and 3,000 rows: 87,000 and 111,000 rows/s). */
const MOST_ROWS = 3_000;
/** Keys of a DELETE: MariaDB makes a temporary table of lists of 1,000, and the range optimizer has its memory limit. */
const MOST_KEYS = 500;
/** Statements of one round trip. */
const MOST_STATEMENTS = 1_000;
/** Bytes of a round trip, unless one row has more: the next is built while the server reads this one. */
const MOST_BYTES = 4 << 20;
/** What a packet must be shorter than `max_allowed_packet` by. */
const PACKET_MARGIN = 16;
const START_BYTES = 256 << 10;

/** Texts around the rows of a statement. */
interface Frame {
  /** Before the first row, and before each row. */
  readonly head: Uint8Array;
  readonly rowHead: Uint8Array;
  /** Between cells; the last entry closes the row. */
  readonly cellTails: readonly Uint8Array[];
  readonly rowSeparator: Uint8Array;
  readonly tail: Uint8Array;
  readonly mostRows: number;
  /** Cells in the order they are written: places in the target's columns. */
  readonly order: readonly number[];
}

/** The writer of a target. Throws a SqlError when the target cannot be written to in its mode. */
export class MySqlRowWriter implements RowWriter {
  readonly #link: Sender;
  readonly #limits: ServerLimits;
  readonly #frame: Frame;
  readonly #cells: readonly CellWriter[];
  readonly #isOneRowEach: boolean;
  readonly #header: number;
  /** One is filled while the other is on its way. */
  readonly #buffers = [new SqlBytes(START_BYTES), new SqlBytes(START_BYTES)] as const;

  constructor(link: Sender, target: WriteTarget, syntax: SqlSyntax, limits: ServerLimits) {
    this.#link = link;
    this.#limits = limits;
    this.#frame = frameOf(target, syntax, limits);
    this.#cells = target.columns.map((column) => new CellWriter(column, target.dateZone, syntax));
    this.#isOneRowEach = target.mode === "update";
    this.#header = statementHeader(link);
  }

  async write(columns: readonly Column[], rows: Int32Array, from: number, to: number): Promise<void> {
    let underWay: Promise<void> | null = null;
    let row = from;
    try {
      for (let turn = 0; row < to; turn ^= 1) {
        const buffer = this.#buffers[turn] as SqlBytes;
        buffer.used = 0;
        const statements: StatementBytes[] = [];
        row = this.#build(buffer, statements, columns, rows, row, to);
        await underWay;
        underWay = sendStatements(this.#link, buffer.bytes, statements);
        underWay.catch(() => {}); // thrown where it is awaited
        // Let the bytes go before the next are made.
        if (row < to) await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      await underWay; // what failed first is what counts
      throw error;
    }
    await underWay;
  }

  /** Fills a buffer with what one round trip takes; returns the first row that is not in it. */
  #build(out: SqlBytes, statements: StatementBytes[], columns: readonly Column[], rows: Int32Array, from: number, to: number): number {
    let row = from;
    while (row < to && statements.length < MOST_STATEMENTS) {
      const start = out.used;
      const next = this.#addStatement(out, columns, rows, row, this.#isOneRowEach ? row + 1 : to);
      if (out.used > MOST_BYTES && statements.length > 0) break; // built again, as the first of the next
      statements.push({ start, end: out.used });
      row = next;
      if (!this.#isOneRowEach) break;
    }
    return row;
  }

  #addStatement(out: SqlBytes, columns: readonly Column[], rows: Int32Array, from: number, to: number): number {
    const { head, rowSeparator, tail, mostRows } = this.#frame;
    const start = out.used;
    const mostBytes = this.#limits.maxPacketBytes - PACKET_MARGIN - tail.length;
    const wanted = Math.min(mostBytes, MOST_BYTES);
    const last = Math.min(to, from + mostRows);
    out.reserve(this.#header);
    out.used += this.#header;
    out.add(head);
    let row = from;
    for (; row < last; row++) {
      const before = out.used;
      if (row > from) out.add(rowSeparator);
      this.#addRow(out, columns, rows[row] as number);
      if (out.used - start <= wanted) continue;
      if (row === from) {
        if (out.used - start > mostBytes) throw tooLarge(out.used - start, this.#limits.maxPacketBytes);
        row++;
      } else {
        out.used = before;
      }
      break;
    }
    out.add(tail);
    return row;
  }

  #addRow(out: SqlBytes, columns: readonly Column[], row: number): void {
    const { rowHead, cellTails, order } = this.#frame;
    addShort(out, rowHead);
    for (let i = 0; i < order.length; i++) {
      const at = order[i] as number;
      (this.#cells[at] as CellWriter).write(out, columns[at] as Column, row);
      addShort(out, cellTails[i] as Uint8Array);
    }
  }
}

/** Appends a few bytes: below some dozens a loop beats `set`. */
function addShort(out: SqlBytes, text: Uint8Array): void {
  const length = text.length;
  out.reserve(length);
  const { bytes } = out;
  let o = out.used;
  for (let i = 0; i < length; i++) bytes[o++] = text[i] as number;
  out.used = o;
}

/** A row that no statement can carry, in Connector/J's words. */
function tooLarge(bytes: number, limit: number): SqlError {
  const [size, most] = [bytes.toLocaleString("en-US"), limit.toLocaleString("en-US")];
  return new SqlError(
    `Packet for query is too large (${size} > ${most}). You can change this value on the server by setting the 'max_allowed_packet' variable.`,
    { kind: "data", sqlState: "08S01", code: 1153 },
  );
}

function frameOf(target: WriteTarget, syntax: SqlSyntax, limits: ServerLimits): Frame {
  switch (target.mode) {
    case "insert":
    case "upsert":
      return insertFrame(target, syntax, target.mode === "upsert" ? upsertTail(target, syntax, limits) : "");
    case "update":
      return updateFrame(target, syntax);
    case "delete":
      return deleteFrame(target, syntax);
  }
}

function insertFrame({ table, columns }: WriteTarget, { quote }: SqlSyntax, tail: string): Frame {
  const names = columns.map(({ name }) => quoted(name, quote)).join(",");
  return frame({
    head: `INSERT INTO ${quotedName(table, quote)}(${names}) VALUES`,
    rowHead: "(",
    cellTails: columns.map((_, i) => i === columns.length - 1 ? ")" : ","),
    rowSeparator: ",",
    tail,
    mostRows: MOST_ROWS,
    order: columns.map((_, i) => i),
  });
}

/** What an upsert does to a row that is there: sets the other columns, or where there are none the keys to themselves. */
function upsertTail({ table, columns }: WriteTarget, { quote }: SqlSyntax, { namesNewRow }: ServerLimits): string {
  const others = columns.filter(({ isKey }) => !isKey);
  const set = others.length > 0 ? others : columns;
  const alias = table.name.toLowerCase() === "new" ? "new_row" : "new";
  const assignments = set.map(({ name }) => {
    const column = quoted(name, quote);
    return namesNewRow ? `${column}=${alias}.${column}` : `${column}=values(${column})`;
  });
  return `${namesNewRow ? ` AS ${alias}` : ""} ON DUPLICATE KEY UPDATE ${assignments.join(",")}`;
}

function updateFrame({ table, columns }: WriteTarget, { quote }: SqlSyntax): Frame {
  const [keys, others] = split(columns);
  const shown = quotedName(table, quote);
  if (keys.length === 0 || others.length === 0) {
    throw new SqlError(
      `Cannot update table ${shown}: there must be key columns to find rows by and others to change; check pk.mode, pk.fields and fields.whitelist`,
      { kind: "fatal" },
    );
  }
  const order = [...others, ...keys];
  const name = (at: number | undefined) => at === undefined ? "" : quoted((columns[at] as WriteColumn).name, quote);
  return frame({
    head: `UPDATE ${shown} SET ${name(order[0])}=`,
    rowHead: "",
    cellTails: order.map((_, i) => {
      if (i === order.length - 1) return "";
      return `${i + 1 < others.length ? "," : i + 1 === others.length ? " WHERE " : " AND "}${name(order[i + 1])}=`;
    }),
    rowSeparator: "",
    tail: "",
    mostRows: 1,
    order,
  });
}

function deleteFrame({ table, columns }: WriteTarget, { quote }: SqlSyntax): Frame {
  const [keys] = split(columns);
  const shown = quotedName(table, quote);
  const names = keys.map((at) => quoted((columns[at] as WriteColumn).name, quote));
  if (keys.length === 0) throw new SqlError("Require primary keys to support delete", { kind: "fatal" });
  if (keys.length === 1) {
    return frame({
      head: `DELETE FROM ${shown} WHERE ${names[0]} IN (`,
      rowHead: "",
      cellTails: [""],
      rowSeparator: ",",
      tail: ")",
      mostRows: MOST_KEYS,
      order: keys,
    });
  }
  // Not a list of rows: MariaDB would read the whole table for one.
  return frame({
    head: `DELETE FROM ${shown} WHERE `,
    rowHead: `(${names[0]}=`,
    cellTails: keys.map((_, i) => i === keys.length - 1 ? ")" : ` AND ${names[i + 1]}=`),
    rowSeparator: " OR ",
    tail: "",
    mostRows: MOST_KEYS,
    order: keys,
  });
}

/** Places of the key columns and of the others. */
function split(columns: readonly WriteColumn[]): [keys: number[], others: number[]] {
  const places = columns.map((_, i) => i);
  return [places.filter((i) => columns[i]?.isKey), places.filter((i) => !columns[i]?.isKey)];
}

function frame(texts: {
  readonly head: string;
  readonly rowHead: string;
  readonly cellTails: readonly string[];
  readonly rowSeparator: string;
  readonly tail: string;
  readonly mostRows: number;
  readonly order: readonly number[];
}): Frame {
  return {
    head: utf8Bytes(texts.head),
    rowHead: utf8Bytes(texts.rowHead),
    cellTails: texts.cellTails.map(utf8Bytes),
    rowSeparator: utf8Bytes(texts.rowSeparator),
    tail: utf8Bytes(texts.tail),
    mostRows: texts.mostRows,
    order: texts.order,
  };
}
