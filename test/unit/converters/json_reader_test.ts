import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decimalSchema,
  ESCAPED,
  jsonString,
  NON_ASCII,
  NULL_SIDE,
  primitiveSchema,
  recordAt,
  type Schema,
  type Side,
  type SliceColumn,
  Struct,
  structSchema,
  timestampSchema,
  type Value,
  valueAt,
} from "sdk";
import { jsonText } from "../../../src/converters/json_values.ts";
import { schemaText } from "../../../src/converters/json_schema.ts";
import { anyBatch } from "../../fakes/random_batches.ts";
import { assertReadsLikeRows, runsOf } from "../../fakes/raw_records.ts";
import { capture, jsonConverterOf } from "./captures.ts";

interface Read {
  readonly settings: string;
  readonly message?: string;
  readonly base64?: string;
}

const encoder = new TextEncoder();

/** JSON of all kinds that fits some schema or other, or nearly so. */
const ODD_CELLS = [
  ..."null true false 0 -0 7 007 -5 127 128 -128 -129 32767 -32769 2147483647 2147483648 -2147483649 86400000 86400001 99999999".split(" "),
  ..."100000001 9007199254740993 9223372036854775807 -9223372036854775808 9223372036854775808 -9223372036854775809 8640000000000001".split(
    " ",
  ),
  ..."0.0 -0.0 0.1 1.10 12.50 01.5 1234567.0 12345678.0 0.001 0.0001 1e3 1.5E-3 1.0E10 16777217.0 0.30000001 123456.7 1. .5 - 1e".split(
    " ",
  ),
  ...'3.141592653589793 123456789012345.0 999999999999999.9 1e400 -1e400 nul nulll truex fals [] {} [1,null] {"a":1} [[1,2]]'.split(" "),
  ...'"" "a" "NaN" "-Infinity" "QQ==" "QR==" "QUI=" "QUJD" "AAAAAAAAAA==" "H/////////8=" "/+AAAAAAAAA=" "IAAAAAAAAA=="'.split(" "),
  ...'"Q" "QQ" "Q Q==" "Q===" "\\u0051Q==" "AAAAAAAA/w==" "gA==" "gAA=" "/4AA" "\\/w==" "é한😀" "\\ud83d\\ude00" "\\ud800"'.split(" "),
  ...'"\\x" "\\u12g4" "\\u00" "\t" "\u0001" "open'.split(" "),
  '"a b"',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"',
];

/** The JSON of a struct: its cells, and how they are laid out. */
interface Layout {
  readonly gap: string;
  /** Behind commas and colons, as Python does. */
  readonly behind: string;
  readonly order: "kept" | "reversed";
  readonly extra: "" | "first" | "last" | "twice";
  readonly missing: boolean;
}

const PLAIN: Layout = { gap: "", behind: "", order: "kept", extra: "", missing: false };
const anyLayout: fc.Arbitrary<Layout> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(PLAIN) },
  fc.constant({ ...PLAIN, behind: " " }),
  fc.record({
    gap: fc.constantFrom("", " ", "\n\t"),
    behind: fc.constantFrom("", " "),
    order: fc.constantFrom("kept", "reversed"),
    extra: fc.constantFrom("", "first", "last", "twice"),
    missing: fc.boolean(),
  }),
);

function structText(schema: Schema, cells: readonly string[], { gap, behind, order, extra, missing }: Layout): string {
  const members = schema.fields.map(({ name }, i) => `${gap}${jsonString(name)}${gap}:${behind}${gap}${cells[i]}${gap}`);
  if (missing) members.pop();
  if (order === "reversed") members.reverse();
  if (extra === "first") members.unshift('"more":{"a":[1,2]}');
  if (extra === "last") members.push('"more":"b"');
  if (extra === "twice") members.push(...members.slice(0, 1));
  return `${gap}{${members.join(`,${behind}`)}}${gap}`;
}

/** What is done to the bytes of a message at last. */
type Damage = { readonly kind: "none" | "cut" | "flip" | "insert"; readonly at: number; readonly byte: number };
const anyDamage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom<Damage["kind"]>("none", "none", "none", "none", "none", "none", "cut", "flip", "insert"),
  at: fc.nat(),
  byte: fc.oneof(fc.nat(255), fc.constantFrom(0x20, 0x22, 0x2c, 0x30, 0x5c, 0x7d, 0x80, 0xc3, 0xed, 0xf0, 0xff)),
});

function damaged(text: string, { kind, at, byte }: Damage): Uint8Array {
  const bytes = encoder.encode(text);
  // Mostly the payload, which is at the end.
  const place = bytes.length - 1 - Math.min(bytes.length - 1, at % (at % 5 === 0 ? bytes.length : 80));
  switch (kind) {
    case "none":
      return bytes;
    case "cut":
      return bytes.slice(0, place);
    case "flip":
      return bytes.map((each, i) => i === place ? byte : each);
    case "insert":
      return Uint8Array.from([...bytes.subarray(0, place), byte, ...bytes.subarray(place)]);
  }
}

