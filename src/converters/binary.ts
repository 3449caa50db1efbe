/** The shape that converters of one fixed wire format share: one value class, no settings. */
import {
  type Arena,
  type Column,
  type Converter,
  type ConverterDefinition,
  type HeaderConverter,
  type RawSide,
  type ReadRun,
  type RecordBatch,
  type Schema,
  type SchemaAndValue,
  type Side,
  sideAt,
  type Value,
} from "sdk";
import { readValues } from "./batch_read.ts";
import { type RowWriter, topicOf, ValueWriter, type WriteOrigin, writeRows, writeSame } from "./batch_write.ts";
import { converterType, VERSION } from "./converter_type.ts";

const config = { "converter.type": converterType } as const;

/** One wire format. */
export interface BinaryFormat {
  readonly class: string;
  readonly summary: string;
  /** Throws a DataError for a value of another class. */
  toBytes(schema: Schema | null, value: Value): Uint8Array | null;
  /** Of everything that is read. */
  readonly schema: Schema;
  /** Throws a DataError. */
  valueOf(bytes: Uint8Array): Value;
  /** Records `from` to `to`, not included; absent: value by value. */
  readRun?(raw: RawSide, from: number, to: number): ReadRun;
  /** Writes straight from a column that is the whole value, where that can be; null: value by value. */
  columnWriter(schema: Schema | null, column: Column, arena: Arena): RowWriter | null;
}

/** The definition of a converter of that format. */
export function binaryConverter(format: BinaryFormat): ConverterDefinition<typeof config> {
  return {
    class: format.class,
    version: VERSION,
    summary: format.summary,
    config,
    create: () => new BinaryConverter(format),
    createHeader: () => new BinaryConverter(format),
  };
}

/** Converts keys, values and headers of one wire format. */
export class BinaryConverter implements Converter, HeaderConverter {
  readonly #format: BinaryFormat;

  constructor(format: BinaryFormat) {
    this.#format = format;
  }

  write(batch: RecordBatch, side: "key" | "value", arena: Arena, out: Int32Array): void {
    const stage = side === "key" ? "KEY_CONVERTER" : "VALUE_CONVERTER";
    this.#writeSide(batch, { stage, component: this.#format.class }, batch[side], arena, out);
  }

  writeColumn(batch: RecordBatch, schema: Schema | null, column: Column, arena: Arena, out: Int32Array): void {
    const side = { schema, whole: true, columns: [column] };
    this.#writeSide(batch, { stage: "HEADER_CONVERTER", component: this.#format.class }, side, arena, out);
  }

  toBytes(_topic: string, schema: Schema | null, value: Value): Uint8Array | null {
    return this.#format.toBytes(schema, value);
  }

  fromBytes(_topic: string, bytes: Uint8Array | null): SchemaAndValue {
    const { schema } = this.#format;
    return { schema, value: bytes === null ? null : this.#format.valueOf(bytes) };
  }

  read(_topic: string, raw: RawSide, from: number, to: number): ReadRun {
    const format = this.#format;
    return format.readRun?.(raw, from, to) ?? readValues(raw, from, to, format.schema, format.valueOf);
  }

  toHeader(_topic: string, _name: string, schema: Schema | null, value: Value): Uint8Array | null {
    return this.#format.toBytes(schema, value);
  }

  fromHeader(topic: string, _name: string, bytes: Uint8Array | null): SchemaAndValue {
    return this.fromBytes(topic, bytes);
  }

  #writeSide(batch: RecordBatch, origin: WriteOrigin, side: Side, arena: Arena, out: Int32Array): void {
    const [only] = side.columns;
    if (side.whole && only?.kind === "constant") {
      writeSame(batch, origin, arena, out, () => this.#format.toBytes(side.schema, only.value));
      return;
    }
    const direct = side.whole && only !== undefined ? this.#format.columnWriter(side.schema, only, arena) : null;
    const rows = new ValueWriter(arena, (row) => this.toBytes(topicOf(batch, row), side.schema, sideAt(side, row)));
    writeRows(batch, origin, arena, out, direct ?? rows);
  }
}
