/** From the rows of simple connectors and row transformations back to batches. */
import type { RecordBatch } from "./batch.ts";
import type { Column, HeaderColumn, Side } from "./column.ts";
import type { ConnectRecord, Header, SourcePartition, SourceRecord } from "./record.ts";
import { type Schema, Struct, type Value } from "./schema.ts";

/**
 * Batches of these records, in their order: one for each run of records that have the same schemas (the same objects), source
 * partition, header names and header schemas. `failures` of the batches are empty, `token` is not set.
 */
export function batchesOfRows(records: readonly SourceRecord[]): RecordBatch[] {
  const batches: RecordBatch[] = [];
  let from = 0;
  for (let i = 1; i <= records.length; i++) {
    const record = records[i];
    if (record !== undefined && sameBatch(records[i - 1] as SourceRecord, record)) continue;
    batches.push(batchOf(records.slice(from, i)));
    from = i;
  }
  return batches;
}

function sameBatch(a: SourceRecord, b: SourceRecord): boolean {
  return a.keySchema === b.keySchema && a.valueSchema === b.valueSchema &&
    hasColumns(a.keySchema, a.key) === hasColumns(b.keySchema, b.key) &&
    hasColumns(a.valueSchema, a.value) === hasColumns(b.valueSchema, b.value) &&
    (a.timestamp === null) === (b.timestamp === null) &&
    sameHeaders(a.headers, b.headers) && samePartition(a.sourcePartition, b.sourcePartition);
}

/** A struct of another schema object stays whole: the converter compares the two and says what it finds. */
function hasColumns(schema: Schema | null, value: Value): boolean {
  return schema !== null && schema.type === "STRUCT" && value instanceof Struct && value.schema === schema;
}

function sameHeaders(a: readonly Header[], b: readonly Header[]): boolean {
  return a === b ||
    a.length === b.length && a.every((header, i) => header.name === b[i]?.name && header.schema === b[i]?.schema);
}

function samePartition(a: SourcePartition, b: SourcePartition): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name]);
}

function batchOf(records: readonly SourceRecord[]): RecordBatch {
  const [first] = records as readonly [SourceRecord, ...SourceRecord[]];
  const partitions = records.map((record) => record.partition ?? -1);
  return {
    rows: records.length,
    select: null,
    topic: records.every((record) => record.topic === first.topic) ? first.topic : records.map((record) => record.topic),
    partition: partitions.every((partition) => partition === partitions[0]) ? partitions[0] as number : Int32Array.from(partitions),
    timestamps: first.timestamp === null ? null : Float64Array.from(records, (record) => record.timestamp ?? 0),
    key: sideOf(records, first.keySchema, first.key, (record) => record.key),
    value: sideOf(records, first.valueSchema, first.value, (record) => record.value),
    headers: first.headers.map((header, i) => headerColumn(header, records.map((record) => record.headers[i]?.value ?? null))),
    position: {
      partition: first.sourcePartition,
      offset: (row) => (records[row] as SourceRecord).sourceOffset,
    },
    failures: [],
  };
}

function sideOf(
  records: readonly ConnectRecord[],
  schema: Schema | null,
  first: Value,
  valueOf: (record: ConnectRecord) => Value,
): Side {
  if (schema === null || !hasColumns(schema, first)) return { schema, whole: true, columns: [columnOf(records.map(valueOf))] };
  const structs = records.map((record) => valueOf(record) as Struct);
  const columns = schema.fields.map((_, i): Column => ({ kind: "values", data: structs.map((struct) => struct.values[i] ?? null) }));
  return { schema, whole: false, columns };
}

function headerColumn({ name, schema }: Header, values: readonly Value[]): HeaderColumn {
  return { name, schema, column: columnOf(values) };
}

/** Converters write a constant once, and null keys are the rule. */
function columnOf(values: readonly Value[]): Column {
  const value = values[0] ?? null;
  return values.every((each) => each === value) ? { kind: "constant", value } : { kind: "values", data: values };
}
