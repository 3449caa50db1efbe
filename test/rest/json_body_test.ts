import assert from "node:assert/strict";
import fc from "fast-check";
import { BodyError, type JsonNode, parseJson } from "../../src/rest/json_body.ts";

function messageOf(text: string): string {
  try {
    parseJson(text);
    return "parsed";
  } catch (error) {
    assert(error instanceof BodyError, `${error}`);
    return error.message.split("\n")[0] ?? "";
  }
}

/** What a text means, as JSON.parse would say it. */
function plain(node: JsonNode | undefined): unknown {
  switch (node?.kind) {
    case "object":
      return Object.fromEntries([...node.members].map(([key, value]) => [key, plain(value)]));
    case "array":
      return node.items.map(plain);
    case "string":
      return node.text;
    case "number":
      return Number(node.text);
    case "boolean":
      return node.value;
    case "null":
      return null;
    case undefined:
      return undefined;
  }
}

Deno.test("parseJson() reads every JSON text as JSON.parse does", () => {
  fc.assert(fc.property(fc.json(), fc.nat(4), (text, indent) => {
    const spaced = JSON.stringify(JSON.parse(text), null, indent);
    assert.deepEqual(plain(parseJson(spaced)), JSON.parse(spaced));
  }));
});

Deno.test("parseJson() accepts and refuses strings as JSON.parse does", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const quoted = `"${text.replaceAll('"', "")}"`;
    let expected: unknown;
    try {
      expected = JSON.parse(quoted);
    } catch {
      assert.notEqual(messageOf(quoted), "parsed");
      return;
    }
    assert.equal(plain(parseJson(quoted)), expected);
  }));
});

Deno.test("parseJson() throws nothing but its own error, whatever comes", () => {
  const scraps = fc.array(fc.constantFrom(...'{}[]:,"\\u0-1.eE+tfn ', "true", "null", "NaN", '"a"', "1e5", "\n", "\u0000"), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), scraps.map((parts) => parts.join(""))), (text) => {
      assert.equal(typeof messageOf(text), "string");
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseJson() keeps the text of numbers, up to a bound", () => {
  const node = parseJson("[1.50, 1e3, 12345678901234567890, -0]");
  assert.deepEqual(node?.kind === "array" && node.items.map((item) => item.kind === "number" && item.text), [
    "1.50",
    "1e3",
    "12345678901234567890",
    "-0",
  ]);
  assert.equal(messageOf("1".repeat(1000)), "parsed");
  assert.match(messageOf("1".repeat(5_000_000)), /^Number value length \(5000000\) exceeds the maximum allowed \(1000, /);
});

Deno.test("parseJson() bounds nesting long before the stack does", () => {
  assert.equal(messageOf("[".repeat(1000) + "]".repeat(1000)), "parsed");
  for (const opening of ["[", '{"a":']) assert.match(messageOf(opening.repeat(1_000_000)), /^Document nesting depth \(1001\) exceeds/);
});

Deno.test("parseJson() lets the last of equal keys win, and ignores what follows the first value", () => {
  assert.deepEqual(plain(parseJson('{"a":1,"b":2,"a":3} rubbish')), { a: 3, b: 2 });
  assert.equal(parseJson(" \n"), undefined);
});

Deno.test("parseJson() keeps a member named __proto__ a member", () => {
  const node = parseJson('{"__proto__":1}');
  assert.deepEqual(node?.kind === "object" && [...node.members.keys()], ["__proto__"]);
});

interface JacksonText {
  readonly text: string;
  /** Its message, or absent when it parses. */
  readonly message?: string;
}

const jackson = JSON.parse(Deno.readTextFileSync(new URL("../captures/rest/jackson.json", import.meta.url))) as { texts: JacksonText[] };

for (const { text, message } of jackson.texts) {
  Deno.test(`parseJson() says of ${JSON.stringify(text)} what Jackson says`, () =>
    assert.equal(messageOf(text), message?.split("\n")[0] ?? "parsed"));
}

Deno.test("parseJson() reads half a surrogate pair as U+FFFD, so that whatever is named so can be addressed", () => {
  assert.equal(plain(parseJson('"a\\ud800b"')), "a\ufffdb");
  assert.equal(plain(parseJson('"\\ud83d\\ude00"')), "😀");
});
