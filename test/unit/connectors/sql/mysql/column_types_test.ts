import assert from "node:assert/strict";
import { columnType } from "../../../../../connectors/sql/mysql/column_types.ts";
import type { ColumnPacket } from "../../../../../connectors/sql/mysql/driver.ts";

const MAPPING = { numeric: "best_fit", granularity: "connect_logical" } as const;
const VALUES = { zeroDates: "EXCEPTION", isTinyBoolean: false, isMariaDb: false, isYearDate: true } as const;

function typeOf(columnTypeCode: number, parts: Partial<ColumnPacket> = {}, values: Parameters<typeof columnType>[2] = VALUES): string {
  const packet = { name: "c", columnType: columnTypeCode, flags: 0, columnLength: 11, decimals: 0, characterSet: 63, ...parts };
  const { schema } = columnType(packet, MAPPING, values);
  if (schema === null) return "dropped";
  const parameters = schema.parameters === undefined ? "" : `(${[...schema.parameters.values()].reverse().join(",")})`;
  return `${schema.name?.replace(/.*\./, "") ?? schema.type}${parameters}${schema.optional ? "" : " required"}`;
}

Deno.test("columnType() maps the type codes as Connector/J and the JDBC connector do", () => {
  const UNSIGNED = 32;
  const cases: readonly (readonly [string, string])[] = [
    [typeOf(1, { columnLength: 1 }), "INT8"],
    [typeOf(1, { flags: UNSIGNED }), "INT16"],
    [typeOf(2), "INT16"],
    [typeOf(2, { flags: UNSIGNED }), "INT32"],
    [typeOf(9, { flags: UNSIGNED }), "INT64"],
    [typeOf(3, { flags: 1 }), "INT32 required"],
    [typeOf(3, { flags: UNSIGNED }), "INT64"],
    [typeOf(8, { flags: UNSIGNED | 1 }), "INT64 required"],
    [typeOf(4), "FLOAT32"],
    [typeOf(5), "FLOAT64"],
    [typeOf(246, { columnLength: 12, decimals: 2 }), "Decimal(10,2)"],
    [typeOf(246, { columnLength: 11, decimals: 2, flags: UNSIGNED }), "Decimal(10,2)"],
    [typeOf(246, { columnLength: 10, decimals: 0 }), "Decimal(9,0)"],
    [typeOf(16, { columnLength: 64, flags: UNSIGNED }), "INT8"],
    [typeOf(13), "Date"],
    [typeOf(13, {}, { ...VALUES, isYearDate: false }), "INT32"],
    [typeOf(10), "Date"],
    [typeOf(11), "Time"],
    [typeOf(12), "Timestamp"],
    [typeOf(7), "Timestamp"],
    [typeOf(253, { characterSet: 45 }), "STRING"],
    [typeOf(253), "BYTES"],
    [typeOf(252, { characterSet: 45 }), "STRING"],
    [typeOf(252), "BYTES"],
    [typeOf(245), "STRING"],
    [typeOf(255), "BYTES"],
    [typeOf(242), "BYTES"],
    [typeOf(6), "dropped"],
  ];
  for (const [found, expected] of cases) assert.equal(found, expected);
});

Deno.test("columnType() makes tinyint(1) BOOLEAN where the URL asks for it, and no other tinyint", () => {
  const values = { ...VALUES, isTinyBoolean: true };
  assert.equal(typeOf(1, { columnLength: 1 }, values), "BOOLEAN");
  assert.equal(typeOf(1, { columnLength: 4 }, values), "INT8");
  assert.equal(typeOf(1, { columnLength: 1, flags: 32 }, values), "INT16");
});

Deno.test("columnType() makes bit(1) BOOLEAN where the URL is MariaDB's, and no longer one", () => {
  const values = { ...VALUES, isMariaDb: true };
  assert.equal(typeOf(16, { columnLength: 1 }, values), "BOOLEAN");
  assert.equal(typeOf(16, { columnLength: 2 }, values), "INT8");
});

Deno.test("columnType() leaves uuid columns out where the URL is MariaDB's, as its driver does", () => {
  const uuid = { characterSet: 45, extendedTypeName: "uuid" };
  assert.equal(typeOf(254, uuid, { ...VALUES, isMariaDb: true }), "dropped");
  assert.equal(typeOf(254, uuid), "STRING");
});

Deno.test("columnType() follows timestamp.granularity", () => {
  const packet = { name: "c", columnType: 12, flags: 0, columnLength: 26, decimals: 6, characterSet: 63 };
  const granularities = ["connect_logical", "micros_long", "nanos_long", "micros_string", "nanos_iso_datetime_string"] as const;
  const found = granularities.map((granularity) => String(columnType(packet, { ...MAPPING, granularity }, VALUES).schema));
  assert.deepEqual(found, [
    "Schema{org.apache.kafka.connect.data.Timestamp:INT64}",
    "Schema{INT64}",
    "Schema{INT64}",
    "Schema{STRING}",
    "Schema{STRING}",
  ]);
});
