import assert from "node:assert/strict";
import fc from "fast-check";
import {
  allocateRegion,
  type Column,
  dateSchema,
  Decimal,
  decimalSchema,
  ESCAPED,
  type Form,
  heapArena,
  NON_ASCII,
  primitiveSchema,
  type Schema,
  type SchemaType,
  type SliceColumn,
  timeSchema,
  timestampSchema,
  type Value,
} from "sdk";
import { timeZone } from "../../../../../connectors/times/time_zone.ts";
import { type CellWriter, cellWriter, type TextStyle } from "../../../../../connectors/sql/postgres/cell_writers.ts";
import type { Slot, WriteRules } from "../../../../../connectors/sql/postgres/value_text.ts";

const RULES: WriteRules = { zone: timeZone("America/New_York"), dateZone: timeZone("UTC"), isJulianBefore1582: true };
const of = (type: SchemaType) => primitiveSchema(type as "STRING", { optional: true });

function slot(schema: Schema, typeName = "text"): Slot {
  return { column: { name: "c", schema, isKey: false, epochUnit: null, definition: null }, typeName };
}

/** What a writer makes of every row, a line each. */
function written(column: Column, rows: number, to: Slot, style: TextStyle): string[] {
  const arena = heapArena(16);
  const write: CellWriter = cellWriter(column, to, style, arena, RULES);
  return Array.from({ length: rows }, (_, row) => {
    const start = arena.used;
    write(row);
    return new TextDecoder().decode(arena.bytes.subarray(start, arena.used));
  });
}

/** Texts as slices of a region, escaped as the form asks for. */
function slices(texts: readonly (string | null)[], form: Form, checked: SliceColumn["checked"] = null): SliceColumn {
  const encoded = texts.map((text) =>
    text === null ? null : new TextEncoder().encode(form === "json" ? JSON.stringify(text).slice(1, -1) : text)
  );
  const region = allocateRegion(encoded.reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0));
  const at = new Int32Array(2 * texts.length);
  const flags = new Uint8Array(texts.length);
  encoded.forEach((bytes, row) => {
    at[2 * row] = bytes === null ? -1 : region.used;
    if (bytes === null) return;
    region.bytes.set(bytes, region.used);
    region.used += bytes.length;
    at[2 * row + 1] = region.used;
    for (const byte of bytes) {
      flags[row] = (flags[row] as number) | (byte >= 0x80 ? NON_ASCII : byte < 0x20 || byte === 0x22 || byte === 0x5c ? ESCAPED : 0);
    }
  });
  return { kind: "slices", region, at, first: 0, stride: 2, form, flags, checked };
}

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom("\\", '"', "\n", "\t", "\r", "\v", "\f", "\b", "{", "}", ",", "N", "é", "🎉", "\x01", "/"),
    fc.string({ minLength: 1, maxLength: 1 }).filter((c) => c !== "\0"),
  ),
});
const texts = fc.array(fc.option(text), { minLength: 1, maxLength: 8 });

Deno.test("cellWriter() writes slices of any form as it writes the same strings", () => {
  fc.assert(
    fc.property(texts, fc.constantFrom<TextStyle>("copy", "array"), fc.constantFrom<Form>("plain", "json"), (values, style, form) => {
      const to = slot(of("STRING"));
      assert.deepEqual(
        written(slices(values, form), values.length, to, style),
        written({ kind: "values", data: values }, values.length, to, style),
      );
    }),
  );
});

