/** From consumed bytes to the batches a sink gets: key, value and header conversion, then transformations, in Kafka Connect's order. */
import type { RowFailure, SinkBatch, Stage } from "../data/batch.ts";
import { NULL_SIDE } from "../data/column.ts";
import type { TimestampType } from "../data/record.ts";
import { sliceSide, withoutFailures } from "../data/selection.ts";
import type { Converter, RawSide, ReadRun } from "../sdk/converter.ts";
import type { Chosen, ChosenConverters } from "./converter_choice.ts";
import type { ConsumedRecords } from "./ports.ts";
import { type HeaderRun, readHeaderRuns } from "./sink_headers.ts";
import { readRows, SchemaCache } from "./sink_rows.ts";
import { isRetriable } from "./trace.ts";

/** Changes batches; gives back as many as it takes, in order. Rows that fail go to the batch's `failures`. */
export type SinkTransform = (batch: SinkBatch) => readonly SinkBatch[];

export interface SinkChainOptions {
  readonly converters: ChosenConverters;
  /** Whether headers are wanted, by the connector or by a transformation. */
  readonly readsHeaders: boolean;
  readonly transforms: readonly SinkTransform[];
}

/** Records of one topic and timestamp type. */
interface Stretch {
  readonly topic: string;
  readonly from: number;
  readonly to: number;
}

const TIMESTAMP_TYPES: readonly TimestampType[] = ["NoTimestampType", "CreateTime", "LogAppendTime"];

/** A walk over runs that lie end to end. */
interface Walk<R extends { readonly rows: number }> {
  readonly runs: readonly R[];
  index: number;
  /** Records of the current run that are behind us. */
  done: number;
}

/** Converts what was read from Kafka for one task. Rows that fail are taken out of `select` and stand in `failures`; the error policy decides. */
export class SinkChain {
  readonly #options: SinkChainOptions;
  readonly #schemas = { key: new SchemaCache(), value: new SchemaCache(), header: new SchemaCache() };

  constructor(options: SinkChainOptions) {
    this.#options = options;
  }

