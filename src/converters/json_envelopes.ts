/** Reading `{"schema":…,"payload":…}` without parsing the schema again in every message. */
import {
  DataError,
  type JsonNode,
  JsonNumber,
  jsonString,
  type Padded,
  padded,
  parseJson,
  sameBytes,
  type Schema,
  type SchemaAndValue,
  schemasEqual,
  startsWith,
  utf8Bytes,
} from "sdk";
import { readPayload } from "./json_read.ts";
import { readSchema } from "./json_schema_read.ts";
import { Lru } from "./lru.ts";

/** Envelopes of how many schemas of a topic are recognised by their bytes alone; each costs a comparison for a message of another schema. */
const KNOWN_PREFIXES = 8;
/** Topics whose envelopes are kept: more than a task usually reads from. */
const KNOWN_TOPICS = 256;
/** With how many schemas a new one is compared, lest two texts of one schema make two of it. */
const COMPARED_SCHEMAS = 32;

const SCHEMA = utf8Bytes('"schema"');
const PAYLOAD = utf8Bytes('"payload"');
const OPEN = 0x7b;
const CLOSE = 0x7d;
const COLON = 0x3a;
const COMMA = 0x2c;

/** A beginning of messages whose schema is known. */
export interface KnownEnvelope {
  readonly schema: Schema | null;
  /** All bytes of a message up to its payload. */
  readonly prefix: Padded;
  /** Their number. */
  readonly length: number;
}

/** A message taken apart, its payload not read yet. */
export interface OpenEnvelope {
  readonly schema: Schema | null;
  readonly payload: JsonNode;
}

/** Reads envelopes and keeps the schemas it met. The same schema gives the same object as long as it is among the last `cacheSize`. */
export class EnvelopeSchemas {
  readonly #replaceNull: boolean;
  readonly #schemas: Lru<string, Schema>;
  /** The last ones read of a text not met before, newest first. */
  readonly #distinct: Schema[] = [];
  readonly #topics = new Lru<string, KnownEnvelope[]>(KNOWN_TOPICS);
  /** Most batches are of the topic of the batch before. */
  #lastTopic: string | undefined;
  #lastKnown: KnownEnvelope[] = [];

  constructor(cacheSize: number, replaceNull: boolean) {
    this.#replaceNull = replaceNull;
    this.#schemas = new Lru(cacheSize);
  }

