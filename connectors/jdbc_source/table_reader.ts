/** One table or query of a task: its readings, one after another, and the page that is read ahead. */
import type { RecordBatch } from "sdk";
import type { Session } from "../sql/dialect.ts";
import { batchOf, noteBatch, type ReadingMode, type Rows } from "./reading.ts";
import type { RowSource } from "./row_source.ts";

type Step = IteratorResult<Rows | "note", void>;

export class TableReader {
  readonly source: RowSource;
  /** When its last reading ended, by the task's clock; -Infinity before the first. */
  finishedAt = -Infinity;
  /** Readings in a row that failed for a reason that passes. */
  attempts = 0;
  readonly #mode: ReadingMode;
  readonly #component: string;
  #round: AsyncGenerator<Rows | "note", void> | undefined;
  /** What is being read while the last batch is on its way. */
  #ahead: Promise<Step> | undefined;
  /** Lent with the last batch. */
  #lent: Rows | undefined;

  constructor(source: RowSource, mode: ReadingMode, component: string) {
    this.source = source;
    this.#mode = mode;
    this.#component = component;
  }

  /** The next batch of the reading that is going on, or of a new one; null at its end. What it throws ends the reading. */
  async next(session: Session): Promise<RecordBatch | null> {
    this.#release();
    this.#round ??= this.#mode.round(session);
    for (;;) {
      const step = await (this.#ahead ?? this.#round.next());
      this.#ahead = undefined;
      if (step.done === true) {
        this.#round = undefined;
        return null;
      }
      const batch = step.value === "note" ? this.#note() : this.#batch(step.value);
      this.#readAhead();
      if (batch !== null) return batch;
    }
  }

  #note(): RecordBatch | null {
    const offset = this.#mode.note();
    return offset === null ? null : noteBatch(offset, this.source);
  }

  /** Null: nothing in it is new. */
  #batch(rows: Rows): RecordBatch | null {
    const taken = this.#mode.take(rows);
    if (taken.select?.length === 0 && rows.failure === null) {
      rows.page.release();
      return null;
    }
    this.#lent = rows;
    return batchOf(rows, taken, this.source, this.#component);
  }

  /** The database works while the batch is converted and sent. What goes wrong shows up when it is waited for. */
  #readAhead(): void {
    this.#ahead = this.#round?.next();
    this.#ahead?.catch(() => undefined);
  }

  #release(): void {
    this.#lent?.page.release();
    this.#lent = undefined;
  }

  /** Gives up the reading that is going on. What was taken stays taken. Its statement may still be under way: only for a session that is closed. */
  giveUp(): void {
    this.#release();
    this.#ahead = undefined;
    this.#round = undefined;
  }
}
