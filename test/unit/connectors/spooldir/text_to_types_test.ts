import assert from "node:assert/strict";
import { dateSchema, Decimal, decimalSchema, primitiveSchema, type Schema, timeSchema, timestampSchema, type Value } from "sdk";
import { textParser, type TimeTexts } from "../../../../connectors/spooldir/text_to_types.ts";

const TIMES: TimeTexts = { timeZone: "UTC", timeFormats: ["yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd", "HH:mm:ss"] };

const ACCEPTED: [schema: Schema, text: string, value: Value][] = [
  [primitiveSchema("INT8"), "+1", 1],
  [primitiveSchema("INT16"), "007", 7],
  [primitiveSchema("INT32"), "-2147483648", -2147483648],
  [primitiveSchema("INT64"), "9223372036854775807", 9223372036854775807n],
  [primitiveSchema("FLOAT32"), " 1.5 ", 1.5],
  [primitiveSchema("FLOAT64"), "1e400", Infinity],
  [primitiveSchema("FLOAT64"), "-0", -0],
  [primitiveSchema("FLOAT64"), "0x1.8p1", 3],
  [primitiveSchema("BOOLEAN"), "TRUE", true],
  [primitiveSchema("BOOLEAN"), " true", false],
  [primitiveSchema("BOOLEAN"), "", false],
  [primitiveSchema("STRING"), "", ""],
  [decimalSchema(2), "1", new Decimal(100n, 2)],
  [decimalSchema(2), "1.230", new Decimal(123n, 2)],
  [timestampSchema(), "2020-01-02T03:04:05", new Date(1577934245000)],
  [dateSchema(), "2020-01-02T03:04:05", new Date(1577923200000)],
  [timeSchema(), "01:02:03", new Date(3723000)],
];

Deno.test("textParser() accepts what Connect's parsers accept", () => {
  for (const [schema, text, value] of ACCEPTED) assert.deepEqual(textParser(schema, TIMES)(text), value, `${schema} of "${text}"`);
});

const REFUSED: [schema: Schema, text: string, message: string][] = [
  [primitiveSchema("INT8"), "128", "Could not parse '128' to 'Byte'"],
  [primitiveSchema("INT16"), "", "Could not parse '' to 'Short'"],
  [primitiveSchema("INT32"), "1.0", "Could not parse '1.0' to 'Integer'"],
  [primitiveSchema("INT64"), " 1", "Could not parse ' 1' to 'Long'"],
  [primitiveSchema("FLOAT32"), "x", "Could not parse 'x' to 'Float'"],
  [primitiveSchema("FLOAT64"), "1,5", "Could not parse '1,5' to 'Double'"],
  [decimalSchema(2), "1.234", "Could not parse '1.234' to 'BigDecimal'"],
  [timestampSchema(), "never", "Could not parse 'never' to 'Date'"],
  [primitiveSchema("BYTES"), "x", "Schema BYTES(null) is not supported"],
  [primitiveSchema("STRING", { name: "com.example.Name" }), "x", "Schema STRING(com.example.Name) is not supported"],
  [
    primitiveSchema("STRING", { name: "org.apache.kafka.connect.data.Date" }),
    "x",
    "Schema STRING(org.apache.kafka.connect.data.Date) is not supported",
  ],
];

Deno.test("textParser() words its refusals as connect-utils", () => {
  for (const [schema, text, message] of REFUSED) assert.throws(() => textParser(schema, TIMES)(text), { message });
});

Deno.test("textParser() reads a Date in the zone and gives that day, so that no zone makes it invalid", () => {
  const newYork: TimeTexts = { timeZone: "America/New_York", timeFormats: ["yyyy-MM-dd", "ISO"] };
  assert.deepEqual(textParser(dateSchema(), newYork)("2020-01-02"), new Date("2020-01-02T00:00:00Z"));
  assert.deepEqual(textParser(timestampSchema(), newYork)("2020-01-02"), new Date("2020-01-02T05:00:00Z"));
});

Deno.test("textParser() tries the formats in order, ISO among them", () => {
  const parse = textParser(timestampSchema(), { timeZone: "UTC", timeFormats: ["dd.MM.yyyy", "ISO"] });
  assert.deepEqual(parse("02.01.2020"), new Date("2020-01-02T00:00:00Z"));
  assert.deepEqual(parse("2020-01-02T03:04:05.678+09:00"), new Date("2020-01-01T18:04:05.678Z"));
});

Deno.test("textParser() refuses a pattern that is none at once", () => {
  assert.throws(() => textParser(timestampSchema(), { timeZone: "UTC", timeFormats: ["yyyy-q"] }), {
    message: "Illegal pattern character 'q'",
  });
});
