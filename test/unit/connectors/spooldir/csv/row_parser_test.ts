import assert from "node:assert/strict";
import { createRowParser } from "../../../../../connectors/spooldir/csv/parser_choice.ts";
import type { RowParser } from "../../../../../connectors/spooldir/csv/row_parser.ts";
import { DEFAULT_FORMAT } from "../../../../fakes/csv_file.ts";
import { expected, type OpencsvCase, opencsvCases } from "../../../../fakes/opencsv_cases.ts";

/** Rows of a text by the exact parser alone, in the shape of the captures. */
function parse({ format, text }: OpencsvCase): unknown {
  const parser: RowParser = createRowParser(format);
  const lines = text.split(format.keepCarriageReturn ? "\n" : /\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  const rows: unknown[] = [];
  let isOpen = false;
  lines.slice(format.skipLines).forEach((line, index) => {
    isOpen = !parser.take(line);
    if (!isOpen) rows.push([format.skipLines + index + 1, [...parser.cells]]);
  });
  return isOpen ? { rows, lostText: parser.openText.slice(0, 100) } : { rows };
}

Deno.test("createRowParser() cuts every captured text as opencsv 4.6 does, with either parser", () => {
  const cases = opencsvCases();
  assert.ok(cases.length > 800);
  for (const one of cases) assert.deepEqual(parse(one), expected(one), JSON.stringify([one.format, one.text]));
});

Deno.test("createRowParser() refuses separator, quote and escape that are the same, but for 0", () => {
  const refusal = /The separator, quote, and escape characters must be different!/;
  assert.throws(() => createRowParser({ ...DEFAULT_FORMAT, quote: 0x2c }), refusal);
  assert.throws(() => createRowParser({ ...DEFAULT_FORMAT, escape: 0x22 }), refusal);
  assert.throws(() => createRowParser({ ...DEFAULT_FORMAT, escape: 0x2c }), { javaClass: "java.lang.UnsupportedOperationException" });
  createRowParser({ ...DEFAULT_FORMAT, quote: 0, escape: 0 });
  createRowParser({ ...DEFAULT_FORMAT, escape: 0x22, rfc4180: true }); // has no escape
});

Deno.test("createRowParser() takes separator 0 for the RFC 4180 parser with NUL between the cells", () => {
  const parser = createRowParser({ ...DEFAULT_FORMAT, separator: 0 });
  assert.equal(parser.take('a,b\\\0"c\0d"'), true);
  assert.deepEqual(parser.cells, ["a,b\\", "c\0d"]);
});

Deno.test("RowParser.reset() forgets a row that waits for its end", () => {
  for (const rfc4180 of [false, true]) {
    const parser = createRowParser({ ...DEFAULT_FORMAT, rfc4180 });
    assert.equal(parser.take('a,"b'), false);
    parser.reset();
    assert.equal(parser.take("c\\d"), true);
    assert.deepEqual(parser.cells, [rfc4180 ? "c\\d" : "cd"]);
  }
});

Deno.test("RowParser takes a cell of many lines, each looked at once", () => {
  // Looking at all lines again for each new one would take minutes here.
  for (const rfc4180 of [false, true]) {
    const parser = createRowParser({ ...DEFAULT_FORMAT, rfc4180 });
    const line = 'x "" y '.repeat(10);
    parser.take('"');
    for (let i = 0; i < 20_000; i++) assert.equal(parser.take(line), false);
    assert.equal(parser.take('"'), true);
    assert.equal(parser.cells.length, 1);
  }
});
