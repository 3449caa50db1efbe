import assert from "node:assert/strict";
import fc from "fast-check";
import { type JsonNode, JsonNumber, JsonSyntaxError, parseJson } from "../../../src/bytes/json_parse.ts";

const encoder = new TextEncoder();

/** A tree as JSON.parse would have it. */
function plain(node: JsonNode): unknown {
  if (node instanceof JsonNumber) return Number(node.text);
  if (node instanceof Map) {
    // A member called __proto__ must not become the prototype.
    return Object.fromEntries([...node].map(([name, member]) => [name, plain(member)]));
  }
  return Array.isArray(node) ? node.map(plain) : node;
}

function parse(text: string): unknown {
  const parsed = parseJson(encoder.encode(text));
  return parsed === undefined ? undefined : plain(parsed.node);
}

Deno.test("parseJson() reads what JSON.parse reads", () => {
  fc.assert(fc.property(fc.json({ stringUnit: "grapheme" }), (text) => assert.deepEqual(parse(text), JSON.parse(text))));
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const text = JSON.stringify(value, null, "\t ");
    assert.deepEqual(parse(text), JSON.parse(text));
  }));
});

Deno.test("parseJson() refuses what JSON.parse refuses, but for leading zeros and what follows the first value", () => {
  const chars = fc.constantFrom("[", "]", "{", "}", ",", ":", '"', "a", "null", "1", "-", ".", "e", "\\", " ", "true");
  fc.assert(
    fc.property(fc.string({ unit: chars, maxLength: 8 }), (text) => {
      let judged: unknown;
      try {
        judged = JSON.parse(text);
      } catch {
        const first = outcome(text);
        // What it accepted must then be the value before something else, or a number with zeros in front.
        if (first !== undefined && !(first instanceof JsonSyntaxError)) {
          assert.doesNotThrow(() => JSON.parse(text.slice(0, first.end).trim().replace(/(^|[[,:\s-])0+(?=\d)/g, "$1")), text);
        }
        return;
      }
      assert.deepEqual(parse(text), judged, text);
    }),
    { numRuns: 3000 },
  );
});

function outcome(text: string) {
  try {
    return parseJson(encoder.encode(text));
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error;
    throw error;
  }
}

Deno.test("parseJson() keeps the text of numbers, the order of members and the last of equal names", () => {
  const node = parseJson(encoder.encode('{"b":1.50,"2":-007,"b":12345678901234567890,"1":1E+400}'))?.node;
  assert.ok(node instanceof Map);
  assert.deepEqual([...node].map(([name, value]) => [name, (value as JsonNumber).text, (value as JsonNumber).integral]), [
    ["b", "12345678901234567890", true],
    ["2", "-7", true],
    ["1", "1E+400", false],
  ]);
});

Deno.test("parseJson() skips a byte order mark, says where the value ends, and knows emptiness", () => {
  assert.deepEqual(parseJson(encoder.encode("\ufeff[1] x")), { node: [new JsonNumber("1", true)], end: 6 });
  assert.equal(parseJson(encoder.encode(" \n")), undefined);
});

Deno.test("parseJson() refuses broken UTF-8 and nesting beyond a thousand", () => {
  assert.throws(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22)), /Invalid UTF-8 in a string \(byte 3\)/);
  assert.throws(() => parseJson(encoder.encode("[".repeat(100_000))), /nesting depth \(1001\) exceeds the maximum allowed \(1000\)/);
  assert.doesNotThrow(() => parseJson(encoder.encode("[".repeat(1000) + "]".repeat(1000))));
});
