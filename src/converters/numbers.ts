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
  type Schema,
  SizedNumber,
  type Value,
} from "sdk";
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
  get(view: DataView): number | bigint;
}

const FORMATS: readonly NumberFormat[] = [
  {
    box: "Short",
    type: "INT16",
    size: 2,
    deserializer: "ShortDeserializer",
    put: (view, at, value) => view.setInt16(at, value),
    get: (view) => view.getInt16(0),
  },
  {
    box: "Integer",
    type: "INT32",
    size: 4,
    deserializer: "IntegerDeserializer",
    put: (view, at, value) => view.setInt32(at, value),
    get: (view) => view.getInt32(0),
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
    get: (view) => view.getBigInt64(0),
  },
  {
    box: "Float",
    type: "FLOAT32",
    size: 4,
    deserializer: "Deserializer",
    put: (view, at, value) => view.setFloat32(at, value),
    get: (view) => view.getFloat32(0),
  },
  {
    box: "Double",
    type: "FLOAT64",
    size: 8,
    deserializer: "Deserializer",
    put: (view, at, value) => view.setFloat64(at, value),
    get: (view) => view.getFloat64(0),
  },
];

/** The definitions of the five number converters. */
export const numberConverters: readonly ConverterDefinition[] = FORMATS.map((format) => {
  const schema = primitiveSchema(format.type, { optional: true });
  return binaryConverter({
    class: `org.apache.kafka.connect.converters.${format.box}Converter`,
    summary: `${format.box} numbers as ${format.size} bytes, big-endian.`,
    toBytes: (given, value) => toBytes(format, given, value),
    fromBytes: (bytes) => ({ schema, value: bytes === null ? null : fromBytes(format, bytes) }),
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

function fromBytes(format: NumberFormat, bytes: Uint8Array): number | bigint {
  if (bytes.length !== format.size) {
    const cause = new ConnectError(`Size of data received by ${format.deserializer} is not ${format.size}`, {
      javaClass: "org.apache.kafka.common.errors.SerializationException",
    });
    throw new DataError(`Failed to deserialize ${format.box.toLowerCase()}: `, { cause });
  }
  return format.get(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
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
