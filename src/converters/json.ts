/** Data as JSON, by default in an envelope with its schema (org.apache.kafka.connect.json.JsonConverter). */
import {
  type Arena,
  type Column,
  type ConfigOf,
  type Converter,
  type ConverterDefinition,
  DataError,
  field,
  type HeaderConverter,
  JsonSyntaxError,
  oneOfIgnoringCase,
  parseJson,
  type RawSide,
  type ReadRun,
  type RecordBatch,
  type Schema,
  type SchemaAndValue,
  type Side,
  utf8Bytes,
  type Value,
} from "sdk";
import { type WriteOrigin, writeRows, writeSame } from "./batch_write.ts";
import { converterType, VERSION } from "./converter_type.ts";
import { JsonColumns } from "./json_columns.ts";
import { EnvelopeLayout, type MessageLayout, PlainLayout } from "./json_layouts.ts";
import { type RecordPlan, structPlan, wholePlan } from "./json_plan.ts";
import { JsonReader } from "./json_reader.ts";
import { readSchema } from "./json_schema_read.ts";
import { schemaText } from "./json_schema.ts";
import { type JsonOptions, jsonText } from "./json_values.ts";
import { Lru } from "./lru.ts";

const CLASS = "org.apache.kafka.connect.json.JsonConverter";
const config = {
  "converter.type": converterType,
  "schemas.enable": field.boolean({
    default: true,
    importance: "HIGH",
    doc: "Whether each key and value is an object of its schema and its payload. Without schemas it is the payload alone.",
    group: "Schemas",
    order: 0,
    width: "MEDIUM",
    displayName: "Enable Schemas",
  }),
  "schemas.cache.size": field.int({
    default: 1000,
    importance: "HIGH",
    doc: "How many schemas are kept in their JSON form, and how many that were read.",
    group: "Schemas",
    order: 1,
    width: "MEDIUM",
    displayName: "Schema Cache Size",
  }),
  "schema.content": field.string({
    default: null,
    importance: "HIGH",
    doc: "A schema as JSON that every message read has. Messages then are payloads without an envelope.",
    group: "Schemas",
    order: 2,
    width: "MEDIUM",
    displayName: "Schema Content",
  }),
  "decimal.format": field.string({
    default: "BASE64",
    importance: "LOW",
    doc: "How decimals are written: BASE64, the bytes of the unscaled number, or NUMERIC, a JSON number. Both are read.",
    group: "Serialization",
    order: 0,
    width: "MEDIUM",
    displayName: "Decimal Format",
    validate: oneOfIgnoringCase("BASE64", "NUMERIC"),
  }),
  "replace.null.with.default": field.boolean({
    default: true,
    importance: "LOW",
    doc: "Whether null becomes the default of its schema where it has one, when writing and when reading.",
    group: "Serialization",
    order: 1,
    width: "MEDIUM",
    displayName: "Replace null with default",
  }),
} as const;

/** What of the config a converter needs. */
export interface JsonSettings {
  readonly envelope: boolean;
  readonly cacheSize: number;
  readonly schemaContent: string | null;
  readonly options: JsonOptions;
}

interface Plans {
  struct?: RecordPlan;
  whole?: RecordPlan;
}

/** Both ways between data and JSON. Keeps what it made of a schema as long as it is among the last `cacheSize`. */
export class JsonConverter implements Converter, HeaderConverter {
  readonly #settings: JsonSettings;
  readonly #plans: Lru<Schema, Plans>;
  readonly #schemaless: RecordPlan;
  readonly #layout: MessageLayout;
  readonly #reader: JsonReader;

  constructor(settings: JsonSettings) {
    this.#settings = settings;
    this.#plans = new Lru(settings.cacheSize);
    this.#schemaless = wholePlan(null, settings.envelope, settings.options);
    this.#layout = layoutOf(settings);
    this.#reader = new JsonReader(this.#layout, settings.options.replaceNull);
  }

  write(batch: RecordBatch, side: "key" | "value", arena: Arena, out: Int32Array): void {
    const stage = side === "key" ? "KEY_CONVERTER" : "VALUE_CONVERTER";
    this.#writeSide(batch, { stage, component: CLASS }, batch[side], arena, out);
  }

