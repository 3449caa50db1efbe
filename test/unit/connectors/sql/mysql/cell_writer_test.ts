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
  NON_ASCII,
  primitiveSchema,
  type Schema,
  type SliceColumn,
  timeSchema,
  timestampSchema,
  valueAt,
} from "sdk";
import type { WriteColumn } from "../../../../../connectors/sql/dialect.ts";
import { CellWriter } from "../../../../../connectors/sql/mysql/cell_writer.ts";
import { SqlBytes } from "../../../../../connectors/sql/mysql/sql_bytes.ts";
import { literalOf, type SqlSyntax } from "../../../../../connectors/sql/mysql/sql_text.ts";
import { SqlError } from "../../../../../connectors/sql/sql_error.ts";
import { timeZone } from "../../../../../connectors/times/time_zone.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const DATE_ZONE = timeZone("America/New_York");

function syntax(parts: Partial<SqlSyntax> = {}): SqlSyntax {
  return { quote: "`", hasBackslashEscapes: true, zone: timeZone("UTC"), isJulianBefore1582: true, ...parts };
}

function column(schema: Schema, epochUnit: WriteColumn["epochUnit"] = null): WriteColumn {
  return { name: "c", schema, isKey: false, epochUnit, definition: null };
}

function written(schema: Schema, cells: Column, row: number, rules = syntax(), unit: WriteColumn["epochUnit"] = null): string {
  const out = new SqlBytes(8);
  new CellWriter(column(schema, unit), DATE_ZONE, rules).write(out, cells, row);
  return decoder.decode(out.bytes.subarray(0, out.used));
}

/** A column of one text as the bytes given, with what stands around it in a region. */
function slice(text: string, form: Form, checked: SliceColumn["checked"] = null): SliceColumn {
  const inner = encoder.encode(text);
  const region = allocateRegion(inner.length + 8);
  region.bytes.set(encoder.encode('"'), 3);
  region.bytes.set(inner, 4);
  region.bytes.set(encoder.encode(`"'\\x`), 4 + inner.length);
  region.used = inner.length + 8;
  return {
    kind: "slices",
    region,
    at: Int32Array.of(4, 4 + inner.length),
    first: 0,
    stride: 2,
    form,
    flags: Uint8Array.of(ESCAPED | NON_ASCII),
    checked,
  };
}

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("a", "'", "\\", '"', "\0", "\n", "é", "한", "🎉", "%", ";", "-") }),
).map((one) => one.toWellFormed());

Deno.test("CellWriter.write() writes texts of every form as the literal of the same text", () => {
  const schema = primitiveSchema("STRING");
  fc.assert(
    fc.property(text, fc.boolean(), (value, hasBackslashEscapes) => {
      const rules = syntax({ hasBackslashEscapes });
      const expected = literalOf(value, column(schema), DATE_ZONE, rules);
      assert.equal(written(schema, slice(value, "plain"), 0, rules), expected);
      assert.equal(written(schema, slice(JSON.stringify(value).slice(1, -1), "json"), 0, rules), expected);
      const ascii = JSON.stringify(value).slice(1, -1).replaceAll(
        /[^\0-\x7f]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );
      assert.equal(written(schema, slice(ascii, "json"), 0, rules), expected);
      assert.equal(written(schema, slice(value.replaceAll('"', '""'), "csv"), 0, rules), expected);
      assert.equal(written(schema, { kind: "values", data: [value] }, 0, rules), expected);
      assert.equal(written(schema, { kind: "constant", value }, 0, rules), expected);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("CellWriter.write() never lets a text end its literal", () => {
  fc.assert(fc.property(text, (value) => {
    const literal = written(primitiveSchema("STRING"), slice(value, "plain"), 0);
    // As the server reads it: a doubled quote and a backslash with what follows stand for themselves.
    assert.match(literal, /^'(?:[^'\\]|''|\\\\)*'$/s);
    assert.equal(literal.slice(1, -1).replaceAll("''", "'").replaceAll("\\\\", "\\"), value);
  }));
});

Deno.test("CellWriter.write() turns half a surrogate pair into a question mark, as Java does", () => {
  assert.equal(written(primitiveSchema("STRING"), slice("a\\ud83cb\\udf89\\u0027", "json"), 0), "'a?b?'''");
});

Deno.test("CellWriter.write() writes bytes as hexadecimal digits", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    const expected = `x'${bytes.toHex()}'`;
    assert.equal(written(primitiveSchema("BYTES"), { kind: "values", data: [bytes] }, 0), expected);
    const region = allocateRegion(bytes.length);
    region.bytes.set(bytes);
    const cells: Column = {
      kind: "slices",
      region,
      at: Int32Array.of(0, bytes.length),
      first: 0,
      stride: 2,
      form: "plain",
      flags: new Uint8Array(1),
      checked: null,
    };
    assert.equal(written(primitiveSchema("BYTES"), cells, 0), expected);
  }));
});

Deno.test("CellWriter.write() writes integers, booleans and decimals as their twin does", () => {
  const safe = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
  fc.assert(fc.property(safe, fc.integer({ min: 0, max: 18 }), (value, scale) => {
    const numbers: Column = { kind: "numbers", data: Float64Array.of(value), nulls: null };
    assert.equal(written(primitiveSchema("INT64"), numbers, 0), String(value));
    assert.equal(written(primitiveSchema("INT64"), slice(String(value), "plain", "integer"), 0), String(value));
    const schema = decimalSchema(scale);
    const expected = literalOf(new Decimal(BigInt(value), scale), column(schema), DATE_ZONE, syntax());
    assert.equal(written(schema, numbers, 0), expected);
    assert.equal(written(schema, { kind: "values", data: [new Decimal(BigInt(value), scale)] }, 0), expected);
  }));
  assert.equal(written(primitiveSchema("BOOLEAN"), { kind: "numbers", data: Float64Array.of(1, 0), nulls: null }, 1), "0");
  assert.equal(written(primitiveSchema("BOOLEAN"), { kind: "values", data: [true] }, 0), "1");
  assert.equal(written(primitiveSchema("INT64"), { kind: "values", data: [9223372036854775807n] }, 0), "9223372036854775807");
});

