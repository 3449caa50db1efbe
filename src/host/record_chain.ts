/** From a polled batch to bytes in the producer's arena: header, key and value conversion, in Kafka Connect's order. */
import { liveRow, liveRows, type RecordBatch, type Stage } from "../data/batch.ts";
import type { HeaderColumn, Side } from "../data/column.ts";
import type { Arena } from "../data/region.ts";
import { sideAt, valueAt } from "../data/row_view.ts";
import type { Schema } from "../data/schema.ts";
import type { Value } from "../data/value.ts";
import { FAILED_ROW, NO_BYTES } from "../sdk/converter.ts";
import type { Chosen, ChosenConverters } from "./converter_choice.ts";
import { isRetriable } from "./trace.ts";

/** A header of every live row; lengths as in a converter's slice table. */
export interface ConvertedHeader {
  readonly name: string;
  readonly slices: Int32Array;
  /** One slice for all rows. */
  readonly constant: boolean;
}

/** A batch whose bytes lie in the arena. Entry i of each table belongs to the i-th live row. Valid until the next conversion. */
export interface ConvertedBatch {
  readonly batch: RecordBatch;
  readonly live: number;
  readonly keys: Int32Array;
  readonly values: Int32Array;
  readonly headers: readonly ConvertedHeader[];
}

/** Who converts a column or a side, for the failures it meets. */
interface Part {
  readonly stage: Stage;
  readonly component: string;
}

/** Bytes of a constant header, kept while the next batch has the same value. */
interface CachedHeader {
  readonly topic: string;
  readonly name: string;
  readonly schema: Schema | null;
  readonly value: Value;
  readonly bytes: Uint8Array | null;
}

/**
 * Converts batch after batch of one task. Its tables are used again, so a batch is to be produced before the next is converted.
 * A row that cannot be converted is marked and stands in `batch.failures`; the error policy decides.
 */
export class RecordChain {
  readonly #key: Chosen<ChosenConverters["key"]["converter"]>;
  readonly #value: Chosen<ChosenConverters["value"]["converter"]>;
  readonly #header: ChosenConverters["header"];
  readonly #tables: Int32Array[] = [];
  readonly #headerCache: CachedHeader[] = [];

  constructor(converters: ChosenConverters) {
    this.#key = converters.key;
    this.#value = converters.value;
    this.#header = converters.header;
  }

  /**
   * Writes a batch into the arena, from its start. A retriable error of a converter comes out as it is, with nothing appended to
   * `failures`: convert again later. With `lastTry` such an error is a failure of its row like any other.
   */
  convert(batch: RecordBatch, arena: Arena, lastTry = false): ConvertedBatch {
    const known = batch.failures.length;
    const live = liveRows(batch);
    arena.used = 0;
    try {
      const headers = batch.headers.map((header, i) => this.#convertHeader(batch, header, i, arena));
      const keys = this.#convertSide(batch, "key", arena, this.#table(0, live));
      const values = this.#convertSide(batch, "value", arena, this.#table(1, live));
      const retriable = lastTry ? undefined : batch.failures.slice(known).find((failure) => isRetriable(failure.error));
      if (retriable !== undefined) throw retriable.error;
      return { batch, live, keys, values, headers };
    } catch (error) {
      batch.failures.length = known;
      if (lastTry && isRetriable(error)) return this.#convertByRows(batch, arena);
      throw error;
    }
  }

  #convertSide(batch: RecordBatch, name: "key" | "value", arena: Arena, out: Int32Array): Int32Array {
    const { converter } = name === "key" ? this.#key : this.#value;
    const known = batch.failures.length;
    const used = arena.used;
    try {
      converter.write(batch, name, arena, out);
    } catch (error) {
      if (isRetriable(error)) throw error;
      // The rows are converted one by one, which finds the one at fault.
      batch.failures.length = known;
      arena.used = used;
      this.#writeSideRows(batch, name, arena, out);
    }
    return out;
  }

