import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { base64Bytes, base64Length, base64Text, writeBase64 } from "../../../src/bytes/base64.ts";

Deno.test("writeBase64() writes what Buffer does", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(3), (bytes, start) => {
    const from = Uint8Array.from([...new Array(start).fill(9), ...bytes, 9]);
    const to = new Uint8Array(100);
    const end = writeBase64(from, start, start + bytes.length, to, 2);
    assert.equal(Buffer.from(to.subarray(2, end)).toString(), Buffer.from(bytes).toString("base64"));
    assert.equal(end - 2, base64Length(bytes.length));
  }));
});

Deno.test("base64Bytes() reads what base64Text() wrote, and refuses what is no base64", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.deepEqual(base64Bytes(base64Text(bytes)), bytes)));
  assert.deepEqual(base64Bytes("B M4=\n"), Uint8Array.of(4, 206));
  for (const text of ["B", "BM4", "BM=4", "B-4=", "é==="]) assert.equal(base64Bytes(text), undefined, text);
});
