import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { primitiveSchema } from "sdk";
import { createRowParser } from "../../../../../connectors/spooldir/csv/parser_choice.ts";
import { CsvFileReader } from "../../../../../connectors/spooldir/csv/reader.ts";
import type { CsvFormat, NullFields } from "../../../../../connectors/spooldir/csv_reader.ts";
import { bindText, chunkedSource, DEFAULT_FORMAT, openText, type PlainRow, readRows, sliceText } from "../../../../fakes/csv_file.ts";
import { expected, opencsvCases } from "../../../../fakes/opencsv_cases.ts";

const TEXT = primitiveSchema("STRING", { optional: true });
const WIDTH = 24; // more columns than any test row has, so that `short` tells how many there were
const LOST = /Beginning of lost text: \[([^]*)\]\. The row begins in line \d+\.$/;

async function rowsOf(text: string | Uint8Array, format?: Partial<CsvFormat>, sizes?: readonly number[], maxRows = 100) {
  const reader = await openText(text, format, sizes);
  bindText(reader, WIDTH);
  const { rows, error } = await readRows(reader, maxRows);
  const shape = { rows: rows.map(({ line, cells }) => [line, cells]) };
  return error === null ? shape : { ...shape, lostText: LOST.exec(error.message)?.[1] };
}

Deno.test("CsvFileReader.read() gives the captured rows of opencsv 4.6, whatever the chunks", async () => {
  for (const captured of opencsvCases()) {
    // A row of one null is dropped, where SpoolDir ends the file.
    const one = { ...captured, rows: captured.rows.filter(([, cells]) => cells.length > 1 || cells[0] !== null) };
    for (const sizes of [[1], [3, 1], [1000]]) {
      assert.deepEqual(await rowsOf(one.text, one.format, sizes, 2), expected(one), JSON.stringify([one.format, one.text]));
    }
  }
});

/** What the exact parser makes of a text, line by line: the twin. */
function exactRows(text: string, format: CsvFormat): { rows: PlainRow[]; open: boolean } {
  const parser = createRowParser(format);
  const lines = text.split(format.keepCarriageReturn ? "\n" : /\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  const rows: PlainRow[] = [];
  let open = false;
  lines.forEach((line, index) => {
    if (index < format.skipLines || (!open && (line === "" || (format.keepCarriageReturn && line === "\r")))) return;
    open = !parser.take(line);
    if (!open && !(parser.cells.length === 1 && parser.cells[0] === null)) rows.push({ line: index + 1, cells: [...parser.cells] });
  });
  return { rows, open };
}

const anyFormat: fc.Arbitrary<CsvFormat> = fc.record({
  separator: fc.constantFrom(0x2c, 0x2c, 0x09, 0x7c, 0x2192),
  quote: fc.constantFrom(0x22, 0x22, 0x27, 0),
  escape: fc.constantFrom(0x5c, 0x5c, 0x7e, 0, 0x41),
  strictQuotes: fc.constantFrom(false, false, false, true),
  ignoreLeadingWhitespace: fc.boolean(),
  ignoreQuotations: fc.constantFrom(false, false, false, true),
  keepCarriageReturn: fc.boolean(),
  rfc4180: fc.boolean(),
  nullFields: fc.constantFrom<NullFields>("EMPTY_SEPARATORS", "EMPTY_QUOTES", "BOTH", "NEITHER"),
  skipLines: fc.constantFrom(0, 0, 2),
  bufferBytes: fc.constantFrom(1, 4, 64),
}).map((format) => ({ ...DEFAULT_FORMAT, ...format }));

const nastyText = fc.array(
  fc.constantFrom(...",,,\t|→\"\"\"\"''''\\~A\n\n\r ab\0é😀\u00a0\u3000", "\r\n", '","', '"\n"', "''", 'x"', "text", '""'),
  { maxLength: 30 },
).map((parts) => parts.join(""));

Deno.test("CsvFileReader.read() agrees with the exact parser on every text, in every format, in any chunks", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyFormat,
      nastyText,
      fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 4 }),
      async (format, text, sizes, maxRows) => {
        const twin = exactRows(text, format);
        const reader = await openText(text, format, sizes);
        bindText(reader, WIDTH);
        const { rows, error } = await readRows(reader, maxRows);
        assert.deepEqual(rows, twin.rows.map(({ line, cells }) => ({ line, cells: cells.slice(0, WIDTH) })));
        assert.equal(error !== null, twin.open);
      },
    ),
    { numRuns: 3000 },
  );
});

