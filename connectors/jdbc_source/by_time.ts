/** Modes timestamp and timestamp+incrementing: new and changed rows by the time of the change, those that commit late among them. */
import { DataError, type SourceOffset } from "sdk";
import type { Moment, Page, Session } from "../sql/dialect.ts";
import { notTolerable } from "./bulk.ts";
import { earliestWall } from "../times/earliest_wall.ts";
import { hashNumber } from "../sql/row_hash.ts";
import { idReader } from "./cells.ts";
import { LateWatch } from "./late_watch.ts";
import { incrementingField, type Layout, timestampFields } from "./layout.ts";
import { compareMoments, type Id, momentOfMillis, type Notes, offsetOf, type Position } from "./offsets.ts";
import { readable, type ReadingContext, type ReadingMode, type Rows, Statements, type Taken } from "./reading.ts";
import { rowsByTime, type Start } from "./statements.ts";

/** Bytes of one statement that are held while it is found out where its last instant begins: eight full pages. */
const MAX_HELD_BYTES = 32 << 20;
/** Pages held at most, as each has memory of its own, however small. */
const MAX_HELD_PAGES = 1000;

type Timed = Position & { readonly moment: Moment };

/** Where rows of a result have what they are found by. */
interface Fields {
  readonly layout: Layout;
  readonly times: readonly number[];
  /** -1: the mode has none. */
  readonly id: number;
}

export class ByTimeReading implements ReadingMode {
  readonly #context: ReadingContext;
  readonly #statements: Statements;
  readonly #watch: LateWatch;
  /** The offset: no row at or before it is missing, but those that commit late. */
  #position: Position | null;
  /** The newest row sent. In mode timestamp it may be ahead of the position: others of its instant may follow. */
  #newest: Timed | null;
  /** Rows up to here were sent before anything was remembered; null: there were none. */
  #forgotten: Timed | null;
  #fields: Fields | undefined;
  /** Whether the last offset that was given had notes. */
  #hasNoted: boolean;

  constructor(context: ReadingContext, position: Position | null, notes: Notes) {
    const { settings } = context;
    this.#context = context;
    this.#statements = new Statements(context);
    this.#position = position;
    this.#newest = timed(position);
    // A suffix may have a limit, which would give the same rows again and again.
    const windowMs = settings.suffix === "" ? settings.windowMs : 0;
    this.#watch = new LateWatch(
      { windowMs, maxWaitMs: settings.maxWaitMs, zone: settings.zone },
      notes,
      position?.moment ?? null,
      context.now(),
    );
    this.#hasNoted = Object.keys(notes).length > 0;
    this.#forgotten = this.#watch.from === null ? this.#newest : null;
    if (this.#watch.isWall) this.#useWalls();
  }