const ENVELOPES = [
  "plain",
  "plain",
  "plain",
  "plain",
  "plain",
  "blanks",
  "reversed",
  "extra",
  "twice",
  "trailing",
  "null",
  "schemaless",
  "absent",
] as const;

function envelope(kind: typeof ENVELOPES[number], schema: string, payload: string): string {
  switch (kind) {
    case "blanks":
      return `{ "schema" : ${schema} , "payload" : ${payload} }`;
    case "reversed":
      return `{"payload":${payload},"schema":${schema}}`;
    case "extra":
      return `{"schema":${schema},"payload":${payload},"more":1}`;
    case "twice":
      return `{"schema":${schema},"payload":${payload},"schema":{"type":"string"}}`;
    case "trailing":
      return `{"schema":${schema},"payload":${payload}} {`;
    case "null":
      return `{"schema":${schema},"payload":null}`;
    case "schemaless":
      return `{"schema":null,"payload":${payload}}`;
    default:
      return `{"schema":${schema},"payload":${payload}}`;
  }
}

const OPTIONS = { numericDecimals: false, replaceNull: true };

/** Rows of one schema as messages, most of them as Kafka Connect writes them. `bare`: payloads alone. */
const anyMessages = (bare: boolean): fc.Arbitrary<(Uint8Array | null)[]> =>
  anyBatch.chain(({ batch, schema }) =>
    fc.record({
      whole: fc.nat(5).map((n) => n === 0),
      odd: fc.array(fc.record({ row: fc.nat(5), field: fc.nat(5), cell: fc.constantFrom(...ODD_CELLS) }), { maxLength: 3 }),
      layouts: fc.array(anyLayout, { minLength: 6, maxLength: 6 }),
      envelopes: fc.array(fc.constantFrom(...ENVELOPES), { minLength: 6, maxLength: 6 }),
      damages: fc.array(anyDamage, { minLength: 6, maxLength: 6 }),
      numericDecimals: fc.boolean(),
    }).map(({ whole, odd, layouts, envelopes, damages, numericDecimals }) => {
      const [field] = schema.fields;
      const sent = whole && field !== undefined ? field.schema : schema;
      const schemaJson = schemaText(sent, OPTIONS);
      return Array.from({ length: batch.rows }, (_, row) => {
        const kind = envelopes[row] as typeof ENVELOPES[number];
        if (kind === "absent") return null;
        const { values } = recordAt(batch, row).value as unknown as { values: readonly Value[] };
        const cells = schema.fields.map((each, f) => cellText(each.schema, values[f] ?? null, numericDecimals));
        for (const { row: at, field, cell } of odd) if (at === row && field < cells.length) cells[field] = cell;
        const payload = sent === schema ? structText(schema, cells, layouts[row] as Layout) : cells[0] as string;
        return damaged(bare ? payload : envelope(kind, schemaJson, payload), damages[row] as Damage);
      });
    })
  );

function cellText(schema: Schema, value: Value, numericDecimals: boolean): string {
  return value === null ? "null" : jsonText(schema, value, { numericDecimals, replaceNull: true });
}

/** Messages of some schemas, mixed. */
const mixed = (bare: boolean) =>
  fc.tuple(fc.array(anyMessages(bare), { minLength: 1, maxLength: 3 }), fc.infiniteStream(fc.nat(2))).map(([all, turns]) => {
    const left = all.map((messages) => [...messages]);
    const records: (Uint8Array | null)[] = [];
    while (left.some((messages) => messages.length > 0)) {
      const { value: turn = 0 } = turns.next();
      const messages = left[turn % left.length]?.length ? left[turn % left.length] : left.find((each) => each.length > 0);
      // Some in a row, so that runs are long.
      records.push(...(messages?.splice(0, 4) ?? []));
    }
    return records;
  });

for (const words of [[], ["nulls"], ["schemaless"], ["content"]]) {
  Deno.test(`JsonConverter(${words}).read() makes of any messages what fromBytes() makes of each`, () => {
    const bare = words.length > 0 && words[0] !== "nulls";
    fc.assert(
      fc.property(mixed(bare), fc.boolean(), (records, again) => {
        const converter = jsonConverterOf(...words);
        assertReadsLikeRows(converter, jsonConverterOf(...words), records);
        // With all envelopes known.
        if (again) assertReadsLikeRows(converter, converter, records);
      }),
      { numRuns: 500 },
    );
  });
}

