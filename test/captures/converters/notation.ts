/** The notation in which captures hold schemas and values as Kafka Connect's own classes showed them. */
import { Decimal, type Schema, SizedNumber, Struct, type Value } from "../../../src/data/schema.ts";

const wide = new DataView(new ArrayBuffer(8));

/** `?INT32/name@version#doc{parameters}=default<members>(fields)`, `?` = optional; `null` for no schema. */
export function schemaNotation(schema: Schema | null | undefined): string {
  if (!schema) return "null";
  const parameters = schema.parameters === undefined
    ? ""
    : `{${[...schema.parameters].map(([name, value]) => `${name}=${value}`).join(", ")}}`;
  const head = [
    schema.optional ? "?" : "",
    schema.type,
    schema.name === undefined ? "" : `/${schema.name}`,
    schema.version === undefined ? "" : `@${schema.version}`,
    schema.doc === undefined ? "" : `#${schema.doc}`,
    parameters,
    schema.default === undefined ? "" : `=${valueNotation(schema, schema.default)}`,
  ].join("");
  switch (schema.type) {
    case "ARRAY":
      return `${head}<${schemaNotation(schema.valueSchema)}>`;
    case "MAP":
      return `${head}<${schemaNotation(schema.keySchema)},${schemaNotation(schema.valueSchema)}>`;
    case "STRUCT":
      return `${head}(${schema.fields.map((field) => `${field.name}:${schemaNotation(field.schema)}`).join(",")})`;
    default:
      return head;
  }
}

/** Numbers by their bits (`f…` 32, `d…` 64), dates by milliseconds (`@…`), decimals as unscaled/scale (`b…`), bytes as base64 (`B…`); maps sorted. */
export function valueNotation(schema: Schema | null | undefined, value: Value): string {
  if (value === null) return "null";
  if (typeof value === "string") return textNotation(value);
  if (typeof value === "number") return numberNotation(schema?.type ?? "FLOAT64", value);
  if (typeof value !== "object") return String(value);
  if (value instanceof SizedNumber) return numberNotation(value.type, value.value);
  if (value instanceof Date) return `@${value.getTime()}`;
  if (value instanceof Decimal) return `b${value.unscaled}/${value.scale}`;
  if (value instanceof Uint8Array) return `B${value.toBase64()}`;
  if (value instanceof Struct) {
    return `S(${value.schema.fields.map((field, i) => valueNotation(field.schema, value.values[i] ?? null)).join(",")})`;
  }
  if (value instanceof Map) {
    const entries = [...value].map(([key, each]) => `${valueNotation(schema?.keySchema, key)}=${valueNotation(schema?.valueSchema, each)}`);
    return `{${entries.sort().join(",")}}`;
  }
  return `[${(value as readonly Value[]).map((each) => valueNotation(schema?.valueSchema, each)).join(",")}]`;
}

function numberNotation(type: string, value: number): string {
  if (type === "FLOAT32") {
    wide.setFloat32(0, value);
    return `f${wide.getUint32(0).toString(16)}`;
  }
  if (type !== "FLOAT64") return String(value);
  wide.setFloat64(0, value);
  return `d${wide.getBigUint64(0).toString(16)}`;
}

function textNotation(text: string): string {
  return `'${text.replace(/[^ -&(-[\]-~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)}'`;
}
