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
/** Characters of the text for an offset at most: Kafka takes a million. */
const MAX_NOTE = 65_536;
/** Ranges asked for by one statement. */
const ASKED_AT_ONCE = 500;

/** An item of a note: a first id or, behind `+`, its distance from the last one before; a last id or a size; how often. */
const NOTED = /(\+?)(-?\d+)(?:\.\.(-?\d+)|x(\d+))?(?:\*(\d+))?(?:,|$)/g;

type Range = Pick<Gap, "from" | "to">;

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
    let end = 0n;
    for (const [, plus, start = "0", to = "", size = "1", times = "1"] of (note ?? "").matchAll(NOTED)) {
      for (let i = 0; i < Number(times) && gaps.#gaps.length < MAX_GAPS; i++) {
        const from = plus === "+" ? end + BigInt(start) : BigInt(start);
        end = to === "" ? from + BigInt(size) - 1n : BigInt(to);
        gaps.#gaps.push({ from, to: end, since: now });
      }
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
   * Text for an offset, of what lies below an id: `5,+4x3,+2*7` is 5, then 9 to 11 (4 behind the 5, 3 ids), then each second id, 7 times.
   * Where it would be too long, ranges become one where the fewest ids lie between them: the rows of those may come twice.
   */
  note(below: Id): string {
    let gaps: readonly Range[] = this.#gaps.filter(({ to }) => to < below);
    for (;;) {
      const text = noteOf(gaps);
      if (text.length <= MAX_NOTE) return text;
      gaps = closestJoined(gaps, Math.floor(gaps.length / 2));
    }
  }
}

/** Ranges in the form of a note; those that follow in one distance with one size are counted. */
function noteOf(gaps: readonly Range[]): string {
  const items: string[] = [];
  let times = 1;
  for (const [i, { from, to }] of gaps.entries()) {
    const before = gaps[i - 1];
    if (before === undefined) {
      items.push(from === to ? `${from}` : `${from}..${to}`);
      continue;
    }
    const item = `+${from - before.to}${from === to ? "" : `x${to - from + 1n}`}`;
    const last = items.at(-1) ?? "";
    if (last === item || last === `${item}*${times}`) items[items.length - 1] = `${item}*${++times}`;
    else {
      items.push(item);
      times = 1;
    }
  }
  return items.join(",");
}

/** So many ranges, by joining those that lie closest to one another. */
function closestJoined(gaps: readonly Range[], count: number): Range[] {
  const distance = (i: number) => Number((gaps[i] as Range).from - (gaps[i - 1] as Range).to);
  const joins = gaps.map((_, i) => i).slice(1).sort((a, b) => distance(a) - distance(b)).slice(0, gaps.length - count);
  const isJoined = new Set(joins);
  const joined: Range[] = [];
  for (const [i, { from, to }] of gaps.entries()) {
    const last = joined.at(-1);
    if (last !== undefined && isJoined.has(i)) joined[joined.length - 1] = { from: last.from, to };
    else joined.push({ from, to });
  }
  return joined;
}
