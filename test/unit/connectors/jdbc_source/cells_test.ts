import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { idReader } from "../../../../connectors/jdbc_source/cells.ts";
import { allocateRegion, Decimal, decimalSchema, primitiveSchema, type SliceColumn, timestampSchema } from "../../../../src/sdk/mod.ts";

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
