/** Rows of a batch as values and records: the only place that makes JavaScript strings of a column's bytes. */
import type { Batch, RecordBatch, SinkBatch } from "./batch.ts";
import { type HeaderReader, isAbsent, readHeaders, readSide, readValue, sliceText, TextCutter, type TextReader } from "./cells.ts";
import type { Column, Side, SliceColumn } from "./column.ts";
import type { SinkRecord, SourceRecord } from "./record.ts";
import type { Schema, Value } from "./schema.ts";

export { isAbsent };

/** Whether a row of a column is null. */
export function isNullAt(column: Column, row: number): boolean {
  switch (column.kind) {
    case "slices":
      return (column.at[column.first + row * column.stride] as number) < 0;
    case "numbers":
      return column.nulls !== null && column.nulls[row] === 1;
    case "constant":
      return column.value === null;
    case "values":
      return (column.data[row] ?? null) === null;
  }
}

/** The value of one row of a column under its schema. Bytes are copied: the value outlives the batch. */
export function valueAt(column: Column, schema: Schema | null, row: number): Value {
  return readValue(column, schema, row, sliceText);
}

/** The key or value of one row: a Struct of its columns, or the whole value; null where the row has none. */
export function sideAt(side: Side, row: number): Value {
  return readSide(side, row, sliceText);
}

/** The text of one row of a slice column, whatever `checked` says; null where there is none. */
export function textAt(column: SliceColumn, row: number): string | null {
  const start = column.at[column.first + row * column.stride] as number;
  return start < 0 ? null : sliceText(column, row);
}

/** One row as a record of its own, good for as long as it is wanted. For many rows of a batch, `RowView` is faster. */
export function recordAt(batch: RecordBatch, row: number): SourceRecord {
  return sourceRecord(batch, row, readHeaders(batch.headers, sliceText), sliceText);
}

/** `recordAt` for a batch that was read from Kafka. For many rows of a batch, `SinkRowView` is faster. */
export function sinkRecordAt(batch: SinkBatch, row: number): SinkRecord {
  return sinkRecord(batch, row, readHeaders(batch.headers, sliceText), sliceText);
}

/**
 * Records of many rows of one batch. Bytes of a region are turned into one string at the first use, which the texts of the
 * rows are then cut from: 10 ns a text instead of 50. Use it while the batch is valid; the records stay good after that.
 */
export class RowView {
  readonly #batch: RecordBatch;
  readonly #headers: HeaderReader;
  readonly #text: TextReader;

  constructor(batch: RecordBatch) {
    this.#batch = batch;
    this.#text = new TextCutter(batch).read;
    this.#headers = readHeaders(batch.headers, this.#text);
  }

  /** The record of a row, dead or alive. */
  record(row: number): SourceRecord {
    return sourceRecord(this.#batch, row, this.#headers, this.#text);
  }

  /** The value of one row of a column of this batch. */
  value(column: Column, schema: Schema | null, row: number): Value {
    return readValue(column, schema, row, this.#text);
  }
}

/** `RowView` for a batch that was read from Kafka. */
export class SinkRowView {
  readonly #batch: SinkBatch;
  readonly #headers: HeaderReader;
  readonly #text: TextReader;

  constructor(batch: SinkBatch) {
    this.#batch = batch;
    this.#text = new TextCutter(batch).read;
    this.#headers = readHeaders(batch.headers, this.#text);
  }

  /** The record of a row, dead or alive. */
  record(row: number): SinkRecord {
    return sinkRecord(this.#batch, row, this.#headers, this.#text);
  }

  /** The key of a row, null where it has none. */
  key(row: number): Value {
    return readSide(this.#batch.key, row, this.#text);
  }

  /** The value of a row, null where it has none. */
  rowValue(row: number): Value {
    return readSide(this.#batch.value, row, this.#text);
  }

  /** The value of one row of a column of this batch. */
  value(column: Column, schema: Schema | null, row: number): Value {
    return readValue(column, schema, row, this.#text);
  }
}

// Written out twice, as a spread would cost more than all the rest of a small record.
function sourceRecord(batch: RecordBatch, row: number, headers: HeaderReader, text: TextReader): SourceRecord {
  const partition = partitionOf(batch.partition, row);
  return {
    topic: topicOf(batch, row),
    partition: partition < 0 ? null : partition,
    keySchema: batch.key.schema,
    key: readSide(batch.key, row, text),
    valueSchema: batch.value.schema,
    value: readSide(batch.value, row, text),
    timestamp: batch.timestamps === null ? null : batch.timestamps[row] as number,
    headers: headers.map((header) => header(row)),
    sourcePartition: batch.position.partition,
    sourceOffset: batch.position.offset(row),
  };
}

function sinkRecord(batch: SinkBatch, row: number, headers: HeaderReader, text: TextReader): SinkRecord {
  const timestamp = batch.timestamps === null ? -1 : batch.timestamps[row] as number;
  return {
    topic: topicOf(batch, row),
    partition: partitionOf(batch.partition, row),
    keySchema: isAbsent(batch.key, row) ? null : batch.key.schema,
    key: readSide(batch.key, row, text),
    valueSchema: isAbsent(batch.value, row) ? null : batch.value.schema,
    value: readSide(batch.value, row, text),
    // Kafka says "none" with -1.
    timestamp: timestamp < 0 ? null : timestamp,
    headers: headers.map((header) => header(row)),
    offset: batch.offsets[row] as number,
    timestampType: batch.timestampType,
    originalTopic: batch.origin.topic,
    originalPartition: partitionOf(batch.origin.partition, row),
  };
}

function topicOf(batch: Batch, row: number): string {
  return typeof batch.topic === "string" ? batch.topic : batch.topic[row] as string;
}

function partitionOf(partition: number | Int32Array, row: number): number {
  return typeof partition === "number" ? partition : partition[row] as number;
}