Deno.test("cellWriter() writes numbers as it writes the same values one by one", () => {
  const milliseconds = fc.integer({ min: -100_000_000_000_000, max: 200_000_000_000_000 });
  const cases: [Schema, fc.Arbitrary<number>, (number: number) => Value][] = [
    [of("INT32"), fc.integer(), (n) => n],
    [of("INT64"), fc.maxSafeInteger(), BigInt],
    [of("FLOAT64"), fc.double(), (n) => n],
    [of("FLOAT32"), fc.float({ noNaN: true }), (n) => n],
    [of("BOOLEAN"), fc.integer({ min: 0, max: 1 }), (n) => n === 1],
    [decimalSchema(2), fc.maxSafeInteger(), (n) => new Decimal(BigInt(n), 2)],
    [decimalSchema(0), fc.maxSafeInteger(), (n) => new Decimal(BigInt(n), 0)],
    [decimalSchema(12), fc.integer(), (n) => new Decimal(BigInt(n), 12)],
    [dateSchema(), milliseconds, (n) => new Date(n)],
    [timeSchema(), fc.integer({ min: 0, max: 86_399_999 }), (n) => new Date(n)],
    [timestampSchema(), milliseconds, (n) => new Date(n)],
  ];
  for (const [schema, numbers, valueOf] of cases) {
    const types = ["text", "timestamptz", "", "int4", "bool", "numeric"];
    fc.assert(fc.property(fc.array(fc.option(numbers), { minLength: 1, maxLength: 5 }), fc.constantFrom(...types), (data, typeName) => {
      const column: Column = {
        kind: "numbers",
        data: Float64Array.from(data, (n) => n ?? 0),
        nulls: Uint8Array.from(data, (n) => n === null ? 1 : 0),
      };
      const exact: Column = { kind: "values", data: data.map((n) => n === null ? null : valueOf(n)) };
      const to = slot(schema, typeName);
      assert.deepEqual(written(column, data.length, to, "copy"), written(exact, data.length, to, "copy"), `${schema} ${typeName}`);
    }));
  }
});

Deno.test("cellWriter() copies checked numbers, and counts times in their wire form", () => {
  const wire: [Schema, SliceColumn["checked"], string[], Value[]][] = [
    [of("INT64"), "integer", ["9223372036854775807", "-1"], [9223372036854775807n, -1n]],
    [of("FLOAT64"), "float", ["1.5", "0.001"], [1.5, 0.001]],
    [decimalSchema(2), "decimal", ["1.50", "-0.01"], [new Decimal(150n, 2), new Decimal(-1n, 2)]],
    [dateSchema(), "integer", ["19782", "-1"], [new Date("2024-02-29"), new Date("1969-12-31")]],
    [timeSchema(), "integer", ["1000", "0"], [new Date(1000), new Date(0)]],
    [timestampSchema(), "integer", ["1704164645123", "-1"], [new Date(1704164645123), new Date(-1)]],
  ];
  for (const [schema, checked, given, values] of wire) {
    for (const typeName of ["timestamptz", "timestamp", ""]) {
      const to = slot(schema, typeName);
      assert.deepEqual(
        written(slices(given, "json", checked), 2, to, "array").map((one) => one.replaceAll('"', "")),
        written({ kind: "values", data: values }, 2, to, "array").map((one) => one.replaceAll('"', "")),
      );
    }
  }
  assert.deepEqual(written(slices(["2.5", "3.5"], "json", "float"), 2, slot(of("FLOAT64"), "int4"), "copy"), ["2", "4"]);
});

Deno.test("cellWriter() says null as the place asks for, whatever the column", () => {
  for (const style of ["copy", "array"] as const) {
    const none = style === "copy" ? "\\N" : "NULL";
    const columns: Column[] = [
      { kind: "constant", value: null },
      { kind: "values", data: [null] },
      { kind: "numbers", data: new Float64Array(1), nulls: Uint8Array.of(1) },
      slices([null], "plain"),
      slices([null], "json", "integer"),
    ];
    for (const column of columns) {
      assert.deepEqual(written(column, 1, slot(of(column.kind === "numbers" ? "INT32" : "STRING")), style), [none]);
    }
  }
});

Deno.test("cellWriter() refuses NUL in any column, and names the column", () => {
  const columns: Column[] = [{ kind: "values", data: ["a\0"] }, slices(["a\0"], "plain"), slices(["a\0"], "json")];
  for (const column of columns) {
    for (const style of ["copy", "array"] as const) {
      assert.throws(() => written(column, 1, slot(of("STRING")), style), {
        message: 'Cannot write column "c": its text has a NUL character, and PostgreSQL cannot hold one',
      });
    }
  }
  assert.throws(() => written({ kind: "constant", value: "a\0" }, 1, slot(of("STRING")), "copy"), /NUL/);
});

Deno.test("cellWriter() writes a timestamp as the column takes it: UTC, wall clock, or both", () => {
  const at = Date.UTC(2024, 6, 1, 12, 0, 0, 50);
  const texts = ["timestamptz", "timestamp", ""].map((typeName) =>
    written({ kind: "numbers", data: Float64Array.of(at), nulls: null }, 1, slot(timestampSchema(), typeName), "copy")[0]
  );
  assert.deepEqual(texts, ["2024-07-01 12:00:00.050+00", "2024-07-01 08:00:00.050", "2024-07-01 08:00:00.050-04"]);
});
