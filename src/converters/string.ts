/** Data as Java's text of it, in any charset (org.apache.kafka.connect.storage.StringConverter). */
import iconv from "iconv-lite";
import {
  type Arena,
  type Column,
  ConfigError,
  type ConfigOf,
  type Converter,
  type ConverterDefinition,
  field,
  type HeaderConverter,
  javaText,
  primitiveSchema,
  type RawSide,
  type ReadRun,
  type RecordBatch,
  type Schema,
  type SchemaAndValue,
  type Side,
  sideAt,
  utf8Bytes,
  utf8Text,
  type Value,
  wellFormed,
} from "sdk";
import { readUtf8, readValues } from "./batch_read.ts";
import { ValueWriter, type WriteOrigin, writeRows, writeSame } from "./batch_write.ts";
import { converterType, VERSION } from "./converter_type.ts";
import { TextColumns } from "./text_columns.ts";

const CLASS = "org.apache.kafka.connect.storage.StringConverter";
const OPTIONAL_STRING = primitiveSchema("STRING", { optional: true });
const config = {
  "converter.type": converterType,
  "converter.encoding": field.string({
    default: "UTF-8",
    importance: "HIGH",
    doc: "Charset of the text, by its Java name.",
    width: "MEDIUM",
    displayName: "Encoding",
  }),
} as const;

/** How one charset is written and read. */
interface Charset {
  readonly isUtf8: boolean;
  encode(text: string): Uint8Array;
  decode(bytes: Uint8Array): string;
}

/** Text of any value; reads text. */
export class StringConverter implements Converter, HeaderConverter {
  readonly #charset: Charset;

  /** `encoding`: a Java charset name. Throws a ConfigError for one we do not know. */
  constructor(encoding: string) {
    this.#charset = charsetOf(encoding);
  }

  write(batch: RecordBatch, side: "key" | "value", arena: Arena, out: Int32Array): void {
    const stage = side === "key" ? "KEY_CONVERTER" : "VALUE_CONVERTER";
    this.#writeSide(batch, { stage, component: CLASS }, batch[side], arena, out);
  }

  writeColumn(batch: RecordBatch, schema: Schema | null, column: Column, arena: Arena, out: Int32Array): void {
    this.#writeSide(batch, { stage: "HEADER_CONVERTER", component: CLASS }, { schema, whole: true, columns: [column] }, arena, out);
  }

  toBytes(_topic: string, schema: Schema | null, value: Value): Uint8Array | null {
    return value === null ? null : this.#charset.encode(javaText(schema, value));
  }

  fromBytes(_topic: string, bytes: Uint8Array | null): SchemaAndValue {
    return { schema: OPTIONAL_STRING, value: bytes === null ? null : this.#charset.decode(bytes) };
  }

  read(_topic: string, raw: RawSide, from: number, to: number): ReadRun {
    const charset = this.#charset;
    if (charset.isUtf8) return readUtf8(raw, from, to, OPTIONAL_STRING);
    return readValues(raw, from, to, OPTIONAL_STRING, (bytes) => charset.decode(bytes));
  }

  toHeader(topic: string, _name: string, schema: Schema | null, value: Value): Uint8Array | null {
    return this.toBytes(topic, schema, value);
  }

  fromHeader(topic: string, _name: string, bytes: Uint8Array | null): SchemaAndValue {
    return this.fromBytes(topic, bytes);
  }

  #writeSide(batch: RecordBatch, origin: WriteOrigin, side: Side, arena: Arena, out: Int32Array): void {
    const [only] = side.columns;
    if (side.whole && only?.kind === "constant") {
      writeSame(batch, origin, arena, out, () => this.toBytes("", side.schema, only.value));
      return;
    }
    const writer = this.#charset.isUtf8
      ? new TextColumns(side, arena)
      : new ValueWriter(arena, (row) => this.toBytes("", side.schema, sideAt(side, row)));
    writeRows(batch, origin, arena, out, writer);
  }
}

function charsetOf(encoding: string): Charset {
  const name = encoding.trim().toLowerCase();
  if (name === "utf-8" || name === "utf8") return { isUtf8: true, encode: utf8Bytes, decode: utf8Text };
  if (!iconv.encodingExists(name)) {
    throw new ConfigError(
      `Invalid value ${encoding} for configuration converter.encoding: No such charset is known. Use for instance UTF-8, ISO-8859-1, windows-1252 or UTF-16`,
    );
  }
  // Java's UTF-16 is big-endian behind a byte order mark; read, the mark decides.
  const utf16 = name === "utf-16" || name === "utf16";
  return {
    isUtf8: false,
    encode: (text) => utf16 ? iconv.encode(wellFormed(text), "utf-16be", { addBOM: true }) : iconv.encode(text, name),
    decode: (bytes) => iconv.decode(bytes, name, { defaultEncoding: "utf16be", stripBOM: utf16 }),
  };
}

/** The definition of the text converter. */
export const stringConverter: ConverterDefinition<typeof config> = {
  class: CLASS,
  version: VERSION,
  summary: "Data as text.",
  config,
  create: (values: ConfigOf<typeof config>) => new StringConverter(values["converter.encoding"]),
  createHeader: (values: ConfigOf<typeof config>) => new StringConverter(values["converter.encoding"]),
};
