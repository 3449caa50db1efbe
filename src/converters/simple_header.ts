/** Headers as readable text (org.apache.kafka.connect.storage.SimpleHeaderConverter). */
import {
  type Arena,
  type Column,
  type ConverterDefinition,
  type HeaderConverter,
  primitiveSchema,
  type RecordBatch,
  type Schema,
  type SchemaAndValue,
  utf8Bytes,
  utf8Text,
  type Value,
  valueAt,
} from "sdk";
import { ValueWriter, writeRows, writeSame } from "./batch_write.ts";
import { VERSION } from "./converter_type.ts";
import { parseHeaderText } from "./header_parse.ts";
import { headerText } from "./header_text.ts";
import { TextColumns } from "./text_columns.ts";

const CLASS = "org.apache.kafka.connect.storage.SimpleHeaderConverter";
const BYTES = primitiveSchema("BYTES");
const config = {} as const;

/** Writes text; reads what text looks like. */
export class SimpleHeaderConverter implements HeaderConverter {
  toHeader(_topic: string, _name: string, schema: Schema | null, value: Value): Uint8Array | null {
    return value === null ? null : utf8Bytes(headerText(schema, value));
  }

  /** Falls back on the bytes themselves where a guess goes wrong: a header never fails a record. */
  fromHeader(_topic: string, _name: string, bytes: Uint8Array | null): SchemaAndValue {
    if (bytes === null) return { schema: null, value: null };
    try {
      return parseHeaderText(utf8Text(bytes));
    } catch (error) {
      // Lists nested some thousand times, numbers with an exponent beyond all bounds: RangeError.
      if (error instanceof RangeError) return { schema: BYTES, value: bytes };
      throw error;
    }
  }

  writeColumn(batch: RecordBatch, schema: Schema | null, column: Column, arena: Arena, out: Int32Array): void {
    const origin = { stage: "HEADER_CONVERTER", component: CLASS } as const;
    if (column.kind === "constant") {
      writeSame(batch, origin, arena, out, () => this.toHeader("", "", schema, column.value));
      return;
    }
    const rows = new ValueWriter(arena, (row) => this.toHeader("", "", schema, valueAt(column, schema, row)));
    const writer = isJavaText(schema, column) ? new TextColumns({ schema, whole: true, columns: [column] }, arena) : rows;
    writeRows(batch, origin, arena, out, writer);
  }
}

/** Whether the header text of a whole column is Java's: plain numbers and text. */
function isJavaText(schema: Schema | null, column: Column): boolean {
  return (column.kind === "numbers" || column.kind === "slices") && schema?.name === undefined && schema?.type !== "BYTES";
}

/** The definition of the header converter that is the default. */
export const simpleHeaderConverter: ConverterDefinition<typeof config> = {
  class: CLASS,
  version: VERSION,
  summary: "Headers as text; what text looks like when read.",
  config,
  createHeader: () => new SimpleHeaderConverter(),
};
