import assert from "node:assert/strict";
import fc from "fast-check";
import { liveRow, liveRows, type SinkBatch } from "../../../src/data/batch.ts";
import type { SinkRecord } from "../../../src/data/record.ts";
import { sinkRecordAt } from "../../../src/data/row_view.ts";
import { valuesEqual } from "../../../src/data/schema_equality.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { converters } from "../../../src/converters/mod.ts";
import { chooseConverters, type ChosenConverters } from "../../../src/host/converter_choice.ts";
import { SinkChain, type SinkTransform } from "../../../src/host/sink_chain.ts";
import type { ConsumedRecords } from "../../../src/host/ports.ts";
import type { AnyConverter, Converter } from "../../../src/sdk/converter.ts";
import { RetriableError } from "../../../src/sdk/errors.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { FakeConsumer, FakeTopics, type WrittenRecord } from "../../fakes/fake_consumer.ts";
import { TEXT_CONVERTER, TextConverterScript } from "../../fakes/text_converter.ts";
import { scriptedSpec } from "./one_task.ts";

const JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter";

/** What is read of these partitions in one go. */
function consumed(
  partitions: readonly { readonly topic: string; readonly records: readonly WrittenRecord[] }[],
  withHeaders = false,
): ConsumedRecords {
  const log = new FakeTopics();
  const consumer = new FakeConsumer(new FakeClock(), {}, withHeaders, log);
  partitions.forEach(({ topic, records }, partition) => {
    log.write(topic, partition, ...records);
    consumer.assign([{ topic, partition, offset: null }]);
  });
  const records = consumer.read(10_000);
  if (records === undefined) throw new Error("nothing was written");
  return records;
}

function textConverters(script: TextConverterScript): ChosenConverters {
  return chooseConverters([script.definition], scriptedSpec());
}

/** Values through JSON, keys as text. */
function jsonConverters(): ChosenConverters {
  return chooseConverters(
    [...converters, new TextConverterScript().definition],
    scriptedSpec({ "value.converter": JSON_CONVERTER, "key.converter": JSON_CONVERTER }),
  );
}

/** The same converters without their way by columns. */
function byRows(chosen: ChosenConverters): ChosenConverters {
  const rows = ({ converter }: { readonly converter: Converter }): Converter => ({
    write: (...of) => converter.write(...of),
    toBytes: (...of) => converter.toBytes(...of),
    fromBytes: (...of) => converter.fromBytes(...of),
  });
  return { ...chosen, key: { ...chosen.key, converter: rows(chosen.key) }, value: { ...chosen.value, converter: rows(chosen.value) } };
}

function chainOf(
  chosen: ChosenConverters,
  parts: { readonly readsHeaders?: boolean; readonly transforms?: readonly SinkTransform[] } = {},
): SinkChain {
  return new SinkChain({ converters: chosen, readsHeaders: parts.readsHeaders ?? false, transforms: parts.transforms ?? [] });
}

function recordsOf(batches: readonly SinkBatch[]): SinkRecord[] {
  return batches.flatMap((batch) => Array.from({ length: liveRows(batch) }, (_, i) => sinkRecordAt(batch, liveRow(batch, i))));
}

const envelope = (schema: unknown, payload: unknown) => JSON.stringify({ schema, payload });
const INT = { type: "int32", optional: true };
const ROW = { type: "struct", optional: true, fields: [{ ...INT, field: "a" }, { type: "string", optional: true, field: "b" }] };
const WIDE = { ...ROW, fields: [...ROW.fields, { ...INT, field: "c" }] };

const anyBytes = fc.oneof(
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom("{", "", "[1]", envelope(INT, "x")) },
  { weight: 2, arbitrary: fc.integer({ min: -5, max: 5 }).map((n) => envelope(INT, n)) },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.integer({ min: 0, max: 9 }), fc.constantFrom("x", "é", 'q"', null)).map(([a, b]) => envelope(ROW, { a, b })),
  },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 9 }).map((a) => envelope(WIDE, { a, b: "w", c: a })) },
  { weight: 1, arbitrary: fc.constant(envelope(ROW, null)) },
);
const anyRecord: fc.Arbitrary<WrittenRecord> = fc.record({ key: anyBytes, value: anyBytes, timestamp: fc.constantFrom(-1, 5, 6) });
const anyPartitions = fc.array(
  fc.record({ topic: fc.constantFrom("t", "u"), records: fc.array(anyRecord, { minLength: 1, maxLength: 12 }) }),
  { minLength: 1, maxLength: 4 },
);