  writeColumn(batch: RecordBatch, schema: Schema | null, column: Column, arena: Arena, out: Int32Array): void {
    this.#writeSide(batch, { stage: "HEADER_CONVERTER", component: CLASS }, { schema, whole: true, columns: [column] }, arena, out);
  }

  toBytes(_topic: string, schema: Schema | null, value: Value): Uint8Array | null {
    if (schema === null && value === null) return null;
    const { envelope, options } = this.#settings;
    const open = envelope ? `{"schema":${schemaText(schema, options)},"payload":` : "";
    return utf8Bytes(`${open}${jsonText(schema, value, options)}${envelope ? "}" : ""}`);
  }

  fromBytes(topic: string, bytes: Uint8Array | null): SchemaAndValue {
    if (bytes === null) return { schema: null, value: null };
    return this.#layout.read(topic, bytes);
  }

  read(topic: string, raw: RawSide, from: number, to: number): ReadRun {
    return this.#reader.read(topic, raw, from, to);
  }

  toHeader(topic: string, _name: string, schema: Schema | null, value: Value): Uint8Array | null {
    return this.toBytes(topic, schema, value);
  }

  fromHeader(topic: string, _name: string, bytes: Uint8Array | null): SchemaAndValue {
    return this.fromBytes(topic, bytes);
  }

  #writeSide(batch: RecordBatch, origin: WriteOrigin, side: Side, arena: Arena, out: Int32Array): void {
    const { schema, columns } = side;
    const [only] = columns;
    if (side.whole && only?.kind === "constant") {
      writeSame(batch, origin, arena, out, () => this.toBytes("", schema, only.value));
      return;
    }
    let plan: RecordPlan;
    try {
      plan = this.#plan(schema, side.whole);
    } catch (error) {
      // A schema that cannot be written, for instance with a default of another scale, fails every row.
      writeSame(batch, origin, arena, out, () => {
        throw error;
      });
      return;
    }
    writeRows(batch, origin, arena, out, new JsonColumns(plan, columns, arena, this.#settings.options));
  }

  #plan(schema: Schema | null, whole: boolean): RecordPlan {
    if (schema === null) return this.#schemaless;
    const { envelope, options } = this.#settings;
    const plans = this.#plans.get(schema) ?? {};
    const plan = whole ? plans.whole ??= wholePlan(schema, envelope, options) : plans.struct ??= structPlan(schema, envelope, options);
    this.#plans.set(schema, plans);
    return plan;
  }
}

function contentSchema({ envelope, schemaContent, options }: JsonSettings): Schema | null {
  if (!envelope || schemaContent === null || schemaContent.trim() === "") return null;
  try {
    return readSchema(parseJson(utf8Bytes(schemaContent))?.node ?? null, options.replaceNull);
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    throw new DataError(`Cannot use "schema.content" as it is not JSON: ${cause.message}`, { cause });
  }
}

/** Envelopes, unless the config says that messages have none; then all have its schema, or no schema at all. */
function layoutOf(settings: JsonSettings): MessageLayout {
  const { replaceNull } = settings.options;
  const content = contentSchema(settings);
  return settings.envelope && content === null
    ? new EnvelopeLayout(settings.cacheSize, replaceNull)
    : new PlainLayout(content, replaceNull);
}

/** The definition of the JSON converter. */
export const jsonConverter: ConverterDefinition<typeof config> = {
  class: CLASS,
  version: VERSION,
  summary: "Data as JSON text, with its schema in every message or without.",
  config,
  create: (values) => new JsonConverter(settingsOf(values)),
  createHeader: (values) => new JsonConverter(settingsOf(values)),
};

function settingsOf(values: ConfigOf<typeof config>): JsonSettings {
  return {
    envelope: values["schemas.enable"],
    cacheSize: values["schemas.cache.size"],
    schemaContent: values["schema.content"],
    options: {
      numericDecimals: values["decimal.format"].toUpperCase() === "NUMERIC",
      replaceNull: values["replace.null.with.default"],
    },
  };
}
