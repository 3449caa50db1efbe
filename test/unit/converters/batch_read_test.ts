import assert from "node:assert/strict";
import fc from "fast-check";
import { ESCAPED, NON_ASCII, type SliceColumn, textAt } from "sdk";
import { anyText } from "../../fakes/random_batches.ts";
import { assertReadsLikeRows, runsOf } from "../../fakes/raw_records.ts";
import { converterOf } from "./captures.ts";

const encoder = new TextEncoder();
const anyUtf8 = anyText.map((text) => encoder.encode(text));
/** Also pieces of characters, so that a text ends within one and the next begins within one. */
const anyBytes = fc.oneof(
  anyUtf8,
  fc.tuple(anyUtf8, fc.nat(3), fc.nat(3)).map(([bytes, from, to]) => bytes.slice(from, -to || undefined)),
  fc.uint8Array(),
);
const records = (bytes: fc.Arbitrary<Uint8Array>) => fc.array(fc.option(bytes), { minLength: 1, maxLength: 8 });

const SUBJECTS: readonly (readonly [string, Readonly<Record<string, string>>, fc.Arbitrary<Uint8Array>])[] = [
  ["StringConverter", {}, anyBytes],
  ["StringConverter", { "converter.encoding": "ISO-8859-1" }, anyBytes],
  ["StringConverter", { "converter.encoding": "UTF-16" }, anyBytes],
  ["ByteArrayConverter", {}, anyBytes],
  ["BooleanConverter", {}, fc.uint8Array({ max: 2, maxLength: 2 })],
  ...[["Short", 2], ["Integer", 4], ["Long", 8], ["Float", 4], ["Double", 8]].map(([box, size]) => {
    const fitting = fc.uint8Array({ minLength: Number(size), maxLength: Number(size) });
    const small = fitting.map((bytes) => bytes.fill(0, 0, 2));
    return [`${box}Converter`, {}, fc.oneof(fitting, small, fc.uint8Array({ maxLength: 9 }))] as const;
  }),
];

for (const [name, settings, bytes] of SUBJECTS) {
  Deno.test(`${name}.read() makes of any records, in one run, what fromBytes() makes of each ${Object.values(settings)}`, () => {
    const converter = converterOf(name, settings);
    fc.assert(fc.property(records(bytes), (all) => assert.equal(assertReadsLikeRows(converter, converter, all).length, 1)));
  });
}

Deno.test("StringConverter.read() leaves texts where they are and tells which need care", () => {
  const [run] = runsOf(converterOf("StringConverter"), [..."abc", "é", 'a"', "", "\n😀"].map((text) => encoder.encode(text)));
  const column = run?.side.columns[0] as SliceColumn;
  assert.deepEqual([column.kind, column.form, column.checked], ["slices", "plain", null]);
  assert.deepEqual([...column.flags], [0, 0, 0, NON_ASCII, ESCAPED, 0, ESCAPED | NON_ASCII]);
});

Deno.test("StringConverter.read() puts replacement characters into a copy, not into what it was lent", () => {
  const [run] = runsOf(converterOf("StringConverter"), [encoder.encode("a"), Uint8Array.of(0x61, 0xc3), encoder.encode("b")]);
  const column = run?.side.columns[0] as SliceColumn;
  assert.deepEqual([0, 1, 2].map((row) => textAt(column, row)), ["a", "a\ufffd", "b"]);
  assert.equal(column.flags[1], NON_ASCII);
});

Deno.test("LongConverter.read() gives numbers, unless one is too large for them", () => {
  const long = (value: bigint) => new Uint8Array(new BigInt64Array([value]).buffer).reverse();
  const kindOf = (...values: bigint[]) => runsOf(converterOf("LongConverter"), values.map(long))[0]?.side.columns[0]?.kind;
  assert.equal(kindOf(1n, -(2n ** 53n) + 1n, 2n ** 53n - 1n), "numbers");
  assert.equal(kindOf(1n, 2n ** 53n), "values");
});
