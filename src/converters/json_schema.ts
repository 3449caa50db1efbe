/** Schemas to the JSON they have inside an envelope. */
import { jsonString, type Schema, type SchemaType } from "sdk";
import { type JsonOptions, jsonText } from "./json_values.ts";

/** What JSON schemas call the types. */
export const JSON_TYPE_NAMES: { readonly [T in SchemaType]: string } = {
  INT8: "int8",
  INT16: "int16",
  INT32: "int32",
  INT64: "int64",
  FLOAT32: "float",
  FLOAT64: "double",
  BOOLEAN: "boolean",
  STRING: "string",
  BYTES: "bytes",
  ARRAY: "array",
  MAP: "map",
  STRUCT: "struct",
};

/** A schema as JSON, its members in the order Kafka Connect writes them. `fieldName`: the schema is that field of a struct. */
export function schemaText(schema: Schema | null, options: JsonOptions, fieldName?: string): string {
  if (schema === null) return "null";
  const members = [`"type":"${JSON_TYPE_NAMES[schema.type]}"`, ...nestedMembers(schema, options), `"optional":${schema.optional}`];
  if (schema.name !== undefined) members.push(`"name":${jsonString(schema.name)}`);
  if (schema.version !== undefined) members.push(`"version":${schema.version}`);
  if (schema.doc !== undefined) members.push(`"doc":${jsonString(schema.doc)}`);
  if (schema.parameters !== undefined) members.push(`"parameters":${parametersText(schema.parameters)}`);
  if (schema.default !== undefined) members.push(`"default":${jsonText(schema, schema.default, options)}`);
  if (fieldName !== undefined) members.push(`"field":${jsonString(fieldName)}`);
  return `{${members.join(",")}}`;
}

function nestedMembers(schema: Schema, options: JsonOptions): string[] {
  switch (schema.type) {
    case "STRUCT":
      return [`"fields":[${schema.fields.map((field) => schemaText(field.schema, options, field.name)).join(",")}]`];
    case "ARRAY":
      return [`"items":${schemaText(schema.valueSchema ?? null, options)}`];
    case "MAP":
      return [
        `"keys":${schemaText(schema.keySchema ?? null, options)}`,
        `"values":${schemaText(schema.valueSchema ?? null, options)}`,
      ];
    default:
      return [];
  }
}

function parametersText(parameters: ReadonlyMap<string, string>): string {
  return `{${[...parameters].map(([name, value]) => `${jsonString(name)}:${jsonString(value)}`).join(",")}}`;
}
