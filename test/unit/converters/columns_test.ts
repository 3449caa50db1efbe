import assert from "node:assert/strict";
import fc from "fast-check";
import {
  allocateRegion,
  ConnectError,
  type Converter,
  ESCAPED,
  FAILED_ROW,
  heapArena,
  liveRow,
  liveRows,
  NO_BYTES,
  NON_ASCII,
  primitiveSchema,
  recordAt,
  type RecordBatch,
  structSchema,
} from "sdk";
import { anyBatch } from "../../fakes/random_batches.ts";
import { converterOf, jsonConverterOf, shown } from "./captures.ts";

/** What a converter writes for each live row: text, null for no bytes, or the error. */
type Outcome = string | null;

function fromColumns(converter: Converter, batch: RecordBatch): Outcome[] {
  // Small, so that it grows in the middle of a record, and not empty, as keys may lie there already.
  const arena = heapArena(16);
  arena.used = 3;
  const out = new Int32Array(2 * liveRows(batch));
  batch.failures.length = 0;
  converter.write(batch, "value", arena, out);
  return Array.from({ length: liveRows(batch) }, (_, i) => {
    const [start = 0, length = 0] = out.subarray(2 * i);
    if (length === NO_BYTES) return null;
    if (length !== FAILED_ROW) return shown(arena.bytes.slice(start, start + length));
    return batch.failures.find((failure) => failure.row === liveRow(batch, i))?.error.message ?? "no failure";
  });
}

function fromRows(converter: Converter, batch: RecordBatch): Outcome[] {
  return Array.from({ length: liveRows(batch) }, (_, i) => {
    try {
      const { topic, valueSchema, value } = recordAt(batch, liveRow(batch, i));
      return shown(converter.toBytes(topic, valueSchema, value));
    } catch (error) {
      if (error instanceof ConnectError) return error.message;
      throw error;
    }
  });
}

const SUBJECTS: readonly (readonly [string, Converter])[] = [
  ["JsonConverter", jsonConverterOf()],
  ["JsonConverter with numeric decimals", jsonConverterOf("numeric")],
  ["JsonConverter keeping nulls", jsonConverterOf("nulls")],
  ["JsonConverter without schemas", jsonConverterOf("schemaless")],
  ["StringConverter", converterOf("StringConverter")],
  ["StringConverter in UTF-16", converterOf("StringConverter", { "converter.encoding": "UTF-16" })],
];

for (const [name, converter] of SUBJECTS) {
  Deno.test(`${name} writes from columns what it writes from rows, for random batches`, () => {
    fc.assert(fc.property(anyBatch, ({ batch }) => assert.deepEqual(fromColumns(converter, batch), fromRows(converter, batch))), {
      numRuns: 300,
    });
  });
}

Deno.test("JsonConverter writes JSON that JSON.parse reads as the values, for random batches", () => {
  const converter = jsonConverterOf("schemaless");
  fc.assert(fc.property(anyBatch, ({ batch, schema, values }) => {
    fromColumns(converter, batch).forEach((text, i) => {
      const row = liveRow(batch, i);
      if (batch.failures.some((failure) => failure.row === row)) return;
      const parsed = JSON.parse(text ?? "");
      schema.fields.forEach((field, f) => {
        const value = values[f]?.[row];
        if (typeof value === "string") assert.equal(parsed[field.name], value);
        if (typeof value === "number" && Number.isFinite(value) && field.schema.type !== "FLOAT32") assert.equal(parsed[field.name], value);
      });
    });
  }));
});

Deno.test("JsonConverter reads back every value it wrote, for random batches", () => {
  const converter = jsonConverterOf("nulls");
  fc.assert(fc.property(anyBatch, ({ batch }) => {
    fromColumns(converter, batch).forEach((text, i) => {
      const row = liveRow(batch, i);
      if (batch.failures.some((failure) => failure.row === row) || text === null) return;
      const { schema, value } = converter.fromBytes("t", new TextEncoder().encode(text));
      assert.equal(shown(converter.toBytes("t", schema, value)), text);
    });
  }));
});

Deno.test("JsonConverter makes room for long texts by what they need, in every form", () => {
  for (const form of ["plain", "csv", "json"] as const) {
    const part = form === "csv" ? 'é"",\u0001😀' : form === "json" ? String.raw`é\"\u00e9\ud83d\ude00 😀\/` : 'é"\u0001😀';
    const bytes = new TextEncoder().encode(`"${part.repeat(20_000)}"`);
    const region = allocateRegion(bytes.length);
    region.bytes.set(bytes);
    region.used = bytes.length;
    const at = Int32Array.of(1, bytes.length - 1);
    const batch = valuesBatch(structSchema([["a", primitiveSchema("STRING")]]), ["x"]);
    const flags = Uint8Array.of(ESCAPED | NON_ASCII);
    const columns = [{ kind: "slices", region, at, first: 0, stride: 2, form, flags, checked: null }] as const;
    const long = { ...batch, value: { ...batch.value, columns } };
    assert.deepEqual(fromColumns(jsonConverterOf(), long), fromRows(jsonConverterOf(), long));
  }
});

Deno.test("JsonConverter fails the rows whose required field is null, and only those", () => {
  const schema = structSchema([["a", primitiveSchema("STRING")]]);
  const batch = valuesBatch(schema, ["x", null, "y"]);
  const outcomes = fromColumns(jsonConverterOf("schemaless"), batch);
  const refusal = "Conversion error: null value for field that is required and has no default value";
  assert.deepEqual(outcomes, ['{"a":"x"}', refusal, '{"a":"y"}']);
  assert.deepEqual(batch.failures.map(({ row, stage, component }) => [row, stage, component]), [
    [1, "VALUE_CONVERTER", "org.apache.kafka.connect.json.JsonConverter"],
  ]);
});

Deno.test("JsonConverter fails all rows of a schema that cannot be written, and throws nothing", () => {
  const schema = structSchema([["a", primitiveSchema("INT8", { default: "not a byte" })]]);
  assert.deepEqual(
    fromColumns(jsonConverterOf(), valuesBatch(schema, [1, 2])),
    Array(2).fill("Invalid type for INT8: class java.lang.String"),
  );
});

function valuesBatch(schema: RecordBatch["value"]["schema"], data: (string | number | null)[]): RecordBatch {
  return {
    rows: data.length,
    select: null,
    topic: "t",
    partition: -1,
    timestamps: null,
    key: { schema: null, whole: true, columns: [{ kind: "constant", value: null }] },
    value: { schema, whole: false, columns: [{ kind: "values", data }] },
    headers: [],
    position: { partition: {}, offset: () => ({}) },
    failures: [],
  };
}
