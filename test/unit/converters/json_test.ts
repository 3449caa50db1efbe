import assert from "node:assert/strict";
import { ConnectError, heapArena, NO_BYTES, NULL_SIDE, type RecordBatch, type Schema, type Value } from "sdk";
import { schemaNotation, valueNotation } from "../../captures/converters/notation.ts";
import { bytesOf, capture, type CapturedBytes, converterOf, headerConverterOf, jsonConverterOf, shown } from "./captures.ts";

interface Envelopes {
  readonly seen: string;
  readonly settings: readonly string[];
  readonly open: string;
  readonly rest: readonly string[];
}

interface Pair {
  readonly seen: string;
  readonly settings: readonly string[];
  readonly envelope: string;
  readonly written: CapturedBytes;
}

interface Read {
  readonly settings: string;
  readonly message?: string;
  readonly base64?: string;
  readonly read: string;
  readonly written?: readonly (string | null)[];
}

const encoder = new TextEncoder();

Deno.test("JsonConverter writes every captured key, value and header again as it was, once it has read it", () => {
  for (const { seen, settings, open, rest } of capture<Envelopes[]>("envelopes.json")) {
    const converter = jsonConverterOf(...settings);
    for (const payload of rest) {
      const { schema, value } = converter.fromBytes("t", encoder.encode(open + payload));
      assert.equal(shown(converter.toBytes("t", schema, value)), open + payload, seen);
    }
  }
});

Deno.test("converters write the same record as Kafka Connect did under other settings and by other converters", () => {
  const reader = jsonConverterOf("nulls");
  for (const { seen, settings, envelope, written } of capture<Pair[]>("pairs.json")) {
    const { schema, value } = reader.fromBytes("t", encoder.encode(envelope));
    assert.deepEqual(writerOf(settings)(schema, value), bytesOf(written), seen);
  }
});

Deno.test("JsonConverter reads messages, and judges them, as Kafka Connect's does", () => {
  for (const { settings, message, base64, read } of capture<Read[]>("json-reads.json")) {
    const bytes = message === undefined ? Uint8Array.fromBase64(base64 ?? "") : encoder.encode(message);
    assert.equal(readNotation(settings, bytes), read, `${settings}: ${message}`);
  }
});

Deno.test("JsonConverter and StringConverter write what was read as Kafka Connect's do", () => {
  const writers = [
    jsonConverterOf(),
    jsonConverterOf("numeric"),
    jsonConverterOf("nulls"),
    jsonConverterOf("schemaless"),
    converterOf("StringConverter"),
  ];
  for (const { settings, message, written } of capture<Read[]>("json-reads.json")) {
    if (written === undefined || message === undefined) continue;
    const { schema, value } = jsonConverterOf(...settings.split(" ")).fromBytes("t", encoder.encode(message));
    const ours = writers.map((writer) => orError(() => shown(writer.toBytes("t", schema, value))));
    assert.deepEqual(ours, written, message);
  }
});

Deno.test("JsonConverter says in the cause where the JSON breaks, and nothing of the text", () => {
  const error = thrownBy(() => jsonConverterOf().fromBytes("t", encoder.encode('{"schema":secret')));
  assert.equal(error.message, "Converting byte[] to Kafka Connect data failed due to serialization error: ");
  assert.ok(error.cause instanceof ConnectError);
  assert.equal(error.cause.javaClass, "org.apache.kafka.common.errors.SerializationException");
  assert.match(error.cause.message, /Unrecognized token.*byte 10/);
  assert.doesNotMatch(error.cause.message, /secret/);
});

Deno.test("JsonConverter keeps the sign of -0 and the order of members of objects without schema", () => {
  const converter = jsonConverterOf("schemaless");
  const text = '{"z":-0.0,"10":1,"a":{"y":null,"b":[]}}';
  const { schema, value } = converter.fromBytes("t", encoder.encode(text));
  assert.equal(shown(converter.toBytes("t", schema, value)), text);
});

