import assert from "node:assert/strict";
import fc from "fast-check";
import { characterEnd, NOT_TAKEN, scanText, textFlags } from "../../../src/bytes/json_scan.ts";
import { parseJson } from "../../../src/bytes/json_parse.ts";
import { validUtf8Text } from "../../../src/bytes/utf8.ts";
import { ESCAPED, NON_ASCII } from "../../../src/data/column.ts";

const encoder = new TextEncoder();
/** What strings are made of, and what ends or breaks them. */
const anyPiece = fc.constantFrom<Uint8Array>(
  ...['"', "\\", '\\"', "\\u00e9", "\\uD8", "\\n", "\\x", "a", "bc", "é", "한", "😀", "\n", "\u007f", " "].map((text) =>
    encoder.encode(text)
  ),
  ...[[0xc3], [0xa9], [0xc0, 0x80], [0xe0, 0x9f, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf8], [0xf0, 0x9f], [0]].map((
    bytes,
  ) => Uint8Array.from(bytes)),
);
const anyPieces = fc.array(anyPiece, { maxLength: 8 }).map((pieces) => Uint8Array.from(pieces.flatMap((piece) => [...piece])));

Deno.test("scanText() takes exactly the strings that the parser takes", () => {
  fc.assert(
    fc.property(anyPieces, fc.nat(3), (pieces, behind) => {
      const bytes = Uint8Array.from([0x22, ...pieces, 0x22, 0x2c, 0x22]);
      const end = bytes.length - behind;
      const at = new Int32Array(4);
      const flags = scanText(bytes, 1, end, at, 2);
      const parsed = parsedText(bytes.subarray(0, end));
      assert.equal(flags !== NOT_TAKEN, parsed !== undefined);
      if (parsed === undefined) return;
      const [, , start, close] = at;
      assert.deepEqual([start, close], [1, parsed.end - 1]);
      const raw = bytes.subarray(start, close);
      assert.equal(flags, flagsOf(raw, (byte) => byte === 0x5c));
    }),
    { numRuns: 3000 },
  );
});

function parsedText(bytes: Uint8Array) {
  try {
    return parseJson(bytes);
  } catch {
    return undefined;
  }
}

function flagsOf(bytes: Uint8Array, isEscaped: (byte: number) => boolean): number {
  return (bytes.some(isEscaped) ? ESCAPED : 0) | (bytes.some((byte) => byte >= 0x80) ? NON_ASCII : 0);
}

Deno.test("textFlags() flags what JSON would escape, and refuses what is no UTF-8", () => {
  fc.assert(fc.property(anyPieces, fc.nat(3), fc.nat(3), (pieces, from, behind) => {
    const end = Math.max(from, pieces.length - behind);
    const bytes = pieces.subarray(from, end);
    const valid = validUtf8Text(bytes) !== undefined;
    const expected = valid ? flagsOf(bytes, (byte) => byte < 0x20 || byte === 0x22 || byte === 0x5c) : NOT_TAKEN;
    assert.equal(textFlags(pieces, from, Math.min(end, pieces.length)), expected);
  }));
});

Deno.test("characterEnd() knows every character, and no other bytes", () => {
  for (let code = 0x80; code <= 0x10ffff; code += code < 0x1000 ? 1 : 61) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const bytes = encoder.encode(String.fromCodePoint(code));
    assert.equal(characterEnd(bytes, 0), bytes.length - 1, code.toString(16));
  }
  fc.assert(fc.property(fc.uint8Array({ minLength: 4, maxLength: 4, min: 0x80 }), (bytes) => {
    const end = characterEnd(bytes, 0);
    const whole = [2, 3, 4].find((length) => validUtf8Text(bytes.subarray(0, length))?.length === (length === 4 ? 2 : 1));
    // Two characters of two bytes are four bytes too: the shortest counts.
    assert.equal(end, whole === undefined ? NOT_TAKEN : whole - 1);
  }));
});
