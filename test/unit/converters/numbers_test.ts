import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Column,
  ConnectError,
  heapArena,
  javaText,
  NO_BYTES,
  NULL_SIDE,
  primitiveSchema,
  type RecordBatch,
  type Schema,
  SizedNumber,
  type Value,
} from "sdk";
import { bytesOf, capture, type CapturedBytes, converterOf } from "./captures.ts";

interface NumberRead {
  readonly seen: string;
  readonly converter: string;
  readonly bytes: CapturedBytes;
  readonly text?: string;
  readonly error?: string;
  readonly cause?: string;
}

const TYPES = [
  ["ShortConverter", "INT16"],
  ["IntegerConverter", "INT32"],
  ["LongConverter", "INT64"],
  ["FloatConverter", "FLOAT32"],
  ["DoubleConverter", "FLOAT64"],
] as const;

function failure(act: () => unknown): ConnectError {
  try {
    act();
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  return assert.fail("Nothing was thrown");
}

Deno.test("number converters read bytes, and refuse them, as Kafka Connect's do", () => {
  for (const { seen, converter, bytes, text, error, cause } of capture<NumberRead[]>("number-reads.json")) {
    const read = () => converterOf(converter).fromBytes("t", bytesOf(bytes));
    if (text !== undefined) {
      const { schema, value } = read();
      assert.equal(javaText(schema, value), text, seen);
    } else {
      const thrown = failure(read);
      assert.equal(thrown.message, error);
      assert.ok(thrown.cause instanceof ConnectError);
      assert.equal(`${thrown.cause.javaClass}: ${thrown.cause.message}`, cause, seen);
    }
  }
});

Deno.test("number converters want the exact class, and name the one they got", () => {
  const wrong: readonly (readonly [string, Schema | null, Value, string, string])[] = [
    ["LongConverter", primitiveSchema("STRING"), "Ann", "Failed to serialize to long (was class java.lang.String): ", "java.lang.Number"],
    ["LongConverter", primitiveSchema("INT32"), 5, "Failed to serialize to long (was class java.lang.Integer): ", "java.lang.Long"],
    ["IntegerConverter", primitiveSchema("INT64"), 5n, "Failed to serialize to integer (was class java.lang.Long): ", "java.lang.Integer"],
    ["FloatConverter", null, 1.5, "Failed to serialize to float (was class java.lang.Double): ", "java.lang.Float"],
    ["ShortConverter", null, new SizedNumber("INT8", 1), "Failed to serialize to short (was class java.lang.Byte): ", "java.lang.Short"],
  ];
  for (const [converter, schema, value, message, wanted] of wrong) {
    const error = failure(() => converterOf(converter).toBytes("t", schema, value));
    assert.equal(error.message, message);
    assert.ok(error.cause instanceof ConnectError && error.cause.javaClass === "java.lang.ClassCastException");
    assert.match(error.cause.message, new RegExp(`cannot be cast to class ${wanted}$`));
  }
});

Deno.test("number converters go by the class of a value without schema", () => {
  const cases: readonly (readonly [string, Value, string])[] = [
    ["ShortConverter", new SizedNumber("INT16", -2), "fffe"],
    ["IntegerConverter", new SizedNumber("INT32", 1), "00000001"],
    ["LongConverter", -1n, "ffffffffffffffff"],
    ["FloatConverter", new SizedNumber("FLOAT32", 12.75), "414c0000"],
    ["DoubleConverter", 12.75, "4029800000000000"],
  ];
  for (const [name, value, hex] of cases) assert.equal(converterOf(name).toBytes("t", null, value)?.toHex(), hex);
});

for (const [name, type] of TYPES) {
  Deno.test(`${name} writes from a column what it writes value by value, and reads it back`, () => {
    const schema = primitiveSchema(type, { optional: true });
    const converter = converterOf(name);
    const number = type === "FLOAT64"
      ? fc.double()
      : type === "FLOAT32"
      ? fc.float()
      : type === "INT64"
      ? fc.maxSafeInteger()
      : type === "INT32"
      ? fc.integer()
      : fc.integer({ min: -32768, max: 32767 });
    fc.assert(fc.property(fc.array(fc.option(number), { minLength: 1, maxLength: 5 }), (numbers) => {
      const values = numbers.map((each) => each === null ? null : type === "INT64" ? BigInt(each) : each);
      const asNumbers: Column = {
        kind: "numbers",
        data: Float64Array.from(numbers, (each) => each ?? 0),
        nulls: Uint8Array.from(numbers, (each) => each === null ? 1 : 0),
      };
      const bytes = values.map((value) => converter.toBytes("t", schema, value)?.toHex() ?? null);
      assert.deepEqual(columnBytes(name, schema, asNumbers, values.length), bytes);
      assert.deepEqual(columnBytes(name, schema, { kind: "values", data: values }, values.length), bytes);
      values.forEach((value) => {
        const back = converter.fromBytes("t", converter.toBytes("t", schema, value)).value;
        assert.ok(Object.is(back, value === 0 && type.startsWith("INT") ? 0 : value));
      });
    }));
  });
}

Deno.test("BooleanConverter is one byte, and refuses all others", () => {
  const converter = converterOf("BooleanConverter");
  const schema = primitiveSchema("BOOLEAN", { optional: true });
  assert.deepEqual([true, false, null].map((value) => converter.toBytes("t", schema, value)), [Uint8Array.of(1), Uint8Array.of(0), null]);
  assert.deepEqual([Uint8Array.of(1), Uint8Array.of(0), null].map((bytes) => converter.fromBytes("t", bytes).value), [true, false, null]);
  const wrong: readonly (readonly [() => unknown, string, string?])[] = [
    [() => converter.toBytes("t", primitiveSchema("STRING"), "true"), "Invalid schema type for BooleanConverter: STRING"],
    [() => converter.toBytes("t", null, "true"), "BooleanConverter is not compatible with objects of type class java.lang.String"],
    [
      () => converter.fromBytes("t", new Uint8Array(0)),
      "Failed to deserialize boolean: ",
      "Size of data received by BooleanDeserializer is not 1",
    ],
    [
      () => converter.fromBytes("t", Uint8Array.of(200)),
      "Failed to deserialize boolean: ",
      "Unexpected byte received by BooleanDeserializer: -56",
    ],
  ];
  for (const [act, message, cause] of wrong) {
    const error = failure(act);
    assert.deepEqual([error.message, (error.cause as Error | undefined)?.message], [message, cause]);
  }
});

Deno.test("ByteArrayConverter passes bytes on, from values and from slices, and refuses all else", () => {
  const converter = converterOf("ByteArrayConverter");
  const schema = primitiveSchema("BYTES", { optional: true });
  const bytes = Uint8Array.of(0, 255, 0x22);
  assert.deepEqual(converter.toBytes("t", schema, bytes), bytes);
  assert.deepEqual(converter.toBytes("t", null, bytes), bytes);
  assert.deepEqual(converter.fromBytes("t", bytes), { schema, value: bytes });
  assert.deepEqual(columnBytes("ByteArrayConverter", schema, { kind: "values", data: [bytes, null] }, 2), ["00ff22", null]);
  const region = { bytes: new Uint8Array(16), view: new DataView(new ArrayBuffer(16)), used: 3 };
  region.view = new DataView(region.bytes.buffer);
  region.bytes.set(bytes);
  const slices: Column = {
    kind: "slices",
    region,
    at: Int32Array.of(1, 3, -1, -1),
    first: 0,
    stride: 2,
    form: "plain",
    flags: new Uint8Array(2),
    checked: null,
  };
  assert.deepEqual(columnBytes("ByteArrayConverter", schema, slices, 2), ["ff22", null]);
  assert.match(
    failure(() => converter.toBytes("t", primitiveSchema("STRUCT" as "STRING"), null)).message,
    /^Invalid schema type for ByteArrayConverter: STRUCT$/,
  );
  assert.match(failure(() => converter.toBytes("t", null, "x")).message, /not compatible with objects of type class java\.lang\.String$/);
});

/** What a converter writes for a column that is the whole key, as hexadecimal text. */
function columnBytes(name: string, schema: Schema, column: Column, rows: number): (string | null)[] {
  const batch: RecordBatch = {
    rows,
    select: null,
    topic: "t",
    partition: -1,
    timestamps: null,
    key: { schema, whole: true, columns: [column] },
    value: NULL_SIDE,
    headers: [],
    position: { partition: {}, offset: () => ({}) },
    failures: [],
  };
  const arena = heapArena(4);
  const out = new Int32Array(2 * rows);
  converterOf(name).write(batch, "key", arena, out);
  assert.deepEqual(batch.failures, []);
  return Array.from({ length: rows }, (_, i) => {
    const [start = 0, length = 0] = out.subarray(2 * i);
    return length === NO_BYTES ? null : arena.bytes.slice(start, start + length).toHex();
  });
}
