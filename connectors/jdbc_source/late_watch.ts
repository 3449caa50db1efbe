/** Rows that commit late with an older timestamp: what was sent is remembered, and how far back is read again. */
import type { Moment } from "../sql/dialect.ts";
import { earliestWall } from "../times/earliest_wall.ts";
import type { Zone } from "../times/time_zone.ts";
import type { Notes } from "./offsets.ts";
import { SentRows } from "./sent_rows.ts";

/** Member of the offset: the timestamp (ms) from which rows may still be missing. */
const FROM = "sluice.late.from";
/** The same where the column holds wall clocks, which it is one of then. */
const FROM_WALL = "sluice.late.from.wall";
/** Member of the offset: hashes of the rows sent since then; left out where there are many. */
const SENT = "sluice.late.sent";

/** What the watch goes by, ms. */
export interface WatchTimes {
  /** `sluice.late.rows.window.ms`; 0 = nothing is watched. */
  readonly windowMs: number;
  /** `sluice.late.rows.max.wait.ms` */
  readonly maxWaitMs: number;
  /** Of wall clocks. */
  readonly zone: Zone;
}

/**
 * Watches one table. It begins with each row that is newer than all before and ends when the window has passed since, and no transaction that
 * began earlier is open any more. Timestamps are ms of what the column holds: instants, or wall clocks once it has shown one. While it lasts each round reads again from `from`. A restart goes on with it, by the notes in the offset.
 */
export class LateWatch {
  readonly #times: WatchTimes;
  readonly #sent: SentRows;
  /** From this timestamp (ms) on all that was sent is remembered. */
  #rememberedFrom = -Infinity;
  #from: number | null;
  #isWall: boolean;
  /** When the newest row was sent, by the task's clock. */
  #reachedAt: number;
  /** The beginning of the oldest open transaction, by the database's clock; Infinity = there was none. */
  #writerSince = Infinity;
  /** How long it had run. */
  #writerMs = 0;

  constructor(times: WatchTimes, notes: Notes, newest: Moment | null, now: number) {
    this.#times = times;
    this.#sent = new SentRows(times.windowMs);
    this.#reachedAt = now;
    this.#isWall = FROM_WALL in notes;
    const from = Number(notes[FROM_WALL] ?? notes[FROM] ?? NaN);
    this.#from = Number.isFinite(from) && times.windowMs > 0 ? from : null;
    if (this.#from !== null && newest !== null) this.#sent.restore(notes[SENT] ?? "", this.orderOf(newest));
    // What was sent before an offset without notes is over and done with.
    this.#rememberedFrom = this.#from ?? newest?.ms ?? -Infinity;
  }

  /** Whether timestamps are wall clocks. */
  get isWall(): boolean {
    return this.#isWall;
  }

  /** The column holds wall clocks. */
  useWalls(): void {
    if (this.#isWall) return;
    this.#isWall = true;
    if (this.#from !== null) this.#from = earliestWall(this.#from, this.#times.zone);
    if (this.#rememberedFrom > -Infinity) this.#rememberedFrom = earliestWall(this.#rememberedFrom, this.#times.zone);
  }

  /** The timestamp (ms) of a moment. */
  orderOf({ ms, wall }: Moment): number {
    return this.#isWall ? wall ?? ms + this.#times.zone.offsetAt(ms) : ms;
  }

  /** Whether rows are remembered at all. */
  get isOn(): boolean {
    return this.#times.windowMs > 0;
  }

  /** The timestamp (ms) the next round reads again from; null = from the position on. */
  get from(): number | null {
    return this.#from;
  }

  /** Whether the row was not sent yet; it counts as sent then. To be asked once in a round for each row. */
  isNew(hash: number, ms: number): boolean {
    return this.#sent.take(hash, ms);
  }

  /** A row newer than all before was sent. */
  reached(newest: Moment, now: number): void {
    this.#reachedAt = now;
    this.#from = this.#startFor(newest);
  }

  /**
   * At the start of a round: how long the oldest open transaction has run by now, null where nobody can tell, and the database's clock. To
   * be asked before the rows are, so that what ends in between is either waited for or seen.
   */
  beginRound(writerMs: number | null, clock: Moment): void {
    this.#writerSince = writerMs === null || writerMs === 0 ? Infinity : clock.ms - Math.min(writerMs, this.#times.maxWaitMs);
    this.#writerMs = writerMs ?? 0;
    this.#sent.beginReading();
  }

  /** After a round in which all was read from `from` on. */
  endRound(newest: Moment, now: number): void {
    this.#sent.endReading();
    if (this.#from === null) return;
    const { windowMs, maxWaitMs } = this.#times;
    const ageMs = now - this.#reachedAt;
    if (ageMs >= windowMs && !(this.#writerMs >= ageMs && ageMs < maxWaitMs)) {
      this.#from = null;
      this.#sent.clear();
      this.#rememberedFrom = this.orderOf(newest);
      return;
    }
    this.#from = this.#startFor(newest);
    this.#sent.forgetBefore(this.#from);
    this.#rememberedFrom = this.#from;
  }

  /** What belongs into an offset. `isNewest`: all rows remembered as sent are acknowledged with it. */
  notes(isNewest: boolean): Notes {
    if (this.#from === null) return {};
    const sent = isNewest ? this.#sent.note() : null;
    return { [this.#isWall ? FROM_WALL : FROM]: String(this.#from), ...(sent === null ? {} : { [SENT]: sent }) };
  }

  /** Whether rows had to be forgotten that are younger than the window. */
  get isOverfull(): boolean {
    return this.#sent.forgottenMs > -Infinity;
  }

  #startFor(newest: Moment): number {
    const { windowMs, zone } = this.#times;
    const instant = Math.min(newest.ms - windowMs, this.#writerSince);
    const wanted = this.#isWall ? Math.min(this.orderOf(newest) - windowMs, earliestWall(instant, zone)) : instant;
    return Math.max(wanted, this.#rememberedFrom, this.#sent.forgottenMs + 1);
  }
}
