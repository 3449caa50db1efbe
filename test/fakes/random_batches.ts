/** Batches of all kinds of columns for property tests, with the values they stand for. */
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { allocateRegion, type Region } from "../../src/data/region.ts";
import type { RecordBatch } from "../../src/data/batch.ts";
import { type Column, ESCAPED, type Form, NON_ASCII, NULL_SIDE } from "../../src/data/column.ts";
import { dateSchema, decimalSchema, timeSchema, timestampSchema } from "../../src/data/logical_types.ts";
import { arraySchema, Decimal, mapSchema, primitiveSchema, type Schema, structSchema, type Value } from "../../src/data/schema.ts";
import { decimalText, doubleText, floatText } from "../../src/data/java_text.ts";

/** A batch whose value side is a struct, and what each row of each field holds. */
export interface RandomBatch {
  readonly batch: RecordBatch;
  readonly schema: Schema;
  /** By field, then by row. */
  readonly values: readonly (readonly Value[])[];
}

/** Texts with everything that needs care in JSON and CSV. */
export const anyText = fc.string({
  unit: fc.constantFrom("a", "Z", "0", " ", '"', "\\", "/", "\n", "\u0001", "\u001f", "\u007f", "é", "한", "\u2028", "😀"),
});

type Kind =
  | "STRING"
  | "INT8"
  | "INT32"
  | "INT64"
  | "FLOAT32"
  | "FLOAT64"
  | "BOOLEAN"
  | "BYTES"
  | "Decimal"
  | "Date"
  | "Time"
  | "Timestamp"
  | "ARRAY"
  | "MAP";

const KINDS: readonly Kind[] = [
  "STRING",
  "STRING",
  "STRING",
  "INT8",
  "INT32",
  "INT64",
  "FLOAT32",
  "FLOAT64",
  "BOOLEAN",
  "BYTES",
  "Decimal",
  "Date",
  "Time",
  "Timestamp",
  "ARRAY",
  "MAP",
];

const anyDouble = fc.oneof(fc.double(), fc.integer().map((n) => n / 100), fc.constantFrom(0, -0, 1e7, 1e-3, 4.9e-324));
const anyFloat = fc.oneof(fc.float(), fc.integer({ min: -99_999, max: 99_999 }).map((n) => Math.fround(n / 100)));
const safeInteger = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });

function valueOf(kind: Kind): fc.Arbitrary<Value> {
  switch (kind) {
    case "STRING":
      return anyText;
    case "INT8":
      return fc.integer({ min: -128, max: 127 });
    case "INT32":
      return fc.integer();
    case "INT64":
      return fc.oneof(safeInteger.map(BigInt), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
    case "FLOAT32":
      return anyFloat;
    case "FLOAT64":
      return anyDouble;
    case "BOOLEAN":
      return fc.boolean();
    case "BYTES":
      return fc.uint8Array({ maxLength: 7 });
    case "Decimal":
      return fc.oneof(safeInteger.map(BigInt), fc.bigInt()).map((unscaled) => new Decimal(unscaled, 2));
    case "Date":
      return fc.integer({ min: -800_000, max: 3_000_000 }).map((days) => new Date(days * 86_400_000));
    case "Time":
      return fc.integer({ min: 0, max: 86_400_000 }).map((millis) => new Date(millis));
    case "Timestamp":
      return fc.integer({ min: -(10 ** 13), max: 10 ** 14 }).map((millis) => new Date(millis));
    case "ARRAY":
      return fc.array(fc.option(anyText), { maxLength: 3 });
    case "MAP":
      return fc.array(fc.tuple(anyText, fc.integer()), { maxLength: 3 }).map((entries) => new Map(entries));
  }
}

function schemaOf(kind: Kind, optional: boolean, fallback: Value): Schema {
  const options = { optional, ...(fallback === null ? {} : { default: fallback }) };
  switch (kind) {
    case "Decimal":
      return decimalSchema(2, options);
    case "Date":
      return dateSchema(options);
    case "Time":
      return timeSchema(options);
    case "Timestamp":
      return timestampSchema(options);
    case "ARRAY":
      return arraySchema(primitiveSchema("STRING", { optional: true }), options);
    case "MAP":
      return mapSchema(primitiveSchema("STRING"), primitiveSchema("INT32"), options);
    default:
      return primitiveSchema(kind, options);
  }
}

interface Field {
  readonly schema: Schema;
  readonly values: readonly Value[];
  readonly carrier: "slices" | "numbers" | "constant" | "values";
  readonly form: Form;
}

function fieldOf(rows: number): fc.Arbitrary<Field> {
  return fc.constantFrom(...KINDS).chain((kind) =>
    fc.record({
      optional: fc.boolean(),
      fallback: fc.option(valueOf(kind), { freq: 2 }),
      values: fc.array(fc.option(valueOf(kind), { freq: 6 }), { minLength: rows, maxLength: rows }),
      carrier: fc.constantFrom<Field["carrier"]>("slices", "slices", "numbers", "constant", "values"),
      form: fc.constantFrom<Form>("plain", "csv", "json"),
    }).map(({ optional, fallback, values, carrier, form }) => ({
      schema: schemaOf(kind, optional, fallback),
      values: carrier === "constant" ? values.map(() => values[0] ?? null) : values,
      carrier,
      form,
    }))
  );
}

/** Struct batches of up to six rows and fields: all kinds of columns, nulls also where they may not be, dead rows. */
export const anyBatch: fc.Arbitrary<RandomBatch> = fc.integer({ min: 1, max: 6 }).chain((rows) =>
  fc.record({
    fields: fc.array(fieldOf(rows), { maxLength: 6 }),
    select: fc.option(fc.subarray(Array.from({ length: rows }, (_, i) => i))),
  }).map(({ fields, select }) => build(rows, fields, select))
);

function build(rows: number, fields: readonly Field[], select: number[] | null): RandomBatch {
  const region = allocateRegion(20_000);
  const flags = new Uint8Array(rows);
  const columns = fields.map((field) => columnOf(field, region, flags));
  const schema = structSchema(fields.map((field, i) => [`f"${i}é`, field.schema]), { name: "com.example.Row" });
  const batch: RecordBatch = {
    rows,
    select: select === null ? null : Int32Array.from(select),
    topic: "t",
    partition: -1,
    timestamps: null,
    key: NULL_SIDE,
    value: { schema, whole: false, columns },
    headers: [],
    position: { partition: { file: "a" }, offset: (row) => ({ row }) },
    failures: [],
  };
  const shown = fields.map(({ schema, carrier, form, values }) => `${schema} ${carrier} ${form} ${fc.stringify(values)}`).join("; ");
  return Object.assign({ batch, schema, values: fields.map((field) => field.values) }, {
    [fc.toStringMethod]: () => `{${shown}, live ${select}}`,
  });
}

function columnOf(field: Field, region: Region, flags: Uint8Array): Column {
  const { carrier, values } = field;
  if (carrier === "constant") return { kind: "constant", value: values[0] ?? null };
  if (carrier === "numbers" && values.every((value) => value === null || numberOf(value) !== undefined)) {
    return {
      kind: "numbers",
      data: Float64Array.from(values, (value) => value === null ? 0 : numberOf(value) ?? 0),
      nulls: values.includes(null) ? Uint8Array.from(values, (value) => value === null ? 1 : 0) : null,
    };
  }
  const checked = carrier === "slices" ? checkedOf(field) : undefined;
  if (checked === undefined) return { kind: "values", data: values };
  const at = new Int32Array(values.length * 2).fill(-1);
  values.forEach((value, row) => {
    if (value !== null) put(textOf(field.schema, value), field.form, row, region, at, flags);
  });
  return { kind: "slices", region, at, first: 0, stride: 2, form: field.form, flags, checked };
}

function numberOf(value: Value): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
  if (value instanceof Date) return value.getTime();
  return value instanceof Decimal ? numberOf(value.unscaled) : undefined;
}

/** What `checked` may be for a field whose values can all be slices; undefined when they cannot. */
function checkedOf({ schema, values }: Field): null | "integer" | "float" | "decimal" | undefined {
  if (schema.name !== undefined) return schema.name.endsWith("Decimal") ? "decimal" : undefined;
  if (schema.type === "STRING") return null;
  if (schema.type.startsWith("INT")) return "integer";
  return schema.type.startsWith("FLOAT") && values.every((value) => value === null || Number.isFinite(value)) ? "float" : undefined;
}

function textOf(schema: Schema, value: Value): string {
  if (value instanceof Decimal) return decimalText(value);
  if (typeof value === "number" && schema.type === "FLOAT32") return floatText(value);
  return typeof value === "number" && schema.type === "FLOAT64" ? doubleText(value) : String(value);
}

/** Appends a cell as a file of that form would hold it, and flags its row. */
function put(text: string, form: Form, row: number, region: Region, at: Int32Array, flags: Uint8Array): void {
  const quoted = form === "csv" && text.includes('"') || form === "csv" && text.length % 2 === 1;
  const raw = form === "json" ? JSON.stringify(text).slice(1, -1) : quoted ? text.replaceAll('"', '""') : text;
  if (quoted) region.bytes[region.used++] = 0x22;
  else region.bytes[region.used++] = 0x2c;
  at[2 * row] = region.used;
  region.used += Buffer.from(raw).copy(region.bytes, region.used);
  at[2 * row + 1] = region.used;
  // deno-lint-ignore no-control-regex -- control characters need escapes
  if (/["\\\u0000-\u001f]/.test(raw)) flags[row] = (flags[row] ?? 0) | ESCAPED;
  // deno-lint-ignore no-control-regex -- all that is not ASCII
  if (/[^\u0000-\u007f]/.test(raw)) flags[row] = (flags[row] ?? 0) | NON_ASCII;
}