  /** The last try of a batch whose converter asked to be called again: each row fails or passes by itself. */
  #convertByRows(batch: RecordBatch, arena: Arena): ConvertedBatch {
    const live = liveRows(batch);
    arena.used = 0;
    const headers = batch.headers.map((header, i): ConvertedHeader => {
      const out = this.#table(2 + i, live);
      this.#writeHeaderRows(batch, header, arena, out);
      return { name: header.name, slices: out, constant: false };
    });
    const keys = this.#table(0, live);
    const values = this.#table(1, live);
    this.#writeSideRows(batch, "key", arena, keys);
    this.#writeSideRows(batch, "value", arena, values);
    return { batch, live, keys, values, headers };
  }

  #writeSideRows(batch: RecordBatch, name: "key" | "value", arena: Arena, out: Int32Array): void {
    const { converter, class: component } = name === "key" ? this.#key : this.#value;
    const side: Side = batch[name];
    const part: Part = { stage: name === "key" ? "KEY_CONVERTER" : "VALUE_CONVERTER", component };
    writeRows(batch, part, arena, out, (row) => converter.toBytes(topicOf(batch, row), side.schema, sideAt(side, row)));
  }

  #convertHeader(batch: RecordBatch, header: HeaderColumn, index: number, arena: Arena): ConvertedHeader {
    const { name, schema, column } = header;
    if (column.kind === "constant" && typeof batch.topic === "string") {
      const bytes = this.#constantHeader(batch, header, column.value, index);
      if (bytes !== undefined) return { name, slices: placed(bytes, arena), constant: true };
    }
    const slices = this.#table(2 + index, liveRows(batch));
    const known = batch.failures.length;
    const used = arena.used;
    try {
      if (this.#header.converter.writeColumn === undefined) this.#writeHeaderRows(batch, header, arena, slices);
      else this.#header.converter.writeColumn(batch, schema, column, arena, slices);
    } catch (error) {
      if (isRetriable(error)) throw error;
      batch.failures.length = known;
      arena.used = used;
      this.#writeHeaderRows(batch, header, arena, slices);
    }
    return { name, slices, constant: false };
  }

  /** Converts a constant header once for as long as it stays the same; undefined when it cannot be converted. */
  #constantHeader(batch: RecordBatch, { name, schema }: HeaderColumn, value: Value, index: number): Uint8Array | null | undefined {
    const topic = topicOf(batch, 0);
    const cached = this.#headerCache[index];
    if (
      cached !== undefined && Object.is(cached.value, value) && cached.schema === schema && cached.name === name && cached.topic === topic
    ) return cached.bytes;
    try {
      const bytes = this.#header.converter.toHeader(topic, name, schema, value);
      this.#headerCache[index] = { topic, name, schema, value, bytes };
      return bytes;
    } catch (error) {
      // Not swallowed: the conversion row by row meets it again and reports it for each row.
      if (isRetriable(error)) throw error;
      return undefined;
    }
  }

  #writeHeaderRows(batch: RecordBatch, { name, schema, column }: HeaderColumn, arena: Arena, out: Int32Array): void {
    const { converter, class: component } = this.#header;
    const part: Part = { stage: "HEADER_CONVERTER", component };
    writeRows(batch, part, arena, out, (row) => converter.toHeader(topicOf(batch, row), name, schema, valueAt(column, schema, row)));
  }

  /** A slice table for at least `live` rows; its content is whatever was there. */
  #table(index: number, live: number): Int32Array {
    const table = this.#tables[index];
    if (table !== undefined && table.length >= 2 * live) return table;
    return this.#tables[index] = new Int32Array(2 * Math.max(live, 1024));
  }
}

/** The slow road, row by row: where a converter has no other, or failed on a whole batch. */
function writeRows(batch: RecordBatch, part: Part, arena: Arena, out: Int32Array, bytesOf: (row: number) => Uint8Array | null): void {
  const live = liveRows(batch);
  for (let i = 0; i < live; i++) {
    const row = liveRow(batch, i);
    try {
      writeSlice(bytesOf(row), arena, out, i);
    } catch (error) {
      out[2 * i + 1] = FAILED_ROW;
      batch.failures.push({ row, ...part, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
}

function placed(bytes: Uint8Array | null, arena: Arena): Int32Array {
  const slice = new Int32Array(2);
  writeSlice(bytes, arena, slice, 0);
  return slice;
}

function writeSlice(bytes: Uint8Array | null, arena: Arena, out: Int32Array, index: number): void {
  out[2 * index] = arena.used;
  out[2 * index + 1] = bytes === null ? NO_BYTES : bytes.length;
  if (bytes === null) return;
  arena.reserve(bytes.length);
  arena.bytes.set(bytes, arena.used);
  arena.used += bytes.length;
}

function topicOf(batch: RecordBatch, row: number): string {
  return typeof batch.topic === "string" ? batch.topic : batch.topic[row] as string;
}