Deno.test("SinkChain.convert() gives every record what its converter makes of it alone, in order, by columns and by rows", () => {
  fc.assert(fc.property(anyPartitions, (partitions) => {
    const chosen = jsonConverters();
    const records = consumed(partitions);
    for (const each of [chosen, byRows(chosen)]) {
      const batches = chainOf(each).convert(records);
      const made = recordsOf(batches);
      const failed = batches.flatMap((batch) =>
        batch.failures.map(({ row, stage, error }) =>
          `${batch.topic} ${partitionAt(batch, row)} ${batch.offsets[row]} ${stage} ${error.message}`
        )
      );
      assert.deepEqual(failed.sort(), expectedFailures(partitions, chosen).sort());
      assert.deepEqual(
        made.map((
          { topic, partition, offset, timestamp, keySchema, valueSchema },
        ) => [topic, partition, offset, timestamp, keySchema?.type, valueSchema?.fields.length]),
        expectedRecords(partitions, chosen).map(({ topic, partition, offset, timestamp, key, value }) => [
          ...[topic, partition, offset, timestamp, key.schema?.type, value.schema?.fields.length],
        ]),
      );
      expectedRecords(partitions, chosen).forEach(({ key, value }, i) => {
        assert.ok(valuesEqual(made[i]?.key ?? null, key.value) && valuesEqual(made[i]?.value ?? null, value.value));
      });
    }
  }));
});

function partitionAt({ partition }: SinkBatch, row: number): number {
  return typeof partition === "number" ? partition : partition[row] as number;
}

type Written = readonly { readonly topic: string; readonly records: readonly WrittenRecord[] }[];

function expectedRecords(partitions: Written, { key, value }: ChosenConverters) {
  return everyRecord(partitions).flatMap(({ topic, partition, offset, record }) => {
    try {
      const read = {
        key: key.converter.fromBytes(topic, bytesOf(record.key)),
        value: value.converter.fromBytes(topic, bytesOf(record.value)),
      };
      return [{ topic, partition, offset, timestamp: record.timestamp === -1 ? null : record.timestamp, ...read }];
    } catch {
      return []; // Told by `expectedFailures`.
    }
  });
}

function expectedFailures(partitions: Written, { key, value }: ChosenConverters): string[] {
  const failures: string[] = [];
  for (const { topic, partition, offset, record } of everyRecord(partitions)) {
    for (const [stage, { converter }, text] of [["KEY_CONVERTER", key, record.key], ["VALUE_CONVERTER", value, record.value]] as const) {
      try {
        converter.fromBytes(topic, bytesOf(text));
      } catch (error) {
        failures.push(`${topic} ${partition} ${offset} ${stage} ${(error as Error).message}`);
      }
    }
  }
  return failures;
}

function everyRecord(partitions: Written) {
  return partitions.flatMap(({ topic, records }, partition) => records.map((record, offset) => ({ topic, partition, offset, record })));
}

function bytesOf(text: string | null | undefined): Uint8Array | null {
  return text === null || text === undefined ? null : new TextEncoder().encode(text);
}

Deno.test("SinkChain.convert() keeps records of one schema together, tombstones and other partitions among them", () => {
  const row = (a: number) => ({ key: null, value: envelope(ROW, { a, b: null }) });
  const batches = chainOf(jsonConverters()).convert(consumed([
    { topic: "t", records: [row(1), { value: null }, row(2)] },
    { topic: "t", records: [row(3)] },
    { topic: "u", records: [row(4)] },
  ]));
  assert.deepEqual(batches.map(({ topic, rows }) => [topic, rows]), [["t", 4], ["u", 1]]);
  const [first, second] = batches;
  assert.deepEqual([[...first?.partition as Int32Array], second?.partition], [[0, 0, 0, 1], 2]);
  assert.deepEqual([...first?.value.absent ?? []], [0, 1, 0, 0]);
  assert.equal(first?.value.schema, second?.value.schema, "one object for one schema");
});

Deno.test("SinkChain.convert() gives one object for equal schemas again and again, also by rows", () => {
  const chain = chainOf(byRows(jsonConverters()));
  const schemas = [1, 2, 3].map((a) =>
    chain.convert(consumed([{ topic: "t", records: [{ value: envelope(ROW, { a, b: "" }) }] }]))[0]?.value.schema
  );
  assert.ok(schemas[0] !== null && schemas[0] === schemas[1] && schemas[1] === schemas[2]);
});

