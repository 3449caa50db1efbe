/** Bytes as they are (org.apache.kafka.connect.converters.ByteArrayConverter). */
import {
  type Arena,
  type Column,
  copyOver,
  DataError,
  javaClassOf,
  makeRoom,
  NO_BYTES,
  primitiveSchema,
  type Schema,
  type Value,
} from "sdk";
import { readBytes } from "./batch_read.ts";
import type { RowWriter } from "./batch_write.ts";
import { binaryConverter } from "./binary.ts";

const OPTIONAL_BYTES = primitiveSchema("BYTES", { optional: true });

function toBytes(schema: Schema | null, value: Value): Uint8Array | null {
  if (schema !== null && schema.type !== "BYTES") throw new DataError(`Invalid schema type for ByteArrayConverter: ${schema.type}`);
  if (value === null || value instanceof Uint8Array) return value;
  throw new DataError(`ByteArrayConverter is not compatible with objects of type class ${javaClassOf(value, schema)}`);
}

function columnWriter(schema: Schema | null, column: Column, arena: Arena): RowWriter | null {
  if (column.kind !== "slices" || column.form !== "plain" || schema?.type !== "BYTES" || schema.name !== undefined) return null;
  const { at: places, first, stride, region } = column;
  return {
    write(row, at) {
      const start = places[first + row * stride] as number;
      if (start < 0) return NO_BYTES;
      const length = (places[first + row * stride + 1] as number) - start;
      makeRoom(arena, at, length);
      return copyOver(region.view, start, length, arena.view, at);
    },
  };
}

/** The definition of the converter of raw bytes. */
export const byteArrayConverter = binaryConverter({
  class: "org.apache.kafka.connect.converters.ByteArrayConverter",
  summary: "Bytes, as they are.",
  toBytes,
  schema: OPTIONAL_BYTES,
  valueOf: (bytes) => bytes,
  readRun: (raw, from, to) => readBytes(raw, from, to, OPTIONAL_BYTES),
  columnWriter,
});
