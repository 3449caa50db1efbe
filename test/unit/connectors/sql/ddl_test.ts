import assert from "node:assert/strict";
import { dateSchema, Decimal, decimalSchema, primitiveSchema, type Schema, structSchema, timestampSchema } from "sdk";
import { addColumnSql, addColumnsSql, createTableSql, type DdlWords, defaultLiteral, hexDigits } from "../../../../connectors/sql/ddl.ts";
import type { NewColumn } from "../../../../connectors/sql/dialect.ts";
import { timeZone } from "../../../../connectors/times/time_zone.ts";

const utc = timeZone("UTC");
const words: DdlWords = {
  quote: '"',
  columnType: ({ schema }) => schema.type === "STRUCT" ? null : schema.type === "STRING" ? "TEXT" : "INT",
  literal: (value, column) => defaultLiteral(value, column, literals, utc),
};
const literals = {
  text: (text: string) => `'${text.replaceAll("'", "''")}'`,
  bytes: (bytes: Uint8Array) => `x'${hexDigits(bytes)}'`,
  booleans: ["0", "1"],
} as const;

function column(name: string, schema: Schema, isKey = false): NewColumn {
  return { name, schema, isKey, epochUnit: null };
}

const id = column("id", primitiveSchema("INT32"), true);
const name = column("name", primitiveSchema("STRING", { optional: true }));
const table = { catalog: null, schema: "public", name: "orders" };

Deno.test("createTableSql() writes upstream's shape, key columns at the end in their order", () => {
  assert.equal(
    createTableSql(table, [id, name], words),
    'CREATE TABLE "public"."orders" (\n"id" INT NOT NULL,\n"name" TEXT NULL,\nPRIMARY KEY("id"))',
  );
  assert.equal(createTableSql(table, [name], words), 'CREATE TABLE "public"."orders" (\n"name" TEXT NULL)');
});

Deno.test("createTableSql() leaves no name a way out of its quotes", () => {
  const evil = column('a"; DROP TABLE x;--', primitiveSchema("INT32"));
  assert.equal(createTableSql(table, [evil], words), 'CREATE TABLE "public"."orders" (\n"a""; DROP TABLE x;--" INT NOT NULL)');
});

Deno.test("createTableSql() refuses a schema without a type in upstream's words", () => {
  assert.throws(() => createTableSql(table, [column("s", structSchema([]))], words), {
    message: "null (STRUCT) type doesn't have a mapping to the SQL database column type",
  });
});

Deno.test("addColumnsSql() puts one column on the line of the table and several on lines of their own", () => {
  assert.equal(addColumnsSql(table, [name], words), 'ALTER TABLE "public"."orders" ADD "name" TEXT NULL');
  assert.equal(addColumnSql(table, name, words), 'ALTER TABLE "public"."orders" ADD "name" TEXT NULL');
  assert.equal(
    addColumnsSql(table, [name, column("n", primitiveSchema("INT64", { default: 5n }))], words),
    'ALTER TABLE "public"."orders" \nADD "name" TEXT NULL,\nADD "n" INT DEFAULT 5',
  );
});

Deno.test("addColumnsSql() gives a column whose default cannot be written none, and lets it take nulls", () => {
  const silent = { ...words, literal: () => null };
  assert.equal(
    addColumnsSql(table, [column("s", primitiveSchema("STRING", { default: "x" }))], silent),
    'ALTER TABLE "public"."orders" ADD "s" TEXT NULL',
  );
});

Deno.test("defaultLiteral() writes every scalar, strings with their quotes doubled", () => {
  const cases: readonly (readonly [Schema, Parameters<typeof defaultLiteral>[0], string])[] = [
    [primitiveSchema("STRING"), "it's", "'it''s'"],
    [primitiveSchema("BOOLEAN"), true, "1"],
    [primitiveSchema("FLOAT64"), 1.5, "1.5"],
    [primitiveSchema("BYTES"), Uint8Array.of(1, 255), "x'01FF'"],
    [decimalSchema(2), new Decimal(-1234n, 2), "-12.34"],
    [dateSchema(), new Date(Date.UTC(2024, 1, 29)), "'2024-02-29'"],
    [timestampSchema(), new Date(Date.UTC(2024, 1, 29, 13, 14, 15, 123)), "'2024-02-29 13:14:15.123'"],
  ];
  for (const [schema, value, expected] of cases) {
    assert.equal(defaultLiteral(value, column("c", schema), literals, utc), expected);
  }
});

Deno.test("defaultLiteral() keeps micro- and nanoseconds, also before the epoch", () => {
  const micros: NewColumn = { ...column("c", primitiveSchema("INT64")), epochUnit: "micros" };
  assert.equal(defaultLiteral(-1n, micros, literals, utc), "'1969-12-31 23:59:59.999999'");
  assert.equal(defaultLiteral("1", { ...micros, epochUnit: "nanos" }, literals, utc), "'1970-01-01 00:00:00.000000001'");
});
