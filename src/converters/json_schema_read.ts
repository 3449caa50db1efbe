/** Schemas from the JSON of an envelope. */
import { DataError, type JsonNode, JsonNumber, Schema, type SchemaField, type SchemaOptions, type SchemaType, validateValue } from "sdk";
import { readPayload } from "./json_read.ts";
import { JSON_TYPE_NAMES } from "./json_schema.ts";

type JsonObject = ReadonlyMap<string, JsonNode>;

const TYPES = new Map(Object.entries(JSON_TYPE_NAMES).map(([type, name]) => [name, type as SchemaType]));
const NO_MEMBERS: JsonObject = new Map();

/** The schema a JSON schema describes, null for `null`. Unknown members are ignored. Throws a DataError. */
export function readSchema(node: JsonNode, replaceNull: boolean): Schema | null {
  if (node === null) return null;
  const json = node instanceof Map ? node as JsonObject : NO_MEMBERS;
  const name = json.get("type");
  if (typeof name !== "string") throw new DataError("Schema must contain 'type' field");
  const type = TYPES.get(name);
  if (type === undefined) throw new DataError(`Unknown schema type: ${name}`);
  const parts = { type, ...membersOf(type, json, replaceNull), ...optionsOf(json) };
  const given = json.get("default");
  if (given === undefined) return new Schema(parts);
  // The default is a payload of the schema without it.
  const bare = new Schema(parts);
  const value = readPayload(bare, given, replaceNull);
  if (value === null && bare.optional) return bare;
  // A struct never fits: its schema has no default yet, the one it is a default of will. Connect refuses it as well.
  if (bare.type === "STRUCT") throw builderError("Invalid default value");
  try {
    validateValue(bare, value);
  } catch (cause) {
    throw builderError("Invalid default value", cause);
  }
  return new Schema({ ...parts, ...(value === null ? {} : { default: value }) });
}

function optionsOf(json: JsonObject): SchemaOptions {
  const [name, version, doc] = [json.get("name"), json.get("version"), json.get("doc")];
  const parameters = parametersOf(json.get("parameters"));
  return {
    optional: json.get("optional") === true,
    ...(typeof name === "string" ? { name } : {}),
    ...(version instanceof JsonNumber && version.integral ? { version: Number(BigInt.asIntN(32, BigInt(version.text))) } : {}),
    ...(typeof doc === "string" ? { doc } : {}),
    ...(parameters.size > 0 ? { parameters } : {}),
  };
}

function parametersOf(node: JsonNode | undefined): Map<string, string> {
  const parameters = new Map<string, string>();
  if (!(node instanceof Map)) return parameters;
  for (const [name, value] of node as JsonObject) {
    if (typeof value !== "string") throw new DataError("Schema parameters must have string values.");
    parameters.set(name, value);
  }
  return parameters;
}

/** What only arrays, maps and structs have. */
interface Members {
  readonly fields?: readonly SchemaField[];
  readonly keySchema?: Schema;
  readonly valueSchema?: Schema;
}

function membersOf(type: SchemaType, json: JsonObject, replaceNull: boolean): Members {
  switch (type) {
    case "ARRAY":
      return { valueSchema: member(json, "items", "Array schema did not specify the element type", "valueSchema", replaceNull) };
    case "MAP":
      return {
        keySchema: member(json, "keys", "Map schema did not specify the key type", "keySchema", replaceNull),
        valueSchema: member(json, "values", "Map schema did not specify the value type", "valueSchema", replaceNull),
      };
    case "STRUCT":
      return { fields: fieldsOf(json.get("fields"), replaceNull) };
    default:
      return {};
  }
}

function member(json: JsonObject, name: string, missing: string, what: string, replaceNull: boolean): Schema {
  const node = json.get(name);
  if (node === undefined || node === null) throw new DataError(missing);
  const schema = readSchema(node, replaceNull);
  if (schema === null) throw builderError(`${what} cannot be null.`);
  return schema;
}

function fieldsOf(node: JsonNode | undefined, replaceNull: boolean): SchemaField[] {
  if (!Array.isArray(node)) throw new DataError('Struct schema\'s "fields" argument is not an array.');
  const names = new Set<string>();
  return node.map((each: JsonNode, index) => {
    const name = each instanceof Map ? (each as JsonObject).get("field") : undefined;
    if (typeof name !== "string") throw new DataError("Struct schema's field name not specified properly");
    const schema = readSchema(each, replaceNull);
    if (name === "") throw builderError("fieldName cannot be null.");
    if (schema === null) throw builderError(`fieldSchema for field ${name} cannot be null.`);
    if (names.has(name)) throw builderError(`Cannot create field because of field name duplication ${name}`);
    names.add(name);
    return { name, index, schema };
  });
}

function builderError(message: string, cause?: unknown): DataError {
  return new DataError(message, { javaClass: "org.apache.kafka.connect.errors.SchemaBuilderException", cause });
}
