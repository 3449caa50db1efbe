import assert from "node:assert/strict";
import fc from "fast-check";
import { DataError, primitiveSchema } from "sdk";
import { timeZone } from "../../../../../connectors/times/time_zone.ts";
import { momentText, offsetText, statementText, textLiteral } from "../../../../../connectors/sql/postgres/literals.ts";
import { instant, readTimestamp } from "../../../../../connectors/sql/postgres/time_text.ts";
import { sqlErrorOf } from "../../../../../connectors/sql/postgres/server_errors.ts";
import type { WriteSlot } from "../../../../../connectors/sql/postgres/slots.ts";
import { writeSql } from "../../../../../connectors/sql/postgres/write_sql.ts";
import { parseMoney } from "../../../../../connectors/sql/postgres/column_readers.ts";

const UTC = { zone: timeZone("UTC"), isJulianBefore1582: true };

Deno.test("statementText() quotes names, and writes values so that none ends its literal", () => {
  const table = { catalog: "om", schema: "public", name: 'a"b' };
  const parts = ["SELECT ", { name: "x" }, " FROM ", { table }, " WHERE x > -", { integer: -5n }, " AND v = ", { text: "it's \\" }];
  assert.equal(statementText(parts, '"', UTC), `SELECT "x" FROM "om"."public"."a""b" WHERE x > -'-5'::int8 AND v =  E'it''s \\\\'`);
  assert.equal(statementText([{ name: "x" }], "", UTC), "x");
  assert.throws(() => textLiteral("a\0"), DataError);
});

Deno.test("momentText() writes a wall clock of the zone with its offset, to the microsecond", () => {
  const seoul = { zone: timeZone("Asia/Seoul"), isJulianBefore1582: true };
  const moment = { ms: Date.UTC(2024, 0, 2, 3, 4, 5, 123), nanos: 123_456_789 };
  assert.equal(momentText(moment, UTC), "2024-01-02 03:04:05.123456+00");
  assert.equal(momentText(moment, seoul), "2024-01-02 12:04:05.123456+09");
  assert.equal(momentText({ ms: 0, nanos: 0 }, { ...UTC, zone: timeZone("America/New_York") }), "1969-12-31 19:00:00-05");
  assert.equal(momentText({ ms: -1, nanos: 999_999_000 }, UTC), "1969-12-31 23:59:59.999999+00");
  assert.equal(momentText({ ms: Date.UTC(1582, 9, 14), nanos: 0 }, UTC), "1582-10-04 00:00:00+00");
  assert.match(momentText({ ms: -99_999_999_999_999, nanos: 1_000_000 }, UTC), /^1200-02-\d\d 14:13:20\.001000\+00 BC$/);
  assert.deepEqual([-12_600_000, 30_472_000, 0].map(offsetText), ["-03:30", "+08:27:52", "+00"]);
});

Deno.test("momentText() writes what readTimestamp() reads, in both calendars", () => {
  const zones = ["UTC", "Asia/Seoul", "America/New_York"].map(timeZone);
  const times = fc.integer({ min: -200_000_000_000_000, max: 250_000_000_000_000 });
  fc.assert(
    fc.property(
      times,
      fc.integer({ min: 0, max: 999 }),
      fc.constantFrom(...zones),
      fc.boolean(),
      (ms, micros, zone, isJulianBefore1582) => {
        const moment = { ms, nanos: (ms - Math.floor(ms / 1000) * 1000) * 1_000_000 + micros * 1000 };
        const bytes = new TextEncoder().encode(momentText(moment, { zone, isJulianBefore1582 }));
        const read = readTimestamp(bytes, 0, bytes.length, { zone, isJulianBefore1582 });
        assert.deepEqual({ ms: read, nanos: instant.nanos }, moment);
      },
    ),
  );
});

