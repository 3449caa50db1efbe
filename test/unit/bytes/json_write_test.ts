import assert from "node:assert/strict";
import fc from "fast-check";
import {
  escapedLength,
  hasFourByteCharacter,
  jsonString,
  MAX_ESCAPED,
  writeEscaped,
  writeEscapedCsv,
} from "../../../src/bytes/json_write.ts";
import { anyText } from "../../fakes/random_batches.ts";

const encoder = new TextEncoder();
const text = fc.oneof(anyText, fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }).map((each) => each.toWellFormed()));

function escaped(write: typeof writeEscaped, source: string): string {
  const from = encoder.encode(`<${source}>`);
  const to = new Uint8Array(from.length * MAX_ESCAPED);
  const end = write(from, 1, from.length - 1, to, 0);
  return new TextDecoder().decode(to.subarray(0, end));
}

Deno.test("writeEscaped() writes the inside of jsonString()", () => {
  fc.assert(fc.property(text, (source) => assert.equal(`"${escaped(writeEscaped, source)}"`, jsonString(source))));
});

Deno.test("writeEscapedCsv() writes the text of a quoted cell whose quotes are doubled", () => {
  fc.assert(fc.property(text, (source) => {
    assert.equal(`"${escaped(writeEscapedCsv, source.replaceAll('"', '""'))}"`, jsonString(source));
  }));
  assert.equal(escaped(writeEscapedCsv, 'a"b"""'), String.raw`a\"b\"\"`, "a single quote stays one");
});

Deno.test("escapedLength() is what writeEscaped() needs, and no less than writeEscapedCsv() does", () => {
  fc.assert(fc.property(text, (source) => {
    const bytes = encoder.encode(source);
    assert.equal(escapedLength(bytes, 0, bytes.length), encoder.encode(escaped(writeEscaped, source)).length);
    const doubled = encoder.encode(source.replaceAll('"', '""'));
    assert.ok(escapedLength(doubled, 0, doubled.length) >= encoder.encode(escaped(writeEscaped, source)).length);
  }));
});

Deno.test("jsonString() gives JSON that is read as the same text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (source) => assert.equal(JSON.parse(jsonString(source)), source)));
});

Deno.test("jsonString() escapes as Kafka Connect does", () => {
  assert.equal(
    jsonString('\b\t\n\f\r"\\/\u0001\u001f\u007fé한😀\ud83d'),
    String.raw`"\b\t\n\f\r\"\\/\u0001\u001F${"\u007f"}é한\uD83D\uDE00\uD83D"`,
  );
});

Deno.test("hasFourByteCharacter() finds characters beyond U+FFFF inside the bounds, and none outside", () => {
  fc.assert(fc.property(text, fc.boolean(), (source, outside) => {
    const bytes = encoder.encode(`${outside ? "😀" : "é"}${source}${outside ? "😀" : "é"}`);
    const edge = outside ? 4 : 2;
    const view = new DataView(Uint8Array.from([...bytes, ...new Array(8).fill(0xff)]).buffer);
    assert.equal(hasFourByteCharacter(view, edge, bytes.length - edge), /[\u{10000}-\u{10ffff}]/u.test(source));
  }));
});
