/** Schemas as the JSON of `key.schema` and `value.schema`. */
import { DataError, type JsonNode, JsonNumber, LOGICAL_NAMES, parseJson, Schema, type SchemaType, type Value } from "sdk";

const TYPES: readonly SchemaType[] = [
  "INT8",
  "INT16",
  "INT32",
  "INT64",
  "FLOAT32",
  "FLOAT64",
  "BOOLEAN",
  "STRING",
  "BYTES",
  "ARRAY",
  "MAP",
  "STRUCT",
];
const PROPERTIES = [
  "name",
  "doc",
  "type",
  "defaultValue",
  "version",
  "parameters",
  "isOptional",
  "keySchema",
  "valueSchema",
  "fieldSchemas",
];
const INTEGER_BITS: { readonly [type: string]: number | undefined } = { INT8: 8, INT16: 16, INT32: 32, INT64: 64 };
const FLOATS = ["FLOAT32", "FLOAT64"];
const LOGICAL: readonly string[] = Object.values(LOGICAL_NAMES);

type Members = ReadonlyMap<string, JsonNode>;

/**
 * The schema in a config value, undefined where it holds none (empty, or the word null). `key` is named in the message;
 * throws a DataError whose cause says what is wrong and where.
 */
export function readSchema(json: string, key: string): Schema | undefined {
  try {
    const tree = treeOf(json);
    return tree === null ? undefined : schemaOf(tree, "the schema");
  } catch (error) {
    throw new DataError(`Could not read schema from '${key}'`, { cause: error });
  }
}

/** null for an empty text too. */
function treeOf(json: string): JsonNode {
  const bytes = new TextEncoder().encode(json);
  const parsed = parseJson(bytes);
  if (parsed === undefined) return null;
  const rest = new TextDecoder().decode(bytes.subarray(parsed.end)).trim();
  if (rest !== "") throw new DataError(`Cannot read the schema: text follows its end, '${rest.slice(0, 20)}'`);
  return parsed.node;
}

/** The schema as the connector hands it to its tasks: fixed order of properties, those without a value left out. */
export function writeSchema(schema: Schema): string {
  const parameters = schema.parameters === undefined
    ? undefined
    : members([...schema.parameters].map(([name, text]) => [name, quoted(text)]));
  const fields = members(schema.fields.map((field) => [field.name, writeSchema(field.schema)]));
  const properties: readonly (readonly [string, string | undefined])[] = [
    ["name", schema.name === undefined ? undefined : quoted(schema.name)],
    ["doc", schema.doc === undefined ? undefined : quoted(schema.doc)],
    ["type", quoted(schema.type)],
    ["defaultValue", schema.default === undefined ? undefined : defaultText(schema)],
    ["version", schema.version?.toString()],
    ["parameters", parameters],
    ["isOptional", String(schema.optional)],
    ["keySchema", schema.keySchema && writeSchema(schema.keySchema)],
    ["valueSchema", schema.valueSchema && writeSchema(schema.valueSchema)],
    ["fieldSchemas", schema.type === "STRUCT" ? fields : undefined],
  ];
  return members(properties.filter((property): property is readonly [string, string] => property[1] !== undefined));
}

function members(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([name, json]) => `${quoted(name)}:${json}`).join(",")}}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function defaultText(schema: Schema): string {
  const value = schema.default;
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && FLOATS.includes(schema.type) && Number.isInteger(value) && !/e/.test(String(value))) return `${value}.0`;
  return JSON.stringify(value);
}

/** `place` says which part of the whole schema this is. */
function schemaOf(tree: JsonNode, place: string): Schema {
  if (!(tree instanceof Map)) throw new DataError(`Cannot read ${place}: a schema is a JSON object, this is ${kindOf(tree)}`);
  const unknown = [...tree.keys()].find((name) => !PROPERTIES.includes(name));
  if (unknown !== undefined) throw new DataError(`Unrecognized field "${unknown}" in ${place}: known are ${PROPERTIES.join(", ")}`);
  const type = typeOf(tree, place);
  const optional = booleanOf(tree, place);
  const schema = {
    type,
    optional,
    ...present("name", stringOf(tree, "name", place)),
    ...present("doc", stringOf(tree, "doc", place)),
    ...present("version", versionOf(tree, place)),
    ...present("parameters", parametersOf(tree, place)),
    ...nestedOf(tree, type, place),
  };
  return new Schema({ ...schema, ...present("default", defaultOf(tree, type, schema.name, place)) });
}

function present<K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : { [name]: value } as { readonly [P in K]: V };
}

