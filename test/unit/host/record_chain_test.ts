import assert from "node:assert/strict";
import { type Arena, heapArena } from "../../../src/data/region.ts";
import { chooseConverters, type ChosenConverters } from "../../../src/host/converter_choice.ts";
import { RecordChain } from "../../../src/host/record_chain.ts";
import { RetriableError } from "../../../src/sdk/errors.ts";
import { numbered, textBatch } from "../../fakes/scripted_source.ts";
import { TEXT_CONVERTER, TextConverterScript } from "../../fakes/text_converter.ts";
import { scriptedSpec } from "./one_task.ts";

function chainOf(script: TextConverterScript): RecordChain {
  return new RecordChain(chooseConverters([script.definition], scriptedSpec()));
}

function textsOf(slices: Int32Array, live: number, arena: Arena): (string | null | undefined)[] {
  return Array.from({ length: live }, (_, i) => {
    const start = slices[2 * i] as number;
    const length = slices[2 * i + 1] as number;
    if (length === -2) return undefined;
    return length === -1 ? null : new TextDecoder().decode(arena.bytes.subarray(start, start + length));
  });
}

Deno.test("RecordChain.convert() writes keys and values of the live rows from the start of the arena", () => {
  const arena = heapArena();
  arena.used = 100;
  const batch = textBatch(0, ["a", "b", "c"], { select: Int32Array.of(0, 2) });
  const converted = chainOf(new TextConverterScript()).convert(batch, arena);
  assert.deepEqual(textsOf(converted.keys, converted.live, arena), [null, null]);
  assert.deepEqual(textsOf(converted.values, converted.live, arena), ["a", "c"]);
  assert.equal(arena.used, 2);
});

Deno.test("RecordChain.convert() uses its tables again and makes larger ones when a batch needs them", () => {
  const chain = chainOf(new TextConverterScript());
  const arena = heapArena();
  const first = chain.convert(textBatch(0, ["a"]), arena);
  assert.equal(chain.convert(textBatch(1, ["b"]), arena).values, first.values);
  const many = chain.convert(textBatch(0, numbered(0, 5000)), arena);
  assert.deepEqual(textsOf(many.values, many.live, arena).slice(-2), ["4998", "4999"]);
});

Deno.test("RecordChain.convert() leaves no trace of a try that a converter wants repeated", () => {
  const script = new TextConverterScript();
  script.bad.add("bad");
  script.retries = 1;
  const chain = chainOf(script);
  const batch = textBatch(0, ["bad", "x"]);
  const arena = heapArena();
  assert.throws(() => chain.convert(batch, arena), RetriableError);
  assert.deepEqual(batch.failures, []);
  assert.deepEqual(textsOf(chain.convert(batch, arena).values, 2, arena), [undefined, "x"]);
  assert.deepEqual(batch.failures.map(({ row, stage, component }) => [row, stage, component]), [[0, "VALUE_CONVERTER", TEXT_CONVERTER]]);
});

Deno.test("RecordChain.convert() takes a retriable failure of one row for a wish to convert all again", () => {
  const script = new TextConverterScript();
  const chosen = chooseConverters([script.definition], scriptedSpec());
  const write: typeof chosen.value.converter.write = (batch, _side, _arena, out) => {
    out.fill(-1);
    out[1] = -2;
    batch.failures.push({ row: 0, stage: "VALUE_CONVERTER", component: "test.Registry", error: new RetriableError("busy") });
  };
  const chain = new RecordChain({ ...chosen, value: { class: "test.Registry", converter: { ...chosen.value.converter, write } } });
  const batch = textBatch(0, ["x", "y"]);
  assert.throws(() => chain.convert(batch, heapArena()), RetriableError);
  assert.equal(batch.failures.length, 0);
  chain.convert(batch, heapArena(), true);
  assert.deepEqual(batch.failures.map((failure) => failure.row), [0]);
});

Deno.test("RecordChain.convert() with its last try fails rows one by one where a converter still wants to be called again", () => {
  const script = new TextConverterScript();
  const always = () => {
    throw new RetriableError("the registry does not answer");
  };
  const chosen = chooseConverters([script.definition], scriptedSpec());
  const converter = { ...chosen.value.converter, write: always, toBytes: always };
  const converters: ChosenConverters = { ...chosen, value: { class: "test.Registry", converter } };
  const batch = textBatch(0, ["x", "y"], { headers: [{ name: "h", schema: null, column: { kind: "constant", value: "1" } }] });
  const arena = heapArena();
  const converted = new RecordChain(converters).convert(batch, arena, true);
  assert.deepEqual(textsOf(converted.values, 2, arena), [undefined, undefined]);
  assert.deepEqual(converted.headers.map((header) => textsOf(header.slices, 2, arena)), [["1", "1"]]);
  assert.deepEqual(batch.failures.map(({ row, component }) => [row, component]), [[0, "test.Registry"], [1, "test.Registry"]]);
});

Deno.test("RecordChain.convert() hands a column of headers to a converter that writes columns, and to rows when that breaks", () => {
  const script = new TextConverterScript();
  const chosen = chooseConverters([script.definition], scriptedSpec());
  let calls = 0;
  const converter = {
    ...chosen.header.converter,
    writeColumn: () => {
      calls++;
      throw new TypeError("kernel");
    },
  };
  const batch = textBatch(0, ["x", "y"], { headers: [{ name: "h", schema: null, column: { kind: "values", data: ["1", null] } }] });
  const arena = heapArena();
  const converted = new RecordChain({ ...chosen, header: { class: "test.Header", converter } }).convert(batch, arena);
  assert.deepEqual([calls, converted.headers.map((header) => textsOf(header.slices, 2, arena))], [1, [["1", null]]]);
});
