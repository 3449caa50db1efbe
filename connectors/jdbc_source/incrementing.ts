/** Mode incrementing: rows with greater ids, and those that were missing below the greatest. */
import type { SourceOffset } from "sdk";
import type { Session } from "../sql/dialect.ts";
import { notTolerable } from "./bulk.ts";
import { idReader } from "./cells.ts";
import { Gaps } from "./gaps.ts";
import { incrementingField } from "./layout.ts";
import { type Id, type Notes, offsetOf, type Position } from "./offsets.ts";
import { readable, type ReadingContext, type ReadingMode, type Rows, Statements, type Taken } from "./reading.ts";
import { rowsAfterId, rowsInRanges } from "./statements.ts";

/** Member of the offset: ids whose rows may still come. */
const MISSING = "sluice.missing";
/** In a table read for the first time only so many ids below the newest can be those of open transactions: gaps further below are of old. */
const FIRST_LOOK_IDS = 10_000n;

export class IncrementingReading implements ReadingMode {
  readonly #context: ReadingContext;
  readonly #statements: Statements;
  readonly #gaps: Gaps;
  #last: Id | null;
  /** The last missing id that was found in the present round. */
  #lastFound: Id | null = null;
  /** No offset was stored, and the first round is not over. */
  #isFirstLook: boolean;
  /** The notes of the last offset that was given. */
  #noted: string;

  constructor(context: ReadingContext, position: Position | null, notes: Notes) {
    this.#context = context;
    this.#statements = new Statements(context);
    this.#last = position?.id ?? null;
    this.#isFirstLook = this.#last === null;
    this.#noted = notes[MISSING] ?? "";
    this.#gaps = Gaps.of(notes[MISSING], context.now());
  }

  async *round(session: Session): AsyncGenerator<Rows | "note", void> {
    if (!this.#gaps.isEmpty) yield* this.#missingRows(session);
    yield* this.#newRows(session);
    this.#isFirstLook = false;
    if (this.#last !== null && this.#gaps.note(this.#last) !== this.#noted) yield "note";
  }

  /** Asks for missing ids again, and forgets those that no open transaction can bring any more. */
  async *#missingRows(session: Session): AsyncGenerator<Rows, void> {
    const { source, settings: { windowMs, maxWaitMs }, tolerates } = this.#context;
    const now = this.#context.now();
    this.#lastFound = null;
    // Asked before the rows are: what has ended by then is seen by the statements below.
    const writerMs = this.#gaps.oldestAgeMs(now) >= windowMs ? await session.oldestWriterMs() : null;
    this.#statements.begin(false);
    for (const ranges of this.#gaps.questions()) {
      for await (const { page, layout } of this.#statements.pages(session, rowsInRanges(source, ranges))) {
        const { rows, rest } = readable(page, layout, false);
        if (rows !== null) yield { ...rows, isLate: true };
        if (rest !== null) throw tolerates ? notTolerable(rest) : rest;
      }
    }
    this.#gaps.expire(now, (ageMs) => ageMs >= windowMs && !(writerMs !== null && writerMs >= ageMs && ageMs < maxWaitMs));
  }

  async *#newRows(session: Session): AsyncGenerator<Rows, void> {
    const { source, settings, tolerates } = this.#context;
    const inPages = source.hasUniqueIds && settings.suffix === "";
    this.#statements.begin(inPages);
    for (let isOver = false; !isOver;) {
      const { limit } = this.#statements;
      let count = 0;
      let isCut = false;
      for await (const { page, layout } of this.#statements.pages(session, rowsAfterId(source, this.#last), settings.suffix)) {
        count += page.rows;
        const { rows, rest } = readable(page, layout, tolerates && inPages);
        const failure = rows?.failure ?? null;
        isCut = failure !== null;
        const before = this.#last;
        if (rows !== null) yield rows;
        // Where its id is what cannot be read, nobody can go on behind it.
        if (failure !== null && this.#last === before) throw notTolerable(failure);
        if (rest !== null) throw tolerates ? notTolerable(rest) : rest;
        // Behind a row that cannot be read the page is not to be trusted: it is asked for again from there.
        if (isCut) break;
      }
      isOver = !isCut && (limit === null || count < limit);
    }
  }

  take({ page, layout, count, isLate }: Rows): Taken {
    const field = incrementingField(this.#context.source.incrementingColumn, layout);
    const schema = layout.schema.field(layout.names[field] ?? "")?.schema;
    const column = page.columns[field];
    if (schema === undefined || column === undefined) throw new RangeError(`The result has no column ${field}`);
    const idAt = idReader(column, schema);
    if (isLate) return this.#takeLate(idAt, count);
    const before = this.#last;
    this.#noteGaps(idAt, count);
    return {
      select: null,
      offset: (row) => this.#offset(greater(before, idAt(row))),
    };
  }

  #takeLate(idAt: (row: number) => Id, count: number): Taken {
    const rows: number[] = [];
    for (let row = 0; row < count; row++) {
      const id = idAt(row);
      // Where ids are not unique several rows may fill one gap; they follow one another.
      if (!this.#gaps.found(id) && id !== this.#lastFound) continue;
      this.#lastFound = id;
      rows.push(row);
    }
    if (rows.length > 0) {
      this.#context.log.info(`Found ${rows.length} row(s) that committed behind newer ones`, { table: this.#context.source.shown });
    }
    return { select: rows.length === count ? null : Int32Array.from(rows), offset: () => this.note() };
  }

  /** Looks closer only where the ids do not follow one another by ones. */
  #noteGaps(idAt: (row: number) => Id, count: number): void {
    const first = idAt(0);
    const last = idAt(count - 1);
    const before = this.#last;
    const now = this.#context.now();
    const usesWindow = this.#context.settings.windowMs > 0;
    // Of a table that was empty nobody knows where its ids begin.
    if (usesWindow) this.#gaps.between(before ?? BigInt(first) - FIRST_LOOK_IDS, first, now);
    if (usesWindow && distance(first, last) !== count - 1) {
      let previous = first;
      for (let row = 1; row < count; row++) {
        const id = idAt(row);
        if (id !== previous) this.#gaps.between(previous, id, now);
        previous = id;
      }
    }
    // The id of a row that cannot be read may be anything; the one before it is the greatest then.
    this.#last = greater(greater(before, idAt(Math.max(0, count - 2))), last);
    if (this.#isFirstLook) this.#gaps.keepNear(this.#last, FIRST_LOOK_IDS);
    if (!this.#gaps.overflowed) return;
    this.#gaps.overflowed = false;
    this.#context.log.warn("Too many ids are missing to wait for all of them: rows of older ones that commit late may be lost", {
      table: this.#context.source.shown,
    });
  }

  note(): SourceOffset | null {
    return this.#last === null ? null : this.#offset(this.#last);
  }

  #offset(id: Id): SourceOffset {
    this.#noted = this.#gaps.note(id);
    return offsetOf({ moment: null, id }, this.#noted === "" ? {} : { [MISSING]: this.#noted });
  }
}

function distance(first: Id, last: Id): number {
  return typeof first === "number" && typeof last === "number" ? last - first : Number(BigInt(last) - BigInt(first));
}

function greater(a: Id | null, b: Id): Id {
  return a !== null && a > b ? a : b;
}