function typeOf(tree: Members, place: string): SchemaType {
  const text = tree.get("type");
  const type = TYPES.find((known) => known === text);
  if (type !== undefined) return type;
  const given = text === undefined || text === null ? "There is no type" : `Type ${shown(text)} is not known`;
  throw new DataError(`${given} in ${place}: it must be one of ${TYPES.join(", ")}`);
}

/** Like Jackson, takes the words as strings too. */
function booleanOf(tree: Members, place: string): boolean {
  const value = tree.get("isOptional") ?? false;
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw new DataError(`isOptional ${shown(value)} in ${place} must be true or false`);
}

function stringOf(tree: Members, name: string, place: string): string | undefined {
  const value = tree.get(name) ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw new DataError(`${name} ${shown(value)} in ${place} must be a string`);
}

function versionOf(tree: Members, place: string): number | undefined {
  const value = tree.get("version") ?? undefined;
  if (value === undefined) return undefined;
  if (value instanceof JsonNumber && /^-?\d{1,10}$/.test(value.text)) return Number(value.text);
  throw new DataError(`version ${shown(value)} in ${place} must be an integer`);
}

function parametersOf(tree: Members, place: string): ReadonlyMap<string, string> | undefined {
  const value = tree.get("parameters") ?? undefined;
  if (value === undefined) return undefined;
  if (!(value instanceof Map)) throw new DataError(`parameters ${shown(value)} in ${place} must be an object of strings`);
  return new Map([...value as Members].map(([name, parameter]) => [name, parameterText(parameter, name, place)]));
}

/** Like Jackson, takes numbers and truth values by their text: `"scale": 2` is common. */
function parameterText(value: JsonNode, name: string, place: string): string {
  if (typeof value === "string") return value;
  if (value instanceof JsonNumber) return value.text;
  if (typeof value === "boolean") return String(value);
  throw new DataError(`Parameter '${name}' ${shown(value)} in ${place} must be a string`);
}

function nestedOf(tree: Members, type: SchemaType, place: string) {
  if (type === "STRUCT") return { fields: fieldsOf(tree, place) };
  if (type === "ARRAY") return { valueSchema: partOf(tree, "valueSchema", place) };
  if (type === "MAP") return { keySchema: partOf(tree, "keySchema", place), valueSchema: partOf(tree, "valueSchema", place) };
  return {};
}

function partOf(tree: Members, name: string, place: string): Schema {
  const part = tree.get(name) ?? undefined;
  if (part === undefined) throw new DataError(`${name} is missing in ${place}`);
  return schemaOf(part, `${name} of ${place}`);
}

function fieldsOf(tree: Members, place: string) {
  const fields = tree.get("fieldSchemas") ?? undefined;
  if (fields === undefined) {
    throw new DataError(`fieldSchemas is missing in ${place}: a STRUCT needs it, {} for no fields`, {
      javaClass: "java.lang.NullPointerException",
    });
  }
  if (!(fields instanceof Map)) throw new DataError(`fieldSchemas ${shown(fields)} in ${place} must be an object of schemas`);
  return [...fields as Members].map(([name, field], index) => ({ name, index, schema: schemaOf(field, `field '${name}' of ${place}`) }));
}

function defaultOf(tree: Members, type: SchemaType, name: string | undefined, place: string): Value | undefined {
  const value = tree.get("defaultValue") ?? undefined;
  if (value === undefined) return undefined;
  const fitted = name !== undefined && LOGICAL.includes(name) ? undefined : fittedDefault(value, type);
  if (fitted !== undefined) return fitted;
  throw new DataError(
    `Invalid default value ${shown(value)} in ${place}: it must fit type ${type}${name === undefined ? "" : ` (${name})`}`,
    {
      javaClass: "org.apache.kafka.connect.errors.SchemaBuilderException",
    },
  );
}

function fittedDefault(value: JsonNode, type: SchemaType): Value | undefined {
  if (type === "STRING") return typeof value === "string" ? value : undefined;
  if (type === "BOOLEAN") return typeof value === "boolean" ? value : undefined;
  if (!(value instanceof JsonNumber)) return undefined;
  if (FLOATS.includes(type)) return type === "FLOAT32" ? Math.fround(Number(value.text)) : Number(value.text);
  const bits = INTEGER_BITS[type];
  if (bits === undefined || !/^-?\d{1,19}$/.test(value.text)) return undefined;
  const integer = BigInt(value.text);
  if (BigInt.asIntN(bits, integer) !== integer) return undefined;
  return type === "INT64" ? integer : Number(integer);
}

function shown(value: JsonNode): string {
  if (value instanceof JsonNumber) return value.text;
  return typeof value === "object" ? kindOf(value) : JSON.stringify(value);
}

function kindOf(tree: JsonNode): string {
  if (tree === null) return "null";
  if (Array.isArray(tree)) return "an array";
  return tree instanceof Map ? "an object" : shown(tree);
}