Deno.test("CsvFileReader.read() agrees with csv-parse on files that follow RFC 4180, with either parser", async () => {
  const cell = fc.array(fc.constantFrom("a", "b", " ", ",", '"', "\n", "é", "한", "🎉", ";"), { maxLength: 6 }).map((parts) =>
    parts.join("")
  );
  const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(rows, fc.boolean(), fc.constantFrom("\n", "\r\n"), fc.boolean(), async (table, rfc4180, end, trailing) => {
      const quote = (text: string) => /[",\n]/.test(text) || text.length % 2 === 1 ? `"${text.replaceAll('"', '""')}"` : text;
      const file = table.map((row) => row.map(quote).join(",")).join(end) + (trailing ? end : "");
      const records: string[][] = parse(file, { relax_column_count: true });
      const found = await rowsOf(file, { rfc4180 });
      assert.deepEqual((found.rows as [number, string[]][]).map(([, cells]) => cells), records);
    }),
    { numRuns: 500 },
  );
});

Deno.test("CsvFileReader reads Debian's distribution tables as csv-parse does, short rows reported", async () => {
  for (const name of ["debian.csv", "ubuntu.csv"]) {
    const text = await Deno.readTextFile(new URL(`../../../../captures/distro-info/${name}`, import.meta.url));
    const [header, ...records] = parse(text, { relax_column_count: true }) as string[][];
    const reader = await openText(text, { firstRowIsHeader: true });
    assert.deepEqual(reader.header, header);
    bindText(reader, header?.length ?? 0);
    const { rows } = await readRows(reader, 7);
    assert.deepEqual(rows.map(({ cells }) => cells), records);
  }
});

Deno.test("CsvFileReader.header has the cells untrimmed, and no rows are lost after it", async () => {
  const reader = await openText('# note\r\n\r\n a ,"b\r\nc",\r\n1,2,3\r\n', { firstRowIsHeader: true, skipLines: 1 });
  assert.deepEqual(reader.header, [" a ", "b\nc", ""]);
  assert.equal(reader.line, 4);
  bindText(reader, 3);
  assert.deepEqual(await readRows(reader), { rows: [{ line: 5, cells: ["1", "2", "3"] }], error: null });
});

Deno.test("CsvFileReader.header is undefined for an empty file, and without firstRowIsHeader", async () => {
  assert.equal((await openText("", { firstRowIsHeader: true })).header, undefined);
  assert.equal((await openText("\n\r\n", { firstRowIsHeader: true })).header, undefined);
  assert.equal((await openText("a\n")).header, undefined);
  const reader = await openText("only,lines\n", { skipLines: 5, firstRowIsHeader: true });
  reader.bind([], []);
  assert.equal(await reader.read(10), null);
});

Deno.test("CsvFileReader.bind() takes the last column of a name, and nulls for a column the file lacks", async () => {
  const reader = await openText("a,b,a\n1,2,3\n", { firstRowIsHeader: true });
  reader.bind(reader.header ?? [], [{ name: "a", schema: TEXT }, { name: "z", schema: TEXT }]);
  const batch = await reader.read(10);
  assert.equal(sliceText(batch?.columns[0], 0), "3");
  assert.deepEqual(batch?.columns[1], { kind: "constant", value: null });
});

Deno.test("CsvFileReader keeps a byte order mark in the header, yet finds the first column without it", async () => {
  const reader = await openText("\ufeffa,b\n1,2\n", { firstRowIsHeader: true });
  assert.deepEqual(reader.header, ["\ufeffa", "b"]);
  reader.bind(reader.header ?? [], [{ name: "a", schema: TEXT }, { name: "\ufeffa", schema: TEXT }]);
  const batch = await reader.read(10);
  assert.equal(sliceText(batch?.columns[0], 0), "1");
  assert.equal(sliceText(batch?.columns[1], 0), "1");
});

Deno.test("CsvFileReader.read() skips blank lines and rows of one null cell, and counts them", async () => {
  for (const nullFields of ["NEITHER", "BOTH"] as const) {
    assert.deepEqual(await rowsOf("\n1,2\n\r\n\n3,4\n\n", { nullFields }), { rows: [[2, ["1", "2"]], [5, ["3", "4"]]] });
  }
  assert.deepEqual(await rowsOf('""\n1\n""\n2\n', { nullFields: "EMPTY_QUOTES" }), { rows: [[2, ["1"]], [4, ["2"]]] });
  assert.deepEqual(await rowsOf('""\n'), { rows: [[1, [""]]] });
  assert.deepEqual(await rowsOf("a\r\n\r\nb\r\n", { keepCarriageReturn: true }), { rows: [[1, ["a\r"]], [3, ["b\r"]]] });
});

