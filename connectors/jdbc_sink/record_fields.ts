/** Which columns the records of a pair of schemas are written to (JDBC connector 10.9, FieldsMetadata). */
import { ConnectError, primitiveSchema, type Schema, type SchemaField } from "sdk";
import type { NewColumn } from "../sql/dialect.ts";
import type { Settings } from "./settings.ts";

/** Where the cells of a column come from. */
export type CellSource =
  | { readonly of: "topic" | "partition" | "offset" }
  /** The key or the value itself. */
  | { readonly of: "key" | "value"; readonly field: null }
  | { readonly of: "key" | "value"; readonly field: number };

/** A column of the records. */
export interface RecordField extends NewColumn {
  readonly source: CellSource;
}

/** The columns of records: keys first where rows are written. */
export interface RecordFields {
  readonly keys: readonly RecordField[];
  readonly others: readonly RecordField[];
  /** All of them as CREATE TABLE lists them. */
  readonly created: readonly RecordField[];
}

/** Names of the key columns of `pk.mode=kafka`, and their order. */
const KAFKA_NAMES = ["__connect_topic", "__connect_partition", "__connect_offset"];
const KAFKA_SOURCES = ["topic", "partition", "offset"] as const;
const KAFKA_SCHEMAS = [primitiveSchema("STRING"), primitiveSchema("INT32"), primitiveSchema("INT64")] as const;
const STRING_COLUMN = primitiveSchema("STRING", { optional: true });

/** What decides the columns. `table` is the bare name, for messages. `value` null: only tombstones. */
export interface RecordSchemas {
  readonly table: string;
  readonly key: Schema | null;
  readonly value: Schema | null;
}

/** The columns of records with these schemas. Throws a `ConnectError` with upstream's text where config and schemas do not go together. */
export function recordFields(schemas: RecordSchemas, settings: Settings): RecordFields {
  const { value } = schemas;
  if (value !== null && value.type !== "STRUCT" && value.type !== "STRING") {
    throw new ConnectError("Value schema must be of type Struct or String");
  }
  const keys = keyFields(schemas, settings);
  const others = valueFields(schemas, settings, new Set(keys.map((field) => field.name)));
  if (keys.length + others.length === 0) throw new ConnectError(`No fields found using key and value schemas for table: ${schemas.table}`);
  return { keys, others, created: creationOrder([...keys, ...others], value) };
}

function keyFields(schemas: RecordSchemas, settings: Settings): readonly RecordField[] {
  switch (settings.keyMode) {
    case "none":
      return [];
    case "kafka":
      return kafkaFields(schemas.table, settings.keyFields);
    case "record_key":
      return recordKeyFields(schemas, settings);
    case "record_value":
      return recordValueFields(schemas, settings);
  }
}

function kafkaFields(table: string, wanted: readonly string[]): readonly RecordField[] {
  if (wanted.length !== 0 && wanted.length !== 3) {
    throw new ConnectError(
      `PK mode for table '${table}' is KAFKA so there should either be no field names defined for defaults [${KAFKA_NAMES.join(", ")}] ` +
        `to be applicable, or exactly 3, defined fields are: [${wanted.join(", ")}]`,
    );
  }
  const names = wanted.length === 0 ? KAFKA_NAMES : wanted;
  return names.map((name, i) => {
    const [of, schema] = [KAFKA_SOURCES[i], KAFKA_SCHEMAS[i]];
    if (of === undefined || schema === undefined) throw new RangeError("A fourth column of Kafka's");
    return { name, schema, isKey: true, epochUnit: null, source: { of } };
  });
}

function recordKeyFields({ table, key }: RecordSchemas, settings: Settings): readonly RecordField[] {
  if (key === null) throw new ConnectError(`PK mode for table '${table}' is RECORD_KEY, but record key schema is missing`);
  if (key.type === "STRUCT") return structKeys(key, "key", table, settings);
  if (key.type === "ARRAY" || key.type === "MAP") {
    throw new ConnectError(`Key schema must be primitive type or Struct, but is of type: ${key.type}`);
  }
  const [name, ...more] = settings.keyFields;
  if (name === undefined || more.length > 0) {
    throw new ConnectError(
      "Need exactly one PK column defined since the key schema for records is a primitive type, defined columns are: " +
        `[${settings.keyFields.join(", ")}]`,
    );
  }
  return [{ name, schema: key, isKey: true, epochUnit: epochUnitOf(name, key, settings), source: { of: "key", field: null } }];
}

function recordValueFields({ table, value }: RecordSchemas, settings: Settings): readonly RecordField[] {
  if (value === null) throw new ConnectError(`PK mode for table '${table}' is RECORD_VALUE, but record value schema is missing`);
  if (value.type === "STRING") throw new ConnectError("pk.mode record_value is not supported with String value schemas");
  return structKeys(value, "value", table, settings);
}

/** The fields `pk.fields` names, in its order; all of them where it names none. */
function structKeys(struct: Schema, of: "key" | "value", table: string, settings: Settings): readonly RecordField[] {
  const wanted = settings.keyFields;
  if (wanted.length === 0) return struct.fields.map((field) => recordField(field, of, true, settings));
  return wanted.map((name) => {
    const field = struct.field(name);
    if (field !== undefined) return recordField(field, of, true, settings);
    throw new ConnectError(
      `PK mode for table '${table}' is RECORD_${of.toUpperCase()} with configured PK fields [${wanted.join(", ")}], ` +
        `but record ${of} schema does not contain field: ${name}`,
    );
  });
}

function valueFields({ table, value }: RecordSchemas, settings: Settings, keys: ReadonlySet<string>): readonly RecordField[] {
  if (value === null) return [];
  if (value.type === "STRING") {
    const name = settings.stringColumn;
    if (keys.has(name)) {
      throw new ConnectError(
        `Configured string.output.value.column.name '${name}' conflicts with a primary key column for table '${table}'`,
      );
    }
    return [{ name, schema: STRING_COLUMN, isKey: false, epochUnit: null, source: { of: "value", field: null } }];
  }
  return value.fields
    .filter(({ name }) => !keys.has(name) && (settings.fields.size === 0 || settings.fields.has(name)))
    .map((field) => recordField(field, "value", false, settings));
}

function recordField({ name, schema, index }: SchemaField, of: "key" | "value", isKey: boolean, settings: Settings): RecordField {
  return { name, schema, isKey, epochUnit: epochUnitOf(name, schema, settings), source: { of, field: index } };
}

function epochUnitOf(name: string, schema: Schema, settings: Settings): "micros" | "nanos" | null {
  if (!settings.epochFields.has(name)) return null;
  return (schema.type === "INT64" && schema.name === undefined) || schema.type === "STRING" ? settings.epochUnit : null;
}

/** Kafka's default names, then the value's fields in their order, then what is left by name. */
function creationOrder(fields: readonly RecordField[], value: Schema | null): readonly RecordField[] {
  const place = ({ name }: RecordField) => {
    const kafka = KAFKA_NAMES.indexOf(name);
    if (kafka >= 0) return kafka;
    const index = value?.field(name)?.index;
    return index === undefined ? Infinity : KAFKA_NAMES.length + index;
  };
  return fields.toSorted((a, b) => {
    const [first, second] = [place(a), place(b)];
    return first === second ? (a.name < b.name ? -1 : 1) : first - second;
  });
}