  /** Throws a DataError for what is no envelope, a JsonSyntaxError for what is no JSON. */
  read(topic: string, bytes: Uint8Array): SchemaAndValue {
    const known = this.#known(topic).find(({ prefix }) => startsWith(bytes, prefix.bytes.subarray(0, prefix.length)));
    const { schema, payload } = known === undefined ? this.open(topic, bytes) : this.openKnown(topic, bytes, known);
    return { schema, value: readPayload(schema, payload, this.#replaceNull) };
  }

  /** The known envelope that a message of `length` bytes at `start` begins with. At least SPARE_BYTES follow it in the view. */
  match(topic: string, view: DataView, start: number, length: number): KnownEnvelope | undefined {
    const known = this.#known(topic);
    for (let i = 0; i < known.length; i++) {
      const each = known[i] as KnownEnvelope;
      if (length <= each.prefix.length || !sameBytes(view, start, each.prefix.view, each.prefix.length)) continue;
      if (i > 0) known.unshift(...known.splice(i, 1));
      return each;
    }
    return undefined;
  }

  /** A message that begins with that envelope. Throws like `read`. */
  openKnown(topic: string, bytes: Uint8Array, { prefix, schema }: KnownEnvelope): OpenEnvelope {
    const payload = parseJson(bytes, prefix.length, 1);
    // Another member after the payload: not an envelope, or one with a member twice. The full parse tells.
    if (payload === undefined || !isLast(bytes, payload.end)) return this.open(topic, bytes);
    return { schema, payload: payload.node };
  }

  /** A message of any layout. Throws like `read`. */
  open(topic: string, bytes: Uint8Array): OpenEnvelope {
    const node = parseJson(bytes)?.node;
    const [schemaNode, payload] = node instanceof Map && node.size === 2 ? [node.get("schema"), node.get("payload")] : [];
    if (schemaNode === undefined || payload === undefined) {
      throw new DataError(
        'JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional fields. ' +
          "If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration.",
      );
    }
    const schema = this.#schema(schemaNode);
    this.#remember(topic, bytes, schema);
    return { schema, payload };
  }

  #known(topic: string): KnownEnvelope[] {
    if (topic === this.#lastTopic) return this.#lastKnown;
    const known = this.#topics.get(topic) ?? [];
    this.#topics.set(topic, known);
    this.#lastTopic = topic;
    this.#lastKnown = known;
    return known;
  }

  #schema(node: JsonNode): Schema | null {
    if (node === null) return null;
    const key = nodeText(node);
    const kept = this.#schemas.get(key);
    if (kept !== undefined) return kept;
    const read = readSchema(node, this.#replaceNull);
    if (read === null) return null;
    const schema = this.#distinct.find((each) => schemasEqual(each, read)) ?? read;
    if (schema === read) {
      this.#distinct.unshift(read);
      if (this.#distinct.length > COMPARED_SCHEMAS) this.#distinct.pop();
    }
    this.#schemas.set(key, schema);
    return schema;
  }

  #remember(topic: string, bytes: Uint8Array, schema: Schema | null): void {
    const length = payloadStart(bytes);
    if (length === undefined) return;
    const known = this.#known(topic);
    if (known.some((each) => length === each.length && startsWith(bytes, each.prefix.bytes.subarray(0, length)))) return;
    known.unshift({ schema, prefix: padded(bytes.subarray(0, length)), length });
    if (known.length > KNOWN_PREFIXES) known.pop();
  }
}

/** Where the payload begins in a message that parses, provided that it is of the schema and then the payload. */
function payloadStart(bytes: Uint8Array): number | undefined {
  const schemaAt = bytes[0] === OPEN ? memberValue(bytes, 1, SCHEMA) : undefined;
  if (schemaAt === undefined) return undefined;
  const comma = skipBlanks(bytes, parseJson(bytes, schemaAt)?.end ?? 0);
  const payloadAt = bytes[comma] === COMMA ? memberValue(bytes, comma + 1, PAYLOAD) : undefined;
  // Behind the payload may be the schema once more, which then is the one that counts.
  return payloadAt !== undefined && isLast(bytes, parseJson(bytes, payloadAt)?.end ?? 0) ? payloadAt : undefined;
}

/** Whether a member that ends there is the last of the envelope. */
function isLast(bytes: Uint8Array, end: number): boolean {
  return bytes[skipBlanks(bytes, end)] === CLOSE;
}

/** Where the value of the member of that name begins, if it is the next. */
function memberValue(bytes: Uint8Array, at: number, name: Uint8Array): number | undefined {
  const start = skipBlanks(bytes, at);
  if (!startsWith(bytes.subarray(start), name)) return undefined;
  const colon = skipBlanks(bytes, start + name.length);
  return bytes[colon] === COLON ? skipBlanks(bytes, colon + 1) : undefined;
}

function skipBlanks(bytes: Uint8Array, at: number): number {
  let i = at;
  while (bytes[i] === 0x20 || bytes[i] === 0x0a || bytes[i] === 0x0d || bytes[i] === 0x09) i++;
  return i;
}

/** A node as JSON without blanks: equal for equal nodes, but for the order of members. */
function nodeText(node: JsonNode): string {
  if (typeof node === "string") return jsonString(node);
  if (node instanceof JsonNumber) return node.text;
  if (node instanceof Map) return `{${[...node].map(([name, member]) => `${jsonString(name)}:${nodeText(member)}`).join(",")}}`;
  return Array.isArray(node) ? `[${node.map(nodeText).join(",")}]` : String(node);
}
