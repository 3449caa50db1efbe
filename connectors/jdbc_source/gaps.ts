/** Ids that are missing below the newest one: their rows may be in transactions that have not committed yet. */
import type { Id } from "./offsets.ts";

/** Missing ids from `from` to `to`, both included. */
interface Gap {
  readonly from: bigint;
  readonly to: bigint;
  /** When they were first seen missing, by the task's clock. */
  readonly since: number;
}

/** Ranges that are remembered at most; more come only of ids that are not counted up by ones. */
const MAX_GAPS = 20_000;
/** Ranges written into an offset one by one; the oldest beyond them become one. */
const MAX_NOTED = 100;
/** Ranges asked for by one statement. */
const ASKED_AT_ONCE = 500;

/** A range of ids to ask for. */
export type IdRange = readonly [from: bigint, to: bigint];

/** The missing ids of one table, in order. */
export class Gaps {
  #gaps: Gap[] = [];
  /** Whether ranges were given up because there were too many; said once. */
  overflowed = false;

  /** Reads what `note` wrote; its ranges count as first seen missing now. Text that is none is taken as nothing missing. */
  static of(note: string | undefined, now: number): Gaps {
    const gaps = new Gaps();
    for (const [, from = "", to = from] of (note ?? "").matchAll(/(-?\d+)(?:\.\.(-?\d+))?(?:,|$)/g)) {
      gaps.#gaps.push({ from: BigInt(from), to: BigInt(to), since: now });
    }
    return gaps;
  }

  get isEmpty(): boolean {
    return this.#gaps.length === 0;
  }

  /** Notes what is missing between two ids that follow one another in the table. */
  between(before: Id, after: Id, now: number): void {
    const from = BigInt(before) + 1n;
    const to = BigInt(after) - 1n;
    if (from > to) return;
    this.#gaps.push({ from, to, since: now });
    if (this.#gaps.length <= MAX_GAPS) return;
    this.#gaps.splice(0, this.#gaps.length - MAX_GAPS / 2);
    this.overflowed = true;
  }

  /** Takes an id out, as its row was found; false when it was not missing. */
  found(id: Id): boolean {
    const wanted = BigInt(id);
    const index = this.#indexOf(wanted);
    const gap = this.#gaps[index];
    if (gap === undefined) return false;
    const parts = [{ ...gap, to: wanted - 1n }, { ...gap, from: wanted + 1n }].filter(({ from, to }) => from <= to);
    this.#gaps.splice(index, 1, ...parts);
    return true;
  }

  #indexOf(id: bigint): number {
    let low = 0;
    let high = this.#gaps.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const { from, to } = this.#gaps[middle] as Gap;
      if (id < from) high = middle - 1;
      else if (id > to) low = middle + 1;
      else return middle;
    }
    return -1;
  }

  /** Forgets those that `isOver` says of that they will stay missing, by the milliseconds they have been. */
  expire(now: number, isOver: (ageMs: number) => boolean): void {
    this.#gaps = this.#gaps.filter(({ since }) => !isOver(now - since));
  }

  /** Forgets what lies further than so many ids below the newest: gaps of old, in a table read for the first time. */
  keepNear(newest: Id, distance: bigint): void {
    const lowest = BigInt(newest) - distance;
    const first = this.#gaps.findIndex(({ to }) => to >= lowest);
    if (first !== 0) this.#gaps.splice(0, first < 0 ? this.#gaps.length : first);
  }

  /** Milliseconds the oldest has been missing; 0 for none. */
  oldestAgeMs(now: number): number {
    return this.#gaps.reduce((oldest, { since }) => Math.max(oldest, now - since), 0);
  }

  /** What to ask for, in runs that fit into one statement. */
  questions(): IdRange[][] {
    const ranges = this.#gaps.map(({ from, to }): IdRange => [from, to]);
    return Array.from(
      { length: Math.ceil(ranges.length / ASKED_AT_ONCE) },
      (_, run) => ranges.slice(run * ASKED_AT_ONCE, (run + 1) * ASKED_AT_ONCE),
    );
  }

  /**
   * Text for an offset, of what lies below an id: `5,9..12`. Where there are many, the oldest become one range, which also holds ids that
   * were found: their rows may come twice.
   */
  note(below: Id): string {
    const gaps = this.#gaps.filter(({ to }) => to < below);
    const old = gaps.slice(0, Math.max(0, gaps.length - MAX_NOTED));
    const [first] = old;
    const last = old.at(-1);
    const merged = first === undefined || last === undefined ? [] : [{ from: first.from, to: last.to }];
    return [...merged, ...gaps.slice(old.length)].map(({ from, to }) => from === to ? `${from}` : `${from}..${to}`).join(",");
  }
}
