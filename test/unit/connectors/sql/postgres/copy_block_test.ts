import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { ESCAPED, NON_ASCII } from "sdk";
import { CopyBlock } from "../../../../../connectors/sql/postgres/copy_block.ts";

/** A row as COPY TO STDOUT writes it (CopyAttributeOutText of PostgreSQL 15). */
function copyText(cells: readonly (string | null)[]): Buffer {
  const escapes: Record<string, string> = { "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\" };
  return Buffer.from(
    cells.map((cell) => cell === null ? "\\N" : cell.replace(/[\b\f\n\r\t\v\\]/g, (c) => escapes[c] as string)).join("\t") + "\n",
  );
}

/** The row twin: split at tabs, then undone. */
function cellsOf(row: Buffer): (string | null)[] {
  const letters: Record<string, string> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };
  return row.toString().slice(0, -1).split("\t").map((text) =>
    text === "\\N" ? null : text.replace(/\\(.)/g, (_, c: string) => letters[c] ?? c)
  );
}

function cellsIn(block: CopyBlock, row: number): (string | null)[] {
  return Array.from({ length: block.columns }, (_, column) => {
    const entry = 2 * (row * block.columns + column);
    const start = block.at[entry] as number;
    return start < 0 ? null : new TextDecoder().decode(block.region.bytes.subarray(start, block.at[entry + 1]));
  });
}

const cell = fc.oneof(
  { arbitrary: fc.constant(null), weight: 1 },
  {
    arbitrary: fc.string({
      unit: fc.constantFrom("a", "b", "N", "\\", "\t", "\n", "\r", "\b", "\f", "\v", '"', "\x01", "\x7f", "é", "한", "🎉", " "),
    }),
    weight: 4,
  },
  { arbitrary: fc.string(), weight: 2 },
);
const table = fc.integer({ min: 1, max: 6 }).chain((columns) =>
  fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 20 })
);

Deno.test("CopyBlock.add() finds the cells that the row twin finds, and the flags their bytes ask for", () => {
  fc.assert(fc.property(table, (rows) => {
    const block = new CopyBlock(rows[0]?.length ?? 0);
    for (const row of rows) {
      const text = copyText(row);
      const framed = Buffer.concat([Buffer.from("xyz"), text, Buffer.from("\t\\N")]);
      block.add(framed, 3, 3 + text.length);
      assert.deepEqual(cellsOf(text), row);
    }
    rows.forEach((row, i) => {
      assert.deepEqual(cellsIn(block, i), row);
      const all = row.join("");
      // deno-lint-ignore no-control-regex -- control characters are what the flag is about
      const flags = (/[\x00-\x1f"\\]/.test(all) ? ESCAPED : 0) | (/[^\x00-\x7f]/.test(all) ? NON_ASCII : 0);
      assert.equal(block.flags[i], flags);
    });
  }));
});

Deno.test("CopyBlock.add() refuses a row of another number of fields", () => {
  const block = new CopyBlock(2);
  for (const text of ["a\n", "a\tb\tc\n", "\\\\\tb\tc\n", "\\N\n", "\n"]) {
    assert.throws(() => block.add(Buffer.from(text), 0, text.length), RangeError, JSON.stringify(text));
  }
  block.add(Buffer.from("a\tb\n"), 0, 4);
  assert.deepEqual(cellsIn(block, 0), ["a", "b"]);
});

Deno.test("CopyBlock.hasRoom() ends a block by bytes and by rows, and a row of no columns is one", () => {
  const block = new CopyBlock(0, 16);
  assert.equal(block.hasRoom(17), false);
  for (let i = 0; i < 16_384; i++) {
    assert.ok(block.hasRoom(1));
    block.add(Buffer.from("\n"), 0, 1);
  }
  assert.equal(block.hasRoom(1), false);
  block.clear();
  assert.ok(block.hasRoom(16));
});
