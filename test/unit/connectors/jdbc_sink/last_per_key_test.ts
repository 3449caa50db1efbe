import assert from "node:assert/strict";
import fc from "fast-check";
import { type Column, Decimal, decimalSchema, primitiveSchema, type Schema, type Value, valueAt } from "sdk";
import { concatColumns } from "../../../../connectors/jdbc_sink/concat_columns.ts";
import { lastPerKey } from "../../../../connectors/jdbc_sink/last_per_key.ts";
import { sinkBatch } from "../../../fakes/sink_batches.ts";

/** Kinds of key columns, with few values each so that they meet. */
const KINDS: readonly (readonly [Schema, fc.Arbitrary<Value>])[] = [
  [primitiveSchema("INT32"), fc.integer({ min: -2, max: 2 })],
  [primitiveSchema("INT64"), fc.constantFrom<Value>(0n, 1n, -1n, 9007199254740993n, 9007199254740992n)],
  [primitiveSchema("FLOAT64"), fc.constantFrom<Value>(0, 1.5, -1.5)],
  [primitiveSchema("BOOLEAN"), fc.boolean()],
  [primitiveSchema("STRING"), fc.constantFrom<Value>("", "a", "A", "a ", 'q"\\', "ž", "žž")],
  [primitiveSchema("BYTES"), fc.constantFrom<Value>(Uint8Array.of(), Uint8Array.of(1), Uint8Array.of(1, 2))],
  [decimalSchema(1), fc.constantFrom<Value>(new Decimal(1n, 1), new Decimal(10n, 1))],
];

/** A part: its keys, and which rows delete. */
interface Part {
  readonly cells: readonly (readonly Value[])[];
  readonly deletes: readonly boolean[];
  readonly as: "values" | "columns";
}

const parts = fc.constantFrom(1, 2).chain((width) =>
  fc.tuple(...Array.from({ length: width }, () => fc.constantFrom(...KINDS))).chain((kinds) => {
    const row = fc.tuple(...kinds.map(([, value]) => value));
    const part = fc.record({
      rows: fc.array(fc.tuple(row, fc.boolean()), { maxLength: 25 }),
      as: fc.constantFrom("values" as const, "columns" as const),
    });
    const made = part.map(({ rows, as }): Part => ({
      cells: rows.map(([cells]) => cells),
      deletes: rows.map(([, isDelete]) => isDelete),
      as,
    }));
    return fc.tuple(fc.constant(kinds.map(([schema]) => schema)), fc.array(made, { minLength: 1, maxLength: 4 }));
  })
);

function columnsOf({ cells, as }: Part, schemas: readonly Schema[]): readonly Column[] {
  return schemas.map((valueSchema, c) => {
    const [column] = sinkBatch(cells.map((row) => ({ value: row[c] as Value })), { valueSchema, as }).value.columns;
    assert.ok(column !== undefined);
    return column;
  });
}

function keyText(cells: readonly Value[]): string {
  return cells.map((cell) => `${typeof cell}:${cell instanceof Decimal ? cell.unscaled : cell}`).join("|");
}

Deno.test("lastPerKey() keeps what the last action of each key is, whatever form its columns have", () => {
  fc.assert(
    fc.property(parts, ([schemas, given]) => {
      const keyed = given.map((part) => ({
        keys: columnsOf(part, schemas),
        rows: Int32Array.from(part.cells, (_, i) => i),
        deletes: part.deletes.includes(true) ? Uint8Array.from(part.deletes, Number) : null,
      }));
      const last = new Map<string, { place: string; isDelete: boolean; wasDeleted: boolean }>();
      given.forEach((part, p) =>
        part.cells.forEach((cells, i) => {
          const isDelete = part.deletes[i] === true;
          const key = keyText(cells);
          last.set(key, { place: `${p}/${i}`, isDelete, wasDeleted: isDelete || last.get(key)?.wasDeleted === true });
        })
      );
      const found = lastPerKey(keyed, schemas);
      const places = (rows: readonly Int32Array[]) => rows.flatMap((some, p) => Array.from(some, (row) => `${p}/${row}`));
      const expected = [...last.values()];
      const inOrder = (wanted: readonly string[]) =>
        given.flatMap((part, p) => part.cells.map((_, i) => `${p}/${i}`)).filter((place) => wanted.includes(place));
      assert.deepEqual(places(found.writes), inOrder(expected.filter(({ isDelete }) => !isDelete).map(({ place }) => place)));
      assert.deepEqual(places(found.deletes), inOrder(expected.filter(({ wasDeleted }) => wasDeleted).map(({ place }) => place)));
    }),
    { numRuns: 400 },
  );
});

Deno.test("lastPerKey() takes no two keys with a null for the same, as SQL does not", () => {
  const column: Column = { kind: "values", data: [null, null, 1, 1] };
  const { writes } = lastPerKey([{ keys: [column], rows: Int32Array.of(0, 1, 2, 3), deletes: null }], [
    primitiveSchema("INT32", { optional: true }),
  ]);
  assert.deepEqual(writes.map((rows) => [...rows]), [[0, 1, 3]]);
});

Deno.test("lastPerKey() meets the same key as number, checked text, constant and value", () => {
  const schema = primitiveSchema("INT64");
  const bytes = new Uint8Array(16);
  bytes.set(new TextEncoder().encode("-42"));
  const region = { bytes, view: new DataView(bytes.buffer), used: 3 };
  const columns: readonly Column[] = [
    { kind: "numbers", data: Float64Array.of(-42), nulls: null },
    { kind: "slices", region, at: Int32Array.of(0, 3), first: 0, stride: 2, form: "plain", flags: Uint8Array.of(0), checked: "integer" },
    { kind: "constant", value: -42n },
    { kind: "values", data: [-42n] },
  ];
  const { writes } = lastPerKey(columns.map((column) => ({ keys: [column], rows: Int32Array.of(0), deletes: null })), [schema]);
  assert.deepEqual(writes.map((rows) => rows.length), [0, 0, 0, 1]);
});

Deno.test("concatColumns() holds the chosen cells of every part, in order", () => {
  fc.assert(
    fc.property(parts, fc.infiniteStream(fc.boolean()), ([schemas, given], isChosen) => {
      const chosen = given.map((part) => ({
        columns: columnsOf(part, schemas),
        rows: Int32Array.from(part.cells.flatMap((_, i) => isChosen.next().value === true ? [i] : [])),
      }));
      const columns = concatColumns(chosen, schemas);
      const expected = chosen.flatMap(({ rows }, p) => Array.from(rows, (row) => keyText(given[p]?.cells[row] ?? [])));
      const found = expected.map((_, row) => keyText(schemas.map((schema, c) => valueAt(columns[c] as Column, schema, row))));
      assert.deepEqual(found, expected);
    }),
    { numRuns: 200 },
  );
});
