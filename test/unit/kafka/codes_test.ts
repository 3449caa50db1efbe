import assert from "node:assert/strict";
import { codeInfo, codeOf, KafkaError, knownCodes } from "../../../src/kafka/codes.ts";

Deno.test("codeInfo() tells passing faults from lasting and fatal ones", () => {
  assert.deepEqual([codeInfo(-195).retriable, codeInfo(-195).fatal], [true, false]);
  assert.deepEqual([codeInfo(10).retriable, codeInfo(10).fatal], [false, false]);
  assert.deepEqual([codeInfo(-150).retriable, codeInfo(-150).fatal], [false, true]);
});

Deno.test("codeInfo() has something to say of a code it does not know", () => {
  assert.deepEqual(codeInfo(7777), { name: "CODE_7777", retriable: false, fatal: false, sentence: "librdkafka reports error code 7777" });
});

Deno.test("codeOf() is the way back from a name", () => {
  for (const code of knownCodes()) assert.equal(codeOf(codeInfo(code).name), code);
  assert.equal(codeOf("NO_SUCH_NAME"), undefined);
});

Deno.test("codeInfo() never calls a fatal code retriable", () => {
  for (const code of knownCodes()) assert.ok(!(codeInfo(code).retriable && codeInfo(code).fatal), codeInfo(code).name);
});

Deno.test("KafkaError says the act, the reason, and librdkafka's own text", () => {
  const error = new KafkaError(38, 'Cannot create topic "orders"', "only 1 broker(s) are registered");
  assert.equal(
    error.message,
    'Cannot create topic "orders": the replication factor is larger than the number of brokers, or below 1 ' +
      "(INVALID_REPLICATION_FACTOR: only 1 broker(s) are registered)",
  );
  assert.deepEqual([error.code, error.retriable, error.fatal], ["INVALID_REPLICATION_FACTOR", false, false]);
});
