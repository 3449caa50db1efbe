import { allocateRegion, ESCAPED, NON_ASCII, type Region } from "sdk";

const LINE_FEED = 0x0a;
const TAB = 0x09;
const BACKSLASH = 0x5c;
const CAPITAL_N = 0x4e;
/** Classes of bytes besides the row flags. */
const ENDS_FIELD = 16;
const BEGINS_ESCAPE = 32;

const CLASSES = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) CLASSES[byte] = byte >= 0x80 ? NON_ASCII : byte < 0x20 || byte === 0x22 ? ESCAPED : 0;
CLASSES[TAB] = ENDS_FIELD;
CLASSES[BACKSLASH] = BEGINS_ESCAPE;

/** What a letter behind a backslash stands for; 0 = itself (PostgreSQL 15, COPY, "Text Format"). */
const ESCAPES = new Uint8Array(256);
for (const [letter, byte] of [["b", 8], ["f", 12], ["n", 10], ["r", 13], ["t", 9], ["v", 11]] as const) {
  ESCAPES[letter.charCodeAt(0)] = byte;
}

/** Text bytes of a block: what a page may hold. A longer row gets a block of its own. */
export const BLOCK_BYTES = 4 * 1024 * 1024;
/** Cells of a block, so that its index stays at 1 MB. */
const BLOCK_CELLS = 131_072;
const MAX_BLOCK_ROWS = 16_384;

/** Rows of a result as they came: their texts in a region, and where each cell lies. */
export class CopyBlock {
  readonly region: Region;
  readonly columns: number;
  /** Row-major pairs of start and end. */
  readonly at: Int32Array;
  readonly flags: Uint8Array;
  rows = 0;
  /** Rows that were handed out, and pages of them that are still in use. */
  taken = 0;
  pages = 0;
  readonly #maxRows: number;

  constructor(columns: number, capacity = BLOCK_BYTES) {
    this.columns = columns;
    this.region = allocateRegion(capacity);
    this.#maxRows = Math.max(1, Math.min(MAX_BLOCK_ROWS, Math.floor(BLOCK_CELLS / Math.max(1, columns))));
    this.at = new Int32Array(2 * columns * this.#maxRows);
    this.flags = new Uint8Array(this.#maxRows);
  }

  /** Whether a row of so many bytes fits. */
  hasRoom(length: number): boolean {
    return this.rows < this.#maxRows && this.region.used + length <= this.region.bytes.length - 8;
  }

  /** Forgets all rows. */
  clear(): void {
    this.rows =
      this.taken =
      this.pages =
      this.region.used =
        0;
  }

  /**
   * Adds a row as COPY writes it: fields with tabs between and a line feed at the end, `\N` for null, backslash escapes. The text of
   * the cells goes to the region without them, lying side by side. Throws a RangeError for another number of fields than expected.
   */
  add(from: Uint8Array, start: number, end: number): void {
    const { region, at, columns } = this;
    const to = region.bytes;
    const stop = from[end - 1] === LINE_FEED ? end - 1 : end;
    const last = 2 * columns * (this.rows + 1);
    let entry = last - 2 * columns;
    let flags = 0;
    let o = region.used;
    at[entry] = o;
    for (let i = start; i < stop; i++) {
      const byte = from[i] as number;
      const kind = CLASSES[byte] as number;
      if (kind === 0) {
        to[o++] = byte;
      } else if (kind === ENDS_FIELD) {
        at[entry + 1] = o;
        entry += 2;
        if (entry >= last) break;
        at[entry] = o;
      } else if (kind === BEGINS_ESCAPE) {
        const letter = from[++i] as number;
        if (letter === CAPITAL_N && o === at[entry]) {
          at[entry] = -1;
        } else {
          to[o++] = (ESCAPES[letter] as number) || letter;
          flags |= ESCAPED; // a backslash or a control character, whatever it was
        }
      } else {
        to[o++] = byte;
        flags |= kind;
      }
    }
    if (entry + 2 !== last && (columns > 0 || stop > start)) {
      throw new RangeError(`A row of another number of fields came from the server: expected ${columns}`);
    }
    at[last - 1] = o;
    this.flags[this.rows++] = flags;
    region.used = o;
  }
}
