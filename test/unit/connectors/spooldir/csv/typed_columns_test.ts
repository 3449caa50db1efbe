import assert from "node:assert/strict";
import fc from "fast-check";
import { dateSchema, Decimal, decimalSchema, primitiveSchema, type Schema, timeSchema, timestampSchema, type Value, valueAt } from "sdk";
import type { CsvBatch, CsvFormat } from "../../../../../connectors/spooldir/csv_reader.ts";
import { textParser } from "../../../../../connectors/spooldir/text_to_types.ts";
import { DEFAULT_FORMAT, openText } from "../../../../fakes/csv_file.ts";

const OPTIONAL = { optional: true };

async function readAs(schema: Schema, texts: readonly string[], format?: Partial<CsvFormat>): Promise<CsvBatch> {
  const file = ["k,v", ...texts.map((text, index) => `${index},"${text.replaceAll('"', '""')}"`)].join("\n");
  const reader = await openText(`${file}\n`, { firstRowIsHeader: true, escape: 0, ...format });
  reader.bind(["k", "v"], [{ name: "v", schema }]);
  const batch = await reader.read(1000);
  assert.ok(batch);
  assert.equal(batch.rows, texts.length);
  return batch;
}

/** Values of the column, failed rows as undefined. */
function valuesOf(batch: CsvBatch, schema: Schema): (Value | undefined)[] {
  const failed = new Set(batch.failures.map(({ row }) => row));
  const [column] = batch.columns;
  assert.ok(column);
  return Array.from({ length: batch.rows }, (_, row) => failed.has(row) ? undefined : valueAt(column, schema, row));
}

function exactValues(schema: Schema, texts: readonly string[], format: CsvFormat): (Value | undefined)[] {
  const parse = textParser(schema, format);
  return texts.map((text) => {
    try {
      return parse(text);
    } catch {
      return undefined; // the row has to fail
    }
  });
}

/** Minus zero is kept in floats alone. */
function comparable(value: Value | undefined): unknown {
  return value instanceof Decimal ? `${value.unscaled} ${value.scale}` : value;
}

const digits = fc.string({ unit: fc.constantFrom(..."00123456789"), maxLength: 21 });
const sign = fc.constantFrom("", "", "-", "+");
const stray = fc.constantFrom("", "", "", "", "", "", "", " ", "x", "e1", "f", "٣", "é", '"');
const integerText = fc.tuple(sign, digits, stray).map((parts) => parts.join(""));
const cleanInteger = fc.oneof(
  fc.maxSafeInteger().map(String),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  fc.integer().map(String),
);
const decimalText = fc.tuple(sign, digits, fc.constantFrom("", ".", "."), digits.map((text) => text.slice(0, 7)), stray).map((parts) =>
  parts.join("")
);
const cleanDecimal = fc.tuple(fc.integer({ min: -9_999_999, max: 9_999_999 }), fc.integer({ min: 0, max: 9999 })).map(([a, b]) =>
  `${a}.${b || 0}`
);
const timeText = fc.tuple(
  fc.constantFrom("2015-09-30", "2024-02-29", "2023-02-29", "1582-10-10", "0001-01-01", "15-1-2", "٢٠١٥-01-01", ""),
  fc.constantFrom("T", " ", "", "E"),
  fc.constantFrom("01:02:03", "24:00:00", "1:2:3", "", "99:99:99"),
  fc.constantFrom("", "", "Z", ".5", ".123Z", "9", "E1", "+05:30"),
).map((parts) => parts.join(""));