Deno.test("JsonConverter.read() reads the captured messages as fromBytes() does, of which it is known to be right", () => {
  const reads = Map.groupBy(capture<Read[]>("json-reads.json"), ({ settings }) => settings);
  for (const [settings, messages] of reads) {
    const records = messages.map(({ message, base64 }) =>
      message === undefined ? Uint8Array.fromBase64(base64 ?? "") : encoder.encode(message)
    );
    assertReadsLikeRows(jsonConverterOf(settings), jsonConverterOf(settings), records);
  }
});

const OPTIONAL = { optional: true };
const ROW = structSchema([
  ["id", primitiveSchema("INT64")],
  ["name", primitiveSchema("STRING", OPTIONAL)],
  ["score", primitiveSchema("FLOAT64", OPTIONAL)],
  ["active", primitiveSchema("BOOLEAN", OPTIONAL)],
  ["at", timestampSchema(OPTIONAL)],
  ["price", decimalSchema(2, OPTIONAL)],
]);
const GOOD = '{"id":1,"name":"Ann","score":1.5,"active":true,"at":1700000000000,"price":"AfQ="}';

function messages(schema: Schema | null, ...payloads: readonly (string | null)[]): (Uint8Array | null)[] {
  const open = `{"schema":${schemaText(schema, OPTIONS)},"payload":`;
  return payloads.map((payload) => payload === null ? null : encoder.encode(`${open}${payload}}`));
}

function kindsOf({ columns }: Side): string[] {
  return columns.map((column) => column.kind === "slices" ? `${column.form} ${column.checked}` : column.kind);
}

Deno.test("JsonConverter.read() leaves text and canonical numbers where they are", () => {
  const records = messages(ROW, GOOD, GOOD);
  const [run, ...more] = assertReadsLikeRows(jsonConverterOf(), jsonConverterOf(), records);
  assert.ok(run !== undefined && more.length === 0);
  assert.deepEqual(kindsOf(run.side), ["plain integer", "json null", "plain float", "numbers", "numbers", "numbers"]);
  const [raw] = runsOf(jsonConverterOf(), records);
  assert.equal((raw?.side.columns[1] as SliceColumn).region.used, records.reduce((sum, record) => sum + (record?.length ?? 0) + 1, 0));
});

Deno.test("JsonConverter.read() takes rows of another layout, and defaults, into the same columns", () => {
  const schema = structSchema([["id", primitiveSchema("INT64")], ["name", primitiveSchema("STRING", { default: 'né"\n' })]]);
  const converter = jsonConverterOf();
  const payloads = [
    '{"id":1,"name":"Ann"}',
    '{ "name": "B\\u00f6b", "id": 007 }',
    '{"id":3,"name":null}',
    '{"id":4,"name":"Zo\\t"}',
    '{"id":5,"name":null}',
  ];
  const runs = assertReadsLikeRows(converter, jsonConverterOf(), messages(schema, ...payloads));
  assert.equal(runs.length, 1);
  const [run] = runs;
  const side = run?.side as Side;
  assert.deepEqual(kindsOf(side), ["plain integer", "json null"]);
  assert.deepEqual([...(side.columns[1] as SliceColumn).flags], [0, NON_ASCII, ESCAPED | NON_ASCII, ESCAPED, ESCAPED | NON_ASCII]);
  assert.deepEqual(payloads.map((_, row) => valueAt(side.columns[0] as SliceColumn, schema.fields[0]?.schema ?? null, row)), [
    1n,
    7n,
    3n,
    4n,
    5n,
  ]);
});

Deno.test("JsonConverter.read() scans payloads with Python's blanks as well", () => {
  const spaced = GOOD.replaceAll(/[:,]/g, "$& ");
  const [run] = runsOf(jsonConverterOf(), messages(ROW, GOOD, spaced, spaced, GOOD));
  const places = run?.side.columns[1] as SliceColumn;
  const starts = [0, 1, 2, 3].map((row) => places.at[places.first + row * places.stride] as number);
  // All lie in the lent region, in order: none was parsed and written again.
  assert.deepEqual(starts.toSorted((a, b) => a - b), starts);
  assert.ok(places.region.used > 4 * GOOD.length);
  assert.deepEqual(kindsOf(run?.side as Side)[2], "plain float");
});

Deno.test("JsonConverter.read() turns a column into numbers or values where its texts or numbers do not say it", () => {
  const payloads = [GOOD, GOOD.replace("1.5", "1e3"), GOOD.replace('"AfQ="', "7.5")];
  const [run] = assertReadsLikeRows(jsonConverterOf(), jsonConverterOf(), messages(ROW, ...payloads));
  assert.equal(run?.rows, 3);
  assert.deepEqual(kindsOf(run.side), ["plain integer", "json null", "numbers", "numbers", "numbers", "values"]);
});

