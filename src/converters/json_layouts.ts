/** How messages are laid out: in envelopes, or payloads alone. */
import {
  ConnectError,
  DataError,
  type JsonNode,
  JsonSyntaxError,
  parseJson,
  parseJsonAs,
  type RawSide,
  type Schema,
  type SchemaAndValue,
} from "sdk";
import { EnvelopeSchemas, type OpenEnvelope } from "./json_envelopes.ts";
import { readPayload, schemalessNumber } from "./json_read.ts";

/** A beginning that messages may have. */
export interface KnownBeginning {
  readonly schema: Schema | null;
  /** Bytes up to the payload. */
  readonly length: number;
}

/** A message taken apart, its payload not read yet. `undefined`: there is none. */
export interface OpenMessage {
  readonly schema: Schema | null;
  readonly payload: JsonNode | undefined;
}

/** What it throws for a message is a ConnectError. */
export interface MessageLayout {
  /** In how many objects the payload lies. */
  readonly depth: 0 | 1;
  /** The known beginning of the message of `length` bytes at `start`, told from its bytes alone. */
  match(topic: string, raw: RawSide, start: number, length: number): KnownBeginning | undefined;
  /** A message without a known beginning. */
  open(topic: string, bytes: Uint8Array): OpenMessage;
  /** Any message to its value: the row twin. */
  read(topic: string, bytes: Uint8Array): SchemaAndValue;
}

/** `{"schema":…,"payload":…}`. */
export class EnvelopeLayout implements MessageLayout {
  readonly depth = 1;
  readonly #schemas: EnvelopeSchemas;

  constructor(cacheSize: number, replaceNull: boolean) {
    this.#schemas = new EnvelopeSchemas(cacheSize, replaceNull);
  }

  match(topic: string, { region }: RawSide, start: number, length: number): KnownBeginning | undefined {
    return this.#schemas.match(topic, region.view, start, length);
  }

  open(topic: string, bytes: Uint8Array): OpenEnvelope {
    return inConnectsWords(() => this.#schemas.open(topic, bytes));
  }

  read(topic: string, bytes: Uint8Array): SchemaAndValue {
    return inConnectsWords(() => this.#schemas.read(topic, bytes));
  }
}

/** The payload alone, under one schema for all or under none. */
export class PlainLayout implements MessageLayout {
  readonly depth = 0;
  readonly #beginning: KnownBeginning;
  readonly #replaceNull: boolean;

  constructor(schema: Schema | null, replaceNull: boolean) {
    this.#beginning = { schema, length: 0 };
    this.#replaceNull = replaceNull;
  }

  match(): KnownBeginning {
    return this.#beginning;
  }

  open(_topic: string, bytes: Uint8Array): OpenMessage {
    return { schema: this.#beginning.schema, payload: inConnectsWords(() => parseJson(bytes)?.node) };
  }

  read(topic: string, bytes: Uint8Array): SchemaAndValue {
    if (this.#beginning.schema === null) {
      return {
        schema: null,
        value: inConnectsWords(() => parseJsonAs(bytes, schemalessNumber) ?? null),
      };
    }
    const { schema, payload } = this.open(topic, bytes);
    return { schema, value: readPayload(schema, payload, this.#replaceNull) };
  }
}

/** The place of a fault in the JSON is in the cause. */
function inConnectsWords<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    const javaClass = "org.apache.kafka.common.errors.SerializationException";
    throw new DataError("Converting byte[] to Kafka Connect data failed due to serialization error: ", {
      cause: new ConnectError(`com.fasterxml.jackson.core.JsonParseException: ${cause.message}`, { javaClass, cause }),
    });
  }
}
