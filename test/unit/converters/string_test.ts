import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { primitiveSchema } from "sdk";
import { converterOf } from "./captures.ts";

function encoded(encoding: string, text: string): string | undefined {
  return converterOf("StringConverter", { "converter.encoding": encoding }).toBytes("t", null, text)?.toHex();
}

Deno.test("StringConverter writes charsets as Java does, ? where one lacks the character", () => {
  assert.equal(encoded("ISO-8859-1", "é한"), "e93f");
  assert.equal(encoded("US-ASCII", "aé"), "613f");
  assert.equal(encoded("windows-1252", "€"), "80");
  assert.equal(encoded("UTF-16", "é"), "feff00e9", "Java's UTF-16 is big-endian behind a mark");
  assert.equal(encoded("UTF-16LE", "é"), "e900");
  assert.equal(encoded("utf8", "é\ud83d"), "c3a93f");
});

Deno.test("StringConverter reads in every charset what it wrote", () => {
  for (const encoding of ["UTF-8", "UTF-16", "UTF-16BE", "UTF-16LE", "GB18030"]) {
    const converter = converterOf("StringConverter", { "converter.encoding": encoding });
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const bytes = converter.toBytes("t", primitiveSchema("STRING"), text);
      assert.deepEqual(converter.fromBytes("t", bytes), { schema: primitiveSchema("STRING", { optional: true }), value: text });
    }));
  }
});

Deno.test("StringConverter reads broken UTF-8 with a replacement character", () => {
  assert.equal(converterOf("StringConverter").fromBytes("t", Buffer.from([0x61, 0xff])).value, "a\ufffd");
});

Deno.test("StringConverter refuses a charset nobody knows, when it is made", () => {
  assert.throws(() => converterOf("StringConverter", { "converter.encoding": "klingon" }), {
    name: "ConfigException",
    message: /^Invalid value klingon for configuration converter\.encoding: No such charset is known\./,
  });
});