Deno.test("JsonConverter.read() lets tombstones and unreadable messages go with any run", () => {
  const records = [
    null,
    encoder.encode("{"),
    ...messages(ROW, GOOD, "[]", null, GOOD),
    ...messages(primitiveSchema("STRING"), '"a"'),
    null,
  ];
  const runs = assertReadsLikeRows(jsonConverterOf(), jsonConverterOf(), records);
  assert.deepEqual(runs.map(({ rows }) => rows), [6, 2]);
  assert.deepEqual(runs[0]?.failures.map(({ row }) => row), [1, 3]);
  assert.deepEqual([...runs[0]?.side.absent ?? []].slice(0, 6), [1, 0, 0, 0, 1, 0]);
});

Deno.test("JsonConverter.read() gives nothing but tombstones the side of nothing", () => {
  const [run] = runsOf(jsonConverterOf(), [null, null, null]);
  assert.deepEqual(run, { rows: 3, side: NULL_SIDE, failures: [] });
});

Deno.test("JsonConverter.read() keeps structs that are null apart, as they have a schema", () => {
  const schema = structSchema([["a", primitiveSchema("INT32")]], OPTIONAL);
  const runs = assertReadsLikeRows(jsonConverterOf(), jsonConverterOf(), messages(schema, '{"a":1}', "null", "null", " null", '{"a":2}'));
  assert.deepEqual(runs.map(({ rows }) => rows), [1, 3, 1]);
});

Deno.test("JsonConverter.read() does not go far ahead among records that are not what their first bytes promise", () => {
  const twice = encoder.encode('{"schema":{"type":"int32"},"payload":5,"schema":{"type":"string"}}');
  const once = encoder.encode('{"schema":{"type":"int32"},"payload":5}');
  const runs = assertReadsLikeRows(jsonConverterOf(), jsonConverterOf(), [once, ...new Array(5).fill(twice), ...new Array(100).fill(once)]);
  assert.deepEqual(runs.map(({ rows }) => rows), [1, 1, 1, 1, 1, 1, 16, 32, 52]);
});

Deno.test("JsonConverter.read() knows a schema again that is written differently", () => {
  const converter = jsonConverterOf();
  const [a, b] = ['{"type":"int32","optional":true}', '{ "optional" : true , "type" : "int32" }'].map((schema) =>
    encoder.encode(`{"schema":${schema},"payload":5}`)
  ) as [Uint8Array, Uint8Array];
  const [run, ...more] = runsOf(converter, [a, b, a, b, b]);
  assert.equal(run?.rows, 5);
  assert.equal(more.length, 0);
  assert.equal(runsOf(converter, [b], "another topic")[0]?.side.schema, run.side.schema);
});

Deno.test("JsonConverter.fromBytes() is not misled by a message that names its schema twice", () => {
  // The beginning of such a message was once remembered with the schema at its end, and then given to others.
  const converter = jsonConverterOf();
  const open = '{"schema":{"type":"string"},"payload":"MQ=="';
  assert.equal(converter.fromBytes("t", encoder.encode(`${open},"schema":{"type":"bytes"}}`)).schema?.type, "BYTES");
  assert.equal(converter.fromBytes("t", encoder.encode(`${open}}`)).schema?.type, "STRING");
});

Deno.test("JsonConverter.read() gives every run memory of its own", () => {
  const converter = jsonConverterOf();
  const [first] = runsOf(converter, messages(ROW, GOOD));
  const before = new Struct(ROW, first?.side.columns.map((column, f) => valueAt(column, ROW.fields[f]?.schema ?? null, 0)) ?? []);
  runsOf(converter, messages(ROW, GOOD.replace("1.5", "2.5").replace("true", "false")));
  const after = new Struct(ROW, first?.side.columns.map((column, f) => valueAt(column, ROW.fields[f]?.schema ?? null, 0)) ?? []);
  assert.deepEqual(after.values, before.values);
});

Deno.test("JsonConverter.read() reads more schemas than it recognises by their bytes, and knows each again", () => {
  const schemas = Array.from({ length: 40 }, (_, n) => structSchema([[`field${n}`, primitiveSchema("INT32")]]));
  const records = schemas.flatMap((schema, n) => messages(schema, `{"field${n}":${n}}`, `{"field${n}":0}`));
  const converter = jsonConverterOf();
  const first = assertReadsLikeRows(converter, jsonConverterOf(), records);
  const again = assertReadsLikeRows(converter, jsonConverterOf(), records);
  assert.deepEqual(again.map(({ rows }) => rows), schemas.map(() => 2));
  again.forEach(({ side }, n) => assert.equal(side.schema, first[n]?.side.schema));
});