  /** The column holds wall clocks: what was stored as instants becomes such, rather too early than too late. */
  #useWalls(): void {
    this.#watch.useWalls();
    this.#position = this.#position === null || this.#position.moment === null
      ? this.#position
      : this.#withWall(this.#position.moment, this.#position.id);
    if (this.#newest !== null) this.#newest = this.#withWall(this.#newest.moment, this.#newest.id);
    if (this.#forgotten !== null) this.#forgotten = this.#withWall(this.#forgotten.moment, this.#forgotten.id);
  }

  #withWall(moment: Moment, id: Id | null): Timed {
    return { moment: { ...moment, wall: moment.wall ?? earliestWall(moment.ms, this.#context.settings.zone) }, id };
  }

  async *round(session: Session): AsyncGenerator<Rows | "note", void> {
    const { source, settings, log } = this.#context;
    for (const column of source.timestampColumns) await session.learn?.(source.from, column);
    const writerMs = this.#watch.isOn ? await session.oldestWriterMs() : null;
    const clock = await session.now();
    this.#watch.beginRound(writerMs, clock);
    yield* this.#rows(session, this.#start(), this.#end(clock));
    if (this.#newest === null) return;
    if (this.#watch.isOverfull) log.debug("Too many rows within the window of late rows to remember them all", { table: source.shown });
    this.#watch.endRound(this.#newest.moment, this.#context.now());
    if (this.#watch.from === null) this.#forgotten = this.#newest;
    if (this.#hasNoted && this.#watch.from === null && settings.windowMs > 0) yield "note";
  }

  #start(): Start {
    const { from, isWall } = this.#watch;
    if (from !== null) {
      const moment = momentOfMillis(from);
      const ms = isWall ? from - this.#context.settings.zone.offsetAtWall(from) : from;
      return { is: "at", moment: isWall ? { ...moment, ms, wall: from } : this.#withWall(moment, null).moment };
    }
    const position = timed(this.#position);
    // Of an instant that was stored nobody knows from which wall clock it came: the earliest counts.
    return position === null ? { is: "all" } : { is: "after", position: this.#withWall(position.moment, position.id) };
  }

  /** Strictly before now. Whoever does not read rows again waits for the end of a second, as many columns have no fractions of it. */
  #end(clock: Moment): Moment {
    const ms = clock.ms - this.#context.settings.delayMs;
    return this.#watch.isOn ? addMillis(clock, -this.#context.settings.delayMs) : momentOfMillis(Math.floor(ms / 1000) * 1000);
  }

  async *#rows(session: Session, first: Start, end: Moment): AsyncGenerator<Rows, void> {
    const { source, settings } = this.#context;
    const hasId = source.incrementingColumn !== "";
    const inPages = source.table !== null && settings.suffix === "" && (!hasId || source.hasUniqueIds);
    this.#statements.begin(inPages);
    let start: Start | null = first;
    while (start !== null) {
      if (this.#statements.limit === null) start = yield* this.#stream(session, start, end);
      else if (hasId) start = yield* this.#page(session, start, end);
      else start = yield* this.#wholeInstants(session, start, end);
    }
  }

  /** All rows of one statement, a page behind, to see where instants end. Gives where to go on, null for the end. */
  async *#stream(session: Session, start: Start, end: Moment): AsyncGenerator<Rows, Start | null> {
    const { source, settings, tolerates } = this.#context;
    let held: { readonly page: Page; readonly layout: Layout } | null = null;
    this.#statements.limit = null;
    const send = (one: { readonly page: Page; readonly layout: Layout }, endsInstant: boolean) => {
      const { rows, rest } = readable(one.page, one.layout, false);
      return { rows: rows === null ? null : { ...rows, endsInstant: endsInstant && rest === null }, rest };
    };
    for await (const next of this.#statements.pages(session, rowsByTime(source, start, end), settings.suffix)) {
      if (held !== null) {
        const { rows, rest } = send(held, this.#isLater(held, next));
        if (rows !== null) yield rows;
        if (rest !== null) throw tolerates ? notTolerable(rest) : rest;
      }
      held = next;
    }
    if (held === null) return null;
    const { rows, rest } = send(held, true);
    if (rows !== null) yield rows;
    if (rest !== null) throw tolerates ? notTolerable(rest) : rest;
    return null;
  }

  /** A page by timestamp and unique id: it may end anywhere. */
  async *#page(session: Session, start: Start, end: Moment): AsyncGenerator<Rows, Start | null> {
    const { source, tolerates } = this.#context;
    const { limit } = this.#statements;
    let count = 0;
    let last: Timed | null = null;
    for await (const { page, layout } of this.#statements.pages(session, rowsByTime(source, start, end))) {
      count += page.rows;
      const before: Timed | null = last ?? (start.is === "after" ? start.position : null);
      const { rows, rest } = readable(page, layout, tolerates && this.#canPass(page, layout, before));
      if (rows !== null) {
        // Where the next page begins is found before this one is handed on.
        last = this.#positionAt(rows, rows.count - 1) ?? last;
        yield { ...rows, endsInstant: true };
      }
      if (rest !== null) throw tolerates ? notTolerable(rest) : rest;
      // Behind a row that cannot be read the page is not to be trusted: it is asked for again from there.
      if (page.failure !== null && last !== null) return { is: "after", position: last };
    }
    return last === null || (limit !== null && count < limit) ? null : { is: "after", position: last };
  }

  /** Whether the row that cannot be read says where it lies, so that reading can go on behind it. */
  #canPass(page: Page, layout: Layout, before: Timed | null): boolean {
    const row = page.failure?.row ?? 0;
    try {
      const previous = row > 0 ? this.#positionAt({ page, layout }, row - 1) : before;
      const position = this.#positionAt({ page, layout }, row);
      return position !== null && (previous === null || comparePositions(previous, position) < 0);
    } catch (error) {
      if (error instanceof DataError) return false; // its id is null
      throw error;
    }
  }

  /** A page by timestamp alone: the rows of its last instant are left for the next one, as some may lie behind the end. */
  async *#wholeInstants(session: Session, start: Start, end: Moment): AsyncGenerator<Rows, Start | null> {
    const { source } = this.#context;
    const { limit } = this.#statements;
    const held: { readonly page: Page; readonly layout: Layout }[] = [];
    let count = 0;
    let bytes = 0;
    let isCut = false;
    for await (const one of this.#statements.pages(session, rowsByTime(source, start, end))) {
      held.push(one);
      count += one.page.rows;
      bytes += one.page.bytes;
      isCut = count === limit || bytes >= MAX_HELD_BYTES || held.length >= MAX_HELD_PAGES;
      if (isCut) break;
    }
    const last = held.at(-1);
    if (last === undefined) return null;
    const lastMoment = this.#momentAt(last, last.page.rows - 1);
    if (!isCut || lastMoment === null) {
      yield* this.#whole(held, null);
      return null;
    }
    const [first] = held;
    if (first !== undefined && compareMoments(this.#momentAt(first, 0) ?? lastMoment, lastMoment) < 0) {
      yield* this.#whole(held, lastMoment);
      return { is: "at", moment: lastMoment };
    }
    // All rows of the page have one instant: all rows of that, then those after it.
    for (const { page } of held) page.release();
    yield* this.#stream(session, { is: "only", moment: lastMoment }, end);
    this.#statements.begin(true);
    return { is: "after", position: { moment: lastMoment, id: null } };
  }

  /** Rows of pages in hand, up to an instant that is left out. */
  async *#whole(
    held: readonly { readonly page: Page; readonly layout: Layout }[],
    upTo: Moment | null,
  ): AsyncGenerator<Rows, void> {
    const { tolerates } = this.#context;
    for (const [index, one] of held.entries()) {
      const next = held[index + 1];
      const { rows, rest } = readable(one.page, one.layout, false);
      const count = rows === null ? 0 : upTo === null ? rows.count : this.#countBefore(rows, upTo);
      const isShort = rows !== null && count < rows.count;
      const endsInstant = isShort || (rest === null && (next === undefined || this.#isLater(one, next)));
      if (rows !== null && count > 0) yield { ...rows, count, endsInstant };
      else one.page.release();
      if (rest !== null && !isShort) throw tolerates ? notTolerable(rest) : rest;
    }
  }

  #countBefore(rows: Rows, moment: Moment): number {
    let count = rows.count;
    while (count > 0 && compareMoments(this.#momentAt(rows, count - 1) ?? moment, moment) >= 0) count--;
    return count;
  }

  #isLater(one: { readonly page: Page; readonly layout: Layout }, next: { readonly page: Page; readonly layout: Layout }): boolean {
    const before = this.#momentAt(one, one.page.rows - 1);
    const after = this.#momentAt(next, 0);
    return before === null || after === null || compareMoments(before, after) < 0;
  }

  take(rows: Rows): Taken {
    const { page, layout, count, endsInstant } = rows;
    if (!this.#watch.isWall && this.#momentAt(rows, 0)?.wall !== undefined) this.#useWalls();
    const before = this.#position;
    const live = this.#watch.isOn ? this.#newRows(rows) : null;
    const boundary = this.#boundary(rows, count - 1);
    const reached = later(before, boundary);
    this.#position = reached;
    const last = this.#positionAt(rows, count - 1);
    if (last !== null && this.#isNewer(last)) {
      this.#newest = last;
      if (this.#watch.isOn) this.#watch.reached(last.moment, this.#context.now());
    }
    return {
      select: live,
      offset: (row) => {
        const isLast = row === count - 1;
        const position = isLast ? reached : later(before, this.#boundary({ page, layout, count, endsInstant }, row));
        return this.#offset(position, isLast);
      },
    };
  }

  /** The rows that were not sent yet; null: all. */
  #newRows(rows: Rows): Int32Array | null {
    const { page, count } = rows;
    const newest = this.#newest;
    const live = new Int32Array(count);
    const hash = { low: 0, high: 0 };
    let size = 0;
    let late = 0;
    for (let row = 0; row < count; row++) {
      const moment = this.#momentAt(rows, row);
      if (moment !== null && this.#isForgotten(rows, row, moment)) continue;
      hash.low = hash.high = 0;
      page.mix(row, hash);
      if (!this.#watch.isNew(hashNumber(hash), moment === null ? 0 : this.#watch.orderOf(moment))) continue;
      live[size++] = row;
      if (newest !== null && moment !== null && compareMoments(moment, newest.moment) < 0) late++;
    }
    if (late > 0) this.#context.log.info(`Found ${late} row(s) that committed behind newer ones`, { table: this.#context.source.shown });
    return size === count ? null : live.slice(0, size);
  }

  #isForgotten(rows: Rows, row: number, moment: Moment): boolean {
    const forgotten = this.#forgotten;
    if (forgotten === null || compareMoments(moment, forgotten.moment) > 0) return false;
    return comparePositions(forgotten, { moment, id: this.#idAt(rows, row) }) >= 0;
  }

  /** What the offset may say when this row is the last that is stored: its own values, or in mode timestamp those of an instant that is over. */
  #boundary(rows: Pick<Rows, "page" | "layout" | "count" | "endsInstant">, row: number): Timed | null {
    if (this.#context.source.incrementingColumn !== "") return this.#positionAt(rows, row);
    const moment = this.#momentAt(rows, row);
    if (moment === null) return null;
    const following = row + 1 < rows.count ? this.#momentAt(rows, row + 1) : null;
    const isOver = row + 1 < rows.count ? following === null || compareMoments(moment, following) < 0 : rows.endsInstant;
    if (isOver) return { moment, id: null };
    for (let earlier = row - 1; earlier >= 0; earlier--) {
      const before = this.#momentAt(rows, earlier);
      if (before !== null && compareMoments(before, moment) < 0) return { moment: before, id: null };
    }
    return null;
  }

  #isNewer(position: Timed): boolean {
    return this.#newest === null || comparePositions(this.#newest, position) < 0;
  }

  #positionAt(rows: Pick<Rows, "page" | "layout">, row: number): Timed | null {
    const moment = this.#momentAt(rows, row);
    if (moment === null) return null;
    return { moment, id: this.#idAt(rows, row) };
  }

  #idAt({ page, layout }: Pick<Rows, "page" | "layout">, row: number): Id | null {
    const { id } = this.#fieldsOf(layout);
    const column = page.columns[id];
    const schema = layout.schema.field(layout.names[id] ?? "")?.schema;
    return column === undefined || schema === undefined ? null : idReader(column, schema)(row);
  }

  /** The first of the timestamp columns that is not null. */
  #momentAt({ page, layout }: Pick<Rows, "page" | "layout">, row: number): Moment | null {
    for (const field of this.#fieldsOf(layout).times) {
      const moment = page.moment(field, row);
      if (moment !== null) return moment;
    }
    return null;
  }

  #fieldsOf(layout: Layout): Fields {
    if (this.#fields?.layout === layout) return this.#fields;
    const { source } = this.#context;
    const times = timestampFields(source.timestampColumns, layout);
    const id = source.incrementingColumn === "" ? -1 : incrementingField(source.incrementingColumn, layout);
    return this.#fields = { layout, times, id };
  }

  note(): SourceOffset | null {
    return this.#position === null ? null : this.#offset(this.#position, true);
  }

  #offset(position: Position | null, isNewest: boolean): SourceOffset {
    if (position === null) return offsetOf({ moment: null, id: null }, {});
    const notes = this.#watch.notes(isNewest);
    this.#hasNoted = Object.keys(notes).length > 0;
    return offsetOf(position, notes);
  }
}

function timed(position: Position | null): Timed | null {
  return position === null || position.moment === null ? null : { moment: position.moment, id: position.id };
}

/** Never backwards: rows that committed late have older values. */
function later(a: Position | null, b: Timed | null): Position | null {
  const old = timed(a);
  if (old === null) return b ?? a;
  return b === null || comparePositions(old, b) >= 0 ? a : b;
}

function comparePositions(a: Timed, b: Timed): number {
  const order = compareMoments(a.moment, b.moment);
  if (order !== 0 || b.id === null) return order;
  return a.id === null || a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function addMillis({ ms, nanos }: Moment, delta: number): Moment {
  const belowMillis = nanos % 1_000_000;
  const moved = momentOfMillis(ms + delta);
  return { ms: moved.ms, nanos: moved.nanos + belowMillis };
}
