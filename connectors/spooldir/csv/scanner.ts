import { ESCAPED, type Region } from "sdk";
import { CARRIAGE_RETURN, type Dialect, LINE_FEED, SEPARATOR, STOP, UNUSUAL } from "./dialect.ts";

/** Where reading stands in the file: moved by `scanRows`, by the exact parser and by the buffer that refills the region. */
export interface Cursor {
  region: Region;
  /** Start of the next row. Bytes up to `region.used` may be read, and one behind it is overwritten. */
  position: number;
  /** Nothing follows `region.used`. */
  final: boolean;
  /** Physical lines consumed, from the start of the file. */
  line: number;
}

/** Rows found since the last `read`. */
export interface RowTable {
  /** Cells kept of each row, at least 1; more are skipped. */
  readonly columns: number;
  readonly maxRows: number;
  rows: number;
  /** Row-major pairs of start and end, `2 * columns` entries per row; start -1 = null. */
  readonly at: Int32Array;
  /** ESCAPED and NON_ASCII, per row. */
  readonly flags: Uint8Array;
  /** Physical lines consumed once the row is complete, per row. */
  readonly lines: Int32Array;
  /** Where the next row begins, per row. */
  readonly ends: Int32Array;
  /** Whether an empty line is a row: a file of one column says its empty text so. */
  readonly keepsEmptyLines: boolean;
  /** Rows with fewer cells than `columns`, and how many they have. */
  readonly short: Map<number, number>;
}

/** An empty table. */
export function createRowTable(columns: number, maxRows: number, keepsEmptyLines: boolean): RowTable {
  return {
    columns,
    maxRows,
    keepsEmptyLines,
    rows: 0,
    at: new Int32Array(2 * columns * maxRows),
    flags: new Uint8Array(maxRows),
    lines: new Int32Array(maxRows),
    ends: new Int32Array(maxRows),
    short: new Map(),
  };
}

/** Why `scanRows` stopped: the table is full, the next row is not complete, is one for the exact parser, or is too long. */
export type ScanStop = "full" | "incomplete" | "unusual" | "oversized";

/**
 * Finds rows and cells in the bytes of the region. Takes rows whose cells are bare text or `"…"` from separator to
 * separator; `position` stays at the start of any other row. Blank lines are counted in `line` and otherwise skipped. No row costs an object or a string.
 */
export function scanRows(cursor: Cursor, table: RowTable, dialect: Dialect, maxRowBytes: number): ScanStop {
  if (dialect.exactOnly) return table.rows >= table.maxRows ? "full" : "unusual";
  const { region, final } = cursor;
  const { columns, at, maxRows, keepsEmptyLines } = table;
  const { outside, quote, nullUnquoted, nullQuoted, keepCarriageReturn } = dialect;
  const bytes = region.bytes;
  const end = region.used;
  const stride = 2 * columns;
  let p = cursor.position;
  let start = p; // the row
  let rows = table.rows;
  let line = cursor.line;
  let stop: ScanStop = "full";
  bytes[end] = 0x0a; // sentinel: the inner loops need no test for the end

  scan: while (rows < maxRows) {
    start = p;
    const base = rows * stride;
    const rowEnd = base + stride;
    let entry = base;
    let flags = 0;
    let breaks = 0; // line feeds inside quotes
    let from = p; // the cell
    let to = p;
    let nothing = false; // the cell is null
    let c = 0;
    if (p >= end) {
      stop = "incomplete";
      break;
    }
    do {
      from = p;
      while ((c = outside[bytes[p] as number] as number) < STOP) {
        flags |= c;
        p++;
      }
      if (c !== UNUSUAL) {
        to = p;
        nothing = nullUnquoted && from === to;
      } else {
        if (bytes[p] !== quote || p !== from) {
          stop = "unusual";
          break scan;
        }
        from = ++p;
        p = closingQuote(bytes, p, end, dialect);
        if (p < 0) {
          stop = p === UNCLOSED && !final ? "incomplete" : "unusual";
          break scan;
        }
        flags |= quoted.flags;
        breaks += quoted.breaks;
        to = p++;
        nothing = nullQuoted && from === to;
        c = outside[bytes[p] as number] as number;
        if (c < STOP || c === UNUSUAL) {
          stop = "unusual";
          break scan;
        }
      }
      if (entry < rowEnd) {
        at[entry] = nothing ? -1 : from;
        at[entry + 1] = to;
        entry += 2;
      }
      if (c === SEPARATOR) p++;
    } while (c === SEPARATOR);
    // p is at the line end, or at the sentinel. A CR in the last place may still be followed by its LF.
    if (p >= end || (c === CARRIAGE_RETURN && p + 1 >= end)) {
      if (!final) {
        stop = "incomplete";
        break;
      }
    }
    const contentEnd = p;
    if (contentEnd - start > maxRowBytes) {
      stop = "oversized";
      break;
    }
    if (p < end) p += c === CARRIAGE_RETURN && p + 1 < end && bytes[p + 1] === 0x0a ? 2 : 1;
    line += 1 + breaks;
    const isBlank = contentEnd === start || (keepCarriageReturn && contentEnd === start + 1 && bytes[start] === 0x0d);
    if ((isBlank && !keepsEmptyLines) || (nothing && isOnlyCell(bytes, start, from, quote))) continue;
    if (entry < rowEnd) {
      table.short.set(rows, (entry - base) / 2);
      at.fill(-1, entry, rowEnd);
    }
    table.flags[rows] = flags;
    table.lines[rows] = line;
    table.ends[rows] = p;
    rows++;
  }
  // Whatever was scanned of a row not taken is scanned again: by the exact parser, or when more bytes have come.
  cursor.position = stop === "full" ? p : start;
  cursor.line = line;
  table.rows = rows;
  return stop;
}

/** No closing quote before the end of the bytes. */
const UNCLOSED = -1;
/** Something in the quotes is for the exact parser. */
const PUZZLING = -2;
/** What `closingQuote` saw on its way: a second and third result that cost no object. */
const quoted = { flags: 0, breaks: 0 };

/** Index of the quote that closes a cell, from its first byte inside on, or UNCLOSED or PUZZLING. */
function closingQuote(bytes: Uint8Array, from: number, end: number, dialect: Dialect): number {
  const { inside, quote, form } = dialect;
  let flags = 0;
  let breaks = 0;
  let p = from;
  while (true) {
    let c = 0;
    while ((c = inside[bytes[p] as number] as number) < STOP) {
      flags |= c;
      p++;
    }
    if (c === LINE_FEED) {
      if (p >= end) return UNCLOSED;
      flags |= ESCAPED;
      breaks++;
      p++;
      continue;
    }
    if (bytes[p] !== quote) return PUZZLING;
    if (p + 1 >= end || bytes[p + 1] !== quote) break;
    if (form !== "csv") return PUZZLING;
    flags |= ESCAPED;
    p += 2;
  }
  quoted.flags = flags;
  quoted.breaks = breaks;
  return p;
}

/** Whether the row's last cell, which begins at `from`, is also its first. */
function isOnlyCell(bytes: Uint8Array, start: number, from: number, quote: number): boolean {
  return from === start || (from === start + 1 && bytes[start] === quote);
}
