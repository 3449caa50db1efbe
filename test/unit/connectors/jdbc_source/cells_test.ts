import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { hashNumber, idReader, mixCell } from "../../../../connectors/jdbc_source/cells.ts";
import {
  allocateRegion,
  type Column,
  Decimal,
  decimalSchema,
  primitiveSchema,
  type SliceColumn,
  timestampSchema,
} from "../../../../src/sdk/mod.ts";

/** Texts as a column of slices; null for null. */
function slices(texts: readonly (string | null)[], checked: SliceColumn["checked"]): SliceColumn {
  const region = allocateRegion(texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ""), 0));
  const at = new Int32Array(2 * texts.length);
  for (const [i, text] of texts.entries()) {
    at[2 * i] = text === null ? -1 : region.used;
    region.used += text === null ? 0 : Buffer.from(region.bytes.buffer).write(text, region.used);
    at[2 * i + 1] = region.used;
  }
  return { kind: "slices", region, at, first: 0, stride: 2, form: "plain", flags: new Uint8Array(texts.length), checked };
}

function hash(column: Column, row: number): number {
  const running = { low: 0, high: 0 };
  mixCell(running, column, row);
  return hashNumber(running);
}

Deno.test("mixCell() gives a value one hash, however a page carries it", () => {
  fc.assert(fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (id) => {
    const number = Number(id);
    const forms: Column[] = [
      slices([String(id)], "integer"),
      { kind: "values", data: [id] },
      { kind: "constant", value: new Decimal(id, 0) },
      ...(Number.isSafeInteger(number) ? [{ kind: "numbers", data: Float64Array.of(number), nulls: null } as const] : []),
    ];
    assert.equal(new Set(forms.map((column) => hash(column, 0))).size, 1);
  }));
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const wellFormed = text.toWellFormed();
    assert.equal(hash(slices([wellFormed], null), 0), hash({ kind: "values", data: [wellFormed] }, 0));
  }));
  assert.equal(hash(slices(["12.50"], "decimal"), 0), hash({ kind: "numbers", data: Float64Array.of(1250), nulls: null }, 0));
  assert.equal(hash(slices([null], null), 0), hash({ kind: "numbers", data: Float64Array.of(7), nulls: Uint8Array.of(1) }, 0));
  assert.equal(hash({ kind: "values", data: [new Date(5)] }, 0), hash({ kind: "numbers", data: Float64Array.of(5), nulls: null }, 0));
});

Deno.test("mixCell() tells a hundred thousand numbers and texts apart", () => {
  const seen = new Set<number>();
  const column: Column = { kind: "numbers", data: Float64Array.from({ length: 50_000 }, (_, i) => i), nulls: null };
  for (let row = 0; row < 50_000; row++) seen.add(hash(column, row));
  for (let i = 0; i < 50_000; i++) seen.add(hash({ kind: "constant", value: `user${i}@example.com` }, 0));
  assert.equal(seen.size, 100_000);
});

Deno.test("idReader() reads ids from any column, and refuses what is none", () => {
  const long = primitiveSchema("INT64");
  assert.equal(idReader(slices(["-12"], "integer"), long)(0), -12);
  assert.equal(idReader(slices(["9223372036854775807"], "integer"), long)(0), 9223372036854775807n);
  assert.equal(idReader({ kind: "values", data: [new Decimal(5n, 0)] }, decimalSchema(0))(0), 5);
  assert.equal(idReader({ kind: "numbers", data: Float64Array.of(5), nulls: null }, long)(0), 5);
  assert.throws(() => idReader(slices([null], "integer"), long)(0), /Null value for incrementing column of type: INT64/);
  assert.throws(
    () => idReader({ kind: "constant", value: null }, decimalSchema(2)),
    /Scale of Decimal value for incrementing column must be 0/,
  );
  assert.throws(() => idReader({ kind: "values", data: [new Decimal(2n ** 63n, 0)] }, decimalSchema(0))(0), /exceeded Long.MAX_VALUE/);
  assert.throws(() => idReader({ kind: "values", data: [] }, primitiveSchema("STRING")), /Invalid type for incrementing column: STRING/);
  assert.throws(() => idReader({ kind: "values", data: [] }, timestampSchema()), /Invalid type for incrementing column/);
});
