/** Batches of several shapes for every sink: topic "t", partition 0. */
import { primitiveSchema, type SinkBatch, Struct, structSchema } from "sdk";
import { sinkBatch } from "../fakes/sink_batches.ts";
import type { Shape } from "./subjects.ts";

const KEY = structSchema([["id", primitiveSchema("INT32")]]);
const VALUE = structSchema([
  ["id", primitiveSchema("INT32")],
  ["name", primitiveSchema("STRING", { optional: true })],
  ["price", primitiveSchema("FLOAT64")],
]);

const key = (id: number) => new Struct(KEY, [id]);
const value = (id: number, name: string | null, price: number) => new Struct(VALUE, [id, name, price]);

const FIRST = { key: key(1), value: value(1, "a", 1.5) };
const SECOND = { key: key(2), value: value(2, null, 1e7) };
/** Taken out before the sink sees it. */
const GONE = { key: key(3), value: value(3, "c", 0) };
const LAST = { key: key(4), value: value(4, "d ž", -0.5) };
const STRUCTS = { keySchema: KEY, valueSchema: VALUE };

/** Fresh batches of a shape; `from` is the offset of the first row. */
export function batchesOf(shape: Shape, from = 0): readonly SinkBatch[] {
  switch (shape) {
    case "strings": {
      const texts = ["one", 'tw"o ž', ""].map((text) => ({ value: text }));
      return [sinkBatch(texts, { valueSchema: primitiveSchema("STRING"), offset: from, as: "columns" })];
    }
    case "structs":
      return [
        sinkBatch([FIRST], { ...STRUCTS, offset: from }),
        sinkBatch([SECOND, GONE, LAST], { ...STRUCTS, offset: from + 1, without: [1] }),
      ];
    case "structs in columns":
      return [sinkBatch([FIRST, SECOND, GONE, LAST], { ...STRUCTS, offset: from, without: [2], as: "columns" })];
    case "maps without schema": {
      const maps = [["a", 1n], [null, 2n]] as const;
      return [
        sinkBatch(maps.map(([name, id]) => ({ value: new Map<string, string | bigint | null>([["id", id], ["name", name]]) })), {
          offset: from,
        }),
      ];
    }
    case "tombstones":
      return [sinkBatch([FIRST, { key: key(1) }], { ...STRUCTS, offset: from, as: "columns" })];
    case "null keys":
      return [sinkBatch([{ value: FIRST.value }, { value: SECOND.value }], { ...STRUCTS, offset: from, as: "columns" })];
  }
}
