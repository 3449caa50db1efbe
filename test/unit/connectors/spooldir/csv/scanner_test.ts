import assert from "node:assert/strict";
import { allocateRegion, ESCAPED, NON_ASCII } from "sdk";
import { type Dialect, dialectOf } from "../../../../../connectors/spooldir/csv/dialect.ts";
import { createRowTable, type Cursor, type RowTable, scanRows, type ScanStop } from "../../../../../connectors/spooldir/csv/scanner.ts";
import type { CsvFormat } from "../../../../../connectors/spooldir/csv_reader.ts";
import { DEFAULT_FORMAT } from "../../../../fakes/csv_file.ts";

interface Scan {
  readonly stop: ScanStop;
  readonly cursor: Cursor;
  readonly table: RowTable;
  /** Slices of the rows taken, as they stand in the text. */
  readonly cells: (string | null)[][];
}

function scan(text: string, options?: { format?: Partial<CsvFormat>; columns?: number; final?: boolean; maxRows?: number }): Scan {
  const { format, columns = 3, final = true, maxRows = 10 } = options ?? {};
  const bytes = new TextEncoder().encode(text);
  const region = allocateRegion(bytes.length);
  region.bytes.set(bytes);
  region.used = bytes.length;
  const cursor: Cursor = { region, position: 0, final, line: 0 };
  const table = createRowTable(columns, maxRows, false);
  const dialect: Dialect = dialectOf({ ...DEFAULT_FORMAT, ...format });
  const stop = scanRows(cursor, table, dialect, 1000);
  const cells = Array.from({ length: table.rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      const entry = 2 * (row * columns + column);
      const start = table.at[entry] ?? -1;
      return start < 0 ? null : new TextDecoder().decode(region.bytes.subarray(start, table.at[entry + 1]));
    }));
  return { stop, cursor, table, cells };
}

Deno.test("scanRows() takes bare and quoted cells and leaves the quotes out of the slices", () => {
  const { cells, table, cursor } = scan('a,"b, ""c""",\r\n1,"2\n3",4\n');
  assert.deepEqual(cells, [["a", 'b, ""c""', ""], ["1", "2\n3", "4"]]);
  assert.deepEqual([...table.lines.subarray(0, 2)], [1, 3]);
  assert.equal(cursor.line, 3);
});

Deno.test("scanRows() flags a row for what its slices hold, not for its quotes, separators and line ends", () => {
  const flags = (text: string, format?: Partial<CsvFormat>) => scan(text, { ...(format && { format }) }).table.flags[0];
  assert.equal(flags('"a, b","c",d\r\n'), 0);
  assert.equal(flags("a\tb\tc\n", { separator: 0x09 }), 0);
  assert.equal(flags('a\t"b\tc"\td\n', { separator: 0x09 }), ESCAPED);
  assert.equal(flags('a,"b""c",d\n'), ESCAPED);
  assert.equal(flags('a,"b\nc",d\n'), ESCAPED);
  assert.equal(flags("a,é,d\n"), NON_ASCII);
  assert.equal(flags("é,\u0001,d\n"), ESCAPED | NON_ASCII);
  assert.equal(flags("a\\b,c,d\n", { escape: 0 }), ESCAPED);
  assert.equal(flags('a,b"c,d\n', { quote: 0x27 }), ESCAPED);
});

Deno.test("scanRows() leaves any other row to the exact parser, untouched", () => {
  for (const row of ["a\\b,c,d", 'a"b,c,d', '"a"b,c,d', ' "a",b,c', '"a\rb",c,d', "a\0b,c,d"]) {
    const { stop, cursor, table } = scan(`1,2,3\n${row}\n`, { format: row.includes("\0") ? { quote: 0 } : {} });
    assert.deepEqual([stop, table.rows, cursor.position, cursor.line], ["unusual", 1, 6, 1], row);
  }
  for (const format of [{ strictQuotes: true }, { ignoreQuotations: true }, { separator: 0xe9 }, { quote: 0x0a }]) {
    assert.equal(scan("1,2,3\n", { format }).stop, "unusual", JSON.stringify(format));
  }
});

Deno.test("scanRows() wants doubled quotes undoubled by others only where the quote is the usual one", () => {
  assert.equal(scan("'a''b',c,d\n", { format: { quote: 0x27 } }).stop, "unusual");
  assert.equal(dialectOf({ ...DEFAULT_FORMAT, quote: 0x27 }).form, "plain");
  assert.equal(dialectOf(DEFAULT_FORMAT).form, "csv");
});

Deno.test("scanRows() takes no row before its end is certain", () => {
  for (const text of ["a,b,c", "a,b,c\r", 'a,b,"c', 'a,b,"c"', 'a,b,"c""', "a,b,", ""]) {
    const { stop, cursor } = scan(text, { final: false });
    assert.deepEqual([stop, cursor.position], ["incomplete", 0], JSON.stringify(text));
  }
  assert.deepEqual(scan("a,b,c").cells, [["a", "b", "c"]]);
  assert.deepEqual(scan("a,b,c\r").cells, [["a", "b", "c"]]);
  assert.deepEqual(scan('a,b,"c"').cells, [["a", "b", "c"]]);
  assert.equal(scan('a,b,"c').stop, "unusual"); // an open quote is the exact parser's to report
});

Deno.test("scanRows() marks nulls by the null indicator and notes rows that are short", () => {
  const nulls = (nullFields: CsvFormat["nullFields"]) => scan(',"",x\n', { format: { nullFields } }).cells[0];
  assert.deepEqual(nulls("NEITHER"), ["", "", "x"]);
  assert.deepEqual(nulls("EMPTY_SEPARATORS"), [null, "", "x"]);
  assert.deepEqual(nulls("EMPTY_QUOTES"), ["", null, "x"]);
  assert.deepEqual(nulls("BOTH"), [null, null, "x"]);
  const { table, cells } = scan("1\n1,2\n1,2,3\n1,2,3,4\n");
  assert.deepEqual([...table.short], [[0, 1], [1, 2]]);
  assert.deepEqual(cells, [["1", null, null], ["1", "2", null], ["1", "2", "3"], ["1", "2", "3"]]);
});

Deno.test("scanRows() stops when the table is full, and before a row that is too long", () => {
  const full = scan("1\n2\n3\n", { columns: 1, maxRows: 2 });
  assert.deepEqual([full.stop, full.cursor.position, full.cursor.line], ["full", 4, 2]);
  const long = scan(`1\n${"x".repeat(1001)}\n`, { columns: 1 });
  assert.deepEqual([long.stop, long.cursor.position], ["oversized", 2]);
});
