import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { NativeArena } from "../../src/kafka/memory.ts";
import { BareWriter, scan, scannedRows, type Shape } from "../bench/bare_writer.ts";
import { COLUMNS, csvRow } from "../bench/csv_rows.ts";

const ROWS = 500;
const TEXT = Array.from({ length: ROWS }, (_, i) => csvRow(i * 37 + 1) + "\n").join("");
const EXPECTED = parse(TEXT, { columns: COLUMNS.map((column) => column.name) }) as Readonly<Record<string, string>>[];

/** Everything the yardstick writes for the text, record by record. */
function written(shape: Shape): Record<string, unknown>[] {
  const text = new TextEncoder().encode(TEXT);
  const bytes = new Uint8Array(text.length + 16);
  bytes.set(text);
  bytes[text.length] = 10;
  const scanned = scannedRows(ROWS);
  scan(bytes, 0, text.length, scanned);
  assert.equal(scanned.rows, ROWS);
  assert.equal(scanned.next, text.length);
  const arena = new NativeArena();
  const writer = new BareWriter(shape);
  return Array.from({ length: ROWS }, (_, row) => {
    arena.used = 0;
    arena.reserve(writer.bound(1024));
    writer.write(arena, bytes, new DataView(bytes.buffer), scanned, row);
    return JSON.parse(new TextDecoder().decode(arena.bytes.subarray(0, arena.used)));
  });
}

Deno.test("BareWriter writes the text of every field as csv-parse reads it", () => {
  assert.deepEqual(written({ typed: false, schemas: false }), EXPECTED.map((row) => ({ ...row })));
});

Deno.test("BareWriter writes typed fields as Kafka Connect's JsonConverter does", () => {
  const payloads = written({ typed: true, schemas: true }).map((record) => record["payload"]);
  const expected = EXPECTED.map((row) => ({
    ...row,
    id: Number(row["id"]),
    age: Number(row["age"]),
    score: Number(row["score"]),
    active: row["active"] === "true",
    last_login: Date.parse(`${row["last_login"]}Z`),
    balance: base64OfUnscaled(BigInt((row["balance"] ?? "").replace(".", ""))),
  }));
  assert.deepEqual(payloads, expected);
});

Deno.test("scan() leaves a row that is cut off for the next chunk", () => {
  const whole = csvRow(1) + "\n", cut = csvRow(5).slice(0, -10);
  const bytes = new TextEncoder().encode(whole + cut + "\n" + " ".repeat(16));
  const scanned = scannedRows(10);
  scan(bytes, 0, whole.length + cut.length, scanned);
  assert.deepEqual([scanned.rows, scanned.next], [1, whole.length]);
});

/** java.math.BigInteger.toByteArray(), in base64: the shortest two's complement. */
function base64OfUnscaled(value: bigint): string {
  let size = 1;
  while (BigInt.asIntN(size * 8, value) !== value) size++;
  const bytes = Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * (size - 1 - i))) & 255n));
  return btoa(String.fromCharCode(...bytes));
}
