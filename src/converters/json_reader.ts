/** Runs of consumed JSON messages to columns. */
import {
  type Column,
  ConnectError,
  NULL_SIDE,
  type RawSide,
  type ReadRun,
  type Schema,
  type SchemaAndValue,
  type Side,
  Struct,
  type Value,
} from "sdk";
import { readPayload } from "./json_read.ts";
import type { KnownBeginning, MessageLayout, OpenMessage } from "./json_layouts.ts";
import { GrowingSide } from "./json_read_columns.ts";
import { type ReadPlan, readPlan } from "./json_read_plan.ts";
import { PayloadScanner } from "./json_scanner.ts";

const LETTER_N = 0x6e;
const CLOSE = 0x7d;

/** What a record is, if not the place where its payload begins in the region. */
const ABSENT = -1;
const FAILED = -2;
const PARSED = -3;

/** More rows than a batch has. */
const WHOLE_BATCH = 2 ** 30;
const SMALL_WINDOW = 16;

/** What the records of a run have in common. */
interface Head {
  readonly schema: Schema | null;
  /** Structs that are null, which have no columns. */
  readonly isNull: boolean;
}

/** Reads keys or values for one converter. */
export class JsonReader {
  readonly #layout: MessageLayout;
  readonly #replaceNull: boolean;
  readonly #plans = new WeakMap<Schema, ReadPlan>();
  /** Scratch of a call, used again by the next. */
  #states = new Int32Array(0);
  /** Most rows of the next run: few after one that did not end where its bytes promised, lest a topic of such records costs their square. */
  #window = WHOLE_BATCH;

  constructor(layout: MessageLayout, replaceNull: boolean) {
    this.#layout = layout;
    this.#replaceNull = replaceNull;
  }