Deno.test("CsvFileReader.read() takes an empty line of a file of one column for the empty text it says, unless that is null", async () => {
  for (const escape of [0x5c, 0]) {
    const texts = async (nullFields: NullFields) => {
      const reader = await openText("a\n\nb\\x\n\n", { nullFields, escape });
      bindText(reader, 1);
      const batch = await reader.read(10);
      return [0, 1, 2, 3].slice(0, batch?.rows).map((row) => sliceText(batch?.columns[0], row));
    };
    const last = escape === 0 ? "b\\x" : "bx";
    assert.deepEqual(await texts("NEITHER"), ["a", "", last, ""]);
    assert.deepEqual(await texts("EMPTY_QUOTES"), ["a", "", last, ""]);
    assert.deepEqual(await texts("BOTH"), ["a", last]);
  }
});

Deno.test("CsvFileReader.read() stops at maxRows exactly, and goes on there", async () => {
  const reader = await openText("1\n\n2\n3\n4\n5\n", {}, [2]);
  bindText(reader, 1);
  const sizes: number[] = [];
  for (let batch = await reader.read(2); batch !== null; batch = await reader.read(2)) sizes.push(batch.rows);
  assert.deepEqual(sizes, [2, 2, 2]);
  assert.equal(reader.line, 6);
});

Deno.test("CsvFileReader.read() takes a short row out, names its line, and keeps its neighbours", async () => {
  const reader = await openText("a,b\n1,2\n3\n4,5,6\n", { firstRowIsHeader: true });
  bindText(reader, 2);
  const batch = await reader.read(10);
  assert.deepEqual(batch?.select, Int32Array.of(0, 2));
  assert.equal(batch?.failures.length, 1);
  assert.equal(batch?.failures[0]?.row, 1);
  assert.equal(batch?.failures[0]?.error.message, "Index 1 out of bounds for length 1: the row in line 3 has 1 of 2 columns");
  assert.equal(batch?.failures[0]?.error.javaClass, "java.lang.ArrayIndexOutOfBoundsException");
});

Deno.test("CsvFileReader.read() takes NUL for data", async () => {
  assert.deepEqual(await rowsOf('a\0b,"\0"\n'), { rows: [[1, ["a\0b", "\0"]]] });
});

Deno.test("CsvFileReader.read() gives the rows before a quote that never closes, then the error, again and again", async () => {
  const reader = await openText('1,2\n3,"x\n4,5\n');
  bindText(reader, 2);
  const batch = await reader.read(10);
  assert.equal(batch?.rows, 1);
  const message = "Unterminated quoted field at end of CSV line. Beginning of lost text: [x\n4,5\n]. The row begins in line 2.";
  assert.equal(batch?.fatal?.message, message);
  for (let i = 0; i < 2; i++) {
    await assert.rejects(reader.read(10), { message, javaClass: "com.opencsv.exceptions.CsvMalformedLineException" });
  }
});

Deno.test("CsvFileReader.read() refuses a row above maxRowBytes before reading on, naming its line", async () => {
  const long = "x".repeat(5000);
  for (const text of [`a\n${long}\nb\n`, `a\n"${long}\n${long}`, `a\nx\\${long}\n`]) {
    const reader = await openText(text, { maxRowBytes: 1000 }, [64]);
    bindText(reader, 1);
    const { rows, error } = await readRows(reader);
    assert.deepEqual(rows, [{ line: 1, cells: ["a"] }]);
    assert.match(error?.message ?? "", /^Row that begins in line 2 is longer than 1000 bytes/);
  }
  assert.deepEqual(await rowsOf(`${"x".repeat(1000)}\r\n`, { maxRowBytes: 1000 }), { rows: [[1, ["x".repeat(1000)]]] });
});

Deno.test("CsvFileReader.read() finds a quote that never closes in time linear in the file", async () => {
  const line = `${"x".repeat(99)}\n`;
  const rows = await rowsOf(`a,"${line.repeat(200_000)}`, { maxRowBytes: 64_000_000 }, [65536]);
  assert.equal(rows.rows.length, 0);
  assert.equal("lostText" in rows, true);
});

Deno.test("CsvFileReader.read() never takes a read error for the end of the file", async () => {
  const reader = await CsvFileReader.open(chunkedSource(new TextEncoder().encode("1\n2\n3"), [2], new Error("disk")), DEFAULT_FORMAT);
  bindText(reader, 1);
  const { rows, error } = await readRows(reader);
  assert.deepEqual(rows.map(({ cells }) => cells), [["1"], ["2"]]);
  assert.equal(error?.message, "disk");
});

Deno.test("CsvFileReader.skipPast() drops exactly the rows that end on or before the line", async () => {
  const text = 'h\n1\n"2\n2"\n\n5\n"6\n6\n6"\nx\\9\n';
  const ends = [2, 4, 5, 6, 9, 10];
  for (let line = 0; line <= 12; line++) {
    const reader = await openText(text, { firstRowIsHeader: true }, [5]);
    await reader.skipPast(line);
    bindText(reader, 1);
    const { rows } = await readRows(reader);
    assert.deepEqual(rows.map((row) => row.line), ends.filter((end) => end > line), `past line ${line}`);
  }
});