Deno.test("SinkChain.convert() cuts where the timestamp's type changes, and has no timestamps where none is known", () => {
  const script = new TextConverterScript();
  const batches = chainOf(textConverters(script)).convert(consumed([{
    topic: "t",
    records: [{ value: "a", timestamp: -1 }, { value: "b", timestamp: -1 }, { value: "c", timestamp: 7 }],
  }]));
  assert.deepEqual(batches.map(({ timestampType, timestamps }) => [timestampType, timestamps]), [
    ["NoTimestampType", null],
    ["CreateTime", Float64Array.of(7)],
  ]);
});

Deno.test("SinkChain.convert() reads headers only when they are wanted, cut where names or schemas change", () => {
  const script = new TextConverterScript();
  const records = consumed([{
    topic: "t",
    records: [
      { value: "a", headers: [["h", "1"]] },
      { value: "b", headers: [["h", "2"]] },
      { value: "c", headers: [["h", null]] },
      { value: "d", headers: [["x", "3"]] },
      { value: "e", headers: [["x", "bad"]] },
    ],
  }], true);
  script.bad.add("bad");
  const plain = chainOf(textConverters(script)).convert(records);
  assert.deepEqual(plain.map(({ rows, headers }) => [rows, headers.length]), [[5, 0]]);
  const batches = chainOf(textConverters(script), { readsHeaders: true }).convert(records);
  assert.deepEqual(
    recordsOf(batches).map(({ value, headers }) => [value, ...headers.map((header) => `${header.name}=${header.value}`)]),
    [["a", "h=1"], ["b", "h=2"], ["c", "h=null"], ["d", "x=3"]],
  );
  const failures = batches.flatMap((batch) => batch.failures);
  assert.deepEqual(failures.map(({ stage, component }) => [stage, component]), [["HEADER_CONVERTER", TEXT_CONVERTER]]);
});

Deno.test("SinkChain.convert() lets a retriable error out, and on the last try makes it a failure of its row", () => {
  const script = new TextConverterScript();
  const chain = chainOf(textConverters(script));
  const records = consumed([{ topic: "t", records: [{ value: "a" }, { value: "b" }] }]);
  script.retries = 1;
  assert.throws(() => chain.convert(records), RetriableError);
  script.retries = 1;
  const [batch] = chain.convert(records, true);
  assert.deepEqual([batch?.failures.map(({ row }) => row), [...batch?.select ?? []]], [[0], [1]]);
});

Deno.test("SinkChain.convert() reads row by row where a converter throws for all, or gives runs that cannot be", () => {
  const script = new TextConverterScript();
  const text = textConverters(script);
  const records = consumed([{ topic: "t", records: [{ value: "a" }, { value: "b" }] }]);
  const side = { schema: null, whole: true, columns: [{ kind: "constant", value: null }] } as const;
  for (
    const read of [
      () => {
        throw new Error("not now");
      },
      () => ({ rows: 3, side, failures: [] }),
      () => ({ rows: 0, side, failures: [] }),
    ]
  ) {
    const value = { ...text.value, converter: { ...text.value.converter, read } };
    assert.deepEqual(recordsOf(chainOf({ ...text, value }).convert(records)).map((record) => record.value), ["a", "b"]);
  }
});

Deno.test("SinkChain.convert() hands batches through its transformations, failed rows left out", () => {
  const script = new TextConverterScript();
  script.bad.add("bad");
  const seen: unknown[][] = [];
  const renamed: SinkTransform = (batch) => {
    seen.push(recordsOf([batch]).map(({ value }) => value));
    return [{ ...batch, topic: "renamed" }];
  };
  const twice: SinkTransform = (batch) => [{ ...batch, select: Int32Array.of(0) }, { ...batch, select: Int32Array.of(2) }];
  const batches = chainOf(textConverters(script), { transforms: [renamed, twice] })
    .convert(consumed([{ topic: "t", records: [{ value: "a" }, { value: "bad" }, { value: "c" }] }]));
  assert.deepEqual(seen, [["a", "c"]]);
  assert.deepEqual(recordsOf(batches).map(({ topic, originalTopic, value }) => [topic, originalTopic, value]), [["renamed", "t", "a"], [
    "renamed",
    "t",
    "c",
  ]]);
});

Deno.test("SinkChain with every converter of the registry gives null and no failure for a record without bytes", () => {
  for (const definition of converters as readonly AnyConverter[]) {
    const config = parseConfig(definition.config, { "converter.type": "value" });
    if (definition.create === undefined || !config.ok) continue;
    const converter = definition.create(config.values);
    const chosen = { ...textConverters(new TextConverterScript()), value: { class: definition.class, converter } };
    const [record] = recordsOf(chainOf(chosen).convert(consumed([{ topic: "t", records: [{ value: null }] }])));
    assert.equal(record?.value, null, definition.class);
  }
});