const KINDS: [name: string, schema: Schema, texts: fc.Arbitrary<string>, clean: fc.Arbitrary<string>][] = [
  ["INT8", primitiveSchema("INT8", OPTIONAL), integerText, fc.integer({ min: -200, max: 200 }).map(String)],
  ["INT32", primitiveSchema("INT32", OPTIONAL), integerText, cleanInteger],
  ["INT64", primitiveSchema("INT64", OPTIONAL), integerText, cleanInteger],
  ["FLOAT32", primitiveSchema("FLOAT32", OPTIONAL), decimalText, cleanDecimal],
  ["FLOAT64", primitiveSchema("FLOAT64", OPTIONAL), decimalText, fc.oneof(cleanDecimal, fc.double().map(String))],
  [
    "BOOLEAN",
    primitiveSchema("BOOLEAN", OPTIONAL),
    fc.constantFrom("true", "TrUe", "false", "", "t", "tru\u0065", "trueé", "ｔrue", '"tru'),
    fc.constant("true"),
  ],
  ["Decimal(2)", decimalSchema(2, OPTIONAL), decimalText, cleanDecimal],
  ["Decimal(20)", decimalSchema(20, OPTIONAL), decimalText, cleanDecimal],
  ["Timestamp", timestampSchema(OPTIONAL), timeText, fc.constant("2015-09-30T01:02:03")],
  ["Date", dateSchema(OPTIONAL), timeText, fc.constant("2015-09-30 01:02:03")],
  ["Time", timeSchema(OPTIONAL), timeText, fc.constant("01:02:03")],
];

const FORMATS = [
  { timeZone: "UTC", timeFormats: ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd' 'HH:mm:ss", "HH:mm:ss"] },
  { timeZone: "America/New_York", timeFormats: ["yyyy-MM-dd", "ISO"] },
  { timeZone: "Asia/Seoul", timeFormats: ["ISO", "yy-M-d"] },
];

for (const [name, schema, dirty, clean] of KINDS) {
  Deno.test(`columnReader() reads ${name} as the exact parser does, and fails the same rows`, async () => {
    const texts = fc.array(fc.oneof(dirty, clean), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.oneof(texts, fc.array(clean, { minLength: 1 })), fc.constantFrom(...FORMATS), async (cells, times) => {
        const batch = await readAs(schema, cells, times);
        const exact = exactValues(schema, cells, { ...DEFAULT_FORMAT, ...times });
        assert.deepEqual(valuesOf(batch, schema).map(comparable), exact.map(comparable));
      }),
      { numRuns: 200 },
    );
  });
}

/** What a column is made of: its kind, and what is proven of its texts. */
async function kindOf(schema: Schema, texts: readonly string[]): Promise<string> {
  const [column] = (await readAs(schema, texts)).columns;
  return column?.kind === "slices" ? `slices ${column.checked}` : String(column?.kind);
}

Deno.test("columnReader() leaves numbers that Java would print the same where they are", async () => {
  const int64 = primitiveSchema("INT64", OPTIONAL);
  assert.equal(await kindOf(int64, ["0", "-12", "123456789012345678"]), "slices integer");
  assert.equal(await kindOf(int64, ["0", "+1"]), "numbers");
  assert.equal(await kindOf(int64, ["0", "007"]), "numbers");
  assert.equal(await kindOf(int64, ["-0"]), "numbers");
  assert.equal(await kindOf(int64, ["9223372036854775807", "+1"]), "values");
  const float64 = primitiveSchema("FLOAT64", OPTIONAL);
  assert.equal(await kindOf(float64, ["0.0", "-0.0", "14095.22", "0.001"]), "slices float");
  for (const text of ["1", "1.50", "01.5", ".5", "0.0001", "10000000.5", "+1.5", "1e3", "1."]) {
    assert.equal(await kindOf(float64, [text]), "numbers", text);
  }
  assert.equal(await kindOf(primitiveSchema("FLOAT32", OPTIONAL), ["1.23456"]), "slices float");
  assert.equal(await kindOf(primitiveSchema("FLOAT32", OPTIONAL), ["1.234567"]), "numbers");
  assert.equal(await kindOf(decimalSchema(2, OPTIONAL), ["1.5", "-99999999999999999999.99"]), "values");
});

