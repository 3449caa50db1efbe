import assert from "node:assert/strict";
import fc from "fast-check";
import { heapArena, NULL_SIDE, primitiveSchema, type RecordBatch, timestampSchema } from "sdk";
import { schemaNotation, valueNotation } from "../../captures/converters/notation.ts";
import { capture, headerConverterOf, shown } from "./captures.ts";

interface HeaderText {
  readonly text: string;
  readonly read: string;
  /** What is written for the value; the text itself when absent. */
  readonly written?: string | null;
}

const encoder = new TextEncoder();
const converter = headerConverterOf("SimpleHeaderConverter");

Deno.test("SimpleHeaderConverter reads texts as Kafka Connect's does", () => {
  for (const { text, read } of capture<HeaderText[]>("header-texts.json")) {
    const { schema, value } = converter.fromHeader("t", "h", encoder.encode(text));
    assert.equal(`${schemaNotation(schema)} ${valueNotation(schema, value)}`, read, text);
  }
});

Deno.test("SimpleHeaderConverter writes what it read as Kafka Connect's does", () => {
  for (const { text, written = text } of capture<HeaderText[]>("header-texts.json")) {
    const { schema, value } = converter.fromHeader("t", "h", encoder.encode(text));
    assert.equal(shown(converter.toHeader("t", "h", schema, value)), written, text);
  }
});

Deno.test("SimpleHeaderConverter reads any bytes as something, and deep nesting as bytes or text", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    converter.fromHeader("t", "h", bytes);
  }));
  for (const deep of ["[", "{", "[{", '["']) converter.fromHeader("t", "h", encoder.encode(deep.repeat(50_000)));
});

Deno.test("SimpleHeaderConverter writes text that it reads back, unless the text looks like something else", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    const bytes = converter.toHeader("t", "h", primitiveSchema("STRING"), text);
    assert.equal(shown(bytes), text);
  }));
});

Deno.test("SimpleHeaderConverter keeps no bytes as null both ways", () => {
  assert.equal(converter.toHeader("t", "h", null, null), null);
  assert.deepEqual(converter.fromHeader("t", "h", null), { schema: null, value: null });
});

Deno.test("SimpleHeaderConverter.writeColumn() writes numbers, dates and constants of a batch as it writes them one by one", () => {
  const timestamp = timestampSchema();
  const cases = [
    { schema: primitiveSchema("INT64"), column: { kind: "numbers", data: Float64Array.of(0, 1, -5), nulls: Uint8Array.of(0, 1, 0) } },
    { schema: timestamp, column: { kind: "numbers", data: Float64Array.of(0, 1.7e12, 86_400_000), nulls: null } },
    { schema: primitiveSchema("STRING"), column: { kind: "constant", value: "a.csv" } },
    { schema: primitiveSchema("STRING"), column: { kind: "values", data: ["é", null, "x"] } },
  ] as const;
  const texts = cases.map(({ schema, column }) => {
    const arena = heapArena(16);
    const out = new Int32Array(6);
    converter.writeColumn?.(threeRows, schema, column, arena, out);
    return [0, 1, 2].map((i) => {
      const [start = 0, length = 0] = out.subarray(2 * i);
      return length < 0 ? null : shown(arena.bytes.slice(start, start + length));
    });
  });
  assert.deepEqual(texts, [
    ["0", null, "-5"],
    ["00:00:00.000Z", "2023-11-14T22:13:20.000Z", "1970-01-02"],
    ["a.csv", "a.csv", "a.csv"],
    ["é", null, "x"],
  ]);
});

const threeRows: RecordBatch = {
  rows: 3,
  select: null,
  topic: "t",
  partition: -1,
  timestamps: null,
  key: NULL_SIDE,
  value: NULL_SIDE,
  headers: [],
  position: { partition: {}, offset: () => ({}) },
  failures: [],
};