Deno.test("CellWriter.write() writes floating numbers so that they read back, with the sign of zero", () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }).filter((one) => !Object.is(Math.fround(one), -0)), (value) => {
    const numbers: Column = { kind: "numbers", data: Float64Array.of(value), nulls: null };
    assert.ok(Object.is(Number(written(primitiveSchema("FLOAT64"), numbers, 0)), value));
    assert.ok(Object.is(Number(written(primitiveSchema("FLOAT64"), { kind: "values", data: [value] }, 0)), value));
    const float = Math.fround(value);
    if (!Number.isFinite(float)) return;
    const floats: Column = { kind: "numbers", data: Float64Array.of(float), nulls: null };
    assert.ok(Object.is(Math.fround(Number(written(primitiveSchema("FLOAT32"), floats, 0))), float));
    assert.ok(Object.is(Math.fround(Number(written(primitiveSchema("FLOAT32"), { kind: "values", data: [float] }, 0))), float));
  }));
  assert.equal(written(primitiveSchema("FLOAT64"), slice("-0.0", "plain", "float"), 0), "'-0'");
});

Deno.test("CellWriter.write() refuses NaN and infinities with the column's name, as a fault of the row", () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    for (const cells of [{ kind: "numbers", data: Float64Array.of(value), nulls: null }, { kind: "values", data: [value] }] as const) {
      assert.throws(() => written(primitiveSchema("FLOAT64"), cells, 0), (error) => {
        return error instanceof SqlError && error.kind === "data" && error.message.startsWith(`Cannot write ${value} to column "c"`);
      });
    }
  }
});

Deno.test("CellWriter.write() writes dates and times in their zones, as its twin does", () => {
  const instants = fc.integer({ min: -62_000_000_000_000, max: 250_000_000_000_000 });
  for (const [zone, isJulianBefore1582] of [["UTC", true], ["Asia/Seoul", false], ["America/New_York", true]] as const) {
    const rules = syntax({ zone: timeZone(zone), isJulianBefore1582 });
    fc.assert(fc.property(instants, (ms) => {
      const day = Math.floor(ms / 86_400_000);
      const ofDay = ms - day * 86_400_000;
      for (
        const [schema, value, wire] of [[dateSchema(), day * 86_400_000, day], [timeSchema(), ofDay, ofDay], [
          timestampSchema(),
          ms,
          ms,
        ]] as const
      ) {
        const expected = literalOf(new Date(value), column(schema), DATE_ZONE, rules);
        assert.equal(written(schema, { kind: "numbers", data: Float64Array.of(value), nulls: null }, 0, rules), expected);
        assert.equal(written(schema, slice(String(wire), "plain", "integer"), 0, rules), expected);
        assert.equal(written(schema, { kind: "values", data: [new Date(value)] }, 0, rules), expected);
      }
    }));
  }
});

Deno.test("CellWriter.write() writes times as the Java connector was seen to", () => {
  const newYork = syntax({ zone: timeZone("America/New_York") });
  const numbers = (value: number): Column => ({ kind: "numbers", data: Float64Array.of(value), nulls: null });
  assert.equal(written(timeSchema(), numbers(47_655_678), 0, newYork), "'08:14:15.678'");
  assert.equal(written(timestampSchema(), numbers(Date.parse("2024-02-29T13:14:15.123Z")), 0), "'2024-02-29 13:14:15.123'");
  assert.equal(written(dateSchema(), numbers(Date.parse("2024-02-29T00:00:00Z")), 0), "'2024-02-28'"); // the day as New York sees it
});

Deno.test("CellWriter.write() writes epoch micros and nanos with six digits", () => {
  const cell = (value: bigint | string): Column => ({ kind: "values", data: [value] });
  const INT64 = primitiveSchema("INT64");
  assert.equal(written(INT64, cell(1_704_067_200_123_456n), 0, syntax(), "micros"), "'2024-01-01 00:00:00.123456'");
  assert.equal(written(INT64, cell(1_704_067_200_123_456_789n), 0, syntax(), "nanos"), "'2024-01-01 00:00:00.123456'");
  assert.equal(written(primitiveSchema("STRING"), cell("-1"), 0, syntax(), "micros"), "'1969-12-31 23:59:59.999999'");
  assert.equal(written(INT64, slice("1704067200000000", "plain", "integer"), 0, syntax(), "micros"), "'2024-01-01 00:00:00'");
  assert.throws(() => written(primitiveSchema("STRING"), cell("soon"), 0, syntax(), "micros"), /holds micros since the epoch/);
});

Deno.test("CellWriter.write() writes nulls of every kind of column", () => {
  const schema = primitiveSchema("INT32", { optional: true });
  const nothing: SliceColumn = { ...slice("", "plain"), at: Int32Array.of(-1, -1) };
  const columns: readonly Column[] = [
    nothing,
    { kind: "numbers", data: Float64Array.of(5), nulls: Uint8Array.of(1) },
    { kind: "values", data: [null] },
    { kind: "constant", value: null },
  ];
  for (const cells of columns) {
    assert.equal(valueAt(cells, schema, 0), null);
    assert.equal(written(schema, cells, 0), "NULL");
  }
});
