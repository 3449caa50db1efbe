import assert from "node:assert/strict";
import { hideSecrets } from "../../../src/base/log.ts";
import { isRetriable, javaClassOf, traceOf, wireError } from "../../../src/host/trace.ts";
import { ConnectError, DataError, RetriableError } from "../../../src/sdk/errors.ts";

/** An error with frames of our choice. */
function withFrames<E extends Error>(error: E, ...frames: string[]): E {
  error.stack = `${error.name}: ${error.message}\n${frames.map((frame) => `    at ${frame}`).join("\n")}`;
  return error;
}

Deno.test("traceOf() writes class, message, frames and causes as Java does", () => {
  const cause = withFrames(new DataError("Bad value"), "parse (ext:core/x.js:1:2)");
  const error = withFrames(
    new ConnectError("Tolerance exceeded in error handler", { cause }),
    "run (ext:core/y.js:3:4)",
    "ext:core/z.js:5:6",
  );
  assert.equal(
    traceOf(error),
    "org.apache.kafka.connect.errors.ConnectException: Tolerance exceeded in error handler\n" +
      "\tat run (ext:core/y.js:3:4)\n" +
      "\tat ext:core/z.js:5:6\n" +
      "Caused by: org.apache.kafka.connect.errors.DataException: Bad value\n" +
      "\tat parse (ext:core/x.js:1:2)\n",
  );
});

Deno.test("traceOf() names our own sources and libraries without this machine's folders", () => {
  const here = new URL("../../../", import.meta.url).href;
  const library = "file:///home/somebody/.cache/deno/npm/registry.example/mysql2/3.1.0/lib/a.js:1:1";
  const error = withFrames(new ConnectError("x"), `poll (${here}connectors/file/source.ts:9:1)`, `query (${library})`, library);
  assert.deepEqual(traceOf(error).split("\n").slice(1, 4), [
    "\tat poll (sluice/connectors/file/source.ts:9:1)",
    "\tat query (npm/mysql2/3.1.0/lib/a.js:1:1)",
    "\tat npm/mysql2/3.1.0/lib/a.js:1:1",
  ]);
});

Deno.test("traceOf() shows no path of this machine for an error thrown here", () => {
  const trace = traceOf(new Error("here"));
  assert.match(trace, /^Error: here\n\tat .*sluice\/test\/unit\/host\/trace_test\.ts:/);
  assert.ok(!trace.includes("file://"), trace);
});

Deno.test("traceOf() keeps a message of several lines whole", () => {
  const error = withFrames(new ConnectError("Unclosed character class near index 0\n[\n^"), "compile (ext:core/x.js:1:2)");
  assert.equal(
    traceOf(error),
    "org.apache.kafka.connect.errors.ConnectException: Unclosed character class near index 0\n[\n^\n\tat compile (ext:core/x.js:1:2)\n",
  );
});

Deno.test("traceOf() ends for a circle of causes", () => {
  const error = withFrames(new Error("round"), "a (ext:core/x.js:1:2)");
  error.cause = error;
  assert.equal(traceOf(error).split("Caused by: ").length, 20);
});

Deno.test("traceOf() lists the parts of an AggregateError", () => {
  const error = withFrames(
    new AggregateError([withFrames(new Error("one"), "a (ext:core/x.js:1:2)")], "all failed"),
    "b (ext:core/x.js:1:2)",
  );
  assert.equal(
    traceOf(error),
    "AggregateError: all failed\n\tat b (ext:core/x.js:1:2)\n\tSuppressed: Error: one\n\t\tat a (ext:core/x.js:1:2)\n",
  );
});

Deno.test("traceOf() takes what is no error, and errors without message", () => {
  assert.equal(traceOf("oops"), "org.apache.kafka.connect.errors.ConnectException: Thrown value is not an error: oops\n");
  assert.equal(
    traceOf(withFrames(new ConnectError("", { javaClass: "java.lang.NullPointerException" }))),
    "java.lang.NullPointerException\n",
  );
});

Deno.test("wireError() masks secrets in message and trace", () => {
  hideSecrets(["hunter-two"]);
  const error = wireError(new ConnectError("Cannot log in with hunter-two"));
  assert.equal(error.message, "Cannot log in with [hidden]");
  assert.ok(!error.trace.includes("hunter-two"));
});

Deno.test("isRetriable() and javaClassOf() go by what the error says of itself", () => {
  assert.equal(isRetriable(new RetriableError("x")), true);
  assert.equal(isRetriable(Object.assign(new Error("x"), { retriable: true })), true);
  assert.equal(isRetriable(new ConnectError("x")), false);
  assert.equal(isRetriable("x"), false);
  assert.equal(javaClassOf(new ConnectError("x", { javaClass: "a.B" })), "a.B");
  assert.equal(javaClassOf(new TypeError("x")), "TypeError");
});