function slots(): readonly WriteSlot[] {
  const schema = primitiveSchema("STRING");
  const of = (name: string, isKey: boolean, sqlType: string): WriteSlot => ({
    name,
    sqlType,
    typeName: "",
    column: { name, schema, isKey, epochUnit: null, definition: null },
  });
  return [of("k", true, "uuid"), of("a", false, "integer"), of("b", false, "shop.mood"), of("c", false, "integer[]")];
}

Deno.test("writeSql() casts every value to the type of its column, by way of text where arrays cannot hold it", () => {
  const table = { catalog: null, schema: "s", name: "t" };
  const sql = (mode: "insert" | "upsert" | "update" | "delete", of = slots()) => writeSql(mode, table, of, '"');
  const from = "unnest($1::uuid[],$2::integer[],$3::text[],$4::text[]) AS u(c0,c1,c2,c3)";
  const insert = `INSERT INTO "s"."t" ("k","a","b","c") SELECT u.c0,u.c1,u.c2::shop.mood,u.c3::integer[] FROM ${from}`;
  assert.equal(sql("insert"), insert);
  assert.equal(sql("upsert"), `${insert} ON CONFLICT ("k") DO UPDATE SET "a"=EXCLUDED."a","b"=EXCLUDED."b","c"=EXCLUDED."c"`);
  assert.match(sql("upsert", slots().slice(0, 1)), /ON CONFLICT \("k"\) DO NOTHING$/);
  assert.equal(
    sql("delete", slots().slice(0, 1)),
    'DELETE FROM "s"."t" AS sluice_t USING unnest($1::uuid[]) AS u(c0) WHERE sluice_t."k"=u.c0',
  );
  assert.equal(
    sql("update", slots().slice(0, 2)),
    'UPDATE "s"."t" AS sluice_t SET "a"=u.c1 FROM (SELECT DISTINCT ON (u.c0) * FROM unnest($1::uuid[],$2::integer[]) WITH ORDINALITY ' +
      'AS u(c0,c1,at) ORDER BY u.c0, u.at DESC) AS u WHERE sluice_t."k"=u.c0',
  );
});

Deno.test("sqlErrorOf() tells what to do by SQLSTATE, and gives the server's words", () => {
  const server = (code: string, more: object = {}) =>
    sqlErrorOf(Object.assign(new Error("what happened"), { severity: "ERROR", code, ...more }));
  const kinds = ["40P01", "53300", "57014", "08006", "55P03", "22001", "23505", "P0001", "54000", "42P01", "28P01", "3D000", "XX000"].map((
    code,
  ) => server(code).kind);
  assert.deepEqual(kinds, [...Array(5).fill("retriable"), ...Array(4).fill("data"), ...Array(4).fill("fatal")]);
  assert.deepEqual(["57P01", "08P01", "40P01", "23505"].map((code) => server(code).isConnectionLost), [true, true, false, false]);
  assert.equal(server("28P01", { severity: "FATAL" }).isConnectionLost, true);
  assert.equal(
    server("23505", { detail: "Key exists.", hint: "Try", position: "7" }).message,
    "ERROR: what happened\n  Detail: Key exists.\n  Hint: Try\n  Position: 7",
  );
  const reset = sqlErrorOf(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
  assert.deepEqual([reset.kind, reset.isConnectionLost, reset.sqlState], ["retriable", true, "08006"]);
  assert.equal(sqlErrorOf(new Error("Connection terminated unexpectedly")).isConnectionLost, true);
});

Deno.test("parseMoney() reads amounts as the locales of servers write them", () => {
  const texts = ["$12.34", "-$1,234.50", "($2.00)", "1.234,50 €", "12,34 €", "￥1,234", "-92,233,720,368,547,758.08", "0.00"];
  assert.deepEqual(texts.map(parseMoney), [12.34, -1234.5, -2, 1234.5, 12.34, 1234, -92233720368547758.08, 0]);
  assert.throws(() => parseMoney("much"), DataError);
});
