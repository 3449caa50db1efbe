/** Consumed records for tests of converters, and what the two ways of reading them make of each. */
import assert from "node:assert/strict";
import {
  allocateRegion,
  ConnectError,
  type Converter,
  type RawSide,
  type ReadRun,
  type Schema,
  schemasEqual,
  type Side,
  sideAt,
  type Value,
  valuesEqual,
} from "sdk";

/** What became of a record. */
type Outcome = { readonly schema: Schema | null; readonly value: Value } | { readonly error: Error };

/** The records one behind the other, with a byte between them that no JSON ends in. */
export function rawSideOf(records: readonly (Uint8Array | null)[]): RawSide {
  const region = allocateRegion(records.reduce((sum, record) => sum + (record?.length ?? 0) + 1, 0));
  const slices = new Int32Array(2 * records.length);
  records.forEach((record, i) => {
    region.bytes[region.used++] = 0x5c;
    slices[2 * i] = region.used;
    slices[2 * i + 1] = record === null ? -1 : record.length;
    if (record !== null) region.bytes.set(record, region.used);
    region.used += record?.length ?? 0;
  });
  return { region, slices };
}

/** All runs a converter makes of the records. */
export function runsOf(converter: Converter, records: readonly (Uint8Array | null)[], topic = "t"): ReadRun[] {
  const raw = rawSideOf(records);
  const runs: ReadRun[] = [];
  for (let from = 0; from < records.length;) {
    const run = converter.read?.(topic, raw, from, records.length);
    assert.ok(run !== undefined && run.rows > 0 && from + run.rows <= records.length);
    assert.ok(run.failures.every(({ row }) => row < run.rows));
    runs.push(run);
    from += run.rows;
  }
  return runs;
}

/** Asserts that reading records in runs gives the values and errors that reading them one by one gives. */
export function assertReadsLikeRows(converter: Converter, twin: Converter, records: readonly (Uint8Array | null)[]): ReadRun[] {
  const runs = runsOf(converter, records);
  // All runs are read before any is judged: none may use memory of another.
  const outcomes = runs.flatMap(outcomesOf);
  records.forEach((record, i) => {
    const expected = read(twin, record);
    const given = outcomes[i] as Outcome;
    assert.deepEqual(errorOf(given), errorOf(expected), `record ${i}`);
    if ("error" in expected || "error" in given) return;
    assert.ok(schemasEqual(given.schema, expected.schema), `record ${i}: schema`);
    assert.ok(valuesEqual(given.value, expected.value), `record ${i}: ${Deno.inspect(given.value)} for ${Deno.inspect(expected.value)}`);
  });
  return runs;
}

function outcomesOf({ rows, side, failures }: ReadRun): Outcome[] {
  return Array.from({ length: rows }, (_, row) => {
    const failed = failures.filter((failure) => failure.row === row);
    assert.ok(failed.length <= 1, "failed twice");
    const [failure] = failed;
    return failure === undefined ? { schema: schemaOf(side, row), value: sideAt(side, row) } : { error: failure.error };
  });
}

function schemaOf(side: Side, row: number): Schema | null {
  return side.absent?.[row] === 1 ? null : side.schema;
}

function read(converter: Converter, record: Uint8Array | null): Outcome {
  try {
    return converter.fromBytes("t", record);
  } catch (error) {
    if (error instanceof ConnectError) return { error };
    throw error;
  }
}

/** An error as what is seen of it: its messages and classes, causes included. */
function errorOf(outcome: Outcome): string[] {
  const words: string[] = [];
  let error: unknown = "error" in outcome ? outcome.error : undefined;
  while (error instanceof Error) {
    words.push(`${error instanceof ConnectError ? error.javaClass : error.name}: ${error.message}`);
    error = error.cause;
  }
  return words;
}
