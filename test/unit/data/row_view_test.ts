import assert from "node:assert/strict";
import fc from "fast-check";
import type { SliceColumn } from "../../../src/data/column.ts";
import { isNullAt, recordAt, RowView, textAt, valueAt } from "../../../src/data/row_view.ts";
import { allocateRegion } from "../../../src/data/region.ts";
import { decimalSchema, timestampSchema } from "../../../src/data/logical_types.ts";
import { Decimal, primitiveSchema, Struct } from "../../../src/data/schema.ts";
import { valuesEqual } from "../../../src/data/schema_equality.ts";
import { anyBatch, type RandomBatch } from "../../fakes/random_batches.ts";

Deno.test("valueAt() gives the value a column was made of, whatever kind it is", () => {
  fc.assert(fc.property(anyBatch, ({ batch, schema, values }) => {
    batch.value.columns.forEach((column, f) => {
      for (let row = 0; row < batch.rows; row++) {
        const expected = values[f]?.[row] ?? null;
        const given = valueAt(column, schema.fields[f]?.schema ?? null, row);
        // -0 as integer text is "0".
        assert.ok(valuesEqual(given, expected) || given === 0 && expected === 0, `${String(given)} for ${String(expected)}`);
        assert.equal(isNullAt(column, row), expected === null);
      }
    });
  }));
});

Deno.test("RowView gives the records recordAt() gives", () => {
  fc.assert(fc.property(anyBatch, ({ batch }) => {
    const view = new RowView(batch);
    for (let row = 0; row < batch.rows; row++) assert.deepEqual(view.record(row), recordAt(batch, row));
  }));
});

Deno.test("recordAt() tells topic, partition, headers, timestamp and position of the row", () => {
  const [{ batch }] = fc.sample(anyBatch, 1) as [RandomBatch];
  const record = recordAt({
    ...batch,
    rows: 2,
    topic: ["a", "b"],
    partition: Int32Array.of(-1, 3),
    timestamps: Float64Array.of(5, 6),
    headers: [
      { name: "h", schema: null, column: { kind: "constant", value: "x" } },
      { name: "n", schema: primitiveSchema("INT64"), column: { kind: "numbers", data: Float64Array.of(1, 2), nulls: null } },
    ],
    key: { schema: primitiveSchema("STRING"), whole: true, columns: [{ kind: "values", data: ["k0", "k1"] }] },
    value: { schema: null, whole: true, columns: [{ kind: "values", data: [1n, null] }] },
    position: { partition: { file: "f" }, offset: (row) => ({ line: row + 10 }) },
  }, 1);
  assert.deepEqual({ ...record, keySchema: null, headers: record.headers.map(({ name, value }) => [name, value]) }, {
    topic: "b",
    partition: 3,
    keySchema: null,
    key: "k1",
    valueSchema: null,
    value: null,
    timestamp: 6,
    headers: [["h", "x"], ["n", 2n]],
    sourcePartition: { file: "f" },
    sourceOffset: { line: 11 },
  });
});

Deno.test("recordAt() makes a Struct of the columns of a struct schema", () => {
  fc.assert(fc.property(anyBatch, ({ batch, schema }) => {
    const { value } = recordAt(batch, 0);
    assert.ok(value instanceof Struct && value.schema === schema && value.values.length === schema.fields.length);
  }));
});

Deno.test("valueAt() without a schema takes checked text for the number it is", () => {
  const column = slices("12,12.50,1.5E7");
  assert.deepEqual(
    (["integer", "decimal", "float", null] as const).map((checked, i) => valueAt({ ...column, checked }, null, Math.min(i, 2))),
    [12n, new Decimal(1250n, 2), 15_000_000, "1.5E7"],
  );
});

Deno.test("valueAt() reads digits beyond a double under INT64, Decimal and Timestamp", () => {
  const column: SliceColumn = { ...slices("9223372036854775807,-99999999999999999999.99,1577934245678"), checked: "integer" };
  assert.equal(valueAt(column, primitiveSchema("INT64"), 0), 9223372036854775807n);
  assert.deepEqual(valueAt({ ...column, checked: "decimal" }, decimalSchema(2), 1), new Decimal(-9999999999999999999999n, 2));
  assert.deepEqual(valueAt(column, timestampSchema(), 2), new Date(1577934245678));
});

Deno.test("valueAt() under BYTES gives bytes of their own", () => {
  const column = slices("abc");
  const bytes = valueAt(column, primitiveSchema("BYTES"), 0);
  column.region.bytes.fill(0);
  assert.deepEqual(bytes, Uint8Array.of(0x61, 0x62, 0x63));
});

Deno.test("textAt() gives the text whatever `checked` says", () => {
  assert.equal(textAt({ ...slices("12"), checked: "integer" }, 0), "12");
});

/** A column of the comma-separated parts of an ASCII text. */
function slices(text: string): SliceColumn {
  const region = allocateRegion(text.length);
  region.bytes.set(new TextEncoder().encode(text));
  region.used = text.length;
  const at: number[] = [];
  let start = 0;
  for (const part of text.split(",")) {
    at.push(start, start + part.length);
    start += part.length + 1;
  }
  const flags = new Uint8Array(at.length / 2);
  return { kind: "slices", region, at: Int32Array.from(at), first: 0, stride: 2, form: "plain", flags, checked: null };
}