Deno.test("JsonConverter gives the same schema object for the same schema, also in another layout", () => {
  const converter = jsonConverterOf();
  const schemas = [
    '{"schema":{"type":"string","optional":true},"payload":"a"}',
    '{"schema":{"type":"string","optional":true},"payload":"b"}',
    '{ "payload": "c", "schema": {"type": "string", "optional": true} }',
  ].map((text) => converter.fromBytes("t", encoder.encode(text)).schema);
  assert.ok(schemas[0] !== null && schemas.every((schema) => schema === schemas[0]));
});

Deno.test("JsonConverter does not take a message for one of a known schema when more follows the payload", () => {
  const converter = jsonConverterOf();
  const open = '{"schema":{"type":"string"},"payload":"a"';
  assert.equal(converter.fromBytes("t", encoder.encode(`${open}}`)).value, "a");
  assert.equal(converter.fromBytes("t", encoder.encode(`${open},"payload":"b"}`)).value, "b");
  assert.throws(() => converter.fromBytes("t", encoder.encode(`${open},"x":1}`)), /may not contain additional fields/);
});

Deno.test("JsonConverter writes and reads on with a schema cache of size 0 and 1", () => {
  for (const size of ["0", "1"]) {
    const converter = converterOf("JsonConverter", { "schemas.cache.size": size });
    for (const type of ["string", "int32", "string"]) {
      const text = `{"schema":{"type":"${type}","optional":true},"payload":null}`;
      const { schema, value } = converter.fromBytes("t", encoder.encode(text));
      assert.equal(written(converter, schema, value), text);
    }
  }
});

Deno.test("JsonConverter refuses a schema.content that is no schema", () => {
  assert.throws(() => converterOf("JsonConverter", { "schema.content": "{" }), /Cannot use "schema.content" as it is not JSON/);
  assert.throws(() => converterOf("JsonConverter", { "schema.content": "{}" }), /Schema must contain 'type' field/);
});

Deno.test("JsonConverter gives a null key no bytes, with schemas and without", () => {
  for (const words of [[], ["schemaless"]]) {
    const out = new Int32Array(2);
    jsonConverterOf(...words).write(oneRow(null, null), "key", heapArena(), out);
    assert.equal(out[1], NO_BYTES);
  }
});

/** What writes a pair: JsonConverter under some settings, or another converter. */
function writerOf(settings: readonly string[]): (schema: Schema | null, value: Value) => Uint8Array | null {
  const [kind, detail = "UTF-8"] = settings;
  if (kind === "header") return (schema, value) => headerConverterOf("SimpleHeaderConverter").toHeader("t", "h", schema, value);
  const converter = kind === "number"
    ? converterOf(detail)
    : kind === "text"
    ? converterOf("StringConverter", { "converter.encoding": detail })
    : jsonConverterOf(...settings);
  return (schema, value) => {
    const bytes = converter.toBytes("t", schema, value);
    return bytes === null ? null : Uint8Array.from(bytes);
  };
}

function readNotation(settings: string, bytes: Uint8Array): string {
  const read = orError(() => {
    const { schema, value } = jsonConverterOf(...settings.split(" ")).fromBytes("t", bytes);
    return `${schemaNotation(schema)} ${valueNotation(schema, value)}`;
  });
  return read ?? "null";
}

function orError(act: () => string | null): string | null {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return `! ${error.javaClass.substring(error.javaClass.lastIndexOf(".") + 1)}: ${error.message}`;
  }
}

function thrownBy(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return assert.fail("Nothing was thrown");
}

function oneRow(schema: Schema | null, value: Value): RecordBatch {
  return {
    rows: 1,
    select: null,
    topic: "t",
    partition: -1,
    timestamps: null,
    key: NULL_SIDE,
    value: { schema, whole: true, columns: [{ kind: "values", data: [value] }] },
    headers: [],
    position: { partition: {}, offset: () => ({}) },
    failures: [],
  };
}

function written(converter: ReturnType<typeof jsonConverterOf>, schema: Schema | null, value: Value): string | null {
  const arena = heapArena();
  const out = new Int32Array(2);
  converter.write(oneRow(schema, value), "value", arena, out);
  const [start = 0, length = 0] = out;
  return length < 0 ? null : shown(arena.bytes.slice(start, start + length));
}
