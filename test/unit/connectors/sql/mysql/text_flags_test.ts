import assert from "node:assert/strict";
import fc from "fast-check";
import { ESCAPED, NON_ASCII } from "sdk";
import { textFlags } from "../../../../../connectors/sql/mysql/text_flags.ts";

Deno.test("textFlags() says what a look at each byte says, whatever stands around the text", () => {
  const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x22, 0x5c, 0x1f, 0x20, 0x7f, 0x80, 0x61));
  fc.assert(
    fc.property(
      fc.array(byte, { maxLength: 12 }),
      fc.array(byte, { maxLength: 5 }),
      fc.array(byte, { maxLength: 5 }),
      (text, before, after) => {
        const bytes = Uint8Array.from([...before, ...text, ...after, 0, 0, 0, 0, 0, 0, 0, 0]);
        const escapes = text.some((one) => one < 0x20 || one === 0x22 || one === 0x5c) ? ESCAPED : 0;
        const high = text.some((one) => one > 0x7f) ? NON_ASCII : 0;
        assert.equal(textFlags(new DataView(bytes.buffer), before.length, before.length + text.length), escapes | high);
      },
    ),
    { numRuns: 5_000 },
  );
});
