import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { CUSTOMER_COLUMNS, customers, customersCsv } from "../../../src/cli/demo_data.ts";
import { compare, type DemoRecord } from "../../../src/cli/demo.ts";

function recordOf(row: readonly string[]): DemoRecord {
  const payload = Object.fromEntries(CUSTOMER_COLUMNS.map((name, at) => [name, row[at]]));
  return { key: null, value: JSON.stringify({ schema: {}, payload }), headers: [] };
}

Deno.test("customersCsv() writes a file that csv-parse reads back cell by cell", () => {
  const rows = customers(500);
  assert.deepEqual(parse(customersCsv(rows)), [[...CUSTOMER_COLUMNS], ...rows]);
});

Deno.test("customers() holds what plain rows would not prove: quotes, commas, empty cells, text beyond ASCII", () => {
  const cells = customers(100).flat();
  for (const pattern of [/"/, /,/, /^$/, /\p{L}\p{M}?[\u0080-\u{10ffff}]/u]) {
    assert.ok(cells.some((cell) => pattern.test(cell)), String(pattern));
  }
});

Deno.test("compare() finds nothing when every row arrived", () => {
  const rows = customers(20);
  assert.deepEqual(compare(rows.map(recordOf), rows), []);
});

Deno.test("compare() tells a missing, a changed and a surplus record apart", () => {
  const rows = customers(20);
  const records = rows.map(recordOf);
  assert.match(compare(records.slice(1), rows).join("\n"), /20 rows were in the file, 19 records arrived/);
  assert.match(compare([...records, ...records.slice(0, 1)], rows).join("\n"), /21 records arrived/);
  const changed = records.with(3, { key: null, value: '{"schema":{},"payload":{"id":"x"}}', headers: [] });
  assert.match(compare(changed, rows).join("\n"), /^Row 4: expected .* arrived \{"id":"x"\}$/);
});
