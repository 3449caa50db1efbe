/** Reading `{"schema":…,"payload":…}` without parsing the schema again in every message. */
import { DataError, type JsonNode, JsonNumber, jsonString, parseJson, type Schema, type SchemaAndValue, startsWith, utf8Bytes } from "sdk";
import { readPayload } from "./json_read.ts";
import { readSchema } from "./json_schema_read.ts";
import { Lru } from "./lru.ts";

/** Envelopes of how many schemas are recognised by their bytes alone; each costs a comparison for a message of another schema. */
const KNOWN_PREFIXES = 8;
const SCHEMA_AT = utf8Bytes('{"schema":');
const PAYLOAD_AT = utf8Bytes(',"payload":');

interface Known {
  /** All bytes of a message up to its payload. */
  readonly prefix: Uint8Array;
  readonly schema: Schema | null;
}

/** Reads envelopes and keeps the schemas it met. The same schema gives the same object as long as it is among the last `cacheSize`. */
export class EnvelopeSchemas {
  readonly #replaceNull: boolean;
  readonly #schemas: Lru<string, Schema>;
  readonly #known: Known[] = [];

  constructor(cacheSize: number, replaceNull: boolean) {
    this.#replaceNull = replaceNull;
    this.#schemas = new Lru(cacheSize);
  }

  /** Throws a DataError for what is no envelope, a JsonSyntaxError for what is no JSON. */
  read(bytes: Uint8Array): SchemaAndValue {
    for (const { prefix, schema } of this.#known) {
      if (!startsWith(bytes, prefix)) continue;
      const payload = parseJson(bytes, prefix.length);
      // Another member after the payload: not an envelope, or one with a member twice. The full parse tells.
      if (payload === undefined || bytes[payload.end] !== 0x7d) break;
      return { schema, value: readPayload(schema, payload.node, this.#replaceNull) };
    }
    return this.#readWhole(bytes);
  }

  #readWhole(bytes: Uint8Array): SchemaAndValue {
    const node = parseJson(bytes)?.node;
    const [schemaNode, payload] = node instanceof Map && node.size === 2 ? [node.get("schema"), node.get("payload")] : [];
    if (schemaNode === undefined || payload === undefined) {
      throw new DataError(
        'JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional fields. ' +
          "If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration.",
      );
    }
    const schema = this.#schema(schemaNode);
    this.#remember(bytes, schema);
    return { schema, value: readPayload(schema, payload, this.#replaceNull) };
  }

  #schema(node: JsonNode): Schema | null {
    if (node === null) return null;
    const key = nodeText(node);
    const kept = this.#schemas.get(key);
    if (kept !== undefined) return kept;
    const schema = readSchema(node, this.#replaceNull);
    if (schema !== null) this.#schemas.set(key, schema);
    return schema;
  }

  /** Only the layout Kafka Connect itself writes is worth recognising. */
  #remember(bytes: Uint8Array, schema: Schema | null): void {
    if (!startsWith(bytes, SCHEMA_AT)) return;
    const end = parseJson(bytes, SCHEMA_AT.length)?.end ?? 0;
    if (!startsWith(bytes.subarray(end), PAYLOAD_AT)) return;
    this.#known.unshift({ prefix: bytes.slice(0, end + PAYLOAD_AT.length), schema });
    if (this.#known.length > KNOWN_PREFIXES) this.#known.pop();
  }
}

/** A node as JSON without blanks: equal for equal nodes, but for the order of members. */
function nodeText(node: JsonNode): string {
  if (typeof node === "string") return jsonString(node);
  if (node instanceof JsonNumber) return node.text;
  if (node instanceof Map) return `{${[...node].map(([name, member]) => `${jsonString(name)}:${nodeText(member)}`).join(",")}}`;
  return Array.isArray(node) ? `[${node.map(nodeText).join(",")}]` : String(node);
}
