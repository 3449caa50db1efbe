import assert from "node:assert/strict";
import { openCsv } from "../../../../../connectors/spooldir/csv/open.ts";
import { compressedRows } from "../../../../fakes/compressed_rows.ts";
import { bindText, DEFAULT_FORMAT, readRows } from "../../../../fakes/csv_file.ts";

const CAPTURES = new URL("../../../../captures/compressed/", import.meta.url);

/** A file of that name with these bytes, for as long as `use` runs. */
async function withFile(name: string, bytes: Uint8Array, use: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/${name}`;
    await Deno.writeFile(path, bytes);
    await use(path);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("openCsv() decompresses by the file's name and reads every row", async () => {
  const lines = compressedRows().trimEnd().split("\n");
  for (const name of ["two-members.gz", "two-streams.bz2", "ten-bits.Z", "linked-sums.lz4", "framed.snappy"]) {
    await withFile(`rows.csv.${name.split(".").at(-1)}`, await Deno.readFile(new URL(name, CAPTURES)), async (path) => {
      const reader = await openCsv(path, { ...DEFAULT_FORMAT, firstRowIsHeader: true, bufferBytes: 4096 });
      assert.deepEqual(reader.header, ["id", "name", "note"]);
      bindText(reader, 3);
      const { rows, error } = await readRows(reader, 300);
      reader.close();
      assert.equal(error, null);
      assert.deepEqual(rows.map(({ cells: [id, name, note] }) => `${id},${name},"${note}"`), lines.slice(1));
    });
  }
});

Deno.test("openCsv() gives the rows of a truncated gzip before the error, never the end of the file", async () => {
  const bytes = await Deno.readFile(new URL("two-members.gz", CAPTURES));
  await withFile("rows.csv.gz", bytes.subarray(0, bytes.length - 5000), async (path) => {
    const reader = await openCsv(path, { ...DEFAULT_FORMAT, firstRowIsHeader: true });
    bindText(reader, 3);
    const { rows, error } = await readRows(reader);
    reader.close();
    assert.ok(rows.length > 2000);
    assert.deepEqual(rows.map(({ cells }) => cells[0]), rows.map((_, index) => String(index + 1)));
    assert.equal(error?.message, `Could not decompress "${path}": unexpected end of file. It is cut short, corrupt, or not gz at all`);
  });
});

Deno.test("openCsv() reads other charsets, and tells of bytes that do not fit", async () => {
  await withFile("latin.csv", Uint8Array.of(0x61, 0x2c, 0xe9, 0x0a), async (path) => {
    for (const [charset, second, told] of [["ISO-8859-1", "é", 0], ["UTF-8", "\ufffd", 1]] as const) {
      let replaced = 0;
      const reader = await openCsv(path, { ...DEFAULT_FORMAT, charset }, "none", () => replaced++);
      bindText(reader, 2);
      assert.deepEqual((await readRows(reader)).rows[0]?.cells, ["a", second]);
      assert.equal(replaced, told);
      reader.close();
    }
  });
});

Deno.test("openCsv() closes the file when it cannot be opened as asked", async () => {
  await withFile("a.csv", new TextEncoder().encode('"open'), async (path) => {
    await assert.rejects(openCsv(path, { ...DEFAULT_FORMAT, charset: "UTF-9" }), {
      message: "Charset 'UTF-9' is invalid for csv.file.charset",
    });
    await assert.rejects(openCsv(path, { ...DEFAULT_FORMAT, quote: 0x2c }), /must be different/);
    await assert.rejects(openCsv(path, { ...DEFAULT_FORMAT, firstRowIsHeader: true }), /^CsvMalformedLine|Unterminated quoted field/);
  });
});