Deno.test("CsvFileReader.read() gives the captured values of Kafka Connect for a typed file", async () => {
  const { steps } = JSON.parse(
    await Deno.readTextFile(new URL("../../../../captures/golden/spooldir/typed-schemaless.json", import.meta.url)),
  );
  const find = (what: string) => steps.find((step: { do: string }) => step.do === what);
  const records: Record<string, unknown>[] = find("records").records.map(({ value }: { value: { text: string } }) =>
    JSON.parse(value.text.replace(/"i64":(-?\d+)/, '"i64":"$1"'))
  );
  const schemas: Record<string, Schema> = {
    id: primitiveSchema("INT32"),
    i8: primitiveSchema("INT8", OPTIONAL),
    i16: primitiveSchema("INT16", OPTIONAL),
    i64: primitiveSchema("INT64", OPTIONAL),
    f32: primitiveSchema("FLOAT32", OPTIONAL),
    f64: primitiveSchema("FLOAT64", OPTIONAL),
    s: primitiveSchema("STRING", OPTIONAL),
    d: dateSchema(OPTIONAL),
    t: timeSchema(OPTIONAL),
    ts: timestampSchema(OPTIONAL),
  };
  const reader = await openText(find("write").content.text, {
    firstRowIsHeader: true,
    nullFields: "EMPTY_SEPARATORS",
    timeFormats: [...DEFAULT_FORMAT.timeFormats, "yyyy-MM-dd", "HH:mm:ss"],
  });
  const wanted = Object.entries(schemas).map(([name, schema]) => ({ name, schema }));
  reader.bind(reader.header ?? [], wanted);
  const batch = await reader.read(100);
  assert.deepEqual(batch?.failures, []);
  records.forEach((record, row) => {
    wanted.forEach(({ name, schema }, index) => {
      const column = batch?.columns[index];
      const value = column === undefined ? null : valueAt(column, schema, row);
      const wire = value instanceof Date
        ? value.getTime() / (name === "d" ? 86_400_000 : 1)
        : typeof value === "bigint"
        ? String(value)
        : value;
      assert.deepEqual(
        typeof wire === "number" && !Number.isFinite(wire) ? String(wire) : wire,
        name === "f32" && typeof record[name] === "number" ? Math.fround(record[name]) : record[name],
        `${name} of row ${row}`,
      );
    });
  });
});

Deno.test("CsvFileReader.read() says of a bad cell where it is, what it holds and what was expected", async () => {
  const batch = await readAs(primitiveSchema("INT32", OPTIONAL), ["1", "x", "3"]);
  assert.deepEqual(batch.select, Int32Array.of(0, 2));
  const [failure] = batch.failures;
  assert.equal(failure?.row, 1);
  assert.equal(
    failure?.error.message,
    "Exception thrown while parsing data for 'v'. linenumber=2 (in the file: line 3, column 2, INT32 expected)",
  );
  const cause = failure?.error.cause;
  assert.ok(cause instanceof Error);
  assert.equal(cause.message, "Could not parse 'x' to 'Integer'");
  assert.ok(cause.cause instanceof Error);
  assert.equal(cause.cause.message, 'For input string: "x"');
});

Deno.test("CsvFileReader.read() fails a null that a required column may not have, whatever its type", async () => {
  for (
    const schema of [
      primitiveSchema("STRING"),
      primitiveSchema("INT64"),
      primitiveSchema("FLOAT32"),
      primitiveSchema("BOOLEAN"),
      decimalSchema(2),
      decimalSchema(20),
      dateSchema(),
    ]
  ) {
    const batch = await readAs(schema, [""], { nullFields: "BOTH" });
    const cause = batch.failures[0]?.error.cause;
    assert.ok(cause instanceof Error, schema.toString());
    assert.equal(cause.message, "schema is not optional so input cannot be null.");
    assert.ok("javaClass" in cause);
    assert.equal(cause.javaClass, "java.lang.NullPointerException");
  }
});

Deno.test("CsvFileReader.read() reports of several bad cells in a row the first in the file", async () => {
  const reader = await openText("a,b\nx,y\n", { firstRowIsHeader: true });
  const int32 = primitiveSchema("INT32");
  reader.bind(["a", "b"], [{ name: "b", schema: int32 }, { name: "a", schema: int32 }]);
  const batch = await reader.read(10);
  assert.deepEqual(batch?.failures.map(({ error }) => /'(\w)'/.exec(error.message)?.[1]), ["a"]);
});

Deno.test("CsvFileReader.read() refuses a type without parser row by row", async () => {
  const batch = await readAs(primitiveSchema("BYTES", OPTIONAL), ["x"]);
  const cause = batch.failures[0]?.error.cause;
  assert.ok(cause instanceof Error);
  assert.equal(cause.message, "Schema BYTES(null) is not supported");
});