  /** See `Converter.read`. */
  read(topic: string, raw: RawSide, from: number, to: number): ReadRun {
    const most = Math.min(to - from, this.#window);
    if (this.#states.length < most) this.#states = new Int32Array(most);
    const run = new Run(this.#layout, this.#replaceNull, topic, raw, from, this.#states);
    const read = this.#read(run, run.open(most));
    this.#window = read.rows < run.rows ? SMALL_WINDOW : Math.min(this.#window * 2, WHOLE_BATCH);
    return read;
  }

  #read(run: Run, head: Head | undefined): ReadRun {
    if (head === undefined) return run.end(run.rows, NULL_SIDE);
    if (head.schema === null || head.isNull) return readWhole(run, head);
    return readColumns(run, this.#plan(head.schema), this.#replaceNull, this.#layout.depth);
  }

  #plan(schema: Schema): ReadPlan {
    const kept = this.#plans.get(schema);
    if (kept !== undefined) return kept;
    const plan = readPlan(schema, this.#replaceNull);
    this.#plans.set(schema, plan);
    return plan;
  }
}

/** Some consecutive records, and what has been found out about them. */
class Run {
  readonly raw: RawSide;
  rows = 0;
  /** Per row: where the payload begins, or ABSENT, FAILED or PARSED. */
  readonly states: Int32Array;
  #hasAbsent = false;
  readonly #layout: MessageLayout;
  readonly #replaceNull: boolean;
  readonly #topic: string;
  readonly #from: number;
  readonly #parsed = new Map<number, OpenMessage>();
  readonly #failures: { readonly row: number; readonly error: Error }[] = [];

  constructor(layout: MessageLayout, replaceNull: boolean, topic: string, raw: RawSide, from: number, states: Int32Array) {
    this.#layout = layout;
    this.#replaceNull = replaceNull;
    this.#topic = topic;
    this.raw = raw;
    this.#from = from;
    this.states = states;
  }

  start(row: number): number {
    return this.raw.slices[2 * (this.#from + row)] as number;
  }

  /** One past the last byte of a record that has bytes. */
  stop(row: number): number {
    return this.start(row) + (this.raw.slices[2 * (this.#from + row) + 1] as number);
  }

  /** Finds how far the run goes, `most` rows at most, and what its records have in common; undefined where none of them has a value. */
  open(most: number): Head | undefined {
    let head: Head | undefined;
    for (let row = 0; row < most; row++) {
      const start = this.start(row);
      const length = this.stop(row) - start;
      if (length < 0) {
        this.states[row] = ABSENT;
        this.#hasAbsent = true;
      } else {
        const schema = this.#openRow(row, start, length);
        if (schema === undefined) continue;
        const isNull = schema?.type === "STRUCT" && this.#isNull(row);
        if (head === undefined) head = { schema, isNull };
        else if (head.schema !== schema || head.isNull !== isNull) break;
      }
      this.rows = row + 1;
    }
    return head;
  }

  /** The schema of a row; undefined: it failed. */
  #openRow(row: number, start: number, length: number): Schema | null | undefined {
    const known = this.#layout.match(this.#topic, this.raw, start, length) ?? this.#openUnknown(row, start, length);
    if (known === undefined) return this.#parsed.get(row)?.schema;
    this.states[row] = start + known.length;
    return known.schema;
  }

  /** Parses a message, after which its beginning may be known. */
  #openUnknown(row: number, start: number, length: number): KnownBeginning | undefined {
    try {
      const opened = this.#layout.open(this.#topic, this.#bytes(row));
      const known = this.#layout.match(this.#topic, this.raw, start, length);
      if (known !== undefined) return known;
      this.states[row] = PARSED;
      this.#parsed.set(row, opened);
    } catch (error) {
      this.#fail(row, error);
      this.rows = row + 1;
    }
    return undefined;
  }

  /** Whether the payload of a row, which should be a struct, is null: nothing else that begins with that letter is JSON. */
  #isNull(row: number): boolean {
    const state = this.states[row] as number;
    if (state === PARSED) return this.#parsed.get(row)?.payload === null;
    const { bytes } = this.raw.region;
    const end = this.stop(row);
    let i = state;
    while (i < end && isBlank(bytes[i] as number)) i++;
    return i < end && bytes[i] === LETTER_N;
  }

  /** The value of a row that has one, by the row twin; undefined: it failed. */
  value(row: number): SchemaAndValue | undefined {
    try {
      const opened = this.#parsed.get(row);
      if (opened === undefined) return this.#layout.read(this.#topic, this.#bytes(row));
      return { schema: opened.schema, value: readPayload(opened.schema, opened.payload, this.#replaceNull) };
    } catch (error) {
      this.#fail(row, error);
      return undefined;
    }
  }

  #bytes(row: number): Uint8Array {
    return this.raw.region.bytes.subarray(this.start(row), this.stop(row));
  }

  /** See `Side.absent`. */
  absent(rows: number): Uint8Array | null {
    return this.#hasAbsent ? Uint8Array.from({ length: rows }, (_, row) => this.states[row] === ABSENT ? 1 : 0) : null;
  }

  #fail(row: number, error: unknown): void {
    // Anything else is a fault of the converter, not of the row: it must not be tolerated away.
    if (!(error instanceof ConnectError)) throw error;
    this.states[row] = FAILED;
    this.#failures.push({ row, error });
  }

  /** The run of the first `rows` rows. */
  end(rows: number, side: Side): ReadRun {
    return { rows, side, failures: this.#failures.filter((failure) => failure.row < rows) };
  }

  /**
   * Ends before a row that turned out to be of another kind than the bytes promised: something unusual stands behind its payload, or
   * it is a null in an unusual way. It may be the first one; then it makes a run by itself.
   */
  endBefore(row: number, read: SchemaAndValue, side: () => Side): ReadRun {
    if (row === 0) return this.end(1, sideOf(read));
    return this.end(row, this.states.subarray(0, row).some((state) => state !== ABSENT && state !== FAILED) ? side() : NULL_SIDE);
  }
}

/** The side of one record. */
function sideOf({ schema, value }: SchemaAndValue): Side {
  if (!(value instanceof Struct) || schema === null) return { schema, whole: true, columns: [{ kind: "values", data: [value] }] };
  return { schema, whole: false, columns: value.values.map((each): Column => ({ kind: "values", data: [each] })) };
}

/** Rows without a schema, and structs that are null. */
function readWhole(run: Run, { schema, isNull }: Head): ReadRun {
  const { rows, states } = run;
  const data: Value[] = new Array(rows).fill(null);
  const side = (): Side => ({
    schema,
    whole: true,
    columns: [isNull ? { kind: "constant", value: null } : { kind: "values", data }],
    absent: run.absent(rows),
  });
  for (let row = 0; row < rows; row++) {
    if (states[row] === ABSENT || states[row] === FAILED) continue;
    const read = run.value(row);
    if (read === undefined) continue;
    if (read.schema !== schema || (isNull && read.value !== null)) return run.endBefore(row, read, side);
    data[row] = read.value;
  }
  return run.end(rows, side());
}

function readColumns(run: Run, plan: ReadPlan, replaceNull: boolean, depth: 0 | 1): ReadRun {
  const { rows, states } = run;
  const { region } = run.raw;
  const growing = new GrowingSide(plan, region, rows);
  const scanner = new PayloadScanner(growing, replaceNull, depth);
  const side = (read: number) => growing.finish(read, run.absent(read));
  for (let row = 0; row < rows; row++) {
    const state = states[row] as number;
    if (state >= 0) {
      const end = run.stop(row);
      const next = scanner.scan(row, state, end);
      if (next >= 0 && (depth === 0 ? next === end : next < end && region.bytes[next] === CLOSE)) continue;
    }
    const read = state === ABSENT || state === FAILED ? undefined : run.value(row);
    if (read === undefined) {
      growing.skip(row);
    } else if (read.schema !== plan.schema || (read.value === null && !plan.whole)) {
      return run.endBefore(row, read, () => side(row));
    } else {
      growing.putRow(row, read.value);
    }
  }
  return run.end(rows, side(rows));
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
