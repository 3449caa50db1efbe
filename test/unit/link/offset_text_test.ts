import assert from "node:assert/strict";
import fc from "fast-check";
import type { OffsetValue } from "../../../src/data/record.ts";
import { offsetText, parseOffsetText } from "../../../src/link/offset_text.ts";

Deno.test("offsetText() sorts keys and leaves no blanks", () => {
  assert.equal(offsetText({ topic: "t", partition: 3, cluster: null }), `{"cluster":null,"partition":3,"topic":"t"}`);
});

Deno.test("parseOffsetText() keeps whole numbers that a double cannot hold", () => {
  assert.deepEqual(parseOffsetText(`{"a":9007199254740993,"b":-9223372036854775808,"c":1.5,"d":1e30,"e":7}`), {
    a: 9007199254740993n,
    b: -9223372036854775808n,
    c: 1.5,
    d: 1e30,
    e: 7,
  });
});

Deno.test("parseOffsetText() refuses what is no JSON object", () => {
  for (const text of ["", "[]", "null", "7", "{"]) assert.throws(() => parseOffsetText(text), SyntaxError, text);
});

Deno.test("parseOffsetText() reads back what offsetText() wrote", () => {
  const value: fc.Arbitrary<OffsetValue> = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.boolean(),
    fc.constant(null),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0) && Math.abs(number) < 2 ** 53),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n }),
  );
  const map = fc.dictionary(fc.string(), value).filter((made) => !Object.hasOwn(made, "__proto__"));
  fc.assert(fc.property(map, (offset) => assert.deepEqual(parseOffsetText(offsetText(offset)), { ...offset })));
});
