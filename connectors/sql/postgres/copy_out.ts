import type { PgConnection } from "./driver.ts";
import { BLOCK_BYTES, CopyBlock } from "./copy_block.ts";
import { Exchange } from "./exchange.ts";
import type { Link } from "./link.ts";
import { SqlError } from "../sql_error.ts";

/** Blocks that may be full and unread before the socket is paused. */
const MAX_WAITING = 2;
/** Blocks kept for the next result. */
const MAX_SPARE = 3;

/** Blocks that are used again: their memory is the largest part of a session. */
export class BlockPool {
  readonly #spare: CopyBlock[] = [];

  get(columns: number, bytes: number): CopyBlock {
    const fit = this.#spare.findIndex((block) => block.columns === columns && block.region.bytes.length - 8 >= bytes);
    const [found] = fit < 0 ? [] : this.#spare.splice(fit, 1);
    found?.clear();
    return found ?? new CopyBlock(columns, Math.max(bytes, BLOCK_BYTES));
  }

  put(block: CopyBlock): void {
    // A block made for one giant row is not kept.
    if (block.region.bytes.length > 2 * BLOCK_BYTES) return;
    this.#spare.push(block);
    if (this.#spare.length > MAX_SPARE) this.#spare.shift();
  }
}

/** A COPY TO STDOUT under way: collects rows in blocks, and stops the socket when nobody reads them. */
export class CopyOut extends Exchange {
  readonly #text: string;
  readonly #link: Link;
  readonly #pool: BlockPool;
  readonly #columns: number;
  /** In order; all but the last are full. */
  readonly #blocks: CopyBlock[] = [];
  #isOver = false;
  #error: Error | null = null;
  /** What a reader waits for. */
  #wantedRows = Infinity;
  #wake: () => void = () => {};

  constructor(text: string, columns: number, link: Link, pool: BlockPool) {
    super();
    this.#text = text;
    this.#columns = columns;
    this.#link = link;
    this.#pool = pool;
  }

  override submit(connection: PgConnection): Error | null {
    this.#link.tap.taker = (bytes, start, end) => this.#take(bytes, start, end);
    connection.query(this.#text);
    return null;
  }

  override handleReadyForQuery(): void {
    this.#end();
    super.handleReadyForQuery();
  }

  override handleError(error: Error): void {
    this.#error ??= error;
    this.#end();
    super.handleError(error);
  }

  /** Whether the last row has come, or none will any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * The block whose rows are next and how many of them to take, at most `maxRows`: waits for that many, a full block or the end. Null
   * after the last. Throws a SqlError once all rows that came before it are taken.
   */
  async next(maxRows: number): Promise<{ readonly block: CopyBlock; readonly rows: number } | null> {
    for (;;) {
      const [block] = this.#blocks;
      if (block !== undefined) {
        const unread = block.rows - block.taken;
        if (unread > 0 && (unread >= maxRows || this.#blocks.length > 1 || this.#isOver)) {
          return { block, rows: Math.min(unread, maxRows) };
        }
        if (unread === 0 && (this.#blocks.length > 1 || this.#isOver)) {
          this.#blocks.shift();
          this.settle(block);
          continue;
        }
      } else if (this.#isOver) {
        if (this.#error !== null) await this.done;
        return null;
      }
      this.#link.setPaused(false);
      await new Promise<void>((resolve) => {
        this.#wantedRows = maxRows;
        this.#wake = resolve;
      });
    }
  }

  /** To be called when rows of the block were taken or a page of it was released: gives it back once nobody needs it. */
  settle(block: CopyBlock): void {
    if (this.#waiting() < MAX_WAITING) this.#link.setPaused(false);
    if (block.pages === 0 && !this.#blocks.includes(block)) this.#pool.put(block);
  }

  /** Lets go of all rows, and of those still to come. */
  discard(): void {
    this.#link.tap.taker = this.#isOver ? null : () => {};
    for (const block of this.#blocks.splice(0)) this.settle(block);
    this.#link.setPaused(false);
  }

  #waiting(): number {
    return this.#blocks.length - 1;
  }

  #take(bytes: Uint8Array, start: number, end: number): void {
    if (this.#error !== null) return;
    let block = this.#blocks.at(-1);
    if (block === undefined || !block.hasRoom(end - start)) {
      block = this.#pool.get(this.#columns, end - start);
      this.#blocks.push(block);
      if (this.#waiting() >= MAX_WAITING) this.#link.setPaused(true);
      this.#wakeReader();
    }
    try {
      block.add(bytes, start, end);
    } catch (error) {
      // Thrown from here it would end the process: the reader hears it instead.
      this.#error = new SqlError(`Cannot understand a row the server sent: ${error instanceof Error ? error.message : error}`, {
        kind: "fatal",
        cause: error,
      });
      this.#link.drop("A row could not be understood");
    }
    if (block.rows - block.taken >= this.#wantedRows) this.#wakeReader();
  }

  #end(): void {
    this.#isOver = true;
    this.#link.tap.taker = null;
    this.#wakeReader();
  }

  #wakeReader(): void {
    this.#wantedRows = Infinity;
    this.#wake();
  }
}
