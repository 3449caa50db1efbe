/** The loop over the live rows of a batch that all converters share, and what it does with a row that fails. */
import { type Arena, ConnectError, FAILED_ROW, liveRow, liveRows, NO_BYTES, type RecordBatch, type Stage } from "sdk";

/** Writes the bytes of one row into the arena it was made for. */
export interface RowWriter {
  /** Writes row `row` at `at` and returns the place after it, or NO_BYTES. Throws a ConnectError for a row that cannot be written. */
  write(row: number, at: number): number;
}

/** Who converts what, for the failures. */
export interface WriteOrigin {
  readonly stage: Stage;
  /** Java class name of the converter. */
  readonly component: string;
}

/** Writes all live rows one behind the other, from `arena.used` on, and fills `out` as `Converter.write` promises. */
export function writeRows(batch: RecordBatch, origin: WriteOrigin, arena: Arena, out: Int32Array, writer: RowWriter): void {
  const live = liveRows(batch);
  let at = arena.used;
  for (let i = 0; i < live; i++) {
    const row = liveRow(batch, i);
    let end: number;
    try {
      end = writer.write(row, at);
    } catch (error) {
      fail(batch, row, origin, error);
      end = FAILED_ROW;
    }
    out[2 * i] = at;
    out[2 * i + 1] = end < 0 ? end : end - at;
    if (end >= 0) at = end;
  }
  arena.used = at;
}

/** Gives all live rows the same bytes, made and written once; null = no bytes. */
export function writeSame(
  batch: RecordBatch,
  origin: WriteOrigin,
  arena: Arena,
  out: Int32Array,
  bytesOf: () => Uint8Array | null,
): void {
  const live = liveRows(batch);
  if (live === 0) return;
  const start = arena.used;
  let length = FAILED_ROW;
  try {
    const bytes = bytesOf();
    length = bytes === null ? NO_BYTES : bytes.length;
    if (bytes !== null) arena.used = putBytes(bytes, arena, start);
  } catch (error) {
    for (let i = 0; i < live; i++) fail(batch, liveRow(batch, i), origin, error);
  }
  for (let i = 0; i < live; i++) {
    out[2 * i] = start;
    out[2 * i + 1] = length;
  }
}

/** Turns values into bytes one by one: the row twin of a converter. */
export class ValueWriter implements RowWriter {
  readonly #arena: Arena;
  readonly #bytesOf: (row: number) => Uint8Array | null;

  constructor(arena: Arena, bytesOf: (row: number) => Uint8Array | null) {
    this.#arena = arena;
    this.#bytesOf = bytesOf;
  }

  write(row: number, at: number): number {
    const bytes = this.#bytesOf(row);
    return bytes === null ? NO_BYTES : putBytes(bytes, this.#arena, at);
  }
}

/** Puts bytes into the arena; returns the place after them. */
export function putBytes(bytes: Uint8Array, arena: Arena, at: number): number {
  arena.used = at;
  arena.reserve(bytes.length);
  arena.bytes.set(bytes, at);
  return at + bytes.length;
}

/** The topic of a row. */
export function topicOf(batch: RecordBatch, row: number): string {
  return typeof batch.topic === "string" ? batch.topic : batch.topic[row] as string;
}

function fail(batch: RecordBatch, row: number, { stage, component }: WriteOrigin, error: unknown): void {
  // Anything else is a fault of the converter, not of the row: it must not be tolerated away.
  if (!(error instanceof ConnectError)) throw error;
  batch.failures.push({ row, stage, component, error });
}
