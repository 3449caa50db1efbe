/** Numbers in their big-endian bytes (org.apache.kafka.connect.converters.LongConverter and its like). */
import {
  type Arena,
  type Column,
  ConnectError,
  type ConverterDefinition,
  DataError,
  javaClassOf,
  logicalType,
  makeRoom,
  NO_BYTES,
  primitiveSchema,
  type RawSide,
  type ReadRun,
  type Schema,
  SizedNumber,
  type Value,
} from "sdk";
import { readValues, wholeRun } from "./batch_read.ts";
import type { RowWriter } from "./batch_write.ts";
import { binaryConverter } from "./binary.ts";

/** One width. */
interface NumberFormat {
  /** Java's class of the number, without `java.lang.`; the converter's name begins with it. */
  readonly box: "Short" | "Integer" | "Long" | "Float" | "Double";
  readonly type: "INT16" | "INT32" | "INT64" | "FLOAT32" | "FLOAT64";
  readonly size: 2 | 4 | 8;
  /** What the reading error calls the deserializer: Kafka forgot the names of two. */
  readonly deserializer: string;
  put(view: DataView, at: number, value: number): void;
  get(view: DataView, at: number): number | bigint;
}

const FORMATS: readonly NumberFormat[] = [
  {
    box: "Short",
    type: "INT16",
    size: 2,
    deserializer: "ShortDeserializer",
    put: (view, at, value) => view.setInt16(at, value),
    get: (view, at) => view.getInt16(at),
  },
  {
    box: "Integer",
    type: "INT32",
    size: 4,
    deserializer: "IntegerDeserializer",
    put: (view, at, value) => view.setInt32(at, value),
    get: (view, at) => view.getInt32(at),
  },
  {
    box: "Long",
    type: "INT64",
    size: 8,
    deserializer: "LongDeserializer",
    put: (view, at, value) => {
      const high = Math.floor(value / 0x1_0000_0000);
      view.setInt32(at, high);
      view.setUint32(at + 4, value - high * 0x1_0000_0000);
    },
    get: (view, at) => view.getBigInt64(at),
  },
  {
    box: "Float",
    type: "FLOAT32",
    size: 4,
    deserializer: "Deserializer",
    put: (view, at, value) => view.setFloat32(at, value),
    get: (view, at) => view.getFloat32(at),
  },
  {
    box: "Double",
    type: "FLOAT64",
    size: 8,
    deserializer: "Deserializer",
    put: (view, at, value) => view.setFloat64(at, value),
    get: (view, at) => view.getFloat64(at),
  },
];

/** The definitions of the five number converters. */
export const numberConverters: readonly ConverterDefinition[] = FORMATS.map((format) => {
  const schema = primitiveSchema(format.type, { optional: true });
  return binaryConverter({
    class: `org.apache.kafka.connect.converters.${format.box}Converter`,
    summary: `${format.box} numbers as ${format.size} bytes, big-endian.`,
    toBytes: (given, value) => toBytes(format, given, value),
    schema,
    valueOf: (bytes) => valueOf(format, bytes),
    readRun: (raw, from, to) => readRun(format, raw, from, to, schema),
    columnWriter: (given, column, arena) => columnWriter(format, given, column, arena),
  });
});

/** The class must be exact, nothing is widened; the schema only tells what class a number is of. */
function toBytes(format: NumberFormat, schema: Schema | null, value: Value): Uint8Array | null {
  if (value === null) return null;
  const given = javaClassOf(value, schema);
  if (given !== `java.lang.${format.box}`) throw wrongClass(format, given);
  const bytes = new Uint8Array(format.size);
  const view = new DataView(bytes.buffer);
  if (typeof value === "bigint") view.setBigInt64(0, value);
  else format.put(view, 0, value instanceof SizedNumber ? value.value : value as number);
  return bytes;
}

function wrongClass({ box }: NumberFormat, given: string): DataError {
  const isNumber = /\.(Byte|Short|Integer|Long|Float|Double|BigDecimal)$/.test(given);
  const wanted = `java.lang.${isNumber ? box : "Number"}`;
  const cause = new ConnectError(`class ${given} cannot be cast to class ${wanted}`, { javaClass: "java.lang.ClassCastException" });
  return new DataError(`Failed to serialize to ${box.toLowerCase()} (was class ${given}): `, { cause });
}

function valueOf(format: NumberFormat, bytes: Uint8Array): number | bigint {
  if (bytes.length !== format.size) throw wrongSize(format);
  return format.get(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0);
}

function wrongSize({ box, deserializer, size }: NumberFormat): DataError {
  const cause = new ConnectError(`Size of data received by ${deserializer} is not ${size}`, {
    javaClass: "org.apache.kafka.common.errors.SerializationException",
  });
  return new DataError(`Failed to deserialize ${box.toLowerCase()}: `, { cause });
}

/** A column of numbers, or of values where a long is none that a number holds. */
function readRun(format: NumberFormat, raw: RawSide, from: number, to: number, schema: Schema): ReadRun {
  const rows = to - from;
  const data = new Float64Array(rows);
  const failures: { readonly row: number; readonly error: Error }[] = [];
  let nulls: Uint8Array | null = null;
  for (let row = 0; row < rows; row++) {
    const start = raw.slices[2 * (from + row)] as number;
    const length = raw.slices[2 * (from + row) + 1] as number;
    if (length === format.size) {
      const number = Number(format.get(raw.region.view, start));
      if (format.box === "Long" && !Number.isSafeInteger(number)) {
        return readValues(raw, from, to, schema, (bytes) => valueOf(format, bytes));
      }
      data[row] = number;
    } else if (length === NO_BYTES) {
      nulls ??= new Uint8Array(rows);
      nulls[row] = 1;
    } else {
      failures.push({ row, error: wrongSize(format) });
    }
  }
  return wholeRun(rows, schema, { kind: "numbers", data, nulls }, failures);
}

function columnWriter(format: NumberFormat, schema: Schema | null, column: Column, arena: Arena): RowWriter | null {
  if (column.kind !== "numbers" || schema?.type !== format.type || logicalType(schema) !== null) return null;
  const { data, nulls } = column;
  return {
    write(row, at) {
      if (nulls !== null && nulls[row] === 1) return NO_BYTES;
      makeRoom(arena, at, format.size);
      format.put(arena.view, at, data[row] as number);
      return at + format.size;
    },
  };
}
