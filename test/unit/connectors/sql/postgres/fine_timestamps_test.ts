import assert from "node:assert/strict";
import fc from "fast-check";
import { allocateRegion, primitiveSchema, valueAt } from "sdk";
import { timeZone } from "../../../../../connectors/times/time_zone.ts";
import { fineTimestamps } from "../../../../../connectors/sql/postgres/fine_timestamps.ts";
import type { TypeMapping } from "../../../../../connectors/sql/dialect.ts";

type Granularity = TypeMapping["granularity"];

/** What a column of one text becomes; null when its row fails. */
function read(text: string, granularity: Granularity, zone = "UTC"): unknown {
  const bytes = new TextEncoder().encode(text);
  const region = allocateRegion(bytes.length);
  region.bytes.set(bytes);
  const schema = primitiveSchema(granularity.endsWith("_long") ? "INT64" : "STRING");
  let isFailed = false;
  const table = { columns: 1, rows: 1, at: Int32Array.of(0, bytes.length), flags: new Uint8Array(1) };
  const reader = fineTimestamps(granularity, { zone: timeZone(zone), isJulianBefore1582: false });
  const column = reader({ table, region, form: "plain", position: 0, schema, fail: () => isFailed = true });
  return isFailed ? null : valueAt(column, schema, 0);
}

Deno.test("fineTimestamps() counts micro- and nanoseconds as bigints do, before 1970 too", () => {
  const micros = fc.bigInt({ min: -9_223_372_000_000_000n, max: 9_223_372_000_000_000n });
  fc.assert(fc.property(fc.oneof(micros, fc.bigInt({ min: -2_000_000n, max: 2_000_000n })), (count) => {
    const ms = Number((count - (((count % 1000n) + 1000n) % 1000n)) / 1000n);
    const rest = String(((count % 1000n) + 1000n) % 1000n).padStart(3, "0");
    const iso = new Date(ms).toISOString().replace("Z", rest);
    const text = iso.replace("T", " ").replace(/\.?0+$/, (zeros) => zeros.startsWith(".") ? "" : zeros.replaceAll("0", ""));
    assert.equal(read(text, "micros_long"), count, text);
    assert.equal(read(text, "nanos_long"), count * 1000n);
    assert.equal(read(text, "micros_string"), String(count));
    assert.equal(read(text, "nanos_string"), String(count * 1000n));
    assert.equal(read(text, "micros_iso_datetime_string"), iso);
    assert.equal(read(text, "nanos_iso_datetime_string"), `${iso}000`);
  }));
});

Deno.test("fineTimestamps() writes ISO texts by the clocks of the zone, whatever offset the server sent", () => {
  assert.equal(read("2024-01-02 03:04:05.123456+00", "micros_iso_datetime_string", "Asia/Seoul"), "2024-01-02T12:04:05.123456");
  assert.equal(read("2024-01-02 03:04:05.5", "nanos_iso_datetime_string", "Asia/Seoul"), "2024-01-02T03:04:05.500000000");
});

Deno.test("fineTimestamps() fails what a long cannot count", () => {
  assert.equal(read("infinity", "micros_string"), null);
  assert.equal(read("2262-04-12 00:00:00", "nanos_long"), null);
  assert.equal(read("2262-04-12 00:00:00", "nanos_string"), "9223372800000000000");
});