  /**
   * Batches over the memory of the records, in their order. A retriable error of a converter comes out as it is: convert again
   * later. With `lastTry` such an error is a failure of its row like any other.
   */
  convert(records: ConsumedRecords, lastTry = false): readonly SinkBatch[] {
    const mayRetry = (error: unknown) => !lastTry && isRetriable(error);
    const batches: SinkBatch[] = [];
    for (let from = 0; from < records.count;) {
      const stretch = stretchAt(records, from);
      for (const batch of this.#convertStretch(records, stretch, mayRetry)) batches.push(batch);
      from = stretch.to;
    }
    return batches.flatMap((batch) => this.#transformed(batch));
  }

  #convertStretch(records: ConsumedRecords, stretch: Stretch, mayRetry: (error: unknown) => boolean): SinkBatch[] {
    const { key, value, header } = this.#options.converters;
    const { region } = records;
    const keys = walk(this.#readSide(key, { region, slices: records.keys }, stretch, this.#schemas.key, mayRetry));
    const values = walk(this.#readSide(value, { region, slices: records.values }, stretch, this.#schemas.value, mayRetry));
    const headers = walk(
      this.#options.readsHeaders
        ? readHeaderRuns(header.converter, stretch.topic, records, stretch, this.#schemas.header, mayRetry)
        : [{ rows: stretch.to - stretch.from, headers: [], failures: [] }],
    );
    const batches: SinkBatch[] = [];
    for (let from = stretch.from; from < stretch.to;) {
      const rows = Math.min(leftOf(keys), leftOf(values), leftOf(headers));
      const failures: RowFailure[] = [];
      const parts = {
        key: this.#takeSide(keys, rows, { stage: "KEY_CONVERTER", component: key.class }, failures),
        value: this.#takeSide(values, rows, { stage: "VALUE_CONVERTER", component: value.class }, failures),
        headers: takeHeaders(headers, rows, header.class, failures),
        failures,
      };
      batches.push(withoutFailures({ ...batchOf(records, stretch.topic, from, rows), ...parts }));
      from += rows;
    }
    return batches;
  }

  /** Runs that cover the stretch. */
  #readSide(
    { converter }: Chosen<Converter>,
    raw: RawSide,
    stretch: Stretch,
    schemas: SchemaCache,
    mayRetry: (error: unknown) => boolean,
  ): readonly ReadRun[] {
    const runs: ReadRun[] = [];
    for (let from = stretch.from; from < stretch.to;) {
      const run = readColumns(converter, raw, { ...stretch, from }, mayRetry);
      if (run === undefined) return [...runs, ...readRows(converter, stretch.topic, raw, { from, to: stretch.to }, schemas, mayRetry)];
      runs.push(run);
      from += run.rows;
    }
    return runs;
  }

  #takeSide(
    side: Walk<ReadRun>,
    rows: number,
    part: { readonly stage: Stage; readonly component: string },
    failures: RowFailure[],
  ): SinkBatch["key"] {
    const { run, from } = take(side, rows);
    for (const { row, error } of failuresWithin(run, from, rows)) failures.push({ row, ...part, error });
    const slice = sliceSide(run.side, run.rows, from, from + rows);
    const [only] = slice.columns;
    // The same object for all that have no key lets sinks keep what they know of it.
    return slice.schema === null && slice.whole && only?.kind === "constant" && only.value === null ? NULL_SIDE : slice;
  }

  #transformed(batch: SinkBatch): readonly SinkBatch[] {
    return this.#options.transforms.reduce<readonly SinkBatch[]>((batches, transform) => batches.flatMap(transform), [batch]);
  }
}

/** One run by columns; undefined when the rows are to be read one by one: the converter knows no columns, or threw for all of them. */
function readColumns(converter: Converter, raw: RawSide, stretch: Stretch, mayRetry: (error: unknown) => boolean): ReadRun | undefined {
  if (converter.read === undefined) return undefined;
  try {
    const run = converter.read(stretch.topic, raw, stretch.from, stretch.to);
    const again = run.failures.find(({ error }) => mayRetry(error));
    if (again !== undefined) throw again.error;
    return run.rows >= 1 && run.rows <= stretch.to - stretch.from ? run : undefined;
  } catch (error) {
    if (mayRetry(error)) throw error;
    // Row by row the one at fault is found, and reported.
    return undefined;
  }
}

/** Records from there that share topic and timestamp type. */
function stretchAt({ count, topics, topicIndex, timestampTypes }: ConsumedRecords, from: number): Stretch {
  const index = topicIndex[from] as number;
  let to = from + 1;
  while (to < count && topicIndex[to] === index && timestampTypes[to] === timestampTypes[from]) to++;
  return { topic: topics[index] as string, from, to };
}

/** All of a batch that does not come from a converter. */
function batchOf(
  records: ConsumedRecords,
  topic: string,
  from: number,
  rows: number,
): Omit<SinkBatch, "key" | "value" | "headers" | "failures"> {
  const to = from + rows;
  const partitions = records.partitions.subarray(from, to);
  const partition = partitions.every((each) => each === partitions[0]) ? partitions[0] as number : partitions;
  const timestamps = records.timestamps.subarray(from, to);
  return {
    rows,
    select: null,
    topic,
    partition,
    timestamps: timestamps.every((each) => each < 0) ? null : timestamps,
    offsets: records.offsets.subarray(from, to),
    timestampType: TIMESTAMP_TYPES[records.timestampTypes[from] as number] ?? "NoTimestampType",
    origin: { topic, partition },
  };
}

function walk<R extends { readonly rows: number }>(runs: readonly R[]): Walk<R> {
  return { runs, index: 0, done: 0 };
}

function leftOf<R extends { readonly rows: number }>({ runs, index, done }: Walk<R>): number {
  return (runs[index] as R).rows - done;
}

/** Goes on by so many records, which all lie in the current run. */
function take<R extends { readonly rows: number }>(on: Walk<R>, rows: number): { readonly run: R; readonly from: number } {
  const run = on.runs[on.index] as R;
  const from = on.done;
  on.done += rows;
  if (on.done === run.rows) {
    on.index++;
    on.done = 0;
  }
  return { run, from };
}

function takeHeaders(headers: Walk<HeaderRun>, rows: number, component: string, failures: RowFailure[]): SinkBatch["headers"] {
  const { run, from } = take(headers, rows);
  for (const { row, error } of failuresWithin(run, from, rows)) failures.push({ row, stage: "HEADER_CONVERTER", component, error });
  if (from === 0 && rows === run.rows) return run.headers;
  return run.headers.map(({ name, schema, column }) => {
    const { columns: [part = column] } = sliceSide({ schema, whole: true, columns: [column] }, run.rows, from, from + rows);
    return { name, schema, column: part };
  });
}

function failuresWithin(
  { failures }: Pick<ReadRun, "failures">,
  from: number,
  rows: number,
): { readonly row: number; readonly error: Error }[] {
  return failures.filter(({ row }) => row >= from && row < from + rows).map(({ row, error }) => ({ row: row - from, error }));
}
