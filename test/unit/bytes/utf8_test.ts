import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { utf8Bytes, utf8Text, validUtf8Text, wellFormed, writeUtf8 } from "../../../src/bytes/utf8.ts";

Deno.test("writeUtf8() writes what Buffer does, short and long", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
    const to = new Uint8Array(text.length * 3 + 8).fill(7);
    const end = writeUtf8(text, to, 2);
    assert.equal(Buffer.from(to.subarray(2, end)).toString(), text);
    assert.equal(to[end], 7, "nothing is written behind the text");
    assert.deepEqual(utf8Bytes(text), Uint8Array.from(Buffer.from(text)));
  }));
});

Deno.test("writeUtf8() and utf8Bytes() put ? where a surrogate stands alone, as Java does", () => {
  for (const filler of ["", "x".repeat(100)]) {
    const to = new Uint8Array(400);
    const text = `a\ud83db😀\udc00${filler}`;
    assert.equal(utf8Text(to.subarray(0, writeUtf8(text, to, 0))), `a?b😀?${filler}`);
    assert.equal(utf8Text(utf8Bytes(text)), wellFormed(text));
  }
});

Deno.test("validUtf8Text() is undefined for what utf8Text() has to mend", () => {
  assert.equal(validUtf8Text(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), "\ufeffa", "a byte order mark is text");
  assert.equal(validUtf8Text(Uint8Array.of(0x61, 0xff)), undefined);
  assert.equal(utf8Text(Uint8Array.of(0x61, 0xff)), "a\ufffd");
});
