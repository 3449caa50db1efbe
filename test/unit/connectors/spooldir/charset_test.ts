import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import type { ByteSource } from "../../../../connectors/spooldir/byte_source.ts";
import { isCharset, textSource } from "../../../../connectors/spooldir/charset.ts";
import { chunkedSource } from "../../../fakes/csv_file.ts";

/** All a source gives, read in buffers of `size` bytes; every piece must be valid UTF-8 by itself. */
async function readAll(source: ByteSource, size: number): Promise<string> {
  const buffer = new Uint8Array(size);
  let text = "";
  for (;;) {
    const count = await source.read(buffer);
    if (count === 0) return text;
    const piece = buffer.subarray(0, count);
    assert.equal(isUtf8(piece), true);
    text += new TextDecoder("utf-8", { ignoreBOM: true }).decode(piece);
  }
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

Deno.test("textSource() decodes every captured file as Java 17 does, whatever the chunks", async () => {
  const capture = new URL("../../../captures/spooldir/java-charsets.jsonl", import.meta.url);
  const cases: [string, string, string][] = Deno.readTextFileSync(capture).trimEnd().split("\n").slice(1).map((line) => JSON.parse(line));
  assert.ok(cases.length > 300);
  for (const [charset, hex, expected] of cases) {
    for (const [sizes, room] of [[[1], 16], [[3, 2], 17], [[1000], 4096]] as const) {
      assert.equal(await readAll(await textSource(chunkedSource(bytesOf(hex), sizes), charset), room), expected, `${charset} ${hex}`);
    }
  }
});

const bytes = fc.uint8Array({ maxLength: 60 });
const brokenUtf8 = fc.array(fc.constantFrom(0x41, 0x0a, 0x80, 0xbf, 0xa0, 0xc3, 0xe2, 0xed, 0xef, 0xf0, 0x9f, 0x98, 0xf4, 0xff), {
  maxLength: 30,
})
  .map((list) => Uint8Array.from(list));

Deno.test("textSource() gives the same text in any chunks and any buffers, always valid UTF-8", async () => {
  const charsets = [
    "UTF-8",
    "UTF-16",
    "UTF-16LE",
    "UTF-32",
    "ISO-8859-1",
    "windows-1252",
    "Shift_JIS",
    "EUC-KR",
    "GB18030",
    "Big5",
    "ISO-2022-JP",
  ];
  for (const charset of charsets) {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(bytes, brokenUtf8),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        fc.integer({ min: 16, max: 40 }),
        async (file, sizes, room) => {
          const whole = await readAll(await textSource(chunkedSource(file), charset), 4096);
          assert.equal(await readAll(await textSource(chunkedSource(file, sizes), charset), room), whole);
        },
      ),
      { numRuns: 60 },
    );
  }
});

Deno.test("textSource() leaves valid UTF-8 as it is, byte order mark included", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", maxLength: 50 }), fc.integer({ min: 1, max: 9 }), async (text, size) => {
      const file = new TextEncoder().encode(`\ufeff${text}`);
      assert.equal(await readAll(await textSource(chunkedSource(file, [size]), "utf8"), 16), `\ufeff${text}`);
    }),
  );
});

Deno.test("textSource() takes a broken pair of surrogates for one character and keeps the next", async () => {
  // Java takes the character after it along, a line end for instance.
  assert.equal(await readAll(await textSource(chunkedSource(bytesOf("3dd80a006200")), "UTF-16LE"), 64), "\ufffd\nb");
});

Deno.test("isCharset() knows Java's names and aliases in any case, and no others", () => {
  for (
    const name of [
      "UTF-8",
      "utf8",
      "ISO-8859-1",
      "latin1",
      "l1",
      "Cp1252",
      "windows-1250",
      "SJIS",
      "MS932",
      "euc_kr",
      "x-windows-949",
      "UTF_16LE",
      "ASCII",
    ]
  ) {
    assert.equal(isCharset(name), true, name);
  }
  for (const name of ["UTF-9", "", "utf--8", "latin-one", "constructor", "hex", "base64"]) assert.equal(isCharset(name), false, name);
});

Deno.test("textSource() refuses an unknown charset with the reference's words", async () => {
  await assert.rejects(textSource(chunkedSource(new Uint8Array()), "UTF-9"), {
    message: "Charset 'UTF-9' is invalid for csv.file.charset",
  });
});

Deno.test("textSource() tells once that bytes were replaced, and not for a file that fits", async () => {
  for (
    const [charset, hex, times] of [["UTF-8", "ff41ff", 1], ["UTF-8", "c3a9", 0], ["US-ASCII", "41e9e9", 1], ["windows-1252", "e9", 0], [
      "EUC-KR",
      "c7ff",
      1,
    ], ["UTF-16LE", "3dd8", 1]] as const
  ) {
    let told = 0;
    await readAll(await textSource(chunkedSource(bytesOf(hex), [1]), charset, () => told++), 64);
    assert.equal(told, times, `${charset} ${hex}`);
  }
});
